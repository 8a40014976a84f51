//! What a rule may look at, and what is computed once for all rules.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::call::leg::Name;
use crate::graph::analyze::{self, Search};
use crate::graph::subflow::{self, Calls};
use crate::graph::taint::Taint;
use crate::graph::ways::Ways;
use crate::graph::{FlowGraph, NodeId, Op, answered};
use crate::policy::Policy;
use crate::resolve::Symbols;
use crate::site::model::{Fallback, Site};
use crate::step::decl::Needs;

use super::languages::{Languages, languages};
use super::numbers::{self, Constant};

pub use crate::graph::answered::Entry;

/// A site as rules see it.
pub struct Context<'a> {
    pub site: &'a Site,
    pub policies: &'a BTreeMap<Name, Arc<Policy>>,
    pub symbols: &'a Symbols<'a>,
    pub taint: &'a Taint,
    /// Every flow and subflow, in the order of the source.
    pub graphs: &'a [FlowGraph],
    /// Who runs whom.
    pub calls: &'a Calls,
    /// The languages that a call can have in each flow.
    pub languages: Vec<Languages>,
    /// The longest chain of subflows below each flow.
    pub depths: Vec<usize>,
    entries: BTreeMap<Name, Entry>,
    /// By flow.
    known: Vec<Known>,
    /// Of a graph that is not of the site.
    unknown: Known,
    /// Of a subflow that is entered unanswered: the flow and the `run` in it by which it first is.
    rung: BTreeMap<Name, (usize, NodeId)>,
    unguarded: Vec<Unguarded>,
    by_name: BTreeMap<&'a str, usize>,
}

/// What rules ask of one flow.
#[derive(Default)]
struct Known {
    ways: Ways,
    /// What can run while the call is not answered.
    unanswered: Search,
    /// What can run after it was.
    answered: Search,
    numbers: Vec<Constant>,
}

/// How the nodes of a flow can be come to while no guard is in scope.
#[derive(Default)]
struct Unguarded {
    /// Over nodes, each without and with a guard of its step in reach; `None`: it is never entered
    /// without a guard.
    search: Option<Search>,
    /// Of a subflow: the flow and the `run` in it by which it is entered so.
    from: Option<(usize, NodeId)>,
}

impl<'a> Context<'a> {
    pub fn new(
        site: &'a Site,
        policies: &'a BTreeMap<Name, Arc<Policy>>,
        symbols: &'a Symbols<'a>,
        graphs: &'a [FlowGraph],
        taint: &'a Taint,
        calls: &'a Calls,
    ) -> Self {
        let by_name = subflow::by_name(graphs);
        let starts = starting(site, graphs);
        let mut known: Vec<Known> =
            graphs.iter().map(|graph| Known { ways: Ways::of(graph), ..Known::default() }).collect();
        for (known, numbers) in known.iter_mut().zip(numbers::constants(site, policies, symbols, graphs)) {
            known.numbers = numbers;
        }
        let left_over = fallback(site).filter(|flow| numbered(site).all(|bound| bound != *flow));
        let (entries, rung) = entries(graphs, &mut known, &by_name, &starts, left_over);
        let languages = languages(site, graphs, &by_name, calls, &starts);
        let unguarded = unguarded(graphs, &known, calls);
        let depths = calls.depths();
        Self {
            site,
            policies,
            symbols,
            taint,
            graphs,
            calls,
            depths,
            languages,
            entries,
            known,
            unknown: Known::default(),
            rung,
            unguarded,
            by_name,
        }
    }

    pub fn entry(&self, flow: &str) -> Entry {
        self.entries.get(flow).copied().unwrap_or_default()
    }

    fn known(&self, graph: &FlowGraph) -> &Known {
        let at = self.by_name.get(graph.name.as_ref()).copied();
        let first = at.filter(|at| self.graphs.get(*at).is_some_and(|g| std::ptr::eq(g, graph)));
        // Of two flows with one name the second is not found by it.
        let at = first.or_else(|| self.graphs.iter().position(|g| std::ptr::eq(g, graph)));
        at.and_then(|at| self.known.get(at)).unwrap_or(&self.unknown)
    }

    /// Where control goes in a flow, and what can run.
    pub fn ways(&self, graph: &FlowGraph) -> &Ways {
        &self.known(graph).ways
    }

    /// What of a flow can run while the call is not answered.
    pub fn unanswered(&self, graph: &FlowGraph) -> &Search {
        &self.known(graph).unanswered
    }

    /// What of a flow can run after the call was answered.
    pub fn answered(&self, graph: &FlowGraph) -> &Search {
        &self.known(graph).answered
    }

