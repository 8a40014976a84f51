//! A scenario: a script, `---`, and the trace that it must give.
//!
//! One act a line: `call a from +44.. to 100 [trunk partner]`, `call b by us_dana to 103`,
//! `press a 12`, `info a 12` (keys by SIP INFO), `wait 1500ms`, `hangup a`, `refer us_dana to 103`, `hold us_dana`,
//! `far us_dana busy`, `registered us_dana us_ravi`, `register us_kim 1 2`, `disk fails`, `drain`,
//! `timers first`, `reload`. A leg is called by the name its call was given, else by the user or
//! number at its far end (the newest that is still there).

use std::collections::BTreeMap;
use std::sync::Arc;

use strowger::base::id::{CallId, LegId};
use strowger::base::time::{Micros, Wall};
use strowger::call::cause::CauseKind;
use strowger::call::leg::{DigitSource, Name, Origin, Replaced};
use strowger::call::order::{CallEventKind, Order, Which};
use strowger::call::spec::{QueueEntry, Target, TransferMode};
use strowger::exchange::Plan;
use strowger::exchange::journal::Journal;
use strowger::sim::{Answer, FarEnd, Moment, Ties, Trace, WhenAsked, World, narrate};

pub struct Scenario {
    pub script: String,
    pub trace: String,
}

/// Where a second run of a scenario goes otherwise, counted in inputs to the exchange.
#[derive(Clone, Copy, Debug)]
pub enum Cut<'a> {
    Never,
    /// The first caller hangs up.
    Caller(usize),
    /// Whoever was placed last hangs up.
    Target(usize),
    /// The disk fails from here on.
    Disk(usize),
    /// Every user goes offline.
    Offline(usize),
    /// An operator ends every call.
    Operator(usize),
    /// A new site is in force.
    Reload(usize, &'a Arc<Plan>),
}

pub struct Run {
    pub trace: String,
    /// The same as values.
    pub moments: Trace,
    pub broken: Vec<String>,
    /// Steps of the world.
    pub steps: usize,
    /// Of every call that is over.
    pub journals: Vec<Journal>,
}

/// Longer than anything that goes on by itself.
const AFTERWARDS: Micros = Micros::from_secs(400);

pub fn read(text: &str) -> Scenario {
    let (script, trace) = text.split_once("---\n").unwrap_or((text, ""));
    Scenario { script: script.to_owned(), trace: trace.to_owned() }
}

struct Player<'a> {
    plan: &'a Arc<Plan>,
    world: World,
    callers: BTreeMap<String, LegId>,
    /// The call that orders are about.
    first: Option<CallId>,
    cut: Cut<'a>,
    steps: usize,
}

/// Plays the script to its end, then everybody hangs up.
pub fn run(plan: &Arc<Plan>, scenario: &Scenario, cut: Cut<'_>) -> Run {
    let world = World::new(plan.clone(), 1, Wall(1_767_600_000_000));
    let mut player = Player { plan, world, callers: BTreeMap::new(), first: None, cut, steps: 0 };
    if !scenario.script.lines().any(|l| l.starts_with("registered")) {
        let users: Vec<Name> = plan.site.users.keys().cloned().collect();
        for (device, user) in (1..).zip(users) {
            player.world.register(&user, &[device]);
        }
    }
    for line in scenario.script.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if !words.is_empty() && !line.starts_with('#') {
            player.act(line, &words);
        }
    }
    let mut world = player.world;
    let begin = world.trace.iter().position(|(_, m)| !matches!(m, Moment::Registered { .. })).unwrap_or(0);
    world.set_disk(true);
    for _ in 0..3 {
        for leg in world.legs().collect::<Vec<_>>() {
            world.hang_up(leg);
        }
        world.run_for(AFTERWARDS);
    }
    let (trace, broken) = (narrate(&world.trace[begin..]), world.left_over());
    let journals = world.lives().journals.clone();
    Run { trace, moments: world.trace, broken, steps: player.steps, journals }
}

