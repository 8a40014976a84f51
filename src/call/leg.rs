//! What can be asked of a leg and what a leg can report: the call part of the exchange's port
//! (specs: `Command` and `Event`). Values only.

use std::sync::Arc;

use super::cause::Cause;

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
}

/// What a placed leg carries to the far end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Presented {
    /// Who calls, as the far end shall see it.
    pub caller: Caller,
    /// Who transferred (RFC 3892), as a user part; empty if nobody.
    pub referred_by: Option<Name>,
    pub max_forwards: u8,
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
        has_replaces: bool,
    },
    /// The leg is over: hung up, cancelled or lost. The last event of a leg.
    Gone {
        cause: Cause,
    },
}
