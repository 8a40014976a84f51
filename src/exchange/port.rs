//! The exchange's port: everything that can happen to it and everything it can ask for.
//!
//! Every [`Output::Request`] and [`Output::Commit`] is answered by exactly one [`Input::Done`], every
//! [`Output::Serve`] by one [`Input::Served`]; what is a notice needs no answer. Outputs of one leg are carried out in order; nothing orders
//! two legs but a completion.

use std::sync::Arc;

use super::journal::Journal;
use super::kept::{Kept, Live};
use super::plan::Plan;
use crate::base::id::{CallId, LegId, OrderId, RequestId, RoomId};
use crate::base::value::Value;
use crate::call::cause::Cause;
use crate::call::leg::{Caller, ContactId, Incoming, LegEvent, Name, Presented, ReferToken};
use crate::call::order::{CallEvent, Order, Refused, Taken};
use crate::call::record::CallRecord;
use crate::call::spec::{Prompts, ServiceSpec};
use crate::policy::{DecisionRecord, GuardToken};

/// Something that happened.
#[derive(Debug)]
pub enum Input {
    /// A new leg; the shell has sent nothing but 100.
    Incoming { leg: LegId, incoming: Incoming },
    /// A fact about a leg. `Gone` is the last one of every leg, also of one that failed to be placed.
    Leg { leg: LegId, event: LegEvent },
    /// The one answer to a request.
    Done { request: RequestId, result: Result<(), Cause> },
    /// The one answer to [`Output::Serve`]: an outcome of its statement, and the value it binds.
    Served { request: RequestId, outcome: Arc<str>, value: Option<Value> },
    /// The registered devices of a user, newest first; empty when the last one went away.
    Registered { user: Name, contacts: Vec<ContactId> },
    /// The API asks for something; answered by one [`Output::Answer`] in the same turn, or when its gates have passed.
    Order { id: OrderId, order: Box<Order> },
    /// The site changed. Calls in progress keep the plan they began with.
    Reload(Arc<Plan>),
    /// No new calls from now on; those in progress go on.
    Drain,
    /// The calls of the process before this one, each with those of its legs that are still there. All at once, because
    /// an agent who talks in one of them is not free for a caller of another.
    Recovered(Vec<(Box<Kept>, Vec<LegId>)>),
    /// Time has passed.
    Tick,
}

/// Something to do.
#[derive(Debug)]
pub enum Output {
    Request {
        request: RequestId,
        leg: LegId,
        op: LegRequest,
    },
    Notice {
        leg: LegId,
        op: LegNotice,
    },
    /// Put these decisions on disk; answered when they are there.
    Commit {
        request: RequestId,
        decisions: Vec<DecisionRecord>,
    },
    /// Something that is no leg; answered by [`Input::Served`], unless it is forgotten before.
    Serve {
        request: RequestId,
        call: CallId,
        /// The step of the flow that asks.
        step: Name,
        spec: Box<ServiceSpec>,
        /// One for each leg that it places outside, and no leg without: the numbers that were decided on.
        tokens: Vec<GuardToken>,
    },
    /// Nobody waits for this service any more: the caller has gone, or its time is over. An answer
    /// that comes all the same is dropped.
    Forget {
        request: RequestId,
    },
    /// A notice for a channel; in the call's record as well.
    Note {
        call: CallId,
        channel: Name,
        text: Arc<str>,
    },
    /// The one answer to an [`Input::Order`].
    Answer {
        order: OrderId,
        result: Result<Taken, Refused>,
    },
    /// For whoever follows the events.
    Event(Box<CallEvent>),
    /// The one record of a call that is over. Never dropped.
    Record(Box<CallRecord>),
    /// Its journal, right behind the record.
    Journal(Box<Journal>),
    /// What is to be kept of a live call until its record comes, in place of what was kept of it before.
    Live(Box<Live>),
}

/// What a leg is asked to do and must answer.
#[derive(Debug)]
pub enum LegRequest {
    /// Done when the 200 is on the wire and audio can be sent.
    Answer,
    /// Ring a user's device. Done when it answers; `Ringing` may come before.
    Place(Place),
    /// Ring a number outside. The only way there is to do so, and it consumes the guard's token.
    PlaceOutside(PlaceOutside),
    /// Done at the end of the last prompt; failed with `Cancelled` if stopped before.
    Play(Prompts),
    /// Listen who answered: done for a person, or when it cannot be told; failed with `Declined` for a machine.
    DetectMachine,
}

#[derive(Debug)]
pub struct Place {
    pub user: Name,
    pub contact: ContactId,
    pub presented: Presented,
}

#[derive(Debug)]
pub struct PlaceOutside {
    /// Holds the number that was decided on, which is the number that is dialled.
    pub token: GuardToken,
    pub trunk: Name,
    pub presented: Presented,
}

/// What a leg is asked to do without an answer.
#[derive(Debug)]
pub enum LegNotice {
    /// Tell the caller that the target is alerted (180).
    Ring,
    /// End a leg that came in and was not answered.
    Reject {
        cause: Cause,
    },
    /// End a leg, whatever its state. `Gone` follows.
    Hangup {
        cause: Cause,
    },
    StopPlay,
    /// Heard until something else is: music, ringback.
    Background(Prompts),
    /// Both legs hear each other, and nothing else.
    Connect {
        peer: LegId,
    },
    Disconnect {
        peer: LegId,
    },
    /// Everybody in the room hears everybody else; the leg hears nobody outside it.
    Mix {
        room: RoomId,
    },
    /// Of what this leg says and hears, each on its own channel of one file.
    Record(Recording),
    /// Whom the leg talks to from now on: the display of its phone (RFC 4916, RFC 3325).
    Connected {
        peer: Caller,
    },
    /// A key that the other party pressed and that came beside the audio.
    Key(char),
    /// 202 for a REFER, or a refusal.
    AnswerRefer {
        token: ReferToken,
        status: u16,
    },
    /// The state of the referred call (NOTIFY with message/sipfrag): 100 to 199, then one final.
    NotifyRefer {
        token: ReferToken,
        status: u16,
    },
}

/// Recording of a leg. What is not recorded is silence of the same length, so that times stay true.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recording {
    /// The name of the file, without its ending; one that is being written is finished first.
    Start {
        name: Arc<str>,
    },
    Pause,
    Resume,
    Stop,
}
