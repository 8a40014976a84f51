//! Which comment belongs to which node, so that printing a tree keeps them, in either form.
//!
//! A comment trails the node that ends before it on its line; else it stands above the next node,
//! or at the end of the block it is in. One inside a statement's head moves above the statement.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::span::Span;

use super::ast::{Arm, Block, Body, File, Flow, Header, Item, Statement, StatementKind, Step, Subject};
use super::document::Comment;
use super::lexer::slice;

/// What a node is, beside its place: two nodes may begin at one place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    Item,
    Header,
    Step,
    Statement,
    Arm,
    /// The end of a block, of arms, of a flow, or of the file.
    End,
}

/// The comments of a file, each at its node.
#[derive(Clone, Debug, Default)]
pub struct Remarks {
    above: BTreeMap<(u32, Kind), Vec<String>>,
    behind: BTreeMap<(u32, Kind), String>,
    /// Nodes of which the first comment above stands behind the key of the list they begin: `ok: # comment`.
    heads: BTreeSet<(u32, Kind)>,
    /// Where the nodes begin that have comments, in order; of an end, the last byte before it.
    places: Vec<u32>,
    moved: Vec<Span>,
    /// Comments that may be a key to their author, `#: sorry`: written so again, they are warned of again.
    slips: BTreeSet<String>,
}

struct Node {
    key: (u32, Kind),
    start: u32,
    /// Up to here the node's own words stand; what is behind belongs to nodes within it.
    head: u32,
    end: u32,
}

impl Remarks {
    /// Finds a node for each comment of `text`.
    pub fn attach(file: &File, text: &str, comments: &[Comment]) -> Remarks {
        let mut nodes = Nodes::default();
        file.items.iter().for_each(|item| nodes.item(item));
        nodes.ends.push(u32::MAX);
        nodes.list.sort_by_key(|n| (n.start, std::cmp::Reverse(n.end)));
        nodes.ends.sort_unstable();
        let mut by_end: Vec<&Node> = nodes.list.iter().collect();
        // Of two that end together, as in YAML, the inner one is later, and wins.
        by_end.sort_by_key(|n| (n.end, n.start));
        let mut remarks = Remarks::default();
        let mut open = (Vec::new(), 0);
        for comment in comments {
            let at = comment.span.start;
            if slice(text, comment.span).starts_with("#:") {
                remarks.slips.insert(comment.text.clone());
            }
            let before = by_end.partition_point(|n| n.end <= at).checked_sub(1).and_then(|n| by_end.get(n));
            let trailed = before.filter(|n| same_line(text, n.end, comment.span));
            if let Some(node) = trailed
                && let std::collections::btree_map::Entry::Vacant(e) = remarks.behind.entry(node.key)
            {
                e.insert(comment.text.clone());
                remarks.places.push(node.key.0);
                continue;
            }
            let (key, moved) = nodes.above(at, &mut open);
            let first = key.1 == Kind::Statement && !moved && !remarks.above.contains_key(&key);
            if first && is_behind_key(text, at) {
                remarks.heads.insert(key);
            }
            remarks.moved.extend(moved.then_some(comment.span));
            remarks.above.entry(key).or_default().push(comment.text.clone());
            remarks.places.push(if key.1 == Kind::End { key.0.saturating_sub(1) } else { key.0 });
        }
        remarks.places.sort_unstable();
        remarks
    }

    /// Comments that stood between the words of one statement, and move above it.
    pub fn moved(&self) -> &[Span] {
        &self.moved
    }

    /// A comment as YAML has it.
    pub(super) fn in_yaml(&self, text: &str) -> String {
        let gap = if self.slips.contains(text) { "" } else { " " };
        format!("#{gap}{text}")
    }

    pub(super) fn above(&self, place: u32, kind: Kind) -> &[String] {
        self.above.get(&(place, kind)).map_or(&[], Vec::as_slice)
    }

    /// The first of the comments above, if it stands behind the key of the list that begins with this node.
    pub(super) fn head(&self, place: u32, kind: Kind) -> Option<&str> {
        let first = self.above(place, kind).first();
        first.filter(|_| self.heads.contains(&(place, kind))).map(String::as_str)
    }

    pub(super) fn behind(&self, place: u32, kind: Kind) -> Option<&str> {
        self.behind.get(&(place, kind)).map(String::as_str)
    }

    /// Whether a node within another has a comment: then the outer one needs several lines.
    pub(super) fn within(&self, span: Span) -> bool {
        self.first_from(span.start.saturating_add(1)).is_some_and(|p| p < span.end)
    }

    /// Whether a node of a block has a comment: a YAML list that stands no deeper than its key begins, for
    /// the parser, where its first statement does.
    pub(super) fn within_block(&self, block: Span) -> bool {
        self.first_from(block.start).is_some_and(|p| p < block.end)
    }

    fn first_from(&self, place: u32) -> Option<u32> {
        self.places.get(self.places.partition_point(|p| *p < place)).copied()
    }
}

/// Whether only blanks and punctuation stand between a node's end and a comment on its line.
fn same_line(text: &str, end: u32, comment: Span) -> bool {
    let between = slice(text, Span { start: end, end: comment.start, ..comment });
    between.chars().all(|c| matches!(c, ' ' | '\t' | ',' | ']' | '}'))
}

/// Whether a comment stands on the line of a key whose value is on the lines below.
fn is_behind_key(text: &str, comment: u32) -> bool {
    let before = usize::try_from(comment).ok().and_then(|at| text.get(..at)).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.trim_end().ends_with(':')
}

#[derive(Default)]
struct Nodes {
    list: Vec<Node>,
    ends: Vec<u32>,
}

