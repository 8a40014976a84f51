//! The world: phones, trunks, a disk and a clock around one exchange, in virtual time. Whoever
//! drives it acts by its methods; what the exchange asks for is carried out in `carry_out`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::far_end::{Answer, FarEnd};
use super::moment::{Moment, Trace};
use super::network::Network;
use super::promises::Promises;
use super::restart::Lives;
use super::retell::of_flow;
use super::services::Services;
use crate::base::id::{LegId, RequestId, RoomId};
use crate::base::time::{Micros, Mono, Now, Wall};
use crate::base::value::Value;
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{LegEvent, Name};
use crate::call::spec::Prompts;
use crate::exchange::{Exchange, FlowTrace, Input, Plan};
use crate::interp::Taken;

/// Signalling and disk take this long: long enough that an order can be wrong.
pub const LATENCY: Micros = Micros(1_000);

/// What a leg hears.
#[derive(Clone, PartialEq, Debug)]
pub enum Heard {
    Nothing,
    Audio(Prompts),
    Peer(LegId),
    /// Everybody else in the room.
    Room(RoomId),
}

/// Which comes first of two things that happen in the same microsecond.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Ties {
    /// What the far ends do.
    #[default]
    Events,
    /// The exchange's timers.
    Timers,
}

#[derive(Debug)]
pub(super) struct Leg {
    pub(super) up: bool,
    /// The far end has its peer on hold.
    pub(super) holding: bool,
    /// Whom a placed leg rings.
    pub(super) to: Option<Name>,
    pub(super) heard: Heard,
    /// The prompt that plays.
    pub(super) playing: Option<RequestId>,
    pub(super) placing: Option<RequestId>,
    pub(super) far_end: Option<FarEnd>,
}

impl Leg {
    pub(super) fn new() -> Self {
        Self { up: false, holding: false, to: None, heard: Heard::Nothing, playing: None, placing: None, far_end: None }
    }
}

/// A virtual world with one exchange in it.
#[derive(Debug)]
pub struct World {
    pub exchange: Exchange,
    pub now: Now,
    /// How the far ends behave, by user name or canonical number; others answer like people.
    pub far_ends: BTreeMap<Arc<str>, FarEnd>,
    pub trace: Trace,
    pub ties: Ties,
    /// Every way that each flow took.
    pub taken: BTreeMap<Name, BTreeSet<Taken>>,
    /// Promises that were broken on the way, in words.
    pub broken: Vec<String>,
    pub(super) promises: Promises,
    /// What is no leg: how services answer.
    pub services: Services,
    pub network: Network,
    pub(super) legs: BTreeMap<LegId, Leg>,
    /// Legs that we have ended, until that is reported: their far ends may still say something. Of an attempt, the
    /// request that will be answered.
    pub(super) leaving: BTreeMap<LegId, Option<RequestId>>,
    pub(super) disk_works: bool,
    pub(super) lives: Lives,
    pub(super) due: BTreeMap<(Mono, u64), Event>,
    pub(super) next: Next,
}

/// The next number of each kind.
#[derive(Debug)]
pub(super) struct Next {
    event: u64,
    input: u64,
    pub(super) leg: u64,
    pub(super) refer: u64,
    pub(super) order: u64,
}

#[derive(Debug)]
pub(super) enum Event {
    Input(Input),
    Disk {
        request: RequestId,
        decisions: Vec<String>,
        works: bool,
    },
    /// A prompt came to its end, if it still plays.
    Played {
        leg: LegId,
        request: RequestId,
    },
    /// A service has its answer.
    Served {
        request: RequestId,
        outcome: Arc<str>,
        value: Option<Value>,
    },
    FarEndRings(LegId),
    FarEndDecides(LegId),
    HangsUp(LegId),
    /// Who was asked presses this key.
    Presses(LegId, char),
    /// A fact is told a second time, if it is still true.
    Again(LegId, LegEvent),
    /// A leg that we ended is over.
    Over {
        leg: LegId,
        cause: Cause,
    },
}

