//! Who decides what is done next in an explored world: by chance, with stated weights, and with an eye on what is going
//! on, so that rare things happen often enough.

use std::sync::Arc;

use super::action::{Action, Fact, Player, Who};
use super::explore::Stage;
use super::far_end::{Answer, FarEnd, WhenAsked};
use super::network::Conditions;
use super::world::Ties;
use crate::base::id::{IdGen, LegId};
use crate::base::time::Micros;
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{Name, Origin};

/// Callers at one time: enough that they meet in queues, few enough that a trace can be read.
const MAX_CALLERS: usize = 10;

/// A kind of thing that is done.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Call,
    Press,
    HangUp,
    Lose,
    Refer,
    Consult,
    ReferAttended,
    Hold,
    Transfer,
    Order,
    Code,
    Replace,
    Register,
    FarEnd,
    Weather,
    Disk,
    Report,
    Reload,
    Ties,
    Restart,
    WaitShort,
    WaitLong,
    Step,
}

/// Of how many things each kind is one, on the average.
const WEIGHTS: [(Kind, usize); 23] = [
    (Kind::Call, 180),
    (Kind::Press, 160),
    (Kind::HangUp, 100),
    (Kind::Lose, 18),
    (Kind::Refer, 110),
    (Kind::Consult, 50),
    (Kind::ReferAttended, 50),
    (Kind::Hold, 50),
    (Kind::Transfer, 220),
    (Kind::Order, 180),
    (Kind::Code, 100),
    (Kind::Replace, 50),
    (Kind::Register, 50),
    (Kind::FarEnd, 110),
    (Kind::Weather, 8),
    (Kind::Disk, 15),
    (Kind::Report, 25),
    (Kind::Reload, 8),
    (Kind::Ties, 10),
    (Kind::Restart, 2),
    (Kind::WaitShort, 130),
    (Kind::WaitLong, 100),
    (Kind::Step, 40),
];

/// Most runs have a calm network at the start: a failure without one is easier to read.
const WEATHER: [Conditions; 6] =
    [Conditions::CALM, Conditions::CALM, Conditions::CALM, Conditions::FAR, Conditions::BAD, Conditions::WORST];

/// How the attempt to reach somebody may end: what a SIP response can say, `Cancelled` (487) without our asking for it
/// included.
const REFUSALS: [CauseKind; 13] = [
    CauseKind::Busy,
    CauseKind::Busy,
    CauseKind::Busy,
    CauseKind::Busy,
    CauseKind::Busy,
    CauseKind::NoAnswer,
    CauseKind::NoAnswer,
    CauseKind::NoAnswer,
    CauseKind::Declined,
    CauseKind::Unreachable,
    CauseKind::InvalidNumber,
    CauseKind::Error,
    CauseKind::Cancelled,
];

/// How a leg is lost in the middle of what it does.
const LOSSES: [CauseKind; 3] = [CauseKind::MediaTimeout, CauseKind::Error, CauseKind::Unreachable];

#[derive(Debug)]
pub struct Stranger {
    random: IdGen,
    pub(super) users: Vec<Name>,
    trunks: Vec<Name>,
    pub(super) queues: Vec<Name>,
    plans: usize,
    /// Everything that can be dialled, by kind: flows, users, queues, outside and nonsense.
    flows: Vec<String>,
    pub(super) extensions: Vec<String>,
    lines: Vec<String>,
    numbers: Vec<String>,
    often: Vec<String>,
    pub(super) calls: u32,
    begun: bool,
    /// Legs of phones that called somebody else meanwhile, and the number of that call.
    pub(super) consults: Vec<(Who, u32)>,
    /// Legs whose calls the API was asked to transfer.
    pub(super) transferred: Vec<Who>,
}

