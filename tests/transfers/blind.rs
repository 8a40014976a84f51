//! Blind transfers, T10 to T18: nobody is left alone, the transferor is free, and there is one result.

use std::sync::Arc;

use strowger::base::id::LegId;
use strowger::base::time::{Micros, Mono};
use strowger::call::cause::CauseKind;
use strowger::call::order::{CallEventKind, TransferState};
use strowger::exchange::Plan;
use strowger::sim::interleave::{Deed, Race};
use strowger::sim::{FarEnd, Moment, World};
use strowger::site::model::Fallback;

use super::ends::outcome;
use super::story::*;

/// When each thing of a kind happened.
fn times(story: &Story, mark: usize, is: impl Fn(&Moment) -> bool) -> Vec<Mono> {
    story.world.trace[mark..].iter().filter(|(_, m)| is(m)).map(|(at, _)| *at).collect()
}

fn at(story: &Story, mark: usize, is: impl Fn(&Moment) -> bool) -> usize {
    story.since(mark).position(is).expect("it happened")
}

/// T10: the caller is away from the transferor, and hears something, before the transferor is let go.
#[test]
fn t10_held_and_with_sound_before_the_transferor_goes() {
    for target in [user(RAVI), pstn(PARTNER)] {
        let mut story = Story::with_ravi(&[(PARTNER, NO_ANSWER)]);
        if target == user(RAVI) {
            story = Story::begin(&[(RAVI, NO_ANSWER)]);
        }
        let from = if target == user(RAVI) { DANA } else { RAVI };
        let (mark, begun, transferor) = (story.mark(), story.now(), story.leg(from));
        story.blind(from, target).unwrap();
        let caller = story.caller;
        let apart = at(&story, mark, |m| matches!(m, Moment::Apart { .. }));
        let hears = at(&story, mark, |m| matches!(m, Moment::Hears { leg, .. } if *leg == caller));
        let ended = at(&story, mark, |m| matches!(m, Moment::Ended { leg, .. } if *leg == transferor));
        assert!(apart < hears && hears < ended, "{apart} {hears} {ended}");
        let heard = times(&story, mark, |m| matches!(m, Moment::Hears { leg, .. } if *leg == caller))[0];
        assert!(heard.since(begun) <= Micros::from_secs(1));
        assert_eq!(story.caller_hears(), "music", "the target does not ring yet");
        story.secs(1);
        assert_eq!(story.caller_hears(), "ringback", "the target rings");
        story.end();
    }
}

/// T11: by API the transferor is free as soon as the target is called; by REFER its phone ends the call itself, or is
/// ended 32 s after it was told. Then the two talk, and nothing else is heard.
#[test]
fn t11_the_transferor_is_let_go_and_the_two_talk() {
    for target in [user(RAVI), pstn(PARTNER)] {
        let is_inside = target == user(RAVI);
        let mut story = if is_inside { Story::begin(&[]) } else { Story::with_ravi(&[]) };
        let from = if is_inside { DANA } else { RAVI };
        let (mark, transferor) = (story.mark(), story.leg(from));
        assert_eq!(story.blind(from, target).unwrap().transfer.unwrap().1, TransferState::Transferring);
        let placed = times(&story, mark, |m| matches!(m, Moment::Placed { .. }));
        let ended = times(&story, mark, |m| matches!(m, Moment::Ended { leg, .. } if *leg == transferor));
        assert_eq!(placed, ended, "in one turn");
        assert_eq!(story.view().state, TransferState::Transferring);
        assert_eq!(story.agent(from), "available");
        story.secs(3);
        assert!(story.talks_to(if is_inside { RAVI } else { PARTNER }));
        assert_eq!(story.states(), [TransferState::Transferring, TransferState::Completed]);
        let (caller, joined) = (story.caller, at(&story, mark, |m| matches!(m, Moment::Talk { .. })));
        story.secs(30);
        let after = story.since(mark + joined + 1);
        assert_eq!(after.filter(|m| matches!(m, Moment::Hears { leg, .. } if *leg == caller)).count(), 0);
        story.end();
    }
    for leaves in [true, false] {
        let mut story = Story::begin(&[]);
        let dana = story.leg(DANA);
        assert_eq!(story.refer(DANA, "103"), 202);
        story.secs(3);
        assert!(story.talks_to(RAVI) && story.world.exists(dana));
        assert_eq!(story.notified(dana), [180, 200]);
        if leaves {
            story.world.hang_up(dana);
        }
        story.secs(60);
        let told = times(&story, 0, |m| matches!(m, Moment::Notified { status: 200, .. }))[0];
        let ended = times(&story, 0, |m| matches!(m, Moment::Ended { leg, .. } if *leg == dana));
        let wanted = if leaves { Vec::new() } else { vec![told + Micros::from_secs(32)] };
        assert_eq!(ended, wanted);
        assert!(story.talks_to(RAVI));
        story.end();
    }
}

