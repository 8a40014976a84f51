//! Searches over a graph: successors, what can be reached, and the path that shows it. All are
//! iterative: a flow of a million steps in a chain takes a queue, not a stack.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::span::Span;
use crate::step::args::{Arg, Args, Operand};

use super::model::{Act, Exit, FlowGraph, NodeId, Op, Run};
use super::ways::Edges;

/// Where control can go from a node, in the order of the source; the flow's `failed` last.
pub fn successors(graph: &FlowGraph, id: NodeId) -> Vec<NodeId> {
    let mut out = Vec::new();
    add_successors(graph, id, &mut out);
    out
}

/// The same, added to a list.
pub fn add_successors(graph: &FlowGraph, id: NodeId, out: &mut Vec<NodeId>) {
    add_own_successors(graph, id, out);
    out.extend(header_failed(graph, id));
}

/// The flow's `failed`, if an expression of the node takes it when it fails.
pub fn header_failed(graph: &FlowGraph, id: NodeId) -> Option<NodeId> {
    graph.failed.filter(|_| may_fail(graph, id))
}

/// The same without the flow's `failed`, which is taken only when an expression fails.
pub fn add_own_successors(graph: &FlowGraph, id: NodeId, out: &mut Vec<NodeId>) {
    match graph.node(id) {
        None | Some(Op::Fall | Op::Back | Op::GotoFlow(_) | Op::Return { .. }) => {}
        Some(Op::Enter { bound, next, .. }) => out.extend([*next].into_iter().chain(bound.map(|(_, n)| n))),
        Some(Op::Set { next, .. } | Op::Guard { next, .. } | Op::Language { next, .. }) => out.push(*next),
        Some(Op::If { then, otherwise, .. }) => out.extend([*then, *otherwise]),
        Some(Op::Switch(switch)) => {
            out.extend(switch.cases.iter().map(|(_, exit)| exit.node).chain(switch.otherwise.map(|e| e.node)));
        }
        Some(Op::Split(split)) => out.extend(split.shares.iter().map(|(_, exit)| exit.node)),
        Some(Op::Run(run)) => out.extend(run_exits(run).map(|e| e.node)),
        Some(Op::Act(act)) => out.extend(act_exits(act).map(|e| e.node).chain(act.next)),
        Some(Op::Hole(nodes)) => out.extend(nodes.iter().copied()),
    }
}

/// Every exit of a statement that can be taken.
pub fn act_exits(act: &Act) -> impl Iterator<Item = Exit> + '_ {
    act.keys.iter().chain(&act.exits).chain(&act.timed).filter_map(|e| *e)
}

/// Every exit of a `run` that the subflow can take.
pub fn run_exits(run: &Run) -> impl Iterator<Item = Exit> + '_ {
    run.exits.iter().zip(&run.effect.outcomes).filter(|(_, effect)| effect.possible).filter_map(|(exit, _)| *exit)
}

/// Whether an expression of the node can fail with no arm of its own.
fn may_fail(graph: &FlowGraph, id: NodeId) -> bool {
    let by_header = match graph.node(id) {
        Some(Op::Act(act)) => act.failed.is_some_and(|e| e.arm == Exit::HEADER),
        _ => true,
    };
    by_header && operands(graph, id).into_iter().any(|operand| !matches!(operand, Operand::Const(_)))
}

/// Every value that a node is given, known or computed.
pub fn operands(graph: &FlowGraph, id: NodeId) -> Vec<&Operand> {
    match graph.node(id) {
        Some(Op::Set { value, .. } | Op::Language { value, .. }) => vec![value],
        Some(Op::If { condition, .. }) => vec![condition],
        Some(Op::Switch(switch)) => vec![&switch.on],
        Some(Op::Split(split)) => split.sticky.iter().collect(),
        Some(Op::GotoFlow(goto)) => goto.args.iter().map(|(_, value)| value).collect(),
        Some(Op::Run(run)) => run.args.iter().map(|(_, value)| value).collect(),
        Some(Op::Return { value, .. }) => value.iter().collect(),
        Some(Op::Act(act)) => operands_of(&act.args),
        Some(Op::Enter { .. } | Op::Guard { .. } | Op::Back | Op::Fall | Op::Hole(_)) | None => Vec::new(),
    }
}

fn operands_of(args: &Args) -> Vec<&Operand> {
    let settings = args.settings.iter().flatten().flat_map(Arg::operands);
    args.subject.operands().into_iter().chain(settings).collect()
}

