//! One call as the statements tell it: somebody from outside calls and talks to a user of the office, who transfers.
//! What is asked of it is what people would see and hear; at its end nothing of it may be left.

use std::sync::Arc;

use strowger::base::id::{CallId, LegId};
use strowger::base::time::{Micros, Mono, Wall};
use strowger::call::audio::AudioSource;
use strowger::call::cause::CauseKind;
use strowger::call::leg::{Name, Origin, Presented, Replaced};
use strowger::call::order::{CallEventKind, Order, Refused, Taken, TransferState, TransferView, Which};
use strowger::call::record::CallRecord;
use strowger::call::spec::{QueueEntry, Target, TransferMode};
use strowger::exchange::{Plan, Recording};
use strowger::policy::DecisionRecord;
use strowger::sim::far_end::WhenAsked;
use strowger::sim::{FarEnd, Heard, Moment, World};

use crate::exchange::plan;

pub const DANA: &str = "us_dana";
pub const RAVI: &str = "us_ravi";
pub const KIM: &str = "us_kim";
/// Who calls from outside.
pub const CALLER: &str = "+442079460111";
/// A number outside that the policy allows, and another.
pub const PARTNER: &str = "+442071838750";
pub const OTHER: &str = "+442071838751";

/// Longer than anything that goes on by itself.
const AFTERWARDS: Micros = Micros::from_secs(400);

pub const BUSY: FarEnd = FarEnd::refuses(CauseKind::Busy);
pub const DECLINES: FarEnd = FarEnd::refuses(CauseKind::Declined);
pub const NO_ANSWER: FarEnd = FarEnd::NO_ANSWER;

/// Answers so long after it was called.
pub const fn answers(after_ms: u64) -> FarEnd {
    FarEnd { after: Micros::from_ms(after_ms), ..FarEnd::ANSWERS }
}

/// Answers, and presses a key when it is asked.
pub const fn presses(key: char) -> FarEnd {
    FarEnd { asked: WhenAsked { presses: Some(key), machine: false }, ..FarEnd::ANSWERS }
}

/// A machine answers.
pub const MACHINE: FarEnd = FarEnd { asked: WhenAsked { presses: None, machine: true }, ..FarEnd::ANSWERS };

pub fn user(name: &str) -> Target {
    Target::User(Arc::from(name))
}

pub fn queue(name: &str) -> Target {
    Target::Queue(QueueEntry::to(Arc::from(name)))
}

pub fn pstn(number: &str) -> Target {
    Target::Pstn { number: Arc::from(number), tainted: false }
}

/// The office with something about it changed.
pub fn office_with(change: impl FnOnce(&mut Plan)) -> Arc<Plan> {
    let mut plan = plan::read("office", 1);
    change(&mut plan);
    Arc::new(plan)
}

/// The office with other words in a flow.
pub fn office_where(words: &str, others: &str) -> Arc<Plan> {
    let edit = |flows: String| {
        assert_eq!(flows.matches(words).count(), 1, "`{words}`");
        flows.replace(words, others)
    };
    Arc::new(plan::edited("office", 1, edit))
}

pub struct Story {
    pub world: World,
    pub caller: LegId,
    pub call: CallId,
}

impl Story {
    /// The caller talks to Dana, to whom a flow forwarded it.
    pub fn begin(far_ends: &[(&str, FarEnd)]) -> Self {
        Self::at(plan::office(), "129", far_ends)
    }

    /// The caller talks to Ravi, who may do more than Dana, and whom a flow tried second.
    pub fn with_ravi(far_ends: &[(&str, FarEnd)]) -> Self {
        Self::with_ravi_at(plan::office(), far_ends)
    }

    pub fn with_ravi_at(plan: Arc<Plan>, far_ends: &[(&str, FarEnd)]) -> Self {
        let mut story = Self::at(plan, "124", &[(DANA, BUSY)]);
        story.far_ends(far_ends);
        assert!(story.talk(story.caller, story.leg(RAVI)));
        story
    }

