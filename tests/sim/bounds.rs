//! The checkers that count for themselves speak when something is out of bounds, and not before.

use std::sync::Arc;

use strowger::acd::Place;
use strowger::base::id::{CallId, LegId, PartyId, RoomId, TransferId};
use strowger::base::time::{Micros, Mono, Wall};
use strowger::call::leg::Name;
use strowger::call::order::{CallEvent, CallEventKind, TransferState, TransferView};
use strowger::call::spec::TransferMode;
use strowger::exchange::view::{CallView, PartyView};
use strowger::sim::promises::bounds::Bounds;
use strowger::sim::promises::calls::Calls;
use strowger::sim::promises::{Found, Line, Sight, legs};
use strowger::sim::{Heard, Moment, explore};

use crate::exchange::explored::{EVENTS, stage};

fn said(found: &Found) -> Vec<String> {
    found.0.iter().map(|breach| format!("{}: {}", breach.promise, breach.what)).collect()
}

fn sight<'a>(now: Mono, calls: &'a [CallView], lines: &'a [Line<'a>]) -> Sight<'a> {
    Sight { now, calls, lines }
}

#[test]
fn a_queue_with_too_many_is_told() {
    let place = |n: u128| Place {
        queue: Name::from("small"),
        call: CallId(n),
        priority: 5,
        since: Mono(0),
        offered: None,
        except: None,
        skills: Arc::from([]),
    };
    let live = [1, 2].map(|n| CallView { id: CallId(n), state: "queued", ..talking() });
    let look = |places: &[Place], live: &[CallView]| {
        let mut found = Found::default();
        Bounds::default().look(&sight(Mono(0), live, &[]), places, &stage().plans[0], &mut found);
        said(&found)
    };
    assert_eq!(look(&[place(1)], &live), Vec::<String>::new());
    assert_eq!(look(&[place(1), place(2)], &live), ["bounds: 2 wait in `small`, which has room for 1"]);
    let over = [CallView { state: "ending", ..live[0].clone() }];
    for calls in [&[][..], &over] {
        assert_eq!(look(&[place(1)], calls), ["bounds: a call that is over has a place in `small`"]);
    }
}

/// Everything that was decided and placed for Kim, who may have one leg outside, in worlds of the stranger's.
#[test]
fn a_user_with_too_many_legs_outside_is_told() {
    let stage = stage();
    let mut bounds = Bounds::default();
    let mut placed = Vec::new();
    for seed in 1..400 {
        let trace = explore(&stage, seed, EVENTS).world.trace;
        let mut of_kim = Vec::new();
        for (_, moment) in &trace {
            match moment {
                Moment::Decided { record } if record.verdict == "allow" && record.subject == "us_kim" => {
                    of_kim.push(record.decision_id.clone());
                    bounds.see(moment);
                }
                Moment::Placed { leg, outside: Some(outside), .. } if of_kim.contains(&outside.decision) => {
                    // Each world numbers its legs from the start.
                    let mut moment = moment.clone();
                    let own = LegId(seed * 1_000_000 + leg.0);
                    if let Moment::Placed { leg, .. } = &mut moment {
                        *leg = own;
                    }
                    bounds.see(&moment);
                    placed.push(own);
                }
                _ => {}
            }
        }
        if placed.len() > 1 {
            break;
        }
    }
    let lines: Vec<Line<'_>> = placed.iter().map(|leg| Line { leg: *leg, up: true, heard: &Heard::Nothing }).collect();
    let (mut two, mut one) = (Found::default(), Found::default());
    bounds.look(&sight(Mono(0), &[], &lines), &[], &stage.plans[0], &mut two);
    bounds.look(&sight(Mono(0), &[], &lines[..1]), &[], &stage.plans[0], &mut one);
    assert_eq!(said(&two), [format!("bounds: `us_kim` has {} legs outside, and may have 1", placed.len())]);
    assert_eq!(said(&one), Vec::<String>::new());
}

fn talking() -> CallView {
    let party = |leg: u64| PartyView {
        id: PartyId { call: CallId(1), n: u32::try_from(leg).unwrap() },
        leg: LegId(leg),
        user: None,
        role: "target",
        number: Arc::from("+44"),
        state: "up",
        outside: true,
        holding: false,
    };
    CallView {
        id: CallId(1),
        started: Wall(0),
        answered: None,
        caller: Arc::from("+44"),
        dialed: Arc::from("100"),
        state: "talking",
        flow: None,
        step: None,
        hops: 0,
        subject: LegId(1),
        collects: false,
        silent_tries: 0,
        parties: vec![party(1), party(2), party(3)],
    }
}

#[test]
fn a_room_of_two_is_told() {
    let calls = [talking()];
    let room = Heard::Room(RoomId(7));
    let lines: Vec<Line<'_>> = (1..=3).map(|n| Line { leg: LegId(n), up: true, heard: &room }).collect();
    for (there, told) in [(3, vec![]), (2, vec!["legs: room 7 has 2 in it".to_owned()])] {
        let mut found = Found::default();
        legs::look(&sight(Mono(0), &calls, &lines[..there]), &mut found);
        assert_eq!(said(&found), told);
    }
}

#[test]
fn talk_that_the_record_does_not_show_is_told() {
    let stage = stage();
    let world = explore(&stage, 1, EVENTS).world;
    let record =
        world.trace.iter().find_map(|(_, m)| if let Moment::Record(r) = m { Some((**r).clone()) } else { None });
    let mut record = record.unwrap();
    record.intervals.clear();
    let call = CallView { id: record.call_id, ..talking() };
    let heard = Heard::Peer(LegId(2));
    let lines = [Line { leg: LegId(1), up: true, heard: &heard }];
    let told = |seconds: u64, call: CallView| {
        let (mut calls, mut found) = (Calls::default(), Found::default());
        for now in [Mono(0), Mono(0) + Micros::from_secs(seconds)] {
            calls.look(&sight(now, std::slice::from_ref(&call), &lines), 10, &mut found);
        }
        calls.see(&Moment::Record(Box::new(record.clone())), &mut found);
        said(&found).iter().any(|line| line.contains("had talk that its record does not show"))
    };
    assert!(told(1, call.clone()));
    assert!(!told(0, call.clone()));
    assert!(!told(9, CallView { state: "flow", ..call }));
}

fn begun(n: u128) -> Moment {
    let call = CallId(1);
    let view = TransferView {
        id: TransferId(n),
        call,
        mode: TransferMode::Blind,
        from: None,
        target: Arc::from("user us_dana"),
        state: TransferState::Completed,
        outcome: None,
        reason: None,
        began: Wall(0),
        changed: Wall(0),
    };
    let kind = CallEventKind::Transfer(Box::new(view));
    Moment::Event(Box::new(CallEvent { at: Wall(0), call, root: call, kind }))
}

#[test]
fn more_transfers_than_hops_are_told() {
    let look = |transfers: u128| {
        let (mut calls, mut found) = (Calls::default(), Found::default());
        for n in 0..transfers {
            calls.see(&begun(n), &mut found);
        }
        calls.look(&sight(Mono(0), &[talking()], &[]), 3, &mut found);
        said(&found).len()
    };
    assert_eq!((look(3), look(4)), (0, 1));
}
