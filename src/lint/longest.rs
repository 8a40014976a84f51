//! The heaviest way to each node of a graph. Ways back are left out, so that each way that is told
//! enters no node twice: it can be gone, and none that goes round is counted.

use crate::graph::ways::Ways;
use crate::graph::{FlowGraph, NodeId};

/// The heaviest way from the entry to each node, the node's own weight included.
pub(super) struct Longest {
    total: Vec<Option<u64>>,
    from: Vec<Option<NodeId>>,
}

impl Longest {
    /// Searches up to the nodes that `stops` tells, and not beyond them.
    pub(super) fn search(
        graph: &FlowGraph,
        ways: &Ways,
        weight: impl Fn(NodeId) -> u64,
        stops: impl Fn(NodeId) -> bool,
    ) -> Longest {
        let next = |id: NodeId| -> &[NodeId] { if stops(id) { &[] } else { ways.after.at(id) } };
        let (order, finished) = finish_order(graph, next);
        let count = graph.nodes.len();
        let mut longest = Longest { total: vec![None; count], from: vec![None; count] };
        longest.raise(graph.entry, weight(graph.entry), None);
        for id in order.into_iter().rev() {
            let Some(so_far) = longest.total(id) else { continue };
            for to in next(id).iter().copied() {
                // A way back goes to a node that finished later.
                let back = finished.get(to.index()) >= finished.get(id.index());
                if !back {
                    longest.raise(to, so_far.saturating_add(weight(to)), Some(id));
                }
            }
        }
        longest
    }

    fn raise(&mut self, id: NodeId, total: u64, from: Option<NodeId>) {
        if let (Some(entry), Some(origin)) = (self.total.get_mut(id.index()), self.from.get_mut(id.index()))
            && entry.is_none_or(|old| old < total)
        {
            *entry = Some(total);
            *origin = from;
        }
    }

    pub(super) fn total(&self, id: NodeId) -> Option<u64> {
        self.total.get(id.index()).copied().flatten()
    }

    /// From the entry to the node, both included.
    pub(super) fn path(&self, id: NodeId) -> Vec<NodeId> {
        let mut path = vec![id];
        let mut at = id;
        while let Some(from) = self.from.get(at.index()).copied().flatten() {
            path.push(from);
            at = from;
        }
        path.reverse();
        path
    }
}

/// Depth first from the entry: the nodes in the order in which they are left, and each one's place in
/// that order.
fn finish_order<'w>(graph: &FlowGraph, next: impl Fn(NodeId) -> &'w [NodeId]) -> (Vec<NodeId>, Vec<usize>) {
    let mut seen = vec![false; graph.nodes.len()];
    let mut finished = vec![0; graph.nodes.len()];
    let mut order = Vec::new();
    let mut work = vec![(graph.entry, false)];
    while let Some((id, left)) = work.pop() {
        if left {
            if let Some(place) = finished.get_mut(id.index()) {
                *place = order.len();
            }
            order.push(id);
            continue;
        }
        match seen.get_mut(id.index()) {
            Some(flag @ false) => *flag = true,
            _ => continue,
        }
        work.push((id, true));
        work.extend(next(id).iter().rev().map(|to| (*to, false)));
    }
    (order, finished)
}
