//! Consultations, T22 to T37: two talk in private, one waits with music, and nobody is left on hold.

use std::sync::Arc;

use strowger::base::id::LegId;
use strowger::call::leg::{Name, Origin, Replaced};
use strowger::call::order::{Order, Refused, TransferState, Which};
use strowger::sim::interleave::{Deed, Race};
use strowger::sim::{FarEnd, Moment, World};
use strowger::site::model::{Fallback, TransferorLeaves};

use super::ends::outcome;
use super::story::*;

/// Dana consults Ravi, who has answered.
fn consulting() -> Story {
    let mut story = Story::begin(&[(RAVI, answers(1_000))]);
    story.consult(DANA, user(RAVI)).unwrap();
    story.secs(2);
    assert!(story.talk(story.leg(DANA), story.leg(RAVI)));
    story
}

/// Dana waits for Ravi, who rings.
fn reaching() -> Story {
    let mut story = Story::begin(&[(RAVI, NO_ANSWER)]);
    story.consult(DANA, user(RAVI)).unwrap();
    story.secs(1);
    story
}

/// T22: the caller is on hold with music from the start, and neither hears nor is heard by the target.
#[test]
fn t22_a_consultation_is_private() {
    let mut story = Story::begin(&[]);
    let mark = story.mark();
    let taken = story.consult(DANA, user(RAVI)).unwrap();
    assert_eq!(taken.transfer.unwrap().1, TransferState::Consulting);
    assert_eq!((story.caller_hears(), story.hears(story.leg(DANA))), ("music".to_owned(), "ringback".to_owned()));
    story.secs(3);
    assert!(story.talk(story.leg(DANA), story.leg(RAVI)));
    assert_eq!(story.caller_hears(), "music");
    story.secs(20);
    let caller = story.caller;
    let mixed = story.since(mark).any(|m| match m {
        Moment::Talk { a, b } => [*a, *b].contains(&caller),
        Moment::Joins { leg, .. } => *leg == caller,
        _ => false,
    });
    assert!(!mixed);
    story.end();
}

/// T23: completed in one act: caller and target talk, the transferor is gone, nobody waits.
#[test]
fn t23_completed_in_one_act() {
    let mut story = consulting();
    let (mark, dana, at) = (story.mark(), story.leg(DANA), story.now());
    assert_eq!(story.complete(), Ok(TransferState::Completed));
    assert!(story.talks_to(RAVI));
    assert!(!story.world.exists(dana));
    let act = |m: &Moment| matches!(m, Moment::Talk { .. } | Moment::Ended { .. } | Moment::OrderAnswered { .. });
    let when: Vec<_> = story.world.trace[mark..].iter().filter(|(_, m)| act(m)).map(|(at, _)| *at).collect();
    assert_eq!(when, [at, at, at]);
    assert_eq!((story.view().state, story.view().outcome), (TransferState::Completed, Some("bridged")));
    assert_eq!(story.agent(DANA), "available");
    let parties = story.world.exchange.call(story.call).unwrap().parties;
    assert_eq!(parties.iter().map(|p| p.state).collect::<Vec<_>>(), ["up", "gone", "up"]);
    story.end();
    // By keys, and by REFER with Replaces of a consultation call that her phone made itself: of that call nothing is left,
    // and no party of hers in either.
    for by_phone in [false, true] {
        let mut story = if by_phone { Story::begin(&[]) } else { consulting() };
        let dana = story.leg(DANA);
        let own = by_phone.then(|| {
            story.world.hold(dana, true);
            let own = story.phone(DANA, "103");
            story.secs(2);
            own
        });
        let (mark, ravi, caller) = (story.mark(), story.leg(RAVI), story.caller);
        let second = own.and_then(|own| story.world.call_of(own));
        match own {
            Some(own) => assert_eq!(story.refer_leg(dana, "103", Some(Replaced::Leg(own))), 202),
            None => story.press(DANA, "*2"),
        }
        let talk = story.world.trace[mark..].iter().filter(|(_, m)| matches!(m, Moment::Talk { .. }));
        let talk: Vec<_> = talk.collect();
        assert!(matches!(talk[..], [(_, Moment::Talk { a, b })] if [*a, *b] == [caller, ravi]), "{talk:?}");
        assert!(story.talk(caller, ravi));
        story.secs(40);
        let live = |leg: &Option<LegId>| leg.is_some_and(|leg| story.world.exists(leg));
        assert!(!live(&Some(dana)) && !live(&own));
        assert!(second.is_none_or(|second| story.world.exchange.call(second).is_none()));
        let parties = story.world.exchange.call(story.call).unwrap().parties;
        let states = parties.iter().map(|p| (p.user.as_deref().unwrap_or("outside"), p.state));
        let up: Vec<_> = states.filter(|(_, state)| *state != "gone").collect();
        assert_eq!(up, [("outside", "up"), (RAVI, "up")]);
        story.end();
    }
}

