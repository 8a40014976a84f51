//! What is kept of a live call, so that it can go on when its process dies: who is in it and what they do, no more. What
//! a flow was about is not kept: its side effects must not happen twice.
//!
//! It is made anew whenever the shape of the call changes, and gone with the call's record.

use std::sync::Arc;

use super::diary::Diary;
use super::handover::Handover;
use super::party::{Party, Stage};
use super::session::{Moves, Session, State};
use super::shared::Shared;
use super::tape::{Last, Tape, Wire};
use super::transfer::{Transfer, TransferStage};
use crate::base::fnv::Fnv;
use crate::base::id::{CallId, LegId, TransferId};
use crate::base::time::{Micros, Wall};
use crate::call::leg::{Caller, Name};
use crate::call::order::TransferView;
use crate::call::spec::{QueueEntry, Target};

/// The form of [`Kept`] as bytes.
const VERSION: u8 = 2;

/// A live call as it is kept.
#[derive(Clone, PartialEq, Debug)]
pub struct Kept {
    pub call: CallId,
    /// When it was made.
    pub at: Wall,
    pub caller: Caller,
    /// As the call came in, or was sent on.
    pub dialed: Arc<str>,
    pub max_forwards: u8,
    pub subject: LegId,
    pub shape: Shape,
    pub parties: Vec<Party>,
    pub moves: Moves,
    pub diary: Diary,
    pub recorder: KeptRecorder,
    /// In whose name it is transferred.
    pub handover: Option<KeptHandover>,
    /// Its newest transfers, as others see them.
    pub transfers: Vec<TransferView>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct KeptHandover {
    pub transfer: TransferId,
    pub transferor: LegId,
    /// The transferor is there for its peer, should nothing come of it.
    pub waits: bool,
    pub before: LegId,
    pub left: Micros,
}

/// What a call is about.
#[derive(Clone, PartialEq, Debug)]
pub enum Shape {
    /// A flow has it, or it is about to end.
    Flow,
    /// Somebody is being reached.
    Reaching(TransferId),
    Queued {
        transfer: TransferId,
        entry: KeptEntry,
        waited: Micros,
    },
    Consulting {
        transfer: TransferId,
        transferor: LegId,
        target: LegId,
        swapped: bool,
    },
    Talking {
        peer: LegId,
        left: Micros,
    },
    Conference {
        legs: Vec<LegId>,
        left: Micros,
    },
    Ending,
}

/// What has been recorded of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeptRecorder {
    /// Its files.
    pub names: Vec<Arc<str>>,
    /// What is being recorded.
    pub tape: Option<KeptTape>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptTape {
    pub leg: LegId,
    pub is_paused: bool,
}

/// How it waits.
#[derive(Clone, PartialEq, Debug)]
pub struct KeptEntry {
    pub queue: Name,
    pub priority: u8,
    pub prefer: Vec<Name>,
    pub skills: Vec<Name>,
}

/// A live call on its way to disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Live {
    pub call: CallId,
    /// Legs that are up, call or are being called: what signalling knows of them is kept with it.
    pub legs: Vec<LegId>,
    /// See [`Kept::read`].
    pub bytes: Box<[u8]>,
}

impl Kept {
    /// `None`: it is of another version, or damaged.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (version, body) = bytes.split_first()?;
        if *version != VERSION {
            return None;
        }
        let mut tape = Tape::reading(body.to_vec(), Last::default());
        Kept::take(&mut tape).filter(|_| tape.left() == 0)
    }

    pub fn to_bytes(&self) -> Box<[u8]> {
        let mut tape = Tape::default();
        tape.byte(VERSION);
        self.put(&mut tape);
        tape.bytes.into()
    }

    /// Legs that were up.
    pub fn legs(&self) -> Vec<LegId> {
        self.parties.iter().filter(|p| p.is_up()).map(|p| p.leg).collect()
    }
}

impl Session {
    /// What is to be kept of it, if that is not what was kept last.
    pub(super) fn keep_anew(&mut self, shared: &Shared) -> Option<Live> {
        let shape = self.shape(shared);
        if std::mem::replace(&mut self.notes.kept, shape) == shape {
            return None;
        }
        let kept = self.kept(shared);
        let known = kept.parties.iter().filter(|p| matches!(p.stage, Stage::Up | Stage::Placing(_) | Stage::Offered));
        Some(Live { call: self.id, legs: known.map(|p| p.leg).collect(), bytes: kept.to_bytes() })
    }

