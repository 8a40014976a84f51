//! Calls of the past, run again from their journals by the same sessions as live ones. Nothing is asked of anybody: what
//! a call saw is in its journal.
//!
//! A call that was made one with another cannot be run alone: both journals are given, and their turns run in the order
//! in which they were.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Exchange;
use super::digest;
use super::happened::Happened;
use super::journal::{Read, Turn, Unreadable};
use super::plan::Plan;
use super::port::Output;
use super::session::Session;
use super::shared::FlowTrace;
use super::tape::Last;
use super::wire::HIDDEN_KEY;
use crate::base::id::CallId;
use crate::base::time::Now;
use crate::call::leg::LegEvent;

/// What is pressed in place of a key that the journal does not tell. A secret goes to services only, and what they
/// answered is told: which key it was decides nothing.
const STAND_IN: char = '0';

/// One turn, run again.
#[derive(Debug)]
pub struct Again<'a> {
    pub call: CallId,
    pub now: Now,
    pub what: &'a Happened,
    pub outputs: Vec<Output>,
    /// What its flow did.
    pub trace: Vec<FlowTrace>,
}

/// How a replay ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Everything went as it did then.
    Exact {
        turns: usize,
    },
    Otherwise(Otherwise),
}

/// The first turn that does not go as it did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Otherwise {
    pub call: CallId,
    /// Counted from 1 in the call.
    pub turn: usize,
    pub now: Now,
    /// Kinds of outputs, in order.
    pub then: Vec<&'static str>,
    pub put: Vec<&'static str>,
    /// It asks for something else than it did.
    pub saw_else: bool,
}

/// Why calls cannot be run again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CannotReplay {
    /// No plan is the one that the call began with.
    Changed(CallId),
    /// A call of which it was a part is not given.
    Missing(CallId),
    Unreadable(Unreadable),
}

/// Calls that a call was made one with.
///
/// # Errors
/// A turn is none.
pub fn partners(read: &Read) -> Result<Vec<CallId>, CannotReplay> {
    Ok(joined(read)?.into_iter().map(|(call, _)| call).collect())
}

/// The same, and of each whether this call was moved into it, in its turn.
fn joined(read: &Read) -> Result<Vec<(CallId, bool)>, CannotReplay> {
    let mut partners = Vec::new();
    for turn in &read.turns {
        // Ids near others are wrong here; those of calls are whole.
        match turn.open(Last::default()).ok_or(CannotReplay::Unreadable(Unreadable::Damaged))?.0 {
            Happened::Merge { consultation, .. } => partners.push((consultation, false)),
            Happened::MergedInto(call) => partners.push((call, true)),
            _ => {}
        }
    }
    Ok(partners)
}

/// Runs the calls again, all that they were made one with among them, and tells each turn.
///
/// # Errors
/// Something is missing that it takes; nothing is wrong with the calls.
pub fn replay(plans: &[Arc<Plan>], reads: &[Read], tell: &mut dyn FnMut(Again<'_>)) -> Result<Verdict, CannotReplay> {
    let mut calls: BTreeMap<CallId, (Arc<Plan>, Last, usize)> = BTreeMap::new();
    for read in reads {
        let plan = plans.iter().find(|plan| plan.digest() == read.plan_digest);
        let plan = plan.ok_or(CannotReplay::Changed(read.call))?;
        calls.insert(read.call, (plan.clone(), Last::default(), 0));
    }
    let joined = reads.iter().map(joined).collect::<Result<Vec<_>, _>>()?;
    for (read, own) in reads.iter().zip(&joined) {
        for (partner, was_moved) in own {
            let other = reads.iter().zip(&joined).find(|(other, _)| other.call == *partner).map(|(_, joined)| joined);
            // Both note it in the same moment. Of a call that was in progress when its process died there is a journal,
            // and it begins after the crash.
            let there = other.is_some_and(|other| other.contains(&(read.call, !was_moved)));
            if !there {
                return Err(CannotReplay::Missing(*partner));
            }
        }
    }
    let mut turns: Vec<(CallId, &Turn)> =
        reads.iter().flat_map(|read| read.turns.iter().map(|turn| (read.call, turn))).collect();
    turns.sort_by_key(|(_, turn)| turn.serial);
    let first = turns.first().map(|(_, turn)| turn.now).unwrap_or_default();
    let mut exchange = Exchange::new(plans.first().cloned().unwrap_or_default(), 0, first);
    exchange.record_trace();
    exchange.shared.replay();
    exchange.shared.out.clear();
    for (call, turn) in &turns {
        let Some((plan, last, nth)) = calls.get_mut(call) else { continue };
        *nth = nth.saturating_add(1);
        let (what, tape) = turn.open(*last).ok_or(CannotReplay::Unreadable(Unreadable::Damaged))?;
        exchange.shared.now = turn.now;
        exchange.shared.plan = plan.clone();
        exchange.shared.give(tape);
        exchange.again(*call, pressed(&what));
        let (put, newest) = exchange.shared.given();
        *last = newest;
        let outputs = std::mem::take(&mut exchange.shared.out);
        tell(Again { call: *call, now: turn.now, what: &what, outputs, trace: exchange.take_trace() });
        if put.kinds != turn.kinds || put.digest != turn.digest || put.saw_else {
            let names = |kinds: &[u8]| kinds.iter().map(|kind| digest::name(*kind)).collect();
            return Ok(Verdict::Otherwise(Otherwise {
                call: *call,
                turn: *nth,
                now: turn.now,
                then: names(&turn.kinds),
                put: names(&put.kinds),
                saw_else: put.saw_else,
            }));
        }
    }
    Ok(Verdict::Exact { turns: turns.len() })
}

/// A key that is not told is pressed as another one.
fn pressed(what: &Happened) -> Happened {
    match what {
        Happened::Leg { leg, event: LegEvent::Digit { digit, source } } if *digit == char::from(HIDDEN_KEY) => {
            Happened::Leg { leg: *leg, event: LegEvent::Digit { digit: STAND_IN, source: *source } }
        }
        other => other.clone(),
    }
}

impl Exchange {
    /// Journals and what is kept of live calls are not put out: to measure what they cost.
    pub fn without_journals(&mut self) {
        self.shared.replay();
    }

    fn again(&mut self, call: CallId, what: Happened) {
        match &what {
            Happened::Began { leg, incoming } => {
                self.shared.legs.insert(*leg, call);
                let session = Session::new(call, *leg, incoming.clone(), &mut self.shared);
                self.sessions.insert(call, session);
            }
            Happened::Recovered { kept, up } => self.take_back(kept, up),
            Happened::Done { request, .. } | Happened::Served { request, .. } => {
                self.shared.requests.remove(request);
            }
            Happened::Merge { leg, token, other, consultation } => {
                return self.merge(call, (*leg, *token), *consultation, *other);
            }
            _ => {}
        }
        self.with(call, what);
    }
}
