//! Live calls as others may see them. Copies, made when asked for.

use std::sync::Arc;

use super::Exchange;
use super::frames::Sleep;
use super::party::Stage;
use super::session::{Session, State};
use super::transfer::TransferStage;
use crate::acd::Place;
use crate::base::id::{CallId, LegId, PartyId};
use crate::base::time::Wall;
use crate::call::leg::Name;

/// One live call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallView {
    pub id: CallId,
    pub started: Wall,
    pub answered: Option<Wall>,
    pub caller: Arc<str>,
    pub dialed: Arc<str>,
    /// `flow`, `deciding`, `ringing`, `asking`, `consulting`, `queued`, `joining`, `recalling`, `talking`, `dialing_in`, `conference`,
    /// `announcing` or `ending`.
    pub state: &'static str,
    pub flow: Option<Name>,
    pub step: Option<Name>,
    pub hops: u32,
    /// The party that the flow or the transfer serves.
    pub subject: LegId,
    /// A flow waits for keys.
    pub collects: bool,
    /// Tries in which the caller pressed no key, of the statement that waits for some.
    pub silent_tries: u32,
    pub parties: Vec<PartyView>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PartyView {
    pub id: PartyId,
    pub leg: LegId,
    /// The user, if it is one of the site's.
    pub user: Option<Name>,
    pub role: &'static str,
    pub number: Arc<str>,
    /// `offered`, `answering`, `planned`, `ringing`, `up`, `ending` or `gone`.
    pub state: &'static str,
    pub outside: bool,
    /// Has its peer on hold.
    pub holding: bool,
}

impl Exchange {
    /// All live calls, oldest id first.
    pub fn calls(&self) -> Vec<CallView> {
        self.sessions.values().map(Session::view).collect()
    }

    pub fn call(&self, id: CallId) -> Option<CallView> {
        self.sessions.get(&id).map(Session::view)
    }

    /// Callers who wait, by queue.
    pub fn waiting(&self) -> Vec<(Name, usize)> {
        let queues = &self.shared.queues;
        let now = self.shared.now.mono;
        let names = self.shared.plan.site.queues.keys();
        names.map(|name| (name.clone(), queues.waiting(name, now).map_or(0, |(count, _)| count))).collect()
    }

    /// Everybody who waits in a queue, in the order of service.
    pub fn places(&self) -> Vec<Place> {
        self.shared.queues.places(self.shared.now.mono)
    }

    /// What must hold after every turn; each broken promise in words. For tests and the simulator.
    pub fn broken_invariants(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let held: usize = self.sessions.values().flat_map(|s| &s.parties).filter(|p| p.permit.is_some()).count();
        if held != self.held_permits() {
            broken.push(format!("{} permits are held, but {held} legs count", self.held_permits()));
        }
        let legs: usize = self.sessions.values().flat_map(|s| &s.parties).filter(|p| !p.is_gone()).count();
        if legs != self.live_legs() {
            broken.push(format!("{} legs are known, but calls have {legs}", self.live_legs()));
        }
        for session in self.sessions.values() {
            if let State::Talking(talk) = &session.state
                && !(session.is_live(talk.peer) && session.is_live(session.subject))
            {
                broken.push(format!("{}: a party talks to nobody", session.id));
            }
            if session.is_finished() {
                broken.push(format!("{}: over, but still here", session.id));
            }
        }
        if self.sessions.is_empty() && !self.shared.timers.is_empty() {
            broken.push(format!("{} timers without a call", self.shared.timers.len()));
        }
        broken
    }
}

impl Session {
    /// What the call is doing, in the words of its view.
    pub fn doing(&self) -> &'static str {
        match &self.state {
            State::Flow => "flow",
            State::Transfer(transfer) => match transfer.stage {
                TransferStage::Admitting { .. } | TransferStage::Deciding { .. } => "deciding",
                TransferStage::Dialing { .. } => "ringing",
                TransferStage::Asking(_) => "asking",
                TransferStage::Consulting { .. } => "consulting",
                TransferStage::Pausing { .. } => "recalling",
                TransferStage::Queued(_) => "queued",
                TransferStage::Joining { .. } => "joining",
            },
            State::Talking(_) => "talking",
            State::DialIn(_) => "dialing_in",
            State::Conference(_) => "conference",
            State::Announcing { .. } => "announcing",
            State::Ending { .. } => "ending",
        }
    }

    fn view(&self) -> CallView {
        let collect = self.run.as_ref().and_then(|run| match &run.sleep {
            Sleep::Collecting { collect, .. } => Some(collect),
            _ => None,
        });
        CallView {
            id: self.id,
            started: self.diary.started,
            answered: self.diary.answered,
            caller: self.arrival.caller.number.clone(),
            dialed: self.arrival.dialed.clone(),
            state: self.doing(),
            // The flow and the step belong together: a subflow is named while it runs.
            flow: self.run.as_ref().map(|r| r.frame.flow_at_hand().clone()),
            step: self.run.as_ref().map(super::frames::FlowRun::step_name),
            hops: self.moves.hops,
            subject: self.subject,
            collects: collect.is_some(),
            silent_tries: collect.map_or(0, |collect| collect.silent_tries()),
            parties: self.parties.iter().map(party_view).collect(),
        }
    }
}

fn party_view(party: &super::party::Party) -> PartyView {
    PartyView {
        id: party.id,
        leg: party.leg,
        user: party.user().cloned(),
        role: party.role.name(),
        number: party.number.clone(),
        state: match party.stage {
            Stage::Offered => "offered",
            Stage::Answering(_) => "answering",
            Stage::Planned => "planned",
            Stage::Placing(_) => "ringing",
            Stage::Up => "up",
            Stage::Ending => "ending",
            Stage::Gone => "gone",
        },
        outside: party.origin.is_outside(),
        holding: party.hold.holds,
    }
}
