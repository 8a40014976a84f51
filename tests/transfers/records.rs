//! Records and events, T55 to T59.

use std::collections::{BTreeMap, BTreeSet};

use strowger::base::id::PartyId;
use strowger::call::order::{CallEventKind, PartyState};
use strowger::call::record::IntervalKind;
use strowger::sim::{Moment, Trace};

use super::story::*;
use crate::exchange::scenario::{Cut, run};
use crate::exchange::{plan, scenarios};

/// Everything that happened in each scenario.
fn traces() -> impl Iterator<Item = (String, Trace)> {
    let plan = plan::office();
    scenarios().into_iter().map(move |(file, scenario)| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        (name, run(&plan, &scenario, Cut::Never).moments)
    })
}

/// T55: one root for all that a call led to; each leg says why it is there, who transferred to it, and who ended it.
#[test]
fn t55_one_root_and_a_reason_for_each_leg() {
    let mut story = Story::with_ravi(&[]);
    story.blind(RAVI, user(KIM)).unwrap();
    story.secs(3);
    story.consult(KIM, user(RAVI)).unwrap();
    story.secs(3);
    story.complete().unwrap();
    story.far_ends(&[(DANA, answers(1_000))]);
    story.blind(RAVI, queue("sales")).unwrap();
    story.secs(10);
    assert!(story.talks_to(DANA));
    story.far_ends(&[(KIM, NO_ANSWER)]);
    story.blind(DANA, user(KIM)).unwrap();
    story.secs(33);
    assert!(story.talks_to(DANA));
    let call = story.call;
    let events = story.since(0).filter_map(|m| if let Moment::Event(event) = m { Some(event) } else { None });
    assert!(events.map(|event| (event.call, event.root)).all(|ids| ids == (call, call)));
    let record = story.end();
    assert_eq!((record.call_id, record.root), (call, call));
    let by: Vec<_> = record
        .parties
        .iter()
        .map(|p| (p.number.as_ref(), p.reason, p.transferred_by.map_or(0, |by| by.n), p.hangup_by.unwrap().name()))
        .collect();
    let wanted = [
        (CALLER, "call", 0, "itself"),
        ("102", "flow", 0, "itself"),
        ("103", "flow", 0, "us"),
        ("104", "blind", 3, "us"),
        ("103", "attended", 4, "us"),
        ("102", "queue", 5, "us"),
        ("104", "blind", 6, "us"),
        ("102", "recall", 0, "us"),
    ];
    assert_eq!(by, wanted);
}

/// T55: two calls that phones make one have one root.
#[test]
fn t55_calls_that_are_joined_have_one_root() {
    let mut story = Story::begin(&[]);
    let dana = story.leg(DANA);
    let own = story.phone(DANA, "103");
    story.secs(2);
    let second = story.world.call_of(own).unwrap();
    let replaced = Some(strowger::call::leg::Replaced::Leg(own));
    assert_eq!(story.refer_leg(dana, "consultation", replaced), 202);
    story.end();
    let roots: BTreeMap<_, _> = story
        .since(0)
        .filter_map(|m| if let Moment::Record(record) = m { Some((record.call_id, record.root)) } else { None })
        .collect();
    assert_eq!(roots, BTreeMap::from([(story.call, story.call), (second, story.call)]));
}

/// T56: in every scenario, what the caller did adds up to the whole call: no gap, no overlap.
#[test]
fn t56_the_intervals_are_the_call() {
    let mut records = 0;
    for (name, trace) in traces() {
        for (_, moment) in &trace {
            let Moment::Record(record) = moment else { continue };
            records += 1;
            let mut at = record.started;
            for interval in &record.intervals {
                assert_eq!(interval.from, at, "{name}");
                assert!(interval.to >= interval.from, "{name}");
                at = interval.to;
            }
            assert_eq!(at, record.ended, "{name}");
        }
    }
    assert!(records > 150, "{records}");
    // And each is of its kind.
    let mut story = Story::begin(&[]);
    story.consult(DANA, user(RAVI)).unwrap();
    story.secs(7);
    story.complete().unwrap();
    story.secs(5);
    story.far_ends(&[(DANA, NO_ANSWER)]);
    story.blind(RAVI, queue("sales")).unwrap();
    story.secs(9);
    story.world.hang_up(story.caller);
    story.ms(10);
    let record = story.record();
    let kinds: Vec<_> = record.intervals.iter().map(|i| (i.kind, (i.to.0 - i.from.0 + 500) / 1_000)).collect();
    let wanted = [
        (IntervalKind::Ring, 2),
        (IntervalKind::Talk, 2),
        (IntervalKind::Hold, 7),
        (IntervalKind::Talk, 5),
        (IntervalKind::Queue, 9),
    ];
    assert_eq!(kinds, wanted);
    story.end();
}

