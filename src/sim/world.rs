//! The world: carries out what the exchange puts out, in virtual time, and remembers it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::far_end::{Answer, FarEnd};
use crate::base::id::{LegId, RequestId};
use crate::base::time::{Micros, Mono, Now, Wall};
use crate::call::audio::AudioSource;
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{Caller, ContactId, DigitSource, Incoming, LegEvent, Name, Origin};
use crate::call::record::CallRecord;
use crate::call::spec::Prompts;
use crate::exchange::{Exchange, Input, LegNotice, LegRequest, Output, Plan};
use crate::policy::DecisionRecord;

/// Signalling and disk take this long: long enough that an order can be wrong.
const LATENCY: Micros = Micros(1_000);

/// What a leg hears.
#[derive(Clone, PartialEq, Debug)]
pub enum Heard {
    Nothing,
    Audio(Prompts),
    Peer(LegId),
}

/// One thing that happened, for a trace that people read.
#[derive(Clone, PartialEq, Debug)]
pub enum Moment {
    Dialled { leg: LegId, from: Arc<str>, to: Arc<str> },
    Rings { leg: LegId },
    Answered { leg: LegId },
    Refused { leg: LegId, cause: Cause },
    Hears { leg: LegId, sources: Prompts },
    Presses { leg: LegId, key: char },
    Placed { leg: LegId, to: Arc<str>, outside: bool },
    TargetAnswered { leg: LegId },
    TargetFailed { leg: LegId, cause: Cause },
    Talk { a: LegId, b: LegId },
    Decided { record: Box<DecisionRecord> },
    Referred { leg: LegId, status: u16 },
    Gone { leg: LegId, cause: Cause },
    Record(Box<CallRecord>),
}

#[derive(Debug)]
struct Leg {
    up: bool,
    heard: Heard,
    /// The prompt that plays, and when it would end.
    playing: Option<RequestId>,
    placing: Option<RequestId>,
    far_end: Option<FarEnd>,
}

/// A virtual world with one exchange in it.
#[derive(Debug)]
pub struct World {
    pub exchange: Exchange,
    pub now: Now,
    /// How the far ends behave, by user name or canonical number; others answer like people.
    pub far_ends: BTreeMap<Arc<str>, FarEnd>,
    pub trace: Vec<(Mono, Moment)>,
    legs: BTreeMap<LegId, Leg>,
    due: BTreeMap<(Mono, u64), Event>,
    serial: u64,
    next_leg: u64,
    disk_works: bool,
}

#[derive(Debug)]
enum Event {
    Input(Input),
    /// A prompt came to its end, if it still plays.
    Played { leg: LegId, request: RequestId },
    FarEndRings(LegId),
    FarEndDecides(LegId),
    HangsUp(LegId),
}

impl World {
    /// `wall` is the wall clock's time at the start.
    pub fn new(plan: Arc<Plan>, seed: u64, wall: Wall) -> Self {
        let now = Now { mono: Mono(0), wall };
        Self {
            exchange: Exchange::new(plan, seed, now),
            now,
            far_ends: BTreeMap::new(),
            trace: Vec::new(),
            legs: BTreeMap::new(),
            due: BTreeMap::new(),
            serial: 0,
            next_leg: 1,
            disk_works: true,
        }
    }

    /// Decisions cannot be written from now on, or can again.
    pub fn set_disk(&mut self, works: bool) {
        self.disk_works = works;
    }

    /// A user's device registers.
    pub fn register(&mut self, user: &str, contact: u64) {
        self.give(Input::Registered { user: Arc::from(user), contacts: vec![ContactId(contact)] });
    }

    pub fn unregister(&mut self, user: &str) {
        self.give(Input::Registered { user: Arc::from(user), contacts: Vec::new() });
    }

    /// A call comes in.
    pub fn call(&mut self, origin: Origin, from: &str, to: &str) -> LegId {
        let leg = LegId(self.next_leg);
        self.next_leg += 2;
        self.legs.insert(leg, Leg { up: false, heard: Heard::Nothing, playing: None, placing: None, far_end: None });
        let caller = Caller { number: Arc::from(from), name: Arc::from(""), anonymous: from.is_empty() };
        self.note(Moment::Dialled { leg, from: Arc::from(from), to: Arc::from(to) });
        let incoming = Incoming { origin, dialed: Arc::from(to), caller, max_forwards: 70 };
        self.give(Input::Incoming { leg, incoming });
        leg
    }

    pub fn press(&mut self, leg: LegId, key: char) {
        self.note(Moment::Presses { leg, key });
        self.give(Input::Leg { leg, event: LegEvent::Digit { digit: key, source: DigitSource::Rtp } });
    }

