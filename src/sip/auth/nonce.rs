//! Nonces that need no memory until they are used: each carries its age and a seal (RFC 7616 §3.3).
//! Those in use are remembered with their count, so that no credentials serve twice.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::digest::{equal_in_constant_time, hex};
use crate::base::time::{Micros, Mono};

/// How long a nonce may be used. A REGISTER refresh usually needs a new one; that costs a round trip.
pub const NONCE_LIFETIME: Micros = Micros::from_secs(300);
/// Nonces in use at one time: one a phone and five minutes.
pub const MAX_NONCES: usize = 50_000;

/// What is wrong with a nonce, or nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Fresh,
    /// Once ours: the phone need only try again with a new one.
    Stale,
    /// Never ours.
    Foreign,
}

/// Makes nonces and remembers those in use.
pub struct Nonces {
    secret: [u8; 32],
    /// By time of issue and serial, so that the oldest goes first: the highest count seen.
    used: BTreeMap<(u64, u64), u32>,
    /// Nonces issued before this are stale, because their counts may have been dropped.
    floor: u64,
}

impl Nonces {
    pub fn new(secret: [u8; 32]) -> Self {
        Self { secret, used: BTreeMap::new(), floor: 0 }
    }

    /// A new nonce. `serial` must not be guessable.
    pub fn issue(&self, now: Mono, serial: u64) -> String {
        let head = format!("{:016x}{serial:016x}", now.0);
        format!("{head}{}", self.seal(&head))
    }

    fn seal(&self, head: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.secret);
        hash.update(head.as_bytes());
        hash.update(self.secret);
        hash.finalize().get(..16).map(hex).unwrap_or_default()
    }

    fn open(&self, nonce: &str) -> Option<(u64, u64)> {
        let (head, seal) = nonce.split_at_checked(32)?;
        if !equal_in_constant_time(self.seal(head).as_bytes(), seal.as_bytes()) {
            return None;
        }
        let (issued, serial) = head.split_at_checked(16)?;
        Some((u64::from_str_radix(issued, 16).ok()?, u64::from_str_radix(serial, 16).ok()?))
    }

    /// Whether a nonce may be used now with this count. Changes nothing: only `spend` does, after the password held.
    pub fn check(&self, now: Mono, nonce: &str, count: u32) -> Verdict {
        let Some(key) = self.open(nonce) else { return Verdict::Foreign };
        let age = now.since(Mono(key.0));
        let replayed = self.used.get(&key).is_some_and(|highest| count <= *highest);
        if age > NONCE_LIFETIME || key.0 < self.floor || replayed { Verdict::Stale } else { Verdict::Fresh }
    }

    /// Marks the count as used.
    pub fn spend(&mut self, now: Mono, nonce: &str, count: u32) {
        let Some(key) = self.open(nonce) else { return };
        self.used.insert(key, count);
        while let Some((oldest, _)) = self.used.first_key_value() {
            let expired = now.since(Mono(oldest.0)) > NONCE_LIFETIME;
            if !expired && self.used.len() <= MAX_NONCES {
                break;
            }
            self.floor = self.floor.max(oldest.0.saturating_add(1));
            self.used.pop_first();
        }
    }
}
