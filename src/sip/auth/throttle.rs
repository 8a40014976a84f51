//! Bounds on guessing and on making us speak: failures per user and source, challenges per source.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::base::time::{Micros, Mono};

/// Wrong answers one source may give for one user before it gets none.
pub const MAX_FAILURES: u32 = 5;
/// Wrong answers one source may give for all users together: an office behind one address has many phones.
pub const MAX_SOURCE_FAILURES: u32 = 50;
/// How long failures count.
pub const FAILURE_WINDOW: Micros = Micros::from_secs(60);
/// Challenges one source may cause a second, and how many it may save up: an office of some hundred phones
/// behind one address comes back at once after a power cut.
pub const CHALLENGES_PER_SECOND: u64 = 100;
pub const CHALLENGE_BURST: u64 = 400;
/// Sources and users remembered. The oldest go first: an attacker with this many addresses is one for a firewall.
pub const MAX_ENTRIES: usize = 8_192;

#[derive(Clone, Copy)]
struct Window {
    since: Mono,
    count: u32,
}

/// Who failed, and how often, of late.
#[derive(Default)]
pub struct Throttle {
    failures: BTreeMap<(IpAddr, u64), Window>,
    buckets: BTreeMap<IpAddr, (Mono, u64)>,
}

/// The key of all users of a source together; a user's hash is never zero but by a chance of 2^-64.
const ALL_USERS: u64 = 0;

impl Throttle {
    /// Whether this source may try this user now.
    pub fn permits(&self, now: Mono, source: IpAddr, user: u64) -> bool {
        let below =
            |key, bound| self.failures.get(&key).is_none_or(|w| now.since(w.since) > FAILURE_WINDOW || w.count < bound);
        below((source, user), MAX_FAILURES) && below((source, ALL_USERS), MAX_SOURCE_FAILURES)
    }

    /// Notes a wrong answer.
    pub fn failed(&mut self, now: Mono, source: IpAddr, user: u64) {
        for key in [(source, user), (source, ALL_USERS)] {
            let window = self.failures.entry(key).or_insert(Window { since: now, count: 0 });
            if now.since(window.since) > FAILURE_WINDOW {
                *window = Window { since: now, count: 0 };
            }
            window.count = window.count.saturating_add(1);
        }
        if self.failures.len() > MAX_ENTRIES {
            self.failures.retain(|_, window| now.since(window.since) <= FAILURE_WINDOW);
            while self.failures.len() > MAX_ENTRIES {
                self.failures.pop_first();
            }
        }
    }

    /// A right answer forgives the user's failures from there.
    pub fn succeeded(&mut self, source: IpAddr, user: u64) {
        self.failures.remove(&(source, user));
    }

    /// Takes one challenge from the source's credit; false if there is none left.
    pub fn may_challenge(&mut self, now: Mono, source: IpAddr) -> bool {
        if self.buckets.len() >= MAX_ENTRIES && !self.buckets.contains_key(&source) {
            // Full buckets say nothing; they are the ones to forget.
            self.buckets.retain(|_, (at, credit)| refill(now, *at, *credit) < CHALLENGE_BURST);
            if self.buckets.len() >= MAX_ENTRIES {
                return false;
            }
        }
        let (at, credit) = self.buckets.entry(source).or_insert((now, CHALLENGE_BURST));
        let available = refill(now, *at, *credit);
        if available == 0 {
            return false;
        }
        // The clock moves only when something was credited, so that parts of a challenge add up.
        if available != *credit || available == CHALLENGE_BURST {
            *at = now;
        }
        *credit = available - 1;
        true
    }
}

fn refill(now: Mono, at: Mono, credit: u64) -> u64 {
    let earned = now.since(at).0.saturating_mul(CHALLENGES_PER_SECOND) / Micros::from_secs(1).0;
    credit.saturating_add(earned).min(CHALLENGE_BURST)
}