/// Whether the flow can end at this node: a disposition of the call.
pub fn is_end(graph: &FlowGraph, id: NodeId) -> bool {
    match graph.node(id) {
        Some(Op::GotoFlow(_) | Op::Return { .. }) => true,
        Some(Op::Run(run)) => run.effect.ends,
        Some(Op::Act(act)) => {
            act.decl.effects.ends || act.decl.outcomes.iter().any(|o| o.terminal && o.possible(&act.at))
        }
        _ => false,
    }
}

/// A breadth-first search that remembers how each place was come to, so that paths are shortest.
/// Places are nodes, or nodes times a small state.
#[derive(Debug, Default)]
pub struct Search {
    /// By place: not reached, reached first, or reached from another.
    from: Vec<Option<Option<usize>>>,
}

impl Search {
    /// Over `count` places; `step` gives the places to go to next.
    pub fn over<I: IntoIterator<Item = usize>>(
        count: usize,
        start: impl IntoIterator<Item = usize>,
        mut step: impl FnMut(usize) -> I,
    ) -> Search {
        let mut from = vec![None; count];
        let mut queue = VecDeque::new();
        for place in start {
            if let Some(entry @ None) = from.get_mut(place) {
                *entry = Some(None);
                queue.push_back(place);
            }
        }
        while let Some(place) = queue.pop_front() {
            for next in step(place) {
                if let Some(entry @ None) = from.get_mut(next) {
                    *entry = Some(Some(place));
                    queue.push_back(next);
                }
            }
        }
        Search { from }
    }

    /// Over the nodes of a graph.
    pub fn run<I: IntoIterator<Item = NodeId>>(
        graph: &FlowGraph,
        start: impl IntoIterator<Item = NodeId>,
        mut step: impl FnMut(NodeId) -> I,
    ) -> Search {
        Search::over(graph.nodes.len(), start.into_iter().map(NodeId::index), |place| {
            step(NodeId::from_index(place)).into_iter().map(NodeId::index)
        })
    }

    pub fn reached_place(&self, place: usize) -> bool {
        self.from.get(place).is_some_and(Option::is_some)
    }

    pub fn reached(&self, id: NodeId) -> bool {
        self.reached_place(id.index())
    }

    /// The places from the start to this one, both included; empty if it was not reached.
    pub fn path_to(&self, place: usize) -> Vec<usize> {
        let mut path = Vec::new();
        let mut at = self.reached_place(place).then_some(place);
        while let Some(place) = at {
            path.push(place);
            at = self.from.get(place).copied().flatten().flatten();
        }
        path.reverse();
        path
    }

    pub fn path(&self, id: NodeId) -> Vec<NodeId> {
        self.path_to(id.index()).into_iter().map(NodeId::from_index).collect()
    }
}

/// Groups of nodes each of which can reach every other of its group, by `ways`: only those that
/// hold a cycle. Tarjan (1972), iterative.
pub fn cycles(graph: &FlowGraph, ways: &Edges) -> Vec<Vec<NodeId>> {
    let after = |node: usize, nth: usize| ways.at(NodeId::from_index(node)).get(nth).map(|id| id.index());
    let found = groups(graph.nodes.len(), after);
    found.into_iter().map(|group| group.into_iter().map(NodeId::from_index).collect()).collect()
}

