//! Each promise's checker is silent about what really happened, and speaks about the same with one thing changed.

use std::sync::{Arc, LazyLock};

use strowger::acd::Place;
use strowger::base::id::{CallId, LegId, OrderId, PartyId, RoomId, TransferId};
use strowger::base::time::{Micros, Mono, Wall};
use strowger::call::cause::{Cause, CauseKind};
use strowger::call::leg::{Name, Origin, ReferToken};
use strowger::call::order::{CallEvent, CallEventKind, Order, PartyState, Refused, TransferState, TransferView};
use strowger::call::record::{CallRecord, Interval, IntervalKind};
use strowger::call::spec::TransferMode;
use strowger::exchange::view::{CallView, PartyView};
use strowger::exchange::{LegNotice, Output};
use strowger::sim::promises::agents::Agents;
use strowger::sim::promises::calls::Calls;
use strowger::sim::promises::events::Events;
use strowger::sim::promises::orders::Orders;
use strowger::sim::promises::outside::Outside;
use strowger::sim::promises::queue_order::QueueOrder;
use strowger::sim::promises::recordings::Recordings;
use strowger::sim::promises::refers::Refers;
use strowger::sim::promises::silence::Silence;
use strowger::sim::promises::{Found, Line, Sight, legs};
use strowger::sim::{Heard, Moment, World, explore};

use crate::exchange::explored::{EVENTS, stage};

/// What is told of a trace by those who read traces.
fn told(trace: &[Moment]) -> Vec<String> {
    let mut found = Found::default();
    let (mut outside, mut refers, mut orders) = (Outside::default(), Refers::default(), Orders::default());
    let (mut events, mut calls, mut recordings) = (Events::default(), Calls::default(), Recordings::default());
    for moment in trace {
        outside.see(moment, &mut found);
        refers.see(moment, &mut found);
        orders.see(moment, &mut found);
        events.see(moment, &mut found);
        calls.see(moment, &mut found);
        recordings.see(moment, &mut found);
    }
    refers.close(&mut found);
    orders.close(&mut found);
    events.close(&[].into(), &mut found);
    said(&found)
}

pub fn said(found: &Found) -> Vec<String> {
    found.0.iter().map(|breach| format!("{}: {}", breach.promise, breach.what)).collect()
}

/// Where the search for a seed begins: one that had everything when this was written. Another is found if it has no more.
const LIKELY: u64 = 610;

/// A trace of the stranger's that has everything in it, without a restart, which each checker begins anew after.
fn real() -> Vec<Moment> {
    static REAL: LazyLock<Vec<Moment>> = LazyLock::new(find_real);
    REAL.clone()
}

fn find_real() -> Vec<Moment> {
    let stage = stage();
    let has = |trace: &[Moment], wanted: fn(&Moment) -> bool| trace.iter().any(wanted);
    for seed in LIKELY.. {
        let world = explore(&stage, seed, EVENTS).world;
        let trace: Vec<Moment> = world.trace.into_iter().map(|(_, moment)| moment).collect();
        let whole = !has(&trace, |m| *m == Moment::Restarted)
            && has(&trace, |m| matches!(m, Moment::Placed { outside: Some(_), .. }))
            && has(&trace, |m| matches!(m, Moment::Notified { status: 200, .. }))
            && is_refused_and_goes_on(&trace)
            && has(&trace, |m| matches!(m, Moment::OrderAnswered { .. }))
            && has(&trace, |m| matches!(m, Moment::Asks { outside, .. } if !outside.is_empty()));
        if whole {
            return trace;
        }
    }
    unreachable!("every number is a seed")
}

/// Whether a REFER is refused of a leg that is there: others need no answer.
fn is_refused_and_goes_on(trace: &[Moment]) -> bool {
    let refused = trace.iter().enumerate().filter_map(|(at, m)| match m {
        Moment::ReferAnswered { leg, status: 603, .. } => Some((at, *leg)),
        _ => None,
    });
    refused.into_iter().any(|(at, of)| {
        let ends = |m: &Moment| matches!(m, Moment::HangsUp { leg } | Moment::Ended { leg, .. } if *leg == of);
        trace[at..].iter().any(ends) && !trace[..at].iter().any(ends)
    })
}

