//! One call: its parties, and which of its small machines is at work. The machines are elsewhere:
//! flows in `frames`, transfers in `transfer`, phones' transfers in `refer`, queues in `waiting`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::conference::Conference;
use super::diary::Diary;
use super::frames::FlowRun;
use super::handover::Handover;
use super::journal::Notes;
use super::keys::DialIn;
use super::party::{Hold, Party, Role, Stage, Times, Why};
use super::plan::Plan;
use super::port::{LegNotice, LegRequest};
use super::recording::Recorder;
use super::shared::Shared;
use super::timers::TimerId;
use super::transfer::Transfer;
use crate::base::id::{CallId, LegId, PartyId, RequestId, TransferId};
use crate::base::limits::MAX_UNANSWERED_ATTEMPTS;
use crate::base::time::{Micros, Mono};
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{Caller, Diverted, Incoming, Name, Origin};
use crate::call::order::{CallEventKind, PartyState, TransferState};
use crate::call::record::{HangupBy, IntervalKind, LegEnd};
use crate::call::spec::Target;

/// A call whose legs do not report their end is ended without them after this time: longer than
/// SIP takes to give up a BYE (RFC 3261 timer F, 32 s).
const ENDING_LIMIT: Micros = Micros::from_secs(40);

/// A target that was tried so often, and nobody answered, is not tried again: flows that send a call round and round
/// are ended by it before the site's `max_hops` if that is large (T49).
const MAX_VISITS: u32 = 10;

/// Two parties hear each other.
#[derive(Debug)]
pub struct Talk {
    /// The other party than the subject.
    pub peer: LegId,
    /// The flow goes on when the peer leaves.
    pub resume: bool,
    pub limit: TimerId,
    /// When the limit fires.
    pub until: Mono,
}

/// What decides about the call at this moment.
#[derive(Debug)]
pub enum State {
    Flow,
    Transfer(Box<Transfer>),
    Talking(Talk),
    Conference(Box<Conference>),
    /// One of two who talk dials the target of a transfer.
    DialIn(Box<DialIn>),
    /// The subject hears last words and is hung up after them, for this cause.
    Announcing {
        request: RequestId,
        cause: Cause,
    },
    Ending {
        watchdog: TimerId,
    },
}

#[derive(Debug)]
pub struct Session {
    pub id: CallId,
    /// The revision the call began with.
    pub plan: Arc<Plan>,
    pub parties: Vec<Party>,
    /// The party that the flow or the transfer serves; the caller, until a transfer changes it.
    pub subject: LegId,
    pub state: State,
    pub run: Option<FlowRun>,
    /// A transfer in somebody's name that is not settled yet.
    pub handover: Option<Handover>,
    pub arrival: Arrival,
    pub moves: Moves,
    pub diary: Diary,
    pub recorder: Recorder,
    /// Why the call ended, and by whom.
    pub ended: Option<(Cause, HangupBy)>,
    /// Transferors who were told of success and have yet to hang up.
    pub lingering: Vec<(TimerId, LegId)>,
    /// Keys pressed before anybody asked for them, for the next collection.
    pub typed: VecDeque<char>,
    /// When the flow at work has had the call for too long.
    pub flow_limit: Option<TimerId>,
    /// Its journal, as far as it has come.
    pub notes: Notes,
}

/// How the call came in.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub began: Mono,
    /// What is called: a transfer to another number of the site changes it.
    pub dialed: Arc<str>,
    pub caller: Caller,
    /// Forwards left when the call came in (RFC 3261 §8.1.1.6).
    pub max_forwards: u8,
}

/// How often and whereto a call was moved.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Moves {
    /// Transfers, forwards and overflows, for the site's `max_hops`.
    pub hops: u32,
    /// Transfers that flows of this call began, for `max_legs`.
    pub by_flow: u32,
    /// Transfers that left the site, for the policy's `max_transfer_hops`.
    pub outside: u32,
    /// Targets outside that the call was sent to, in order.
    pub attempts: Vec<Attempt>,
    /// How often each target was tried since somebody last answered (T49).
    pub visits: BTreeMap<Arc<str>, u32>,
    /// Waiting time of queues left, for `keep_wait`.
    pub waited: Micros,
    /// The newest transfer.
    pub last_transfer: Option<TransferId>,
    /// The user of the site whom a flow tried last, and why the call goes on: they diverted it, until somebody has it (T53).
    pub sent_on: Option<Diverted>,
}

/// One leg outside that was allowed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// Canonical.
    pub number: Arc<str>,
    pub answered: bool,
}