/// T24: cancelled: the target is let go, the two talk without music, and are recorded as before.
#[test]
fn t24_cancelled_the_two_talk_again() {
    for mut story in [consulting(), reaching()] {
        assert_eq!(story.cancel(), Ok(TransferState::Cancelled));
        assert!(!story.is_there(RAVI));
        assert!(story.talks_to(DANA));
        assert_eq!(story.view().state, TransferState::Cancelled);
        story.secs(60);
        assert!(story.talks_to(DANA));
        story.end();
    }
    let mut story = Story::at(crate::exchange::plan::office(), "158", &[]);
    story.secs(2);
    assert_eq!(story.recorded(), (vec!["start"], true));
    story.consult(DANA, user(RAVI)).unwrap();
    story.secs(3);
    assert_eq!(story.recorded(), (vec!["start", "pause"], false));
    story.cancel().unwrap();
    assert_eq!(story.recorded(), (vec!["start", "pause", "resume"], true));
    story.end();
}

/// T25: a target that cannot be had before it answers: cancelled, the transferor has the caller back, and may go on.
#[test]
fn t25_a_consultation_that_nobody_answers() {
    let unreachable = FarEnd::refuses(strowger::call::cause::CauseKind::Unreachable);
    for (far_end, wanted) in
        [(BUSY, "busy"), (NO_ANSWER, "no_answer"), (DECLINES, "declined"), (unreachable, "unreachable")]
    {
        let mut story = Story::begin(&[(RAVI, far_end)]);
        story.consult(DANA, user(RAVI)).unwrap();
        story.secs(31);
        assert!(story.talks_to(DANA), "{wanted}");
        assert_eq!((story.view().state, story.view().outcome), (TransferState::Cancelled, Some(wanted)));
        story.consult(DANA, user(KIM)).unwrap();
        story.secs(3);
        assert!(story.talk(story.leg(DANA), story.leg(KIM)));
        story.end();
    }
}

/// T26: the target hangs up in the consultation: the transferor has the caller back by itself, and may consult another.
#[test]
fn t26_the_target_leaves_the_consultation() {
    let mut story = consulting();
    let at = story.now();
    story.hang_up(RAVI);
    assert_eq!(story.now(), at);
    assert!(story.talks_to(DANA));
    assert_eq!(story.view().state, TransferState::Cancelled);
    story.consult(DANA, user(KIM)).unwrap();
    story.secs(3);
    assert_eq!(story.complete(), Ok(TransferState::Completed));
    assert!(story.talks_to(KIM));
    story.end();
}

/// T27: the transferor hangs up when the target has answered: completed, or, if the site says so, cancelled and recalled.
#[test]
fn t27_the_transferor_leaves_the_consultation() {
    let mut story = consulting();
    story.hang_up(DANA);
    assert!(story.talks_to(RAVI));
    assert_eq!(story.view().state, TransferState::Completed);
    story.end();
    let plan = office_with(|plan| plan.site.transfers.transferor_leaves = TransferorLeaves::Recall);
    let mut story = Story::at(plan, "129", &[(RAVI, answers(1_000))]);
    story.consult(DANA, user(RAVI)).unwrap();
    story.secs(2);
    story.hang_up(DANA);
    assert!(!story.is_there(RAVI));
    assert_eq!(story.view().state, TransferState::Recalling);
    assert_ne!(story.caller_hears(), "nobody");
    story.secs(3);
    assert!(story.talks_to(DANA));
    assert_eq!(story.view().state, TransferState::Cancelled);
    story.end();
}