/// T57: a recording goes on through a transfer, or is stopped by it, or another begins, as the flow says; after one that
/// came to nothing it is as it was before.
#[test]
fn t57_a_transfer_leaves_a_recording_as_it_is_to_be() {
    let talking = || {
        let mut story = Story::at(plan::office(), "158", &[]);
        story.secs(2);
        assert_eq!((story.talks_to(DANA), story.recorded()), (true, (vec!["start"], true)));
        story
    };
    // Goes on, and rests while the caller is on hold.
    let mut story = talking();
    story.consult(DANA, user(RAVI)).unwrap();
    story.secs(3);
    assert!(!story.recorded().1, "nobody records what is on hold");
    story.complete().unwrap();
    assert!(story.talks_to(RAVI) && story.recorded().1);
    assert_eq!(story.end().recordings.len(), 1);
    let mut story = talking();
    story.blind(DANA, user(RAVI)).unwrap();
    story.secs(3);
    assert!(story.talks_to(RAVI) && story.recorded().1);
    assert_eq!(story.end().recordings.len(), 1);
    // Came to nothing: recalled, refused, missed.
    let mut story = talking();
    story.far_ends(&[(RAVI, BUSY)]);
    story.blind(DANA, user(RAVI)).unwrap();
    story.secs(3);
    assert!(story.talks_to(DANA) && story.recorded().1);
    let before = story.recorded();
    denied(story.blind(DANA, pstn(PARTNER)));
    assert_eq!(story.recorded(), before);
    story.consult(DANA, user(RAVI)).unwrap();
    story.secs(1);
    assert!(story.talks_to(DANA) && story.recorded().1);
    story.end();
    // Stopped when the target is joined; another begins when the flow says so.
    let mut story = Story::at(plan::office(), "159", &[]);
    assert!(story.talks_to(DANA));
    assert_eq!(story.recorded(), (vec!["start", "stop"], false));
    story.hang_up(DANA);
    story.secs(5);
    assert_eq!(story.end().recordings.len(), 3);
}

/// T60: what is recorded goes on in a file of its own after a crash. What is paused, or on hold, rests until that is over.
#[test]
fn t60_a_recording_goes_on_after_a_crash() {
    let begins = "    record start notice \"welcome\"\n";
    let at = |plan| {
        let mut story = Story::at(plan, "158", &[]);
        story.secs(2);
        assert!(story.talks_to(DANA));
        story
    };
    let names = |mut story: Story| {
        let call = story.call;
        let names = story.end().recordings;
        names.iter().map(|name| name.replace(&call.to_string(), "s")).collect::<Vec<_>>()
    };
    let mut story = at(plan::office());
    story.world.crash(|_| true);
    assert!(story.talks_to(DANA));
    assert_eq!(story.recorded(), (vec!["start", "start"], true));
    story.world.crash(|_| true);
    assert_eq!(names(story), ["s-1.wav", "s-2.wav", "s-3.wav"]);
    let mut story = at(plan::office());
    story.consult(DANA, user(RAVI)).unwrap();
    story.secs(3);
    story.world.crash(|_| true);
    assert_eq!(story.recorded(), (vec!["start", "pause"], false), "on hold");
    story.complete().unwrap();
    assert_eq!(story.recorded(), (vec!["start", "pause", "start"], true));
    assert_eq!(names(story), ["s-1.wav", "s-2.wav"]);
    let mut story = at(office_where(begins, &format!("{begins}    record pause\n")));
    assert_eq!(story.recorded(), (vec!["start", "pause"], false));
    story.world.crash(|_| true);
    story.secs(3);
    assert!(story.talks_to(DANA));
    assert_eq!(story.recorded(), (vec!["start", "pause"], false), "a secret may be said");
    assert_eq!(names(story), ["s-1.wav"]);
    // The caller is not there any more: nothing goes on, and the file is named.
    let mut story = at(plan::office());
    let caller = story.caller;
    story.world.crash(|leg| leg != caller);
    assert_eq!(story.recorded().0, ["start"]);
    assert_eq!(names(story), ["s-1.wav"]);
}

