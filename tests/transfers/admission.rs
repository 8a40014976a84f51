//! Gates, guards and counters, T01 to T09: what is refused has not happened, what is counted is given back.

use std::sync::Arc;

use strowger::base::id::CallId;
use strowger::call::leg::{Origin, Replaced};
use strowger::call::order::{CallEventKind, Order, Refused, TransferState, Which};
use strowger::call::spec::Target;
use strowger::sim::Moment;

use super::story::*;

/// Whether anything was done to a leg since then.
fn is_untouched(story: &Story, mark: usize) -> bool {
    !story.since(mark).any(|m| {
        matches!(
            m,
            Moment::Placed { .. }
                | Moment::Apart { .. }
                | Moment::Talk { .. }
                | Moment::Hears { .. }
                | Moment::Silence { .. }
                | Moment::Ended { .. }
        )
    })
}

/// T01: without the right to blind transfers outside, one is refused before any hold, and the refusal is recorded.
#[test]
fn t01_a_refused_blind_transfer_has_not_happened() {
    for by_phone in [true, false] {
        let mut story = Story::begin(&[]);
        let mark = story.mark();
        if by_phone {
            assert_eq!(story.refer(DANA, PARTNER), 603);
        } else {
            let refused = story.blind(DANA, pstn(PARTNER));
            assert!(denied(refused).contains(&"PSTN_BLIND_TRANSFER_NOT_PERMITTED".to_owned()));
        }
        story.secs(1);
        assert!(is_untouched(&story, mark));
        assert!(story.talks_to(DANA));
        assert_eq!(story.world.exchange.call(story.call).unwrap().parties.len(), 2);
        let [decision] = &story.decisions(mark)[..] else { panic!("one decision") };
        assert_eq!((decision.verdict, decision.request.number.as_deref()), ("deny", Some(PARTNER)));
        let told = story.since(mark).any(|m| {
            matches!(m, Moment::Event(event) if matches!(&event.kind,
                CallEventKind::Decided { allowed: false, reason, decision: id }
                    if **reason == *decision.reason && id.to_string() == decision.decision_id))
        });
        assert!(told, "whoever follows the events is told of the refusal");
        story.end();
    }
}

/// T02: however the number is written, what is judged, and dialled, is the number that it means.
#[test]
fn t02_the_gate_sees_the_number_that_is_meant() {
    for written in [PARTNER, "02071838750", "00442071838750"] {
        let mut story = Story::begin(&[]);
        let mark = story.mark();
        assert_eq!(story.refer(DANA, written), 603, "{written}");
        assert_eq!(story.decisions(mark)[0].request.number.as_deref(), Some(PARTNER), "{written}");
        story.end();
        let mut story = Story::with_ravi(&[]);
        let mark = story.mark();
        assert_eq!(story.refer(RAVI, written), 202, "{written}");
        assert_eq!(story.called(mark), [PARTNER], "{written}");
        story.end();
    }
    // A number that a flow forwards outside is judged where it is dialled in the end, by the flow's own policy.
    let mut story = Story::begin(&[]);
    let mark = story.mark();
    assert_eq!(story.refer(DANA, "120"), 202);
    assert_eq!(story.decisions(mark)[0].request.number.as_deref(), Some(PARTNER));
    assert_eq!(story.called(mark), [PARTNER]);
    story.end();
}