impl Player<'_> {
    fn act(&mut self, line: &str, words: &[&str]) {
        match words {
            ["call", name, "from", from, "to", to] => self.call(name, trunk("carrier"), from, to),
            ["call", name, "from", from, "to", to, "trunk", by] => self.call(name, trunk(by), from, to),
            ["call", name, "by", user, "to", to] => {
                let extension = self.plan.site.users[*user].extension.clone().unwrap();
                self.call(name, Origin::User(Name::from(*user)), &extension, to);
            }
            ["call", name, "by", user, "replaces", other] => {
                let extension = self.plan.site.users[*user].extension.clone().unwrap();
                let other = self.leg(other);
                let origin = Origin::User(Name::from(*user));
                let leg = self.world.call_instead(origin, &extension, "replaces", other);
                self.callers.insert((*name).to_owned(), leg);
            }
            ["press" | "info", who, keys] => {
                let source = if words[0] == "info" { DigitSource::Info } else { DigitSource::Rtp };
                for key in keys.chars() {
                    if let Some(leg) = self.leg(who) {
                        self.world.press_by(leg, key, source);
                    }
                    self.wait(Micros::from_ms(100));
                }
            }
            ["wait", time] => self.wait(duration(time)),
            ["hangup", who] => self.with(who, World::hang_up),
            ["refer", who, "to", to] => self.with(who, |w, leg| w.refer(leg, to, None)),
            ["refer", who, "to", to, "replaces"] => self.with(who, |w, leg| w.refer(leg, to, Some(Replaced::Unknown))),
            ["refer", who, "replaces", other] => {
                let other = self.leg(other).map(Replaced::Leg);
                self.with(who, |w, leg| w.refer(leg, "consultation", other));
            }
            ["order", who, "transfer", "to", kind, id] => self.transfer(who, kind, id, TransferMode::Blind),
            ["order", who, "consult", kind, id] => self.transfer(who, kind, id, TransferMode::Attended),
            ["order", act] => self.order(act),
            ["hold", who] => self.with(who, |w, leg| w.hold(leg, true)),
            ["resume", who] => self.with(who, |w, leg| w.hold(leg, false)),
            ["far", who, how @ ..] => {
                self.world.far_ends.insert(Arc::from(*who), far_end(how));
            }
            ["registered", users @ ..] => {
                for (device, user) in (1..).zip(users) {
                    self.world.register(user, &[device]);
                }
            }
            ["register", user, devices @ ..] => {
                let devices: Vec<u64> = devices.iter().map(|d| d.parse().unwrap()).collect();
                self.world.register(user, &devices);
            }
            ["disk", how] => self.world.set_disk(*how == "works"),
            ["crash"] => self.world.crash(|_| true),
            ["crash", "without", gone @ ..] => {
                let gone: Vec<LegId> = gone.iter().filter_map(|who| self.leg(who)).collect();
                self.world.crash(|leg| !gone.contains(&leg));
            }
            ["drain"] => self.world.drain(),
            ["timers", "first"] => self.world.ties = Ties::Timers,
            ["reload", name] => self.world.reload(Arc::new(super::plan::read(name, 2))),
            _ => panic!("no act `{line}`"),
        }
    }

    /// In the name of a user who is a party of the first call.
    fn transfer(&mut self, from: &str, kind: &str, id: &str, mode: TransferMode) {
        let (name, number) = (Arc::from(id), Arc::from(id));
        let target = match kind {
            "user" => Target::User(name),
            "agent" => Target::Agent(name),
            "queue" => Target::Queue(QueueEntry::to(name)),
            "number" => Target::Number { number, tainted: false },
            "pstn" => Target::Pstn { number, tainted: false },
            _ => panic!("no target {kind}"),
        };
        if let Some(call) = self.first {
            self.world.order(Order::Transfer { call, from: Arc::from(from), target, mode });
        }
    }

    /// About the newest transfer of the first call, or that call.
    fn order(&mut self, act: &str) {
        let Some(call) = self.first else { return };
        let which = self.world.trace.iter().rev().find_map(|(_, m)| match m {
            Moment::Event(event) => match &event.kind {
                CallEventKind::Transfer(view) if view.from.is_some() => Some(Which::Transfer(view.id)),
                _ => None,
            },
            _ => None,
        });
        let which = which.unwrap_or(Which::Call(call));
        self.world.order(match act {
            "complete" => Order::Complete(which),
            "cancel" => Order::Cancel(which),
            "3way" => Order::ThreeWay(which),
            "swap" => Order::Swap(which),
            "hangup" => Order::HangUp { call },
            _ => panic!("no order {act}"),
        });
    }

    fn call(&mut self, name: &str, origin: Origin, from: &str, to: &str) {
        let from = if from == "nobody" { "" } else { from };
        let leg = self.world.call(origin, from, to);
        self.callers.insert(name.to_owned(), leg);
        self.first = self.first.or_else(|| self.world.call_of(leg));
    }

    /// The leg of that name; `None` if there is none, or no more.
    fn leg(&self, who: &str) -> Option<LegId> {
        if let Some(leg) = self.callers.get(who) {
            return Some(*leg).filter(|l| self.world.exists(*l));
        }
        let placed = self.world.trace.iter().rev().filter_map(|(_, m)| match m {
            Moment::Placed { leg, to, .. } if **to == *who => Some(*leg),
            _ => None,
        });
        placed.into_iter().find(|l| self.world.exists(*l))
    }

    fn with(&mut self, who: &str, act: impl FnOnce(&mut World, LegId)) {
        match self.leg(who) {
            Some(leg) => act(&mut self.world, leg),
            None if matches!(self.cut, Cut::Never) => {
                self.world.broken.push(format!("there is no leg `{who}` any more"))
            }
            None => {}
        }
    }

    /// Steps one by one, so that a cut can come between any two.
    fn wait(&mut self, time: Micros) {
        let end = self.world.now.mono + time;
        while self.world.next().is_some_and(|at| at <= end) {
            self.maybe_cut();
            self.steps += 1;
            self.world.step();
        }
        self.maybe_cut();
        let rest = end.since(self.world.now.mono);
        self.world.run_for(rest);
    }

    fn maybe_cut(&mut self) {
        let newest = || self.world.legs().filter(|l| l.0 % 2 == 0).last();
        match self.cut {
            Cut::Caller(at) if at == self.steps => {
                if let Some(caller) = self.callers.values().next().copied() {
                    self.world.hang_up(caller);
                }
            }
            Cut::Target(at) if at == self.steps => {
                if let Some(leg) = newest() {
                    self.world.hang_up(leg);
                }
            }
            Cut::Disk(at) if at == self.steps => self.world.set_disk(false),
            Cut::Operator(at) if at == self.steps => {
                for call in self.world.exchange.calls() {
                    self.world.order(Order::HangUp { call: call.id });
                }
            }
            Cut::Reload(at, plan) if at == self.steps => self.world.reload(plan.clone()),
            Cut::Offline(at) if at == self.steps => {
                let users: Vec<Name> = self.plan.site.users.keys().cloned().collect();
                for user in users {
                    self.world.register(&user, &[]);
                }
            }
            _ => {}
        }
    }
}

