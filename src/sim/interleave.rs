//! Events that race: every order of them, or of any few of them, and for every order every choice of small delays between
//! them, each in a world of its own that is then run to its end. Nothing is left to chance, and the number of runs is
//! known before.

use std::collections::BTreeMap;

use super::explore::close;
use super::narrate::narrate;
use super::world::{LATENCY, Ties, World};
use crate::base::time::{Micros, Mono};

/// What comes between one event and the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gap {
    /// Nothing: the same instant, and timers that are due have not fired.
    Nothing,
    /// The same instant, after every timer and every message of it.
    Timers,
    /// Signalling and the disk have answered what the event before led to, and nothing else happened.
    Completions,
}

const GAPS: [Gap; 3] = [Gap::Nothing, Gap::Timers, Gap::Completions];

/// Timers that are further away than this are not the race's.
const HORIZON: Micros = Micros::from_secs(1);
/// What was begun by the race has come to its end by then, if nobody hangs up: a ring, a recall and its pauses.
const SETTLES: Micros = Micros::from_secs(120);
/// Worlds of which the failure is kept: one is read.
const MOST_FAILURES: usize = 3;

/// One of the racing events.
pub enum Deed<'a> {
    /// Somebody does something; nothing, if the leg is not there any more.
    Does(Box<dyn Fn(&mut World) + 'a>),
    /// The clock comes to the exchange's next timer, which is due and has not fired.
    Clock,
}

/// A moment and what may happen in it in any order.
pub struct Race<'a> {
    /// Brings a fresh world to the moment, always the same; a timer of the race is less than a second away.
    pub prepare: &'a dyn Fn() -> World,
    pub events: Vec<(&'static str, Deed<'a>)>,
    /// How many of the events happen in one run, any of them: with all, whoever may hang up does so, and little is left to
    /// be seen of the rest.
    pub taken: usize,
    /// Between how many events, the first ones, all delays are tried; between the others there is none.
    pub depth: usize,
    /// What became of it, in a few words, when it has settled and nobody has hung up for that.
    pub outcome: &'a dyn Fn(&World) -> String,
}

/// What all runs of a race came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    pub count: u64,
    /// How often each outcome came about.
    pub outcomes: BTreeMap<String, u64>,
    /// The first failures: the order, what was broken, what happened.
    pub failures: Vec<String>,
}

impl Race<'_> {
    /// How many runs there are: the orders, times the choices of delays.
    pub fn size(&self) -> u64 {
        let all = self.events.len();
        let first = all.saturating_sub(self.taken()).saturating_add(1);
        let orders: u64 = (first..=all).map(|n| u64::try_from(n).unwrap_or(u64::MAX)).product();
        orders.saturating_mul(self.choices())
    }

    fn taken(&self) -> usize {
        self.taken.min(self.events.len())
    }

    fn choices(&self) -> u64 {
        let gaps = self.depth.min(self.taken().saturating_sub(1));
        (0..gaps).fold(1, |n: u64, _| n.saturating_mul(3))
    }

    /// Runs all of it.
    pub fn run(&self) -> Runs {
        let mut runs = Runs::default();
        let mut order: Vec<usize> = (0..self.events.len()).collect();
        loop {
            // Each order of those taken comes once with the others in theirs.
            let (taken, others) = order.split_at_checked(self.taken()).unwrap_or((&order, &[]));
            if others.is_sorted() {
                for choice in 0..self.choices() {
                    self.run_one(taken, choice, &mut runs);
                }
            }
            if !next_permutation(&mut order) {
                return runs;
            }
        }
    }

    /// `choice`, written in base three, is the gaps.
    fn run_one(&self, order: &[usize], choice: u64, runs: &mut Runs) {
        let mut world = (self.prepare)();
        let begun = world.trace.len();
        let mut left = choice;
        let mut told: Vec<String> = Vec::new();
        for (nth, at) in order.iter().enumerate() {
            if nth > 0 {
                let gap = usize::try_from(left % 3).ok().and_then(|n| GAPS.get(n)).copied().unwrap_or(Gap::Nothing);
                left /= 3;
                pass(&mut world, gap);
                told.push(format!("{gap:?}").to_lowercase());
            }
            let Some((name, deed)) = self.events.get(*at) else { continue };
            told.push((*name).to_owned());
            match deed {
                Deed::Does(act) => act(&mut world),
                Deed::Clock => to_next_timer(&mut world),
            }
        }
        world.run_for(SETTLES);
        let outcome = (self.outcome)(&world);
        close(&mut world);
        let broken = world.left_over();
        runs.count += 1;
        *runs.outcomes.entry(outcome).or_default() += 1;
        if !broken.is_empty() && runs.failures.len() < MOST_FAILURES {
            let story = narrate(world.trace.get(begun..).unwrap_or_default());
            runs.failures.push(format!("{}:\n  {}\n{story}", told.join(" | "), broken.join("\n  ")));
        }
    }
}

fn pass(world: &mut World, gap: Gap) {
    match gap {
        Gap::Nothing => {}
        Gap::Timers => {
            let before = std::mem::replace(&mut world.ties, Ties::Timers);
            world.run_for(Micros(0));
            world.ties = before;
        }
        Gap::Completions => world.run_for(LATENCY),
    }
}

/// To the instant of the next timer, if it is near; what is due before it happens.
fn to_next_timer(world: &mut World) {
    let near = |world: &World| {
        let at: Option<Mono> = world.exchange.next_deadline();
        at.filter(|at| at.since(world.now.mono) <= HORIZON)
    };
    while let Some(at) = near(world) {
        if world.next().is_some_and(|next| next < at) {
            world.step();
        } else {
            world.advance_to(at);
            return;
        }
    }
}

/// The next order of the numbers, the least of those that are greater; false after the last.
fn next_permutation(order: &mut [usize]) -> bool {
    let rises = |at: &usize| order.get(*at).zip(order.get(at + 1)).is_some_and(|(a, b)| a < b);
    let Some(pivot) = (0..order.len().saturating_sub(1)).rev().find(rises) else { return false };
    let larger = |at: &usize| order.get(*at).zip(order.get(pivot)).is_some_and(|(a, b)| a > b);
    let Some(swap) = (0..order.len()).rev().find(larger) else { return false };
    order.swap(pivot, swap);
    if let Some(rest) = order.get_mut(pivot + 1..) {
        rest.reverse();
    }
    true
}
