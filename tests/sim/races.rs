//! Every order of the events that race for a call, and every choice of small delays between them: each kind of transfer
//! at each moment at which somebody may be too late. The suite runs a part that is stated with each race; with
//! `STROWGER_SIM_DEPTH` also all events in every order, with delays between that many of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use strowger::base::id::{LegId, TransferId};
use strowger::base::time::{Micros, Mono, Wall};
use strowger::call::cause::CauseKind;
use strowger::call::leg::{Name, Origin};
use strowger::call::order::{CallEventKind, Order, TransferView, Which};
use strowger::call::spec::{Target, TransferMode};
use strowger::sim::interleave::{Deed, Race};
use strowger::sim::{FarEnd, Heard, Moment, World};

use crate::exchange::explored::stage;

mod asked;
mod blind;
mod consultation;
mod joined;
mod queues;

/// The first call's leg.
const CALLER: LegId = LegId(1);
/// Runs of one race beyond the suite's: a few minutes of an optimised build for all races.
const MOST_RUNS: u64 = 100_000;

type Events<'a> = Vec<(&'static str, Deed<'a>)>;

/// How many of a race's events happen in a run, and between how many of them delays are tried.
type Effort = (usize, usize);

fn does<'a>(act: impl Fn(&mut World) + 'a) -> Deed<'a> {
    Deed::Does(Box::new(act))
}

/// Runs a race, prints how large it was, and wants these outcomes and no others.
fn run(name: &str, prepare: &dyn Fn() -> World, events: Events<'_>, efforts: &[Effort], outcomes: &[&str]) {
    let all = events.len();
    let mut race = Race { prepare, events, taken: 0, depth: 0, outcome: &became };
    let mut efforts = efforts.to_vec();
    if let Some(depth) = std::env::var("STROWGER_SIM_DEPTH").ok().and_then(|text| text.parse::<usize>().ok()) {
        let fits = |depth: &usize| {
            race.taken = all;
            race.depth = *depth;
            race.size() <= MOST_RUNS
        };
        efforts.extend((0..=depth.min(all - 1)).rev().find(fits).map(|depth| (all, depth)));
    }
    let mut seen = BTreeSet::new();
    for (taken, depth) in efforts {
        (race.taken, race.depth) = (taken, depth);
        let begun = Instant::now();
        let runs = race.run();
        let seconds = begun.elapsed().as_secs_f64();
        println!("{name}: {taken} of {all} events, depth {depth}: {} interleavings, {seconds:.1} s", runs.count);
        for (outcome, n) in &runs.outcomes {
            println!("  {n:>6} {outcome}");
        }
        assert_eq!(runs.count, race.size());
        assert!(runs.failures.is_empty(), "{name}: {}", runs.failures[0]);
        seen.extend(runs.outcomes.into_keys());
    }
    let wanted: BTreeSet<String> = outcomes.iter().map(|outcome| (*outcome).to_owned()).collect();
    assert_eq!(seen, wanted, "{name}");
}

fn world(registered: &[&str]) -> World {
    let mut world = World::new(stage().plans[0].clone(), 1, Wall(1_767_600_000_000));
    for (device, user) in (1..).zip(registered) {
        world.register(user, &[device]);
    }
    world
}

/// The caller, from outside, talks to Dana; from now on far ends are so. Dana's leg is the second.
fn talking(registered: &[&str], far_ends: &[(&str, FarEnd)]) -> (World, LegId) {
    let mut world = world(registered);
    world.call(Origin::Trunk(Name::from("carrier")), "+442079460111", "129");
    world.run_for(Micros::from_secs(3));
    let dana = world.leg_at("us_dana").unwrap();
    assert_eq!(world.heard(CALLER), Some(&Heard::Peer(dana)));
    world.far_ends = far_ends.iter().map(|(who, far_end)| (Arc::from(*who), *far_end)).collect();
    (world, dana)
}

/// The API transfers the call of a leg.
fn transfer(world: &mut World, of: LegId, from: &str, target: Target, mode: TransferMode) {
    let call = world.call_of(of).unwrap();
    world.order(Order::Transfer { call, from: Name::from(from), target, mode });
}

fn user(name: &str) -> Target {
    Target::User(Name::from(name))
}

/// The API asks this of the newest transfer that somebody began.
fn asks(order: fn(Which) -> Order) -> Deed<'static> {
    does(move |world| {
        let newest = transfers(world).pop().map(|view| view.id);
        world.order(order(Which::Transfer(newest.unwrap_or(TransferId(0)))));
    })
}

