//! P1 monotone, P2 order does not matter, P3 encodings, P6 emergency.

use proptest::prelude::*;
use strowger::policy::{
    Actor, Attestation, Counters, Evidence, Facts, Feature, Mode, Money, NumberType, PartyOrigin, Policy, PolicyMode,
    Reason, Region, Request, Scope, To, TrunkToTrunk, UserOverrides, Verdict, decide,
};

use super::{policy, standard};

/// Numbers of every kind that a rule looks at.
const NUMBERS: [&str; 18] = [
    "+12025550123",
    "+16135550123",
    "+18765230123",
    "+19005551234",
    "+442071838750",
    "+447012345678",
    "+447624123456",
    "+37181123456",
    "+881612345678",
    "+979123456789",
    "+80012345678",
    "+17124321000",
    "988",
    "411",
    "103",
    "104",
    "911",
    "*72",
];

fn requests() -> impl Strategy<Value = Request> {
    let actor = prop_oneof![
        any::<Option<bool>>().prop_map(|flag| Actor::User {
            name: "us_dana".to_owned(),
            rights: UserOverrides { allow_pstn_blind_transfer: flag, ..UserOverrides::default() },
        }),
        any::<bool>().prop_map(|guarded| Actor::Flow { name: "f".to_owned(), guarded }),
        Just(Actor::Trunk { name: "carrier".to_owned() }),
    ];
    let feature = prop::option::weighted(
        0.3,
        prop::sample::select(vec![Feature::Callback, Feature::VoicemailOutdial, Feature::Forward]),
    );
    let to = prop::sample::select(NUMBERS.to_vec());
    (to, prop::sample::select(Mode::ALL.to_vec()), actor, prop::bool::weighted(0.2), any::<bool>(), feature).prop_map(
        |(to, mode, actor, tainted, places_leg, feature)| Request {
            to: To::Number(to.to_owned()),
            mode,
            actor,
            tainted,
            places_leg,
            feature,
        },
    )
}

fn facts() -> impl Strategy<Value = Facts> {
    let origin = || prop::sample::select(vec![PartyOrigin::Inside, PartyOrigin::Outside]);
    let money = || prop::option::weighted(0.9, (0_u64..400_000).prop_map(Money));
    let few = || prop::option::weighted(0.9, 0_u32..8);
    let level = prop::option::of(prop::sample::select(vec![Attestation::A, Attestation::B, Attestation::C]));
    let evidence = (prop::bool::weighted(0.1), prop::bool::weighted(0.1), level, prop::option::of(0_u64..12)).prop_map(
        |(credential_anomaly, known_by_caller_id_only, attestation, inbound_ring_s)| Evidence {
            credential_anomaly,
            known_by_caller_id_only,
            attestation,
            inbound_ring_s,
        },
    );
    let counters =
        (money(), money(), few(), few(), prop::bool::weighted(0.2)).prop_map(|(rate, spend, velocity, same, late)| {
            Counters {
                rate_per_minute: rate,
                spend_today: spend,
                external_transfers_last_hour: velocity,
                same_prefix_sequential: same,
                after_hours: late,
            }
        });
    let history = prop::collection::vec(prop::sample::select(NUMBERS.to_vec()).prop_map(str::to_owned), 0..3);
    (origin(), origin(), 0_u32..3, history, 0_u32..6, 0_u64..20_000, evidence, counters).prop_map(
        |(origin, moved, onnet_parties, history, hops, call_age_s, evidence, counters)| Facts {
            origin,
            moved,
            onnet_parties,
            history,
            hops,
            call_age_s,
            evidence,
            counters,
        },
    )
}

/// Loosens the standard policy at random, so that tightening it has something to change.
fn policies() -> impl Strategy<Value = Policy> {
    prop::collection::vec(any::<bool>(), 12).prop_map(|bits| {
        let mut p = standard();
        let on = |i: usize| bits[i];
        if on(0) {
            p.destinations.allow_by_default = true;
        }
        if on(1) {
            p.destinations.deny_types.clear();
        }
        if on(2) {
            p.destinations.deny_country_codes.clear();
        }
        if on(3) {
            p.destinations.deny_prefixes.clear();
        }
        if on(4) {
            p.user_defaults.allow_pstn_blind_transfer = true;
        }
        if on(5) {
            p.trunk_to_trunk = TrunkToTrunk::Allow;
        }
        if on(6) {
            p.destinations.caller_dialable = NUMBERS.map(str::to_owned).into();
        }
        if on(7) {
            p.identity.caller_id_is_authentication = true;
        }
        if on(8) {
            p.user_defaults.allow_external_forward = true;
            p.user_defaults.allow_voicemail_outdial = true;
        }
        if on(9) {
            p.limits =
                strowger::policy::Limits { max_transfer_hops: 10, max_call_seconds: 99_999, ..Default::default() };
        }
        if on(10) {
            p.identity.callback_min_attestation = [Attestation::A, Attestation::B, Attestation::C].into();
        }
        if on(11) {
            p.destinations.allow_regions =
                ["US", "CA", "GB", "JM", "LV", "IM"].into_iter().filter_map(Region::from_code).collect();
        }
        p
    })
}

