//! What the driver counts, as values; `api` prints them for Prometheus.

use crate::call::leg::Name;
use crate::exchange::Counters;
use crate::sip::core::Held;

/// Upper bounds of the turn-time buckets, in microseconds. The bound promised is 1 ms at p99.9.
pub const TURN_BUCKETS_US: [u64; 8] = [10, 25, 50, 100, 250, 500, 1_000, 10_000];

/// How long turns of the exchange took.
#[derive(Clone, Copy, Debug, Default)]
pub struct TurnTimes {
    /// Turns up to each bound of [`TURN_BUCKETS_US`], and over the last one.
    pub counts: [u64; 9],
    pub sum_us: u64,
}

impl TurnTimes {
    pub fn add(&mut self, took_us: u64) {
        let at = TURN_BUCKETS_US.iter().position(|bound| took_us <= *bound).unwrap_or(TURN_BUCKETS_US.len());
        if let Some(count) = self.counts.get_mut(at) {
            *count = count.saturating_add(1);
        }
        self.sum_us = self.sum_us.saturating_add(took_us);
    }
}

/// Everything at one instant.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub counters: Counters,
    pub live_calls: usize,
    pub live_legs: usize,
    pub held_permits: usize,
    pub rtp_ports: usize,
    pub registered_users: usize,
    pub waiting: Vec<(Name, usize)>,
    pub turns: TurnTimes,
    pub sip_held: Held,
    pub sip: crate::sip::core::Counters,
    pub plan_revision: u64,
    pub draining: bool,
}
