//! What the site bounds, counted by others than those who keep to it: callers in a queue, and a user's legs outside.

use std::collections::BTreeMap;

use super::{Found, Sight};
use crate::acd::Place;
use crate::base::id::LegId;
use crate::base::limits;
use crate::call::leg::Name;
use crate::exchange::Plan;
use crate::sim::moment::Moment;

const PROMISE: &str = "bounds";

#[derive(Debug, Default)]
pub struct Bounds {
    /// For whom a leg outside was allowed, by decision: a user, a flow, a trunk.
    allowed: BTreeMap<String, Name>,
    /// Legs outside, and for whom.
    outside: BTreeMap<LegId, Name>,
}

impl Bounds {
    pub fn see(&mut self, moment: &Moment) {
        match moment {
            // An emergency call needs no permit.
            Moment::Decided { record } if record.verdict == "allow" && record.request.kind != "emergency" => {
                self.allowed.insert(record.decision_id.clone(), Name::from(record.subject.as_str()));
            }
            Moment::Placed { leg, outside: Some(outside), .. } => {
                let of = self.allowed.remove(&outside.decision);
                self.outside.extend(of.map(|of| (*leg, of)));
            }
            _ => {}
        }
    }

    /// `places`: everybody who waits.
    pub fn look(&mut self, sight: &Sight<'_>, places: &[Place], plan: &Plan, found: &mut Found) {
        let mut waiting: BTreeMap<&str, u64> = BTreeMap::new();
        for place in places {
            *waiting.entry(&place.queue).or_default() += 1;
            if !sight.calls.iter().any(|call| call.id == place.call && call.state != "ending") {
                found.add(PROMISE, format!("a call that is over has a place in `{}`", place.queue));
            }
        }
        for (queue, n) in waiting {
            // One that a reload took away serves nobody any more.
            if let Some(most) = plan.site.queues.get(queue).map(|q| u64::from(q.max_waiting)).filter(|most| n > *most) {
                found.add(PROMISE, format!("{n} wait in `{queue}`, which has room for {most}"));
            }
        }
        self.outside.retain(|leg, _| sight.lines.iter().any(|line| line.leg == *leg));
        let mut legs: BTreeMap<&Name, u32> = BTreeMap::new();
        for user in self.outside.values().filter(|of| plan.site.users.contains_key(*of)) {
            *legs.entry(user).or_default() += 1;
        }
        for (user, n) in legs {
            let own = plan.site.users.get(user).and_then(|u| u.max_simultaneous);
            let most = own.unwrap_or(limits::MAX_SIMULTANEOUS);
            if n > most {
                found.add(PROMISE, format!("`{user}` has {n} legs outside, and may have {most}"));
            }
        }
    }
}