    /// The numbers that a flow dials and that are known before the call.
    pub(super) fn numbers(&self, graph: &FlowGraph) -> &[Constant] {
        &self.known(graph).numbers
    }

    /// The languages that a call can have in a flow, each with where it comes from.
    pub fn languages_of(&self, graph: &FlowGraph) -> Option<&Languages> {
        self.languages.get(*self.by_name.get(graph.name.as_ref())?)
    }

    /// Whether some flow runs this one.
    pub fn is_run(&self, flow: usize) -> bool {
        (0..self.graphs.len()).any(|from| self.calls.callees(from).iter().any(|(to, _)| *to == flow))
    }

    /// A way to a node on which the call is not answered, in words; from the flow that the call is
    /// in, through what it runs. `search` is that of the node's flow.
    pub fn unanswered_path(&self, graph: &FlowGraph, search: &Search, id: NodeId) -> Vec<String> {
        let in_words = |graph: &FlowGraph, search: &Search, id: NodeId| {
            analyze::in_words_by(graph, &search.path(id), answered::leaves_unanswered)
        };
        let mut words = in_words(graph, search, id);
        let mut at = graph;
        // Each turn goes to a caller that was entered so before.
        for _ in 0..self.graphs.len() {
            let Some((caller, run)) = self.rung.get(&at.name) else { break };
            let Some(caller) = self.graphs.get(*caller) else { break };
            let mut before = in_words(caller, self.unanswered(caller), *run);
            before.push(format!("run {}", at.name));
            before.append(&mut words);
            (words, at) = (before, caller);
        }
        words
    }

    /// A way to a node on which no guard is in scope, in words; from the flow that the call is in,
    /// through what it runs. `None` if there is no such way.
    pub fn unguarded_path(&self, graph: &FlowGraph, id: NodeId) -> Option<Vec<String>> {
        let mut at = *self.by_name.get(graph.name.as_ref())?;
        let mut goal = id;
        let mut words: Vec<String> = Vec::new();
        // Each turn goes to a caller, and who runs itself is not searched.
        for _ in 0..=self.graphs.len() {
            let (graph, ways) = (self.graphs.get(at)?, self.unguarded.get(at)?);
            let search = ways.search.as_ref().filter(|s| s.reached(goal))?;
            let count = graph.nodes.len();
            let path: Vec<NodeId> =
                search.path_to(goal.index()).into_iter().map(|place| NodeId::from_index(place % count)).collect();
            let mut here = analyze::in_words(graph, &path);
            let Some((caller, run)) = ways.from else {
                here.append(&mut words);
                return Some(here);
            };
            here.insert(0, format!("run {}", graph.name));
            here.append(&mut words);
            words = here;
            (at, goal) = (caller, run);
        }
        None
    }
}

/// The flows that a number starts.
fn numbered(site: &Site) -> impl Iterator<Item = &str> {
    site.numbers.exact.values().chain(site.numbers.prefixes.values()).map(|n| n.flow.as_ref())
}

/// The flow that takes callers whom a transfer left over.
fn fallback(site: &Site) -> Option<&str> {
    match &site.transfers.fallback {
        Fallback::Flow(flow) => Some(flow),
        Fallback::Queue(_) | Fallback::HangUp { .. } => None,
    }
}

/// The flows that calls can begin with: those that the site file starts, and those that nothing goes to,
/// which may be started from elsewhere.
fn starting<'g>(site: &'g Site, graphs: &'g [FlowGraph]) -> impl Fn(&FlowGraph) -> bool + use<'g> {
    let gone_to: BTreeSet<&str> =
        graphs.iter().flat_map(|g| g.nodes.iter().filter_map(|op| goal(g, op))).map(AsRef::as_ref).collect();
    let bound: BTreeSet<&str> = numbered(site).chain(fallback(site)).collect();
    // While some flow is not whole, what is missing of it may be what goes to the others.
    let whole = graphs.iter().all(|g| g.complete);
    move |graph| {
        let name = graph.name.as_ref();
        !graph.is_subflow() && (bound.contains(name) || whole && !gone_to.contains(name))
    }
}