    /// The far end of a leg hangs up.
    pub fn hang_up(&mut self, leg: LegId) {
        if self.legs.contains_key(&leg) {
            self.end_leg(leg, Cause::new(CauseKind::Normal));
        }
    }

    /// Any event of a leg, such as a REFER.
    pub fn report(&mut self, leg: LegId, event: LegEvent) {
        self.give(Input::Leg { leg, event });
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

    /// Lets time pass until the next thing happens; false if nothing ever will.
    pub fn step(&mut self) -> bool {
        let event = self.due.keys().next().map(|(at, _)| *at);
        let timer = self.exchange.next_deadline();
        let Some(at) = event.into_iter().chain(timer).min() else { return false };
        self.advance_to(at);
        if event == Some(at)
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
        loop {
            let event = self.due.keys().next().map(|(at, _)| *at);
            let next = event.into_iter().chain(self.exchange.next_deadline()).min();
            match next {
                Some(at) if at <= end => {
                    self.step();
                }
                _ => break,
            }
        }
        self.advance_to(end);
    }

    fn advance_to(&mut self, at: Mono) {
        let passed = at.since(self.now.mono);
        self.now.mono = self.now.mono.max(at);
        self.now.wall = Wall(self.now.wall.0.saturating_add(i64::try_from(passed.as_ms()).unwrap_or(i64::MAX)));
    }

    fn note(&mut self, moment: Moment) {
        self.trace.push((self.now.mono, moment));
    }

    fn later(&mut self, after: Micros, event: Event) {
        self.serial += 1;
        self.due.insert((self.now.mono + after, self.serial), event);
    }

    fn give(&mut self, input: Input) {
        let mut out = Vec::new();
        self.exchange.handle(self.now, input, &mut out);
        for output in out {
            self.perform(output);
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Input(input) => self.give(input),
            Event::Played { leg, request } => {
                let Some(entry) = self.legs.get_mut(&leg) else { return };
                if entry.playing == Some(request) {
                    entry.playing = None;
                    entry.heard = Heard::Nothing;
                    self.give(Input::Done { request, result: Ok(()) });
                }
            }
            Event::FarEndRings(leg) => {
                if self.legs.get(&leg).is_some_and(|l| l.placing.is_some()) {
                    self.note(Moment::Rings { leg });
                    self.give(Input::Leg { leg, event: LegEvent::Ringing });
                }
            }
            Event::FarEndDecides(leg) => self.far_end_decides(leg),
            Event::HangsUp(leg) => self.hang_up(leg),
        }
    }

    fn far_end_decides(&mut self, leg: LegId) {
        let Some(entry) = self.legs.get_mut(&leg) else { return };
        let (Some(far_end), Some(request)) = (entry.far_end, entry.placing) else { return };
        match far_end.answer {
            Answer::Answers { hangs_up_after } => {
                entry.placing = None;
                entry.up = true;
                if let Some(after) = hangs_up_after {
                    self.later(after, Event::HangsUp(leg));
                }
                self.note(Moment::TargetAnswered { leg });
                self.give(Input::Done { request, result: Ok(()) });
            }
            Answer::Refuses(kind) => self.end_leg(leg, Cause::new(kind)),
            Answer::Never => {}
        }
    }

    /// A leg is over: what waits for it fails, then `Gone`.
    fn end_leg(&mut self, leg: LegId, cause: Cause) {
        let Some(entry) = self.legs.remove(&leg) else { return };
        if let Some(request) = entry.playing {
            self.give(Input::Done { request, result: Err(Cause::new(CauseKind::Cancelled)) });
        }
        if let Some(request) = entry.placing {
            self.note(Moment::TargetFailed { leg, cause });
            self.give(Input::Done { request, result: Err(cause) });
        }
        self.note(Moment::Gone { leg, cause });
        self.give(Input::Leg { leg, event: LegEvent::Gone { cause } });
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Request { request, leg, op } => self.request(request, leg, op),
            Output::Notice { leg, op } => self.notice(leg, op),
            Output::Commit { request, decisions } => {
                for record in decisions {
                    self.note(Moment::Decided { record: Box::new(record) });
                }
                let result = if self.disk_works { Ok(()) } else { Err(Cause::new(CauseKind::Error)) };
                self.later(LATENCY, Event::Input(Input::Done { request, result }));
            }
            Output::Record(record) => self.note(Moment::Record(record)),
        }
    }

