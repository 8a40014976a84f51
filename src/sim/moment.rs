//! What happened in a virtual world, for people and for checks. Values only.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::id::{CallId, LegId, OrderId, RoomId};
use crate::base::time::Mono;
use crate::call::cause::Cause;
use crate::call::leg::{Caller, Name, Presented, ReferToken};
use crate::call::order::{CallEvent, Order, Refused, Taken};
use crate::call::record::CallRecord;
use crate::call::spec::Prompts;
use crate::exchange::Recording;
use crate::policy::DecisionRecord;

/// One thing that happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Moment {
    /// A call came in; `by` is the user whose phone it was.
    Dialled {
        leg: LegId,
        by: Option<Name>,
        from: Arc<str>,
        to: Arc<str>,
    },
    /// A flow entered a step of its own.
    Step {
        call: CallId,
        flow: Name,
        step: Name,
        /// It is a subflow's.
        in_subflow: bool,
    },
    /// A statement with outcomes went this way.
    Took {
        call: CallId,
        verb: &'static str,
        /// The arm as it is written.
        label: Arc<str>,
        /// How the statement ended, for which the arm may stand with others.
        outcome: Option<Arc<str>>,
    },
    /// A statement asks for something that is no leg.
    Asks {
        call: CallId,
        verb: &'static str,
        subject: Arc<str>,
        /// The numbers that it may call outside, each with the decision that allows it.
        outside: Vec<(Arc<str>, String)>,
    },
    /// It has its answer.
    Gets {
        call: CallId,
        verb: &'static str,
        outcome: Arc<str>,
    },
    /// Nobody waits for the answer any more.
    Forgets {
        call: CallId,
        verb: &'static str,
    },
    /// A channel was told something.
    Told {
        call: CallId,
        channel: Name,
        text: Arc<str>,
    },
    /// The caller was told that somebody is alerted.
    Alerted {
        leg: LegId,
    },
    Answered {
        leg: LegId,
    },
    Refused {
        leg: LegId,
        cause: Cause,
    },
    Hears {
        leg: LegId,
        sources: Prompts,
    },
    /// What it heard was stopped and nothing came instead.
    Silence {
        leg: LegId,
    },
    Presses {
        leg: LegId,
        key: char,
    },
    /// The key of the other party, which did not come in its audio.
    IsSent {
        leg: LegId,
        key: char,
    },
    Placed {
        leg: LegId,
        to: Arc<str>,
        presented: Presented,
        outside: Option<Outside>,
    },
    Rings {
        leg: LegId,
    },
    TargetAnswered {
        leg: LegId,
    },
    TargetFailed {
        leg: LegId,
        cause: Cause,
    },
    Talk {
        a: LegId,
        b: LegId,
    },
    Apart {
        a: LegId,
        b: LegId,
    },
    Holds {
        leg: LegId,
        holding: bool,
    },
    /// Hears everybody else in a room.
    Joins {
        leg: LegId,
        room: RoomId,
    },
    Refers {
        leg: LegId,
        token: ReferToken,
        to: Arc<str>,
        /// It names a call to be completed with.
        attended: bool,
    },
    ReferAnswered {
        leg: LegId,
        token: ReferToken,
        status: u16,
    },
    Notified {
        leg: LegId,
        token: ReferToken,
        status: u16,
    },
    /// The API asked for something.
    Ordered {
        id: OrderId,
        order: Box<Order>,
    },
    OrderAnswered {
        id: OrderId,
        result: Result<Taken, Refused>,
    },
    /// What whoever follows the events was told; the same is told by other moments in words.
    Event(Box<CallEvent>),
    Recording {
        leg: LegId,
        op: Recording,
    },
    /// It is found out whether a person or a machine answered.
    Listens {
        leg: LegId,
    },
    /// The display of a phone changes.
    Sees {
        leg: LegId,
        peer: Caller,
    },
    Decided {
        record: Box<DecisionRecord>,
    },
    /// Decisions reached the disk, or did not.
    Disk {
        decisions: Vec<String>,
        works: bool,
    },
    Registered {
        user: Name,
        devices: usize,
    },
    /// The far end hung up.
    HangsUp {
        leg: LegId,
    },
    /// We ended the leg.
    Ended {
        leg: LegId,
        cause: Cause,
    },
    Record(Box<CallRecord>),
    /// The exchange was begun anew, without any of its calls; numbers of legs that it places are used again.
    Restarted,
    /// The exchange's process died; what was kept of its calls is taken back.
    Crashed,
}

/// How a leg left the building.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outside {
    pub trunk: Name,
    /// The decision whose token was used up.
    pub decision: String,
}

/// Everything that happened, in order.
pub type Trace = Vec<(Mono, Moment)>;

/// What people call the legs of a trace: the user or number at the far end, and `#2` and on for
/// the second leg of the same.
pub fn names(trace: &[(Mono, Moment)]) -> BTreeMap<LegId, String> {
    let mut count: BTreeMap<String, u32> = BTreeMap::new();
    let mut names = BTreeMap::new();
    for (_, moment) in trace {
        let (leg, base) = match moment {
            Moment::Dialled { leg, by: Some(user), .. } => (*leg, user.to_string()),
            Moment::Dialled { leg, from, .. } if from.is_empty() => (*leg, "anonymous".to_owned()),
            Moment::Dialled { leg, from, .. } => (*leg, from.to_string()),
            Moment::Placed { leg, to, .. } => (*leg, to.to_string()),
            _ => continue,
        };
        let n = count.entry(base.clone()).or_default();
        *n = n.saturating_add(1);
        names.insert(leg, if *n == 1 { base } else { format!("{base}#{n}") });
    }
    names
}