/// T28: the transferor hangs up while the target rings: blind from then on, with ringback and the caller's number; if
/// nobody answers, a recall or the fallback.
#[test]
fn t28_left_while_it_rings_it_is_blind() {
    for (far_end, is_offline) in [(answers(5_000), false), (NO_ANSWER, false), (NO_ANSWER, true)] {
        let mut story = Story::begin(&[(RAVI, far_end)]);
        story.consult(DANA, user(RAVI)).unwrap();
        story.secs(1);
        let ravi = story.leg(RAVI);
        story.hang_up(DANA);
        assert_eq!(story.caller_hears(), "ringback");
        assert_eq!(story.view().state, TransferState::Transferring);
        assert_eq!(story.view().mode, strowger::call::spec::TransferMode::Blind);
        assert_eq!(story.sees(ravi), [CALLER]);
        if is_offline {
            story.offline(DANA);
        }
        story.secs(if far_end == NO_ANSWER { 32 } else { 5 });
        match (far_end == NO_ANSWER, is_offline) {
            (false, _) => assert!(story.talks_to(RAVI)),
            (true, false) => assert!(story.talks_to(DANA)),
            (true, true) => assert_eq!(story.view().state, TransferState::Failed),
        }
        assert_eq!(story.world.exists(ravi), far_end != NO_ANSWER);
        story.end();
    }
}

/// T29: the caller hangs up on hold: abandoned; the other two talk on until one of them leaves.
#[test]
fn t29_the_caller_leaves_the_consultation() {
    for first in [DANA, RAVI] {
        let mut story = consulting();
        story.world.hang_up(story.caller);
        story.secs(30);
        assert!(story.talk(story.leg(DANA), story.leg(RAVI)));
        assert_eq!(story.view().state, TransferState::Abandoned);
        story.hang_up(first);
        story.ms(10);
        assert!(story.is_over());
        story.end();
    }
}

/// T30: the caller hangs up on hold while the target rings: the target is given up, and nobody waits for nobody.
#[test]
fn t30_the_caller_leaves_while_it_rings() {
    let mut story = reaching();
    let mark = story.mark();
    story.world.hang_up(story.caller);
    assert!(!story.is_there(RAVI));
    assert_eq!(story.view().state, TransferState::Abandoned);
    story.secs(60);
    assert_eq!(story.called(mark), [] as [&str; 0]);
    assert!(story.is_over());
    story.end();
}

/// T31: completed before the answer: blind at once, and not a silent wait.
#[test]
fn t31_completed_early_it_is_blind() {
    let mut story = Story::begin(&[(RAVI, answers(5_000))]);
    story.consult(DANA, user(RAVI)).unwrap();
    story.secs(1);
    assert_eq!(story.complete(), Ok(TransferState::Transferring));
    assert!(!story.is_there(DANA));
    assert_eq!(story.caller_hears(), "ringback");
    assert_eq!(story.sees(story.leg(RAVI)), [CALLER]);
    story.secs(5);
    assert!(story.talks_to(RAVI));
    story.end();
    let mut story = reaching();
    story.complete().unwrap();
    story.secs(32);
    assert!(story.talks_to(DANA), "recalled, as from a blind one");
    story.end();
}

/// T32: the same again has the same answer; another is told the state. Keys of the API are in `api::keys`.
#[test]
fn t32_an_order_given_twice_is_one() {
    let mut story = consulting();
    assert_eq!(story.complete(), Ok(TransferState::Completed));
    let mark = story.mark();
    assert_eq!(story.complete(), Ok(TransferState::Completed));
    assert_eq!(too_late(story.cancel()), TransferState::Completed);
    assert_eq!(too_late(story.three_way()), TransferState::Completed);
    assert_eq!(too_late(story.swap()), TransferState::Completed);
    let idle = |m: &Moment| matches!(m, Moment::Ordered { .. } | Moment::OrderAnswered { .. });
    assert!(story.since(mark).all(idle), "nothing happened");
    assert!(story.talks_to(RAVI));
    // The transfer is known when its call is over.
    let id = Which::Transfer(story.view().id);
    story.end();
    assert_eq!(story.order(Order::Complete(id)).unwrap().transfer.unwrap().1, TransferState::Completed);

    let mut story = consulting();
    assert_eq!((story.cancel(), story.cancel()), (Ok(TransferState::Cancelled), Ok(TransferState::Cancelled)));
    assert_eq!(too_late(story.complete()), TransferState::Cancelled);
    assert!(story.talks_to(DANA));
    story.end();

    let mut story = consulting();
    assert_eq!((story.three_way(), story.three_way()), (Ok(TransferState::Conference), Ok(TransferState::Conference)));
    assert_eq!(too_late(story.complete()), TransferState::Conference);
    story.end();

    let mut story = reaching();
    assert_eq!(too_late(story.consult(DANA, user(KIM)).map(|_| ())), TransferState::Consulting);
    assert_eq!(
        (story.complete(), story.complete()),
        (Ok(TransferState::Transferring), Ok(TransferState::Transferring))
    );
    story.end();
}

