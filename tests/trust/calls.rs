//! Random callers of a site in virtual time, and what is noticed of their calls that lint promises
//! cannot be.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use strowger::base::diagnostic::Diagnostic;
use strowger::base::id::LegId;
use strowger::base::span::FileId;
use strowger::base::time::{Micros, Mono, Wall};
use strowger::base::value::Value;
use strowger::call::audio::Prompt;
use strowger::call::cause::CauseKind;
use strowger::call::leg::{Name, Origin};
use strowger::exchange::Plan;
use strowger::policy::{self, Policy, Scope};
use strowger::sim::{Answer, FarEnd, Moment, WhenAsked, World, narrate, services};
use strowger::site::model::Site;
use strowger::step::decl::Needs;
use strowger::step::registry;
use strowger::syntax::ast::{File, Item};
use strowger::syntax::document;
use strowger::{lint, site};

use super::Dice;

/// The site that random flows are run on, read once.
pub struct Stage {
    site: Site,
    policies: BTreeMap<Name, Arc<Policy>>,
}

/// A Monday morning.
const START: Wall = Wall(1_767_600_000_000);
/// What a caller does before only time passes.
const MAX_ACTS: usize = 24;
/// Longer than any call can last by the bounds of its flow, its transfers and its queues.
const AFTERWARDS: Micros = Micros::from_secs(6 * 3_600);

impl Stage {
    pub fn new() -> Self {
        let (site, found) = site::check::check_bytes(FileId(7), include_bytes!("site.yaml"));
        assert!(found.is_empty(), "{found:?}");
        let mut site = site.unwrap();
        for (name, ms) in [("welcome", 900), ("main-menu", 4_000), ("sorry", 1_500)] {
            let prompt = Arc::new(Prompt { name: name.into(), samples: vec![0_i16; ms * 8].into() });
            site.prompts.insert(name.into(), BTreeMap::from([("".into(), prompt)]));
        }
        let policies = ["standard", "strict"].map(|id| {
            let text = include_str!("policy.yaml").replace("standard", id);
            let (nodes, _, _) = document::parse(FileId(8), &text);
            let (policy, found) = policy::read(&nodes[0], Scope::Live);
            assert!(found.is_empty(), "{found:?}");
            (Name::from(id), Arc::new(policy.unwrap()))
        });
        Stage { site, policies: policies.into() }
    }

    /// What runs the flows of a file, and what lint says of them. Numbers of flows that the file
    /// does not have are taken away.
    pub fn plan(&self, file: &File) -> (Arc<Plan>, Vec<Diagnostic>) {
        let mut site = self.site.clone();
        let is_there = |flow: &str| file.items.iter().any(|i| matches!(i, Item::Flow(f) if f.name.value == flow));
        site.numbers.exact.retain(|_, entry| is_there(&entry.flow));
        let (flows, found) = lint::compile(&site, &self.policies, std::slice::from_ref(file));
        (
            Arc::new(Plan {
                revision: 1,
                site,
                flows: flows.graphs,
                policies: self.policies.clone(),
                digested: OnceLock::new(),
            }),
            found,
        )
    }
}

/// What was seen of one site.
#[derive(Default)]
pub struct Seen {
    /// Steps that flows entered.
    pub steps: usize,
    pub calls: usize,
    /// What a clean lint excludes, by its kind, with the story of the first call that did it.
    pub wrong: BTreeMap<&'static str, String>,
    /// What statements ended in, and how often.
    pub ways: BTreeMap<String, usize>,
}

/// Lets so many callers call, one after the other.
pub fn call(plan: &Arc<Plan>, dice: &mut Dice, calls: usize, seen: &mut Seen) {
    // Any hour of a fortnight.
    let hours = dice.below(14 * 24) as i64;
    let mut world = World::new(plan.clone(), dice.below(1 << 30) as u64, Wall(START.0 + hours * 3_600_000));
    let numbers: Vec<Name> = plan.site.numbers.exact.keys().map(|n| Name::from(n.to_string())).collect();
    for _ in 0..calls {
        far_ends(&mut world, dice);
        world.services.mocks = SERVICES.iter().map(|(verb, outcomes)| service(verb, outcomes, dice)).collect();
        let begun = world.trace.len();
        let from = *dice.of(&["", "+442079460111", "+12125550123", "12"]);
        let to = &numbers[dice.below(numbers.len())];
        let caller = world.call(Origin::Trunk(Name::from("carrier")), from, to);
        for _ in 0..dice.below(MAX_ACTS) {
            act(&mut world, caller, dice);
        }
        world.run_for(AFTERWARDS);
        seen.calls += 1;
        notice(&world.trace[begun..], caller, seen);
        let broken = world.left_over();
        if !broken.is_empty() {
            let story = format!("{}\n{}", broken.join("\n"), narrate(&world.trace[begun..]));
            seen.wrong.insert("a promise broken", story);
            // What is left over would be found again.
            return;
        }
    }
}