    /// A number that is another one when something changes that is kept.
    fn shape(&self, shared: &Shared) -> u64 {
        let mut sum = Fnv::new();
        let mut number = |number: u64| sum = sum.and(&number.to_le_bytes());
        let (kind, transfer, more) = match &self.state {
            State::Flow => (0, None, 0),
            State::Transfer(transfer) => {
                let (stage, more) = match &transfer.stage {
                    TransferStage::Queued(_) => (2, 0),
                    TransferStage::Consulting { target, swapped } => {
                        (3, target.0.wrapping_mul(2) | u64::from(*swapped))
                    }
                    _ => (1, 0),
                };
                (stage, Some(transfer.id), more)
            }
            State::Talking(talk) => (4, None, talk.peer.0),
            State::DialIn(dial_in) => (4, None, dial_in.talk.peer.0),
            State::Conference(conference) => (5, None, u64::try_from(conference.legs.len()).unwrap_or(0)),
            State::Announcing { .. } => (6, None, 0),
            State::Ending { .. } => (7, None, 0),
        };
        let handover = self.handover.as_ref();
        for id in [transfer, handover.map(|h| h.transfer)] {
            number(id.map_or(0, |id| u64::try_from(id.0 & u128::from(u64::MAX)).unwrap_or(0)));
            // Others are told of it only once its gates have passed; from then on they must be told its end.
            number(u64::from(id.is_some_and(|id| shared.book.get(id).is_some())));
        }
        number(kind);
        number(more);
        number(self.subject.0);
        number(u64::from(handover.is_some_and(|h| h.waits)));
        number(self.recorder.shape());
        for party in &self.parties {
            let state = match party.stage {
                Stage::Up => 2 + u64::from(party.hold.holds),
                Stage::Ending => 1,
                Stage::Gone => 4,
                Stage::Placing(_) => 5,
                _ => 0,
            };
            number(party.leg.0.wrapping_mul(8) | state);
        }
        sum.value()
    }

    fn kept(&self, shared: &Shared) -> Kept {
        let left = |until: crate::base::time::Mono| until.since(shared.now.mono);
        let (shape, at_work) = match &self.state {
            State::Flow | State::Announcing { .. } => (Shape::Flow, None),
            State::Transfer(transfer) => (self.shape_of(transfer, shared), Some(transfer.id)),
            State::Talking(talk) => (Shape::Talking { peer: talk.peer, left: left(talk.until) }, None),
            // Who dialled a target goes on talking.
            State::DialIn(dial_in) => {
                let talk = &dial_in.talk;
                (Shape::Talking { peer: talk.peer, left: left(talk.until) }, None)
            }
            State::Conference(c) => (Shape::Conference { legs: c.legs.clone(), left: left(c.until) }, None),
            State::Ending { .. } => (Shape::Ending, None),
        };
        let handover =
            self.handover.as_ref().map(|Handover { transfer, transferor, waits, before, .. }| KeptHandover {
                transfer: *transfer,
                transferor: *transferor,
                waits: *waits,
                before: before.subject,
                left: left(before.until),
            });
        let mut ids = vec![at_work, handover.as_ref().map(|h| h.transfer), self.moves.last_transfer];
        ids.dedup();
        Kept {
            call: self.id,
            at: shared.now.wall,
            caller: self.arrival.caller.clone(),
            dialed: self.arrival.dialed.clone(),
            max_forwards: self.arrival.max_forwards,
            subject: self.subject,
            shape,
            parties: self.parties.clone(),
            moves: self.moves.clone(),
            diary: self.diary.clone(),
            recorder: self.recorder.kept(),
            handover,
            transfers: ids.into_iter().flatten().filter_map(|id| shared.book.get(id).cloned()).collect(),
        }
    }

    fn shape_of(&self, transfer: &Transfer, shared: &Shared) -> Shape {
        let id = transfer.id;
        match &transfer.stage {
            TransferStage::Consulting { target, swapped } => match transfer.by.transferor() {
                Some(transferor) => Shape::Consulting { transfer: id, transferor, target: *target, swapped: *swapped },
                None => Shape::Reaching(id),
            },
            TransferStage::Queued(waiting) => {
                let own = QueueEntry::to(waiting.queue.clone());
                let entry = match &transfer.spec.target {
                    Target::Queue(entry) => entry,
                    _ => &own,
                };
                let entry = KeptEntry {
                    queue: entry.queue.clone(),
                    priority: entry.priority,
                    prefer: entry.prefer.to_vec(),
                    skills: entry.skills.to_vec(),
                };
                let waited = shared.queues.waited(self.id, shared.now.mono).unwrap_or_default();
                Shape::Queued { transfer: id, entry, waited }
            }
            _ => Shape::Reaching(id),
        }
    }
}
