//! Permits in memory: how many legs each subject holds, by leg.
//!
//! It knows no limits of its own and no clock: limits come with the request, and a permit is held
//! until its leg gives it back.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::id::LegId;

/// Who holds what. The holder is part of the count, so that a permit is given back exactly once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PermitStore {
    /// INVARIANT: no subject is kept with an empty set.
    held: BTreeMap<String, BTreeSet<LegId>>,
}

impl PermitStore {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a permit of `key` for `holder` if fewer than `limit` are held: compare and increment
    /// in one step. A holder that has one already keeps it, uncounted.
    pub fn acquire(&mut self, key: &str, limit: u32, holder: LegId) -> bool {
        if self.held.get(key).is_some_and(|h| h.contains(&holder)) {
            return true;
        }
        if self.held(key) >= limit {
            return false;
        }
        self.held.entry(key.to_owned()).or_default().insert(holder)
    }

    /// Gives the permit back; `false` if `holder` has none, so that a second time changes nothing.
    pub fn release(&mut self, key: &str, holder: LegId) -> bool {
        let Some(holders) = self.held.get_mut(key) else { return false };
        let had = holders.remove(&holder);
        if holders.is_empty() {
            self.held.remove(key);
        }
        had
    }

    /// Permits of one subject.
    pub fn held(&self, key: &str) -> u32 {
        self.held.get(key).map_or(0, |h| u32::try_from(h.len()).unwrap_or(u32::MAX))
    }

    /// Permits of all subjects.
    pub fn total_held(&self) -> usize {
        self.held.values().map(BTreeSet::len).sum()
    }

    /// Every subject that holds permits, with its legs, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = LegId>)> {
        self.held.iter().map(|(key, legs)| (key.as_str(), legs.iter().copied()))
    }
}