/// T58: in every scenario each party is told of once as placed, ringing, answered and gone; a leg that is moved rings
/// and answers no second time.
#[test]
fn t58_everything_is_told_once() {
    let mut parties = 0;
    for (name, trace) in traces() {
        let mut told: BTreeMap<PartyId, Vec<PartyState>> = BTreeMap::new();
        let mut rings: BTreeSet<_> = BTreeSet::new();
        for (_, moment) in &trace {
            if let Moment::Rings { leg } = moment {
                assert!(rings.insert(*leg), "{name}: {leg:?} rings twice");
            }
            let Moment::Event(event) = moment else { continue };
            if let CallEventKind::Party { party, state, .. } = &event.kind {
                told.entry(*party).or_default().push(*state);
            }
        }
        let states = told.values().flatten();
        let ringing = states.clone().filter(|state| **state == PartyState::Ringing).count();
        assert!(ringing <= rings.len(), "{name}: {ringing} are told to ring, {} do", rings.len());
        for (party, states) in &told {
            parties += 1;
            for once in [PartyState::Placed, PartyState::Ringing, PartyState::Answered, PartyState::Left] {
                assert!(states.iter().filter(|state| **state == once).count() <= 1, "{name}: {party} {states:?}");
            }
            assert_eq!(states.last(), Some(&PartyState::Left), "{name}: {party} {states:?}");
        }
    }
    assert!(parties > 300, "{parties}");
}

/// T59: what is written of a transfer says that it was asked for, what the policy said by which rules, how each leg
/// went, and which arm the flow took, in that order.
#[test]
fn t59_the_story_of_a_transfer_is_whole() {
    let mut story = Story::at(plan::office(), "120", &[(PARTNER, BUSY)]);
    let at = |is: &dyn Fn(&Moment) -> bool| story.since(0).position(is).expect("it is told");
    let order = [
        at(&|m| matches!(m, Moment::Step { .. })),
        at(&|m| {
            matches!(m, Moment::Event(event) if matches!(&event.kind, CallEventKind::Transfer(view)
                if *view.target == *format!("pstn {PARTNER}")))
        }),
        at(&|m| matches!(m, Moment::Placed { .. })),
        at(&|m| matches!(m, Moment::TargetFailed { .. })),
        at(&|m| {
            matches!(m, Moment::Event(event) if matches!(&event.kind, CallEventKind::Transfer(view)
                if view.outcome == Some("busy")))
        }),
    ];
    assert!(order.windows(2).all(|two| two[0] < two[1]), "{order:?}");
    let took = |m: &Moment| matches!(m, Moment::Took { verb: "transfer", label, .. } if **label == *"busy");
    assert!(story.since(0).any(took));
    let [decision] = &story.decisions(0)[..] else { panic!("one decision") };
    assert_eq!((decision.verdict, decision.step_id.as_str()), ("allow", "start"));
    assert!(!decision.revisions.policy_rev.is_empty());
    let told = |m: &Moment| {
        matches!(m, Moment::Event(event) if matches!(&event.kind,
            CallEventKind::Decided { allowed: true, decision: id, .. } if id.to_string() == decision.decision_id))
    };
    assert!(story.since(0).any(told));
    story.end();
    // A refusal names the rules behind it.
    let mut story = Story::begin(&[]);
    denied(story.blind(DANA, pstn(PARTNER)));
    let refused = story.decisions(0);
    assert_eq!(refused[0].rule_ids.len(), refused[0].reasons.len());
    assert!(refused[0].rule_ids.iter().all(|rule| !rule.is_empty()), "{:?}", refused[0].rule_ids);
    story.end();
}