impl Nodes {
    /// The node above which a comment at `at` goes, and whether it stood between that node's words.
    ///
    /// `open` are the nodes around the last comment before, outermost first, and how many nodes
    /// begin before it: comments come in order, so that each node is looked at once.
    fn above<'n>(&'n self, at: u32, open: &mut (Vec<&'n Node>, usize)) -> ((u32, Kind), bool) {
        let (stack, seen) = open;
        while let Some(node) = self.list.get(*seen).filter(|n| n.start <= at) {
            stack.retain(|n| n.end > node.start);
            stack.push(node);
            *seen += 1;
        }
        stack.retain(|n| n.end > at);
        if let Some(node) = stack.iter().rev().find(|n| n.head > at) {
            return (node.key, true);
        }
        let end = self.ends.get(self.ends.partition_point(|e| *e <= at)).copied().unwrap_or(u32::MAX);
        let next = self.list.get(*seen).filter(|n| n.start < end);
        // Within a statement or an arm, with nothing of it behind that could have a comment.
        let around = stack.last().filter(|n| matches!(n.key.1, Kind::Statement | Kind::Arm));
        match (around, next) {
            (Some(node), next) if node.end < end && next.is_none_or(|n| n.start >= node.end) => (node.key, true),
            (_, Some(next)) => (next.key, false),
            (_, None) => ((end, Kind::End), false),
        }
    }

    fn push(&mut self, kind: Kind, span: Span, head: u32) {
        self.list.push(Node { key: (span.start, kind), start: span.start, head, end: span.end });
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Flow(flow) => self.flow(flow),
            Item::Constant(constant) => {
                let span = constant.name.span.to(constant.value.span);
                self.push(Kind::Item, span, span.end);
            }
        }
    }

    fn flow(&mut self, flow: &Flow) {
        self.push(Kind::Item, flow.span, flow.name.span.end);
        self.ends.push(flow.span.end);
        for header in &flow.header {
            let span = header_place(header);
            self.push(Kind::Header, span, span.end);
        }
        flow.steps.iter().for_each(|step| self.step(step));
    }

    fn step(&mut self, step: &Step) {
        let head = step.visits.as_ref().map_or(step.name.span.end, |(_, goto)| goto.span.end);
        self.push(Kind::Step, step.span, head);
        self.block(&step.body);
    }

    fn block(&mut self, block: &Block) {
        self.ends.push(block.span.end);
        block.statements.iter().for_each(|s| self.statement(s));
    }

    fn statement(&mut self, statement: &Statement) {
        let span = statement.span;
        self.push(Kind::Statement, span, head_end(statement));
        self.inside(statement);
    }

    fn inside(&mut self, statement: &Statement) {
        let span = statement.span;
        match &statement.kind {
            StatementKind::If(branch) => {
                self.body(&branch.then);
                match branch.otherwise.as_ref() {
                    // An `else if` has neither a line nor a brace of its own: only its bodies do.
                    Some(Body::Block(block)) if is_else_if(block) => {
                        block.statements.iter().for_each(|s| self.inside(s));
                    }
                    Some(otherwise) => self.body(otherwise),
                    None => {}
                }
            }
            StatementKind::Switch { arms, .. } | StatementKind::Split { arms, .. } => self.arms(arms, span),
            StatementKind::Action(action) => action.arms.iter().for_each(|arms| self.arms(arms, span)),
            StatementKind::Goto(_) | StatementKind::Set { .. } | StatementKind::Return { .. } => {}
        }
    }

    fn arms(&mut self, arms: &[Arm], statement: Span) {
        self.ends.push(statement.end);
        for arm in arms {
            self.push(Kind::Arm, arm.span, arm.labels.last().map_or(arm.span.start, |l| l.span.end));
            self.body(&arm.body);
        }
    }

    fn body(&mut self, body: &Body) {
        if let Body::Block(block) = body {
            self.block(block);
        }
    }
}

/// A block that is nothing but an `if`: it prints as `else if`.
fn is_else_if(block: &Block) -> bool {
    matches!(block.statements.as_slice(), [Statement { doc: None, kind: StatementKind::If(_), .. }])
}

pub(super) fn header_place(header: &Header) -> Span {
    match header {
        Header::Constant(constant) => constant.name.span.to(constant.value.span),
        Header::Variable { name, type_name, value } => {
            let end = value.as_ref().map(|v| v.span).or(type_name.as_ref().map(|t| t.span));
            name.span.to(end.unwrap_or(name.span))
        }
        Header::Default { verb, settings } => settings.iter().fold(verb.span, |s, x| s.to(x.value.span)),
        Header::Guard(name) => name.span,
        Header::Failed(goto) => goto.span,
        Header::Setting(setting) => setting.key.span.to(setting.value.span),
    }
}

/// Where a statement's own words end and its arms or bodies begin.
fn head_end(statement: &Statement) -> u32 {
    match &statement.kind {
        StatementKind::Goto(_) | StatementKind::Set { .. } | StatementKind::Return { .. } => statement.span.end,
        StatementKind::If(branch) => branch.condition.span.end,
        StatementKind::Switch { on, .. } => on.span.end,
        StatementKind::Split { settings, .. } => settings.last().map_or(statement.span.start, |s| s.value.span.end),
        StatementKind::Action(action) => {
            let subject = match &action.subject {
                Subject::None => action.verb.span,
                Subject::Value(value) | Subject::Pair { value, .. } => value.span,
                Subject::Transfer { target, .. } => target.span,
                Subject::Ring { targets, .. } => targets.last().map_or(action.verb.span, |t| t.span),
                Subject::Run { flow, args } => args.last().map_or(flow.span, |a| a.value.span),
                Subject::Guard { policy, target } => target.as_ref().map_or(policy.span, |t| t.span),
            };
            action.settings.iter().fold(subject.end, |end, s| end.max(s.value.span.end))
        }
    }
}
