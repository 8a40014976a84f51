//! What happens to a call, and what it sees, as bytes of its journal. Numbers of kinds are never used again for another
//! kind: a journal of another form has another version.

use std::sync::Arc;

use super::happened::Happened;
use super::order::Act;
use super::tape::{Tape, Wire, fields, kinds};
use super::timers::TimerId;
use crate::acd::{Action, JoinError};
use crate::base::id::{CallId, DecisionId, LegId, OrderId, RequestId, RoomId, TransferId};
use crate::base::time::Mono;
use crate::base::value::Value;
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{Caller, ContactId, DigitSource, Incoming, LegEvent, Origin, ReferToken, Replaced};
use crate::call::spec::{QueueEntry, Target, TransferMode};

/// What stands for a key that is not told. No telephone has it.
pub const HIDDEN_KEY: u8 = b'?';
/// Lists in lists of a service's answer that are kept.
const MAX_DEPTH: usize = 16;

/// A number with a name.
macro_rules! numbers {
    ($($type:ident),+) => {
        $(impl Wire for $type {
            fn put(&self, tape: &mut Tape) {
                self.0.put(tape);
            }
            fn take(tape: &mut Tape) -> Option<Self> {
                Wire::take(tape).map($type)
            }
        })+
    };
}

kinds!(CauseKind: CauseKind::Normal, CauseKind::Cancelled, CauseKind::NoAnswer, CauseKind::Busy, CauseKind::Declined,
    CauseKind::Unreachable, CauseKind::Offline, CauseKind::InvalidNumber, CauseKind::Overload, CauseKind::MediaTimeout,
    CauseKind::Error);
kinds!(DigitSource: DigitSource::Rtp, DigitSource::Info);
kinds!(TransferMode: TransferMode::Blind, TransferMode::Attended);
kinds!(Act: Act::Complete, Act::Cancel, Act::ThreeWay, Act::Swap);
kinds!(JoinError: JoinError::NotFound, JoinError::Full, JoinError::NoAgents, JoinError::EwtExceeded);
numbers!(CallId, TransferId, DecisionId, OrderId, RoomId, ContactId, ReferToken);

impl Wire for Cause {
    fn put(&self, tape: &mut Tape) {
        self.kind.put(tape);
        tape.number(self.status.map_or(0, u64::from));
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        let kind = CauseKind::take(tape)?;
        let status = u16::take(tape)?;
        Some(Cause { kind, status: (status > 0).then_some(status) })
    }
}

impl<E: Wire> Wire for Result<(), E> {
    fn put(&self, tape: &mut Tape) {
        self.is_err().put(tape);
        if let Err(error) = self {
            error.put(tape);
        }
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(if bool::take(tape)? { Err(E::take(tape)?) } else { Ok(()) })
    }
}

impl Wire for TimerId {
    fn put(&self, tape: &mut Tape) {
        self.due.put(tape);
        tape.near(self.serial, tape.last.timer);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(TimerId { due: Mono::take(tape)?, serial: tape.next_near(tape.last.timer)? })
    }
}

fields!(Caller: number, name, anonymous);

impl Wire for Origin {
    fn put(&self, tape: &mut Tape) {
        let (Origin::Trunk(name) | Origin::User(name)) = self;
        self.is_outside().put(tape);
        name.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        let outside = bool::take(tape)?;
        let name = Wire::take(tape)?;
        Some(if outside { Origin::Trunk(name) } else { Origin::User(name) })
    }
}

fields!(Incoming: origin, dialed, caller, max_forwards, replaces);

impl Wire for Replaced {
    fn put(&self, tape: &mut Tape) {
        match self {
            Replaced::Leg(leg) => Some(*leg).put(tape),
            Replaced::Unknown => None::<LegId>.put(tape),
        }
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(<Option<LegId> as Wire>::take(tape)?.map_or(Replaced::Unknown, Replaced::Leg))
    }
}

