//! The ways of one graph, found once and read by every analysis of it: where control goes from each
//! node and whence it comes, what can run, and what can come to an end.

use super::analyze::{self, Search};
use super::model::{FlowGraph, NodeId, Op};

/// Lists of nodes, one for each node of a graph, in one piece.
#[derive(Debug, Default)]
pub struct Edges {
    /// Where the list of each node begins in `to`, and the end of the last.
    starts: Vec<u32>,
    to: Vec<NodeId>,
}

impl Edges {
    /// `add` pushes what belongs to each node, in order.
    pub fn of(graph: &FlowGraph, mut add: impl FnMut(NodeId, &mut Vec<NodeId>)) -> Edges {
        let mut edges = Edges { starts: Vec::with_capacity(graph.nodes.len() + 1), to: Vec::new() };
        edges.starts.push(0);
        for id in graph.ids() {
            add(id, &mut edges.to);
            edges.starts.push(u32::try_from(edges.to.len()).unwrap_or(u32::MAX));
        }
        edges
    }

    /// The list of a node; empty for one that is not of the graph.
    pub fn at(&self, id: NodeId) -> &[NodeId] {
        let place = |at: usize| self.starts.get(at).and_then(|start| usize::try_from(*start).ok());
        let range = place(id.index()).zip(place(id.index() + 1));
        range.and_then(|(from, to)| self.to.get(from..to)).unwrap_or_default()
    }

    pub fn each(&self, id: NodeId) -> impl DoubleEndedIterator<Item = NodeId> + '_ {
        self.at(id).iter().copied()
    }

    /// The same ways backwards: nodes of each list in the order of the graph.
    fn backwards(&self) -> Edges {
        let count = self.starts.len().saturating_sub(1);
        let mut starts = vec![0_u32; count + 1];
        for goal in &self.to {
            if let Some(after) = starts.get_mut(goal.index() + 1) {
                *after += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut to = vec![NodeId(0); self.to.len()];
        let mut next = starts.clone();
        for from in (0..count).map(NodeId::from_index) {
            for goal in self.at(from) {
                let Some(place) = next.get_mut(goal.index()) else { continue };
                let slot = usize::try_from(*place).ok().and_then(|at| to.get_mut(at));
                if let Some(slot) = slot {
                    *slot = from;
                }
                *place += 1;
            }
        }
        Edges { starts, to }
    }
}

/// What is known of the ways of one graph.
#[derive(Debug, Default)]
pub struct Ways {
    /// Where control can go, the flow's `failed` last.
    pub after: Edges,
    /// Whence it can come.
    pub before: Edges,
    /// Everything that can run.
    pub reachable: Search,
    /// Everything from which the call can come to an end. What could not be read, and a step that
    /// comes to its end, count as one: they have findings of their own. So does the way back into a
    /// queue, whose own ends are those of its statement.
    pub can_end: Search,
}

impl Ways {
    /// The effects of what the flow runs must have been noted in it.
    pub fn of(graph: &FlowGraph) -> Ways {
        let after = Edges::of(graph, |id, out| analyze::add_successors(graph, id, out));
        let before = after.backwards();
        let reachable = Search::run(graph, [graph.entry], |id| after.each(id));
        let open = |id: NodeId| matches!(graph.node(id), Some(Op::Fall | Op::Back | Op::Hole(_)));
        let ends = graph.ids().filter(|id| analyze::is_end(graph, *id) || open(*id));
        let can_end = Search::run(graph, ends, |id| before.each(id));
        Ways { after, before, reachable, can_end }
    }
}
