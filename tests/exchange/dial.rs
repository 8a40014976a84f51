//! Ringing several devices: who wins, and what is told when nobody does.

use strowger::base::id::LegId;
use strowger::call::cause::{Cause, CauseKind};
use strowger::call::dial::{Dial, Dialled};

fn two() -> Dial {
    Dial::new([LegId(2), LegId(4)])
}

fn failed(dial: &mut Dial, leg: u64, kind: CauseKind) -> Option<Dialled> {
    dial.failed(LegId(leg), Cause::new(kind))
}

#[test]
fn the_first_answer_wins_and_is_the_only_one() {
    let mut dial = two();
    assert_eq!(dial.answered(LegId(4)), Some(Dialled::Answered(LegId(4))));
    assert_eq!(dial.answered(LegId(2)), None);
    assert_eq!(dial.open().collect::<Vec<_>>(), [LegId(2)]);
    assert_eq!(dial.timed_out(), None);
    assert_eq!(failed(&mut dial, 2, CauseKind::Busy), None);
    assert_eq!(dial.answered(LegId(6)), None, "not one of its legs");
}

#[test]
fn time_up_beats_a_later_answer() {
    let mut dial = two();
    assert_eq!(dial.timed_out(), Some(Dialled::Failed(Cause::new(CauseKind::NoAnswer))));
    assert_eq!(dial.answered(LegId(2)), None);
    assert_eq!(failed(&mut dial, 2, CauseKind::Busy), None);
    assert_eq!(failed(&mut dial, 4, CauseKind::Busy), None);
    assert_eq!(dial.timed_out(), None);
}

#[test]
fn a_persons_answer_tells_more_than_a_networks() {
    let cases = [
        (CauseKind::Busy, CauseKind::Declined, CauseKind::Declined),
        (CauseKind::Unreachable, CauseKind::Busy, CauseKind::Busy),
        (CauseKind::NoAnswer, CauseKind::Unreachable, CauseKind::NoAnswer),
        (CauseKind::Error, CauseKind::InvalidNumber, CauseKind::InvalidNumber),
        (CauseKind::Offline, CauseKind::Error, CauseKind::Offline),
    ];
    for (first, second, told) in cases {
        for (a, b) in [(first, second), (second, first)] {
            let mut dial = two();
            assert_eq!(failed(&mut dial, 2, a), None);
            assert_eq!(failed(&mut dial, 2, a), None, "twice is once");
            assert_eq!(failed(&mut dial, 4, b), Some(Dialled::Failed(Cause::new(told))), "{a} and {b}");
        }
    }
}

#[test]
fn only_the_first_ring_is_told() {
    let mut dial = two();
    assert!(dial.ringing(LegId(4)));
    assert!(!dial.ringing(LegId(4)));
    assert!(!dial.ringing(LegId(2)));
    let mut dial = two();
    assert!(!dial.ringing(LegId(6)), "not one of its legs");
    dial.answered(LegId(2));
    assert!(!dial.ringing(LegId(4)), "somebody has answered");
}
