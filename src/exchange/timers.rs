//! Timers of all calls, in the order they fall due. A cancelled or fired timer's id never fires.

use std::collections::BTreeMap;

use crate::base::id::CallId;
use crate::base::time::Mono;

/// One timer. Unique for the life of the exchange.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimerId {
    pub(super) due: Mono,
    pub(super) serial: u64,
}

#[derive(Debug, Default)]
pub struct Timers {
    queue: BTreeMap<TimerId, CallId>,
    serial: u64,
}

impl Timers {
    /// For the next timer.
    pub fn new_serial(&mut self) -> u64 {
        self.serial = self.serial.wrapping_add(1);
        self.serial
    }

    pub fn set(&mut self, call: CallId, timer: TimerId) -> TimerId {
        self.queue.insert(timer, call);
        timer
    }

    pub fn cancel(&mut self, id: TimerId) {
        self.queue.remove(&id);
    }

    /// The next timer that is due, taken out.
    pub fn pop_due(&mut self, now: Mono) -> Option<(TimerId, CallId)> {
        let entry = self.queue.first_entry()?;
        if entry.key().due > now {
            return None;
        }
        Some(entry.remove_entry())
    }

    pub fn next_deadline(&self) -> Option<Mono> {
        self.queue.keys().next().map(|id| id.due)
    }

    pub fn len(&self) -> usize {
        self.queue.len()
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Timers of one call, for the check that none outlives it.
    pub fn of_call(&self, call: CallId) -> usize {
        self.queue.values().filter(|c| **c == call).count()
    }
}