/// T12: nobody answers in time: the target is given up and the transferor is called anew, which is no transfer leg.
#[test]
fn t12_an_unanswered_transfer_is_recalled() {
    let mut story = Story::begin(&[(RAVI, NO_ANSWER)]);
    let (dana, hops) = (story.leg(DANA), story.hops());
    story.blind(DANA, user(RAVI)).unwrap();
    assert_eq!(story.hops(), hops + 1);
    story.secs(29);
    let mark = story.mark();
    assert!(story.is_there(RAVI));
    story.secs(1);
    assert!(!story.is_there(RAVI));
    assert_eq!(story.called(mark), [DANA]);
    assert_ne!(story.leg(DANA), dana);
    assert_eq!((story.view().state, story.view().outcome), (TransferState::Recalling, Some("no_answer")));
    assert_eq!(story.hops(), hops + 1, "a recall is no transfer");
    story.secs(3);
    assert!(story.talks_to(DANA));
    let states = story.states();
    assert_eq!(states, [TransferState::Transferring, TransferState::Recalling, TransferState::Cancelled]);
    let record = story.end();
    let last = record.parties.last().unwrap();
    assert_eq!((last.role, last.reason, last.transferred_by), ("recalled", "recall", None));
}

/// T13: why the target could not be had is told apart; the transferor is called back, or a flow has an arm for it.
#[test]
fn t13_each_failure_has_its_own_outcome() {
    let invalid = FarEnd::refuses(CauseKind::InvalidNumber);
    let mut seen = Vec::new();
    for (far_end, wanted) in
        [(BUSY, "busy"), (DECLINES, "declined"), (invalid, "invalid_number"), (NO_ANSWER, "no_answer")]
    {
        let mut story = Story::with_ravi(&[(PARTNER, far_end)]);
        story.blind(RAVI, pstn(PARTNER)).unwrap();
        story.secs(33);
        assert!(story.talks_to(RAVI), "{wanted}");
        assert_eq!((story.view().state, story.view().outcome), (TransferState::Cancelled, Some(wanted)));
        story.end();
        // The same to a flow, which goes its own way.
        let mut story = Story::at(crate::exchange::plan::office(), "120", &[(PARTNER, far_end)]);
        story.secs(6);
        assert_eq!(&*story.end().tags["outcome"], wanted);
        seen.push(wanted);
    }
    // Not registered is known before anything happens.
    let mut story = Story::begin(&[]);
    story.offline(RAVI);
    seen.push(missed(story.blind(DANA, user(RAVI))));
    assert!(story.talks_to(DANA));
    story.end();
    seen.sort_unstable();
    assert_eq!(seen, ["busy", "declined", "invalid_number", "no_answer", "offline"]);
}

fn with_fallback(fallback: Fallback) -> Arc<Plan> {
    office_with(|plan| plan.site.transfers.fallback = fallback)
}

/// T14: the recall rings 15 s, three times with 10 s between; then the site's fallback has the caller.
#[test]
fn t14_recalls_end_and_the_fallback_begins() {
    let prompt = Some(Arc::from("sorry"));
    for fallback in [
        Fallback::HangUp { prompt: None },
        Fallback::HangUp { prompt },
        Fallback::Queue(Arc::from("small")),
        Fallback::Flow(Arc::from("plain")),
    ] {
        let mut story = Story::at(with_fallback(fallback.clone()), "129", &[(RAVI, BUSY)]);
        story.far_ends(&[(DANA, NO_ANSWER)]);
        let mark = story.mark();
        story.blind(DANA, user(RAVI)).unwrap();
        story.secs(66);
        let recalls = times(&story, mark, |m| matches!(m, Moment::Placed { to, .. } if **to == *DANA));
        let gaps: Vec<u64> = recalls.windows(2).map(|two| two[1].since(two[0]).as_ms()).collect();
        assert_eq!(gaps, [25_000, 25_000], "15 s of ringing and 10 s of music");
        let first = recalls[0];
        let ended =
            times(&story, mark, |m| matches!(m, Moment::Ended { cause, .. } if cause.kind == CauseKind::NoAnswer));
        assert_eq!(ended[0].since(first), Micros::from_secs(15));
        assert_eq!(story.view().state, TransferState::Failed);
        let hears = story.caller_hears();
        match fallback {
            Fallback::HangUp { prompt: None } => assert_eq!(hears, "tone"),
            Fallback::HangUp { .. } => assert_eq!(hears, "prompt sorry"),
            Fallback::Queue(_) => assert_eq!((&*hears, story.called(mark).last().unwrap().as_str()), ("music", KIM)),
            Fallback::Flow(_) => assert_eq!(hears, "prompt welcome"),
        }
        story.secs(10);
        assert_eq!(story.is_over(), !matches!(fallback, Fallback::Queue(_)));
        story.end();
    }
}

