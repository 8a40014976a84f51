//! The heart: one state machine that owns sessions, parties, queues, flow frames, permits and
//! timers. [`Exchange::handle`] takes what happened and says what to do; it never waits, reads no
//! clock and does no I/O. `serve`, flow tests and the simulator drive the same machine.

pub mod cx;
pub mod diary;
pub mod frames;
pub mod guard;
pub mod incoming;
pub mod names;
pub mod party;
pub mod plan;
pub mod port;
pub mod record;
pub mod refer;
pub mod session;
pub mod shared;
pub mod timers;
pub mod transfer;
pub mod view;
pub mod waiting;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use plan::Plan;
pub use port::{Input, LegNotice, LegRequest, Output, Place, PlaceOutside};
pub use shared::{Counters, FlowTrace};

use crate::base::id::{CallId, LegId, RequestId};
use crate::base::limits;
use crate::base::time::{Micros, Mono, Now};
use crate::call::audio::AudioSource;
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{ContactId, DigitSource, LegEvent, Name};
use crate::call::record::{HangupBy, IntervalKind};
use session::{Session, State};
use shared::Shared;
use timers::TimerId;

/// All calls of one node.
#[derive(Debug)]
pub struct Exchange {
    sessions: BTreeMap<CallId, Session>,
    shared: Shared,
    draining: bool,
    digits: DigitRate,
}

/// Keys of all legs in the current second, by leg.
#[derive(Debug, Default)]
struct DigitRate {
    second: u64,
    counts: BTreeMap<LegId, u32>,
}

impl DigitRate {
    /// Whether one more key of this leg is within the limit.
    fn admit(&mut self, leg: LegId, now: Mono) -> bool {
        let second = now.0 / 1_000_000;
        if second != self.second {
            self.second = second;
            self.counts.clear();
        }
        let count = self.counts.entry(leg).or_default();
        *count = count.saturating_add(1);
        *count <= limits::MAX_DIGITS_PER_SECOND
    }
}

impl Exchange {
    /// `seed` names the ids of this run; the same seed and inputs give the same outputs.
    pub fn new(plan: Arc<Plan>, seed: u64, now: Now) -> Self {
        let mut shared = Shared::new(plan, seed);
        shared.now = now;
        let mut exchange = Self { sessions: BTreeMap::new(), shared, draining: false, digits: DigitRate::default() };
        exchange.configure_queues();
        exchange
    }

    /// Takes what happened at `now` and appends what is to be done.
    pub fn handle(&mut self, now: Now, input: Input, out: &mut Vec<Output>) {
        self.shared.now = now;
        match input {
            Input::Incoming { leg, incoming } => self.incoming(leg, incoming),
            Input::Leg { leg, event } => self.leg_event(leg, event),
            Input::Done { request, result } => self.done(request, result),
            Input::Registered { user, contacts } => self.registered(user, contacts),
            Input::Reload(plan) => {
                self.shared.plan = plan;
                self.configure_queues();
            }
            Input::Drain => self.draining = true,
            Input::Tick => {}
        }
        self.due();
        self.settle();
        out.append(&mut self.shared.out);
    }

    /// When [`Input::Tick`] is wanted; `None` while nothing waits for time.
    pub fn next_deadline(&self) -> Option<Mono> {
        if !self.shared.yielded.is_empty() {
            return Some(self.shared.now.mono);
        }
        self.shared.timers.next_deadline().into_iter().chain(self.shared.queue_deadline).min()
    }

    /// Notes what flows do from now on, for [`Exchange::take_trace`].
    pub fn record_trace(&mut self) {
        self.shared.trace.get_or_insert_default();
    }

    /// What flows did since the last time, in order.
    pub fn take_trace(&mut self) -> Vec<FlowTrace> {
        self.shared.trace.as_mut().map(std::mem::take).unwrap_or_default()
    }

    pub fn counters(&self) -> Counters {
        self.shared.counters
    }

    pub fn plan(&self) -> &Arc<Plan> {
        &self.shared.plan
    }

    pub fn live_calls(&self) -> usize {
        self.sessions.len()
    }

    pub fn live_legs(&self) -> usize {
        self.shared.legs.len()
    }

    /// Timers that are set, for the check that none outlives its call.
    pub fn live_timers(&self) -> usize {
        self.shared.timers.len()
    }

    /// Requests without an answer yet.
    pub fn open_requests(&self) -> usize {
        self.shared.requests.len()
    }

    /// Agents whose device rings for a queue's call.
    pub fn offered_agents(&self) -> usize {
        self.shared.queues.offered()
    }

    pub fn held_permits(&self) -> usize {
        self.shared.permits.total_held()
    }

    fn registered(&mut self, user: Name, contacts: Vec<ContactId>) {
        self.shared.queues.set_reachable(&user, !contacts.is_empty());
        if contacts.is_empty() {
            self.shared.reachable.remove(&user);
        } else {
            self.shared.reachable.insert(user, contacts);
        }
        self.shared.poll_queues = true;
    }