/// T03: a consultation has a gate of its own; left before the answer it must pass the gate of blind transfers.
#[test]
fn t03_a_consultation_that_becomes_blind_is_judged_again() {
    let mut story = Story::begin(&[(PARTNER, NO_ANSWER)]);
    let mark = story.mark();
    assert_eq!(story.consult(DANA, pstn(PARTNER)).unwrap().transfer.unwrap().1, TransferState::Consulting);
    assert_eq!((story.decisions(mark)[0].verdict, story.decisions(mark)[0].request.transfer), ("allow", "attended"));
    // By order: refused, and the consultation goes on.
    let mark = story.mark();
    let refused = story.complete();
    assert!(matches!(refused, Err(Refused::Denied { .. })), "{refused:?}");
    assert_eq!((story.decisions(mark)[0].verdict, story.decisions(mark)[0].request.transfer), ("deny", "blind"));
    assert!(is_untouched(&story, mark) && story.is_there(PARTNER));
    // By hanging up: the target is let go, and she is called back.
    story.hang_up(DANA);
    assert!(!story.is_there(PARTNER));
    assert_eq!(story.view().state, TransferState::Recalling);
    story.secs(3);
    assert!(story.talks_to(DANA));
    assert_eq!(story.view().outcome, Some("denied"));
    story.end();
    // Who may, may.
    let mut story = Story::with_ravi(&[(PARTNER, answers(3_000))]);
    story.consult(RAVI, pstn(PARTNER)).unwrap();
    story.hang_up(RAVI);
    assert_eq!(story.view().state, TransferState::Transferring);
    story.secs(4);
    assert!(story.talks_to(PARTNER));
    story.end();
    // And a consultation that its own gate refuses has not happened.
    let mut story = Story::begin(&[]);
    let mark = story.mark();
    denied(story.consult(DANA, pstn("+442071839999")));
    assert_eq!(story.decisions(mark)[0].request.transfer, "attended");
    assert!(is_untouched(&story, mark) && story.talks_to(DANA));
    story.end();
}

/// T04: the leg takes a place of its transferor's with its creation; when there is none, nothing happens.
#[test]
fn t04_a_leg_counts_from_its_creation_and_no_more_than_allowed() {
    let plan = office_with(|plan| plan.site.users.get_mut(RAVI).unwrap().max_simultaneous = Some(1));
    let mut story = Story::with_ravi_at(plan, &[(PARTNER, NO_ANSWER), (OTHER, NO_ANSWER)]);
    story.blind(RAVI, pstn(PARTNER)).unwrap();
    assert_eq!(story.permits(), 1);
    let first = story.call;
    let second = story.another("124");
    story.call = story.world.call_of(second).unwrap();
    let mark = story.mark();
    assert_eq!(denied(story.blind(RAVI, pstn(OTHER))), ["MAX_SIMULTANEOUS"]);
    assert_eq!(story.refer(RAVI, OTHER), 603);
    assert!(is_untouched(&story, mark));
    assert!(story.talk(second, story.leg(RAVI)));
    assert_eq!(story.permits(), 1);
    assert_eq!(story.decisions(mark)[0].reason, "MAX_SIMULTANEOUS");
    assert_eq!(story.world.exchange.counters().permits_refused, 2);
    story.call = first;
    story.end();
}

/// How a leg that counts may end.
const ENDS: [&str; 8] =
    ["answered", "no answer", "busy", "caller leaves", "operator", "cancelled", "disk fails", "restart"];

/// T05: whatever becomes of a leg, its place is given back once: not never, and not twice.
#[test]
fn t05_what_was_taken_is_given_back_once() {
    for how in ENDS {
        let mut story = Story::with_ravi(&[]);
        // Another leg of Ravi's that stays: a second release would free its place.
        let phone = story.phone(RAVI, OTHER);
        story.secs(3);
        assert_eq!(story.permits(), 1);
        let far_end = match how {
            "answered" => answers(1_000),
            "busy" => BUSY,
            _ => NO_ANSWER,
        };
        story.far_ends(&[(PARTNER, far_end)]);
        story.world.set_disk(how != "disk fails");
        if how == "cancelled" {
            story.consult(RAVI, pstn(PARTNER)).unwrap();
        } else {
            story.world.order(Order::Transfer {
                call: story.call,
                from: Arc::from(RAVI),
                target: pstn(PARTNER),
                mode: strowger::call::spec::TransferMode::Blind,
            });
        }
        assert_eq!(story.permits(), 2, "{how}");
        story.ms(500);
        story.world.set_disk(true);
        match how {
            "answered" => {
                story.secs(2);
                assert!(story.talks_to(PARTNER));
                assert_eq!(story.permits(), 2);
                story.hang_up(PARTNER);
            }
            "no answer" => story.secs(31),
            "caller leaves" => story.world.hang_up(story.caller),
            "operator" => _ = story.order(Order::HangUp { call: story.call }).unwrap(),
            "cancelled" => _ = story.cancel().unwrap(),
            "restart" => story.world.restart(),
            _ => {}
        }
        story.ms(10);
        if how == "restart" {
            assert_eq!(story.permits(), 0);
            continue;
        }
        assert_eq!(story.permits(), 1, "{how}");
        // One more may begin, and not two.
        let (one, two) = (story.phone(RAVI, "+442071838752"), story.phone(RAVI, "+442071838753"));
        assert_eq!((story.world.exists(one), story.world.exists(two)), (true, false), "{how}");
        assert!(story.world.exists(phone));
        story.end();
        assert_eq!(story.permits(), 0, "{how}");
    }
}

