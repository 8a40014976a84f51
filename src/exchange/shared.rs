//! What all calls of an exchange share: the plan, timers, requests, permits, queues, ids, outputs.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::book::Book;
use super::guard::Permit;
use super::observe::{Serial, Witness};
use super::plan::Plan;
use super::port::{LegNotice, LegRequest, Output};
use super::timers::{TimerId, Timers};
use crate::acd::Queues;
use crate::base::id::{CallId, DecisionId, IdGen, LegId, RequestId, RoomId, TransferId};
use crate::base::time::{Micros, Mono, Now};
use crate::call::audio::AudioSource;
use crate::call::leg::{ContactId, Name};
use crate::call::spec::ServiceSpec;
use crate::graph::FlowGraph;
use crate::interp::{Frame, Traced, Way};
use crate::policy::{DecisionRecord, GuardToken, PermitStore};

/// Counts for the metrics, since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    pub calls: u64,
    pub calls_refused: u64,
    pub calls_ended: u64,
    pub transfers: u64,
    pub transfers_bridged: u64,
    pub decisions_allowed: u64,
    pub decisions_denied: u64,
    pub permits_refused: u64,
    pub digits_dropped: u64,
    /// Calls ended because something held that must never hold.
    pub faults: u64,
}

/// Ways that a flow took in one turn.
#[derive(Clone, Debug)]
pub struct FlowTrace {
    pub call: CallId,
    pub graph: Arc<FlowGraph>,
    pub ways: Vec<Way>,
}

/// A permit asked for.
#[derive(Debug)]
pub struct PermitRequest {
    pub request: RequestId,
    pub call: CallId,
    pub permit: Permit,
    pub leg: LegId,
}

/// Legs that users may have outside at one time.
#[derive(Debug, Default)]
pub struct Permits {
    pub store: PermitStore,
    /// Asked for and not answered yet.
    pub asked: VecDeque<PermitRequest>,
}

#[derive(Debug)]
pub struct Shared {
    pub now: Now,
    pub plan: Arc<Plan>,
    pub timers: Timers,
    /// Requests under way and the call they belong to.
    pub requests: BTreeMap<RequestId, CallId>,
    pub permits: Permits,
    pub queues: Queues,
    /// Transfers as others may see them.
    pub book: Book,
    pub reachable: BTreeMap<Name, Vec<ContactId>>,
    /// Which call a leg belongs to.
    pub legs: BTreeMap<LegId, CallId>,
    pub counters: Counters,
    pub out: Vec<Output>,
    /// Calls whose flow used up its turn and goes on after everybody else.
    pub yielded: VecDeque<CallId>,
    /// Something changed that may let a queue make an offer.
    pub poll_queues: bool,
    /// When the queues want to be polled although nothing changes.
    pub queue_deadline: Option<Mono>,
    pub noted: Noted,
    numbers: Numbers,
}

/// What is noted of calls besides what they do.
#[derive(Debug, Default)]
pub struct Noted {
    /// What flows did, noted only when somebody wants to know.
    pub trace: Option<Vec<FlowTrace>>,
    /// For the journal of the call that has its turn.
    pub(super) witness: Witness,
}

/// Where ids come from.
#[derive(Debug)]
struct Numbers {
    ids: IdGen,
    request: u64,
    leg: u64,
    room: u64,
}

impl Shared {
    pub fn new(plan: Arc<Plan>, seed: u64) -> Self {
        Self {
            now: Now::default(),
            plan,
            timers: Timers::default(),
            requests: BTreeMap::new(),
            permits: Permits::default(),
            queues: Queues::default(),
            book: Book::default(),
            reachable: BTreeMap::new(),
            legs: BTreeMap::new(),
            counters: Counters::default(),
            out: Vec::new(),
            yielded: VecDeque::new(),
            poll_queues: false,
            queue_deadline: None,
            noted: Noted::default(),
            numbers: Numbers { ids: IdGen::new(seed), request: 0, leg: 0, room: 0 },
        }
    }

