//! What the shell must remember of a leg: the requests that wait for it, and whether its media is open.

use std::collections::BTreeMap;

use super::revive::Reviving;
use crate::base::id::{LegId, RequestId};
use crate::call::media_types::RemoteMedia;

#[derive(Debug, Default)]
pub struct LegEntry {
    /// The request that ends when the placed leg answers or fails.
    pub placing: Option<RequestId>,
    /// What the caller offered, until it is answered.
    pub offer: Option<RemoteMedia>,
    pub media_open: bool,
}

#[derive(Debug, Default)]
pub struct Legs {
    entries: BTreeMap<LegId, LegEntry>,
    /// Those of the process before this one, until they have said whether they are still there.
    pub reviving: Reviving,
}

impl Legs {
    pub fn entry(&mut self, leg: LegId) -> &mut LegEntry {
        self.entries.entry(leg).or_default()
    }

    /// A leg that is not over. One that came in is known from its INVITE on.
    pub fn get_mut(&mut self, leg: LegId) -> Option<&mut LegEntry> {
        self.entries.get_mut(&leg)
    }

    pub fn remove(&mut self, leg: LegId) -> Option<LegEntry> {
        self.entries.remove(&leg)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
