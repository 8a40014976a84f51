//! Every order of the events that race for a call, and every choice of small delays between them. `STROWGER_SIM_DEPTH`
//! is between how many events delays are tried; the suite tries fewer than there are.

use std::sync::Arc;
use std::time::Instant;

use strowger::base::id::LegId;
use strowger::base::time::{Micros, Mono, Wall};
use strowger::call::cause::CauseKind;
use strowger::call::leg::{Name, Origin};
use strowger::sim::interleave::{Deed, Race, Runs};
use strowger::sim::{FarEnd, Heard, Moment, World};

use crate::exchange::explored::stage;

/// The first call's leg.
const CALLER: LegId = LegId(1);

fn depth(usual: usize) -> usize {
    std::env::var("STROWGER_SIM_DEPTH").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Runs a race, prints how large it was, and wants these outcomes and no others.
fn run(name: &str, race: &Race<'_>, outcomes: &[&str]) -> Runs {
    let begun = Instant::now();
    let runs = race.run();
    println!("{name}: {} interleavings, depth {}, {:.1} s", runs.count, race.depth, begun.elapsed().as_secs_f64());
    for (outcome, n) in &runs.outcomes {
        println!("  {n:>6} {outcome}");
    }
    assert_eq!(runs.count, race.size());
    assert!(runs.failures.is_empty(), "{name}: {}", runs.failures[0]);
    assert_eq!(runs.outcomes.keys().map(String::as_str).collect::<Vec<_>>(), outcomes, "{name}");
    runs
}

fn world(far_ends: &[(&str, FarEnd)], registered: &[&str]) -> World {
    let mut world = World::new(stage().plans[0].clone(), 1, Wall(1_767_600_000_000));
    for (device, user) in (1..).zip(registered) {
        world.register(user, &[device]);
    }
    world.far_ends = far_ends.iter().map(|(who, far_end)| (Arc::from(*who), *far_end)).collect();
    world
}

/// What became of the call: who talks to the caller, or how it ended.
fn became(world: &World) -> String {
    let record = world.trace.iter().rev().find_map(|(_, m)| if let Moment::Record(r) = m { Some(r) } else { None });
    match (world.heard(CALLER), record) {
        (Some(Heard::Peer(peer)), _) => format!("talks to {}", world.rings(*peer).unwrap()),
        (Some(Heard::Audio(_)), _) => "waits".to_owned(),
        (Some(other), _) => format!("hears {other:?}"),
        (None, Some(record)) => format!("ended: {}", record.cause.kind),
        (None, None) => "lost".to_owned(),
    }
}

fn at(who: &'static str, act: impl Fn(&mut World, LegId)) -> impl Fn(&mut World) {
    move |world| {
        if let Some(leg) = world.leg_at(who) {
            act(world, leg);
        }
    }
}

/// The far end of a leg that rang when the race began, also when it does not any more.
fn answers(leg: LegId) -> impl Fn(&mut World) {
    move |world| world.answer(leg)
}

/// The caller talks to Dana, who has transferred it to Ravi, who rings, and will not for much longer.
fn referred() -> World {
    let mut world = world(&[("us_ravi", FarEnd::NO_ANSWER)], &["us_dana", "us_ravi"]);
    world.call(Origin::Trunk(Name::from("carrier")), "+442079460111", "129");
    world.run_for(Micros::from_secs(3));
    let dana = world.leg_at("us_dana").unwrap();
    world.hold(dana, true);
    world.refer(dana, "103", None);
    world.run_for(Micros::from_ms(29_990));
    assert!(world.leg_at("us_ravi").is_some() && world.exists(dana) && world.broken.is_empty());
    world
}

#[test]
fn a_blind_transfer_by_phone_in_every_order() {
    let ravi = referred().leg_at("us_ravi").unwrap();
    let answers = answers(ravi);
    let refuses = move |w: &mut World| w.refuse(ravi, CauseKind::Busy);
    let leaves = at("us_dana", World::hang_up);
    let race = Race {
        prepare: &referred,
        events: vec![
            ("the target answers", Deed::Does(&answers)),
            ("the ring timer", Deed::Clock),
            ("the target refuses", Deed::Does(&refuses)),
            ("the caller hangs up", Deed::Does(&|w| w.hang_up(CALLER))),
            ("the transferor hangs up", Deed::Does(&leaves)),
        ],
        depth: depth(1),
        outcome: &became,
    };
    run("REFER, blind", &race, &["ended: normal"]);
    // Without it, the caller has one of the two, or had one who then hung up.
    let race = Race { events: race.events.into_iter().filter(|(name, _)| !name.contains("caller")).collect(), ..race };
    run("REFER, blind, patient caller", &race, &["ended: normal", "talks to us_dana", "talks to us_ravi"]);
}

/// The caller waits for Dana, the only agent, whose phone rings, and will not for much longer.
fn offered() -> World {
    let mut world = world(&[("us_dana", FarEnd::NO_ANSWER)], &["us_dana"]);
    world.call(Origin::Trunk(Name::from("carrier")), "+442079460111", "140");
    world.run_for(Micros::from_ms(9_990));
    assert!(world.leg_at("us_dana").is_some() && world.broken.is_empty());
    world
}

#[test]
fn a_queues_offer_in_every_order() {
    let dana = offered().leg_at("us_dana").unwrap();
    let answers = answers(dana);
    let events = |patient: bool| {
        let mut events: Vec<(&'static str, Deed<'_>)> = vec![
            ("the agent answers", Deed::Does(&answers)),
            ("the offer's timer", Deed::Clock),
            ("the agent goes offline", Deed::Does(&|w| w.register("us_dana", &[]))),
        ];
        if !patient {
            events.push(("the caller hangs up", Deed::Does(&|w| w.hang_up(CALLER))));
        }
        events
    };
    let race = Race { prepare: &offered, events: events(false), depth: depth(3), outcome: &became };
    run("queue offer", &race, &["ended: normal"]);
    let race = Race { prepare: &offered, events: events(true), depth: depth(2), outcome: &became };
    run("queue offer, patient caller", &race, &["ended: normal", "talks to us_dana"]);
}

/// The machine itself: all orders and delays are run, each once, and a fault in one of them is found.
#[test]
fn every_order_is_run_and_a_fault_in_one_is_found() {
    let prepare = || world(&[], &[]);
    let order = std::cell::RefCell::new(Vec::new());
    let note = |c: char| {
        let order = &order;
        move |w: &mut World| order.borrow_mut().push((c, w.now.mono))
    };
    let (a, b, c) = (note('a'), note('b'), note('c'));
    let race = Race {
        prepare: &prepare,
        events: vec![("a", Deed::Does(&a)), ("b", Deed::Does(&b)), ("c", Deed::Does(&c))],
        depth: 2,
        outcome: &|_| String::new(),
    };
    assert_eq!(race.run().count, 6 * 9);
    let all: std::collections::BTreeSet<Vec<(char, Mono)>> = order.borrow().chunks(3).map(<[_]>::to_vec).collect();
    // Two of the three delays take no time, and differ in what happens in it.
    assert_eq!(all.len(), 6 * 4);
    let wrong = |w: &mut World| {
        if w.leg_at("us_ravi").is_none() {
            w.broken.push("planted: too late".to_owned());
        }
    };
    let ravi = referred().leg_at("us_ravi").unwrap();
    let refuses = move |w: &mut World| w.refuse(ravi, CauseKind::Busy);
    let race = Race {
        prepare: &referred,
        events: vec![("looks", Deed::Does(&wrong)), ("refuses", Deed::Does(&refuses))],
        depth: 1,
        outcome: &became,
    };
    let runs = race.run();
    assert_eq!(runs.failures.len(), 3, "{:?}", runs.failures);
    assert!(runs.failures[0].starts_with("refuses | nothing | looks:\n  planted: too late\n"), "{}", runs.failures[0]);
}