/// T15: who is offline or talks to somebody else is not called back: the fallback begins at once, and is heard.
#[test]
fn t15_a_recall_that_has_no_sense_is_left_out() {
    for why in ["offline", "busy", "flow"] {
        let fallback = Fallback::HangUp { prompt: Some(Arc::from("sorry")) };
        let mut story = Story::at(with_fallback(fallback), "129", &[(RAVI, NO_ANSWER)]);
        if why == "flow" {
            // A flow that gives the call away and asked for no way back: the flow's own arm.
            story.end();
            story = Story::at(crate::exchange::plan::office(), "123", &[(DANA, NO_ANSWER)]);
            story.secs(2);
            assert_eq!(story.caller_hears(), "prompt sorry");
            story.end();
            continue;
        }
        story.blind(DANA, user(RAVI)).unwrap();
        if why == "offline" {
            story.offline(DANA);
        } else {
            let other = story.another("129");
            assert!(story.talk(other, story.leg(DANA)));
        }
        let mark = story.mark();
        story.secs(if why == "offline" { 30 } else { 26 });
        assert!(!story.is_there(RAVI));
        assert_eq!(story.called(mark), [] as [&str; 0], "{why}: nobody is called");
        assert_eq!(story.caller_hears(), "prompt sorry");
        assert_eq!(story.view().state, TransferState::Failed);
        story.secs(2);
        assert!(story.is_over());
        story.end();
    }
}

