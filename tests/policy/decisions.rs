//! Decisions beyond the tables: all reasons at once, outcomes, records.

use std::collections::BTreeMap;

use strowger::base::id::{CallId, DecisionId};
use strowger::policy::{
    Actor, Counters, DecisionRecord, DialTarget, Facts, Mode, NumReason, Obligation, Outcome, PartyOrigin, Policy,
    Reason, RecordContext, Request, To, UserOverrides, Verdict, decide,
};

use super::standard;

pub fn ask(to: &str, mode: Mode) -> Request {
    Request {
        to: To::Number(to.to_owned()),
        mode,
        actor: Actor::User { name: "us_dana".to_owned(), rights: UserOverrides::default() },
        tainted: false,
        places_leg: true,
        feature: None,
    }
}

/// Facts in which every counter answers that nothing has happened.
pub fn calm() -> Facts {
    let none = strowger::policy::Money(0);
    Facts {
        counters: Counters {
            rate_per_minute: Some(none),
            spend_today: Some(none),
            external_transfers_last_hour: Some(0),
            same_prefix_sequential: Some(0),
            after_hours: false,
        },
        ..Facts::default()
    }
}

fn names(decision: &strowger::policy::Decision) -> Vec<&'static str> {
    decision.reasons().map(Reason::name).collect()
}

#[test]
fn every_reason_is_told_in_the_fixed_order() {
    let mut policy = standard();
    policy.trunk_to_trunk = strowger::policy::TrunkToTrunk::Deny;
    let facts = Facts {
        origin: PartyOrigin::Outside,
        onnet_parties: 0,
        history: vec!["+18765230123".to_owned()],
        hops: 9,
        call_age_s: 99_999,
        counters: Counters { after_hours: true, ..Counters::default() },
        ..Facts::default()
    };
    let request = Request { tainted: true, ..ask("876-523-0123", Mode::Blind) };
    let decision = decide(&policy, &request, &facts);
    assert_eq!(
        names(&decision),
        [
            "CALLER_CONTROLLED_DESTINATION",
            "NANP_NOT_DOMESTIC",
            "PSTN_BLIND_TRANSFER_NOT_PERMITTED",
            "TRUNK_TO_TRUNK",
            "NO_ONNET_PARTY",
            "TRANSFER_LOOP",
            "HOP_LIMIT",
            "CALL_TOO_LONG",
            // The counters did not answer: they fail closed.
            "RATE_CAP",
            "SPEND_CAP",
            "VELOCITY_EXCEEDED",
            "SEQUENTIAL_SAME_DESTINATION",
            "AFTER_HOURS_EXTERNAL",
        ]
    );
    assert!(decision.obligations().is_empty());
    assert_eq!(decision.permit_limit(), None);
    let explained: Vec<String> = decision.findings().map(|f| f.for_admin(Some(12))).collect();
    assert_eq!(
        explained[1],
        "NANP_NOT_DOMESTIC: the number is in region JM; allowed are CA, US (`destinations.allow_regions`, line 12)"
    );
}

#[test]
fn unanswered_counters_matter_only_where_the_policy_limits_them() {
    let mut policy = standard();
    policy.limits = strowger::policy::Limits::default();
    let decision = decide(&policy, &ask("+12025550123", Mode::Attended), &Facts::default());
    assert_eq!(decision.reason(), Reason::OkPstn);
    assert_eq!(decision.obligations(), [Obligation::MaxLegSeconds(14_400), Obligation::RecheckOnJoin]);
    assert_eq!(decision.permit_limit(), Some(2));
}

#[test]
fn outcomes() {
    let policy = standard();
    let outcome = |to: &str, facts: &Facts| decide(&policy, &ask(to, Mode::Blind), facts).outcome();
    assert_eq!(outcome("103", &calm()), Outcome::Allowed);
    assert_eq!(outcome("*72", &calm()), Outcome::InvalidNumber);
    assert_eq!(outcome("+12025550123", &calm()), Outcome::Denied(Reason::PstnBlindTransferNotPermitted));
    assert_eq!(outcome("103", &Facts { hops: 4, ..calm() }), Outcome::Loop);
    assert_eq!(outcome("103", &Facts { history: vec!["103".to_owned()], ..calm() }), Outcome::Loop);
    // A loop that is not the first reason is a denial like any other.
    let blind_loop = Facts { history: vec!["+12025550123".to_owned()], ..calm() };
    assert_eq!(outcome("+12025550123", &blind_loop), Outcome::Denied(Reason::PstnBlindTransferNotPermitted));
    let late = Facts { counters: Counters { after_hours: true, ..calm().counters }, ..calm() };
    assert_eq!(decide(&policy, &ask("+12025550123", Mode::Attended), &late).outcome(), Outcome::Challenged);
    let limited = decide(&policy, &ask("+12025550123", Mode::Attended), &calm()).limited(2, 2);
    assert_eq!((limited.outcome(), names(&limited)), (Outcome::Limit, vec!["MAX_SIMULTANEOUS"]));
    assert_eq!(limited.verdict(), Verdict::Deny);
}

#[test]
fn a_trunk_has_no_rights_of_a_user() {
    let mut policy = standard();
    policy.user_defaults.allow_pstn_blind_transfer = true;
    let request = Request { actor: Actor::Trunk { name: "carrier".to_owned() }, ..ask("+12025550123", Mode::Blind) };
    assert_eq!(decide(&policy, &request, &calm()).reason(), Reason::PstnBlindTransferNotPermitted);
}

