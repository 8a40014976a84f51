//! The record of one call: plain values, written once when the call is over.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cause::Cause;
use super::leg::{Name, Origin};
use crate::base::id::{CallId, PartyId};
use crate::base::time::Wall;

/// What the caller was doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntervalKind {
    /// Waiting for somebody to answer: before the call is answered, or while a target rings.
    Ring,
    /// With a flow: prompts, menus.
    Flow,
    Queue,
    Talk,
    Hold,
}

impl IntervalKind {
    pub fn name(self) -> &'static str {
        match self {
            IntervalKind::Ring => "ring",
            IntervalKind::Flow => "flow",
            IntervalKind::Queue => "queue",
            IntervalKind::Talk => "talk",
            IntervalKind::Hold => "hold",
        }
    }
}

/// A stretch of the call; each begins where the one before it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    pub kind: IntervalKind,
    pub from: Wall,
    pub to: Wall,
}

/// Who ended the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HangupBy {
    /// The party of this number (`p-..-n`).
    Party(u32),
    Flow,
    /// A limit, a refusal or a fault.
    System,
}

/// Who ended a leg.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LegEnd {
    /// The far end hung up, declined or was lost.
    Itself,
    /// The call had no more use for it.
    Us,
}

impl LegEnd {
    pub fn name(self) -> &'static str {
        match self {
            LegEnd::Itself => "itself",
            LegEnd::Us => "us",
        }
    }
}

/// One leg of the call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartyRecord {
    pub id: PartyId,
    /// `caller`, `target`, `agent` or `recalled`.
    pub role: &'static str,
    pub origin: Origin,
    pub number: Arc<str>,
    pub started: Wall,
    pub ringing: Option<Wall>,
    pub answered: Option<Wall>,
    pub ended: Wall,
    pub cause: Cause,
    pub transferred_by: Option<PartyId>,
    /// Why the leg is there: `call`, `dialled`, `flow`, `blind`, `attended`, `queue` or `recall`.
    pub reason: &'static str,
    /// `None`: it is not known.
    pub hangup_by: Option<LegEnd>,
}

/// One call. The intervals tile it from `started` to `ended`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallRecord {
    pub call_id: CallId,
    /// The call that it began with, through all transfers.
    pub root: CallId,
    pub started: Wall,
    pub answered: Option<Wall>,
    pub ended: Wall,
    pub origin: Origin,
    /// The caller's number as it was presented.
    pub caller: Arc<str>,
    pub dialed: Arc<str>,
    /// Flows in the order they ran.
    pub flows: Vec<Name>,
    /// Transfers, forwards and overflows.
    pub hops: u32,
    pub cause: Cause,
    pub hangup_by: HangupBy,
    pub parties: Vec<PartyRecord>,
    pub intervals: Vec<Interval>,
    pub tags: BTreeMap<Arc<str>, Arc<str>>,
    /// Names of the files with what was said, in order; one that went on after a crash is two.
    pub recordings: Vec<Arc<str>>,
}