    fn leg_event(&mut self, leg: LegId, event: LegEvent) {
        if let LegEvent::Digit { .. } = event
            && !self.digits.admit(leg, self.shared.now.mono)
        {
            self.shared.counters.digits_dropped = self.shared.counters.digits_dropped.saturating_add(1);
            return;
        }
        let Some(call) = self.shared.legs.get(&leg).copied() else { return };
        self.with(call, |session, shared| session.leg_event(shared, leg, event));
    }

    fn done(&mut self, request: RequestId, result: Result<(), Cause>) {
        let Some(call) = self.shared.requests.remove(&request) else { return };
        self.with(call, |session, shared| session.done(shared, request, result));
    }

    /// Fires what is due by time.
    fn due(&mut self) {
        while let Some((timer, call)) = self.shared.timers.pop_due(self.shared.now.mono) {
            self.with(call, |session, shared| session.timer(shared, timer));
        }
        if self.shared.queue_deadline.is_some_and(|at| at <= self.shared.now.mono) {
            self.shared.poll_queues = true;
        }
    }

    /// Goes on with flows that used up their turn, each once, and lets the queues act.
    fn settle(&mut self) {
        for _ in 0..self.shared.yielded.len() {
            let Some(call) = self.shared.yielded.pop_front() else { break };
            self.with(call, |session, shared| session.run_flow(shared, None));
        }
        while std::mem::take(&mut self.shared.poll_queues) {
            for action in self.shared.queues.poll(self.shared.now.mono) {
                let call = action.call();
                self.with(call, |session, shared| session.queue_action(shared, action));
            }
            self.shared.queue_deadline = self.shared.queues.next_deadline(self.shared.now.mono);
        }
    }

    /// Runs one call's part of a turn, and takes the call out when it is over.
    fn with(&mut self, call: CallId, act: impl FnOnce(&mut Session, &mut Shared)) {
        let Some(session) = self.sessions.get_mut(&call) else { return };
        act(session, &mut self.shared);
        if session.is_finished()
            && let Some(session) = self.sessions.remove(&call)
        {
            session.finish(&mut self.shared);
            self.shared.poll_queues = true;
        }
    }

    fn configure_queues(&mut self) {
        let now = self.shared.now.mono;
        let configs = self.shared.plan.site.queues.values().map(|queue| (queue.name.clone(), queue_config(queue)));
        self.shared.queues.configure(configs.collect(), now);
        for user in self.shared.plan.site.users.keys() {
            self.shared.queues.set_reachable(user, self.shared.reachable.contains_key(user));
        }
        self.shared.poll_queues = true;
    }
}

fn queue_config(queue: &crate::site::model::Queue) -> crate::acd::QueueConfig {
    use crate::site::model::Strategy;
    crate::acd::QueueConfig {
        strategy: match queue.strategy {
            Strategy::LongestIdle => crate::acd::Strategy::LongestIdle,
            Strategy::InOrder => crate::acd::Strategy::InOrder,
        },
        agents: queue.agents.clone(),
        max_wait: Micros::from_ms(queue.max_wait_ms),
        wrap_up: Micros::from_ms(queue.wrap_up_ms),
        max_waiting: usize::try_from(queue.max_waiting).unwrap_or(usize::MAX),
    }
}

impl Session {
    fn leg_event(&mut self, shared: &mut Shared, leg: LegId, event: LegEvent) {
        match event {
            LegEvent::Ringing => self.target_ringing(shared, leg),
            LegEvent::Confirmed => {}
            LegEvent::Digit { digit, source } => self.digit(shared, leg, digit, source),
            LegEvent::Held => self.held(shared, leg, true),
            LegEvent::Resumed => self.held(shared, leg, false),
            LegEvent::ReferRequested { token, to, has_replaces } => {
                self.refer_requested(shared, leg, token, &to, has_replaces);
            }
            LegEvent::Gone { cause } => self.gone(shared, leg, cause),
        }
    }

    fn digit(&mut self, shared: &mut Shared, leg: LegId, digit: char, _source: DigitSource) {
        if leg == self.subject && matches!(self.state, State::Flow) {
            self.frame_key(shared, digit);
        }
    }

    /// A phone put its peer on hold, or took it back: the peer hears music meanwhile.
    fn held(&mut self, shared: &mut Shared, leg: LegId, holding: bool) {
        let Some(party) = self.party_mut(leg) else { return };
        if std::mem::replace(&mut party.holding, holding) == holding {
            return;
        }
        let State::Talking(talk) = &self.state else { return };
        let (subject, peer) = (self.subject, talk.peer);
        if leg != subject && leg != peer {
            return;
        }
        let other = if leg == subject { peer } else { subject };
        let anyone_holds = [leg, other].iter().any(|l| self.party(*l).is_some_and(|p| p.holding));
        if holding {
            self.put_on_hold(shared, leg, other);
        } else if !anyone_holds {
            shared.notice(leg, LegNotice::Connect { peer: other });
            self.diary.enter(IntervalKind::Talk, shared.now.wall);
        }
    }

