//! The exchange's process dies and is begun anew: what the world keeps over it, and what is lost.

use std::collections::{BTreeMap, BTreeSet};

use super::moment::Moment;
use super::world::{Event, Heard, World};
use crate::base::id::{CallId, LegId};
use crate::base::time::Micros;
use crate::call::leg::{ContactId, Name};
use crate::exchange::journal::Journal;
use crate::exchange::kept::Kept;
use crate::exchange::{Exchange, Input};

/// A phone that is not heard of registers anew after this time, each a little later than the one before.
const REGISTERS_AFTER: Micros = Micros::from_secs(2);

/// The lives of an exchange, one after the other.
#[derive(Debug, Default)]
pub struct Lives {
    pub(super) seed: u64,
    pub(super) restarts: u32,
    /// What the phones believe.
    pub(super) registered: BTreeMap<Name, Vec<u64>>,
    /// Calls that were admitted in former lives.
    pub(super) calls: u64,
    /// Calls that were in progress when a life ended: no record is owed for them by the exchange that forgot them.
    pub lost: BTreeSet<CallId>,
    /// Calls that former lives ended for a fault.
    pub(super) faults: u64,
    /// Journals of all calls that are over.
    pub journals: Vec<Journal>,
    /// What is kept of live calls.
    pub kept: BTreeMap<CallId, Box<[u8]>>,
}

impl World {
    /// The process dies, with all calls in it, and is begun anew at once with the newest site.
    ///
    /// The far ends of its legs notice sooner or later; whatever they say about it is of dialogs that the new process
    /// does not know, so that its exchange hears nothing of them. Phones register again after a while.
    pub fn restart(&mut self) {
        self.note(Moment::Restarted);
        self.lives.lost.extend(self.exchange.calls().iter().map(|call| call.id));
        self.lives.kept.clear();
        let _ = self.begin_anew(false);
        self.legs.clear();
        self.watch();
    }

    /// The process dies and is begun anew, and takes its calls back by what was kept of them. Of the legs that are up
    /// those stay whose far ends do; all others are gone. Of the phones it knows some, and the others register again.
    pub fn crash(&mut self, stays: impl Fn(LegId) -> bool) {
        self.note(Moment::Crashed);
        let kept = std::mem::take(&mut self.lives.kept);
        let count = kept.len();
        let mut inputs = self.begin_anew(true);
        let kept: Vec<Kept> = kept.values().filter_map(|bytes| Kept::read(bytes)).collect();
        // A leg whose answer the exchange had not heard of is in no dialog of the next process.
        let known: BTreeSet<LegId> = kept.iter().flat_map(Kept::legs).collect();
        self.legs.retain(|leg, entry| entry.up && known.contains(leg) && stays(*leg));
        for entry in self.legs.values_mut() {
            (entry.heard, entry.playing) = (Heard::Nothing, None);
        }
        if kept.len() < count {
            self.breach("kept", "what was kept of a call cannot be read");
        }
        let recovered = |kept: Kept| {
            let up = kept.legs().into_iter().filter(|leg| self.legs.contains_key(leg)).collect();
            (Box::new(kept), up)
        };
        inputs.push(Input::Recovered(kept.into_iter().map(recovered).collect()));
        self.give_all(inputs);
    }

    /// The newest site, no calls. Phones register again after a while, except, if registrations are kept, every second
    /// user's: those are told at once. The others had theirs on a connection, say, which is not kept.
    fn begin_anew(&mut self, keeps_registrations: bool) -> Vec<Input> {
        let counters = self.exchange.counters();
        self.lives.calls += counters.calls;
        self.lives.faults += counters.faults;
        self.lives.restarts += 1;
        // Ids of another life are others: the shell seeds each with its own chance.
        let seed = self.lives.seed ^ u64::from(self.lives.restarts).wrapping_mul(0xa076_1d64_78bd_642f);
        let plan = self.exchange.plan().clone();
        self.exchange = Exchange::new(plan, seed, self.now);
        self.exchange.record_trace();
        self.leaving.clear();
        self.clear_due();
        self.services.forget_all();
        self.promises.restarted();
        let (mut after, mut known) = (Micros(0), Vec::new());
        for (at, (user, devices)) in self.lives.registered.clone().into_iter().enumerate() {
            let contacts = devices.into_iter().map(ContactId).collect();
            let registered = Input::Registered { user, contacts };
            if keeps_registrations && at.is_multiple_of(2) {
                known.push(registered);
            } else {
                after = Micros(after.0 + REGISTERS_AFTER.0);
                self.later(after, Event::Input(registered));
            }
        }
        known
    }

    /// How often the exchange was begun anew, and what was lost by it.
    pub fn lives(&self) -> &Lives {
        &self.lives
    }
}
