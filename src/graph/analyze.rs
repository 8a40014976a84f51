//! Searches over a graph: successors, what can be reached, and the path that shows it. All are
//! iterative: a flow of a million steps in a chain takes a queue, not a stack.

use std::collections::VecDeque;

use crate::step::args::Operand;

use super::model::{Act, Exit, FlowGraph, NodeId, Op};

/// Where control can go from a node, in the order of the source; the flow's `failed` last.
pub fn successors(graph: &FlowGraph, id: NodeId) -> Vec<NodeId> {
    let mut out = own_successors(graph, id);
    if may_fail(graph, id)
        && let Some(failed) = graph.failed
    {
        out.push(failed);
    }
    out
}

/// The same without the flow's `failed`, which is taken only when an expression fails.
pub fn own_successors(graph: &FlowGraph, id: NodeId) -> Vec<NodeId> {
    match graph.node(id) {
        None | Some(Op::Fall | Op::GotoFlow(_)) => Vec::new(),
        Some(Op::Enter { bound, next, .. }) => [*next].into_iter().chain(bound.map(|(_, n)| n)).collect(),
        Some(Op::Set { next, .. } | Op::Guard { next, .. }) => vec![*next],
        Some(Op::If { then, otherwise, .. }) => vec![*then, *otherwise],
        Some(Op::Switch(switch)) => {
            switch.cases.iter().map(|(_, exit)| exit.node).chain(switch.otherwise.map(|e| e.node)).collect()
        }
        Some(Op::Act(act)) => act_exits(act).map(|e| e.node).chain(act.next).collect(),
        Some(Op::Hole(nodes)) => nodes.to_vec(),
    }
}

/// Every exit of a statement that can be taken.
pub fn act_exits(act: &Act) -> impl Iterator<Item = Exit> + '_ {
    act.keys.iter().chain(&act.exits).filter_map(|e| *e)
}

/// Whether an expression of the node can fail with no arm of its own.
fn may_fail(graph: &FlowGraph, id: NodeId) -> bool {
    let computed = |operand: &Operand| !matches!(operand, Operand::Const(_));
    match graph.node(id) {
        Some(Op::Set { value, .. }) => computed(value),
        Some(Op::If { condition, .. }) => computed(condition),
        Some(Op::Switch(switch)) => computed(&switch.on),
        Some(Op::GotoFlow(goto)) => goto.args.iter().any(|(_, value)| computed(value)),
        Some(Op::Act(act)) => act.failed.is_some_and(|e| Some(e.node) == graph.failed && e.arm == Exit::HEADER),
        _ => false,
    }
}

/// Whether the flow can end at this node: a disposition of the call.
pub fn is_end(graph: &FlowGraph, id: NodeId) -> bool {
    match graph.node(id) {
        Some(Op::GotoFlow(_)) => true,
        Some(Op::Act(act)) => {
            act.decl.effects.ends || act.decl.outcomes.iter().any(|o| o.terminal && o.possible(&act.at))
        }
        _ => false,
    }
}

/// A search from some nodes that remembers how each node was come to.
pub struct Search {
    /// By node: not reached, reached first, or reached from another.
    from: Vec<Option<Option<NodeId>>>,
}

impl Search {
    /// Breadth first, so that paths are shortest; `step` gives the successors to follow.
    pub fn run(
        graph: &FlowGraph,
        start: impl IntoIterator<Item = NodeId>,
        mut step: impl FnMut(NodeId) -> Vec<NodeId>,
    ) -> Search {
        let mut from = vec![None; graph.nodes.len()];
        let mut queue = VecDeque::new();
        for id in start {
            if let Some(place @ None) = from.get_mut(id.index()) {
                *place = Some(None);
                queue.push_back(id);
            }
        }
        while let Some(id) = queue.pop_front() {
            for next in step(id) {
                if let Some(place @ None) = from.get_mut(next.index()) {
                    *place = Some(Some(id));
                    queue.push_back(next);
                }
            }
        }
        Search { from }
    }

    pub fn reached(&self, id: NodeId) -> bool {
        self.from.get(id.index()).is_some_and(Option::is_some)
    }

    /// The nodes from the start to `id`, both included; empty if it was not reached.
    pub fn path(&self, id: NodeId) -> Vec<NodeId> {
        let mut path = Vec::new();
        let mut at = self.reached(id).then_some(id);
        while let Some(node) = at {
            path.push(node);
            at = self.from.get(node.index()).copied().flatten().flatten();
        }
        path.reverse();
        path
    }
}

/// Everything that can run.
pub fn reachable(graph: &FlowGraph) -> Search {
    Search::run(graph, [graph.entry], |id| successors(graph, id))
}

/// A path in words: the steps it goes through, each with the arm by which it is left, as
/// `welcome > choose (2) > on_call`.
pub fn in_words(graph: &FlowGraph, path: &[NodeId]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut arm: Option<String> = None;
    for (index, id) in path.iter().enumerate() {
        if matches!(graph.node(*id), Some(Op::Enter { .. })) {
            if let (Some(last), Some(arm)) = (words.last_mut(), arm.take()) {
                last.push_str(&format!(" ({arm})"));
            }
            words.push(graph.step_name(*id).to_owned());
        }
        if let Some(label) = path.get(index + 1).and_then(|next| label(graph, *id, *next)) {
            arm = Some(label);
        }
    }
    if let (Some(last), Some(arm)) = (words.last_mut(), arm.take()) {
        last.push_str(&format!(" ({arm})"));
    }
    words
}

/// The words for going from one node to the next.
fn label(graph: &FlowGraph, from: NodeId, to: NodeId) -> Option<String> {
    match graph.node(from)? {
        Op::Act(act) => {
            let exit = act_exits(act).find(|e| e.node == to)?;
            let label = act.labels.get(usize::from(exit.arm)).map(|(l, _)| l.to_string());
            Some(label.unwrap_or_else(|| "failed".to_owned()))
        }
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
