//! Who sees whom, T51 to T54.

use std::sync::Arc;

use strowger::call::leg::{Caller, DivertReason, Name, Origin, Presented};
use strowger::call::order::TransferState;
use strowger::exchange::Plan;
use strowger::sim::Moment;
use strowger::site::model::CallerNumbers;

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

const COMPANY: &str = "+442079460000";

/// The office, whose trunk to the partner is as it is told, and is shown this number if there is one.
fn partner_with(caller_numbers: CallerNumbers, caller_id: Option<&str>) -> Arc<Plan> {
    office_with(|plan| {
        let partner = plan.site.trunks.get_mut("partner").unwrap();
        (partner.caller_numbers, partner.caller_id) = (caller_numbers, caller_id.map(Arc::from));
    })
}

/// What was shown to the partner: numbers of callers, and `-` for one who has none.
fn shown_outside(story: &Story, mark: usize) -> Vec<String> {
    let shown = |caller: &Caller| if caller.anonymous { "-".to_owned() } else { caller.number.to_string() };
    let outside = story.placed(mark).into_iter().filter(|(to, _)| to == PARTNER);
    outside.map(|(_, presented)| shown(&presented.caller)).collect()
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
    let company = partner_with(CallerNumbers::PassThrough, Some(COMPANY));
    let mut story = Story::at(company.clone(), "100", &[]);
    let mark = story.mark();
    story.world.press(story.caller, '3');
    story.ms(1_100);
    assert_eq!(shown_outside(&story, mark), [COMPANY]);
    story.end();
    // An extension means nothing outside.
    let mut story = Story::at(company, "129", &[]);
    let mark = story.mark();
    story.consult(DANA, pstn(PARTNER)).unwrap();
    assert_eq!(&*story.placed(mark)[0].1.caller.number, COMPANY);
    story.end();
}

