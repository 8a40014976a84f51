//! A kept call as bytes and back.

use super::kept::{Kept, KeptEntry, KeptHandover, KeptRecorder, KeptTape, Shape};
use super::party::{Hold, Party, Role, Stage, Times, Why};
use super::session::{Attempt, Moves};
use super::tape::{Tape, Wire, fields, kinds};
use crate::base::id::PartyId;
use crate::base::time::Wall;
use crate::call::leg::{DivertReason, Diverted};
use crate::call::order::{TransferState, TransferView};
use crate::call::record::{Interval, IntervalKind, LegEnd};

/// Why legs are there; it only grows.
const REASONS: [&str; 8] = ["call", "dialled", "flow", "blind", "attended", "recall", "queue", "replaces"];
/// Outcomes of transfers; it only grows.
const OUTCOMES: [&str; 22] = [
    "bridged",
    "ended",
    "no_answer",
    "busy",
    "declined",
    "unreachable",
    "offline",
    "dnd",
    "invalid_number",
    "not_found",
    "denied",
    "limit",
    "loop",
    "full",
    "no_agents",
    "timeout",
    "closed",
    "error",
    "ewt",
    "cancelled",
    "ewt_exceeded",
    "caller_abandoned",
];

/// One of a list that only grows; another one is as good as none.
fn put_name(name: &str, names: &[&str], tape: &mut Tape) {
    let at = names.iter().position(|n| *n == name).and_then(|at| u8::try_from(at).ok());
    tape.byte(at.unwrap_or(u8::MAX));
}

