//! The exchange's promises, checked from outside: after every input, and when all is over. What is found is what a
//! caller, an auditor or an operator would complain of. One kind of promise a file; each knows only what it is shown.

pub mod agents;
pub mod bounds;
pub mod calls;
pub mod events;
pub mod legs;
pub mod orders;
pub mod outside;
pub mod queue_order;
pub mod recordings;
pub mod refers;
pub mod shown;
pub mod silence;

use std::collections::BTreeSet;

use super::tally::{Distribution, Tally};
use super::world::{Heard, World};
use crate::base::id::LegId;
use crate::base::time::Mono;
use crate::exchange::view::CallView;

/// Broken promises that are kept of one world; one is enough to fail.
const MAX_BROKEN: usize = 20;

/// A broken promise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// Which kind: what a run is shrunk to must break the same.
    pub promise: &'static str,
    pub what: String,
}

/// What was found in one look.
#[derive(Debug, Default)]
pub struct Found(pub Vec<Breach>);

impl Found {
    pub fn add(&mut self, promise: &'static str, what: impl Into<String>) {
        self.0.push(Breach { promise, what: what.into() });
    }
}

/// Which promise a line of [`World::broken`] is about.
pub fn promise_of(broken: &str) -> &str {
    broken.split(": ").next().unwrap_or(broken)
}

/// A leg of the world at this moment.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub leg: LegId,
    pub up: bool,
    pub heard: &'a Heard,
}

/// What one look sees, all of it after the exchange took its input.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    pub now: Mono,
    pub calls: &'a [CallView],
    pub lines: &'a [Line<'a>],
}

impl Sight<'_> {
    /// Whether anybody but this leg is heard in its room.
    pub fn has_company(&self, line: &Line<'_>) -> bool {
        self.lines.iter().any(|l| l.leg != line.leg && l.up && l.heard == line.heard)
    }

    /// Whether the leg hears nothing at all.
    pub fn is_deaf(&self, line: &Line<'_>) -> bool {
        match line.heard {
            Heard::Nothing => true,
            Heard::Room(_) => !self.has_company(line),
            Heard::Audio(_) | Heard::Peer(_) => false,
        }
    }
}

/// What has to be remembered between two inputs.
#[derive(Debug, Default)]
pub struct Promises {
    /// Moments of the trace that were looked at.
    seen: usize,
    outside: outside::Outside,
    shown: shown::Shown,
    bounds: bounds::Bounds,
    agents: agents::Agents,
    queues: queue_order::QueueOrder,
    silence: silence::Silence,
    refers: refers::Refers,
    orders: orders::Orders,
    events: events::Events,
    calls: calls::Calls,
    recordings: recordings::Recordings,
    /// What was seen while looking.
    pub(super) tally: Tally,
}

impl Promises {
    /// The exchange forgot everything; so do those who watch what it promised.
    pub(super) fn restarted(&mut self) {
        self.agents = agents::Agents::default();
        self.queues = queue_order::QueueOrder::default();
        self.silence = silence::Silence::default();
        self.refers = refers::Refers::default();
        self.orders = orders::Orders::default();
        self.recordings.restarted();
        self.bounds = bounds::Bounds::default();
    }
}

impl World {
    /// A promise is broken.
    pub(super) fn breach(&mut self, promise: &'static str, what: &str) {
        if self.broken.len() < MAX_BROKEN {
            self.broken.push(format!("{promise}: at {} us: {what}", self.now.mono.0));
        }
    }

    /// After every input.
    pub(super) fn watch(&mut self) {
        let mut found = Found::default();
        for what in self.exchange.broken_invariants() {
            found.add("invariants", what);
        }
        let mut promises = std::mem::take(&mut self.promises);
        for (_, moment) in self.trace.iter().skip(promises.seen) {
            promises.outside.see(moment, &mut found);
            promises.shown.see(moment, &self.exchange.plan().site, &mut found);
            promises.bounds.see(moment);
            promises.refers.see(moment, &mut found);
            promises.orders.see(moment, &mut found);
            promises.events.see(moment, &mut found);
            promises.calls.see(moment, &mut found);
            promises.recordings.see(moment, &mut found);
        }
        promises.seen = self.trace.len();
        let calls = self.exchange.calls();
        let lines = self.lines();
        let sight = Sight { now: self.now.mono, calls: &calls, lines: &lines };
        let plan = self.exchange.plan();
        promises.tally.look(&self.trace, &plan.site);
        promises.tally.look_at(&calls);
        promises.agents.look(&sight, &mut found);
        let places = self.exchange.places();
        promises.queues.look(&places, &mut found);
        promises.bounds.look(&sight, &places, plan, &mut found);
        promises.recordings.look(&sight, &mut found);
        promises.silence.look(&sight, &promises.refers, &mut found);
        promises.calls.look(&sight, plan.site.limits.max_hops, &mut found);
        legs::look(&sight, &mut found);
        if calls.is_empty() {
            let exchange = &self.exchange;
            let left = [
                ("legs", exchange.live_legs()),
                ("permits", exchange.held_permits()),
                ("timers", exchange.live_timers()),
                ("calls of agents", exchange.calls_of_agents()),
            ];
            legs::idle(&left, &mut found);
        }
        self.promises = promises;
        for Breach { promise, what } in found.0 {
            self.breach(promise, &what);
        }
    }

    /// What happened how often.
    pub fn distribution(&self) -> Distribution {
        self.promises.tally.distribution()
    }

    fn lines(&self) -> Vec<Line<'_>> {
        self.legs.iter().map(|(leg, entry)| Line { leg: *leg, up: entry.up, heard: &entry.heard }).collect()
    }

    /// When every far end has hung up and time has passed: nothing is left of any call.
    pub fn left_over(&self) -> Vec<String> {
        let exchange = &self.exchange;
        let mut found = Found::default();
        let left = [
            ("calls", exchange.live_calls()),
            ("legs", exchange.live_legs()),
            ("permits", exchange.held_permits()),
            ("timers", exchange.live_timers()),
            ("requests", exchange.open_requests()),
            ("callers in queues", exchange.waiting().iter().map(|(_, n)| n).sum()),
            ("agents who are offered a call", exchange.offered_agents()),
            ("calls of agents", exchange.calls_of_agents()),
            ("far ends", self.legs.len()),
        ];
        legs::idle(&left, &mut found);
        self.promises.refers.close(&mut found);
        self.promises.orders.close(&mut found);
        self.promises.events.close(&self.lives.lost, &mut found);
        let admitted = self.lives.calls + exchange.counters().calls;
        self.promises.calls.close(admitted, &self.lives.lost, &mut found);
        let faults = self.lives.faults + exchange.counters().faults;
        if faults > 0 {
            found.add("faults", format!("{faults} calls were ended for a fault"));
        }
        let mut broken = self.broken.clone();
        broken.extend(found.0.into_iter().map(|Breach { promise, what }| format!("{promise}: {what}")));
        broken
    }

    /// Which promises were broken until now, each once.
    pub fn promises_broken(&self) -> BTreeSet<&str> {
        self.broken.iter().map(|line| promise_of(line)).collect()
    }
}