fn trunk(name: &str) -> Origin {
    Origin::Trunk(Name::from(name))
}

fn duration(text: &str) -> Micros {
    match (text.strip_suffix("us"), text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(n), _, _) => Micros(n.parse().unwrap()),
        (_, Some(n), _) => Micros::from_ms(n.parse().unwrap()),
        (_, _, Some(n)) => Micros::from_secs(n.parse().unwrap()),
        _ => panic!("`{text}` is no time"),
    }
}

/// `busy`, `no_answer`, `answers 2s`, `answers 2s hangs_up 10s`, `mute 2s` (no 180 before the answer), `answers 2s presses 1`
/// (when it is asked), `answers 2s machine`.
fn far_end(how: &[&str]) -> FarEnd {
    let refuses = |kind| FarEnd::refuses(kind);
    let answers = |after: &str| FarEnd { after: duration(after), ..FarEnd::ANSWERS };
    match how {
        ["answers", after] => answers(after),
        ["mute", after] => FarEnd { rings_after: None, ..answers(after) },
        ["answers", after, "hangs_up", then] => {
            FarEnd { answer: Answer::Answers { hangs_up_after: Some(duration(then)) }, ..answers(after) }
        }
        ["answers", after, "presses", key] => {
            FarEnd { asked: WhenAsked { presses: key.chars().next(), machine: false }, ..answers(after) }
        }
        ["answers", after, "machine"] => FarEnd { asked: WhenAsked { presses: None, machine: true }, ..answers(after) },
        ["no_answer"] => FarEnd::NO_ANSWER,
        ["busy"] => refuses(CauseKind::Busy),
        ["declined"] => refuses(CauseKind::Declined),
        ["unreachable"] => refuses(CauseKind::Unreachable),
        ["invalid_number"] => refuses(CauseKind::InvalidNumber),
        ["timeout"] => refuses(CauseKind::NoAnswer),
        ["error"] => refuses(CauseKind::Error),
        other => panic!("no far end {other:?}"),
    }
}