/// T16: the caller gives up while the target rings: nobody rings a moment longer, and nobody is called back.
#[test]
fn t16_a_caller_who_leaves_takes_all_with_it() {
    for by_phone in [true, false] {
        let mut story = Story::begin(&[(RAVI, NO_ANSWER)]);
        if by_phone {
            assert_eq!(story.refer(DANA, "103"), 202);
            story.hang_up(DANA);
        } else {
            story.blind(DANA, user(RAVI)).unwrap();
        }
        story.secs(5);
        let (mark, ravi, left) = (story.mark(), story.leg(RAVI), story.now());
        story.world.hang_up(story.caller);
        let ended = times(&story, mark, |m| matches!(m, Moment::Ended { leg, .. } if *leg == ravi));
        assert_eq!(ended, [left], "at once");
        story.secs(60);
        assert_eq!(story.called(mark), [] as [&str; 0]);
        assert_eq!(story.view().state, TransferState::Abandoned);
        assert_eq!(story.view().outcome, Some("caller_abandoned"));
        assert_eq!(story.view().reason.as_deref(), Some("the caller hung up"));
        story.end();
    }
    // By a flow, and where the target's leg waits for the disk or an agent.
    let mut story = Story::at(crate::exchange::plan::office(), "124", &[(DANA, NO_ANSWER), (RAVI, NO_ANSWER)]);
    story.secs(1);
    assert!(story.is_there(RAVI));
    let (mark, ravi, left) = (story.mark(), story.leg(RAVI), story.now());
    story.world.hang_up(story.caller);
    let ended = times(&story, mark, |m| matches!(m, Moment::Ended { leg, .. } if *leg == ravi));
    assert_eq!(ended, [left], "at once");
    let told = story.since(mark).find_map(|m| match m {
        Moment::Event(event) => match &event.kind {
            CallEventKind::Transfer(view) => Some((view.state, view.outcome)),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(told, Some((TransferState::Abandoned, Some("caller_abandoned"))));
    story.end();
    for target in [queue("sales"), pstn(PARTNER)] {
        let mut story = Story::with_ravi(&[(DANA, NO_ANSWER), (PARTNER, NO_ANSWER)]);
        story.blind(RAVI, target).unwrap();
        let mark = story.mark();
        story.world.hang_up(story.caller);
        story.secs(60);
        assert_eq!(story.called(mark), [] as [&str; 0]);
        assert_eq!((story.view().state, story.view().outcome), (TransferState::Abandoned, Some("caller_abandoned")));
        story.end();
    }
    // Who was missed before stays missed: the caller left the recall.
    let mut story = Story::begin(&[(RAVI, BUSY)]);
    story.far_ends(&[(DANA, NO_ANSWER)]);
    story.blind(DANA, user(RAVI)).unwrap();
    story.secs(3);
    assert_eq!(story.view().state, TransferState::Recalling);
    story.world.hang_up(story.caller);
    assert_eq!((story.view().state, story.view().outcome), (TransferState::Abandoned, Some("busy")));
    story.end();
}

/// T17: the answer and the end of its time in one instant, in every order: joined or recalled, never both.
#[test]
fn t17_one_of_bridged_and_recalled() {
    let prepare = || -> World {
        let mut story = Story::begin(&[(RAVI, NO_ANSWER)]);
        story.blind(DANA, user(RAVI)).unwrap();
        story.ms(29_990);
        story.world
    };
    let ravi: LegId = prepare().leg_at(RAVI).unwrap();
    let answers = move |w: &mut World| w.answer(ravi);
    let refuses = move |w: &mut World| w.refuse(ravi, CauseKind::Busy);
    let race = Race {
        prepare: &prepare,
        events: vec![
            ("the target answers", Deed::Does(Box::new(answers))),
            ("the ring timer", Deed::Clock),
            ("the target refuses", Deed::Does(Box::new(refuses))),
        ],
        taken: 3,
        depth: 2,
        outcome: &outcome,
    };
    let runs = race.run();
    assert_eq!((runs.count, runs.failures.as_slice()), (race.size(), [].as_slice()));
    let outcomes: Vec<&str> = runs.outcomes.keys().map(String::as_str).collect();
    assert_eq!(outcomes, ["cancelled, talks to us_dana", "completed, talks to us_ravi"]);
}

/// T18: where the target is asked first, only the right key in time, and no machine, is an answer; where it is not,
/// anything is.
#[test]
fn t18_an_answer_is_what_passes_the_gate() {
    let asked = || crate::exchange::plan::office();
    let mut story = Story::at(asked(), "154", &[(DANA, presses('1'))]);
    story.secs(2);
    assert!(story.talks_to(DANA));
    story.hang_up(DANA);
    assert_eq!(&*story.end().tags["outcome"], "ended");
    for far_end in [presses('2'), answers(2_000)] {
        let mut story = Story::at(asked(), "154", &[(DANA, far_end), (PARTNER, MACHINE)]);
        assert!(story.is_there(DANA) && !story.talks_to(DANA), "asked, and not joined");
        assert_eq!(story.caller_hears(), "music");
        story.secs(30);
        assert!(story.is_over());
        let caller = story.caller;
        assert!(!story.since(0).any(|m| matches!(m, Moment::Talk { a, b } if [*a, *b].contains(&caller))));
        let tags = story.end().tags;
        assert_eq!((&*tags["outcome"], &*tags["second"]), ("declined", "declined"), "a key, and a machine");
    }
    // A person at the second, who is listened to, is joined.
    let mut story = Story::at(asked(), "154", &[(DANA, presses('2'))]);
    story.secs(6);
    assert!(story.talks_to(PARTNER));
    story.end();
    // A voicemail that answers is an answer like any other where nobody asks.
    let mut story = Story::begin(&[(RAVI, MACHINE)]);
    story.blind(DANA, user(RAVI)).unwrap();
    story.secs(3);
    assert_eq!(story.view().state, TransferState::Completed);
    story.end();
}

/// T19: the transferor is told how it went, from 202 to the true end of it.
#[test]
fn t19_a_phone_is_told_the_true_outcome() {
    for (far_end, last) in [(answers(1_000), 200), (BUSY, 486), (DECLINES, 603), (NO_ANSWER, 480)] {
        let mut story = Story::begin(&[(RAVI, far_end)]);
        let dana = story.leg(DANA);
        assert_eq!(story.refer(DANA, "103"), 202);
        story.secs(32);
        let told = story.notified(dana);
        assert_eq!(told.last(), Some(&last));
        assert!(told[..told.len() - 1].iter().all(|status| *status < 200), "one final: {told:?}");
        story.end();
    }
}
