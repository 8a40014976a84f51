//! What is told of a transfer that did not come about: each outcome and each state in its own words.

use strowger::call::cause::CauseKind;
use strowger::call::order::{Refused, Taken, TransferState};
use strowger::sim::FarEnd;

use super::story::*;

/// The outcome that a target cannot be had for, and the words for it.
fn detail(refused: Result<Taken, Refused>) -> (&'static str, String) {
    match refused {
        Err(Refused::Target { outcome, detail }) => (outcome, detail.to_string()),
        other => panic!("{other:?}"),
    }
}

/// What the call is doing, by a refusal of another transfer.
fn doing(refused: Result<Taken, Refused>) -> (Option<TransferState>, Option<&'static str>) {
    match refused {
        Err(Refused::WrongState { state, call, .. }) => (state, call),
        other => panic!("{other:?}"),
    }
}

/// The view of a transfer that failed says why, whatever the far end did.
#[test]
fn every_failure_has_a_reason_in_words() {
    for (far_end, outcome, words) in [
        (BUSY, "busy", "the target is busy"),
        (DECLINES, "declined", "the target declined the call"),
        (NO_ANSWER, "no_answer", "the target did not answer in time"),
        (FarEnd::refuses(CauseKind::Unreachable), "unreachable", "the target cannot be reached"),
        (FarEnd::refuses(CauseKind::Error), "error", "the call to the target failed"),
    ] {
        for attended in [false, true] {
            let mut story = Story::begin(&[(RAVI, far_end)]);
            if attended { story.consult(DANA, user(RAVI)) } else { story.blind(DANA, user(RAVI)) }.unwrap();
            story.secs(45);
            let view = story.view();
            assert_eq!((view.outcome, view.reason.as_deref()), (Some(outcome), Some(words)), "attended: {attended}");
            story.end();
        }
    }
}

/// A refusal before anything has happened says which of them it is.
#[test]
fn every_target_that_cannot_be_had_has_its_own_words() {
    let mut story = Story::begin(&[]);
    story.offline(RAVI);
    let offline = detail(story.blind(DANA, user(RAVI)));
    assert_eq!(offline, ("offline", "no telephone of the target is registered".to_owned()));
    story.offline(KIM);
    story.offline(DANA);
    let nobody = detail(story.blind(DANA, queue("sales")));
    assert_eq!(nobody, ("no_agents", "nobody works in the queue now".to_owned()));
    story.end();
    let mut story = Story::at(office_with(|plan| plan.site.limits.max_hops = 1), "129", &[]);
    let again = detail(story.blind(DANA, user(RAVI)));
    assert_eq!(again, ("loop", "the call has been transferred too often, or to where it came from".to_owned()));
    story.end();
}

/// Where nobody transfers the call by order, the refusal says what goes on.
#[test]
fn a_transfer_in_another_state_says_what_the_call_is_doing() {
    let mut story = Story::begin(&[]);
    story.press(DANA, "##");
    assert_eq!(doing(story.blind(DANA, user(RAVI))), (None, Some("dialing_in")));
    story.end();
    let mut story = Story::begin(&[]);
    story.consult(DANA, user(RAVI)).unwrap();
    story.secs(3);
    assert_eq!(doing(story.blind(DANA, user(KIM))).0, Some(TransferState::Consulting));
    story.three_way().unwrap();
    assert_eq!(doing(story.blind(DANA, user(KIM))), (None, Some("conference")));
    story.end();
}