fn does<'a>(act: &'a dyn Fn(&mut World)) -> Deed<'a> {
    Deed::Does(Box::new(act))
}

fn legal(name: &str, events: Vec<(&'static str, Deed<'_>)>, outcomes: &[&str]) {
    let prepare = || consulting().world;
    let taken = events.len();
    let race = Race { prepare: &prepare, events, taken, depth: 2, outcome: &outcome };
    let runs = race.run();
    assert_eq!(runs.count, race.size());
    assert!(runs.failures.is_empty(), "{name}: {}", runs.failures[0]);
    assert_eq!(runs.outcomes.keys().map(String::as_str).collect::<Vec<_>>(), outcomes, "{name}");
}

/// T33: `complete` against a hang-up or `cancel`, in every order: one wins, the end is a legal one, nobody stays on hold.
#[test]
fn t33_completing_races() {
    let story = consulting();
    let (which, caller, ravi, dana) = (Which::Call(story.call), story.caller, story.leg(RAVI), story.leg(DANA));
    let completes = move |w: &mut World| _ = w.order(Order::Complete(which));
    let cancels = move |w: &mut World| _ = w.order(Order::Cancel(which));
    let joins = move |w: &mut World| _ = w.order(Order::ThreeWay(which));
    let target_leaves = move |w: &mut World| w.hang_up(ravi);
    let caller_leaves = move |w: &mut World| w.hang_up(caller);
    let transferor_leaves = move |w: &mut World| w.hang_up(dana);
    legal(
        "complete, cancel",
        vec![("complete", does(&completes)), ("cancel", does(&cancels))],
        &["cancelled, talks to us_dana", "completed, talks to us_ravi"],
    );
    legal(
        "complete, the target leaves",
        vec![("complete", does(&completes)), ("the target leaves", does(&target_leaves))],
        &["cancelled, talks to us_dana", "completed, over"],
    );
    legal(
        "complete, the caller leaves",
        vec![("complete", does(&completes)), ("the caller leaves", does(&caller_leaves))],
        &["abandoned, 2 others talk", "completed, over"],
    );
    legal(
        "complete, 3way, cancel",
        vec![("complete", does(&completes)), ("3way", does(&joins)), ("cancel", does(&cancels))],
        &["cancelled, talks to us_dana", "completed, talks to us_ravi", "conference, all talk"],
    );
    legal(
        "complete, the transferor leaves",
        vec![("complete", does(&completes)), ("the transferor leaves", does(&transferor_leaves))],
        &["completed, talks to us_ravi"],
    );
    legal(
        "all of it",
        vec![
            ("complete", does(&completes)),
            ("cancel", does(&cancels)),
            ("the target leaves", does(&target_leaves)),
            ("the caller leaves", does(&caller_leaves)),
        ],
        &["abandoned, over", "cancelled, over", "completed, over"],
    );
}

/// T34: the transferor goes from one to the other; who is left hears music.
#[test]
fn t34_the_transferor_alternates() {
    let mut story = consulting();
    let (dana, ravi) = (story.leg(DANA), story.leg(RAVI));
    for _ in 0..2 {
        assert_eq!(story.swap(), Ok(TransferState::Consulting));
        assert!(story.talk(dana, story.caller));
        assert_eq!(story.hears(ravi), "music");
        assert_eq!(story.swap(), Ok(TransferState::Consulting));
        assert!(story.talk(dana, ravi));
        assert_eq!(story.caller_hears(), "music");
    }
    story.swap().unwrap();
    assert_eq!(story.complete(), Ok(TransferState::Completed));
    assert!(story.talk(story.caller, ravi));
    story.end();
}

