//! The journal of one call: what happened to it and what it saw, turn by turn, in as few bytes as that takes. Out of it
//! the call can be run again, exactly.
//!
//! A journal is a head (the version of this form, the call, the digest of its plan, the time of the beginning), its
//! turns, and a checksum. A turn is the time since the one before it; what happened and what was seen; the kinds of what
//! was put out; and a digest of that. Keys of a secret are not in it, nor any value that is one.

use super::happened::Happened;
use super::observe::Put;
use super::plan::Plan;
use super::tape::{Last, Tape, Wire};
use super::wire::HIDDEN_KEY;
use crate::base::fnv::Fnv;
use crate::base::id::CallId;
use crate::base::time::{Mono, Now, Wall};

/// The form that this build writes and reads. What a number in it means is never changed.
pub const VERSION: u8 = 2;
/// One call's journal at most. An ordinary call has about 20 bytes a turn and 30 turns; a flow that plays for a day
/// stays below. Of a call with more, the journal ends there and says so.
pub const MAX_JOURNAL_BYTES: usize = 256 * 1024;
/// Keys whose places are remembered: as many as can be typed ahead.
const MAX_OPEN_KEYS: usize = 32;

/// What is noted of a live call.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    bytes: Vec<u8>,
    /// What its newest ids were.
    pub(super) last: Last,
    first: Option<(u64, Now)>,
    turn: u64,
    now: Now,
    /// Where the newest keys stand.
    keys: Vec<usize>,
    full: bool,
    /// The shape of the call when it was kept last.
    pub(super) kept: u64,
}

/// The journal of a call that is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Journal {
    pub call: CallId,
    /// The call that it began with, through all transfers.
    pub root: CallId,
    pub plan_digest: u64,
    pub bytes: Box<[u8]>,
}

/// Why a journal cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unreadable {
    /// It is of another form.
    Version(u8),
    /// Something has changed it.
    Damaged,
}

/// A journal, read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read {
    pub call: CallId,
    pub root: CallId,
    pub plan_revision: u64,
    pub plan_digest: u64,
    pub began: Now,
    /// The call had more turns than its journal holds.
    pub is_cut: bool,
    pub turns: Vec<Turn>,
}

/// One turn of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turn {
    /// Its place among all turns of the exchange.
    pub serial: u64,
    pub now: Now,
    /// What happened, and what was seen.
    pub(super) seen: Vec<u8>,
    pub kinds: Vec<u8>,
    pub digest: u32,
}

impl Notes {
    /// Nothing more is noted.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// One more turn.
    pub(super) fn add(&mut self, turn: u64, now: Now, tape: &Tape, put: &Put, hides: Option<(usize, Option<char>)>) {
        let mut head = Tape::reading(std::mem::take(&mut self.bytes), Last::default());
        let (before, since) = if self.first.is_some() { (self.turn, self.now) } else { (turn, now) };
        self.first.get_or_insert((turn, now));
        head.number(turn.saturating_sub(before));
        head.number(now.mono.since(since.mono).0);
        head.signed(now.wall.0.saturating_sub(expected(since, now.mono).0));
        tape.bytes.len().put(&mut head);
        let at = head.bytes.len();
        head.bytes.extend_from_slice(&tape.bytes);
        put.kinds.len().put(&mut head);
        head.bytes.extend_from_slice(&put.kinds);
        head.bytes.extend_from_slice(&put.digest.to_le_bytes());
        self.bytes = head.bytes;
        (self.turn, self.now) = (turn, now);
        self.last = tape.last;
        if let Some(key) = tape.key_at {
            self.keys.push(at.saturating_add(key));
            if self.keys.len() > MAX_OPEN_KEYS {
                self.keys.remove(0);
            }
        }
        if let Some((count, end)) = hides {
            self.hide(count, end);
        }
        self.full = self.bytes.len() > MAX_JOURNAL_BYTES;
    }

