//! One party of a call: its leg, what it is doing, and what must be given back when it leaves.

use std::sync::Arc;

use super::keys::LastKey;
use crate::base::id::{LegId, PartyId, RequestId};
use crate::base::time::Wall;
use crate::call::cause::Cause;
use crate::call::leg::{Caller, Name, Origin};
use crate::call::record::LegEnd;

/// Why the party is in the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Who called in.
    Caller,
    /// Who was called: by a flow, a transfer or the caller.
    Target,
    /// An agent whom a queue offered the call.
    Agent,
    /// The transferor, called back.
    Recalled,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Caller => "caller",
            Role::Target => "target",
            Role::Agent => "agent",
            Role::Recalled => "recalled",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Came in; nothing but 100 or 180 was sent.
    Offered,
    Answering(RequestId),
    /// Not placed yet: its decision is on the way to disk.
    Planned,
    Placing(RequestId),
    Up,
    /// We ended it and wait for `Gone`.
    Ending,
    Gone,
}

/// When things happened to a leg, for the record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Times {
    pub started: Wall,
    pub ringing: Option<Wall>,
    pub answered: Option<Wall>,
    pub ended: Option<Wall>,
}

/// Who is on hold, and by whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Hold {
    /// Its phone holds its peer (re-INVITE with sendonly).
    pub holds: bool,
    /// It hears music instead of its peer.
    pub is_held: bool,
}

/// Why a leg is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Why {
    /// `call`, `dialled`, `flow`, `blind`, `attended`, `recall`, `queue` or `replaces`.
    pub reason: &'static str,
    /// Who transferred to this party.
    pub transferred_by: Option<PartyId>,
}

impl Why {
    /// Nobody has transferred to it.
    pub fn is(reason: &'static str) -> Self {
        Self { reason, transferred_by: None }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Party {
    pub leg: LegId,
    pub id: PartyId,
    pub role: Role,
    /// A user, or a trunk: then the party is outside, for ever.
    pub origin: Origin,
    /// Extension or number, as it is shown.
    pub number: Arc<str>,
    /// How it showed itself when it called in, if that was to another call than this.
    pub called_as: Option<Caller>,
    pub stage: Stage,
    /// Whose `max_simultaneous` this leg counts against.
    pub permit: Option<Name>,
    pub times: Times,
    pub cause: Option<Cause>,
    pub why: Why,
    /// Who ended the leg.
    pub ended_by: Option<LegEnd>,
    /// The leg whose place it takes when it is answered.
    pub takes: Option<LegId>,
    /// The first key of a code, perhaps.
    pub last_key: Option<LastKey>,
    pub hold: Hold,
    /// An agent's wrap-up queue, if it came from one.
    pub queue: Option<Name>,
}

impl Party {
    pub fn is_up(&self) -> bool {
        self.stage == Stage::Up
    }

    pub fn is_gone(&self) -> bool {
        self.stage == Stage::Gone
    }

    /// Still there, and not being ended by us.
    pub fn is_live(&self) -> bool {
        !matches!(self.stage, Stage::Ending | Stage::Gone)
    }

    pub fn user(&self) -> Option<&Name> {
        match &self.origin {
            Origin::User(name) => Some(name),
            Origin::Trunk(_) => None,
        }
    }
}
