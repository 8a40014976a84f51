//! `flow-loop`: flows do not send a call round among themselves.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Span;
use crate::graph::analyze::{self, Search};
use crate::graph::ways::Ways;
use crate::graph::{FlowGraph, NodeId, Op};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, Whole, example};

pub const RULE: Rule = Rule {
    name: "flow-loop",
    group: Group::Suspicious,
    what: "Flows do not send a call round among themselves while nobody does anything.",
    why: "Each flow counts its visits anew, so that no bound of a step ends such a round: it goes on until the call has used up its steps.",
    remedy: "Let one of the flows end the call, or ask the caller before it goes back.",
    good: example!("flow-loop", "good"),
    bad: example!("flow-loop", "bad"),
    found: Found::OnSite(search),
};

/// A way from one flow to another that nobody has to do anything for.
struct Edge {
    to: usize,
    span: Span,
    path: Vec<String>,
}

fn search(context: &Context<'_>, whole: &Whole<'_>, found: &mut Vec<Diagnostic>) {
    let index: BTreeMap<&str, usize> = whole.graphs.iter().enumerate().map(|(at, g)| (g.name.as_ref(), at)).collect();
    let mut edges: Vec<Vec<Edge>> =
        whole.graphs.iter().map(|graph| edges(graph, context.ways(graph), &index)).collect();
    keep_circling(&mut edges);
    let mut walked: BTreeSet<usize> = BTreeSet::new();
    for start in 0..edges.len() {
        // The first way out of each flow, until a flow comes again: all that are left can go round.
        let mut walk: Vec<(usize, &Edge)> = Vec::new();
        let mut at = start;
        while walked.insert(at) {
            let Some(edge) = edges.get(at).and_then(|e| e.first()) else { break };
            walk.push((at, edge));
            at = edge.to;
        }
        let Some(begin) = walk.iter().position(|(from, _)| *from == at) else { continue };
        let round: Vec<&(usize, &Edge)> = walk.iter().skip(begin).collect();
        let Some((_, first)) = round.first() else { continue };
        let name = |at: usize| whole.graphs.get(at).map_or("", |g| g.name.as_ref());
        let mut path: Vec<String> = Vec::new();
        for (from, edge) in &round {
            path.push(format!("flow {}", name(*from)));
            path.extend(edge.path.iter().cloned());
        }
        path.push(format!("flow {}", name(at)));
        let message = format!("from here the call can come back to flow `{}` while nobody does anything", name(at));
        found.push(
            Diagnostic::warning(RULE.name, first.span, message)
                .label("goes round")
                .help("let one of these flows end the call, or ask the caller before it goes back")
                .path(path),
        );
    }
}

/// The flows that a call can go on to by itself: keys, and talks that ended, are what people do.
fn edges(graph: &FlowGraph, ways: &Ways, index: &BTreeMap<&str, usize>) -> Vec<Edge> {
    if !graph.nodes.iter().any(|op| matches!(op, Op::GotoFlow(_))) {
        return Vec::new();
    }
    let reached = Search::run(graph, [graph.entry], |id| by_itself(graph, ways, id));
    let mut edges: BTreeMap<usize, Edge> = BTreeMap::new();
    for id in graph.ids().filter(|id| reached.reached(*id)) {
        let (Some(Op::GotoFlow(goto)), Some(place)) = (graph.node(id), graph.place(id)) else { continue };
        let Some(to) = index.get(goto.flow.as_ref()).copied() else { continue };
        edges.entry(to).or_insert_with(|| Edge {
            to,
            span: place.span,
            path: analyze::in_words(graph, &reached.path(id)),
        });
    }
    edges.into_values().collect()
}

fn by_itself(graph: &FlowGraph, ways: &Ways, id: NodeId) -> Vec<NodeId> {
    match nodes::act(graph, id) {
        Some(act) if nodes::asks_caller(act) || act.decl.effects.places_leg => {
            nodes::failing_exits(act).map(|(_, exit)| exit).chain(act.failed).map(|exit| exit.node).collect()
        }
        _ => ways.after.at(id).to_vec(),
    }
}

/// Takes away the flows from which no round can be reached, until none is left, and the ways to them.
fn keep_circling(edges: &mut [Vec<Edge>]) {
    let mut from: Vec<Vec<usize>> = edges.iter().map(|_| Vec::new()).collect();
    for (at, ways) in edges.iter().enumerate() {
        for edge in ways {
            if let Some(list) = from.get_mut(edge.to) {
                list.push(at);
            }
        }
    }
    let mut left: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut waiting: Vec<usize> = (0..edges.len()).filter(|at| left.get(*at) == Some(&0)).collect();
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    while let Some(at) = waiting.pop() {
        gone.insert(at);
        for before in from.get(at).into_iter().flatten() {
            if let Some(count) = left.get_mut(*before) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    waiting.push(*before);
                }
            }
        }
    }
    for ways in edges.iter_mut() {
        ways.retain(|edge| !gone.contains(&edge.to));
    }
}