impl Moves {
    /// One more move, if it is one.
    pub fn count(&mut self, moves: bool, target: &Target) {
        if moves {
            self.hops = self.hops.saturating_add(1);
            let visits = self.visits.entry(target.describe()).or_default();
            *visits = visits.saturating_add(1);
        }
    }

    /// The targets to which another transfer would be a loop: those that have had the call, and those that were
    /// tried often enough without an answer. Trying a busy number once more is no loop.
    pub fn history(&self) -> Vec<String> {
        let tries = |number: &str| self.attempts.iter().filter(|a| a.number.as_ref() == number).count();
        let counts = |a: &&Attempt| a.answered || tries(&a.number) >= MAX_UNANSWERED_ATTEMPTS;
        self.attempts.iter().filter(counts).map(|a| a.number.to_string()).collect()
    }
}

impl Session {
    pub fn new(id: CallId, leg: LegId, incoming: Incoming, shared: &mut Shared) -> Self {
        let wall = shared.now.wall;
        let arrival = Arrival {
            began: shared.now.mono,
            dialed: incoming.dialed,
            caller: known_as(&incoming.origin, incoming.caller, &shared.plan),
            max_forwards: incoming.max_forwards,
        };
        let caller = Party {
            leg,
            id: PartyId { call: id, n: 1 },
            role: Role::Caller,
            number: arrival.caller.number.clone(),
            called_as: None,
            origin: incoming.origin,
            stage: Stage::Offered,
            permit: None,
            times: Times { started: wall, ..Times::default() },
            cause: None,
            why: Why::is("call"),
            ended_by: None,
            takes: None,
            last_key: None,
            hold: Hold::default(),
            queue: None,
        };
        if let Some(user) = caller.user() {
            shared.queues.call_began(user);
        }
        Self::with_parties(id, vec![caller], arrival, shared)
    }

    /// A call with these parties, of whom the first is served.
    pub(super) fn with_parties(id: CallId, parties: Vec<Party>, arrival: Arrival, shared: &Shared) -> Self {
        Self {
            id,
            plan: shared.plan.clone(),
            subject: parties.first().map_or(LegId(0), |p| p.leg),
            parties,
            state: State::Flow,
            run: None,
            handover: None,
            arrival,
            moves: Moves::default(),
            lingering: Vec::new(),
            diary: Diary::new(id, shared.now.wall),
            recorder: Recorder::default(),
            ended: None,
            typed: VecDeque::new(),
            flow_limit: None,
            notes: Notes::default(),
        }
    }

    /// Of two who talk, the other one.
    pub fn peer_of(&self, leg: LegId) -> Option<LegId> {
        let State::Talking(talk) = &self.state else { return None };
        let pairs = [(self.subject, talk.peer), (talk.peer, self.subject)];
        pairs.into_iter().find(|(one, _)| *one == leg).map(|(_, other)| other)
    }

    pub fn party(&self, leg: LegId) -> Option<&Party> {
        self.parties.iter().find(|p| p.leg == leg)
    }

    pub fn party_mut(&mut self, leg: LegId) -> Option<&mut Party> {
        self.parties.iter_mut().find(|p| p.leg == leg)
    }

    pub fn is_live(&self, leg: LegId) -> bool {
        self.party(leg).is_some_and(Party::is_live)
    }

    /// The number of the next party.
    pub fn next_party(&self) -> u32 {
        self.parties.iter().map(|p| p.id.n).max().unwrap_or(0).saturating_add(1)
    }

    /// The target was tried so often without an answer that it would be a loop (T49).
    pub fn goes_round(&self, target: &Target) -> bool {
        self.moves.visits.get(&target.describe()).is_some_and(|visits| *visits >= MAX_VISITS)
    }

    /// Whether the party that is served can hear.
    pub fn subject_is_up(&self) -> bool {
        self.party(self.subject).is_some_and(Party::is_up)
    }

    pub fn subject_is_outside(&self) -> bool {
        self.party(self.subject).is_some_and(|p| p.origin.is_outside())
    }

    /// Nothing is left to happen: every leg reported its end.
    pub fn is_finished(&self) -> bool {
        matches!(self.state, State::Ending { .. }) && self.parties.iter().all(Party::is_gone)
    }

    /// A party that we ring.
    pub fn add_party(&mut self, shared: &mut Shared, role: Role, origin: Origin, number: Arc<str>) -> LegId {
        let leg = shared.new_leg_id(self.id);
        let n = self.next_party();
        self.parties.push(Party {
            leg,
            id: PartyId { call: self.id, n },
            role,
            origin,
            number,
            called_as: None,
            stage: Stage::Planned,
            permit: None,
            times: Times { started: shared.now.wall, ..Times::default() },
            cause: None,
            why: Why::is("dialled"),
            ended_by: None,
            takes: None,
            last_key: None,
            hold: Hold::default(),
            queue: None,
        });
        leg
    }

