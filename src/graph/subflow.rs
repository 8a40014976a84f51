//! Subflows together: who runs whom, in which order they can be known, what running one comes to,
//! and the links that a running call follows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::call::leg::Name;

use super::analyze;
use super::answered::{self, Entry};
use super::model::{FlowGraph, Flows, NodeId, Op, ReturnEffect, RunEffect};
use super::ways::Ways;

/// Who runs whom.
#[derive(Debug, Default)]
pub struct Calls {
    /// By flow: each subflow that it runs, and the first statement that does.
    callees: Vec<Vec<(usize, NodeId)>>,
    /// Flows in an order in which each stands after what it runs. Those that run themselves, by
    /// whatever way, are not in it, nor is who runs them.
    pub order: Vec<usize>,
    /// Groups of subflows that run each other round and round.
    pub cycles: Vec<Vec<usize>>,
}

impl Calls {
    pub fn of(graphs: &[FlowGraph]) -> Calls {
        let by_name = by_name(graphs);
        let callees: Vec<Vec<(usize, NodeId)>> = graphs.iter().map(|graph| callees(graph, &by_name)).collect();
        let next: Vec<Vec<usize>> = callees.iter().map(|list| list.iter().map(|(to, _)| *to).collect()).collect();
        let after = |node: usize, nth: usize| next.get(node)?.get(nth).copied();
        Calls { order: callees_first(&next), cycles: analyze::groups(next.len(), after), callees }
    }

    /// Each subflow that a flow runs, and the first statement that does.
    pub fn callees(&self, flow: usize) -> &[(usize, NodeId)] {
        self.callees.get(flow).map_or(&[], Vec::as_slice)
    }

    /// The shortest way from a flow of a cycle back to itself, both ends included.
    pub fn around(&self, cycle: &[usize], start: usize) -> Vec<usize> {
        let inside = |flow: usize| -> Vec<usize> {
            self.callees(flow).iter().map(|(to, _)| *to).filter(|to| cycle.contains(to)).collect()
        };
        let search = analyze::Search::over(self.callees.len(), inside(start), inside);
        [start].into_iter().chain(search.path_to(start)).collect()
    }

    /// The longest chain of subflows below each flow, itself not counted; zero in a cycle.
    pub fn depths(&self) -> Vec<usize> {
        let mut depths = vec![0; self.callees.len()];
        for flow in &self.order {
            let below = self.callees(*flow).iter().map(|(to, _)| depths.get(*to).map_or(1, |d| d + 1));
            let deepest = below.max().unwrap_or(0);
            if let Some(depth) = depths.get_mut(*flow) {
                *depth = deepest;
            }
        }
        depths
    }
}

/// Of two flows with one name the first is meant.
pub fn by_name(graphs: &[FlowGraph]) -> BTreeMap<&str, usize> {
    let mut names = BTreeMap::new();
    for (index, graph) in graphs.iter().enumerate() {
        names.entry(graph.name.as_ref()).or_insert(index);
    }
    names
}

fn callees(graph: &FlowGraph, by_name: &BTreeMap<&str, usize>) -> Vec<(usize, NodeId)> {
    let mut found: BTreeMap<u16, NodeId> = BTreeMap::new();
    for id in graph.ids() {
        if let Some(Op::Run(run)) = graph.node(id) {
            let start = |id: NodeId| graph.place(id).map_or(u32::MAX, |p| p.span.start);
            let first = found.entry(run.subflow).or_insert(id);
            if start(id) < start(*first) {
                *first = id;
            }
        }
    }
    let named = found.into_iter().filter_map(|(at, id)| {
        let name = &graph.subflows.get(usize::from(at))?.name;
        Some((*by_name.get(name.as_ref())?, id))
    });
    named.collect()
}

/// Kahn (1962), from those that run nothing.
fn callees_first(next: &[Vec<usize>]) -> Vec<usize> {
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); next.len()];
    for (from, list) in next.iter().enumerate() {
        for to in list {
            if let Some(list) = callers.get_mut(*to) {
                list.push(from);
            }
        }
    }
    let mut open: Vec<usize> = next.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = (0..next.len()).filter(|n| open.get(*n) == Some(&0)).collect();
    let mut at = 0;
    while let Some(done) = order.get(at).copied() {
        at += 1;
        for caller in callers.get(done).into_iter().flatten() {
            if let Some(count) = open.get_mut(*caller) {
                *count -= 1;
                if *count == 0 {
                    order.push(*caller);
                }
            }
        }
    }
    order
}