    fn request(&mut self, request: RequestId, leg: LegId, op: LegRequest) {
        match op {
            LegRequest::Answer => {
                let Some(entry) = self.legs.get_mut(&leg) else {
                    let result = Err(Cause::new(CauseKind::Cancelled));
                    self.later(LATENCY, Event::Input(Input::Done { request, result }));
                    return;
                };
                entry.up = true;
                self.note(Moment::Answered { leg });
                self.later(LATENCY, Event::Input(Input::Done { request, result: Ok(()) }));
            }
            LegRequest::Place(place) => self.place(request, leg, &place.user.clone(), false),
            LegRequest::PlaceOutside(place) => {
                let number: Name = Arc::from(place.token.target().canonical());
                self.place(request, leg, &number, true);
            }
            LegRequest::Play(sources) => self.play(request, leg, sources),
        }
    }

    fn place(&mut self, request: RequestId, leg: LegId, to: &Name, outside: bool) {
        let far_end = self.far_ends.get(to).copied().unwrap_or(FarEnd::ANSWERS);
        let entry =
            Leg { up: false, heard: Heard::Nothing, playing: None, placing: Some(request), far_end: Some(far_end) };
        self.legs.insert(leg, entry);
        self.note(Moment::Placed { leg, to: to.clone(), outside });
        if let Some(after) = far_end.rings_after {
            self.later(after, Event::FarEndRings(leg));
        }
        if far_end.answer != Answer::Never {
            self.later(far_end.after, Event::FarEndDecides(leg));
        }
    }

    fn play(&mut self, request: RequestId, leg: LegId, sources: Prompts) {
        self.stop_playing(leg);
        let Some(entry) = self.legs.get_mut(&leg) else {
            let result = Err(Cause::new(CauseKind::Cancelled));
            self.later(LATENCY, Event::Input(Input::Done { request, result }));
            return;
        };
        entry.playing = Some(request);
        entry.heard = Heard::Audio(sources.clone());
        let length_ms: u64 = sources.iter().map(length_ms).sum();
        self.note(Moment::Hears { leg, sources });
        self.later(Micros::from_ms(length_ms), Event::Played { leg, request });
    }

    /// What played is stopped: its request has its answer.
    fn stop_playing(&mut self, leg: LegId) {
        let Some(entry) = self.legs.get_mut(&leg) else { return };
        entry.heard = Heard::Nothing;
        if let Some(request) = entry.playing.take() {
            let result = Err(Cause::new(CauseKind::Cancelled));
            self.later(LATENCY, Event::Input(Input::Done { request, result }));
        }
    }

    fn notice(&mut self, leg: LegId, op: LegNotice) {
        match op {
            LegNotice::Ring => self.note(Moment::Rings { leg }),
            LegNotice::Reject { cause } => {
                self.note(Moment::Refused { leg, cause });
                self.end_later(leg, cause);
            }
            LegNotice::Hangup { cause } => self.end_later(leg, cause),
            LegNotice::StopPlay => self.stop_playing(leg),
            LegNotice::Background(sources) => {
                self.stop_playing(leg);
                if let Some(entry) = self.legs.get_mut(&leg) {
                    entry.heard = Heard::Audio(sources.clone());
                    self.note(Moment::Hears { leg, sources });
                }
            }
            LegNotice::Connect { peer } => {
                self.stop_playing(leg);
                self.stop_playing(peer);
                for (one, other) in [(leg, peer), (peer, leg)] {
                    if let Some(entry) = self.legs.get_mut(&one) {
                        entry.heard = Heard::Peer(other);
                    }
                }
                self.note(Moment::Talk { a: leg, b: peer });
            }
            LegNotice::Disconnect { peer } => {
                for (one, other) in [(leg, peer), (peer, leg)] {
                    if let Some(entry) = self.legs.get_mut(&one)
                        && entry.heard == Heard::Peer(other)
                    {
                        entry.heard = Heard::Nothing;
                    }
                }
            }
            LegNotice::AnswerRefer { status, .. } | LegNotice::NotifyRefer { status, .. } => {
                self.note(Moment::Referred { leg, status });
            }
        }
    }

    fn end_later(&mut self, leg: LegId, cause: Cause) {
        // INVARIANT: every leg reports its end, also one that the world no longer knows.
        let Some(entry) = self.legs.remove(&leg) else { return };
        for request in entry.playing.into_iter().chain(entry.placing) {
            let result = Err(Cause::new(CauseKind::Cancelled));
            self.later(LATENCY, Event::Input(Input::Done { request, result }));
        }
        self.note(Moment::Gone { leg, cause });
        self.later(LATENCY, Event::Input(Input::Leg { leg, event: LegEvent::Gone { cause } }));
    }
}

fn length_ms(source: &AudioSource) -> u64 {
    match source {
        AudioSource::Prompt(prompt) => prompt.length_ms(),
        AudioSource::Pause { length_ms } => u64::from(*length_ms),
        // Never ends by itself; a statement does not wait for it.
        AudioSource::Ringback(_) | AudioSource::Music(_) | AudioSource::DefaultMusic | AudioSource::Silence => 0,
    }
}
