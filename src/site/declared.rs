//! What a site declares for its flows to name (language.md §4), checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::Secret;
use super::table::Table;
use crate::call::leg::Name;
use crate::schedule::{Hours, Rota, Zone};

/// Everything that flows share, each kind a space of names of its own.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// The site's time zone: `now`, and schedules that name no other.
    pub zone: Zone,
    /// `lists:` of texts, for `in`.
    pub lists: BTreeMap<Name, Arc<[Arc<str>]>>,
    pub hours: BTreeMap<Name, Hours>,
    pub tables: BTreeMap<Name, Table>,
    pub credentials: BTreeMap<Name, Credentials>,
    pub rotas: BTreeMap<Name, Rota>,
    /// Users who ring as one, in order.
    pub groups: BTreeMap<Name, Vec<Name>>,
}

/// PINs that `verify` asks for. It counts wrong ones across calls, which no flow could.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Lines of `SUBJECT PIN`.
    pub pins: Secret,
    /// Wrong PINs in a row until the subject is locked.
    pub max_wrong: u32,
    pub locked_for_ms: u64,
}
