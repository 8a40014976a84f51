//! Nobody who waits in a queue is served after somebody who came later with the same priority or a lower one, unless
//! the agent is one that the earlier caller may not have.

use super::Found;
use crate::acd::Place;

const PROMISE: &str = "queue order";

#[derive(Debug, Default)]
pub struct QueueOrder {
    before: Vec<Place>,
}

impl QueueOrder {
    /// `places`: everybody who waits.
    pub fn look(&mut self, places: &[Place], found: &mut Found) {
        for place in places {
            let Some(agent) = &place.offered else { continue };
            let was = self.before.iter().find(|p| p.call == place.call && p.queue == place.queue);
            if was.is_some_and(|p| p.offered.as_ref() == Some(agent)) {
                continue;
            }
            // Only who waited in vain before and after this turn was passed over in it.
            let waited = |other: &&Place| {
                let same = |p: &&Place| p.call == other.call && p.queue == other.queue;
                other.offered.is_none() && self.before.iter().find(same).is_some_and(|p| p.offered.is_none())
            };
            let may_have = |other: &&Place| other.skills.is_empty() && other.except.as_ref() != Some(agent);
            let first = |other: &&Place| {
                other.queue == place.queue && (other.priority, other.since) < (place.priority, place.since)
            };
            if let Some(passed) = places.iter().filter(first).filter(waited).find(may_have) {
                let text = format!("`{}`: {} is offered `{agent}` before {}", place.queue, place.call, passed.call);
                found.add(PROMISE, text);
            }
        }
        self.before = places.to_vec();
    }
}