/// The same over any `count` places: `after` gives the place that each goes to by its nth way.
pub fn groups(count: usize, after: impl Fn(usize, usize) -> Option<usize>) -> Vec<Vec<usize>> {
    const NONE: usize = usize::MAX;
    let (mut number, mut low, mut on_stack) = (vec![NONE; count], vec![NONE; count], vec![false; count]);
    let (mut stack, mut found, mut counter) = (Vec::new(), Vec::new(), 0);
    let get = |list: &[usize], at: usize| list.get(at).copied().unwrap_or(NONE);
    let set = |list: &mut Vec<usize>, at: usize, value: usize| {
        if let Some(place) = list.get_mut(at) {
            *place = value;
        }
    };
    for root in 0..count {
        let mut work: Vec<(usize, usize)> = if get(&number, root) == NONE { vec![(root, 0)] } else { Vec::new() };
        while let Some((node, child)) = work.pop() {
            if child == 0 {
                set(&mut number, node, counter);
                set(&mut low, node, counter);
                counter += 1;
                stack.push(node);
                if let Some(flag) = on_stack.get_mut(node) {
                    *flag = true;
                }
            }
            if let Some(to) = after(node, child) {
                work.push((node, child + 1));
                if get(&number, to) == NONE {
                    work.push((to, 0));
                } else if on_stack.get(to) == Some(&true) {
                    let lower = get(&low, node).min(get(&number, to));
                    set(&mut low, node, lower);
                }
                continue;
            }
            if let Some(&(parent, _)) = work.last() {
                let lower = get(&low, parent).min(get(&low, node));
                set(&mut low, parent, lower);
            }
            if get(&low, node) == get(&number, node) {
                let mut group = Vec::new();
                while let Some(top) = stack.pop() {
                    if let Some(flag) = on_stack.get_mut(top) {
                        *flag = false;
                    }
                    group.push(top);
                    if top == node {
                        break;
                    }
                }
                let own = || (0..).map_while(|nth| after(node, nth)).any(|to| to == node);
                if group.len() > 1 || own() {
                    group.sort_unstable();
                    found.push(group);
                }
            }
        }
    }
    found.sort();
    found
}

/// Everything that can run, for who asks nothing else of the graph.
pub fn reachable(graph: &FlowGraph) -> Search {
    Search::run(graph, [graph.entry], |id| successors(graph, id))
}

/// A path in words: the steps it goes through, each with the arm by which it is left, as
/// `welcome > choose (2) > on_call`.
pub fn in_words(graph: &FlowGraph, path: &[NodeId]) -> Vec<String> {
    in_words_by(graph, path, |_, _| true)
}

/// The same where only some exits of a statement count: `open` is given the statement, or the `run`,
/// and the place of the outcome in its declaration.
pub fn in_words_by(graph: &FlowGraph, path: &[NodeId], open: impl Fn(&Op, usize) -> bool) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut arm: Option<String> = None;
    for (index, id) in path.iter().enumerate() {
        if matches!(graph.node(*id), Some(Op::Enter { .. })) {
            if let (Some(last), Some(arm)) = (words.last_mut(), arm.take()) {
                last.push_str(&format!(" ({arm})"));
            }
            words.push(graph.step_name(*id).to_owned());
        }
        if let Some(label) = path.get(index + 1).and_then(|next| label(graph, *id, *next, &open)) {
            arm = Some(label);
        }
    }
    if let (Some(last), Some(arm)) = (words.last_mut(), arm.take()) {
        last.push_str(&format!(" ({arm})"));
    }
    words
}

/// The label of an exit as it was written; `failed` where the header decides.
fn label_of(labels: &[(Arc<str>, Span)], exit: Option<Exit>) -> String {
    let label = exit.and_then(|exit| labels.get(usize::from(exit.arm)));
    label.map_or_else(|| "failed".to_owned(), |(label, _)| label.to_string())
}

/// The words for going from one node to the next.
fn label(graph: &FlowGraph, from: NodeId, to: NodeId, open: &impl Fn(&Op, usize) -> bool) -> Option<String> {
    let op = graph.node(from)?;
    match op {
        Op::Act(act) => {
            let by_outcome = act.exits.iter().enumerate().filter(|(at, _)| open(op, *at)).filter_map(|(_, e)| *e);
            let first = act.keys.iter().chain(&act.timed).filter_map(|e| *e);
            let exit = first.chain(by_outcome).chain(act.failed).find(|e| e.node == to)?;
            Some(label_of(&act.labels, Some(exit)))
        }
        Op::Run(run) => {
            let possible = run.exits.iter().zip(&run.effect.outcomes).enumerate();
            let mut taken = possible.filter(|(at, (_, effect))| effect.possible && open(op, *at));
            Some(label_of(&run.labels, taken.find_map(|(_, (exit, _))| exit.filter(|e| e.node == to))))
        }
        Op::Split(split) => Some(label_of(&split.labels, split.shares.iter().map(|(_, e)| *e).find(|e| e.node == to))),
        Op::If { then, otherwise, .. } if then != otherwise => {
            if *then == to {
                Some("if".to_owned())
            } else if *otherwise == to {
                Some("else".to_owned())
            } else {
                Some("failed".to_owned())
            }
        }
        Op::Enter { bound: Some((visits, otherwise)), next, .. } if *otherwise == to && next != otherwise => {
            Some(format!("after {visits} visits"))
        }
        _ => None,
    }
}
