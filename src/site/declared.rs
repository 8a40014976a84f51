//! What a site declares for its flows to name (language.md §4), checked.

use std::collections::BTreeMap;

use crate::call::leg::Name;
use crate::schedule::{Hours, Zone};

/// Everything that flows share, each kind a space of names of its own.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// The site's time zone: `now`, and schedules that name no other.
    pub zone: Zone,
    pub hours: BTreeMap<Name, Hours>,
}
