//! Flows and transfers, T61 to T64.

use std::sync::Arc;

use strowger::call::order::{Order, TransferState};
use strowger::sim::Moment;

use super::story::*;
use crate::exchange::plan;
use crate::exchange::scenario::{Cut, run};
use crate::exchange::scenarios;

/// How often a flow entered each of its steps.
fn steps(story: &Story, call: strowger::base::id::CallId) -> Vec<String> {
    let step = |m: &Moment| match m {
        Moment::Step { call: of, step, .. } if *of == call => Some(step.to_string()),
        _ => None,
    };
    story.since(0).filter_map(step).collect()
}

/// T61: a user who transfers a call that a flow waits for suspends the flow; it goes on at its arm when the talk is
/// over, and does nothing twice.
#[test]
fn t61_a_flow_waits_for_a_transfer_by_its_target() {
    for how in ["cancel", "recall"] {
        let mut story = Story::at(plan::office(), "123", &[(RAVI, NO_ANSWER)]);
        assert!(story.talks_to(DANA));
        if how == "cancel" {
            story.consult(DANA, user(RAVI)).unwrap();
            story.secs(1);
            story.cancel().unwrap();
        } else {
            story.far_ends(&[(RAVI, BUSY)]);
            story.blind(DANA, user(RAVI)).unwrap();
            story.secs(3);
        }
        assert!(story.talks_to(DANA), "{how}");
        assert_eq!(steps(&story, story.call), ["start"], "{how}: suspended");
        story.far_ends(&[(RAVI, answers(1_000))]);
        story.hang_up(DANA);
        story.ms(10);
        assert_eq!(story.caller_hears(), "prompt bye", "{how}: its arm");
        assert_eq!(steps(&story, story.call), ["start", "again"]);
        story.secs(3);
        assert!(story.talks_to(RAVI));
        let answered = story.since(0).filter(|m| matches!(m, Moment::Answered { leg } if *leg == story.caller));
        assert_eq!(answered.count(), 1);
        story.end();
    }
}

/// T62: a transfer gives control back by its outcomes alone: answered it is the end of the flow, unless the flow
/// resumes; and a caller who hangs up ends it always.
#[test]
fn t62_bridged_is_the_end_unless_resumed() {
    let mut story = Story::begin(&[]);
    story.hang_up(DANA);
    story.ms(10);
    assert!(story.is_over());
    assert_eq!(steps(&story, story.call), ["start"]);
    story.end();
    let mut story = Story::at(plan::office(), "123", &[]);
    story.hang_up(DANA);
    story.ms(10);
    assert!(!story.is_over());
    assert_eq!(steps(&story, story.call), ["start", "again"]);
    story.end();
    let mut story = Story::at(plan::office(), "123", &[]);
    let caller = story.caller;
    story.world.hang_up(caller);
    story.ms(10);
    assert!(story.is_over());
    assert_eq!(steps(&story, story.call), ["start"]);
    story.end();
    // What is refused, or missed, goes to its arm and nowhere else.
    let mut story = Story::at(plan::office(), "123", &[(DANA, NO_ANSWER)]);
    story.secs(2);
    assert_eq!(steps(&story, story.call), ["start", "sorry"]);
    story.end();
}

/// T63: a call goes on with what it began with, whatever is published; the next one has the new.
#[test]
fn t63_a_new_version_is_for_new_calls() {
    let mut story = Story::at(plan::office(), "123", &[]);
    story.world.reload(office_where("step again { play \"bye\"", "step again { play \"welcome\""));
    story.hang_up(DANA);
    story.ms(10);
    assert_eq!(story.caller_hears(), "prompt bye");
    story.secs(4);
    assert!(story.talks_to(RAVI));
    let next = story.another("123");
    assert!(story.talk(next, story.leg(DANA)));
    story.hang_up(DANA);
    story.ms(10);
    assert_eq!(story.hears(next), "prompt welcome");
    // Nor is what a site says about transfers changed for it.
    let mut other = Story::begin(&[(RAVI, NO_ANSWER)]);
    other.world.reload(office_with(|plan| plan.site.transfers.ring_ms = 1_000));
    other.blind(DANA, user(RAVI)).unwrap();
    other.secs(10);
    assert_eq!(other.view().state, TransferState::Transferring);
    other.end();
    story.end();
}

/// Beginnings of names of scenarios in which something is dialled, held or counted.
const BUSY_SCENARIOS: [&str; 7] = ["order-", "refer-re", "refer-pstn", "resume", "replace-", "merge", "queue-overflow"];

/// T64: wherever a call is ended, by an operator, by its caller, by a failed disk or with a new site in force, nothing
/// is left of it: no leg, no place in a queue, no timer, no permit. `exchange::cut` does the same to all scenarios.
#[test]
fn t64_nothing_is_left_wherever_it_ends() {
    let plan = plan::office();
    let newer = Arc::new(plan::read("office", 2));
    let mut runs = 0;
    for (file, scenario) in scenarios() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !BUSY_SCENARIOS.iter().any(|begin| name.starts_with(begin)) {
            continue;
        }
        let steps = run(&plan, &scenario, Cut::Never).steps;
        for at in 0..=steps {
            // A new site is met by what comes after it, which is the same for some moments.
            let reload = (at % 4 == 0).then_some(Cut::Reload(at, &newer));
            for cut in std::iter::once(Cut::Operator(at)).chain(reload) {
                runs += 1;
                let run = run(&plan, &scenario, cut);
                assert!(run.broken.is_empty(), "{name} {cut:?}: {}\n{}", run.broken.join("\n  "), run.trace);
            }
        }
    }
    assert!(runs > 600, "{runs}");
    // An operator's end is the end, also of what was dialled.
    let mut story = Story::with_ravi(&[(PARTNER, NO_ANSWER)]);
    story.blind(RAVI, pstn(PARTNER)).unwrap();
    assert_eq!(story.permits(), 1);
    story.order(Order::HangUp { call: story.call }).unwrap();
    assert_eq!((story.permits(), story.is_over(), story.is_there(PARTNER)), (0, true, false));
    story.end();
    // And a place in a queue, which would else be offered to agents until it times out.
    let mut story = Story::begin(&[(RAVI, NO_ANSWER)]);
    story.blind(DANA, queue("sales")).unwrap();
    assert_eq!(story.world.exchange.places().len(), 1);
    story.order(Order::HangUp { call: story.call }).unwrap();
    assert_eq!(story.world.exchange.places(), []);
    story.end();
}