    /// Four seconds after a number of the site was dialled.
    pub fn at(plan: Arc<Plan>, dialed: &str, far_ends: &[(&str, FarEnd)]) -> Self {
        Self::from(plan, CALLER, dialed, far_ends)
    }

    pub fn from(plan: Arc<Plan>, number: &str, dialed: &str, far_ends: &[(&str, FarEnd)]) -> Self {
        let mut world = World::new(plan, 1, Wall(1_767_600_000_000));
        for (device, user) in (1..).zip([DANA, KIM, RAVI]) {
            world.register(user, &[device]);
        }
        let caller = world.call(Origin::Trunk(Name::from("carrier")), number, dialed);
        let call = world.call_of(caller).unwrap();
        let mut story = Self { world, caller, call };
        story.far_ends(far_ends);
        story.secs(4);
        story
    }

    pub fn far_ends(&mut self, far_ends: &[(&str, FarEnd)]) {
        self.world.far_ends.extend(far_ends.iter().map(|(who, far_end)| (Arc::from(*who), *far_end)));
    }

    /// Another caller from outside, four seconds later; its leg.
    pub fn another(&mut self, dialed: &str) -> LegId {
        let leg = self.world.call(Origin::Trunk(Name::from("carrier")), "+442079460222", dialed);
        self.secs(4);
        leg
    }

    /// A user calls somebody; a second later.
    pub fn phone(&mut self, by: &str, to: &str) -> LegId {
        let extension = self.world.exchange.plan().site.users[by].extension.clone().unwrap();
        let leg = self.world.call(Origin::User(Name::from(by)), &extension, to);
        self.secs(1);
        leg
    }

    pub fn secs(&mut self, seconds: u64) {
        self.world.run_for(Micros::from_secs(seconds));
    }

    pub fn ms(&mut self, ms: u64) {
        self.world.run_for(Micros::from_ms(ms));
    }

    pub fn now(&self) -> Mono {
        self.world.now.mono
    }

    /// Everything that happened from a moment on.
    pub fn since(&self, mark: usize) -> impl Iterator<Item = &Moment> {
        self.world.trace[mark..].iter().map(|(_, moment)| moment)
    }

    pub fn mark(&self) -> usize {
        self.world.trace.len()
    }

    /// Keys on somebody's phone, one after the other.
    pub fn press(&mut self, who: &str, keys: &str) {
        let leg = self.leg(who);
        for key in keys.chars() {
            self.world.press(leg, key);
            self.ms(100);
        }
    }

    /// What the recordings of the call were told to do, and whether something is recorded now.
    pub fn recorded(&self) -> (Vec<&'static str>, bool) {
        let op = |m: &Moment| match m {
            Moment::Recording { op, .. } => Some(match op {
                Recording::Start { .. } => "start",
                Recording::Pause => "pause",
                Recording::Resume => "resume",
                Recording::Stop => "stop",
            }),
            _ => None,
        };
        let ops: Vec<_> = self.since(0).filter_map(op).collect();
        let runs = matches!(ops.last(), Some(&("start" | "resume")));
        (ops, runs)
    }

    /// The newest leg of a user or number.
    pub fn leg(&self, who: &str) -> LegId {
        self.world.leg_at(who).unwrap_or_else(|| panic!("{who} is not there"))
    }

    pub fn is_there(&self, who: &str) -> bool {
        self.world.leg_at(who).is_some()
    }

    pub fn hang_up(&mut self, who: &str) {
        let leg = self.leg(who);
        self.world.hang_up(leg);
    }

    pub fn offline(&mut self, who: &str) {
        self.world.register(who, &[]);
    }

    /// The API asks for something about the call.
    pub fn order(&mut self, order: Order) -> Result<Taken, Refused> {
        let id = self.world.order(order);
        self.ms(5);
        let answer = |m: &Moment| match m {
            Moment::OrderAnswered { id: answered, result } if *answered == id => Some(result.clone()),
            _ => None,
        };
        self.world.trace.iter().rev().find_map(|(_, m)| answer(m)).expect("each order has an answer")
    }