fn hangs_up(leg: LegId) -> Deed<'static> {
    does(move |world| world.hang_up(leg))
}

fn answers(leg: LegId) -> Deed<'static> {
    does(move |world| world.answer(leg))
}

fn refuses(leg: LegId) -> Deed<'static> {
    does(move |world| world.refuse(leg, CauseKind::Busy))
}

/// The last view of each transfer that a person began, oldest first.
fn transfers(world: &World) -> Vec<TransferView> {
    let mut views: Vec<TransferView> = Vec::new();
    for (_, moment) in &world.trace {
        let Moment::Event(event) = moment else { continue };
        let CallEventKind::Transfer(view) = &event.kind else { continue };
        match views.iter_mut().find(|v| v.id == view.id) {
            Some(known) => *known = (**view).clone(),
            None => views.push((**view).clone()),
        }
    }
    views.retain(|view| view.from.is_some());
    views
}

/// What became of the transfer, and who hears whom.
fn became(world: &World) -> String {
    let states: Vec<&str> = transfers(world).iter().map(|view| view.state.name()).collect();
    let mut who: BTreeSet<String> = BTreeSet::new();
    for leg in world.legs() {
        let name = name_of(world, leg);
        who.insert(match world.heard(leg).unwrap() {
            Heard::Peer(peer) => {
                let mut both = [name, name_of(world, *peer)];
                both.sort();
                both.join("+")
            }
            Heard::Room(room) => {
                let mut all: Vec<String> = world
                    .legs()
                    .filter(|l| world.heard(*l) == Some(&Heard::Room(*room)))
                    .map(|l| name_of(world, l))
                    .collect();
                all.sort();
                all.join("+")
            }
            Heard::Audio(_) => format!("{name} waits"),
            Heard::Nothing => format!("{name} hears nothing"),
        });
    }
    let who = if who.is_empty() { "nobody".to_owned() } else { who.into_iter().collect::<Vec<_>>().join(", ") };
    format!("{}: {who}", if states.is_empty() { "no transfer".to_owned() } else { states.join(", ") })
}

fn name_of(world: &World, leg: LegId) -> String {
    let calls = world.exchange.calls();
    let party = calls.iter().flat_map(|c| &c.parties).find(|p| p.leg == leg);
    match party.and_then(|p| p.user.as_ref()) {
        Some(user) => user.trim_start_matches("us_").to_owned(),
        None if leg == CALLER => "caller".to_owned(),
        None => "outside".to_owned(),
    }
}

/// The machine itself: all orders and delays are run, each once, and a fault in one of them is found.
#[test]
fn every_order_is_run_and_a_fault_in_one_is_found() {
    let prepare = || world(&[]);
    let order = std::cell::RefCell::new(Vec::new());
    let note = |c: char| {
        let order = &order;
        does(move |w: &mut World| order.borrow_mut().push((c, w.now.mono)))
    };
    let events = vec![("a", note('a')), ("b", note('b')), ("c", note('c'))];
    let mut race = Race { prepare: &prepare, events, taken: 3, depth: 2, outcome: &|_| String::new() };
    assert_eq!(race.run().count, 6 * 9);
    let all: BTreeSet<Vec<(char, Mono)>> = order.borrow().chunks(3).map(<[_]>::to_vec).collect();
    // Two of the three delays take no time, and differ in what happens in it.
    assert_eq!(all.len(), 6 * 4);
    order.borrow_mut().clear();
    (race.taken, race.depth) = (2, 0);
    assert_eq!((race.run().count, race.size()), (6, 6));
    let pairs: BTreeSet<Vec<(char, Mono)>> = order.borrow().chunks(2).map(<[_]>::to_vec).collect();
    assert_eq!(pairs.len(), 6);
    let wrong = |w: &mut World| {
        if w.leg_at("us_ravi").is_none() {
            w.broken.push("planted: too late".to_owned());
        }
    };
    let ravi = blind::referred().leg_at("us_ravi").unwrap();
    let events = vec![("looks", does(wrong)), ("refuses", refuses(ravi))];
    let race = Race { prepare: &blind::referred, events, taken: 2, depth: 1, outcome: &became };
    let runs = race.run();
    assert_eq!(runs.failures.len(), 3, "{:?}", runs.failures);
    assert!(runs.failures[0].starts_with("refuses | nothing | looks:\n  planted: too late\n"), "{}", runs.failures[0]);
}
