//! What lies between the exchange and the far ends: delay, loss that is made good by sending again, loss that is not,
//! facts told twice, messages that cross. Chance is a function of the seed, the leg and how much the leg was sent, so
//! that a message keeps its fate when others are taken out of a run.

use std::collections::BTreeMap;

use super::world::LATENCY;
use crate::base::id::{IdGen, LegId};
use crate::base::time::Micros;

/// A message that is lost is sent again after this time, then after twice as long, and so on (RFC 3261 T1).
const T1: Micros = Micros::from_ms(500);
/// Times that a message is sent again before it is given up.
const MOST_SENDS: u32 = 6;
/// A transaction without any answer is over after this time (RFC 3261 timers B and F, 64 T1).
pub const GIVEN_UP: Micros = Micros::from_secs(32);

/// How bad a network is. What a far end does by its own will is no matter of the network: see `FarEnd`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Conditions {
    /// At most this much later than on a calm network, in milliseconds: legs overtake each other, a leg never itself.
    pub jitter_ms: u32,
    /// Of a hundred messages, those that have to be sent again; each time anew.
    pub lost_percent: u8,
    /// Of a hundred facts about a leg, those that are told twice.
    pub twice_percent: u8,
    /// Of a hundred attempts that we give up, those whose far end answers before it hears of it.
    pub crossing_percent: u8,
    /// At most this much later the disk has what it is given, in milliseconds.
    pub disk_ms: u32,
}

impl Conditions {
    pub const CALM: Conditions =
        Conditions { jitter_ms: 0, lost_percent: 0, twice_percent: 0, crossing_percent: 0, disk_ms: 0 };
    /// A good line abroad.
    pub const FAR: Conditions =
        Conditions { jitter_ms: 150, lost_percent: 1, twice_percent: 5, crossing_percent: 5, disk_ms: 20 };
    /// A wireless network at its limit, and a disk at its own.
    pub const BAD: Conditions =
        Conditions { jitter_ms: 1_500, lost_percent: 20, twice_percent: 30, crossing_percent: 40, disk_ms: 800 };
    /// Hardly a network: every second message is lost, so that some are never delivered.
    pub const WORST: Conditions =
        Conditions { jitter_ms: 3_000, lost_percent: 50, twice_percent: 50, crossing_percent: 60, disk_ms: 3_000 };
}

/// What chance decides about one message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Later than on a calm network by so much.
    Late(Micros),
    /// Never; who sent it gives up.
    Lost,
}

/// The network of a world; calm until it is told otherwise.
#[derive(Debug)]
pub struct Network {
    pub conditions: Conditions,
    seed: u64,
    /// Messages sent, by leg; what belongs to no leg counts under the last.
    sent: BTreeMap<LegId, u64>,
}

/// What belongs to no leg.
const NO_LEG: LegId = LegId(u64::MAX);

impl Network {
    pub fn new(seed: u64) -> Self {
        Self { conditions: Conditions::CALM, seed, sent: BTreeMap::new() }
    }

    fn dice(&mut self, leg: LegId) -> IdGen {
        let nth = self.sent.entry(leg).or_default();
        *nth = nth.wrapping_add(1);
        let leg = leg.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        IdGen::new(self.seed ^ leg.rotate_left(17) ^ nth.wrapping_mul(0xd6e8_feb8_6659_fd93))
    }

    fn chance(&mut self, leg: LegId, percent: u8) -> bool {
        percent > 0 && self.dice(leg).next_u64() % 100 < u64::from(percent)
    }

    /// What becomes of the next message about this leg.
    pub fn fate(&mut self, leg: LegId) -> Fate {
        let Conditions { jitter_ms, lost_percent, .. } = self.conditions;
        if self.conditions == Conditions::CALM {
            return Fate::Late(Micros(0));
        }
        let mut dice = self.dice(leg);
        let mut late = Micros::from_ms(dice.next_u64() % (u64::from(jitter_ms) + 1));
        let mut again = T1;
        for _ in 0..MOST_SENDS {
            if dice.next_u64() % 100 >= u64::from(lost_percent) {
                return Fate::Late(late);
            }
            late = Micros(late.0 + again.0);
            again = Micros(again.0 * 2);
        }
        Fate::Lost
    }

    /// How much later than on a calm network something is that comes in any case: a transaction's end.
    pub fn late(&mut self, leg: LegId) -> Micros {
        match self.fate(leg) {
            Fate::Late(late) => late,
            Fate::Lost => GIVEN_UP,
        }
    }

    /// Whether a fact about a leg is told a second time, and after how long.
    pub fn twice(&mut self, leg: LegId) -> Option<Micros> {
        let again = self.chance(leg, self.conditions.twice_percent);
        again.then(|| self.late(leg))
    }

    /// Whether the far end of an attempt answers although we have just given it up.
    pub fn crosses(&mut self, leg: LegId) -> bool {
        self.chance(leg, self.conditions.crossing_percent)
    }

    /// How long the disk takes.
    pub fn disk(&mut self) -> Micros {
        let most = u64::from(self.conditions.disk_ms);
        let more = if most == 0 { 0 } else { self.dice(NO_LEG).next_u64() % (most + 1) };
        Micros(LATENCY.0 + Micros::from_ms(more).0)
    }
}