impl Stranger {
    pub fn new(stage: &Stage, seed: u64) -> Self {
        let site = stage.plans.first().map(|p| p.site.clone()).unwrap_or_default();
        let texts = |names: Vec<&Arc<str>>| names.into_iter().map(ToString::to_string).collect();
        Self {
            // Other numbers than the exchange's ids.
            random: IdGen::new(seed ^ 0x5eed),
            users: site.users.keys().cloned().collect(),
            trunks: site.trunks.keys().cloned().collect(),
            queues: site.queues.keys().cloned().collect(),
            plans: stage.plans.len(),
            flows: texts(site.numbers.exact.keys().collect()),
            extensions: texts(site.users.values().filter_map(|u| u.extension.as_ref()).collect()),
            lines: texts(site.queues.values().filter_map(|q| q.extension.as_ref()).collect()),
            numbers: stage.numbers.clone(),
            often: stage.often.clone(),
            calls: 0,
            begun: false,
            consults: Vec::new(),
            transferred: Vec::new(),
        }
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).unwrap_or(1);
        usize::try_from(self.random.next_u64() % n).unwrap_or(0)
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(super) fn pick<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        let at = self.below(of.len());
        of.get(at).cloned()
    }

    fn ms(&mut self, below: usize) -> Micros {
        Micros::from_ms(u64::try_from(self.below(below)).unwrap_or(0))
    }

    /// The next thing to do; none, if what chance chose cannot be done now.
    pub fn next(&mut self, player: &Player<'_>) -> Vec<Action> {
        if !self.begun {
            self.begun = true;
            let weather = self.pick(&WEATHER).map(Action::Weather);
            let phones = (0..self.users.len()).filter_map(|at| self.register(at)).collect::<Vec<_>>();
            return weather.into_iter().chain(phones).collect();
        }
        let all = WEIGHTS.iter().map(|(_, weight)| weight).sum();
        let mut left = self.below(all);
        for (kind, weight) in WEIGHTS {
            if left < weight {
                return self.do_one(kind, player);
            }
            left -= weight;
        }
        Vec::new()
    }

    fn do_one(&mut self, kind: Kind, player: &Player<'_>) -> Vec<Action> {
        let one = match kind {
            Kind::Refer => return self.refer(player),
            Kind::Transfer => return self.transfer(player).unwrap_or_default(),
            Kind::Code => return self.code(player).unwrap_or_default(),
            Kind::Consult => return self.consult(player).unwrap_or_default(),
            Kind::Call => self.call(player),
            Kind::Press => {
                let key = self.pick(&['1', '1', '2', '3', '4', '5', '6', '9', '0', '*', '#']);
                self.leg(player).zip(key).map(|(who, key)| Action::Press(who, key))
            }
            Kind::HangUp => self.leg(player).map(Action::HangUp),
            Kind::Lose => {
                let cause = self.pick(&LOSSES);
                self.leg(player).zip(cause).map(|(who, cause)| Action::Lose(who, Cause::new(cause)))
            }
            Kind::ReferAttended => self.refer_attended(player),
            Kind::Hold => {
                let holding = self.one_in(2);
                self.up(player).map(|who| Action::Hold(who, holding))
            }
            Kind::Order => self.order(player),
            Kind::Replace => self.replace(player),
            Kind::Register => {
                let at = self.below(self.users.len());
                self.register(at)
            }
            Kind::FarEnd => self.far_end(),
            Kind::Weather => self.pick(&WEATHER).map(Action::Weather),
            Kind::Disk => Some(Action::Disk(!self.one_in(3))),
            Kind::Report => self.report(player),
            Kind::Reload => Some(Action::Reload(self.below(self.plans))),
            Kind::Ties => self.pick(&[Ties::Events, Ties::Timers]).map(Action::Ties),
            Kind::Restart => Some(Action::Restart),
            Kind::WaitShort => Some(Action::Wait(self.ms(3_000))),
            Kind::WaitLong => Some(Action::Wait(self.ms(30_000))),
            Kind::Step => Some(Action::Step),
        };
        one.into_iter().collect()
    }

    fn call(&mut self, player: &Player<'_>) -> Option<Action> {
        if player.world.exchange.live_calls() >= MAX_CALLERS {
            return None;
        }
        let by_user = self.below(5) < 2;
        let to = if by_user { self.dialled_inside() } else { self.dialled_outside() }?;
        let (origin, from) = match (by_user, self.pick(&self.users.clone()), self.pick(&self.trunks.clone())) {
            (true, Some(user), _) => (Origin::User(user.clone()), user.to_string()),
            (_, _, Some(trunk)) => {
                let n = self.below(4);
                (Origin::Trunk(trunk), if n == 0 { String::new() } else { format!("+44207946011{n}") })
            }
            _ => return None,
        };
        self.calls += 1;
        Some(Action::Call { number: self.calls, origin, from, to, replaces: None })
    }

    /// What a phone dials.
    pub(super) fn dialled_inside(&mut self) -> Option<String> {
        let of = match self.below(10) {
            0..3 => &self.flows,
            3..6 => &self.extensions,
            6 => &self.lines,
            _ => &self.numbers,
        };
        self.pick(&of.clone())
    }

    /// What callers from outside dial, nearly always.
    fn dialled_outside(&mut self) -> Option<String> {
        let of = match self.below(20) {
            0 => &self.numbers,
            1..10 if !self.often.is_empty() => &self.often,
            _ => &self.flows,
        };
        self.pick(&of.clone())
    }

    /// Whereto a phone transfers.
    pub(super) fn aim(&mut self) -> Option<String> {
        let of = match self.below(10) {
            0..2 => &self.flows,
            2..5 => &self.extensions,
            5..8 => &self.lines,
            _ => &self.numbers,
        };
        self.pick(&of.clone())
    }

    pub(super) fn leg(&mut self, player: &Player<'_>) -> Option<Who> {
        let legs: Vec<LegId> = player.world.legs().collect();
        self.pick(&legs).and_then(|leg| player.who(leg))
    }

    pub(super) fn up(&mut self, player: &Player<'_>) -> Option<Who> {
        let up: Vec<LegId> = player.world.legs().filter(|l| player.world.is_up(*l)).collect();
        self.pick(&up).and_then(|leg| player.who(leg))
    }

    /// A leg that talks to somebody.
    pub(super) fn talks(&mut self, player: &Player<'_>) -> Option<Who> {
        use super::world::Heard;
        let world = &player.world;
        let talk: Vec<LegId> = world.legs().filter(|l| matches!(world.heard(*l), Some(Heard::Peer(_)))).collect();
        self.pick(&talk).and_then(|leg| player.who(leg))
    }

    fn register(&mut self, at: usize) -> Option<Action> {
        let user = self.users.get(at).cloned()?;
        let first = u64::try_from(at * 2).unwrap_or(0);
        let devices = match self.below(4) {
            0 => vec![],
            1 => vec![first, first + 1],
            _ => vec![first],
        };
        Some(Action::Register(user, devices))
    }

    /// Somebody's telephone behaves otherwise from now on.
    fn far_end(&mut self) -> Option<Action> {
        let numbers: Vec<Name> = self.numbers.iter().map(|n| Arc::from(n.as_str())).collect();
        let who = if self.one_in(2) { self.pick(&self.users.clone()) } else { self.pick(&numbers) }?;
        // Half of them decide before anybody gives them up.
        let most = if self.one_in(2) { 3_000 } else { 30_000 };
        let after = self.ms(most);
        let rings_after = [None, Some(Micros::from_ms(100)), Some(Micros::from_secs(1))];
        let rings_after = self.pick(&rings_after).flatten().filter(|r| *r < after);
        // Half of those who are asked take the call; some press another key, or are machines.
        let seconds = after.0 / 1_000_000;
        let keys = [Some('1'), Some('1'), Some('2'), None];
        let presses = usize::try_from(seconds % 4).ok().and_then(|at| keys.get(at).copied().flatten());
        let asked = WhenAsked { presses, machine: seconds % 5 == 4 };
        let answers = |hangs_up_after| FarEnd { rings_after, after, answer: Answer::Answers { hangs_up_after }, asked };
        let far_end = match self.below(10) {
            0 => FarEnd { answer: Answer::Never, ..answers(None) },
            1 => FarEnd::LOST,
            2..6 => FarEnd { answer: Answer::Refuses(self.pick(&REFUSALS)?), ..answers(None) },
            6 => answers(Some(after)),
            // A carrier that answers at once and has nothing to say.
            7 => FarEnd { rings_after: None, after: Micros(0), ..answers(None) },
            _ => answers(None),
        };
        Some(Action::FarEnd(who, far_end))
    }

    /// A fact about a leg that may have gone long ago, is about to, or was never there.
    fn report(&mut self, player: &Player<'_>) -> Option<Action> {
        let leaving: Vec<LegId> = player.world.leaving().collect();
        let newest = player.world.legs().last().map_or(1, |leg| leg.0);
        let old = LegId(u64::try_from(self.below(usize::try_from(newest).unwrap_or(1))).unwrap_or(0));
        let leg =
            if leaving.is_empty() || self.one_in(3) { self.pick(&[old, LegId(u64::MAX)]) } else { self.pick(&leaving) };
        let to = self.aim()?;
        let facts = [Fact::Ringing, Fact::Confirmed, Fact::Key, Fact::Held, Fact::Gone, Fact::Refers(to)];
        Some(Action::Report(leg?, self.pick(&facts)?))
    }
}
