//! The one door by which a call learns what is outside it: while it is live each value is noted for its journal, while
//! it is replayed the noted value is given instead.
//!
//! What a call decides depends on what happens to it ([`super::happened`]), on the time of the turn, and on what comes
//! through here: new ids, chance, reachable devices, queues and agents, permits. Nothing else of [`Shared`] is read by
//! a session.

use std::cell::Cell;
use std::fmt;

use super::digest;
use super::happened::Happened;
use super::journal::Notes;
use super::port::Output;
use super::session::Session;
use super::shared::Shared;
use super::tape::{Last, Tape, Wire, kinds};
use crate::acd::{AgentState, Join, JoinError};
use crate::base::id::CallId;
use crate::base::time::Micros;
use crate::call::leg::ContactId;

/// What becomes of what is seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Mode {
    /// No call has a turn, or its journal is full.
    #[default]
    Passing,
    Noting,
    Giving,
}

/// Sees what the call at work sees.
#[derive(Default)]
pub struct Witness {
    mode: Mode,
    /// In a cell, because who only looks has no more than `&Shared`.
    tape: Cell<Tape>,
    /// Outputs of the turn begin here.
    from: usize,
    /// Turns of all calls so far.
    turns: u64,
    /// Keys typed ahead that became part of a secret in this turn, and the key that ends it.
    hides: Option<(usize, Option<char>)>,
    /// Every call that has a turn is one of the past.
    replays: bool,
}

/// What an agent does, as far as a call is concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    Free,
    Busy,
    WrapUp,
}

kinds!(Standing: Standing::Free, Standing::Busy, Standing::WrapUp);

/// What a turn of the past put out, for comparison.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Put {
    pub kinds: Vec<u8>,
    pub digest: u32,
    /// The turn asked for something that it had not asked for, or left something unasked.
    pub saw_else: bool,
}

/// Without the tape, which only its owner may take out.
impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness").field("mode", &self.mode).field("turns", &self.turns).finish_non_exhaustive()
    }
}

impl Witness {
    fn see<T: Wire>(&self, live: T) -> T {
        if self.mode == Mode::Passing {
            return live;
        }
        self.with(|tape| match self.mode {
            Mode::Giving => T::take(tape).unwrap_or_else(|| {
                tape.torn = true;
                live
            }),
            _ => {
                live.put(tape);
                live
            }
        })
    }

    fn with<R>(&self, act: impl FnOnce(&mut Tape) -> R) -> R {
        let mut tape = self.tape.take();
        let result = act(&mut tape);
        self.tape.set(tape);
        result
    }
}

impl Shared {
    /// A value from outside the call: as it is, or as it was.
    pub fn see<T: Wire>(&self, live: T) -> T {
        self.noted.witness.see(live)
    }

    /// Devices of a user.
    pub fn contacts_of(&self, user: &str) -> Vec<ContactId> {
        self.see(self.reachable.get(user).cloned().unwrap_or_default())
    }

    pub fn standing_of(&self, agent: &str) -> Standing {
        self.see(match self.queues.agent(agent).map(|a| a.state) {
            Some(AgentState::Offered { .. } | AgentState::Busy) => Standing::Busy,
            Some(AgentState::WrapUp { .. }) => Standing::WrapUp,
            Some(AgentState::Idle { .. }) | None => Standing::Free,
        })
    }

    /// Calls that a user is a party of.
    pub fn calls_of(&self, user: &str) -> u32 {
        self.see(self.queues.agent(user).map_or(0, |agent| agent.calls))
    }

    pub fn join_queue(&mut self, join: Join) -> Result<(), JoinError> {
        let joined = self.queues.join(join, self.now.mono);
        self.see(joined)
    }

    /// How long it waited, if it waited.
    pub fn leave_queue(&mut self, call: CallId) -> Option<Micros> {
        let waited = self.queues.leave(call, self.now.mono);
        self.see(waited)
    }

    /// How long a call has waited by now, if it waits.
    pub fn waited_of(&self, call: CallId) -> Option<Micros> {
        self.see(self.queues.waited(call, self.now.mono))
    }

    pub fn offer_answered(&mut self, call: CallId, agent: &str) -> Option<Micros> {
        let waited = self.queues.offer_answered(call, agent, self.now.mono);
        self.see(waited)
    }

    /// Permits that a user holds.
    pub fn permits_of(&self, subject: &str) -> u32 {
        self.see(self.permits.store.held(subject))
    }

    /// Keys that were typed ahead are those of a secret: they are not told.
    pub fn hide_typed(&mut self, count: usize, end: Option<char>) {
        self.noted.witness.hides.get_or_insert((count, end));
    }

    /// A call's turn begins.
    pub(super) fn begin_turn(&mut self, notes: &Notes, what: &Happened, hides_key: bool) {
        let witness = &mut self.noted.witness;
        witness.from = self.out.len();
        witness.hides = None;
        if witness.replays {
            return;
        }
        witness.turns = witness.turns.saturating_add(1);
        if notes.is_full() {
            return;
        }
        witness.mode = Mode::Noting;
        let last = Last { mono: self.now.mono.0, ..notes.last };
        witness.with(|tape| {
            tape.bytes.clear();
            tape.last = last;
            tape.key_at = None;
            what.put(tape);
            if hides_key && let Some(key) = tape.key_at.take().and_then(|at| tape.bytes.get_mut(at)) {
                *key = super::wire::HIDDEN_KEY;
            }
        });
    }

    /// It is over: what it saw and put out is noted.
    pub(super) fn end_turn(&mut self, notes: &mut Notes) {
        let witness = &mut self.noted.witness;
        if std::mem::take(&mut witness.mode) != Mode::Noting {
            return;
        }
        let put = put_out(self.out.get(witness.from..).unwrap_or_default());
        let (turn, now, hides) = (witness.turns, self.now, witness.hides.take());
        witness.with(|tape| notes.add(turn, now, tape, &put, hides));
    }

    /// From now on every turn is one of the past: see [`Shared::give`].
    pub(super) fn replay(&mut self) {
        self.noted.witness.replays = true;
    }

    pub(super) fn replays(&self) -> bool {
        self.noted.witness.replays
    }

    /// Has the call kept, if it is not as it was.
    pub(super) fn keep(&mut self, session: &mut Session) {
        if !self.noted.witness.replays
            && let Some(live) = session.keep_anew(self)
        {
            self.out.push(Output::Live(Box::new(live)));
        }
    }

    /// What a turn of the past saw.
    pub(super) fn give(&mut self, tape: Tape) {
        self.noted.witness.mode = Mode::Giving;
        self.noted.witness.from = self.out.len();
        self.noted.witness.tape.set(tape);
    }

    /// What came of it now; the tape's last ids are for the next turn of the same call.
    pub(super) fn given(&mut self) -> (Put, Last) {
        let witness = &mut self.noted.witness;
        witness.mode = Mode::Passing;
        let tape = witness.tape.take();
        let put = put_out(self.out.get(witness.from..).unwrap_or_default());
        (Put { saw_else: tape.torn || tape.left() > 0, ..put }, tape.last)
    }
}

fn put_out(outputs: &[Output]) -> Put {
    Put { kinds: outputs.iter().map(digest::kind).collect(), digest: digest::of(outputs), saw_else: false }
}

/// The serial number of a timer.
pub(super) struct Serial(pub u64);

impl Wire for Serial {
    fn put(&self, tape: &mut Tape) {
        tape.near(self.0, tape.last.timer);
        tape.last.timer = self.0;
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        tape.last.timer = tape.next_near(tape.last.timer)?;
        Some(Serial(tape.last.timer))
    }
}
