//! What can run before a call is answered, and what after, also through subflows.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::analyze::{self, Search};
use super::model::{Act, Exit, FlowGraph, NodeId, Op, ReturnEffect, Run};
use super::ways::{Edges, Ways};

/// In which states calls enter a flow.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Entry {
    pub unanswered: bool,
    pub answered: bool,
}

/// The outcomes of a transfer or a ring that the call came back from: somebody's answer was the caller's.
const CAME_BACK: [&str; 2] = ["ended", "answered"];

/// Where the call goes from a node and is still not answered.
pub fn while_unanswered<'w>(graph: &'w FlowGraph, ways: &'w Ways, id: NodeId) -> Cow<'w, [NodeId]> {
    match graph.node(id) {
        Some(Op::Act(act)) if act.decl.effects.answers => Cow::default(),
        Some(op @ Op::Act(act)) if came_back(act).next().is_some() => {
            let own = act.exits.iter().enumerate();
            let others = own.filter(|(at, _)| leaves_unanswered(op, *at));
            let exits = act
                .keys
                .iter()
                .chain(&act.timed)
                .filter_map(|e| *e)
                .chain(others.filter_map(|(_, e)| *e))
                .map(|exit| exit.node);
            exits.chain(act.next).chain(analyze::header_failed(graph, id)).collect()
        }
        Some(Op::Run(run)) => {
            let own = returned(run, |effect| effect.unanswered);
            own.chain(analyze::header_failed(graph, id)).collect()
        }
        _ => Cow::Borrowed(ways.after.at(id)),
    }
}

/// Whether the call can go on from a statement by an outcome, by its place in the declaration, and is
/// still not answered.
pub fn leaves_unanswered(op: &Op, outcome: usize) -> bool {
    match op {
        Op::Act(act) => act.decl.outcomes.get(outcome).is_none_or(|o| !CAME_BACK.contains(&o.name)),
        Op::Run(run) => run.effect.outcomes.get(outcome).is_some_and(|effect| effect.unanswered),
        _ => true,
    }
}

/// What can run while the call is not answered; nothing beyond `answer`.
pub fn unanswered(graph: &FlowGraph, ways: &Ways, entry: Entry) -> Search {
    let start = entry.unanswered.then_some(graph.entry);
    search(graph, start, |id| while_unanswered(graph, ways, id).into_owned())
}

/// Bounds within bounds that are looked through; beyond, every bound may have been reached.
const MOST_ROUNDS: usize = 4;

/// What a call can come to in one state, by the ways that keep it. A bounded step is left by its
/// `otherwise` only after it was gone through before: in this state, if it is come back to in it.
pub fn search(graph: &FlowGraph, start: Option<NodeId>, keep: impl Fn(NodeId) -> Vec<NodeId>) -> Search {
    let mut spent: BTreeSet<NodeId> = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let bound = |id: NodeId| match graph.node(id) {
            Some(Op::Enter { bound: Some(_), next, .. }) if !spent.contains(&id) => Some(*next),
            _ => None,
        };
        let ways = |id: NodeId| bound(id).map_or_else(|| keep(id), |next| vec![next]);
        let found = Search::run(graph, start, ways);
        if !graph.steps.iter().any(|s| s.bound.is_some() && found.reached(s.node) && bound(s.node).is_some()) {
            return found;
        }
        let inside = Edges::of(graph, |id, out| out.extend(if found.reached(id) { ways(id) } else { Vec::new() }));
        let come_back: Vec<NodeId> =
            analyze::cycles(graph, &inside).into_iter().flatten().filter(|id| bound(*id).is_some()).collect();
        if come_back.is_empty() {
            return found;
        }
        spent.extend(come_back);
    }
    Search::run(graph, start, keep)
}

/// What can run after the call was answered.
pub fn answered(graph: &FlowGraph, ways: &Ways, entry: Entry) -> Search {
    let reachable = graph.ids().filter(|id| ways.reachable.reached(*id));
    let after = reachable.flat_map(|id| after_answer(graph, ways, id).into_owned());
    let start: Vec<NodeId> = after.chain(entry.answered.then_some(graph.entry)).collect();
    Search::run(graph, start, |id| ways.after.each(id))
}

/// The nodes that follow an answer: those after `answer`, after a transfer that came back, and
/// after a subflow that answered.
fn after_answer<'w>(graph: &FlowGraph, ways: &'w Ways, id: NodeId) -> Cow<'w, [NodeId]> {
    match graph.node(id) {
        Some(Op::Act(act)) if act.decl.effects.answers => Cow::Borrowed(ways.after.at(id)),
        Some(Op::Act(act)) => came_back(act).map(|exit| exit.node).collect(),
        Some(Op::Run(run)) => returned(run, |effect| effect.answered).collect(),
        _ => Cow::default(),
    }
}

fn came_back(act: &Act) -> impl Iterator<Item = Exit> + '_ {
    let place = |name: &&str| act.decl.outcome(name).map(|(at, _)| at);
    CAME_BACK.iter().filter_map(place).filter_map(|at| act.exits.get(at).copied().flatten())
}

/// Where a subflow comes back to with the outcomes that `which` takes.
fn returned(run: &Run, which: impl Fn(&ReturnEffect) -> bool) -> impl Iterator<Item = NodeId> {
    let exits = run.exits.iter().zip(&run.effect.outcomes).filter(move |(_, effect)| which(effect));
    exits.filter_map(|(exit, _)| exit.map(|e| e.node))
}