/// T51: a trunk is shown no number that the site does not own unless it lets it pass, in whatever way a leg leaves.
#[test]
fn t51_no_foreign_number_leaves_unless_it_may() {
    type Way = (&'static str, fn(Arc<Plan>) -> Story);
    let ways: [Way; 5] = [
        ("order", |plan| {
            let mut story = Story::with_ravi_at(plan, &[]);
            story.blind(RAVI, pstn(PARTNER)).unwrap();
            story
        }),
        ("phone", |plan| {
            let mut story = Story::with_ravi_at(plan, &[]);
            assert_eq!(story.refer(RAVI, PARTNER), 202);
            story
        }),
        ("keys", |plan| {
            let mut story = Story::with_ravi_at(plan, &[]);
            let ravi = story.leg(RAVI);
            assert!(story.talk(story.caller, ravi));
            story.press(RAVI, "##");
            story.press(RAVI, "02071838750#");
            story
        }),
        // The leg of a consultation that is left before the answer has shown the company; what it is told then is below.
        ("consultation left early", |plan| {
            let mut story = Story::with_ravi_at(plan, &[(PARTNER, answers(9_000))]);
            story.consult(RAVI, pstn(PARTNER)).unwrap();
            story.secs(1);
            story.complete().unwrap();
            story
        }),
        ("flow", |plan| Story::at(plan, "120", &[])),
    ];
    let rules = [
        (CallerNumbers::PassThrough, None, CALLER),
        (CallerNumbers::PassThrough, Some(COMPANY), CALLER),
        (CallerNumbers::Own, Some(COMPANY), COMPANY),
        (CallerNumbers::Own, None, "-"),
    ];
    for (way, begin) in ways {
        for (rule, company, wanted) in rules {
            let mut story = begin(partner_with(rule, company));
            story.secs(3);
            let outside = story.leg(PARTNER);
            let told = story.since(0).filter_map(|m| match m {
                Moment::Sees { leg, peer } if *leg == outside => Some(peer.clone()),
                _ => None,
            });
            let told: Vec<String> =
                told.map(|peer| if peer.anonymous { "-".to_owned() } else { peer.number.to_string() }).collect();
            let shown = shown_outside(&story, 0);
            let last = told.last().or(shown.last()).unwrap();
            assert_eq!(last, wanted, "{way}, {rule:?}, {company:?}: shown {shown:?}, told {told:?}");
            let foreign = shown.iter().chain(&told).any(|number| number == CALLER);
            assert_eq!(foreign, rule == CallerNumbers::PassThrough, "{way}, {rule:?}: shown {shown:?}, told {told:?}");
            story.end();
        }
    }
}

/// T51: the site's own are numbers that it answers, one by one or as a block, and those of its trunks; a prefix that
/// answers the whole world is no block.
#[test]
fn t51_what_is_the_sites_own() {
    let plan = office_with(|plan| {
        let entry = plan.site.numbers.exact["100"].clone();
        plan.site.numbers.prefixes.insert("+44207946055".into(), entry.clone());
        plan.site.numbers.prefixes.insert("+".into(), entry);
    });
    let owns = |number: &str| plan.site.owns(number);
    assert!(owns(COMPANY) && owns("100") && owns("+4420794605599"));
    assert!(!owns(CALLER) && !owns("") && !owns("+44207946055123456"));
    for (number, wanted) in [(COMPANY, COMPANY), (CALLER, "-"), ("102", "-"), ("", "-")] {
        let mut story = Story::from(partner_with(CallerNumbers::Own, None), number, "120", &[]);
        assert_eq!(shown_outside(&story, 0), [wanted], "`{number}` calls");
        story.end();
    }
}

/// T51: the far end of a trunk is told no foreign number in mid-call either.
#[test]
fn t51_a_caller_is_told_no_foreign_number() {
    // The caller's own trunk is `carrier`, which is shown own numbers only.
    let mut story = Story::with_ravi(&[]);
    story.blind(RAVI, pstn(PARTNER)).unwrap();
    story.secs(3);
    assert!(story.talks_to(PARTNER));
    assert_eq!(story.sees(story.caller).last().unwrap(), COMPANY);
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
    // A flow that goes on after somebody was busy, or did not answer, was sent on by them: the next one sees by whom and
    // why, whoever it is. Before anybody was tried it is the number that was dialled, and once somebody has had the call
    // it is so again.
    for (far_end, outside, wanted) in [
        (BUSY, false, ("102", DivertReason::UserBusy)),
        (NO_ANSWER, false, ("102", DivertReason::NoAnswer)),
        (DECLINES, false, ("102", DivertReason::Deflection)),
        (NO_ANSWER, true, ("103", DivertReason::NoAnswer)),
    ] {
        let mut story = Story::at(plan::office(), "124", &[(DANA, far_end), (RAVI, NO_ANSWER)]);
        story.secs(if outside { 10 } else { 1 });
        let placed = story.placed(0);
        let said = |presented: &Presented| presented.diverted.as_ref().map(|d| (d.by.to_string(), d.reason));
        assert_eq!(said(&placed[0].1), Some(("124".to_owned(), DivertReason::Deflection)));
        let (to, presented) = placed.iter().find(|(to, _)| (to == PARTNER) == outside && to != DANA).unwrap();
        assert_eq!(said(presented), Some((wanted.0.to_owned(), wanted.1)), "{to}");
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

/// A user's telephone shows colleagues, flows and records the user that it is of, whatever it says in its INVITE.
#[test]
fn a_user_cannot_call_as_somebody_else() {
    let mut story = Story::begin(&[]);
    let mark = story.mark();
    let leg = story.world.call(Origin::User(Name::from("us_kim")), "+442079999999", "103");
    story.ms(3_000);
    let calls = story.world.exchange.calls();
    let call = calls.iter().find(|call| call.parties.iter().any(|party| party.leg == leg)).unwrap();
    assert_eq!(&*call.parties[0].number, "104");
    let (to, presented) = &story.placed(mark)[0];
    assert_eq!((to.as_str(), &*presented.caller.number, &*presented.caller.name), (RAVI, "104", "Kim"));
    story.end();
}
