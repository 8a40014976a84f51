//! What an exchange runs by: one revision of a site, its flows and its policies.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::call::leg::Name;
use crate::graph::FlowGraph;
use crate::policy::{DialTarget, Policy, TargetClass};
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

    /// Whether a number is the site's own, however it is written: an extension, a number that it answers, or one that
    /// the dial plan keeps inside and no tie line takes. A flow for all the rest (`"*"`) makes no number the site's.
    pub fn keeps_inside(&self, number: &str) -> bool {
        let site = &self.site;
        let own = |number: &str| {
            site.user_of_extension(number).is_some()
                || site.queue_of_extension(number).is_some()
                || site.numbers.exact.contains_key(number)
                || site.numbers.prefixes.keys().any(|p| !p.is_empty() && number.starts_with(p.as_ref()))
        };
        let target = self.site_policy().and_then(|p| DialTarget::parse(number, &p.dial_plan, &p.number).ok());
        let Some(target) = target else { return own(number) };
        let internal = target.class() == TargetClass::Internal && site.trunk_for(target.canonical()).is_none();
        own(number) || own(target.canonical()) || internal
    }
}
