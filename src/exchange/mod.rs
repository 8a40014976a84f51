//! The heart: one state machine that owns sessions, parties, queues, flow frames, permits and
//! timers. [`Exchange::handle`] takes what happened and says what to do; it never waits, reads no
//! clock and does no I/O. `serve`, flow tests and the simulator drive the same machine.

pub mod asking;
pub mod board;
pub mod book;
pub mod conference;
pub mod consult;
pub mod cx;
pub mod diary;
pub mod digest;
pub mod events;
pub mod frames;
pub mod guard;
pub mod handover;
pub mod happened;
pub mod incoming;
pub mod journal;
pub mod kept;
mod kept_wire;
pub mod keys;
pub mod meanwhile;
pub mod merge;
pub mod names;
pub mod observe;
pub mod order;
pub mod outcome;
pub mod party;
pub mod plan;
pub mod port;
pub mod reach;
pub mod recall;
pub mod record;
pub mod recording;
pub mod recover;
pub mod refer;
pub mod replace;
pub mod replay;
pub mod ringing;
pub mod service;
pub mod session;
pub mod settle;
pub mod shared;
pub mod tape;
pub mod timers;
pub mod transfer;
pub mod view;
pub mod waiting;
pub mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use plan::Plan;
pub use port::{Input, LegNotice, LegRequest, Output, Place, PlaceOutside, Recording};
pub use shared::{Counters, FlowTrace};