/// T06: the transferor itself is free at once; the leg outside goes on counting as its own until it ends.
#[test]
fn t06_the_transferor_is_free_and_still_accountable() {
    let mut story = Story::with_ravi(&[]);
    assert_eq!(story.agent(RAVI), "busy");
    story.blind(RAVI, pstn(PARTNER)).unwrap();
    assert!(!story.is_there(RAVI));
    assert_eq!(story.agent(RAVI), "available");
    story.secs(3);
    assert!(story.talks_to(PARTNER));
    let (one, two) = (story.phone(RAVI, OTHER), story.phone(RAVI, OTHER));
    assert_eq!((story.world.exists(one), story.world.exists(two)), (true, false), "two at one time are his");
    story.hang_up(PARTNER);
    story.ms(10);
    assert_eq!(story.permits(), 1);
    let three = story.phone(RAVI, OTHER);
    assert!(story.world.exists(three));
    story.end();
}

/// T07: who may not transfer at all is answered 603, and the call goes on.
#[test]
fn t07_a_trunk_that_may_not_transfer() {
    let mut story = Story::begin(&[]);
    let mark = story.mark();
    assert_eq!(story.refer_leg(story.caller, "103", None), 603);
    story.secs(1);
    assert!(is_untouched(&story, mark) && story.talks_to(DANA));
    story.end();
}

/// T09: only a party may ask, and only about what there is.
#[test]
fn t09_nobody_moves_anothers_call() {
    let mut story = Story::begin(&[]);
    let mark = story.mark();
    assert_eq!(story.blind(KIM, user(RAVI)), Err(Refused::NotAParty));
    let unknown = Which::Transfer(strowger::base::id::TransferId(7));
    assert_eq!(story.order(Order::Complete(unknown)), Err(Refused::NoSuchTransfer));
    assert_eq!(story.order(Order::Cancel(Which::Call(CallId(7)))), Err(Refused::NoSuchCall));
    let target = Target::User(Arc::from(RAVI));
    let mode = strowger::call::spec::TransferMode::Blind;
    let elsewhere = Order::Transfer { call: CallId(7), from: Arc::from(DANA), target, mode };
    assert_eq!(story.order(elsewhere), Err(Refused::NoSuchCall));
    assert!(is_untouched(&story, mark) && story.talks_to(DANA));
    story.end();
    // By phone: neither the target nor a stranger completes or cancels what Dana has begun. A stranger's REFER with her
    // consultation in it is 603, an INVITE in its place is refused; the keys of the caller and the target decide nothing.
    let mut story = Story::begin(&[]);
    story.consult(DANA, user(RAVI)).unwrap();
    story.secs(3);
    let (dana, ravi, caller) = (story.leg(DANA), story.leg(RAVI), story.caller);
    let kim = story.phone(KIM, "100");
    story.secs(1);
    let mark = story.mark();
    for of_another in [dana, ravi, caller] {
        assert_eq!(story.refer_leg(kim, "102", Some(Replaced::Leg(of_another))), 603);
        let takes = story.world.call_instead(Origin::User(Arc::from(KIM)), "104", "102", Some(of_another));
        story.ms(10);
        assert!(!story.world.exists(takes));
    }
    for keys in ["*1", "*2", "*3", "##", "*#"] {
        for leg in [ravi, caller] {
            for key in keys.chars() {
                story.world.press(leg, key);
                story.ms(100);
            }
        }
        story.secs(2);
    }
    let moved = story.since(mark).any(|m| match m {
        Moment::Talk { a, b } | Moment::Apart { a, b } => [dana, ravi, caller].iter().any(|leg| [a, b].contains(&leg)),
        Moment::Ended { leg, .. } => [dana, ravi, caller].contains(leg),
        _ => false,
    });
    assert!(!moved && story.talk(dana, ravi));
    assert_eq!((story.view().state, story.caller_hears().as_str()), (TransferState::Consulting, "music"));
    assert_eq!(story.complete(), Ok(TransferState::Completed));
    story.end();
}