    /// The newest keys are part of a secret. The key that ends it is not.
    fn hide(&mut self, count: usize, end: Option<char>) {
        for at in self.keys.iter().rev().take(count) {
            if let Some(key) = self.bytes.get_mut(*at)
                && end != Some(char::from(*key))
            {
                *key = HIDDEN_KEY;
            }
        }
        self.keys.clear();
    }

    /// The call is over.
    pub(super) fn seal(self, call: CallId, root: CallId, plan: &Plan) -> Journal {
        let plan_digest = plan.digest();
        let mut tape = Tape::default();
        tape.byte(VERSION);
        call.put(&mut tape);
        root.put(&mut tape);
        plan.revision.put(&mut tape);
        tape.bytes.extend_from_slice(&plan_digest.to_le_bytes());
        let (turn, began) = self.first.unwrap_or_default();
        tape.number(turn);
        tape.number(began.mono.0);
        tape.signed(began.wall.0);
        self.full.put(&mut tape);
        tape.bytes.extend_from_slice(&self.bytes);
        let sum = Fnv::new().and(&tape.bytes).value();
        tape.bytes.extend_from_slice(&sum.to_le_bytes());
        Journal { call, root, plan_digest, bytes: tape.bytes.into() }
    }
}

/// The wall clock, had it gone on evenly.
fn expected(since: Now, mono: Mono) -> Wall {
    let ms = (mono.0 / 1_000).saturating_sub(since.mono.0 / 1_000);
    Wall(since.wall.0.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX)))
}

/// Reads a journal whole.
///
/// # Errors
/// It is of another version, or not as it was written.
pub fn read(bytes: &[u8]) -> Result<Read, Unreadable> {
    let (body, sum) = bytes.split_last_chunk::<8>().ok_or(Unreadable::Damaged)?;
    match body.first() {
        Some(&VERSION) => {}
        Some(version) => return Err(Unreadable::Version(*version)),
        None => return Err(Unreadable::Damaged),
    }
    if Fnv::new().and(body).value() != u64::from_le_bytes(*sum) {
        return Err(Unreadable::Damaged);
    }
    let mut tape = Tape::reading(body.to_vec(), Last::default());
    tape.next_byte();
    head_and_turns(&mut tape).ok_or(Unreadable::Damaged)
}

fn head_and_turns(tape: &mut Tape) -> Option<Read> {
    let (call, root, plan_revision) = (CallId::take(tape)?, CallId::take(tape)?, u64::take(tape)?);
    let plan_digest = u64::from_le_bytes(tape.next_bytes(8)?.try_into().ok()?);
    let mut serial = tape.next_number()?;
    let began = Now { mono: Mono(tape.next_number()?), wall: Wall(tape.next_signed()?) };
    let is_cut = bool::take(tape)?;
    let mut now = began;
    let mut turns = Vec::new();
    while tape.left() > 0 {
        serial = serial.checked_add(tape.next_number()?)?;
        let mono = Mono(now.mono.0.checked_add(tape.next_number()?)?);
        let wall = Wall(expected(now, mono).0.checked_add(tape.next_signed()?)?);
        now = Now { mono, wall };
        let length = usize::take(tape)?;
        let seen = tape.next_bytes(length)?.to_vec();
        let count = usize::take(tape)?;
        let kinds = tape.next_bytes(count)?.to_vec();
        let digest = u32::from_le_bytes(tape.next_bytes(4)?.try_into().ok()?);
        turns.push(Turn { serial, now, seen, kinds, digest });
    }
    Some(Read { call, root, plan_revision, plan_digest, began, is_cut, turns })
}

impl Turn {
    /// What happened, and the tape behind it, at what was seen.
    pub(super) fn open(&self, last: Last) -> Option<(Happened, Tape)> {
        let mut tape = Tape::reading(self.seen.clone(), Last { mono: self.now.mono.0, ..last });
        let what = Happened::take(&mut tape)?;
        Some((what, tape))
    }
}
