//! What a bad network does to legs, and what a restart leaves.

use std::collections::BTreeSet;
use std::sync::Arc;

use strowger::base::id::LegId;
use strowger::base::time::{Micros, Mono, Wall};
use strowger::call::leg::{Name, Origin};
use strowger::sim::network::{Fate, GIVEN_UP, Network};
use strowger::sim::{Answer, Conditions, FarEnd, Moment, WhenAsked, World};

use crate::exchange::explored::stage;

fn world(conditions: Conditions, seed: u64) -> World {
    let mut world = World::new(stage().plans[0].clone(), seed, Wall(1_767_600_000_000));
    world.register("us_dana", &[1]);
    world.network.conditions = conditions;
    world
}

fn calls_dana(world: &mut World) -> LegId {
    world.call(Origin::Trunk(Name::from("carrier")), "+442079460111", "129")
}

fn first(world: &World, wanted: fn(&Moment) -> bool) -> Option<Mono> {
    world.trace.iter().find(|(_, m)| wanted(m)).map(|(at, _)| *at)
}

#[test]
fn a_calm_network_adds_nothing_and_a_bad_one_what_it_says() {
    let leg = LegId(2);
    let mut calm = Network::new(1);
    assert!((0..100).all(|_| calm.fate(leg) == Fate::Late(Micros(0))));
    let mut worst = Network::new(1);
    worst.conditions = Conditions::WORST;
    let fates: Vec<Fate> = (0..1_000).map(|_| worst.fate(leg)).collect();
    let lost = fates.iter().filter(|f| **f == Fate::Lost).count();
    // One of two to the sixth.
    assert!((5..40).contains(&lost), "{lost}");
    let late: BTreeSet<u64> =
        fates.iter().filter_map(|f| if let Fate::Late(t) = f { Some(t.0) } else { None }).collect();
    assert!(late.len() > 500 && late.last().unwrap() < &(GIVEN_UP.0 + 3_000_000));
    // The fate of a leg's messages is the same whatever other legs are sent.
    let mut other = Network::new(1);
    other.conditions = Conditions::WORST;
    let again: Vec<Fate> = (0..1_000)
        .map(|n| {
            other.fate(LegId(n));
            other.fate(LegId(9_999_998))
        })
        .collect();
    let mut alone = Network::new(1);
    alone.conditions = Conditions::WORST;
    assert_eq!(again, (0..1_000).map(|_| alone.fate(LegId(9_999_998))).collect::<Vec<_>>());
}

/// Over many seeds, a bad network shows every one of its faults, and no promise is broken.
#[test]
fn every_fault_of_a_network_happens() {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for seed in 0..60 {
        let mut world = world(Conditions::WORST, seed);
        let answer = Answer::Answers { hangs_up_after: None };
        world.far_ends.insert(
            Arc::from("us_dana"),
            FarEnd {
                rings_after: Some(Micros::from_ms(100)),
                after: Micros::from_ms(4_000),
                answer,
                asked: WhenAsked::NOTHING,
            },
        );
        let caller = calls_dana(&mut world);
        world.run_for(Micros::from_secs(60));
        let rings = first(&world, |m| matches!(m, Moment::Rings { .. }));
        let answered = first(&world, |m| matches!(m, Moment::TargetAnswered { .. }));
        let given_up = first(&world, |m| matches!(m, Moment::Ended { .. }));
        let talked = first(&world, |m| matches!(m, Moment::Talk { .. }));
        match (rings, answered) {
            (None, None) => drop(seen.insert("nothing is heard of the far end")),
            (Some(rings), _) if rings.0 > 200_000 => drop(seen.insert("it rings late")),
            (None, Some(_)) => drop(seen.insert("an answer overtakes the ringing")),
            _ => {}
        }
        if talked.is_none() && given_up.is_some() {
            seen.insert("the answer is too late");
        }
        if talked.is_some() {
            seen.insert("they talk");
        }
        world.hang_up(caller);
        world.run_for(Micros::from_secs(400));
        assert_eq!(world.left_over(), Vec::<String>::new(), "seed {seed}");
    }
    let all = ["it rings late", "nothing is heard of the far end", "the answer is too late", "they talk"];
    assert!(all.iter().all(|what| seen.contains(what)), "{seen:?}");
}

#[test]
fn facts_are_told_twice_and_an_answer_crosses_our_cancel() {
    let twice = Conditions { twice_percent: 100, ..Conditions::CALM };
    let mut once = world(Conditions::CALM, 1);
    let mut again = world(twice, 1);
    for world in [&mut once, &mut again] {
        let caller = calls_dana(world);
        world.run_for(Micros::from_secs(3));
        world.hold(caller, true);
        world.run_for(Micros::from_secs(3));
        assert_eq!(world.broken, Vec::<String>::new());
    }
    // The ringing and the holding; what is seen of them is the same.
    assert_eq!(again.inputs(), once.inputs() + 2);
    assert_eq!(once.trace, again.trace);
    let crossing = Conditions { crossing_percent: 100, ..Conditions::CALM };
    for (conditions, crosses) in [(Conditions::CALM, false), (crossing, true)] {
        let mut world = world(conditions, 1);
        let caller = calls_dana(&mut world);
        world.run_for(Micros::from_secs(1));
        let target = world.legs().find(|leg| *leg != caller).unwrap();
        world.hang_up(caller);
        assert_eq!(world.leaving().collect::<Vec<_>>(), [target]);
        world.run_for(Micros::from_secs(400));
        assert_eq!(world.left_over(), Vec::<String>::new());
        let record = world.trace.iter().find_map(|(_, m)| if let Moment::Record(r) = m { Some(r) } else { None });
        let party = record.unwrap().parties.iter().find(|p| p.number.as_ref() == "102").unwrap().clone();
        assert!(!crosses || party.answered.is_none(), "an answer that crosses our CANCEL joins nobody");
    }
}

#[test]
fn a_restart_forgets_calls_and_nothing_else() {
    let mut world = world(Conditions::CALM, 1);
    calls_dana(&mut world);
    world.run_for(Micros::from_secs(3));
    assert!(first(&world, |m| matches!(m, Moment::Talk { .. })).is_some());
    world.restart();
    assert_eq!((world.exchange.live_calls(), world.exchange.held_permits(), world.legs().count()), (0, 0, 0));
    assert_eq!(world.lives().lost.len(), 1);
    // Nobody is reachable until the phones have registered again.
    calls_dana(&mut world);
    world.run_for(Micros::from_secs(5));
    let caller = calls_dana(&mut world);
    world.run_for(Micros::from_secs(5));
    let talks = world.trace.iter().filter(|(_, m)| matches!(m, Moment::Talk { .. })).count();
    assert_eq!(talks, 2);
    world.hang_up(caller);
    world.run_for(Micros::from_secs(100));
    assert_eq!(world.left_over(), Vec::<String>::new());
    let records = world.trace.iter().filter(|(_, m)| matches!(m, Moment::Record(_))).count();
    assert_eq!(records, 2);
}
