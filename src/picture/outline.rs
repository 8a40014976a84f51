//! A flow's tree as cards: which there are, which can be reached, and what the header says.
//!
//! The tree gives the words, the compiled flow what only it knows: whether a leg may leave the
//! building, what can be reached, which way a test takes. Without it (a flow with errors, a file
//! outside any site) the picture is drawn all the same, from the tree alone.

use std::collections::BTreeMap;

use crate::base::span::Span;
use crate::graph::{Act, FlowGraph, NodeId, Op, analyze};
use crate::interp::Taken;
use crate::syntax::ast::{self, GotoTarget, Header};
use crate::syntax::print_flow::inline;

use super::model::{Card, CardKind, Edge, EdgeKind, Mark, Picture, Row};
use super::rows::Rows;

/// The picture of a flow. `graph` must be of the same tree.
pub fn picture(flow: &ast::Flow, graph: Option<&FlowGraph>) -> Picture {
    let mut outline = Outline::new(flow, graph);
    outline.header(flow);
    for (index, step) in flow.steps.iter().enumerate() {
        outline.step(index, step);
    }
    outline.finish(graph)
}

/// A picture in the making.
pub(super) struct Outline<'a> {
    pub picture: Picture,
    /// Cards of steps, by name.
    steps: BTreeMap<&'a str, usize>,
    /// Cards of other flows and of steps that do not exist, by kind and name.
    others: BTreeMap<(bool, String), usize>,
    /// Nodes of the compiled flow, by the place of their statement.
    nodes: BTreeMap<Span, (NodeId, &'a Op)>,
    /// A policy covers the whole flow.
    pub guarded: bool,
}

impl<'a> Outline<'a> {
    fn new(flow: &'a ast::Flow, graph: Option<&'a FlowGraph>) -> Self {
        let mut steps = BTreeMap::new();
        for (index, step) in flow.steps.iter().enumerate() {
            // Of two steps with one name the first is meant; the second is reported by the checks.
            steps.entry(step.name.value.as_str()).or_insert(index + 1);
        }
        let choice = |op: &Op| matches!(op, Op::If { .. } | Op::Switch(_) | Op::Act(_) | Op::Enter { .. });
        let nodes = graph.into_iter().flat_map(|graph| {
            let each = graph.ids().filter_map(move |id| Some((graph.place(id)?.span, (id, graph.node(id)?))));
            each.filter(|(_, (_, op))| choice(op))
        });
        let picture = Picture {
            flow: flow.name.value.clone(),
            doc: flow.doc.clone(),
            cards: Vec::new(),
            edges: Vec::new(),
            ends: Vec::new(),
        };
        let guarded = flow.header.iter().any(|h| matches!(h, Header::Guard(_)));
        Self { picture, steps, others: BTreeMap::new(), nodes: nodes.collect(), guarded }
    }

    fn header(&mut self, flow: &ast::Flow) {
        let mut rows = Vec::new();
        let mut failed = Vec::new();
        for header in &flow.header {
            let text = inline::header(header);
            match header {
                Header::Guard(_) => rows.push(Row { text, marks: vec![Mark::Guard], ..Row::default() }),
                Header::Failed(goto) => {
                    failed.push((rows.len(), goto));
                    rows.push(Row { text: "failed".to_owned(), goal: self.goal(goto), ..Row::default() });
                }
                Header::Setting(_) => rows.push(Row { text, ..Row::default() }),
                // What a call does not see is left to the source.
                Header::Constant(_) | Header::Variable { .. } | Header::Default { .. } => {}
            }
        }
        let entry = flow.steps.first().map(|step| step.name.value.clone());
        let last = rows.len();
        rows.push(Row { text: "entry".to_owned(), goal: entry.unwrap_or_default(), ..Row::default() });
        self.picture.cards.push(Card {
            kind: CardKind::Header,
            name: flow.name.value.clone(),
            doc: flow.doc.clone(),
            rows,
            reachable: true,
            entry: false,
            span: flow.name.span,
        });
        for step in &flow.steps {
            self.picture.cards.push(Card {
                kind: CardKind::Step,
                name: step.name.value.clone(),
                doc: step.doc.clone(),
                rows: Vec::new(),
                reachable: false,
                entry: false,
                span: step.name.span,
            });
        }
        if let Some(first) = self.picture.cards.get_mut(1) {
            first.entry = true;
            let ways = flow.steps.first().and_then(|s| self.node(s.name.span)).map(|(id, _)| Taken::Step(id));
            let edge = Edge {
                from: 0,
                row: last,
                to: 1,
                label: String::new(),
                kind: EdgeKind::Entry,
                ways: ways.into_iter().collect(),
            };
            self.picture.edges.push(edge);
        }
        for (row, goto) in failed {
            self.edge(0, row, goto, "failed".to_owned(), EdgeKind::Failed, &[]);
        }
    }