use crate::base::id::{CallId, LegId, RequestId};
use crate::base::limits;
use crate::base::time::{Micros, Mono, Now};
use crate::base::value::Value;
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{ContactId, LegEvent, Name, Replaced};
use crate::site::model::Site;
use happened::{Happened, Reply};
use session::Session;
use shared::{PermitRequest, Shared};

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
            Input::Served { request, outcome, value } => self.served(request, outcome, value),
            Input::Registered { user, contacts } => self.registered(user, contacts),
            Input::Order { id, order } => self.order(id, *order),
            Input::Reload(plan) => {
                self.shared.plan = plan;
                self.configure_queues();
            }
            Input::Drain => self.draining = true,
            Input::Recovered(calls) => self.recovered(calls),
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
        self.shared.noted.trace.get_or_insert_default();
    }

    /// What flows did since the last time, in order.
    pub fn take_trace(&mut self) -> Vec<FlowTrace> {
        self.shared.noted.trace.as_mut().map(std::mem::take).unwrap_or_default()
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

    /// Calls that agents are believed to be on: as long as there is one, no queue offers them another.
    pub fn calls_of_agents(&self) -> usize {
        usize::try_from(self.shared.queues.on_calls()).unwrap_or(usize::MAX)
    }

    /// Who has which skills until the site changes, whatever it says: nobody else has any.
    pub fn set_skills(&mut self, skills: BTreeMap<Name, BTreeSet<Name>>) {
        self.shared.queues.set_skills(Some(skills));
    }

    pub fn held_permits(&self) -> usize {
        self.shared.permits.store.total_held()
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
        if let LegEvent::ReferRequested { token, replaces: Some(Replaced::Leg(other)), .. } = event {
            self.refer_with_replaces(leg, token, other);
            return;
        }
        let Some(call) = self.shared.legs.get(&leg).copied() else { return };
        self.with(call, Happened::Leg { leg, event });
    }

    fn done(&mut self, request: RequestId, result: Result<(), Cause>) {
        let Some(call) = self.shared.requests.remove(&request) else { return };
        self.with(call, Happened::Done { request, result });
    }

    fn served(&mut self, request: RequestId, outcome: Arc<str>, value: Option<Value>) {
        let Some(call) = self.shared.requests.remove(&request) else { return };
        self.with(call, Happened::Served { request, outcome, value });
    }

    /// Fires what is due by time.
    fn due(&mut self) {
        while let Some((timer, call)) = self.shared.timers.pop_due(self.shared.now.mono) {
            self.with(call, Happened::Timer(timer));
        }
        if self.shared.queue_deadline.is_some_and(|at| at <= self.shared.now.mono) {
            self.shared.poll_queues = true;
        }
    }

    /// Goes on with flows that used up their turn, each once, and lets the queues act.
    fn settle(&mut self) {
        while let Some(asked) = self.shared.permits.asked.pop_front() {
            self.answer_permit(&asked);
        }
        for _ in 0..self.shared.yielded.len() {
            let Some(call) = self.shared.yielded.pop_front() else { break };
            self.with(call, Happened::GoesOn);
        }
        while std::mem::take(&mut self.shared.poll_queues) {
            for action in self.shared.queues.poll(self.shared.now.mono) {
                let call = action.call();
                self.with(call, Happened::Queue(action));
            }
            self.shared.queue_deadline = self.shared.queues.next_deadline(self.shared.now.mono);
        }
    }

    /// The permit store of one node: answers in the same turn. A grant that nobody waits for any
    /// more is given back.
    fn answer_permit(&mut self, asked: &PermitRequest) {
        let PermitRequest { request, call, permit, leg } = asked;
        let granted = self.shared.permits.store.acquire(&permit.subject, permit.limit, *leg);
        let result = if granted { Ok(()) } else { Err(Cause::new(CauseKind::Declined)) };
        self.done(*request, result);
        let taken = self.sessions.get(call).and_then(|s| s.party(*leg)).is_some_and(|p| p.permit.is_some());
        if granted && !taken {
            self.shared.permits.store.release(&permit.subject, *leg);
        }
    }

    /// Lets it happen to one call; `None` if the call is over.
    fn with(&mut self, call: CallId, what: Happened) -> Option<Reply> {
        self.turn(call, what, |session, shared, what| session.happened(shared, what))
    }

    /// Runs one call's part of a turn, notes it in the call's journal, and takes the call out when it is over.
    fn turn(
        &mut self,
        call: CallId,
        what: Happened,
        act: impl FnOnce(&mut Session, &mut Shared, Happened) -> Reply,
    ) -> Option<Reply> {
        let session = self.sessions.get_mut(&call)?;
        self.shared.begin_turn(&session.notes, &what, session.hides_key_of(&what));
        let reply = act(session, &mut self.shared, what);
        session.recording_follows(&mut self.shared);
        if !session.is_finished() {
            self.shared.end_turn(&mut session.notes);
            self.shared.keep(session);
            return Some(reply);
        }
        if let Some(mut session) = self.sessions.remove(&call) {
            let mut notes = std::mem::take(&mut session.notes);
            let (root, plan) = (session.diary.root, session.plan.clone());
            session.finish(&mut self.shared);
            self.shared.poll_queues = true;
            self.shared.end_turn(&mut notes);
            if !self.shared.replays() {
                self.shared.out.push(Output::Journal(Box::new(notes.seal(call, root, &plan))));
            }
        }
        Some(reply)
    }

    fn configure_queues(&mut self) {
        let now = self.shared.now.mono;
        let configs = self.shared.plan.site.queues.values().map(|queue| (queue.name.clone(), queue_config(queue)));
        self.shared.queues.configure(configs.collect(), now);
        self.shared.queues.set_skills(skills_of(&self.shared.plan.site));
        for user in self.shared.plan.site.users.keys() {
            self.shared.queues.set_reachable(user, self.shared.reachable.contains_key(user));
        }
        self.shared.poll_queues = true;
    }
}

/// Who has which skills; `None`, where the site gives nobody any: then no agent is left out.
fn skills_of(site: &Site) -> Option<BTreeMap<Name, BTreeSet<Name>>> {
    let skilled = site.users.values().filter(|user| !user.skills.is_empty());
    let skills: BTreeMap<Name, BTreeSet<Name>> = skilled.map(|user| (user.name.clone(), user.skills.clone())).collect();
    (!skills.is_empty()).then_some(skills)
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
        max_ewt: queue.max_ewt_ms.map(Micros::from_ms),
        handle_time: Micros::from_ms(queue.handle_time_ms),
    }
}