    /// Keeps what the frame noted of its last turn.
    pub fn trace_frame(&mut self, call: CallId, frame: &mut Frame) {
        if let Some(trace) = &mut self.noted.trace {
            let stretches = frame.take_trace().into_iter();
            trace.extend(stretches.map(|Traced { graph, ways }| FlowTrace { call, graph, ways }));
        }
    }

    /// A number below `below`, by chance: the seed's.
    pub fn chance(&mut self, below: u32) -> u32 {
        let drawn = (u128::from(self.numbers.ids.next_u64()) * u128::from(below)) >> 64;
        self.see(u32::try_from(drawn).unwrap_or(0))
    }

    pub fn new_call_id(&mut self) -> CallId {
        CallId(self.numbers.ids.next_u128())
    }

    pub fn new_transfer_id(&mut self) -> TransferId {
        let id = TransferId(self.numbers.ids.next_u128());
        self.see(id)
    }

    pub fn new_decision_id(&mut self) -> DecisionId {
        let id = DecisionId(self.numbers.ids.next_u128());
        self.see(id)
    }

    /// A leg that the exchange places: even numbers; the shell counts incoming ones odd.
    pub fn new_leg_id(&mut self, call: CallId) -> LegId {
        self.numbers.leg = self.numbers.leg.saturating_add(2);
        let leg = self.see(LegId(self.numbers.leg));
        self.legs.insert(leg, call);
        leg
    }

    /// A leg of before that is taken back: new ones have other numbers.
    pub fn numbered(&mut self, leg: LegId) {
        if leg.0.is_multiple_of(2) {
            self.numbers.leg = self.numbers.leg.max(leg.0);
        }
    }

    pub fn new_room(&mut self) -> RoomId {
        self.numbers.room = self.numbers.room.saturating_add(1);
        self.see(RoomId(self.numbers.room))
    }

    fn new_request(&mut self, call: CallId) -> RequestId {
        self.numbers.request = self.numbers.request.saturating_add(1);
        let request = self.see(RequestId(self.numbers.request));
        self.requests.insert(request, call);
        request
    }

    pub fn request(&mut self, call: CallId, leg: LegId, op: LegRequest) -> RequestId {
        let request = self.new_request(call);
        self.out.push(Output::Request { request, leg, op });
        request
    }

    /// Asks for a permit; the answer is a completion. The store in memory gives it in the same
    /// turn, one that several nodes share would give it later.
    pub fn ask_permit(&mut self, call: CallId, permit: Permit, leg: LegId) -> RequestId {
        let request = self.new_request(call);
        self.permits.asked.push_back(PermitRequest { request, call, permit, leg });
        request
    }

    pub fn notice(&mut self, leg: LegId, op: LegNotice) {
        self.out.push(Output::Notice { leg, op });
    }

    /// The party hears the site's music from now on.
    pub fn music(&mut self, leg: LegId) {
        self.notice(leg, LegNotice::Background([AudioSource::DefaultMusic].into()));
    }

    pub fn commit(&mut self, call: CallId, decisions: Vec<DecisionRecord>) -> RequestId {
        let request = self.new_request(call);
        self.out.push(Output::Commit { request, decisions });
        request
    }

    /// Asks the world for something that is no leg.
    pub fn serve(&mut self, call: CallId, step: &Name, spec: ServiceSpec, tokens: Vec<GuardToken>) -> RequestId {
        let request = self.new_request(call);
        self.out.push(Output::Serve { request, call, step: step.clone(), spec: Box::new(spec), tokens });
        request
    }

    /// Nobody waits for it any more; what still comes finds no call.
    pub fn forget(&mut self, request: RequestId) {
        if self.requests.remove(&request).is_some() {
            self.out.push(Output::Forget { request });
        }
    }

    pub fn set_timer(&mut self, call: CallId, after: Micros) -> TimerId {
        let serial = self.timers.new_serial();
        let serial = self.see(Serial(serial)).0;
        self.timers.set(call, TimerId { due: self.now.mono + after, serial })
    }
}
