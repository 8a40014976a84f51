//! An agent has at most one call by queues, and no queue offers one to an agent who has a call of any kind.

use std::collections::{BTreeMap, BTreeSet};

use super::{Found, Sight};
use crate::base::id::{CallId, LegId};
use crate::call::leg::Name;

const PROMISE: &str = "agents";

#[derive(Debug, Default)]
pub struct Agents {
    /// Offers that were judged when they were made.
    offered: BTreeSet<LegId>,
}

impl Agents {
    pub fn look(&mut self, sight: &Sight<'_>, found: &mut Found) {
        let parties = || sight.calls.iter().flat_map(|c| &c.parties);
        let offers = || parties().filter(|p| p.role == "agent" && p.state == "ringing");
        for offer in offers().filter(|p| !self.offered.contains(&p.leg)) {
            let busy = parties().any(|p| {
                let occupied =
                    matches!(p.state, "up" | "offered" | "answering") || p.role == "agent" && p.state == "ringing";
                p.user == offer.user && p.id.call != offer.id.call && occupied
            });
            if busy {
                found.add(PROMISE, format!("a queue offered a call to `{}`, who has one", offer.number));
            }
        }
        self.offered.extend(offers().map(|p| p.leg));
        let mut serves: BTreeMap<&Name, CallId> = BTreeMap::new();
        for party in parties().filter(|p| p.role == "agent" && p.state == "up") {
            let Some(user) = &party.user else { continue };
            let call = *serves.entry(user).or_insert(party.id.call);
            if call != party.id.call {
                found.add(PROMISE, format!("`{}` is on two calls of queues", party.number));
            }
        }
    }
}