const TIGHTENINGS: usize = 22;

/// The same policy with one rule more, or one limit lower.
fn tighter(policy: &Policy, which: usize, number: &str, small: u64) -> Policy {
    let mut p = policy.clone();
    let few = u32::try_from(small).unwrap_or(0);
    let d = &mut p.destinations;
    match which {
        0 => d.allow_by_default = false,
        1 => drop(d.allow_regions.pop_first()),
        2 => d.allow_numbers.clear(),
        3 => drop(d.deny_types.insert(NumberType::PremiumRate)),
        4 => drop(d.deny_types.insert(NumberType::Unknown)),
        5 => drop(d.deny_country_codes.insert(881, Reason::NetSatellite)),
        6 => drop(d.deny_country_codes.insert(800, Reason::NetGlobal)),
        7 => drop(d.deny_prefixes.insert(number.to_owned())),
        8 => d.caller_dialable.clear(),
        9 => p.allowed_short_codes.clear(),
        10 => p.user_defaults.allow_pstn_blind_transfer = false,
        11 => p.user_defaults.allow_external_forward = false,
        12 => p.user_defaults.allow_voicemail_outdial = false,
        13 => p.trunk_to_trunk = p.trunk_to_trunk.min(TrunkToTrunk::Anchored),
        14 => p.trunk_to_trunk = TrunkToTrunk::Deny,
        15 => p.limits.max_transfer_hops = p.limits.max_transfer_hops.min(few),
        16 => p.limits.max_call_seconds = p.limits.max_call_seconds.min(small * 1_000),
        17 => {
            p.limits.max_rate_per_minute =
                Some(p.limits.max_rate_per_minute.unwrap_or(Money(u64::MAX)).min(Money(small * 10_000)))
        }
        18 => {
            p.limits.external_transfers_per_hour =
                Some(p.limits.external_transfers_per_hour.unwrap_or(u32::MAX).min(few))
        }
        19 => {
            p.limits.spend_per_day =
                Some(p.limits.spend_per_day.unwrap_or(Money(u64::MAX)).min(Money(small * 1_000_000)))
        }
        20 => p.identity.callback_min_attestation = [Attestation::A].into(),
        21 => p.identity.caller_id_is_authentication = false,
        _ => panic!("no tightening {which}"),
    }
    p
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// P1: a rule more, or a limit lower, never allows more, and every old reason to refuse stays.
    #[test]
    fn monotone(p in policies(), request in requests(), facts in facts(), which in 0..TIGHTENINGS, small in 0_u64..5,
                number in prop::sample::select(NUMBERS.to_vec())) {
        let before = decide(&p, &request, &facts);
        let after = decide(&tighter(&p, which, number, small), &request, &facts);
        prop_assert!(after.verdict() <= before.verdict(), "{:?} then {:?}", before, after);
        if after.verdict() == Verdict::Allow {
            prop_assert!(after.permit_limit() <= before.permit_limit());
        }
    }

    /// P6: for every policy and every state of the counters, an emergency call goes out.
    #[test]
    fn emergency_is_always_allowed(p in policies(), request in requests(), facts in facts(),
                                   code in prop::sample::select(vec!["911", "112"]), which in 0..TIGHTENINGS, shadow in any::<bool>()) {
        let mut p = tighter(&p, which, "+1", 0);
        p.mode = if shadow { PolicyMode::Shadow } else { PolicyMode::Enforce };
        let decision = decide(&p, &Request { to: To::Number(code.to_owned()), ..request }, &facts);
        prop_assert_eq!((decision.verdict(), decision.reason()), (Verdict::Allow, Reason::EmergencyAlwaysAllowed));
        prop_assert_eq!(decision.permit_limit(), None);
    }

    /// P7: a shadow policy refuses nothing that can be dialed, and tells what it would have refused.
    #[test]
    fn shadow_refuses_nothing(p in policies(), request in requests(), facts in facts()) {
        let enforced = decide(&p, &request, &facts);
        let shadow = decide(&Policy { mode: PolicyMode::Shadow, ..p }, &request, &facts);
        let is_number = !matches!(enforced.reason(), Reason::Number(_));
        prop_assert_eq!(shadow.verdict() == Verdict::Allow, is_number);
        let refused = enforced.verdict() != Verdict::Allow && is_number;
        let reasons: Vec<Reason> = enforced.reasons().collect();
        prop_assert_eq!(shadow.would_flip(), if refused { &reasons[..] } else { &[] });
    }

    /// Reasons are sorted and told once; an allow tells no refusal and a refusal no allow.
    #[test]
    fn reasons_are_in_order(p in policies(), request in requests(), facts in facts()) {
        let decision = decide(&p, &request, &facts);
        let reasons: Vec<Reason> = decision.reasons().collect();
        prop_assert!(reasons.windows(2).all(|w| w[0] < w[1]), "{reasons:?}");
        let allows = reasons.iter().any(|r| r.effect() == strowger::policy::Effect::Allow);
        prop_assert_eq!(allows, decision.verdict() == Verdict::Allow);
    }
}