    /// The newest party, refused before anything was placed, leaves no trace.
    pub fn forget(&mut self, shared: &mut Shared, leg: LegId) {
        self.parties.retain(|p| p.leg != leg);
        shared.legs.remove(&leg);
    }

    pub fn place(&mut self, shared: &mut Shared, leg: LegId, op: LegRequest) {
        let request = shared.request(self.id, leg, op);
        if let Some(party) = self.party_mut(leg) {
            party.stage = Stage::Placing(request);
        }
        self.tell_party(shared, leg, PartyState::Placed);
    }

    /// Answers the party that is served; the completion comes by its [`Stage::Answering`].
    pub fn answer_subject(&mut self, shared: &mut Shared) -> Option<RequestId> {
        let (id, subject) = (self.id, self.subject);
        let party = self.party_mut(subject)?;
        match party.stage {
            Stage::Answering(request) => Some(request),
            Stage::Offered => {
                let request = shared.request(id, subject, LegRequest::Answer);
                party.stage = Stage::Answering(request);
                Some(request)
            }
            _ => None,
        }
    }

    /// Ends one leg, once.
    pub fn hang_up(&mut self, shared: &mut Shared, leg: LegId, cause: Cause) {
        let Some(party) = self.party_mut(leg) else { return };
        let op = match party.stage {
            Stage::Ending | Stage::Gone => return,
            Stage::Planned => {
                self.leg_gone(shared, leg, cause);
                return;
            }
            Stage::Offered if party.role == Role::Caller => LegNotice::Reject { cause },
            _ => LegNotice::Hangup { cause },
        };
        party.stage = Stage::Ending;
        party.ended_by = Some(LegEnd::Us);
        party.cause.get_or_insert(cause);
        shared.notice(leg, op);
    }

    /// A leg reported its end: what it held is given back. Returns false if it was gone already.
    pub fn leg_gone(&mut self, shared: &mut Shared, leg: LegId, cause: Cause) -> bool {
        let now = shared.now;
        let Some(party) = self.party_mut(leg) else { return false };
        if party.is_gone() {
            return false;
        }
        let was_placed = party.stage != Stage::Planned;
        // Who came in was counted as being on a call at once: the caller, and who takes another's place.
        let was_up = party.times.answered.is_some() || party.role == Role::Caller || party.takes.is_some();
        party.stage = Stage::Gone;
        party.ended_by.get_or_insert(LegEnd::Itself);
        party.cause.get_or_insert(cause);
        party.times.ended = Some(now.wall);
        if let Some(subject) = party.permit.take() {
            shared.permits.store.release(&subject, leg);
        }
        if was_up && let Origin::User(user) = &party.origin {
            let wrap_up = party.queue.as_ref().and_then(|queue| shared.queues.wrap_up(queue));
            shared.queues.call_ended(user, wrap_up, now.mono);
        }
        shared.legs.remove(&leg);
        if was_placed {
            self.tell_party(shared, leg, PartyState::Left);
        }
        true
    }

    /// A party is on hold, or is taken back.
    pub fn set_held(&mut self, shared: &mut Shared, leg: LegId, is_held: bool) {
        let Some(party) = self.party_mut(leg).filter(|p| p.hold.is_held != is_held) else { return };
        party.hold.is_held = is_held;
        self.tell_party(shared, leg, if is_held { PartyState::Held } else { PartyState::Retrieved });
    }

    /// Tells of a party to whoever follows the events.
    pub fn tell_party(&self, shared: &mut Shared, leg: LegId, state: PartyState) {
        let Some(party) = self.party(leg) else { return };
        let (party, role, number) = (party.id, party.role.name(), party.number.clone());
        shared.event(self.id, self.diary.root, CallEventKind::Party { party, role, number, state });
    }

    /// Two parties hear each other from now on.
    pub fn talk(&mut self, shared: &mut Shared, peer: LegId, limit: Micros, resume: bool) {
        let until = shared.now.mono + limit;
        let limit = shared.set_timer(self.id, limit);
        self.state = State::Talking(Talk { peer, resume, limit, until });
        self.hear_each_other(shared);
    }

