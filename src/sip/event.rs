//! What the core tells the runtime, and what the runtime tells it about a call. No SIP header is in here.

use std::sync::Arc;

use super::registrar::ContactId;
use crate::base::id::LegId;
use crate::call::leg::{Diverted, Name};
use crate::call::media_types::{LocalMedia, RemoteMedia};

/// Who sent a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    Trunk(Arc<str>),
    User(Arc<str>),
}

/// A new call. It has been answered 100 and waits for `ring`, `answer` or `reject`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Incoming {
    pub leg: LegId,
    pub source: Source,
    /// The user part of the Request-URI, escapes decoded.
    pub to_user: String,
    pub from_user: String,
    pub from_display: String,
    /// The caller asked not to be shown (RFC 3323).
    pub anonymous: bool,
    /// None if the call leaves the offer to us.
    pub offer: Option<RemoteMedia>,
    /// Hops it may still take.
    pub max_forwards: u32,
    /// The leg it wants to take over (RFC 3891), found and permitted: a confirmed one, or one that we placed and that
    /// rings, if that is what was asked for (`early-only`).
    pub replaces: Option<LegId>,
    /// The user part of the last Diversion, if there is one (RFC 5806).
    pub diverted_by: Option<String>,
    pub call_id: String,
}

/// A request to transfer, to be decided by `accept_refer` or `refuse_refer`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReferRequest {
    pub token: ReferToken,
    /// The leg of the transferor.
    pub leg: LegId,
    pub to_user: String,
    /// The whole target without headers.
    pub to_uri: String,
    pub replaces: Option<ReplacesTarget>,
    pub referred_by: Option<String>,
}

/// The dialog that an attended transfer names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReplacesTarget {
    /// One of ours.
    Leg(LegId),
    /// None that we know; it must not become a call to an unrelated user (RFC 5589 §7.3).
    Unknown,
}

/// One REFER, until its outcome has been told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ReferToken(pub u64);

/// Why a leg ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// We ended or refused it.
    Local,
    /// The peer sent BYE.
    Bye,
    /// The caller took its call back before it was answered.
    Cancelled,
    /// The answer, or that it rings, was never confirmed (RFC 3261 §13.3.1.4, RFC 3262 §3).
    NoAck,
    /// The session was not refreshed in time (RFC 4028 §10).
    SessionExpired,
    /// The peer does not know the dialog any more, or does not answer.
    DialogLost,
    /// The answer to our offer cannot be used.
    BadAnswer,
}

/// Something that happened. Events of one leg come in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SipEvent {
    Incoming(Box<Incoming>),
    /// A placed leg rings; again if early media begins.
    Ringing {
        leg: LegId,
        early_media: Option<RemoteMedia>,
    },
    /// A placed leg is answered, and confirmed by us.
    Answered {
        leg: LegId,
        media: RemoteMedia,
    },
    /// A call that we answered is confirmed by its caller.
    Confirmed {
        leg: LegId,
    },
    /// A placed leg ended before it was answered. 408 stands for silence, 503 for an address that cannot be reached.
    PlaceFailed {
        leg: LegId,
        status: u16,
        reason: String,
    },
    /// What the peer wants of its audio has changed.
    Media {
        leg: LegId,
        media: RemoteMedia,
    },
    /// The peer put us on hold. Follows the `Media` that says so.
    Held {
        leg: LegId,
    },
    Resumed {
        leg: LegId,
    },
    /// The end of `hold`, `resume` or `renegotiate`: done, or the status it failed with; the old audio goes on.
    Renegotiated {
        leg: LegId,
        outcome: Result<RemoteMedia, u16>,
    },
    /// A digit by INFO.
    Digit {
        leg: LegId,
        digit: char,
    },
    ReferRequested(Box<ReferRequest>),
    /// The transferor no longer listens for the outcome.
    ReferEnded {
        token: ReferToken,
        leg: LegId,
    },
    /// The leg is over. The last event of a leg, except for one that ended by `PlaceFailed`.
    Gone {
        leg: LegId,
        cause: Cause,
    },
    /// A user's contacts have changed and there is at least one.
    Registered {
        user: Arc<str>,
        contacts: Vec<ContactId>,
    },
    /// A user's last contact is gone.
    Unregistered {
        user: Arc<str>,
    },
}

/// Where a placed leg goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Destination {
    /// One registered phone of a user.
    Contact { user: Arc<str>, contact: ContactId },
    /// A number behind a trunk.
    Trunk { trunk: Arc<str>, user_part: String },
}

/// What a placed leg says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlaceSpec {
    pub to: Destination,
    pub from_user: String,
    pub from_display: String,
    /// Hide the caller (RFC 3323): From says anonymous, and `Privacy: id` guards what else names it.
    pub anonymous: bool,
    /// The user part of P-Asserted-Identity (RFC 3325).
    pub p_asserted: Option<String>,
    /// Who sent the call on, and why (RFC 5806, RFC 7044).
    pub diverted: Option<Diverted>,
    /// The user part of Referred-By (RFC 3892).
    pub referred_by: Option<String>,
    /// Facts for the screen of a registered phone (RFC 7433); nobody else is told them.
    pub context: Arc<[(Name, Arc<str>)]>,
    pub max_forwards: u32,
    pub media: LocalMedia,
}