proptest! {
    // Each of these reads many numbers or files.
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// P3: whatever way one number is dialed, the answer is the same in every word.
    #[test]
    fn encodings(p in policies(), request in requests(), facts in facts(),
                 national in prop::sample::select(vec!["2025550123", "8765230123", "9005551234", "7124321000", "6135550123"])) {
        let (area, rest) = national.split_at(3);
        let encodings = [
            format!("+1{national}"), national.to_owned(), format!("1{national}"), format!("9{national}"), format!("91{national}"),
            format!("({area}) {rest}"), format!("+1-{area}.{rest}"), format!("tel:+1{national}"), format!("TEL:{national};phone-context=+1"),
            format!("sip:+1{national}@gw.example.net"), format!("sip:{national}@GW.EXAMPLE.NET:5060;user=phone"), format!("0111{national}"),
            format!("90111{national}"),
        ];
        let answers: Vec<_> = encodings.into_iter().map(|to| {
            let decision = decide(&p, &Request { to: To::Number(to), ..request.clone() }, &facts);
            (decision.verdict(), decision.reasons().collect::<Vec<_>>(), decision.target().map(|t| t.canonical().to_owned()))
        }).collect();
        for pair in answers.windows(2) {
            prop_assert_eq!(&pair[0], &pair[1]);
        }
        prop_assert!(answers[0].2.is_some());
    }

    /// P2: the order of a file's keys and lists changes no answer.
    #[test]
    fn order_of_the_file(keys in Just(BODY.to_vec()).prop_shuffle(), regions in Just(vec!["US", "CA", "GB"]).prop_shuffle(),
                         types in Just(vec!["premium_rate", "pager", "unknown"]).prop_shuffle(),
                         prefixes in Just(vec!["\"+1712432\"", "\"+1712\"", "\"+44\""]).prop_shuffle(),
                         request in requests(), facts in facts()) {
        let fill = |keys: &[&str], regions: &[&str], types: &[&str], prefixes: &[&str]| {
            let body = keys.join("\n").replace("REGIONS", &regions.join(", ")).replace("TYPES", &types.join(", "));
            policy(&format!("fraud_policy:\n{}\n", body.replace("PREFIXES", &prefixes.join(", "))), Scope::Table)
        };
        let plain = fill(&BODY, &["US", "CA", "GB"], &["premium_rate", "pager", "unknown"], &["\"+1712432\"", "\"+1712\"", "\"+44\""]);
        let shuffled = fill(&keys, &regions, &types, &prefixes);
        let (a, b) = (decide(&plain, &request, &facts), decide(&shuffled, &request, &facts));
        prop_assert_eq!(a.verdict(), b.verdict());
        prop_assert!(a.findings().eq(b.findings()));
        prop_assert_eq!(plain.revision(), shuffled.revision());
    }
}

const BODY: [&str; 6] = [
    "  version: 1",
    "  id: test",
    "  dial_plan: {home_region: US, outside_line: \"9\", international: \"011\", internal: '[1-7]\\d{2}'}",
    "  destinations: {allow_regions: [REGIONS], deny_types: [TYPES], deny_prefixes: [PREFIXES]}",
    "  topology: {trunk_to_trunk: anchored}",
    "  limits: {max_transfer_hops: 4, external_transfers_per_hour: 6}",
];