impl RunEffect {
    /// Of a subflow that cannot be known: it may come back with any outcome and may end the call,
    /// and nothing that depends on the answer is told of what follows.
    pub fn unknown(outcomes: usize) -> RunEffect {
        let each = ReturnEffect { possible: true, unanswered: false, answered: false, silent: false };
        RunEffect { outcomes: vec![each; outcomes].into(), ends: true }
    }

    /// What running this subflow comes to. What it runs itself must be known already.
    pub fn of(graph: &FlowGraph) -> RunEffect {
        let count = graph.results.as_ref().map_or(0, |r| r.len());
        if !graph.complete {
            return RunEffect::unknown(count);
        }
        let mut outcomes = vec![ReturnEffect::default(); count];
        let ways = Ways::of(graph);
        let reachable = &ways.reachable;
        let unanswered = answered::unanswered(graph, &ways, Entry { unanswered: true, answered: false });
        let answered = answered::answered(graph, &ways, Entry::default());
        let silent = analyze::Search::run(graph, [graph.entry], |id| {
            let mut out = Vec::new();
            add_silent_successors(graph, id, &mut out);
            out
        });
        let mut ends = false;
        for id in graph.ids().filter(|id| reachable.reached(*id)) {
            let Some(Op::Return { outcome, .. }) = graph.node(id) else {
                ends |= analyze::is_end(graph, id);
                continue;
            };
            let Some(effect) = outcomes.get_mut(usize::from(*outcome)) else { continue };
            effect.possible = true;
            effect.unanswered |= unanswered.reached(id);
            effect.answered |= answered.reached(id);
            effect.silent |= silent.reached(id);
        }
        RunEffect { outcomes: outcomes.into(), ends }
    }
}

/// Adds where control goes from a node without the caller having heard anything of it.
pub fn add_silent_successors(graph: &FlowGraph, id: NodeId, out: &mut Vec<NodeId>) {
    match graph.node(id) {
        Some(Op::Act(act)) if act.decl.effects.speaks => {}
        Some(Op::Run(run)) => {
            let silent = run.exits.iter().zip(&run.effect.outcomes).filter(|(_, effect)| effect.silent);
            out.extend(silent.filter_map(|(exit, _)| exit.map(|e| e.node)));
        }
        _ => analyze::add_own_successors(graph, id, out),
    }
}

/// Notes in each `run` of each flow what the subflow can come to.
pub fn note_effects(graphs: &mut [FlowGraph], calls: &Calls) {
    let mut effects: BTreeMap<Name, RunEffect> = BTreeMap::new();
    for index in &calls.order {
        let Some(graph) = graphs.get_mut(*index) else { continue };
        let names: Vec<Name> = graph.subflows.iter().map(|s| Arc::clone(&s.name)).collect();
        for op in &mut graph.nodes {
            let Op::Run(run) = op else { continue };
            let effect = names.get(usize::from(run.subflow)).and_then(|name| effects.get(name));
            if let Some(effect) = effect.filter(|e| e.outcomes.len() == run.exits.len()) {
                run.effect = effect.clone();
            }
        }
        if graph.is_subflow() && !effects.contains_key(&graph.name) {
            effects.insert(Arc::clone(&graph.name), RunEffect::of(graph));
        }
    }
}

/// Puts the flows of a site together: each holds the subflows that it runs. One that runs a
/// subflow with errors, or itself, is not whole.
pub fn link(graphs: Vec<FlowGraph>, calls: &Calls) -> Flows {
    let mut slots: Vec<Option<FlowGraph>> = graphs.into_iter().map(Some).collect();
    let mut flows = Flows::default();
    let known: BTreeSet<usize> = calls.order.iter().copied().collect();
    let rest = (0..slots.len()).filter(|index| !known.contains(index));
    for index in calls.order.iter().copied().chain(rest) {
        let Some(mut graph) = slots.get_mut(index).and_then(Option::take) else { continue };
        for subflow in &mut graph.subflows {
            subflow.graph =
                flows.graphs.get(&subflow.name).filter(|g| known.contains(&index) && g.is_subflow()).cloned();
            graph.complete &= subflow.graph.as_ref().is_some_and(|g| g.complete);
        }
        // Of two flows with one name the first is meant; the second is reported.
        flows.graphs.entry(Arc::clone(&graph.name)).or_insert_with(|| Arc::new(graph));
    }
    flows
}
