//! A seeded stranger at every telephone of a site: calls, keys, transfers, hang-ups, lost
//! registrations and a disk that fails, in an order that only the seed decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::far_end::{Answer, FarEnd};
use super::moment::Moment;
use super::world::{Ties, World};
use crate::base::id::{IdGen, LegId};
use crate::base::time::{Micros, Wall};
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{DigitSource, LegEvent, Name, Origin, Replaced};
use crate::exchange::Plan;

/// A Monday morning.
const START: Wall = Wall(1_767_600_000_000);
/// Callers at one time: enough that they meet in queues, few enough that a trace can be read.
const MAX_CALLERS: usize = 10;
/// Longer than any ring, announcement, wrap-up or pause of a signalling transaction.
const AFTERWARDS: Micros = Micros::from_secs(400);
/// Rounds of hanging up: each ends at least what is up, and a call that ends rings nobody anew.
const LAST_ROUNDS: u32 = 4;

/// One explored world.
#[derive(Debug)]
pub struct Exploration {
    pub world: World,
    /// Promises that were broken, in words; none is what every seed must give.
    pub broken: Vec<String>,
}

/// Does `events` random things to a site, ends everything, and looks at what is left.
///
/// The first plan is the site at the start, the others are what it may be reloaded with.
/// `numbers` are dialled beside those of the site. The same arguments give the same trace.
pub fn explore(plans: &[Arc<Plan>], numbers: &[&str], seed: u64, events: u32) -> Exploration {
    let Some(first) = plans.first() else {
        let world = World::new(Arc::default(), seed, START);
        return Exploration { world, broken: vec!["there is no site to explore".to_owned()] };
    };
    let world = World::new(first.clone(), seed, START);
    let mut stranger = Stranger::new(world, plans, numbers, seed);
    for _ in 0..events {
        stranger.act();
    }
    let mut world = stranger.world;
    world.set_disk(true);
    for _ in 0..LAST_ROUNDS {
        for leg in world.legs().collect::<Vec<_>>() {
            if world.is_up(leg) || world.exists(leg) {
                world.hang_up(leg);
            }
        }
        world.run_for(AFTERWARDS);
    }
    let broken = world.left_over();
    Exploration { world, broken }
}

impl Exploration {
    /// What happened how often: ways that statements ended, answers to transfers, ends of calls.
    pub fn distribution(&self) -> BTreeMap<String, u32> {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for (_, moment) in &self.world.trace {
            let key = match moment {
                Moment::Took { verb, label, .. } => format!("{verb}: {label}"),
                Moment::ReferAnswered { status, .. } => format!("refer answered {status}"),
                Moment::Notified { status, .. } => format!("notified {status}"),
                Moment::Decided { record } => format!("decided {}", record.reason),
                Moment::Record(record) => format!("call ended {}", record.cause.kind),
                Moment::Talk { .. } => "talk".to_owned(),
                Moment::Holds { .. } => "hold".to_owned(),
                Moment::Disk { works: false, .. } => "disk failed".to_owned(),
                _ => continue,
            };
            let count = counts.entry(key).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }
}

struct Stranger<'a> {
    world: World,
    plans: &'a [Arc<Plan>],
    random: IdGen,
    users: Vec<Name>,
    trunks: Vec<Name>,
    /// Everything that can be dialled.
    numbers: Vec<String>,
    /// What callers from outside dial, nearly always.
    flows: Vec<String>,
    /// Legs that may be gone: events of them still come.
    known: Vec<LegId>,
}

impl<'a> Stranger<'a> {
    fn new(world: World, plans: &'a [Arc<Plan>], numbers: &[&str], seed: u64) -> Self {
        let site = world.exchange.plan().site.clone();
        let mut dialled: Vec<String> = site.numbers.exact.keys().map(ToString::to_string).collect();
        dialled.extend(site.users.values().filter_map(|u| u.extension.as_ref()).map(ToString::to_string));
        dialled.extend(site.queues.values().filter_map(|q| q.extension.as_ref()).map(ToString::to_string));
        dialled.extend(numbers.iter().map(ToString::to_string));
        let mut stranger = Self {
            world,
            plans,
            // Other numbers than the exchange's ids.
            random: IdGen::new(seed ^ 0x5eed),
            users: site.users.keys().cloned().collect(),
            trunks: site.trunks.keys().cloned().collect(),
            numbers: dialled,
            flows: site.numbers.exact.keys().map(ToString::to_string).collect(),
            known: Vec::new(),
        };
        for at in 0..stranger.users.len() {
            stranger.register(at);
        }
        stranger
    }

    fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).unwrap_or(1);
        usize::try_from(self.random.next_u64() % n).unwrap_or(0)
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        let at = self.below(of.len());
        of.get(at).cloned()
    }

    fn act(&mut self) {
        match self.below(100) {
            0..18 => self.call(),
            18..38 => self.press(),
            38..50 => self.hang_up(),
            50..58 => self.refer(),
            58..64 => self.hold(),
            64..69 => {
                let at = self.below(self.users.len());
                self.register(at);
            }
            69..75 => self.far_end(),
            75..77 => {
                let works = self.below(3) > 0;
                self.world.set_disk(works);
            }
            77..79 => self.stale(),
            79 => {
                if let Some(plan) = self.pick(self.plans) {
                    self.world.reload(plan);
                }
            }
            80 => self.world.ties = if self.below(2) == 0 { Ties::Events } else { Ties::Timers },
            81..92 => {
                let ms = self.below(3_000);
                self.pass(ms);
            }
            92..99 => {
                let ms = self.below(40_000);
                self.pass(ms);
            }
            _ => {
                // To the very instant at which something is due, and no further.
                self.world.step();
            }
        }
    }

    fn pass(&mut self, ms: usize) {
        self.world.run_for(Micros::from_ms(u64::try_from(ms).unwrap_or(0)));
    }

    fn call(&mut self) {
        if self.world.exchange.live_calls() >= MAX_CALLERS {
            return;
        }
        let by_user = self.below(3) == 0;
        let dialled = if by_user || self.below(20) == 0 { &self.numbers } else { &self.flows };
        let Some(to) = self.pick(&dialled.clone()) else { return };
        let (origin, from) = match (by_user, self.pick(&self.users.clone()), self.pick(&self.trunks.clone())) {
            (true, Some(user), _) => (Origin::User(user.clone()), user.to_string()),
            (_, _, Some(trunk)) => {
                let n = self.below(4);
                (Origin::Trunk(trunk), if n == 0 { String::new() } else { format!("+44207946011{n}") })
            }
            _ => return,
        };
        let leg = self.world.call(origin, &from, &to);
        self.known.push(leg);
    }

    fn leg(&mut self) -> Option<LegId> {
        let legs: Vec<LegId> = self.world.legs().collect();
        self.pick(&legs)
    }

    fn press(&mut self) {
        let Some(leg) = self.leg() else { return };
        if let Some(key) = self.pick(&['1', '2', '3', '4', '5', '6', '9', '0', '*', '#']) {
            self.world.press(leg, key);
        }
    }

    fn hang_up(&mut self) {
        if let Some(leg) = self.leg() {
            self.known.push(leg);
            self.world.hang_up(leg);
        }
    }

    fn refer(&mut self) {
        let up: Vec<LegId> = self.world.legs().filter(|l| self.world.is_up(*l)).collect();
        let (Some(leg), Some(to)) = (self.pick(&up), self.pick(&self.numbers.clone())) else { return };
        let replaces = (self.below(20) == 0).then_some(Replaced::Unknown);
        // A phone holds its peer before it transfers it, more often than not.
        if self.below(3) > 0 {
            self.world.hold(leg, true);
        }
        self.world.refer(leg, &to, replaces);
    }

    fn hold(&mut self) {
        let Some(leg) = self.leg() else { return };
        let holding = self.below(2) == 0;
        if self.world.is_up(leg) {
            self.world.hold(leg, holding);
        }
    }

    fn register(&mut self, at: usize) {
        let Some(user) = self.users.get(at).cloned() else { return };
        let first = u64::try_from(at * 2).unwrap_or(0);
        let devices: &[u64] = match self.below(6) {
            0 => &[],
            1 => &[first, first + 1],
            _ => &[first],
        };
        self.world.register(&user, devices);
    }

    /// Somebody's telephone behaves otherwise from now on.
    fn far_end(&mut self) {
        let mut who: Vec<Arc<str>> = self.users.clone();
        who.extend(self.numbers.iter().map(|n| Arc::from(n.as_str())));
        let Some(who) = self.pick(&who) else { return };
        let seconds = u64::try_from(self.below(30)).unwrap_or(0);
        let after = Micros::from_secs(seconds);
        let rings_after = [None, Some(Micros::from_ms(100)), Some(Micros::from_secs(1))];
        let rings_after = self.pick(&rings_after).flatten().filter(|r| *r < after);
        let refusals = [
            CauseKind::Busy,
            CauseKind::Declined,
            CauseKind::Unreachable,
            CauseKind::InvalidNumber,
            CauseKind::NoAnswer,
            CauseKind::Error,
        ];
        let answer = match self.below(6) {
            0 => Answer::Never,
            1 => Answer::Refuses(self.pick(&refusals).unwrap_or(CauseKind::Busy)),
            2 => Answer::Answers { hangs_up_after: Some(Micros::from_secs(seconds)) },
            _ => Answer::Answers { hangs_up_after: None },
        };
        self.world.far_ends.insert(who, FarEnd { rings_after, after, answer });
    }

    /// A fact about a leg that may have gone long ago, or was never there.
    fn stale(&mut self) {
        let mut legs = self.known.clone();
        legs.push(LegId(u64::MAX));
        let Some(leg) = self.pick(&legs) else { return };
        if self.world.exists(leg) {
            return;
        }
        let cause = Cause::new(CauseKind::Normal);
        let events = [
            LegEvent::Ringing,
            LegEvent::Confirmed,
            LegEvent::Digit { digit: '1', source: DigitSource::Info },
            LegEvent::Held,
            LegEvent::Gone { cause },
        ];
        if let Some(event) = self.pick(&events) {
            self.world.report(leg, event);
        }
    }
}
