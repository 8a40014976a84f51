//! What can be asked of a leg and what a leg can report: the call part of the exchange's port
//! (specs: `Command` and `Event`). Values only.

use std::sync::Arc;

use super::cause::Cause;
use crate::base::id::LegId;

/// A user, trunk, queue, flow or policy by its name in the site.
pub type Name = Arc<str>;

/// One registered device of a user; numbered by the registrar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ContactId(pub u64);

/// A REFER that waits for its answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReferToken(pub u64);

/// Where a leg came from. A party that came from outside stays outside for ever.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    Trunk(Name),
    User(Name),
}

impl Origin {
    pub fn is_outside(&self) -> bool {
        matches!(self, Origin::Trunk(_))
    }
}

/// Who calls, as the far end said it. Never trusted, never dialled unparsed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Caller {
    pub number: Arc<str>,
    pub name: Arc<str>,
    /// Privacy was asked for (RFC 3323), or there is no number.
    pub anonymous: bool,
}

/// A leg that came in and waits to be told what becomes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Incoming {
    pub origin: Origin,
    /// The user part that was dialled.
    pub dialed: Arc<str>,
    pub caller: Caller,
    pub max_forwards: u8,
    /// The leg whose place this call takes (RFC 3891): one that is up, or one that we placed and that still rings
    /// (`early-only`). Signalling has found it; whether this user may is for the exchange to say.
    pub replaces: Option<LegId>,
}

/// What a placed leg carries to the far end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Presented {
    /// Who calls, as the far end shall see it.
    pub caller: Caller,
    /// Who transferred (RFC 3892), as a user part; empty if nobody.
    pub referred_by: Option<Name>,
    /// Who sent the call on, for a call that was not placed to this target by its caller.
    pub diverted: Option<Diverted>,
    /// Facts for the screen of a user of the site; never sent outside.
    pub context: Arc<[(Name, Arc<str>)]>,
    pub max_forwards: u8,
}

/// A call's last diversion (RFC 5806, RFC 7044).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diverted {
    /// The number or extension that diverted it.
    pub by: Name,
    pub reason: DivertReason,
}

/// Why a call was diverted, in the words of RFC 5806 §5.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DivertReason {
    NoAnswer,
    UserBusy,
    /// A transfer, or a flow that sent the call on.
    Deflection,
    Unconditional,
}

/// The dialog that a REFER names for replacement (RFC 3891).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Replaced {
    /// One of ours.
    Leg(LegId),
    /// None that we know: it must not become a call to an unrelated user (RFC 5589 §7.3).
    Unknown,
}

/// How a key arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DigitSource {
    /// RFC 4733
    Rtp,
    /// SIP INFO
    Info,
}

/// A fact about one leg that nobody asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LegEvent {
    /// The far end of a placed leg is being alerted (180), or makes sound before it answers (183).
    Ringing,
    /// The caller confirmed the answer (ACK).
    Confirmed,
    Digit {
        digit: char,
        source: DigitSource,
    },
    /// The far end put us on hold, or took us back.
    Held,
    Resumed,
    /// The far end asks us to transfer its peer. Only the exchange may accept it.
    ReferRequested {
        token: ReferToken,
        to: Arc<str>,
        /// The consultation call that an attended transfer is completed with.
        replaces: Option<Replaced>,
    },
    /// The leg is over: hung up, cancelled or lost. The last event of a leg.
    Gone {
        cause: Cause,
    },
}