impl Wire for LegEvent {
    fn put(&self, tape: &mut Tape) {
        match self {
            LegEvent::Ringing => tape.byte(0),
            LegEvent::Confirmed => tape.byte(1),
            LegEvent::Digit { digit, source } => {
                tape.byte(2);
                source.put(tape);
                tape.key_at = Some(tape.bytes.len());
                tape.byte(u8::try_from(*digit).unwrap_or(HIDDEN_KEY));
            }
            LegEvent::Held => tape.byte(3),
            LegEvent::Resumed => tape.byte(4),
            LegEvent::ReferRequested { token, to, replaces } => {
                tape.byte(5);
                token.put(tape);
                to.put(tape);
                replaces.put(tape);
            }
            LegEvent::Gone { cause } => {
                tape.byte(6);
                cause.put(tape);
            }
        }
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(match tape.next_byte()? {
            0 => LegEvent::Ringing,
            1 => LegEvent::Confirmed,
            2 => LegEvent::Digit { source: Wire::take(tape)?, digit: char::from(tape.next_byte()?) },
            3 => LegEvent::Held,
            4 => LegEvent::Resumed,
            5 => LegEvent::ReferRequested {
                token: Wire::take(tape)?,
                to: Wire::take(tape)?,
                replaces: Wire::take(tape)?,
            },
            6 => LegEvent::Gone { cause: Wire::take(tape)? },
            _ => return None,
        })
    }
}

impl Wire for Action {
    fn put(&self, tape: &mut Tape) {
        self.call().put(tape);
        match self {
            Action::Offer { queue, agent, .. } => {
                tape.byte(0);
                queue.put(tape);
                agent.put(tape);
            }
            Action::TimedOut { .. } => tape.byte(1),
            Action::NoAgents { .. } => tape.byte(2),
            Action::Withdrawn { .. } => tape.byte(3),
        }
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        let call = CallId::take(tape)?;
        Some(match tape.next_byte()? {
            0 => Action::Offer { call, queue: Wire::take(tape)?, agent: Wire::take(tape)? },
            1 => Action::TimedOut { call },
            2 => Action::NoAgents { call },
            3 => Action::Withdrawn { call },
            _ => return None,
        })
    }
}

/// As the API can ask for it: a queue has its own settings.
impl Wire for Target {
    fn put(&self, tape: &mut Tape) {
        let (kind, name, tainted) = match self {
            Target::User(name) => (0, name, false),
            Target::Agent(name) => (1, name, false),
            Target::Extension(name) => (2, name, false),
            Target::Number { number, tainted } => (3, number, *tainted),
            Target::Pstn { number, tainted } => (4, number, *tainted),
            Target::Queue(entry) => (5, &entry.queue, false),
        };
        tape.byte(kind);
        name.put(tape);
        tainted.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        let kind = tape.next_byte()?;
        let name: Arc<str> = Wire::take(tape)?;
        let tainted = bool::take(tape)?;
        Some(match kind {
            0 => Target::User(name),
            1 => Target::Agent(name),
            2 => Target::Extension(name),
            3 => Target::Number { number: name, tainted },
            4 => Target::Pstn { number: name, tainted },
            5 => Target::Queue(QueueEntry::to(name)),
            _ => return None,
        })
    }
}

/// A secret is told as one, and not what it is.
impl Wire for Value {
    fn put(&self, tape: &mut Tape) {
        put_value(self, tape, 0);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        take_value(tape, 0)
    }
}

fn put_value(value: &Value, tape: &mut Tape, depth: usize) {
    let mut text = |kind, text: &Arc<str>| {
        tape.byte(kind);
        text.put(tape);
    };
    match value {
        Value::Text(s) => text(4, s),
        Value::Digits(s) => text(6, s),
        Value::Phone(s) => text(7, s),
        Value::Extension(s) => text(8, s),
        Value::Bool(value) => {
            tape.byte(1);
            value.put(tape);
        }
        Value::Int(value) => {
            tape.byte(2);
            value.put(tape);
        }
        Value::Float(value) => {
            tape.byte(3);
            value.to_bits().put(tape);
        }
        Value::Duration(ms) => {
            tape.byte(5);
            ms.put(tape);
        }
        Value::Secret(_) => tape.byte(9),
        Value::List(items) if depth < MAX_DEPTH => {
            tape.byte(10);
            items.len().put(tape);
            items.iter().for_each(|item| put_value(item, tape, depth.saturating_add(1)));
        }
        Value::Map(entries) if depth < MAX_DEPTH => {
            tape.byte(11);
            entries.len().put(tape);
            for (key, value) in entries.iter() {
                key.put(tape);
                put_value(value, tape, depth.saturating_add(1));
            }
        }
        Value::Unset | Value::List(_) | Value::Map(_) => tape.byte(0),
    }
}