fn far_ends(world: &mut World, dice: &mut Dice) {
    let causes = [CauseKind::Busy, CauseKind::Declined, CauseKind::Unreachable, CauseKind::Error, CauseKind::NoAnswer];
    for who in ["us_dana", "us_ravi", "+442071838750", "+442071838751"] {
        let answer = match dice.below(5) {
            0 => Answer::Refuses(*dice.of(&causes)),
            1 => Answer::Never,
            n => {
                let talk = [Micros::from_secs(1), Micros::from_secs(40)];
                Answer::Answers { hangs_up_after: (n < 4).then(|| *dice.of(&talk)) }
            }
        };
        let after = Micros::from_ms(dice.below(20_000) as u64);
        let asked = WhenAsked { presses: *dice.of(&[None, Some('1'), Some('2')]), machine: dice.one_in(4) };
        world.far_ends.insert(Arc::from(who), FarEnd { rings_after: None, after, answer, asked });
    }
    for (user, device) in [("us_dana", 1), ("us_ravi", 2)] {
        if dice.one_in(3) || !world.trace.iter().any(|(_, m)| matches!(m, Moment::Registered { .. })) {
            let devices = [device];
            world.register(user, if dice.one_in(4) { &[] } else { &devices });
        }
    }
}

/// What asks the world for something that is no leg, and the outcomes that are possible wherever the flows of `author`
/// have it.
const SERVICES: [(&str, &[&str]); 7] = [
    ("verify", &["ok", "wrong", "locked", "error"]),
    ("voicemail", &["left", "empty", "full", "error"]),
    ("callback", &["accepted", "duplicate", "denied", "limit", "invalid_number", "error"]),
    ("ring", &["answered", "no_answer", "busy", "declined", "unreachable", "limit", "loop", "error"]),
    ("park", &["retrieved", "timeout", "full"]),
    ("conference", &["ended", "denied", "not_found", "full", "error"]),
    ("http", &["ok", "rejected", "timeout", "error", "bad_body"]),
];
/// Answers of one service in one call; those beyond are what a world gives in which nothing goes wrong.
const ANSWERS: usize = 6;

fn service(verb: &'static str, outcomes: &[&'static str], dice: &mut Dice) -> services::Mock {
    let answer = |_| {
        if dice.one_in(10) {
            return services::Answer::Never;
        }
        let outcome: Arc<str> = Arc::from(*dice.of(outcomes));
        let after = Micros::from_ms(dice.below(15_000) as u64);
        let reply = || Value::Map([("name".into(), Value::text("Ann"))].into());
        let value = (verb == "http" && outcome.as_ref() == "ok" && !dice.one_in(3)).then(reply);
        services::Answer::Gives { outcome, value, after }
    };
    let first = (0..ANSWERS).map(answer).collect();
    services::Mock { verb, about: services::About::Anything, first, then: None, asked: 0 }
}

fn act(world: &mut World, caller: LegId, dice: &mut Dice) {
    match dice.below(20) {
        0..9 => world.press(caller, *dice.of(&['1', '1', '2', '0', '*', '#'])),
        9..15 => world.run_for(Micros::from_ms(dice.below(6_000) as u64)),
        15..18 => world.run_for(Micros::from_ms(dice.below(60_000) as u64)),
        18 if dice.one_in(3) => {
            let works = !dice.one_in(3);
            world.set_disk(works);
        }
        19 if dice.one_in(3) => world.hang_up(caller),
        _ => drop(world.step()),
    }
}

/// Looks through the trace of one call.
fn notice(trace: &[(Mono, Moment)], caller: LegId, seen: &mut Seen) {
    let (mut answered, mut over, mut record) = (false, false, None);
    let mut wrong: Vec<&'static str> = Vec::new();
    for (_, moment) in trace {
        match moment {
            Moment::Answered { leg } => answered |= *leg == caller,
            Moment::Refused { leg, .. } if *leg == caller => {
                wrong.extend(answered.then_some("refused after the answer"));
                over = true;
            }
            Moment::Ended { leg, .. } | Moment::HangsUp { leg } if *leg == caller => over = true,
            Moment::Hears { leg, .. } if *leg == caller => {
                wrong.extend((!answered).then_some("heard before the answer"));
                wrong.extend(over.then_some("heard after the end"));
            }
            Moment::Step { .. } => {
                seen.steps += 1;
                wrong.extend(over.then_some("a step after the end"));
            }
            Moment::Took { verb, label, .. } => *seen.ways.entry(format!("{verb}: {label}")).or_default() += 1,
            Moment::Asks { verb, .. } => {
                let early = registry::find(verb).is_some_and(|d| d.needs == Needs::Answered) && !answered;
                wrong.extend(early.then_some("asked before the answer"));
                wrong.extend(over.then_some("asked after the end"));
            }
            Moment::Placed { .. } => wrong.extend(over.then_some("a leg after the end")),
            Moment::Decided { record } if record.reason == "FLOW_TRANSFER_UNGUARDED" => {
                wrong.push("no guard for a leg outside")
            }
            Moment::Record(one) => record = Some(one),
            _ => {}
        }
    }
    match record {
        None => wrong.push("a call without an end"),
        Some(record) => {
            let failed = record.tags.get("flow_error").map(|text| {
                if text.contains("max_steps") || text.contains("max_duration") {
                    "a flow without an end"
                } else {
                    "a flow that failed"
                }
            });
            wrong.extend(failed);
        }
    }
    for kind in wrong {
        let tags = || record.map(|r| format!("{:?}", r.tags)).unwrap_or_default();
        seen.wrong.entry(kind).or_insert_with(|| format!("{}{}", narrate(trace), tags()));
    }
}