    fn step(&mut self, index: usize, step: &ast::Step) {
        let card = index + 1;
        let entered = self.node(step.name.span).map(|(id, _)| id);
        let mut rows = Rows::of(self, card);
        if let Some((max, goto)) = &step.visits {
            let ways: Vec<Taken> = entered.into_iter().map(Taken::Bound).collect();
            rows.bound(max.value, goto, &ways);
        }
        let ways: Vec<Taken> = entered.into_iter().map(Taken::Step).collect();
        rows.step(&step.body, &ways);
        let rows = rows.finish();
        if let Some(card) = self.picture.cards.get_mut(card) {
            card.rows = rows;
        }
    }

    /// The compiled statement that stands there.
    pub fn node(&self, span: Span) -> Option<(NodeId, &'a Op)> {
        self.nodes.get(&span).copied()
    }

    pub fn act(&self, span: Span) -> Option<&'a Act> {
        match self.node(span) {
            Some((_, Op::Act(act))) => Some(act),
            _ => None,
        }
    }

    /// Where an arrow leads, in words.
    pub fn goal(&self, goto: &ast::Goto) -> String {
        match &goto.target {
            GotoTarget::Next => "next".to_owned(),
            GotoTarget::Step(name) => name.value.clone(),
            GotoTarget::Flow { name, .. } => format!("flow {}", name.value),
        }
    }

    /// Adds the edge of an arrow; none for `-> next`.
    pub fn edge(&mut self, from: usize, row: usize, goto: &ast::Goto, label: String, kind: EdgeKind, ways: &[Taken]) {
        let to = match &goto.target {
            GotoTarget::Next => return,
            GotoTarget::Step(name) => match self.steps.get(name.value.as_str()) {
                Some(card) => *card,
                None => self.other(CardKind::Missing, &name.value, name.span),
            },
            GotoTarget::Flow { name, .. } => self.other(CardKind::Flow, &name.value, name.span),
        };
        self.picture.edges.push(Edge { from, row, to, label, kind, ways: ways.to_vec() });
    }

    fn other(&mut self, kind: CardKind, name: &str, span: Span) -> usize {
        let key = (kind == CardKind::Flow, name.to_owned());
        if let Some(card) = self.others.get(&key) {
            return *card;
        }
        let card = self.picture.cards.len();
        let name = name.to_owned();
        self.picture.cards.push(Card { kind, name, doc: None, rows: Vec::new(), reachable: false, entry: false, span });
        self.others.insert(key, card);
        card
    }

    fn finish(mut self, graph: Option<&FlowGraph>) -> Picture {
        match graph {
            Some(graph) => {
                let search = analyze::reachable(graph);
                for (card, step) in self.picture.cards.iter_mut().skip(1).zip(&graph.steps) {
                    card.reachable = search.reached(step.node);
                }
            }
            None => self.reach_by_edges(),
        }
        let from_reached: Vec<usize> = {
            let reached = |card: usize| self.picture.card(card).is_some_and(|c| c.reachable);
            self.picture.edges.iter().filter(|e| reached(e.from)).map(|e| e.to).collect()
        };
        for to in from_reached {
            if let Some(card) =
                self.picture.cards.get_mut(to).filter(|c| matches!(c.kind, CardKind::Flow | CardKind::Missing))
            {
                card.reachable = true;
            }
        }
        self.picture
    }

    /// Without the compiled flow: what the edges reach, the header's `failed` included.
    fn reach_by_edges(&mut self) {
        let mut next: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for edge in &self.picture.edges {
            next.entry(edge.from).or_default().push(edge.to);
        }
        let mut waiting = vec![0];
        while let Some(at) = waiting.pop() {
            for to in next.remove(&at).unwrap_or_default() {
                if let Some(card) = self.picture.cards.get_mut(to) {
                    card.reachable = true;
                }
                waiting.push(to);
            }
        }
    }
}
