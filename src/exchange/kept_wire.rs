//! A kept call as bytes and back.

use std::sync::Arc;

use super::kept::{Kept, KeptEntry, KeptHandover, Shape};
use super::party::{Hold, Party, Role, Stage, Times, Why};
use super::session::{Attempt, Moves};
use super::tape::{Tape, Wire};
use super::wire::kinds;
use crate::base::id::PartyId;
use crate::base::time::Wall;
use crate::call::order::{TransferState, TransferView};
use crate::call::record::{Interval, IntervalKind, LegEnd};

/// Why legs are there; it only grows.
const REASONS: [&str; 8] = ["call", "dialled", "flow", "blind", "attended", "recall", "queue", "replaces"];
/// Outcomes of transfers; it only grows.
const OUTCOMES: [&str; 20] = [
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

impl Wire for PartyId {
    fn put(&self, tape: &mut Tape) {
        self.call.put(tape);
        self.n.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(PartyId { call: Wire::take(tape)?, n: Wire::take(tape)? })
    }
}

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

impl Wire for Times {
    fn put(&self, tape: &mut Tape) {
        self.started.put(tape);
        self.ringing.put(tape);
        self.answered.put(tape);
        self.ended.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(Times {
            started: Wire::take(tape)?,
            ringing: Wire::take(tape)?,
            answered: Wire::take(tape)?,
            ended: Wire::take(tape)?,
        })
    }
}

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

impl Wire for Attempt {
    fn put(&self, tape: &mut Tape) {
        self.number.put(tape);
        self.answered.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(Attempt { number: Wire::take(tape)?, answered: Wire::take(tape)? })
    }
}

impl Wire for Moves {
    fn put(&self, tape: &mut Tape) {
        self.hops.put(tape);
        self.by_flow.put(tape);
        self.outside.put(tape);
        self.attempts.put(tape);
        let visits: Vec<(Arc<str>, u32)> = self.visits.iter().map(|(to, count)| (to.clone(), *count)).collect();
        visits.put(tape);
        self.waited.put(tape);
        self.last_transfer.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(Moves {
            hops: Wire::take(tape)?,
            by_flow: Wire::take(tape)?,
            outside: Wire::take(tape)?,
            attempts: Wire::take(tape)?,
            visits: <Vec<(Arc<str>, u32)> as Wire>::take(tape)?.into_iter().collect(),
            waited: Wire::take(tape)?,
            last_transfer: Wire::take(tape)?,
        })
    }
}

impl Wire for Interval {
    fn put(&self, tape: &mut Tape) {
        self.kind.put(tape);
        self.from.put(tape);
        self.to.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(Interval { kind: Wire::take(tape)?, from: Wire::take(tape)?, to: Wire::take(tape)? })
    }
}

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

impl Wire for KeptEntry {
    fn put(&self, tape: &mut Tape) {
        self.queue.put(tape);
        tape.byte(self.priority);
        self.prefer.put(tape);
        self.skills.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(KeptEntry {
            queue: Wire::take(tape)?,
            priority: tape.next_byte()?,
            prefer: Wire::take(tape)?,
            skills: Wire::take(tape)?,
        })
    }
}

impl Wire for KeptHandover {
    fn put(&self, tape: &mut Tape) {
        self.transfer.put(tape);
        self.transferor.put(tape);
        self.waits.put(tape);
        self.before.put(tape);
        self.left.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(KeptHandover {
            transfer: Wire::take(tape)?,
            transferor: Wire::take(tape)?,
            waits: Wire::take(tape)?,
            before: Wire::take(tape)?,
            left: Wire::take(tape)?,
        })
    }
}

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

impl Wire for Kept {
    fn put(&self, tape: &mut Tape) {
        self.call.put(tape);
        self.at.put(tape);
        self.caller.put(tape);
        self.dialed.put(tape);
        tape.byte(self.max_forwards);
        self.subject.put(tape);
        self.shape.put(tape);
        self.parties.put(tape);
        self.moves.put(tape);
        self.diary.put(tape);
        self.handover.put(tape);
        self.transfers.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(Kept {
            call: Wire::take(tape)?,
            at: Wire::take(tape)?,
            caller: Wire::take(tape)?,
            dialed: Wire::take(tape)?,
            max_forwards: tape.next_byte()?,
            subject: Wire::take(tape)?,
            shape: Wire::take(tape)?,
            parties: Wire::take(tape)?,
            moves: Wire::take(tape)?,
            diary: Wire::take(tape)?,
            handover: Wire::take(tape)?,
            transfers: Wire::take(tape)?,
        })
    }
}

kinds!(Role: Role::Caller, Role::Target, Role::Agent, Role::Recalled);
kinds!(LegEnd: LegEnd::Itself, LegEnd::Us);
kinds!(IntervalKind: IntervalKind::Ring, IntervalKind::Flow, IntervalKind::Queue, IntervalKind::Talk,
    IntervalKind::Hold);
kinds!(TransferState: TransferState::Transferring, TransferState::Consulting, TransferState::Recalling,
    TransferState::Queued, TransferState::Completed, TransferState::Conference, TransferState::Cancelled,
    TransferState::Abandoned, TransferState::Failed);