    pub fn blind(&mut self, from: &str, target: Target) -> Result<Taken, Refused> {
        self.order(Order::Transfer { call: self.call, from: Arc::from(from), target, mode: TransferMode::Blind })
    }

    pub fn consult(&mut self, from: &str, target: Target) -> Result<Taken, Refused> {
        self.order(Order::Transfer { call: self.call, from: Arc::from(from), target, mode: TransferMode::Attended })
    }

    pub fn complete(&mut self) -> Result<TransferState, Refused> {
        self.order(Order::Complete(Which::Call(self.call))).map(|taken| taken.transfer.unwrap().1)
    }

    pub fn cancel(&mut self) -> Result<TransferState, Refused> {
        self.order(Order::Cancel(Which::Call(self.call))).map(|taken| taken.transfer.unwrap().1)
    }

    pub fn three_way(&mut self) -> Result<TransferState, Refused> {
        self.order(Order::ThreeWay(Which::Call(self.call))).map(|taken| taken.transfer.unwrap().1)
    }

    pub fn swap(&mut self) -> Result<TransferState, Refused> {
        self.order(Order::Swap(Which::Call(self.call))).map(|taken| taken.transfer.unwrap().1)
    }

    /// A phone transfers its peer; what its REFER is answered.
    pub fn refer(&mut self, who: &str, to: &str) -> u16 {
        let leg = self.leg(who);
        self.refer_leg(leg, to, None)
    }

    pub fn refer_leg(&mut self, leg: LegId, to: &str, replaces: Option<Replaced>) -> u16 {
        let mark = self.mark();
        self.world.refer(leg, to, replaces);
        self.ms(5);
        let status = |m: &Moment| match m {
            Moment::ReferAnswered { status, .. } => Some(*status),
            _ => None,
        };
        self.since(mark).find_map(status).expect("each REFER has an answer")
    }

    /// What a phone was notified of about its REFERs.
    pub fn notified(&self, leg: LegId) -> Vec<u16> {
        let status = |m: &Moment| match m {
            Moment::Notified { leg: told, status, .. } if *told == leg => Some(*status),
            _ => None,
        };
        self.since(0).filter_map(status).collect()
    }

    /// The newest transfer in somebody's name, as others may see it.
    pub fn view(&self) -> TransferView {
        self.views().pop().expect("nobody has transferred the call")
    }

    /// Each state that the newest transfer in somebody's name was in, in order.
    pub fn states(&self) -> Vec<TransferState> {
        let id = self.view().id;
        self.views().into_iter().filter(|view| view.id == id).map(|view| view.state).collect()
    }

    fn views(&self) -> Vec<TransferView> {
        let view = |m: &Moment| match m {
            Moment::Event(event) if event.call == self.call => match &event.kind {
                CallEventKind::Transfer(view) if view.from.is_some() => Some((**view).clone()),
                _ => None,
            },
            _ => None,
        };
        self.since(0).filter_map(view).collect()
    }

    /// Whether two hear each other.
    pub fn talk(&self, a: LegId, b: LegId) -> bool {
        self.world.heard(a) == Some(&Heard::Peer(b)) && self.world.heard(b) == Some(&Heard::Peer(a))
    }

    /// Whether the caller and this user hear each other.
    pub fn talks_to(&self, who: &str) -> bool {
        self.world.leg_at(who).is_some_and(|leg| self.talk(self.caller, leg))
    }

    pub fn all_in_one_room(&self, legs: &[LegId]) -> bool {
        let rooms: Vec<_> = legs.iter().map(|leg| self.world.heard(*leg)).collect();
        matches!(rooms[0], Some(Heard::Room(_))) && rooms.iter().all(|room| *room == rooms[0])
    }