    /// The held party hears music instead of the holder.
    pub(super) fn put_on_hold(&mut self, shared: &mut Shared, holder: LegId, held: LegId) {
        shared.notice(holder, LegNotice::Disconnect { peer: held });
        shared.notice(held, LegNotice::Background(Arc::from([AudioSource::DefaultMusic])));
        self.diary.enter(IntervalKind::Hold, shared.now.wall);
    }

    fn gone(&mut self, shared: &mut Shared, leg: LegId, cause: Cause) {
        let failed = self.party(leg).is_some_and(|p| matches!(p.stage, party::Stage::Placing(_)));
        if !self.leg_gone(shared, leg, cause) {
            return;
        }
        shared.poll_queues = true;
        self.left_after_transfer(shared, leg);
        if failed {
            self.target_failed(shared, leg, cause);
            return;
        }
        match &self.state {
            State::Ending { .. } => {}
            _ if leg == self.subject => self.end(shared, cause, HangupBy::Party(leg_number(self, leg))),
            State::Talking(talk) if talk.peer == leg => self.peer_left(shared, cause, leg),
            State::Transfer(transfer) => {
                // Joining: the target left before the subject was answered.
                if matches!(transfer.stage, transfer::TransferStage::Joining { target } if target == leg) {
                    let failure = transfer::Failure::new("unreachable");
                    self.transfer_failed(shared, failure);
                }
            }
            State::Flow | State::Talking(_) => {}
        }
    }

    /// The party that the subject talked to hung up.
    fn peer_left(&mut self, shared: &mut Shared, cause: Cause, leg: LegId) {
        let State::Talking(talk) = &self.state else { return };
        shared.timers.cancel(talk.limit);
        if talk.resume && self.run.is_some() {
            self.state = State::Flow;
            shared.notice(self.subject, LegNotice::StopPlay);
            self.diary.enter(IntervalKind::Flow, shared.now.wall);
            self.begin_flow_limit(shared);
            let ended = crate::call::spec::Completion::Outcome { name: "ended", value: None };
            self.wake(shared, ended);
        } else {
            self.end(shared, cause, HangupBy::Party(leg_number(self, leg)));
        }
    }

    fn done(&mut self, shared: &mut Shared, request: RequestId, result: Result<(), Cause>) {
        let found = self.parties.iter().find_map(|p| match p.stage {
            party::Stage::Placing(r) if r == request => Some((p.leg, true)),
            party::Stage::Answering(r) if r == request => Some((p.leg, false)),
            _ => None,
        });
        let deciding = matches!(&self.state, State::Transfer(t)
            if matches!(&t.stage, transfer::TransferStage::Deciding { request: r, .. } if *r == request));
        match (found, result) {
            (Some((leg, true)), Ok(())) => self.placed_leg_up(shared, leg),
            // `Gone` follows and says the same; the transfer need not wait for it.
            (Some((leg, true)), Err(cause)) => {
                if let Some(party) = self.party_mut(leg) {
                    party.stage = party::Stage::Ending;
                    party.cause = Some(cause);
                }
                self.target_failed(shared, leg, cause);
            }
            (Some((leg, false)), Ok(())) => self.answered(shared, leg, request),
            (Some((_, false)), Err(cause)) => self.end(shared, cause, HangupBy::System),
            (None, result) if deciding => self.decided(shared, result),
            (None, result) => self.frame_done(shared, request, result),
        }
    }

    fn placed_leg_up(&mut self, shared: &mut Shared, leg: LegId) {
        let now = shared.now.wall;
        if let Some(party) = self.party_mut(leg) {
            party.stage = party::Stage::Up;
            party.times.answered = Some(now);
            if let Some(user) = party.user().cloned() {
                shared.queues.call_began(&user);
            }
        }
        self.target_answered(shared, leg);
    }

    /// The party that came in is answered: whoever wanted that goes on.
    fn answered(&mut self, shared: &mut Shared, leg: LegId, request: RequestId) {
        let now = shared.now.wall;
        if let Some(party) = self.party_mut(leg) {
            party.stage = party::Stage::Up;
            party.times.answered = Some(now);
        }
        self.diary.answered.get_or_insert(now);
        match &self.state {
            State::Flow => {
                self.diary.enter(IntervalKind::Flow, now);
                self.frame_done(shared, request, Ok(()));
            }
            State::Transfer(transfer) => match transfer.stage {
                transfer::TransferStage::Joining { .. } => self.joined(shared),
                transfer::TransferStage::Queued(_) => self.answered_in_queue(shared),
                _ => {}
            },
            State::Talking(_) | State::Ending { .. } => {}
        }
    }

    fn timer(&mut self, shared: &mut Shared, timer: TimerId) {
        if self.transfer_timer(shared, timer)
            || self.frame_timer(shared, timer)
            || self.linger_timer(shared, timer)
            || self.flow_limit_timer(shared, timer)
        {
            return;
        }
        match &self.state {
            State::Talking(talk) if talk.limit == timer => {
                self.end(shared, Cause::new(CauseKind::Normal), HangupBy::System);
            }
            State::Ending { watchdog } if *watchdog == timer => self.write_off(shared),
            _ => {}
        }
    }
}

fn leg_number(session: &Session, leg: LegId) -> u32 {
    session.party(leg).map_or(0, |p| p.id.n)
}
