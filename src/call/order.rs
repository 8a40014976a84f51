//! Orders of the API about live calls, and what they lead to: plain values. Who may give them, and how they travel,
//! is elsewhere.

use std::sync::Arc;

use super::leg::Name;
use super::spec::{Target, TransferMode};
use crate::base::id::{CallId, DecisionId, PartyId, TransferId};
use crate::base::time::Wall;

/// What the API asks of a live call.
#[derive(Clone, PartialEq, Debug)]
pub enum Order {
    /// Give the call to somebody else, in the name of a user who is a party of it.
    Transfer { call: CallId, from: Name, target: Target, mode: TransferMode },
    /// Join the caller and the target, and let the transferor go.
    Complete(Which),
    /// Give the target up; the transferor has the caller back.
    Cancel(Which),
    /// Let all three hear each other.
    ThreeWay(Which),
    /// The transferor goes from the target to the caller, or back.
    Swap(Which),
    /// End the call.
    HangUp { call: CallId },
}

/// Which transfer is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// The newest one of a call.
    Call(CallId),
    Transfer(TransferId),
}

/// How far a transfer is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TransferState {
    /// The target is being reached; the transferor has left or is leaving.
    Transferring,
    /// The transferor waits for the target, or talks to it; the caller is on hold.
    Consulting,
    /// The target could not be had: the transferor is called back.
    Recalling,
    /// The call waits in a queue.
    Queued,
    /// Caller and target talk.
    Completed,
    /// All three talk.
    Conference,
    /// The transferor has the caller back.
    Cancelled,
    /// The caller left before it was decided.
    Abandoned,
    /// Neither target nor transferor could be had.
    Failed,
}

impl TransferState {
    pub fn name(self) -> &'static str {
        match self {
            TransferState::Transferring => "transferring",
            TransferState::Consulting => "consulting",
            TransferState::Recalling => "recalling",
            TransferState::Queued => "queued",
            TransferState::Completed => "completed",
            TransferState::Conference => "conference",
            TransferState::Cancelled => "cancelled",
            TransferState::Abandoned => "abandoned",
            TransferState::Failed => "failed",
        }
    }

    /// Nothing more becomes of it.
    pub fn is_final(self) -> bool {
        use TransferState::{Abandoned, Cancelled, Completed, Conference, Failed};
        matches!(self, Completed | Conference | Cancelled | Abandoned | Failed)
    }
}

/// One transfer as others may see it.
#[derive(Clone, PartialEq, Debug)]
pub struct TransferView {
    pub id: TransferId,
    pub call: CallId,
    pub mode: TransferMode,
    /// The transferor; none for a flow.
    pub from: Option<PartyId>,
    /// The target as it was asked for: `user us_ravi`, `number +442079460000`.
    pub target: Arc<str>,
    pub state: TransferState,
    /// An outcome of the `transfer` statement, once the target has been had or missed; `caller_abandoned` if the caller
    /// left before.
    pub outcome: Option<&'static str>,
    /// Why, in words.
    pub reason: Option<Arc<str>>,
    pub began: Wall,
    pub changed: Wall,
}

/// An order that was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    pub call: CallId,
    /// None for an order that is about no transfer.
    pub transfer: Option<(TransferId, TransferState)>,
}

/// An order that was not taken: nothing has happened to the call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    NoSuchCall,
    NoSuchTransfer,
    /// The user in whose name it was given is no party of the call.
    NotAParty,
    /// The call or the transfer is in another state: the transfer's, if there is one, and what the call is doing, in the
    /// words of its view.
    WrongState {
        state: Option<TransferState>,
        call: Option<&'static str>,
        detail: Arc<str>,
    },
    /// A policy said no, or its limit is reached.
    Denied {
        reasons: Vec<Arc<str>>,
        decision: Option<DecisionId>,
    },
    /// The target cannot be had: an outcome of the statement, such as `offline` or `not_found`.
    Target {
        outcome: &'static str,
        detail: Arc<str>,
    },
}

/// Something that happened to a call, for whoever follows its events.
#[derive(Clone, PartialEq, Debug)]
pub struct CallEvent {
    pub at: Wall,
    pub call: CallId,
    /// The call that it began with, through all transfers.
    pub root: CallId,
    pub kind: CallEventKind,
}

#[derive(Clone, PartialEq, Debug)]
pub enum CallEventKind {
    Began {
        caller: Arc<str>,
        dialed: Arc<str>,
    },
    /// A party's leg is placed, rings, is up, is held, is taken back, or has left.
    Party {
        party: PartyId,
        role: &'static str,
        number: Arc<str>,
        state: PartyState,
    },
    Transfer(Box<TransferView>),
    /// A policy decided on an outside leg.
    Decided {
        decision: DecisionId,
        allowed: bool,
        reason: Arc<str>,
    },
    /// Of what a party says and hears.
    Recording {
        party: PartyId,
        /// The name of the file, without its ending.
        name: Arc<str>,
        state: RecordingState,
    },
    Ended {
        cause: &'static str,
        by: Arc<str>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordingState {
    Started,
    Paused,
    Resumed,
    Stopped,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartyState {
    Placed,
    Ringing,
    Answered,
    Held,
    Retrieved,
    Left,
}

impl PartyState {
    pub fn name(self) -> &'static str {
        match self {
            PartyState::Placed => "placed",
            PartyState::Ringing => "ringing",
            PartyState::Answered => "answered",
            PartyState::Held => "held",
            PartyState::Retrieved => "retrieved",
            PartyState::Left => "left",
        }
    }
}