    /// What a leg hears: `music`, `ringback`, `tone`, `prompt NAME`, `nobody`, `somebody`, or `gone`.
    pub fn hears(&self, leg: LegId) -> String {
        match self.world.heard(leg) {
            None => "gone".to_owned(),
            Some(Heard::Nothing) => "nobody".to_owned(),
            Some(Heard::Peer(_) | Heard::Room(_)) => "somebody".to_owned(),
            Some(Heard::Audio(sources)) => sources.iter().map(in_words).collect::<Vec<_>>().join(" "),
        }
    }

    pub fn caller_hears(&self) -> String {
        self.hears(self.caller)
    }

    /// Whom the exchange called from a moment on, and what they were told.
    pub fn placed(&self, mark: usize) -> Vec<(String, Presented)> {
        let placed = |m: &Moment| match m {
            Moment::Placed { to, presented, .. } => Some((to.to_string(), presented.clone())),
            _ => None,
        };
        self.since(mark).filter_map(placed).collect()
    }

    pub fn called(&self, mark: usize) -> Vec<String> {
        self.placed(mark).into_iter().map(|(to, _)| to).collect()
    }

    /// The names that a display was given.
    pub fn sees(&self, leg: LegId) -> Vec<String> {
        let sees = |m: &Moment| match m {
            Moment::Sees { leg: told, peer } if *told == leg => Some(peer.number.to_string()),
            _ => None,
        };
        self.since(0).filter_map(sees).collect()
    }

    pub fn decisions(&self, mark: usize) -> Vec<DecisionRecord> {
        let record = |m: &Moment| match m {
            Moment::Decided { record } => Some((**record).clone()),
            _ => None,
        };
        self.since(mark).filter_map(record).collect()
    }

    pub fn permits(&self) -> usize {
        self.world.exchange.held_permits()
    }

    pub fn hops(&self) -> u32 {
        self.world.exchange.call(self.call).unwrap().hops
    }

    pub fn agent(&self, name: &str) -> &'static str {
        self.world
            .exchange
            .agent_views(self.world.now.mono)
            .into_iter()
            .find(|agent| *agent.user == *name)
            .unwrap()
            .state
    }

    /// Whether nothing of the call is left.
    pub fn is_over(&self) -> bool {
        self.world.exchange.call(self.call).is_none()
    }

    pub fn record(&self) -> CallRecord {
        let record = |m: &Moment| match m {
            Moment::Record(record) if record.call_id == self.call => Some((**record).clone()),
            _ => None,
        };
        self.since(0).find_map(record).expect("a call that is over has its record")
    }

    /// Everybody hangs up; nothing is left, no promise was broken on the way. The call's record.
    pub fn end(&mut self) -> CallRecord {
        self.world.set_disk(true);
        for _ in 0..3 {
            for leg in self.world.legs().collect::<Vec<_>>() {
                self.world.hang_up(leg);
            }
            self.world.run_for(AFTERWARDS);
        }
        assert_eq!(self.world.left_over(), [] as [&str; 0]);
        self.record()
    }
}

fn in_words(source: &AudioSource) -> String {
    match source {
        AudioSource::Prompt(prompt) => format!("prompt {}", prompt.name),
        AudioSource::Ringback(_) => "ringback".to_owned(),
        AudioSource::Music(_) | AudioSource::DefaultMusic => "music".to_owned(),
        AudioSource::Congestion(_) => "tone".to_owned(),
        AudioSource::DialTone(_) => "dial tone".to_owned(),
        other => format!("{other:?}"),
    }
}

/// What was refused by a policy, and why.
pub fn denied(refused: Result<Taken, Refused>) -> Vec<String> {
    match refused {
        Err(Refused::Denied { reasons, decision: Some(_) }) => reasons.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

/// What a target cannot be had for.
pub fn missed(refused: Result<Taken, Refused>) -> &'static str {
    match refused {
        Err(Refused::Target { outcome, .. }) => outcome,
        other => panic!("{other:?}"),
    }
}

/// The state for which an order came too late.
pub fn too_late<T: std::fmt::Debug>(refused: Result<T, Refused>) -> TransferState {
    match refused {
        Err(Refused::WrongState { state: Some(state), .. }) => state,
        other => panic!("{other:?}"),
    }
}