fn take_name(names: &[&'static str], tape: &mut Tape) -> Option<Option<&'static str>> {
    let at = usize::from(tape.next_byte()?);
    Some(names.get(at).copied())
}

impl Wire for Wall {
    fn put(&self, tape: &mut Tape) {
        tape.signed(self.0);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        tape.next_signed().map(Wall)
    }
}

fields!(PartyId: call, n);

/// A leg that is not up has no request any more that could be answered.
impl Wire for Stage {
    fn put(&self, tape: &mut Tape) {
        tape.byte(match self {
            Stage::Planned => 0,
            Stage::Up => 1,
            Stage::Gone => 2,
            Stage::Offered | Stage::Answering(_) | Stage::Placing(_) | Stage::Ending => 3,
        });
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(match tape.next_byte()? {
            0 => Stage::Planned,
            1 => Stage::Up,
            2 => Stage::Gone,
            3 => Stage::Ending,
            _ => return None,
        })
    }
}

fields!(Times: started, ringing, answered, ended);

impl Wire for Party {
    fn put(&self, tape: &mut Tape) {
        self.leg.put(tape);
        self.id.n.put(tape);
        self.id.call.put(tape);
        self.role.put(tape);
        self.origin.put(tape);
        self.number.put(tape);
        self.stage.put(tape);
        self.permit.put(tape);
        self.times.put(tape);
        self.cause.put(tape);
        self.called_as.put(tape);
        self.why.transferred_by.put(tape);
        put_name(self.why.reason, &REASONS, tape);
        self.ended_by.put(tape);
        self.hold.holds.put(tape);
        self.hold.is_held.put(tape);
        self.queue.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        let leg = Wire::take(tape)?;
        let n = Wire::take(tape)?;
        Some(Party {
            leg,
            id: PartyId { call: Wire::take(tape)?, n },
            role: Wire::take(tape)?,
            origin: Wire::take(tape)?,
            number: Wire::take(tape)?,
            stage: Wire::take(tape)?,
            permit: Wire::take(tape)?,
            times: Wire::take(tape)?,
            cause: Wire::take(tape)?,
            called_as: Wire::take(tape)?,
            why: {
                let transferred_by = Wire::take(tape)?;
                Why { reason: take_name(&REASONS, tape)?.unwrap_or("call"), transferred_by }
            },
            ended_by: Wire::take(tape)?,
            takes: None,
            last_key: None,
            hold: Hold { holds: Wire::take(tape)?, is_held: Wire::take(tape)? },
            queue: Wire::take(tape)?,
        })
    }
}

fields!(Attempt: number, answered);
fields!(Moves: hops, by_flow, outside, attempts, visits, waited, last_transfer, sent_on);
fields!(Diverted: by, reason);
fields!(Interval: kind, from, to);

impl Wire for TransferView {
    fn put(&self, tape: &mut Tape) {
        self.id.put(tape);
        self.call.put(tape);
        self.mode.put(tape);
        self.from.put(tape);
        self.target.put(tape);
        self.state.put(tape);
        put_name(self.outcome.unwrap_or_default(), &OUTCOMES, tape);
        self.reason.put(tape);
        self.began.put(tape);
        self.changed.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(TransferView {
            id: Wire::take(tape)?,
            call: Wire::take(tape)?,
            mode: Wire::take(tape)?,
            from: Wire::take(tape)?,
            target: Wire::take(tape)?,
            state: Wire::take(tape)?,
            outcome: take_name(&OUTCOMES, tape)?,
            reason: Wire::take(tape)?,
            began: Wire::take(tape)?,
            changed: Wire::take(tape)?,
        })
    }
}

fields!(KeptRecorder: names, tape);
fields!(KeptTape: leg, is_paused);
fields!(KeptEntry: queue, priority, prefer, skills);
fields!(KeptHandover: transfer, transferor, waits, before, left);

impl Wire for Shape {
    fn put(&self, tape: &mut Tape) {
        match self {
            Shape::Flow => tape.byte(0),
            Shape::Reaching(transfer) => {
                tape.byte(1);
                transfer.put(tape);
            }
            Shape::Queued { transfer, entry, waited } => {
                tape.byte(2);
                transfer.put(tape);
                entry.put(tape);
                waited.put(tape);
            }
            Shape::Consulting { transfer, transferor, target, swapped } => {
                tape.byte(3);
                transfer.put(tape);
                transferor.put(tape);
                target.put(tape);
                swapped.put(tape);
            }
            Shape::Talking { peer, left } => {
                tape.byte(4);
                peer.put(tape);
                left.put(tape);
            }
            Shape::Conference { legs, left } => {
                tape.byte(5);
                legs.put(tape);
                left.put(tape);
            }
            Shape::Ending => tape.byte(6),
        }
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(match tape.next_byte()? {
            0 => Shape::Flow,
            1 => Shape::Reaching(Wire::take(tape)?),
            2 => Shape::Queued { transfer: Wire::take(tape)?, entry: Wire::take(tape)?, waited: Wire::take(tape)? },
            3 => Shape::Consulting {
                transfer: Wire::take(tape)?,
                transferor: Wire::take(tape)?,
                target: Wire::take(tape)?,
                swapped: Wire::take(tape)?,
            },
            4 => Shape::Talking { peer: Wire::take(tape)?, left: Wire::take(tape)? },
            5 => Shape::Conference { legs: Wire::take(tape)?, left: Wire::take(tape)? },
            6 => Shape::Ending,
            _ => return None,
        })
    }
}

fields!(
    Kept: call, at, caller, dialed, max_forwards, subject, shape, parties, moves, diary, recorder, handover, transfers,
);

kinds!(Role: Role::Caller, Role::Target, Role::Agent, Role::Recalled);
kinds!(DivertReason: DivertReason::NoAnswer, DivertReason::UserBusy, DivertReason::Deflection,
    DivertReason::Unconditional);
kinds!(LegEnd: LegEnd::Itself, LegEnd::Us);
kinds!(IntervalKind: IntervalKind::Ring, IntervalKind::Flow, IntervalKind::Queue, IntervalKind::Talk,
    IntervalKind::Hold);
kinds!(TransferState: TransferState::Transferring, TransferState::Consulting, TransferState::Recalling,
    TransferState::Queued, TransferState::Completed, TransferState::Conference, TransferState::Cancelled,
    TransferState::Abandoned, TransferState::Failed);