fn take_value(tape: &mut Tape, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    let deeper = depth.saturating_add(1);
    Some(match tape.next_byte()? {
        0 => Value::Unset,
        1 => Value::Bool(Wire::take(tape)?),
        2 => Value::Int(Wire::take(tape)?),
        3 => Value::Float(f64::from_bits(Wire::take(tape)?)),
        4 => Value::Text(Wire::take(tape)?),
        5 => Value::Duration(Wire::take(tape)?),
        6 => Value::Digits(Wire::take(tape)?),
        7 => Value::Phone(Wire::take(tape)?),
        8 => Value::Extension(Wire::take(tape)?),
        9 => Value::Secret(Arc::from("")),
        10 => {
            let count = usize::take(tape).filter(|count| *count <= tape.left())?;
            Value::List((0..count).map(|_| take_value(tape, deeper)).collect::<Option<_>>()?)
        }
        11 => {
            let count = usize::take(tape).filter(|count| *count <= tape.left())?;
            let entry = |_| Some((Wire::take(tape)?, take_value(tape, deeper)?));
            Value::Map((0..count).map(entry).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

impl Wire for Happened {
    fn put(&self, tape: &mut Tape) {
        match self {
            Happened::Began { leg, incoming } => tape.all(0, leg, incoming),
            Happened::Leg { leg, event } => tape.all(1, leg, event),
            Happened::Done { request, result } => tape.all(2, request, result),
            Happened::Served { request, outcome, value } => {
                tape.all(3, request, outcome);
                value.put(tape);
            }
            Happened::Timer(timer) => tape.all(4, timer, &()),
            Happened::GoesOn => tape.byte(5),
            Happened::Queue(action) => tape.all(6, action, &()),
            Happened::Transfer { order, from, target, mode } => {
                tape.all(7, order, from);
                target.put(tape);
                mode.put(tape);
            }
            Happened::Act { order, transfer, act } => {
                tape.all(8, order, transfer);
                act.put(tape);
            }
            Happened::HangUp { order } => tape.all(9, order, &()),
            Happened::Merge { leg, token, other, consultation } => {
                tape.all(10, leg, token);
                other.put(tape);
                consultation.put(tape);
            }
            Happened::MergedInto(call) => tape.all(11, call, &()),
            Happened::Recovered { kept, up } => tape.all(13, kept.as_ref(), up),
            Happened::Replacing { leg, incoming, other } => {
                tape.all(12, leg, incoming);
                other.put(tape);
            }
        }
    }

    fn take(tape: &mut Tape) -> Option<Self> {
        Some(match tape.next_byte()? {
            0 => Happened::Began { leg: Wire::take(tape)?, incoming: Wire::take(tape)? },
            1 => Happened::Leg { leg: Wire::take(tape)?, event: Wire::take(tape)? },
            2 => Happened::Done { request: Wire::take(tape)?, result: Wire::take(tape)? },
            3 => Happened::Served {
                request: RequestId::take(tape)?,
                outcome: Wire::take(tape)?,
                value: Wire::take(tape)?,
            },
            4 => Happened::Timer(Wire::take(tape)?),
            5 => Happened::GoesOn,
            6 => Happened::Queue(Wire::take(tape)?),
            7 => Happened::Transfer {
                order: Wire::take(tape)?,
                from: Wire::take(tape)?,
                target: Wire::take(tape)?,
                mode: Wire::take(tape)?,
            },
            8 => Happened::Act { order: Wire::take(tape)?, transfer: Wire::take(tape)?, act: Wire::take(tape)? },
            9 => Happened::HangUp { order: Wire::take(tape)? },
            10 => Happened::Merge {
                leg: Wire::take(tape)?,
                token: Wire::take(tape)?,
                other: Wire::take(tape)?,
                consultation: Wire::take(tape)?,
            },
            11 => Happened::MergedInto(Wire::take(tape)?),
            12 => Happened::Replacing { leg: Wire::take(tape)?, incoming: Wire::take(tape)?, other: Wire::take(tape)? },
            13 => Happened::Recovered { kept: Box::new(Wire::take(tape)?), up: Wire::take(tape)? },
            _ => return None,
        })
    }
}

/// Nothing takes no room.
impl Wire for () {
    fn put(&self, _: &mut Tape) {}
    fn take(_: &mut Tape) -> Option<Self> {
        Some(())
    }
}

impl Tape {
    /// A kind and its first two parts.
    fn all(&mut self, kind: u8, first: &impl Wire, second: &impl Wire) {
        self.byte(kind);
        first.put(self);
        second.put(self);
    }
}
