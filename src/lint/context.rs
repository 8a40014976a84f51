//! What a rule may look at, and what is computed once for all rules.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::call::leg::Name;
use crate::graph::analyze::{self, Search};
use crate::graph::taint::Taint;
use crate::graph::{Act, FlowGraph, NodeId, Op};
use crate::policy::Policy;
use crate::resolve::Symbols;
use crate::site::model::Site;
use crate::step::decl::Needs;

/// A site as rules see it.
pub struct Context<'a> {
    pub site: &'a Site,
    pub policies: &'a BTreeMap<Name, Arc<Policy>>,
    pub symbols: &'a Symbols<'a>,
    pub taint: &'a Taint,
    entries: BTreeMap<Name, Entry>,
}

/// In which states calls enter a flow.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Entry {
    pub unanswered: bool,
    pub answered: bool,
}

impl<'a> Context<'a> {
    pub fn new(
        site: &'a Site,
        policies: &'a BTreeMap<Name, Arc<Policy>>,
        symbols: &'a Symbols<'a>,
        graphs: &[FlowGraph],
        taint: &'a Taint,
    ) -> Self {
        Self { site, policies, symbols, taint, entries: entries(site, graphs) }
    }

    pub fn entry(&self, flow: &str) -> Entry {
        self.entries.get(flow).copied().unwrap_or_default()
    }
}

/// A flow that a number starts begins unanswered, and so does one that nothing goes to: it may be
/// started from elsewhere. One that other flows go to begins as those leave it.
fn entries(site: &Site, graphs: &[FlowGraph]) -> BTreeMap<Name, Entry> {
    let mut gone_to: BTreeSet<&str> = BTreeSet::new();
    for goto in graphs.iter().flat_map(|g| &g.nodes) {
        if let Op::GotoFlow(goto) = goto {
            gone_to.insert(&goto.flow);
        }
    }
    let bound: BTreeSet<&str> =
        site.numbers.exact.values().chain(site.numbers.prefixes.values()).map(|n| n.flow.as_ref()).collect();
    let by_name: BTreeMap<&str, &FlowGraph> = graphs.iter().map(|g| (g.name.as_ref(), g)).collect();
    let mut entries: BTreeMap<Name, Entry> = BTreeMap::new();
    let mut waiting: VecDeque<&FlowGraph> = VecDeque::new();
    for graph in graphs {
        let begins = bound.contains(graph.name.as_ref()) || !gone_to.contains(graph.name.as_ref());
        entries.insert(Arc::clone(&graph.name), Entry { unanswered: begins, answered: false });
        waiting.push_back(graph);
    }
    // A flow waits again only when its entry has become wider: at most twice.
    while let Some(graph) = waiting.pop_front() {
        let entry = entries.get(&graph.name).copied().unwrap_or_default();
        let (unanswered, answered) = (unanswered(graph, entry), answered(graph, entry));
        for id in graph.ids() {
            let Some(Op::GotoFlow(goto)) = graph.node(id) else { continue };
            let Some(goal) = entries.get_mut(&goto.flow) else { continue };
            let before = *goal;
            goal.unanswered |= unanswered.reached(id);
            goal.answered |= answered.reached(id);
            if before != *goal {
                waiting.extend(by_name.get(goto.flow.as_ref()));
            }
        }
    }
    entries
}

fn act(graph: &FlowGraph, id: NodeId) -> Option<&Act> {
    match graph.node(id) {
        Some(Op::Act(act)) => Some(act),
        _ => None,
    }
}

/// Whether the call is answered whenever the flow goes on after this node.
fn answers(graph: &FlowGraph, id: NodeId) -> bool {
    act(graph, id).is_some_and(|a| a.decl.effects.answers)
}

/// What can run while the call is not answered; nothing beyond `answer`.
pub fn unanswered(graph: &FlowGraph, entry: Entry) -> Search {
    let start = entry.unanswered.then_some(graph.entry);
    Search::run(graph, start, |id| if answers(graph, id) { Vec::new() } else { analyze::successors(graph, id) })
}

/// The same, and nothing beyond a statement that needs an answer: the first of them on each path.
pub fn unanswered_until_heard(graph: &FlowGraph, entry: Entry) -> Search {
    let start = entry.unanswered.then_some(graph.entry);
    let stops = |id| answers(graph, id) || act(graph, id).is_some_and(|a| a.decl.needs == Needs::Answered);
    Search::run(graph, start, |id| if stops(id) { Vec::new() } else { analyze::successors(graph, id) })
}

/// What can run after the call was answered.
pub fn answered(graph: &FlowGraph, entry: Entry) -> Search {
    let reachable = analyze::reachable(graph);
    let after = graph.ids().filter(|id| reachable.reached(*id)).flat_map(|id| answered_after(graph, id));
    let start: Vec<NodeId> = after.chain(entry.answered.then_some(graph.entry)).collect();
    Search::run(graph, start, |id| analyze::successors(graph, id))
}

/// The nodes that follow an answer: those after `answer`, and after a transfer that came back.
fn answered_after(graph: &FlowGraph, id: NodeId) -> Vec<NodeId> {
    let Some(act) = act(graph, id) else { return Vec::new() };
    if act.decl.effects.answers {
        return analyze::successors(graph, id);
    }
    let after = |name: &str| {
        let (at, _) = act.decl.outcome(name)?;
        act.exits.get(at).copied().flatten().map(|exit| exit.node)
    };
    ["ended", "answered"].into_iter().filter_map(after).collect()
}
