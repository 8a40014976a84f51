//! Calls of three, T38 to T41.

use std::sync::Arc;

use strowger::base::id::LegId;
use strowger::call::order::TransferState;
use strowger::exchange::Plan;
use strowger::sim::Moment;
use strowger::site::model::CallerLeaves;

use super::story::*;

struct Three {
    story: Story,
    dana: LegId,
    target: LegId,
}

fn three_at(plan: Arc<Plan>, target: &str) -> Three {
    let mut story = Story::at(plan, "129", &[]);
    let to = if target == RAVI { user(RAVI) } else { pstn(target) };
    story.consult(DANA, to).unwrap();
    story.secs(3);
    assert_eq!(story.three_way(), Ok(TransferState::Conference));
    let (dana, target) = (story.leg(DANA), story.leg(target));
    assert!(story.all_in_one_room(&[story.caller, dana, target]));
    Three { story, dana, target }
}

fn three() -> Three {
    three_at(crate::exchange::plan::office(), RAVI)
}

/// T38: all three hear each other, and no music. What is heard in a room, and on one recording, is in `media`.
#[test]
fn t38_three_hear_each_other() {
    let Three { mut story, dana, target } = three();
    story.secs(30);
    assert!(story.all_in_one_room(&[story.caller, dana, target]));
    assert_eq!(story.view().state, TransferState::Conference);
    assert_eq!(story.world.exchange.call(story.call).unwrap().state, "conference");
    story.end();
    // Also from the other side of a swap, where the target is on hold.
    let mut story = Story::begin(&[]);
    story.consult(DANA, user(RAVI)).unwrap();
    story.secs(3);
    story.swap().unwrap();
    story.three_way().unwrap();
    assert!(story.all_in_one_room(&[story.caller, story.leg(DANA), story.leg(RAVI)]));
    story.end();
}

/// T39: whoever of the site leaves, the others stay; when the caller leaves, the site says whether colleagues stay.
#[test]
fn t39_who_leaves_and_who_stays() {
    let Three { mut story, dana, target } = three();
    story.world.hang_up(dana);
    assert!(story.talk(story.caller, target));
    story.end();
    let Three { mut story, dana, target } = three();
    story.world.hang_up(target);
    assert!(story.talk(story.caller, dana));
    story.end();
    let Three { mut story, .. } = three();
    story.world.hang_up(story.caller);
    story.ms(10);
    assert!(story.is_over(), "only staff would remain");
    story.end();
    let stay = office_with(|plan| plan.site.transfers.caller_leaves = CallerLeaves::Stay);
    let Three { mut story, dana, target } = three_at(stay, RAVI);
    story.world.hang_up(story.caller);
    assert!(story.talk(dana, target));
    story.end();
    // Somebody outside is no staff: the call goes on.
    let Three { mut story, dana, target } = three_at(crate::exchange::plan::office(), PARTNER);
    story.world.hang_up(story.caller);
    assert!(story.talk(dana, target));
    story.end();
}

/// T40: when the last of the site's people leaves, nobody stays on hold: the others talk, or the policy ends the call.
#[test]
fn t40_nobody_is_left_on_hold() {
    for swapped in [false, true] {
        let mut story = Story::begin(&[]);
        story.consult(DANA, user(RAVI)).unwrap();
        story.secs(3);
        if swapped {
            story.swap().unwrap();
        }
        story.hang_up(DANA);
        assert!(story.talks_to(RAVI));
        story.end();
    }
    // One of three holds. When another leaves, the one who is left hears music for as long as who holds is there to come
    // back, and not longer; when the one who holds leaves, the others talk.
    for holds in 0..3 {
        for leaves in 0..3 {
            let Three { mut story, dana, target } = three();
            let legs = [dana, target, story.caller];
            story.world.hold(legs[holds], true);
            story.ms(10);
            story.world.hang_up(legs[leaves]);
            story.ms(10);
            let case = format!("{holds} holds, {leaves} leaves");
            let left: Vec<LegId> = legs.into_iter().filter(|leg| *leg != legs[leaves]).collect();
            if leaves == 2 {
                assert!(story.is_over(), "{case}: only staff would remain");
            } else if holds == leaves {
                assert!(story.talk(left[0], left[1]), "{case}");
            } else {
                let held = left.into_iter().find(|leg| *leg != legs[holds]).unwrap();
                assert_eq!(story.hears(held), "music", "{case}");
                let mut back = 0;
                for on in [false, true] {
                    story.world.hold(legs[holds], on);
                    story.ms(10);
                    back += usize::from(story.talk(held, legs[holds]));
                }
                assert_eq!((back, story.hears(held).as_str()), (1, "music"), "{case}");
                story.world.hang_up(legs[holds]);
                story.ms(10);
                assert!(story.is_over(), "{case}: nobody holds any more");
            }
            story.end();
        }
    }
    // A telephone that holds the caller, and calls somebody else by itself, leaves both.
    let mut story = Story::begin(&[]);
    let dana = story.leg(DANA);
    story.world.hold(dana, true);
    let own = story.phone(DANA, "103");
    story.secs(2);
    assert_eq!(story.caller_hears(), "music");
    story.world.hang_up(own);
    story.secs(1);
    assert_eq!(story.caller_hears(), "music", "she is there, and may come back");
    story.world.hang_up(dana);
    story.ms(10);
    assert!(story.is_over());
    story.end();
    // Two parties outside would talk at the site's expense, which this policy does not allow.
    let Three { mut story, dana, .. } = three_at(crate::exchange::plan::office(), PARTNER);
    let mark = story.mark();
    story.world.hang_up(dana);
    assert_eq!(story.decisions(mark)[0].verdict, "deny");
    story.ms(10);
    assert!(story.is_over());
    story.end();
}

/// T41: with two left it is a call of two, in the same instant. How short the gap of the audio is, is in `media::rooms`.
#[test]
fn t41_two_are_no_conference() {
    let Three { mut story, dana, target } = three();
    let mark = story.mark();
    story.world.hang_up(dana);
    let mut heard = story.world.trace[mark..].iter().filter(|(_, m)| !matches!(m, Moment::Event(_)));
    let (left, _) = heard.next().unwrap();
    let (talk, what) = heard.next().unwrap();
    assert_eq!(left, talk);
    assert!(matches!(what, Moment::Talk { a, b } if [*a, *b] == [story.caller, target]), "{what:?}");
    assert_eq!(story.world.exchange.call(story.call).unwrap().state, "talking");
    story.end();
}