#[test]
fn a_flow_cannot_forward_for_a_user() {
    let request = Request {
        actor: Actor::Flow { name: "f".to_owned(), guarded: true },
        feature: Some(strowger::policy::Feature::Forward),
        ..ask("+12025550123", Mode::Attended)
    };
    assert_eq!(decide(&standard(), &request, &calm()).reason(), Reason::ExternalForwardNotPermitted);
}

#[test]
fn some_numbers_are_certain_to_be_refused() {
    let policy = standard();
    let certain = |raw: &str| {
        let target = DialTarget::parse(raw, &policy.dial_plan, &policy.number).unwrap();
        policy.statically(&target).map(Reason::name)
    };
    assert_eq!(certain("+18765230123"), Some("NANP_NOT_DOMESTIC"));
    assert_eq!(certain("+881612345678"), Some("NET_SATELLITE"));
    assert_eq!(certain("411"), Some("SHORT_CODE_NOT_LISTED"));
    for fine in ["+12025550123", "+442071838750", "988", "103", "911"] {
        assert_eq!(certain(fine), None, "{fine}");
    }
}

/// Not named, not toll-free, of no country: refused even where every region is allowed.
#[test]
fn a_global_code_that_no_rule_names_is_refused() {
    let mut policy = standard();
    policy.destinations.deny_country_codes = BTreeMap::new();
    policy.destinations.deny_types.clear();
    policy.destinations.allow_by_default = true;
    let decision = decide(&policy, &ask("+881612345678", Mode::Attended), &calm());
    assert_eq!(names(&decision), ["GLOBAL_CODE_NOT_ALLOWED"]);
}

#[test]
fn the_closed_policy_lets_only_emergency_out() {
    let closed = Policy::default();
    for raw in ["+12025550123", "+80012345678", "+442071838750", "988", "103"] {
        let decision = decide(&closed, &ask(raw, Mode::Attended), &calm());
        // International freephone costs nothing and has no region to list.
        assert_eq!(decision.verdict() == Verdict::Allow, raw == "+80012345678", "{raw}");
    }
    assert_eq!(decide(&closed, &ask("112", Mode::Blind), &calm()).reason(), Reason::EmergencyAlwaysAllowed);
}

#[test]
fn a_record_has_everything_that_decided() {
    let policy = standard();
    let request = ask("(876) 523-0123", Mode::Blind);
    let decision = decide(&policy, &request, &Facts { hops: 1, ..calm() });
    let context = RecordContext {
        decision: DecisionId(7),
        call: CallId(9),
        step: "on_call".to_owned(),
        flow_revision: "r1".to_owned(),
        policy_revision: policy.revision(),
        latency_us: 12,
    };
    let record = DecisionRecord::new(context, &policy, &request, &decision);
    let json: serde_json::Value = serde_json::from_str(&record.to_json().unwrap()).unwrap();
    let expected = serde_json::json!({
        "decision_id": "d-00000000000000000000000000000007",
        "call_id": "s-00000000000000000000000000000009",
        "step_id": "on_call",
        "flow_rev": "r1",
        "policy": "standard",
        "policy_rev": policy.revision(),
        "number_metadata": strowger::policy::NUMBER_METADATA,
        "request": {"to": "(876) 523-0123", "transfer": "blind", "kind": "pstn", "number": "+18765230123",
                    "e164": "+18765230123", "region": "JM", "type": "fixed_line_or_mobile", "tainted": false, "places_leg": true},
        "subject": "us_dana",
        "verdict": "deny",
        "reason": "NANP_NOT_DOMESTIC",
        "reasons": ["NANP_NOT_DOMESTIC", "PSTN_BLIND_TRANSFER_NOT_PERMITTED"],
        "rule_ids": ["destinations.allow_regions", "sip_user_defaults.allow_pstn_blind_transfer"],
        "explanations": [
            "NANP_NOT_DOMESTIC: the number is in region JM; allowed are CA, US (`destinations.allow_regions`)",
            "PSTN_BLIND_TRANSFER_NOT_PERMITTED: allow_pstn_blind_transfer is false for us_dana \
             (`sip_user_defaults.allow_pstn_blind_transfer`)",
        ],
        "counters": {
            "call_seconds": {"value": 0.0, "limit": 14400.0, "window": "call"},
            "external_transfers": {"value": 0.0, "limit": 6.0, "window": "hour"},
            "rate_per_minute": {"value": 0.0, "limit": 0.1, "window": "minute"},
            "same_prefix": {"value": 0.0, "limit": 4.0, "window": "sequence"},
            "spend": {"value": 0.0, "limit": 25.0, "window": "day"},
            "transfer_hops": {"value": 1.0, "limit": 4.0, "window": "call"},
        },
        "obligations": [],
        "mode": "enforce",
        "would_flip": [],
        "latency_us": 12,
    });
    assert_eq!(json, expected);
}

#[test]
fn a_record_of_no_number_keeps_what_was_dialed() {
    let policy = standard();
    let request = ask(&"9".repeat(10_000), Mode::Blind);
    let decision = decide(&policy, &request, &calm());
    assert_eq!(decision.reason(), Reason::Number(NumReason::TooLong));
    let context = RecordContext {
        decision: DecisionId(1),
        call: CallId(1),
        step: String::new(),
        flow_revision: String::new(),
        policy_revision: String::new(),
        latency_us: 0,
    };
    let record = DecisionRecord::new(context, &policy, &request, &decision);
    assert_eq!((record.request.kind, record.request.to.len()), ("invalid", 256));
    assert!(record.to_json().unwrap().len() < 2_000);
}