/// T35: a number that leads nowhere may be dialled again, three times in all; then the two talk as before.
#[test]
fn t35_a_wrong_number_may_be_dialled_again() {
    for code in ["##", "*2"] {
        let mut story = Story::begin(&[]);
        let (mark, dana) = (story.mark(), story.leg(DANA));
        story.press(DANA, code);
        for attempt in 1..=3 {
            assert_eq!((story.caller_hears(), story.hears(dana)), ("music".to_owned(), "dial tone".to_owned()));
            story.press(DANA, "199#");
            if attempt < 3 {
                assert_eq!(story.hears(dana), "tone");
                story.secs(5);
            }
        }
        assert!(story.talks_to(DANA));
        assert_eq!(story.called(mark), [] as [&str; 0]);
        // A right one at the second attempt is a transfer.
        story.secs(2);
        story.press(DANA, code);
        story.press(DANA, "199#");
        story.secs(5);
        story.press(DANA, "103#");
        story.secs(3);
        assert_eq!(story.called(mark), [RAVI]);
        assert_eq!((story.talks_to(RAVI), story.talk(dana, story.leg(RAVI))), (code == "##", code == "*2"));
        story.end();
    }
}

fn replaces(story: &mut Story, origin: Origin, other: LegId) -> LegId {
    let leg = story.world.call_instead(origin, "102", "replaces", Some(other));
    story.ms(10);
    leg
}

/// T36: a call takes the place of a leg that there is, if it is its own; else it is refused and nothing changes. What is
/// 481 by signalling is in `sip::replaces`.
#[test]
fn t36_a_call_takes_the_place_of_its_own_leg_only() {
    let mut story = Story::begin(&[]);
    let dana = story.leg(DANA);
    let origin = |name: &str| Origin::User(Name::from(name));
    for stranger in [origin(KIM), Origin::Trunk(Name::from("carrier"))] {
        let leg = replaces(&mut story, stranger, dana);
        assert!(!story.world.exists(leg) && story.talks_to(DANA));
    }
    let nobody = replaces(&mut story, origin(DANA), LegId(4_000));
    assert!(!story.world.exists(nobody));
    let status = story.since(0).find_map(|m| match m {
        Moment::Refused { leg, cause } if *leg == nobody => Some(cause.status),
        _ => None,
    });
    assert_eq!(status, Some(Some(481)));
    let other = replaces(&mut story, origin(DANA), dana);
    assert!(story.talk(story.caller, other) && !story.world.exists(dana));
    story.end();
}

/// T37: a target that is named by a dialog nobody knows becomes no call to somebody else.
#[test]
fn t37_an_unknown_dialog_is_nobody_else() {
    let mut story = Story::begin(&[]);
    let mark = story.mark();
    let dana = story.leg(DANA);
    assert_eq!(story.refer_leg(dana, "103", Some(Replaced::Unknown)), 603);
    story.secs(1);
    assert_eq!(story.called(mark), [] as [&str; 0]);
    assert!(story.talks_to(DANA));
    // Nor does a leg of somebody else's call.
    let phone = story.phone(KIM, "103");
    story.secs(2);
    assert_eq!(story.refer_leg(dana, "103", Some(Replaced::Leg(phone))), 603);
    assert!(story.talks_to(DANA) && story.talk(phone, story.leg(RAVI)));
    story.end();
}

/// The fallback of a consultation that was left and failed, with nobody to call back: no audio is missing (T15, T28).
#[test]
fn a_consultation_left_for_nobody_falls_back() {
    let prompt = Some(Arc::from("sorry"));
    let plan = office_with(|plan| plan.site.transfers.fallback = Fallback::HangUp { prompt });
    let mut story = Story::at(plan, "129", &[(RAVI, NO_ANSWER)]);
    story.consult(DANA, user(RAVI)).unwrap();
    story.hang_up(DANA);
    story.offline(DANA);
    story.secs(30);
    assert_eq!(story.caller_hears(), "prompt sorry");
    assert!(matches!(story.cancel(), Err(Refused::WrongState { state: Some(TransferState::Failed), .. })));
    story.end();
}
