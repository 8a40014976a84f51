//! The timers of RFC 3261 table 4, and the queue they wait in.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use crate::base::time::{Micros, Mono};

/// Round-trip estimate (RFC 3261 §17.1.1.1).
pub const T1: Micros = Micros::from_ms(500);
/// Longest interval between retransmissions of a non-INVITE request or of a response (§17.1.2.2).
pub const T2: Micros = Micros::from_secs(4);
/// How long a message stays in the network (§17.1.2.2).
pub const T4: Micros = Micros::from_secs(5);
/// 64*T1: every transaction's patience (§17.1.1.2).
pub const PATIENCE: Micros = Micros::from_ms(64 * 500);
/// Least time a client waits in Completed on UDP (§17.1.1.2).
pub const TIMER_D: Micros = Micros::from_secs(32);

/// A transaction's timer by its letter in the RFC. C belongs to proxies; F of a CANCEL is F.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// INVITE request again, UDP only (§17.1.1.2).
    A,
    /// INVITE gave no response (§17.1.1.2).
    B,
    /// Response retransmissions to an INVITE client are over (§17.1.1.2).
    D,
    /// Non-INVITE request again, UDP only (§17.1.2.2).
    E,
    /// Non-INVITE gave no final response (§17.1.2.2).
    F,
    /// INVITE's final response again (§17.2.1).
    G,
    /// No ACK came (§17.2.1).
    H,
    /// ACK retransmissions are over (§17.2.1).
    I,
    /// Request retransmissions to a non-INVITE server are over (§17.2.2).
    J,
    /// Response retransmissions to a non-INVITE client are over (§17.1.2.2).
    K,
    /// 2xx sent, INVITE retransmissions are over (RFC 6026 §7.1).
    L,
    /// 2xx received, further 2xx of forks are over (RFC 6026 §7.2).
    M,
}

/// Doubles an interval up to T2.
pub fn backed_off(interval: Micros) -> Micros {
    Micros(interval.0.saturating_mul(2).min(T2.0))
}

/// Deadlines in order; equal ones in the order they were set. Entries are never taken out early: who
/// set one carries a serial, and a late entry that no longer fits is dropped when it comes up.
pub struct TimerQueue<K: Ord> {
    heap: BinaryHeap<Reverse<(Mono, u64, K)>>,
    set: u64,
}

impl<K: Ord> Default for TimerQueue<K> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), set: 0 }
    }
}

impl<K: Ord> TimerQueue<K> {
    pub fn set(&mut self, at: Mono, key: K) {
        self.set += 1;
        self.heap.push(Reverse((at, self.set, key)));
    }

    pub fn next_deadline(&self) -> Option<Mono> {
        self.heap.peek().map(|Reverse((at, _, _))| *at)
    }

    /// The earliest entry, if it is due.
    pub fn pop_due(&mut self, now: Mono) -> Option<K> {
        if self.next_deadline()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, _, key))| key)
    }

    pub fn len(&self) -> usize {
        self.heap.len()
    }

    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

/// One deadline for each owner, taken out when the owner goes. For the few that lie far off: in a [`TimerQueue`] each
/// call of half a minute would leave an entry for half an hour.
pub struct Alarms<K> {
    due: BTreeMap<K, Mono>,
    order: BTreeSet<(Mono, K)>,
}

impl<K> Default for Alarms<K> {
    fn default() -> Self {
        Self { due: BTreeMap::new(), order: BTreeSet::new() }
    }
}

impl<K: Ord + Copy> Alarms<K> {
    /// Sets the owner's deadline in the place of the one that it had.
    pub fn set(&mut self, at: Mono, owner: K) {
        self.clear(owner);
        self.due.insert(owner, at);
        self.order.insert((at, owner));
    }

    pub fn clear(&mut self, owner: K) {
        if let Some(at) = self.due.remove(&owner) {
            self.order.remove(&(at, owner));
        }
    }

    pub fn next_deadline(&self) -> Option<Mono> {
        self.order.first().map(|(at, _)| *at)
    }

    /// The owner of the earliest deadline, if it is due.
    pub fn pop_due(&mut self, now: Mono) -> Option<K> {
        let (_, owner) = self.order.first().copied().filter(|(at, _)| *at <= now)?;
        self.clear(owner);
        Some(owner)
    }

    pub fn len(&self) -> usize {
        self.due.len()
    }

    pub fn is_empty(&self) -> bool {
        self.due.is_empty()
    }
}