impl World {
    /// `wall` is the wall clock's time at the start.
    pub fn new(plan: Arc<Plan>, seed: u64, wall: Wall) -> Self {
        let now = Now { mono: Mono(0), wall };
        let mut exchange = Exchange::new(plan, seed, now);
        exchange.record_trace();
        Self {
            exchange,
            now,
            far_ends: BTreeMap::new(),
            trace: Vec::new(),
            ties: Ties::default(),
            taken: BTreeMap::new(),
            broken: Vec::new(),
            promises: Promises::default(),
            services: Services::default(),
            network: Network::new(seed),
            legs: BTreeMap::new(),
            leaving: BTreeMap::new(),
            disk_works: true,
            lives: Lives { seed, ..Lives::default() },
            due: BTreeMap::new(),
            next: Next { event: 0, input: 0, leg: 1, refer: 1, order: 1 },
        }
    }

    /// How much the exchange was told.
    pub fn inputs(&self) -> u64 {
        self.next.input
    }

    pub fn heard(&self, leg: LegId) -> Option<&Heard> {
        self.legs.get(&leg).map(|l| &l.heard)
    }

    pub fn is_up(&self, leg: LegId) -> bool {
        self.legs.get(&leg).is_some_and(|l| l.up)
    }

    pub fn exists(&self, leg: LegId) -> bool {
        self.legs.contains_key(&leg)
    }

