//! Which ways through a flow were taken, laid over its picture. Who counts them is `flowtest`.

use std::collections::BTreeSet;

use crate::interp::Taken;

use super::model::{Edge, EdgeKind};

/// The ways that calls or tests took through one flow.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Overlay {
    taken: BTreeSet<Taken>,
}

impl Overlay {
    pub fn new(taken: impl IntoIterator<Item = Taken>) -> Self {
        Self { taken: taken.into_iter().collect() }
    }

    /// Whether an edge was taken; `None` where that cannot be told or is not asked: the header's
    /// `failed` stands for faults and not for a caller's choice.
    pub(super) fn took(&self, edge: &Edge) -> Option<bool> {
        let asked = edge.kind != EdgeKind::Failed && !edge.ways.is_empty();
        asked.then(|| edge.ways.iter().any(|way| self.taken.contains(way)))
    }
}
