//! What an exchange runs by: one revision of a site, its flows and its policies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use crate::base::fnv::Fnv;
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
    /// What it says, as numbers; made when first asked for.
    pub digested: OnceLock<(Digested, u64)>,
}

/// A plan as numbers: which part of it is another now.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Digested {
    /// The site's file, its tables and the names and lengths of its prompts.
    pub site: u64,
    pub flows: BTreeMap<Name, u64>,
    pub policies: BTreeMap<Name, u64>,
}

impl Digested {
    /// All of it as one number. The count of revisions is not in it: the same site read again is the same.
    pub fn sum(&self) -> u64 {
        let mut sum = Fnv::new().and(&self.site.to_le_bytes());
        for (name, digest) in self.flows.iter().chain(&self.policies) {
            sum = sum.and(name.as_bytes()).and(&digest.to_le_bytes());
        }
        sum.value()
    }

    /// The parts that are not as they were, in words.
    pub fn changed_since(&self, before: &Digested) -> Vec<String> {
        let mut changed = Vec::new();
        if self.site != before.site {
            changed.push("the site file, its tables or its prompts".to_owned());
        }
        for (kind, now, then) in [("flow", &self.flows, &before.flows), ("policy", &self.policies, &before.policies)] {
            let names: BTreeSet<&Name> = now.keys().chain(then.keys()).collect();
            let other = names.into_iter().filter(|name| now.get(*name) != then.get(*name));
            changed.extend(other.map(|name| format!("{kind} `{name}`")));
        }
        changed
    }
}

impl Plan {
    pub fn digested(&self) -> &Digested {
        &self.digests().0
    }

    pub fn digest(&self) -> u64 {
        self.digests().1
    }

    fn digests(&self) -> &(Digested, u64) {
        self.digested.get_or_init(|| {
            let of_policy = |policy: &Policy| Fnv::new().and(policy.revision().as_bytes()).value();
            let digested = Digested {
                site: Fnv::new().and(format!("{:?}", self.site).as_bytes()).value(),
                flows: self.flows.iter().map(|(name, graph)| (name.clone(), graph.revision)).collect(),
                policies: self.policies.iter().map(|(name, policy)| (name.clone(), of_policy(policy))).collect(),
            };
            let sum = digested.sum();
            (digested, sum)
        })
    }

    /// The policy that guards what phones and the API do.
    pub fn site_policy(&self) -> Option<&Arc<Policy>> {
        self.policies.get(self.site.policy.as_ref()?)
    }

    /// What phones and the API do is guarded by.
    pub fn site_guards(&self) -> Arc<[Name]> {
        self.site.policy.iter().cloned().collect()
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
