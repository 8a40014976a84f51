//! A recording is begun before it is paused, paused before it is resumed, and off while its party is on hold; the
//! call's record names what was begun, in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Found, Sight};
use crate::base::id::LegId;
use crate::exchange::Recording;
use crate::sim::moment::Moment;
use crate::sim::world::Heard;

const PROMISE: &str = "recordings";

/// States of a call in which a party that hears no other party is on hold.
const HELD_IN: [&str; 3] = ["talking", "consulting", "recalling"];

#[derive(Debug, Default)]
pub struct Recordings {
    /// Legs with a recording; whether it runs.
    runs: BTreeMap<LegId, bool>,
    begun: Vec<Arc<str>>,
}

impl Recordings {
    /// Its files are begun still: a call that is taken back has them in its record.
    pub fn restarted(&mut self) {
        self.runs.clear();
    }

    pub fn see(&mut self, moment: &Moment, found: &mut Found) {
        match moment {
            Moment::Recording { leg, op } => self.turn(*leg, op, found),
            Moment::HangsUp { leg } | Moment::Ended { leg, .. } => {
                self.runs.remove(leg);
            }
            Moment::Record(record) => {
                let of = format!("{}-", record.call_id);
                let begun: Vec<Arc<str>> = self.begun.extract_if(.., |name| name.starts_with(&of)).collect();
                if begun != record.recordings {
                    found.add(PROMISE, format!("{} has not the recordings that were begun", record.call_id));
                }
            }
            _ => {}
        }
    }

    fn turn(&mut self, leg: LegId, op: &Recording, found: &mut Found) {
        let before = self.runs.get(&leg).copied();
        let (after, right) = match op {
            Recording::Start { name } => {
                self.begun.push(name.clone());
                (Some(true), true)
            }
            Recording::Pause => (Some(false), before == Some(true)),
            Recording::Resume => (Some(true), before == Some(false)),
            Recording::Stop => (None, before.is_some()),
        };
        if !right {
            found.add(PROMISE, format!("{op:?} of leg {}, whose recording was {before:?}", leg.0));
        }
        match after {
            Some(runs) => drop(self.runs.insert(leg, runs)),
            None => drop(self.runs.remove(&leg)),
        }
    }

    pub fn look(&self, sight: &Sight<'_>, found: &mut Found) {
        for line in sight.lines.iter().filter(|line| self.runs.get(&line.leg) == Some(&true)) {
            let call = sight.calls.iter().find(|call| call.parties.iter().any(|p| p.leg == line.leg));
            let state = call.map_or("over", |call| call.state);
            if HELD_IN.contains(&state) && matches!(line.heard, Heard::Audio(_)) {
                found.add(PROMISE, format!("leg {} is on hold in a call that is {state}, and is recorded", line.leg.0));
            }
        }
    }
}
