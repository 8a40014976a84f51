//! Tokens and permits.

use std::collections::BTreeSet;

use proptest::prelude::*;
use strowger::base::id::{DecisionId, LegId};
use strowger::policy::{Facts, Mode, PermitStore, Request, To, TokenOrigin, Verdict, decide};

use super::decisions::{ask, calm};
use super::standard;

fn origin() -> TokenOrigin {
    TokenOrigin::Phone { subject: "us_dana".to_owned() }
}

#[test]
fn a_token_carries_exactly_what_was_decided() {
    let decision = decide(&standard(), &ask("9 1 (202) 555-0123", Mode::Attended), &calm());
    let decided = decision.target().unwrap().clone();
    let token = decision.into_token(origin(), DecisionId(5)).unwrap();
    assert_eq!((token.target(), token.decision(), token.origin()), (&decided, DecisionId(5), &origin()));
    assert_eq!(token.target().canonical(), "+12025550123");
}

#[test]
fn nothing_but_an_allow_gives_a_token() {
    let policy = standard();
    let late = Facts { counters: strowger::policy::Counters { after_hours: true, ..calm().counters }, ..calm() };
    let denied = decide(&policy, &ask("+12025550123", Mode::Blind), &calm());
    let challenged = decide(&policy, &ask("+12025550123", Mode::Attended), &late);
    let invalid = decide(&policy, &ask("*72", Mode::Blind), &calm());
    let limited = decide(&policy, &ask("+12025550123", Mode::Attended), &calm()).limited(2, 2);
    let queue = decide(&policy, &Request { to: To::Inside("sales".to_owned()), ..ask("", Mode::Blind) }, &calm());
    for decision in [denied, challenged, invalid, limited, queue] {
        let reason = decision.reason();
        let back = decision.into_token(origin(), DecisionId(1)).unwrap_err();
        assert_eq!(back.reason(), reason);
    }
}

#[test]
fn emergency_has_a_token_and_needs_no_permit() {
    let decision = decide(&standard(), &ask("9-911", Mode::Blind), &Facts { hops: 99, ..Facts::default() });
    assert_eq!((decision.verdict(), decision.permit_limit()), (Verdict::Allow, None));
    assert_eq!(decision.into_token(origin(), DecisionId(1)).unwrap().target().canonical(), "911");
}

#[test]
fn permits_are_taken_once_and_given_back_once() {
    let mut permits = PermitStore::new();
    assert!(permits.acquire("dana", 2, LegId(2)));
    assert!(permits.acquire("dana", 2, LegId(2)), "the same leg keeps its permit");
    assert_eq!(permits.held("dana"), 1);
    assert!(permits.acquire("dana", 2, LegId(4)));
    assert!(!permits.acquire("dana", 2, LegId(6)));
    assert!(permits.acquire("ravi", 2, LegId(6)), "each subject has its own");
    assert_eq!((permits.held("dana"), permits.total_held()), (2, 3));
    assert!(!permits.release("dana", LegId(6)), "held for another subject");
    assert!(permits.release("dana", LegId(2)));
    assert!(!permits.release("dana", LegId(2)), "a second time changes nothing");
    assert!(permits.acquire("dana", 2, LegId(8)));
    assert!(
        permits.release("dana", LegId(4)) && permits.release("dana", LegId(8)) && permits.release("ravi", LegId(6))
    );
    assert_eq!(permits, PermitStore::new());
    assert!(!permits.acquire("dana", 0, LegId(2)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// P5: of N requests with k slots exactly min(N, k) are admitted, and what is admitted is given
    /// back exactly once, in whatever order.
    #[test]
    fn no_slot_is_made_or_lost(limit in 0_u32..6, steps in prop::collection::vec((0_u64..8, any::<bool>()), 0..60)) {
        let mut permits = PermitStore::new();
        let mut model = BTreeSet::new();
        for (leg, take) in steps {
            if take {
                let fits = model.contains(&leg) || model.len() < limit as usize;
                prop_assert_eq!(permits.acquire("dana", limit, LegId(leg)), fits);
                if fits {
                    model.insert(leg);
                }
            } else {
                prop_assert_eq!(permits.release("dana", LegId(leg)), model.remove(&leg));
            }
            prop_assert_eq!(permits.held("dana") as usize, model.len());
            prop_assert!(permits.held("dana") <= limit);
        }
    }

    #[test]
    fn exactly_the_free_slots_are_admitted(limit in 0_u32..10, n in 0_u64..20) {
        let mut permits = PermitStore::new();
        let admitted = (0..n).filter(|leg| permits.acquire("dana", limit, LegId(*leg))).count();
        prop_assert_eq!(admitted as u64, n.min(u64::from(limit)));
    }
}