/// Whether it is told of the trace with something done at one of the moments that are meant. Not at each: a REFER of a
/// leg that is over needs no answer.
fn is_told(trace: &[Moment], at: fn(&Moment) -> bool, change: Change, wanted: &str) -> bool {
    let places = (0..trace.len()).filter(|n| at(&trace[*n]));
    let changed = places.map(|at| {
        let mut trace = trace.to_vec();
        change(&mut trace, at);
        trace
    });
    changed.map(|trace| told(&trace)).any(|told| told.iter().any(|line| line.contains(wanted)))
}

fn drop_it(trace: &mut Vec<Moment>, at: usize) {
    trace.remove(at);
}

fn twice(trace: &mut Vec<Moment>, at: usize) {
    trace.insert(at, trace[at].clone());
}

fn at_the_end(trace: &mut Vec<Moment>, at: usize) {
    let moment = trace.remove(at);
    trace.push(moment);
}

type Change = fn(&mut Vec<Moment>, usize);
type TraceCase = (fn(&Moment) -> bool, Change, &'static str);
type RecordCase = (fn(&mut CallRecord), &'static str);
/// What two legs hear, for how many seconds, and what is told of it.
type Hearing = (&'static str, CallView, Vec<(LegId, Heard)>, u64, &'static str);

#[test]
fn what_is_wrong_in_a_trace_is_told() {
    let real = real();
    assert_eq!(told(&real), Vec::<String>::new());
    let placed = |m: &Moment| matches!(m, Moment::Placed { outside: Some(_), .. });
    let cases: Vec<TraceCase> = vec![
        // No decision, one that is not on disk, a denial, another number, one decision for two legs.
        (placed, |trace, _| trace.retain(|m| !matches!(m, Moment::Decided { .. })), "called outside without"),
        (placed, |trace, _| trace.retain(|m| !matches!(m, Moment::Disk { .. })), "called outside without"),
        (placed, |trace, at| trace.rotate_left(at), "called outside without"),
        (
            placed,
            |trace, at| {
                if let Moment::Placed { to, .. } = &mut trace[at] {
                    *to = Arc::from("+15550001111");
                }
            },
            "`+15550001111` was called outside without",
        ),
        (placed, twice, "called twice by one permission"),
        (
            |m| matches!(m, Moment::Asks { outside, .. } if !outside.is_empty()),
            |trace, at| {
                if let Moment::Asks { outside, .. } = &mut trace[at] {
                    outside[0].0 = Arc::from("+15550001111");
                }
            },
            "may call `+15550001111` without",
        ),
        (|m| matches!(m, Moment::ReferAnswered { status: 202, .. }), drop_it, "was not accepted"),
        (|m| matches!(m, Moment::ReferAnswered { status: 603, .. }), drop_it, "has no answer"),
        (|m| matches!(m, Moment::ReferAnswered { status: 603, .. }), twice, "is answered 603 after 603"),
        (|m| matches!(m, Moment::Refers { .. }), drop_it, "was never sent"),
        (|m| matches!(m, Moment::Notified { status: 200, .. }), drop_it, "no final NOTIFY"),
        (|m| matches!(m, Moment::Notified { status: 200, .. }), twice, "after the final 200"),
        (|m| matches!(m, Moment::OrderAnswered { .. }), drop_it, "has no answer"),
        (|m| matches!(m, Moment::OrderAnswered { .. }), twice, "is answered twice"),
        (|m| matches!(m, Moment::Ordered { .. }), drop_it, "was never given"),
        (|m| matches!(m, Moment::Record(_)), twice, "has two records"),
        (|m| matches!(m, Moment::Step { .. }), at_the_end, "has its record and goes on"),
    ];
    for (nth, (at, change, wanted)) in cases.into_iter().enumerate() {
        assert!(is_told(&real, at, change, wanted), "case {nth}: `{wanted}` is not told");
    }
}

#[test]
fn what_is_wrong_in_a_record_is_told() {
    let real = real();
    let records = real.iter().filter_map(|m| if let Moment::Record(r) = m { Some(&**r) } else { None });
    let record = records.max_by_key(|r| (r.intervals.len(), r.parties.len())).unwrap().clone();
    assert!(record.intervals.len() > 2 && record.parties.len() > 1);
    let cases: Vec<RecordCase> = vec![
        (|r| r.started = Wall(r.started.0 - 1), "do not cover"),
        (|r| r.intervals.truncate(r.intervals.len() - 1), "do not cover"),
        (|r| r.intervals.clear(), "do not cover"),
        (|r| _ = r.intervals.remove(1), "a gap"),
        (|r| r.intervals[0].to = Wall(r.intervals[0].to.0 - 1), "before it begins"),
        (|r| r.intervals[1].kind = r.intervals[0].kind, "a seam"),
        (|r| r.parties[1].id = r.parties[0].id, "one id"),
        (|r| r.parties[1].started = Wall(r.parties[1].ended.0 + 1), "before it began"),
        (|r| r.parties[1].ended = Wall(r.ended.0 + 1), "outlasts"),
        (|r| r.recordings.push("s-1".into()), "has not the recordings"),
    ];
    for (nth, (change, wanted)) in cases.into_iter().enumerate() {
        let mut record = record.clone();
        // Long enough that a millisecond less makes a difference of one kind only.
        record.intervals[0] = Interval { kind: IntervalKind::Ring, ..record.intervals[0] };
        change(&mut record);
        let told = told(&[Moment::Record(Box::new(record))]);
        let either = wanted == "before it begins" && told.iter().any(|line| line.contains("a gap"));
        assert!(either || told.iter().any(|line| line.contains(wanted)), "case {nth}: no `{wanted}` in {told:?}");
    }
    let mut calls = Calls::default();
    let mut found = Found::default();
    calls.see(&Moment::Record(Box::new(record)), &mut found);
    calls.close(2, &[].into(), &mut found);
    assert_eq!(said(&found), ["records: 2 calls have 1 records, 0 were lost"]);
    found = Found::default();
    calls.close(2, &[CallId(9)].into(), &mut found);
    assert_eq!(said(&found), Vec::<String>::new());
}

fn call(n: u128) -> CallId {
    CallId(n)
}

fn party(call: CallId, leg: u64, user: Option<&str>, role: &'static str, state: &'static str) -> PartyView {
    PartyView {
        id: PartyId { call, n: u32::try_from(leg).unwrap() },
        leg: LegId(leg),
        user: user.map(Name::from),
        role,
        number: Arc::from(user.unwrap_or("+44")),
        state,
        outside: user.is_none(),
        holding: false,
    }
}

fn view(n: u128, state: &'static str, parties: Vec<PartyView>) -> CallView {
    CallView {
        id: call(n),
        started: Wall(0),
        answered: None,
        caller: Arc::from("+44"),
        dialed: Arc::from("100"),
        state,
        flow: None,
        step: None,
        hops: 0,
        subject: parties[0].leg,
        collects: false,
        silent_tries: 0,
        parties,
    }
}

/// Two who talk, by the names of their legs.
pub fn talking() -> CallView {
    let parties = vec![party(call(1), 1, None, "caller", "up"), party(call(1), 2, Some("us_dana"), "target", "up")];
    view(1, "talking", parties)
}

pub fn music() -> Heard {
    Heard::Audio(Arc::from([strowger::call::audio::AudioSource::DefaultMusic]))
}

#[test]
fn silence_is_told() {
    let line = |leg: u64, heard| (LegId(leg), heard);
    let cases: Vec<Hearing> = vec![
        ("talk", talking(), vec![line(1, Heard::Peer(LegId(2))), line(2, Heard::Peer(LegId(1)))], 60, ""),
        ("held", talking(), vec![line(1, music()), line(2, music())], 60, ""),
        ("alone", talking(), vec![line(1, Heard::Nothing), line(2, music())], 0, "is talking and hears nothing"),
        ("target", talking(), vec![line(1, music()), line(2, Heard::Nothing)], 5, ""),
        ("target alone", talking(), vec![line(1, music()), line(2, Heard::Nothing)], 6, "leg 2 hears nothing"),
        ("room", talking(), vec![line(1, Heard::Room(RoomId(1))), line(2, Heard::Room(RoomId(1)))], 60, ""),
        ("alone in a room", talking(), vec![line(1, music()), line(2, Heard::Room(RoomId(1)))], 6, "leg 2 hears"),
        ("no call", talking(), vec![line(1, music()), line(2, music()), line(3, Heard::Nothing)], 6, "leg 3 hears"),
        (
            "holder",
            {
                let mut call = talking();
                call.parties[1].holding = true;
                call
            },
            vec![line(1, music()), line(2, Heard::Nothing)],
            60,
            "",
        ),
        ("flow", CallView { state: "flow", ..talking() }, vec![line(1, Heard::Nothing), line(2, music())], 60, ""),
        (
            "peer of a flow",
            CallView { state: "flow", ..talking() },
            vec![line(1, music()), line(2, Heard::Nothing)],
            6,
            "leg 2 hears nothing",
        ),
        (
            "queued",
            CallView { state: "queued", ..talking() },
            vec![line(1, Heard::Nothing), line(2, music())],
            0,
            "is queued and hears nothing",
        ),
    ];
    for (name, call, hears, seconds, wanted) in cases {
        let lines: Vec<Line<'_>> = hears.iter().map(|(leg, heard)| Line { leg: *leg, up: true, heard }).collect();
        let calls = [call];
        let (mut silence, mut found) = (Silence::default(), Found::default());
        for now in [Mono(0), Mono(0) + Micros::from_secs(seconds)] {
            silence.look(&Sight { now, calls: &calls, lines: &lines }, &Refers::default(), &mut found);
        }
        let told = said(&found);
        let fits = if wanted.is_empty() { told.is_empty() } else { told.iter().any(|line| line.contains(wanted)) };
        assert!(fits, "{name}: `{wanted}` is not what is told: {told:?}");
    }
}

#[test]
fn a_transferor_that_waits_for_its_phone_to_hang_up_may_hear_nothing_unless_it_failed() {
    let calls = [talking()];
    let (one, two) = (music(), Heard::Nothing);
    let lines = [Line { leg: LegId(1), up: true, heard: &one }, Line { leg: LegId(2), up: true, heard: &two }];
    for (status, speaks) in [(None, false), (Some(200), false), (Some(486), true)] {
        let (mut silence, mut refers, mut found) = (Silence::default(), Refers::default(), Found::default());
        let (leg, token) = (LegId(2), ReferToken(1));
        let mut trace = vec![
            Moment::Dialled { leg, by: None, from: Arc::from("+44"), to: Arc::from("100") },
            Moment::Refers { leg, token, to: Arc::from("103"), attended: false },
            Moment::ReferAnswered { leg, token, status: 202 },
        ];
        trace.extend(status.map(|status| Moment::Notified { leg, token, status }));
        for moment in &trace {
            refers.see(moment, &mut found);
        }
        for now in [Mono(0), Mono(0) + Micros::from_secs(6)] {
            silence.look(&Sight { now, calls: &calls, lines: &lines }, &refers, &mut found);
        }
        assert_eq!(!found.0.is_empty(), speaks, "{status:?}: {:?}", said(&found));
    }
}

#[test]
fn legs_without_a_call_in_two_or_connected_to_two_are_told() {
    let (peer1, peer2, peer3) = (Heard::Peer(LegId(1)), Heard::Peer(LegId(2)), Heard::Nothing);
    let look = |calls: &[CallView], hears: &[(u64, &Heard)]| {
        let lines: Vec<Line<'_>> = hears.iter().map(|(n, heard)| Line { leg: LegId(*n), up: true, heard }).collect();
        let mut found = Found::default();
        legs::look(&Sight { now: Mono(0), calls, lines: &lines }, &mut found);
        said(&found)
    };
    assert_eq!(look(&[talking()], &[(1, &peer2), (2, &peer1)]), Vec::<String>::new());
    assert_eq!(look(&[talking()], &[(1, &peer2), (2, &peer3)]), ["legs: leg 1 hears leg 2, which does not hear it"]);
    assert_eq!(look(&[], &[(1, &peer3)]), ["legs: leg 1 is there and belongs to no call"]);
    let twice = [talking(), CallView { id: call(2), ..talking() }];
    assert_eq!(look(&twice, &[]), ["legs: leg 1 is a party of two calls", "legs: leg 2 is a party of two calls"]);
    let mut found = Found::default();
    legs::idle(&[("permits", 1), ("timers", 0)], &mut found);
    assert_eq!(said(&found), ["legs: 1 permits are left"]);
}

#[test]
fn an_agent_with_two_calls_is_told() {
    let look = |calls: &[CallView]| {
        let mut found = Found::default();
        Agents::default().look(&Sight { now: Mono(0), calls, lines: &[] }, &mut found);
        said(&found)
    };
    let with = |n: u128, leg, role, state| view(n, "queued", vec![party(call(n), leg, Some("us_dana"), role, state)]);
    assert_eq!(look(&[with(1, 2, "agent", "ringing")]), Vec::<String>::new());
    assert_eq!(look(&[with(1, 2, "agent", "up")]), Vec::<String>::new());
    let busy = "agents: a queue offered a call to `us_dana`, who has one";
    assert_eq!(look(&[with(1, 2, "agent", "ringing"), with(2, 4, "target", "up")]), [busy]);
    assert_eq!(look(&[with(1, 2, "agent", "ringing"), with(2, 4, "agent", "ringing")]), [busy, busy]);
    let two = "agents: `us_dana` is on two calls of queues";
    assert_eq!(look(&[with(1, 2, "agent", "up"), with(2, 4, "agent", "up")]), [two]);
}

#[test]
fn a_caller_who_is_passed_over_is_told() {
    let place = |n: u128, priority, since: u64, offered: Option<&str>| Place {
        queue: Name::from("sales"),
        call: call(n),
        priority,
        since: Mono(since),
        offered: offered.map(Name::from),
        except: None,
        skills: Arc::from([]),
    };
    let look = |before: &[Place], after: &[Place]| {
        let (mut order, mut found) = (QueueOrder::default(), Found::default());
        order.look(before, &mut found);
        order.look(after, &mut found);
        found.0.len()
    };
    let waits = [place(1, 5, 10, None), place(2, 5, 20, None)];
    let second = [place(1, 5, 10, None), place(2, 5, 20, Some("us_dana"))];
    assert_eq!(look(&waits, &second), 1);
    // The first first; a lower priority earlier; nobody anew; only for others; with skills.
    assert_eq!(look(&waits, &[place(1, 5, 10, Some("us_dana")), place(2, 5, 20, None)]), 0);
    assert_eq!(
        look(
            &[place(1, 5, 10, None), place(2, 1, 20, None)],
            &[place(1, 5, 10, None), place(2, 1, 20, Some("us_dana"))]
        ),
        0
    );
    assert_eq!(look(&second, &second), 0);
    let except = |agent: &str| Place { except: Some(Name::from(agent)), ..place(1, 5, 10, None) };
    assert_eq!(
        look(&[except("us_dana"), place(2, 5, 20, None)], &[except("us_dana"), place(2, 5, 20, Some("us_dana"))]),
        0
    );
    assert_eq!(
        look(&[except("us_ravi"), place(2, 5, 20, None)], &[except("us_ravi"), place(2, 5, 20, Some("us_dana"))]),
        1
    );
    let skilled = Place { skills: Arc::from([Name::from("german")]), ..place(1, 5, 10, None) };
    assert_eq!(look(&[skilled.clone(), place(2, 5, 20, None)], &[skilled, place(2, 5, 20, Some("us_dana"))]), 0);
}

#[test]
fn a_call_that_is_moved_too_often_is_told() {
    let mut found = Found::default();
    let calls = [CallView { hops: 11, ..talking() }];
    Calls::default().look(&Sight { now: Mono(0), calls: &calls, lines: &[] }, 10, &mut found);
    assert_eq!(found.0.len(), 1);
    let mut found = Found::default();
    Calls::default().look(&Sight { now: Mono(0), calls: &calls, lines: &[] }, 11, &mut found);
    assert_eq!(found.0.len(), 0);
}

fn event(kind: CallEventKind) -> Moment {
    Moment::Event(Box::new(CallEvent { at: Wall(0), call: call(1), root: call(1), kind }))
}

fn of_party(state: PartyState) -> Moment {
    let party = PartyId { call: call(1), n: 2 };
    event(CallEventKind::Party { party, role: "target", number: Arc::from("102"), state })
}

fn of_transfer(state: TransferState) -> Moment {
    event(CallEventKind::Transfer(Box::new(TransferView {
        id: TransferId(1),
        call: call(1),
        mode: TransferMode::Blind,
        from: None,
        target: Arc::from("user us_dana"),
        state,
        outcome: None,
        reason: None,
        began: Wall(0),
        changed: Wall(0),
    })))
}

#[test]
fn events_that_come_twice_or_too_late_are_told() {
    use PartyState::{Answered, Held, Left, Placed, Retrieved, Ringing};
    let ended = || event(CallEventKind::Ended { cause: "normal", by: Arc::from("caller") });
    let whole = [Placed, Ringing, Answered, Held, Retrieved, Held, Retrieved, Left];
    assert_eq!(told(&whole.map(of_party)), Vec::<String>::new());
    let cases: Vec<(Vec<Moment>, &str)> = vec![
        (vec![of_party(Answered), of_party(Answered)], "is answered a second time"),
        (vec![of_party(Ringing), of_party(Ringing)], "is ringing a second time"),
        (vec![of_party(Answered), of_party(Ringing)], "rings and has answered"),
        (vec![of_party(Left), of_party(Held)], "and has left"),
        (vec![of_party(Left), of_party(Left)], "and has left"),
        (vec![ended(), of_party(Placed)], "has ended and has another event"),
        (
            vec![of_transfer(TransferState::Completed), of_transfer(TransferState::Failed)],
            "is failed after it was completed",
        ),
        (vec![of_transfer(TransferState::Recalling), of_transfer(TransferState::Completed)], ""),
        (vec![of_transfer(TransferState::Consulting)], "is consulting for ever"),
    ];
    for (trace, wanted) in cases {
        let told = told(&trace);
        let fits = if wanted.is_empty() { told.is_empty() } else { told.iter().any(|line| line.contains(wanted)) };
        assert!(fits, "`{wanted}` is not what is told: {told:?}");
    }
}

#[test]
fn an_order_without_an_answer_or_with_two_is_told() {
    let id = OrderId(1);
    let given = Moment::Ordered { id, order: Box::new(Order::HangUp { call: call(1) }) };
    let answer = Moment::OrderAnswered { id, result: Err(Refused::NoSuchCall) };
    assert_eq!(told(&[given.clone(), answer.clone()]), Vec::<String>::new());
    assert_eq!(told(std::slice::from_ref(&given)), ["orders: order 1 has no answer"]);
    assert_eq!(told(&[given, answer.clone(), answer]), ["orders: order 1 is answered twice"]);
}

/// What no exchange may ask of the world.
#[test]
fn what_the_port_forbids_is_told() {
    let world = || World::new(stage().plans[0].clone(), 1, Wall(0));
    let unknown = LegId(7);
    let cause = Cause::new(CauseKind::Normal);
    for op in [LegNotice::Hangup { cause }, LegNotice::Ring, LegNotice::StopPlay] {
        let mut world = world();
        world.perform(Output::Notice { leg: unknown, op });
        assert_eq!(world.promises_broken(), ["port"].into());
    }
    let mut world = world();
    let leg = world.call(Origin::Trunk(Name::from("carrier")), "+442079460111", "110");
    world.run_for(Micros::from_ms(100));
    assert!(world.is_up(leg) && world.broken.is_empty());
    world.perform(Output::Notice { leg, op: LegNotice::Ring });
    world.perform(Output::Notice { leg, op: LegNotice::Connect { peer: unknown } });
    assert_eq!(world.broken.len(), 2, "{:?}", world.broken);
    // Something is left of a world whose call goes on.
    assert!(world.left_over().iter().any(|line| line == "legs: 1 far ends are left"));
}