/// A flow that calls begin with is entered unanswered, but for one that calls come to by a transfer only. One that other flows go to begins as those leave it, and a subflow as
/// those that run it are then.
fn entries(
    graphs: &[FlowGraph],
    known: &mut [Known],
    by_name: &BTreeMap<&str, usize>,
    starts: impl Fn(&FlowGraph) -> bool,
    answered_only: Option<&str>,
) -> (BTreeMap<Name, Entry>, BTreeMap<Name, (usize, NodeId)>) {
    let mut rung = BTreeMap::new();
    let mut entries: BTreeMap<Name, Entry> = BTreeMap::new();
    let mut waiting: VecDeque<usize> = VecDeque::new();
    for (index, graph) in graphs.iter().enumerate() {
        let answered = answered_only == Some(graph.name.as_ref());
        entries.insert(Arc::clone(&graph.name), Entry { unanswered: starts(graph) && !answered, answered });
        waiting.push_back(index);
    }
    // A flow waits again only when its entry has become wider: at most twice.
    while let Some(index) = waiting.pop_front() {
        let (Some(graph), Some(known)) = (graphs.get(index), known.get_mut(index)) else { continue };
        let entry = entries.get(&graph.name).copied().unwrap_or_default();
        known.unanswered = answered::unanswered(graph, &known.ways, entry);
        known.answered = answered::answered(graph, &known.ways, entry);
        for (id, op) in graph.ids().zip(&graph.nodes) {
            let Some(name) = goal(graph, op) else { continue };
            let Some(goal) = entries.get_mut(name) else { continue };
            let before = *goal;
            goal.unanswered |= known.unanswered.reached(id);
            goal.answered |= known.answered.reached(id);
            if goal.unanswered && !before.unanswered && matches!(op, Op::Run(_)) {
                rung.insert(Arc::clone(name), (index, id));
            }
            if before != *goal {
                waiting.extend(by_name.get(name.as_ref()));
            }
        }
    }
    (entries, rung)
}

/// The flow or subflow that a node goes to or runs.
pub(super) fn goal<'g>(graph: &'g FlowGraph, op: &'g Op) -> Option<&'g Name> {
    match op {
        Op::GotoFlow(goto) => Some(&goto.flow),
        Op::Run(run) => graph.subflow_name(run),
        _ => None,
    }
}

/// Searches each flow for what can be come to without a guard: callers first, because a subflow has
/// the guards that are in scope where it is run.
fn unguarded(graphs: &[FlowGraph], known: &[Known], calls: &Calls) -> Vec<Unguarded> {
    let mut all: Vec<Unguarded> = graphs.iter().map(|_| Unguarded::default()).collect();
    for index in calls.order.iter().rev() {
        let (Some(graph), Some(known)) = (graphs.get(*index), known.get(*index)) else { continue };
        let entered = !graph.is_subflow() || all.get(*index).is_some_and(|u| u.from.is_some());
        if !entered || !graph.guards.is_empty() {
            continue;
        }
        let search = search_unguarded(graph, &known.ways);
        let by_name: BTreeMap<&Name, usize> = calls
            .callees(*index)
            .iter()
            .filter_map(|(callee, _)| graphs.get(*callee).map(|g| (&g.name, *callee)))
            .collect();
        for id in graph.ids().filter(|id| search.reached(*id)) {
            let Some(Op::Run(run)) = graph.node(id) else { continue };
            let callee = graph.subflow_name(run).and_then(|name| by_name.get(name));
            if let Some(callee) = callee.and_then(|at| all.get_mut(*at)) {
                callee.from.get_or_insert((*index, id));
            }
        }
        if let Some(ways) = all.get_mut(*index) {
            ways.search = Some(search);
        }
    }
    all
}

/// Over nodes, each without and with a guard of its step in reach. Entering a step ends the reach
/// of the last one's guards.
fn search_unguarded(graph: &FlowGraph, ways: &Ways) -> Search {
    let count = graph.nodes.len();
    let place = |id: NodeId, guarded: bool| id.index() + if guarded { count } else { 0 };
    Search::over(2 * count, [place(graph.entry, false)], |at| {
        let (guarded, index) = (at >= count, at % count);
        let id = NodeId::from_index(index);
        let guarded = match graph.node(id) {
            Some(Op::Guard { .. }) => true,
            Some(Op::Enter { .. }) => false,
            _ => guarded,
        };
        ways.after.each(id).map(move |next| place(next, guarded))
    })
}

/// What can run while the call is not answered, and nothing beyond a statement that needs an
/// answer: the first of them on each path.
pub fn unanswered_until_heard(graph: &FlowGraph, ways: &Ways, entry: Entry) -> Search {
    let start = entry.unanswered.then_some(graph.entry);
    let hears = |id| match graph.node(id) {
        Some(Op::Act(act)) => act.decl.needs == Needs::Answered,
        _ => false,
    };
    answered::search(graph, start, |id| {
        if hears(id) { Vec::new() } else { answered::while_unanswered(graph, ways, id).into_owned() }
    })
}