    /// Legs that we ended and whose far ends have not heard of it, or have not said so.
    pub fn leaving(&self) -> impl Iterator<Item = LegId> + '_ {
        self.leaving.keys().copied()
    }

    /// Whether a leg that we ended had not answered.
    pub fn was_attempt(&self, leg: LegId) -> bool {
        self.leaving.get(&leg).is_some_and(Option::is_some)
    }

    /// The newest leg that rings this user or number, or was answered there.
    pub fn leg_at(&self, to: &str) -> Option<LegId> {
        self.legs.iter().rev().find(|(_, entry)| entry.to.as_deref() == Some(to)).map(|(leg, _)| *leg)
    }

    /// Whom a placed leg rings.
    pub fn rings(&self, leg: LegId) -> Option<&Name> {
        self.legs.get(&leg)?.to.as_ref()
    }

    /// Legs whose far ends are still there, oldest number first.
    pub fn legs(&self) -> impl Iterator<Item = LegId> + '_ {
        self.legs.keys().copied()
    }

    /// When the next thing happens.
    pub fn next(&self) -> Option<Mono> {
        let event = self.due.keys().next().map(|(at, _)| *at);
        event.into_iter().chain(self.exchange.next_deadline()).min()
    }

    /// Lets time pass until the next thing happens; false if nothing ever will.
    pub fn step(&mut self) -> bool {
        let event = self.due.keys().next().map(|(at, _)| *at);
        let timer = self.exchange.next_deadline();
        let Some(at) = event.into_iter().chain(timer).min() else { return false };
        self.advance_to(at);
        let timers_first = self.ties == Ties::Timers && timer == Some(at);
        if event == Some(at)
            && !timers_first
            && let Some((_, event)) = self.due.pop_first()
        {
            self.happen(event);
        } else {
            self.give(Input::Tick);
        }
        true
    }

    /// Lets this much time pass, and everything in it happen.
    pub fn run_for(&mut self, time: Micros) {
        let end = self.now.mono + time;
        while self.next().is_some_and(|at| at <= end) {
            self.step();
        }
        self.advance_to(end);
    }

    pub(super) fn advance_to(&mut self, at: Mono) {
        // The wall clock counts milliseconds: it follows the other without losing the rest.
        let before = self.now.mono.0 / 1_000;
        self.now.mono = self.now.mono.max(at);
        let passed = (self.now.mono.0 / 1_000).saturating_sub(before);
        self.now.wall = Wall(self.now.wall.0.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX)));
    }

    pub(super) fn note(&mut self, moment: Moment) {
        self.trace.push((self.now.mono, moment));
    }

    pub(super) fn later(&mut self, after: Micros, event: Event) {
        self.next.event += 1;
        self.due.insert((self.now.mono + after, self.next.event), event);
    }

    /// Nothing that was to come comes.
    pub(super) fn clear_due(&mut self) {
        self.due.clear();
    }

    pub(super) fn give(&mut self, input: Input) {
        self.give_all([input]);
    }

    /// Inputs that nobody can see between.
    pub(super) fn give_all(&mut self, inputs: impl IntoIterator<Item = Input>) {
        let mut out = Vec::new();
        for input in inputs {
            self.next.input += 1;
            self.exchange.handle(self.now, input, &mut out);
        }
        for trace in self.exchange.take_trace() {
            self.note_flow(&trace);
        }
        for output in out {
            self.perform(output);
        }
        self.watch();
    }

    fn note_flow(&mut self, trace: &FlowTrace) {
        let flow = trace.graph.name.clone();
        self.taken.entry(flow).or_default().extend(trace.ways.iter().map(|way| way.taken));
        for moment in of_flow(trace) {
            self.note(moment);
        }
    }

    pub(super) fn happen(&mut self, event: Event) {
        match event {
            Event::Input(input) => self.give(input),
            Event::Disk { request, decisions, works } => {
                self.note(Moment::Disk { decisions, works });
                let result = if works { Ok(()) } else { Err(Cause::new(CauseKind::Error)) };
                self.give(Input::Done { request, result });
            }
            Event::Played { leg, request } => {
                let Some(entry) = self.legs.get_mut(&leg) else { return };
                if entry.playing == Some(request) {
                    entry.playing = None;
                    entry.heard = Heard::Nothing;
                    self.give(Input::Done { request, result: Ok(()) });
                }
            }
            Event::Served { request, outcome, value } => self.served(request, outcome, value),
            Event::FarEndRings(leg) => {
                if self.legs.get(&leg).is_some_and(|l| l.placing.is_some()) {
                    self.note(Moment::Rings { leg });
                    self.tell(leg, LegEvent::Ringing);
                }
            }
            Event::FarEndDecides(leg) => self.far_end_decides(leg),
            Event::HangsUp(leg) => self.hang_up(leg),
            Event::Presses(leg, key) => {
                if self.exists(leg) {
                    self.press(leg, key);
                }
            }
            Event::Again(leg, event) => {
                if self.is_true(leg, &event) {
                    self.give(Input::Leg { leg, event });
                }
            }
            Event::Over { leg, cause } => {
                self.leaving.remove(&leg);
                self.give(Input::Leg { leg, event: LegEvent::Gone { cause } });
            }
        }
    }

    /// Whether the far end's answer is already on its way when we give the leg up.
    pub(super) fn answers_now(&mut self, leg: LegId) -> bool {
        let horizon = self.now.mono + LATENCY;
        let answers =
            |l: &Leg| l.placing.is_some() && matches!(l.far_end.map(|f| f.answer), Some(Answer::Answers { .. }));
        if !self.legs.get(&leg).is_some_and(answers) {
            return false;
        }
        self.network.crosses(leg)
            || self
                .due
                .iter()
                .take_while(|((at, _), _)| *at <= horizon)
                .any(|(_, event)| matches!(event, Event::FarEndDecides(l) if *l == leg))
    }

    /// The far end is gone: what waits for the leg fails, then `Gone`.
    pub(super) fn end_leg(&mut self, leg: LegId, cause: Cause) {
        let Some(entry) = self.forget(leg) else { return };
        if let Some(request) = entry.playing {
            self.give(Input::Done { request, result: Err(Cause::new(CauseKind::Cancelled)) });
        }
        if let Some(request) = entry.placing {
            self.note(Moment::TargetFailed { leg, cause });
            self.give(Input::Done { request, result: Err(cause) });
        }
        self.give(Input::Leg { leg, event: LegEvent::Gone { cause } });
    }

    /// The leg is no more; who talked to it hears nothing.
    pub(super) fn forget(&mut self, leg: LegId) -> Option<Leg> {
        let entry = self.legs.remove(&leg)?;
        if let Heard::Peer(peer) = entry.heard
            && let Some(peer) = self.legs.get_mut(&peer)
            && peer.heard == Heard::Peer(leg)
        {
            peer.heard = Heard::Nothing;
        }
        Some(entry)
    }
}
