//! Outcomes after which the call ends without a word: what `silent-failure` and
//! `api-failure-dead-end` look for after different statements.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze::Search;
use crate::graph::{Act, Exit, FlowGraph, NodeId, Op};

use super::Context;
use super::nodes;
use super::registry::Rule;

/// A statement of which an outcome leads to `hangup` without a word.
pub(super) struct CutOff<'a> {
    pub id: NodeId,
    pub act: &'a Act,
    /// The first such outcome.
    pub outcome: &'static str,
    pub exit: Exit,
    /// How many more outcomes lead there.
    pub others: usize,
    /// From where the call was answered to the end; empty beyond the first findings.
    pub path: Vec<String>,
}

impl CutOff<'_> {
    /// The finding, at the arm that leads there; `None` for a node that stands nowhere.
    pub fn finding(self, graph: &FlowGraph, rule: &Rule, words: Words<'_>) -> Option<Diagnostic> {
        let place = graph.place(self.id)?.span;
        let arm = self.act.labels.get(usize::from(self.exit.arm)).map_or(place, |(_, span)| *span);
        let found = Diagnostic::warning(rule.name, arm, words.message).label(words.label).help(words.help);
        let found = if arm == place { found } else { found.also(place, "this can fail") };
        Some(found.path(self.path))
    }
}

/// What a rule says of it.
pub(super) struct Words<'w> {
    pub message: String,
    pub label: &'w str,
    pub help: &'w str,
}

/// Whether the caller hears nothing at this node and the call goes on.
fn passes_silently(graph: &FlowGraph, id: NodeId) -> bool {
    match graph.node(id) {
        Some(Op::Act(act)) => !act.decl.effects.speaks && !act.decl.effects.ends,
        Some(
            Op::Enter { .. }
            | Op::Set { .. }
            | Op::Language { .. }
            | Op::If { .. }
            | Op::Switch(_)
            | Op::Split(_)
            | Op::Guard { .. },
        ) => true,
        _ => false,
    }
}

/// Every statement of that kind whose outcomes of that kind lead there while the call is answered.
pub(super) fn all<'a>(
    context: &Context<'_>,
    graph: &'a FlowGraph,
    is_asked: impl Fn(&Act) -> bool,
    fails: impl Fn(&Act) -> Vec<(&'static str, Exit)>,
) -> Vec<CutOff<'a>> {
    let ends = |id: &NodeId| nodes::act(graph, *id).is_some_and(nodes::hangs_up);
    let asked: Vec<(NodeId, &Act)> = nodes::acts(graph).filter(|(_, act)| is_asked(act)).collect();
    if asked.is_empty() || !graph.ids().any(|id| ends(&id)) {
        return Vec::new();
    }
    // Backwards from each `hangup` over what is silent.
    let ways = context.ways(graph);
    let silent = Search::run(graph, graph.ids().filter(ends), |id| {
        ways.before.each(id).filter(|id| passes_silently(graph, *id))
    });
    let lost = |act: &Act| fails(act).into_iter().filter(|(_, e)| silent.reached(e.node)).collect::<Vec<_>>();
    let asked: Vec<(NodeId, &Act)> = asked.into_iter().filter(|(_, act)| !lost(act).is_empty()).collect();
    if asked.is_empty() {
        return Vec::new();
    }
    // Before the answer the caller's own network says what happened.
    let heard = context.answered(graph);
    let mut found = Vec::new();
    for (nth, (id, act)) in asked.into_iter().filter(|(id, _)| heard.reached(*id)).enumerate() {
        let exits = lost(act);
        let Some((outcome, exit)) = exits.first().copied() else { continue };
        let path = || heard.path(id).into_iter().chain(silent.path(exit.node).into_iter().rev()).collect();
        let path = nodes::path(graph, nth, path);
        found.push(CutOff { id, act, outcome, exit, others: exits.len() - 1, path });
    }
    found
}
