//! Who sees whom, T51 to T54.

use strowger::call::leg::DivertReason;
use strowger::call::order::TransferState;
use strowger::sim::Moment;

use super::story::*;
use crate::exchange::plan;

/// Whether any display or INVITE of the call showed a number as that of its caller.
fn was_shown(story: &Story, mark: usize, number: &str) -> bool {
    story.since(mark).any(|m| match m {
        Moment::Placed { presented, .. } => *presented.caller.number == *number && !presented.caller.anonymous,
        Moment::Sees { peer, .. } => *peer.number == *number && !peer.anonymous,
        _ => false,
    })
}

/// T51: blind, the target sees the caller; by policy the company; and outside never a number that is none.
#[test]
fn t51_the_target_sees_the_caller_or_the_company() {
    let mut story = Story::begin(&[]);
    let mark = story.mark();
    story.blind(DANA, user(RAVI)).unwrap();
    assert_eq!(&*story.placed(mark)[0].1.caller.number, CALLER);
    story.end();
    let mut story = Story::with_ravi(&[]);
    let mark = story.mark();
    story.blind(RAVI, pstn(PARTNER)).unwrap();
    assert_eq!(&*story.placed(mark)[0].1.caller.number, CALLER);
    story.end();
    // A flow that asks for the company's number has it, and the caller's stays here.
    let company = office_with(|plan| {
        plan.site.trunks.get_mut("partner").unwrap().caller_id = Some("+442079460000".into());
    });
    let mut story = Story::at(company.clone(), "100", &[]);
    let mark = story.mark();
    story.world.press(story.caller, '3');
    story.ms(1_100);
    let [(to, presented)] = &story.placed(mark)[..] else { panic!("one leg") };
    assert_eq!((to.as_str(), &*presented.caller.number), (PARTNER, "+442079460000"));
    story.end();
    // An extension means nothing outside.
    let mut story = Story::at(company, "129", &[]);
    let mark = story.mark();
    story.consult(DANA, pstn(PARTNER)).unwrap();
    assert_eq!(&*story.placed(mark)[0].1.caller.number, "+442079460000");
    story.end();
}

/// T52: in the consultation the target sees the transferor; when it is complete, target and caller see each other.
#[test]
fn t52_displays_follow_the_call() {
    let mut story = Story::begin(&[]);
    let mark = story.mark();
    story.consult(DANA, user(RAVI)).unwrap();
    story.secs(3);
    assert_eq!(&*story.placed(mark)[0].1.caller.number, "102");
    assert!(!was_shown(&story, mark, CALLER), "not before it is joined");
    let (ravi, caller) = (story.leg(RAVI), story.caller);
    story.complete().unwrap();
    assert_eq!(story.sees(ravi), [CALLER]);
    assert_eq!(story.sees(caller).last().unwrap(), "103");
    story.end();
    // Cancelled, the transferor sees the caller again.
    let mut story = Story::begin(&[]);
    story.consult(DANA, user(RAVI)).unwrap();
    story.secs(3);
    let dana = story.leg(DANA);
    assert_eq!(story.sees(dana), ["103"]);
    story.cancel().unwrap();
    assert_eq!(story.sees(dana), ["103", CALLER]);
    story.end();
}

/// T52 by phone: whoever called whom in the consultation, the two who are joined see each other.
#[test]
fn t52_displays_follow_a_call_that_phones_join() {
    for target_called in [false, true] {
        let mut story = Story::begin(&[]);
        let dana = story.leg(DANA);
        story.world.hold(dana, true);
        let (by, to) = if target_called { (RAVI, "102") } else { (DANA, "103") };
        let phone = story.phone(by, to);
        story.secs(2);
        let (ravi, own) = if target_called { (phone, story.leg(DANA)) } else { (story.leg(RAVI), phone) };
        assert!(story.talk(ravi, own));
        let replaced = Some(strowger::call::leg::Replaced::Leg(own));
        assert_eq!(story.refer_leg(dana, "consultation", replaced), 202);
        assert!(story.talk(story.caller, ravi));
        assert_eq!(story.sees(story.caller).last().unwrap(), "103", "target called: {target_called}");
        assert_eq!(story.sees(ravi).last().unwrap(), CALLER, "target called: {target_called}");
        story.end();
    }
}

/// T53: Referred-By names the transferor, also for a caller who hides; the diversion names who diverted, and why. The
/// headers are in `sip::identity`.
#[test]
fn t53_who_referred_and_who_diverted() {
    for number in [CALLER, ""] {
        let mut story = Story::from(plan::office(), number, "129", &[]);
        let mark = story.mark();
        assert_eq!(story.refer(DANA, "103"), 202);
        let (_, presented) = &story.placed(mark)[0];
        assert_eq!(presented.referred_by.as_deref(), Some("102"));
        let diverted = presented.diverted.as_ref().unwrap();
        assert_eq!((&*diverted.by, diverted.reason), ("102", DivertReason::Deflection));
        assert_eq!(presented.caller.anonymous, number.is_empty());
        story.end();
    }
    // Who consults calls for itself.
    let mut story = Story::begin(&[]);
    let mark = story.mark();
    story.consult(DANA, user(RAVI)).unwrap();
    let (_, presented) = &story.placed(mark)[0];
    assert_eq!((presented.referred_by.as_deref(), presented.diverted.as_ref()), (None, None));
    story.end();
}

/// T54: a caller who hides stays hidden on every leg and display, whatever becomes of the call.
#[test]
fn t54_a_hidden_caller_stays_hidden() {
    let hidden = || Story::from(plan::office(), "", "129", &[]);
    // Forwarded, transferred blind, recalled.
    let mut story = hidden();
    story.far_ends(&[(RAVI, BUSY)]);
    story.blind(DANA, user(RAVI)).unwrap();
    story.secs(3);
    assert!(story.talks_to(DANA));
    // To a queue.
    story.far_ends(&[(RAVI, answers(500))]);
    story.blind(DANA, queue("sales")).unwrap();
    story.secs(2);
    assert!(story.talks_to(RAVI));
    // Outside.
    story.blind(RAVI, pstn(PARTNER)).unwrap();
    story.secs(3);
    assert!(story.talks_to(PARTNER));
    let placed = story.placed(0);
    assert_eq!(placed.len(), 5);
    assert!(placed.iter().all(|(_, presented)| presented.caller.anonymous), "{placed:?}");
    story.end();
    // Joined after a consultation, and in one that was left early.
    for early in [false, true] {
        let mut story = hidden();
        story.consult(DANA, user(RAVI)).unwrap();
        story.secs(if early { 0 } else { 3 });
        let ravi = story.leg(RAVI);
        story.complete().unwrap();
        let shown: Vec<bool> = story
            .since(0)
            .filter_map(|m| match m {
                Moment::Sees { leg, peer } if *leg == ravi => Some(peer.anonymous),
                _ => None,
            })
            .collect();
        assert_eq!(shown, [true]);
        story.secs(3);
        assert_eq!(story.view().state, TransferState::Completed);
        story.end();
    }
}
