//! What an exchange runs by: one revision of a site, its flows and its policies.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::call::leg::Name;
use crate::graph::FlowGraph;
use crate::policy::Policy;
use crate::site::model::Site;

/// One revision. A running call holds the one it began with, so a reload never changes a live call.
#[derive(Debug, Default)]
pub struct Plan {
    /// Counted up by the shell at each reload; part of each decision record.
    pub revision: u64,
    pub site: Site,
    pub flows: BTreeMap<Name, Arc<FlowGraph>>,
    pub policies: BTreeMap<Name, Arc<Policy>>,
}

impl Plan {
    /// The policy that guards what phones and the API do.
    pub fn site_policy(&self) -> Option<&Arc<Policy>> {
        self.policies.get(self.site.policy.as_ref()?)
    }
}
