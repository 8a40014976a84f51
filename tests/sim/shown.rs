//! A trunk that is shown a number that is not the site's is told of, when it is called and in mid-call.

use strowger::base::id::LegId;
use strowger::call::leg::{Caller, Name, Presented};
use strowger::sim::Moment;
use strowger::sim::moment::Outside;
use strowger::sim::promises::Found;
use strowger::sim::promises::shown::Shown;

use super::planted::said;
use crate::exchange::plan;

/// What is told of a leg that leaves by a trunk, if it is shown one number when it is placed and another later.
fn told(trunk: &str, placed: &str, later: &str) -> Vec<String> {
    let (mut shown, mut found, plan) = (Shown::default(), Found::default(), plan::office());
    let caller = |number: &str| Caller { number: number.into(), anonymous: number.is_empty(), ..Caller::default() };
    let outside = Outside { trunk: Name::from(trunk), decision: String::new() };
    let presented = Presented { caller: caller(placed), ..Presented::default() };
    let to = Name::from("+15551234567");
    shown.see(&Moment::Placed { leg: LEG, to, presented, outside: Some(outside) }, &plan.site, &mut found);
    shown.see(&Moment::Sees { leg: LEG, peer: caller(later) }, &plan.site, &mut found);
    said(&found)
}

const LEG: LegId = LegId(7);

#[test]
fn a_foreign_number_on_a_trunk_is_told() {
    let (own, foreign) = ("+442079460000", "+442079460111");
    let wrong = format!("shown: trunk `carrier` was shown `{foreign}`, which is not the site's");
    assert_eq!(told("carrier", foreign, own), [wrong.as_str()]);
    assert_eq!(told("carrier", "", foreign), [wrong.as_str()]);
    assert_eq!(told("carrier", own, "103"), [] as [&str; 0]);
    assert_eq!(told("partner", foreign, foreign), [] as [&str; 0]);
}
