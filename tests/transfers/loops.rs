//! Loops and hops, T48 to T50.

use std::sync::Arc;

use strowger::call::order::TransferState;
use strowger::sim::Moment;
use strowger::site::model::Fallback;

use super::story::*;
use crate::exchange::plan;

/// T48: every way of moving a call counts in one number; above the site's bound it is a loop, and the caller hears so.
#[test]
fn t48_one_number_for_all_moves() {
    let mut story = Story::begin(&[]);
    assert_eq!(story.hops(), 1, "a forward");
    story.blind(DANA, user(RAVI)).unwrap();
    story.secs(3);
    assert_eq!(story.hops(), 2, "a transfer by API");
    assert_eq!(story.refer(RAVI, "104"), 202);
    story.secs(3);
    assert_eq!(story.hops(), 3, "by phone");
    story.blind(KIM, queue("sales")).unwrap();
    story.secs(3);
    assert_eq!(story.hops(), 4, "to a queue");
    story.end();
    // Flows that send it round and round, by arrows and by transfers.
    let mut story = Story::at(plan::office(), "126", &[]);
    assert_eq!((story.caller_hears().as_str(), story.hops()), ("tone", 10));
    story.end();
    let mut story = Story::at(plan::office(), "150", &[]);
    assert_eq!(story.end().tags.get("outcome").map(|o| &**o), Some("loop"));
    // At the bound a user's transfer is refused, and nothing happens.
    let fallback = Fallback::HangUp { prompt: Some(Arc::from("sorry")) };
    let change = |max_hops| {
        let fallback = fallback.clone();
        office_with(move |plan| {
            plan.site.limits.max_hops = max_hops;
            plan.site.transfers.fallback = fallback;
        })
    };
    let mut story = Story::at(change(1), "129", &[]);
    assert_eq!(missed(story.blind(DANA, user(RAVI))), "loop");
    assert_eq!(story.refer(DANA, "103"), 603);
    assert!(story.talks_to(DANA));
    story.end();
    // The site's fallback runs, with its announcement.
    let mut story = Story::at(change(3), "126", &[]);
    story.secs(0);
    let caller = story.caller;
    let heard = story.since(0).any(|m| {
        matches!(m, Moment::Hears { leg, sources } if *leg == caller
            && sources.iter().any(|s| matches!(s, strowger::call::audio::AudioSource::Prompt(p) if p.name.as_ref() == "sorry")))
    });
    assert!(heard && story.is_over());
    assert_eq!(story.end().hops, 3);
}

/// T49: a target that was tried again and again, and nobody answered, is a loop before the bound of all moves.
#[test]
fn t49_the_same_target_again_and_again() {
    let plan = office_with(|plan| plan.site.limits.max_hops = 60);
    let mut story = Story::at(plan, "129", &[(RAVI, BUSY), (KIM, BUSY)]);
    let mut taken = 0;
    while story.refer(DANA, "103") == 202 {
        taken += 1;
        story.secs(1);
        assert!(story.talks_to(DANA) && taken < 50);
    }
    assert_eq!(taken, 10);
    // Another target is none, and an answer begins the count anew.
    assert_eq!(story.refer(DANA, "104"), 202);
    story.secs(1);
    story.far_ends(&[(KIM, answers(500))]);
    assert_eq!(story.refer(DANA, "104"), 202);
    story.secs(1);
    assert!(story.talks_to(KIM));
    story.far_ends(&[(RAVI, answers(500))]);
    assert_eq!(story.refer(KIM, "103"), 202);
    story.secs(1);
    assert_eq!(story.view().state, TransferState::Completed);
    story.end();
}

/// T50: each leg that is placed has one forward less to go, and says who diverted it. The headers, 482 and 483 are in
/// `sip::loops` and `sip::identity`.
#[test]
fn t50_a_placed_leg_has_a_hop_less_and_a_history() {
    let mut story = Story::with_ravi(&[]);
    let mark = story.mark();
    story.blind(RAVI, pstn(PARTNER)).unwrap();
    let placed = story.placed(mark);
    assert_eq!(placed[0].1.max_forwards, 69, "it came with 70");
    assert_eq!(placed[0].1.diverted.as_ref().map(|d| &*d.by), Some("103"));
    story.end();
    let mut story = Story::begin(&[]);
    let forwarded = story.placed(0);
    assert_eq!(forwarded[0].1.max_forwards, 69);
    assert_eq!(forwarded[0].1.diverted.as_ref().map(|d| &*d.by), Some("129"), "the number that was dialled");
    story.end();
}