    /// Two who talk hear each other, unless one of them holds: then the other hears music. A phone holds before it
    /// transfers, and perhaps while its peer dials: when nothing came of that, the peer is still on hold.
    pub fn hear_each_other(&mut self, shared: &mut Shared) {
        let State::Talking(Talk { peer, .. }) = self.state else { return };
        let pairs = [(self.subject, peer), (peer, self.subject)];
        let holds = |leg| self.party(leg).is_some_and(|p| p.hold.holds);
        let on_hold: Vec<(LegId, LegId)> = pairs.into_iter().filter(|(holder, _)| holds(*holder)).collect();
        if on_hold.is_empty() {
            shared.notice(self.subject, LegNotice::Connect { peer });
            self.diary.enter(IntervalKind::Talk, shared.now.wall);
            self.set_held(shared, self.subject, false);
            self.set_held(shared, peer, false);
        }
        for (holder, held) in on_hold {
            self.put_on_hold(shared, holder, held);
        }
    }

    /// Ends the call: every leg, timer, place in a queue. The record follows when all legs are gone.
    pub fn end(&mut self, shared: &mut Shared, cause: Cause, by: HangupBy) {
        if matches!(self.state, State::Ending { .. }) {
            return;
        }
        self.ended = Some((cause, by));
        self.cancel_timers(shared);
        self.close_transfer(shared, by);
        shared.queues.leave(self.id, shared.now.mono);
        self.run = None;
        let watchdog = shared.set_timer(self.id, ENDING_LIMIT);
        self.state = State::Ending { watchdog };
        self.tell_outcome(shared, cause.status());
        let legs: Vec<LegId> = self.parties.iter().filter(|p| p.is_live()).map(|p| p.leg).collect();
        for leg in legs {
            let rings = self.party(leg).is_some_and(|p| matches!(p.stage, Stage::Placing(_) | Stage::Planned));
            let cause = if rings { Cause::new(CauseKind::Cancelled) } else { cause };
            self.hang_up(shared, leg, cause);
        }
    }

    /// The call ends in a transfer that is not settled.
    fn close_transfer(&self, shared: &mut Shared, by: HangupBy) {
        let at_work = match &self.state {
            State::Transfer(transfer) => Some(transfer.id),
            _ => None,
        };
        // One that led to a flow is not settled while the flow's own is not.
        let led_here = self.handover.as_ref().map(|h| h.transfer).filter(|id| Some(*id) != at_work);
        let subject = self.party(self.subject).map(|p| p.id.n);
        let (state, reason) = match by {
            HangupBy::Party(n) if Some(n) == subject => (TransferState::Abandoned, "the caller hung up"),
            _ => (TransferState::Failed, "the call was ended"),
        };
        for id in at_work.into_iter().chain(led_here) {
            self.transfer_is(shared, id, state, None, Some(reason));
        }
    }

    /// The watchdog fired: legs that never reported are written off, loudly.
    pub fn write_off(&mut self, shared: &mut Shared) {
        shared.counters.faults = shared.counters.faults.saturating_add(1);
        let legs: Vec<LegId> = self.parties.iter().filter(|p| !p.is_gone()).map(|p| p.leg).collect();
        for leg in legs {
            self.leg_gone(shared, leg, Cause::new(CauseKind::Error));
        }
    }

    pub fn cancel_timers(&mut self, shared: &mut Shared) {
        self.end_flow_limit(shared);
        if let Some(run) = &self.run {
            if let Some(timer) = run.timer() {
                shared.timers.cancel(timer);
            }
            run.sleep.forget(shared);
        }
        for (timer, _) in self.lingering.drain(..) {
            shared.timers.cancel(timer);
        }
        match &self.state {
            State::Transfer(transfer) => transfer.cancel_timers(shared),
            State::Talking(talk) => shared.timers.cancel(talk.limit),
            State::Conference(conference) => shared.timers.cancel(conference.limit),
            State::DialIn(dial_in) => dial_in.cancel_timers(shared),
            State::Ending { watchdog } => shared.timers.cancel(*watchdog),
            State::Flow | State::Announcing { .. } => {}
        }
    }

    /// The name of the flow that runs, for events, decisions and views.
    pub fn flow_name(&self) -> Option<&Name> {
        self.run.as_ref().map(|r| &r.flow)
    }
}

/// Who a caller is. A user's telephone may write any name and number into its INVITE; what it has proved is which user it
/// is of. That it wants to stay anonymous is its own to say.
fn known_as(origin: &Origin, said: Caller, plan: &Plan) -> Caller {
    let Origin::User(name) = origin else { return said };
    let user = plan.site.users.get(name);
    let number = user.and_then(|user| user.extension.clone()).unwrap_or_else(|| name.clone());
    let name = user.map(|user| user.display.clone()).unwrap_or_default();
    Caller { number, name, anonymous: said.anonymous }
}
