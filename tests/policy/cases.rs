//! The table of expected decisions.

use strowger::policy::cases::{self, Case};
use strowger::policy::{Effect, Reason};

use super::{document, standard};

/// Cases that this version cannot decide, with the reason. A case that starts to hold must leave
/// the list, so it can only shrink.
const NOT_DECIDABLE: &[(&str, &str)] = &[];

fn table(text: &str) -> Vec<Case> {
    let (cases, found) = cases::read(&document(text));
    assert!(found.is_empty(), "{found:?}");
    cases
}

#[test]
fn every_case_holds() {
    let policy = standard();
    let cases = table(include_str!("fraud-cases.yaml"));
    assert_eq!(cases.len(), 59);
    let mut wrong = Vec::new();
    for case in &cases {
        let failure = case.failure(&policy);
        match (NOT_DECIDABLE.iter().any(|(id, _)| *id == case.id), failure) {
            (false, Some(failure)) => wrong.push(failure),
            (true, None) => wrong.push(format!("{} holds now: take it off the list", case.id)),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A table that could not fail would prove nothing.
#[test]
fn a_wrong_expectation_is_reported() {
    let text = "- {id: X-1, name: extension, req: {to: '103', mode: blind}, expect: [deny, REGION_NOT_ALLOWED]}\n";
    let cases = table(text);
    let failure = cases[0].failure(&standard()).unwrap();
    assert_eq!(failure, "X-1 extension: expected deny REGION_NOT_ALLOWED, got allow OK_INTERNAL");
}

#[test]
fn more_cases_hold() {
    let policy = standard();
    let cases = table(include_str!("more-cases.yaml"));
    let wrong: Vec<String> = cases.iter().filter_map(|c| c.failure(&policy)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Together the tables reach every reason that this version can give.
#[test]
fn every_reason_has_a_case() {
    let mut cases = table(include_str!("fraud-cases.yaml"));
    cases.append(&mut table(include_str!("more-cases.yaml")));
    let missing: Vec<&str> = Reason::ALL
        .iter()
        .copied()
        .chain(strowger::policy::NumReason::ALL.map(Reason::Number))
        .filter(|r| !cases.iter().any(|c| c.expect.1 == *r))
        .map(Reason::name)
        .collect();
    // No policy of these tables gives the first (its own test does), and the library calls no valid
    // number unknown.
    assert_eq!(missing, ["GLOBAL_CODE_NOT_ALLOWED", "TYPE_UNKNOWN"]);
}

#[test]
fn rows_that_are_wrong_are_reported() {
    let text = "\
- {id: X-1, req: {to: '103', mod: blind}, expect: [allow, OK_INTERNAL]}
- {id: X-2, req: {to: '103'}, expect: [allow, OK_INTRENAL]}
- {id: X-3, req: {to: '103'}, expect: [allow]}
- {id: X-4, req: {to: '103', mode: blind}, expect: [allow, OK_INTERNAL]}
";
    let (cases, found) = cases::read(&document(text));
    assert_eq!(cases.len(), 1);
    assert_eq!(
        super::lines(text, &found),
        [
            "1: unknown-key: `req` has no key `mod`; did you mean `mode`?",
            "2: unknown-reason: `OK_INTRENAL` is not a reason; did you mean `OK_INTERNAL`?",
            "3: bad-expect: `expect` is a verdict and the first reason",
        ]
    );
}

/// No text for callers says anything of a rule, and every reason has all its texts.
#[test]
fn every_reason_has_three_texts() {
    for reason in Reason::ALL.iter().copied().chain(strowger::policy::NumReason::ALL.map(Reason::Number)) {
        assert!(!reason.for_agent().is_empty(), "{reason}");
        let caller = reason.for_caller();
        for word in ["policy", "rule", "region", "allow", "premium", "limit"] {
            assert!(!caller.to_lowercase().contains(word), "{reason}: {caller}");
        }
        let admin = strowger::policy::Finding::new(reason, "VALUE", "LIMIT").for_admin(Some(7));
        assert!(admin.starts_with(reason.name()) && !admin.contains('{'), "{admin}");
        assert_eq!(admin.contains("line 7"), reason.rule().is_some(), "{admin}");
        assert_eq!(Reason::from_name(reason.name()), Some(reason));
        if reason.effect() == Effect::Deny && !matches!(reason, Reason::Number(_)) {
            assert!(reason.for_agent().ends_with('.'), "{reason}");
        }
    }
}
