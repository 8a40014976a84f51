//! Policy files: what is read, what is refused, and in which words.

use strowger::policy::{Policy, Region, Scope, TrunkToTrunk, keys, read};

use super::{document, lines, policy};

const LIVE: &str = include_str!("live.yaml");

fn findings(body: &str, scope: Scope) -> Vec<String> {
    let text = format!("fraud_policy:\n  version: 1\n  id: test\n{body}");
    let (policy, found) = read(&document(&text), scope);
    assert_eq!(policy.is_none(), !found.is_empty(), "{body}");
    lines(&text, &found)
}

#[test]
fn a_file_with_every_enforced_key_is_read() {
    let policy = policy(LIVE, Scope::Live);
    assert_eq!(policy.id, "standard");
    assert_eq!(policy.user_defaults.max_simultaneous, 3);
    assert!(policy.user_defaults.allow_external_forward);
    assert!(policy.destinations.allow_regions.contains(&Region::from_code("CA").unwrap()));
    assert_eq!(policy.trunk_to_trunk, TrunkToTrunk::Deny);
    assert_eq!((policy.limits.max_transfer_hops, policy.limits.max_call_seconds), (3, 3600));
    assert!(policy.places.contains_key("destinations.allow_regions"));
    for key in keys::KEYS.iter().filter(|k| k.enforced == keys::Enforced::Live && k.path != "dial_plan.not") {
        assert!(policy.places.contains_key(key.path), "live.yaml does not use `{}`", key.path);
    }
}

#[test]
fn what_is_left_out_is_the_safe_choice() {
    let read = policy("fraud_policy: {version: 1, id: test}\n", Scope::Live);
    assert_eq!(read, Policy { id: "test".to_owned(), places: read.places.clone(), ..Policy::default() });
    let safe = Policy::default();
    assert!(!safe.destinations.allow_by_default && safe.destinations.allow_regions.is_empty());
    assert_eq!(safe.destinations.deny_types.len(), 5);
    assert_eq!(safe.destinations.deny_country_codes.len(), 7);
    assert_eq!(safe.user_defaults.max_simultaneous, 2);
    assert!(!safe.user_defaults.allow_pstn_blind_transfer);
}

/// The defaults that the reference prints are the defaults that hold.
#[test]
fn the_table_of_keys_tells_the_defaults() {
    let safe = Policy::default();
    let is = |path: &str| keys::key(path).unwrap().default;
    assert_eq!(is("sip_user_defaults.max_simultaneous"), safe.user_defaults.max_simultaneous.to_string());
    assert_eq!(is("number.max_input_len"), safe.number.max_input_len.to_string());
    assert_eq!(is("limits.max_transfer_hops"), safe.limits.max_transfer_hops.to_string());
    assert_eq!(is("limits.max_call_seconds"), safe.limits.max_call_seconds.to_string());
    assert_eq!(is("limits.callback_min_ring_s"), safe.limits.callback_min_ring_s.to_string());
    assert_eq!(is("limits.reserve_minutes"), safe.limits.reserve_minutes.to_string());
    assert_eq!(is("topology.trunk_to_trunk"), safe.trunk_to_trunk.name());
    assert_eq!(is("mode"), safe.mode.name());
    let codes: Vec<String> = safe.destinations.deny_country_codes.keys().map(u16::to_string).collect();
    assert_eq!(is("destinations.deny_country_codes"), codes.join(", "));
    let types: std::collections::BTreeSet<&str> = is("destinations.deny_types").split(", ").collect();
    assert_eq!(types, safe.destinations.deny_types.iter().map(|t| t.name()).collect());
    assert_eq!(is("dial_plan.emergency"), safe.dial_plan.emergency.codes().collect::<Vec<_>>().join(", "));
    for key in keys::KEYS {
        assert!(!key.doc.is_empty() && !key.kind.is_empty(), "{}", key.path);
    }
}

/// A key that is written but not held would be a promise to nobody.
#[test]
fn keys_that_are_not_enforced_are_refused_by_name() {
    for key in keys::KEYS.iter().filter(|k| k.enforced != keys::Enforced::Live) {
        let (section, name) = key.split();
        let body =
            if section.is_empty() { format!("  {name}: {{}}\n") } else { format!("  {section}:\n    {name}: 5\n") };
        let found = findings(&body, Scope::Live);
        let line = if section.is_empty() { 4 } else { 5 };
        let want = format!("{line}: policy-key-not-enforced: `{}` is not enforced by this version", key.path);
        assert!(found.contains(&want), "{found:?}");
    }
    let shadow = findings("  mode: shadow\n", Scope::Live);
    assert_eq!(shadow, ["4: policy-key-not-enforced: `mode: shadow` is not enforced by this version"]);
    let warn = findings("  limits:\n    max_transfer_hops: {warn: 3, max: 4}\n", Scope::Live);
    assert_eq!(warn, ["5: policy-key-not-enforced: `max_transfer_hops: {warn, max}` is not enforced by this version"]);
}

#[test]
fn the_example_is_refused_for_live_calls_until_its_limits_are_held() {
    let text = include_str!("standard.yaml");
    let (policy, found) = read(&document(text), Scope::Live);
    assert!(policy.is_none());
    assert!(found.iter().all(|d| d.rule == "policy-key-not-enforced"), "{found:?}");
    assert!(found.iter().any(|d| d.message.contains("`limits.spend_per_day`")));
}

#[test]
fn mistakes_are_reported_in_words() {
    let rows = [
        ("  mod: enforce\n", "4: unknown-key: `fraud_policy` has no key `mod`; did you mean `mode`?"),
        ("  mode: enforced\n", "4: wrong-type: expected `enforce` or `shadow`, found the text `enforced`"),
        (
            "  destinations: {allow_region: [US]}\n",
            "4: unknown-key: `destinations` has no key `allow_region`; did you mean `allow_regions`?",
        ),
        (
            "  destinations: {allow_regions: [UK]}\n",
            "4: unknown-region: `UK` is not a region with a numbering plan; did you mean `GB`?",
        ),
        (
            "  destinations: {allow_regions: [us]}\n",
            "4: unknown-region: `us` is not a region with a numbering plan; did you mean `US`?",
        ),
        (
            "  destinations: {allow_numbers: [\"020 7183 8750\"]}\n",
            "4: bad-number: `020 7183 8750` is not a canonical number",
        ),
        ("  destinations: {allow_numbers: [\"+1202555\"]}\n", "4: bad-number: `+1202555` is not a canonical number"),
        (
            "  destinations: {deny_types: [voip]}\n",
            "4: unknown-type: `voip` is not a kind of number that can be denied",
        ),
        ("  destinations: {deny_prefixes: [\"1712\"]}\n", "4: bad-prefix: `1712` is not the beginning of a number"),
        ("  destinations: {deny_country_codes: {x: NET_UPT}}\n", "4: bad-country-code: `x` is not a country code"),
        ("  destinations: {default: maybe}\n", "4: wrong-type: expected `deny` or `allow`, found the text `maybe`"),
        ("  dial_plan: {outside_line: nine}\n", "4: bad-digits: `nine` is not 1 to 3 digits"),
        ("  dial_plan: {internal: [\"799-100\"]}\n", "4: bad-range: `799-100` is not a range of extensions"),
        ("  dial_plan: {internal: \"1..\", not: [\"111\"]}\n", "4: not-without-ranges: `not` goes with ranges only"),
        ("  dial_plan: {emergency: [\"9x1\"]}\n", "4: bad-digits: `9x1` is not an emergency code"),
        ("  number: {max_input_len: 3}\n", "4: out-of-range: `max_input_len` is from 16 to 256"),
        ("  number: {trusted_sip_hosts: [\"sip:gw/\"]}\n", "4: bad-host: `sip:gw/` is not a host name"),
        ("  number: {allowed_short_codes: [\"12\"]}\n", "4: bad-digits: `12` is not a short code"),
        ("  sip_user_defaults: {max_simultaneous: -1}\n", "4: out-of-range: `max_simultaneous` cannot be below 0"),
        (
            "  topology: {trunk_to_trunk: yes}\n",
            "4: wrong-type: expected `deny` or `anchored` or `allow`, found the text `yes`",
        ),
        ("  limits: 5\n", "4: wrong-type: expected a map of the keys of `limits`, found the number `5`"),
    ];
    for (body, want) in rows {
        let found = findings(body, Scope::Live);
        assert_eq!(found, [want], "{body}");
    }
    let pattern = findings("  dial_plan: {internal: '[1-'}\n", Scope::Live);
    assert!(pattern[0].starts_with("4: bad-pattern: the pattern cannot be read"), "{pattern:?}");
}

#[test]
fn version_id_and_the_top_key_must_be_there() {
    for (text, want) in [
        ("fraud_policy: {id: a}\n", "1: missing-key: `fraud_policy` has no `version`"),
        ("fraud_policy: {version: 1}\n", "1: missing-key: `fraud_policy` has no `id`"),
        (
            "fraud_policy: {version: 2, id: a}\n",
            "1: unknown-version: this version reads policy files of version 1, not 2",
        ),
        (
            "fraud_policy: {version: 1, id: ../x}\n",
            "1: bad-name: `../x` is not a name that `guard` and `policy:` can use",
        ),
        ("policy: {}\n", "1: missing-key: the policy file has no `fraud_policy`"),
    ] {
        let (policy, found) = read(&document(text), Scope::Live);
        assert!(policy.is_none());
        assert!(lines(text, &found).contains(&want.to_owned()), "{found:?}");
    }
}

#[test]
fn codes_that_mean_two_things_are_found() {
    let text = "\
fraud_policy:
  version: 1
  id: test
  dial_plan:
    home_region: US
    outside_line: \"9\"
    internal: '[1-9]\\d{2,3}'
  number:
    allowed_short_codes: [\"988\", \"911\"]
";
    let read = policy(text, Scope::Live);
    let found = lines(text, &read.overlaps(Default::default()));
    for want in [
        "7: dialplan-overlap: `911` is both an extension and an emergency code",
        "7: dialplan-overlap: `9112`, `9911` are each both an extension and the outside line with an emergency code",
        "9: dialplan-overlap: `911` is both a short code and an emergency code",
        "7: dialplan-overlap: `911`, `988` are each both an extension and a short code",
        "7: dialplan-overlap: `211`, `311`, `411`, `511`, `611`, `711`, `811` are each both an extension and a service code",
    ] {
        assert!(found.contains(&want.to_owned()), "{want}: {found:#?}");
    }
    // The pattern of the example spares N11; 112 is nobody's emergency code there.
    let example = super::standard().overlaps(Default::default());
    assert!(example.is_empty(), "{example:#?}");
}

/// The shortcut by lists says what asking about every string of up to 6 digits says.
#[test]
fn the_lists_stand_for_every_string_of_digits() {
    use strowger::policy::{DialTarget, Matched, TargetClass};
    let mut read = super::standard();
    read.dial_plan.internal =
        strowger::policy::Internal::Pattern(strowger::policy::Pattern::whole(r"9\d{2,3}").unwrap());
    let reported = read.overlaps(Default::default());
    let mut asked = 0;
    for length in 1..=4_usize {
        for n in 0..10_u32.pow(u32::try_from(length).unwrap()) {
            let digits = format!("{n:0length$}");
            if read.dial_plan.internal.matches(&digits) != Matched::Yes {
                continue;
            }
            let meant = DialTarget::parse(&digits, &read.dial_plan, &read.number).map(|t| t.class());
            let twice = meant != Ok(TargetClass::Internal) || read.allowed_short_codes.contains(&digits);
            let told = reported.iter().any(|d| d.message.contains(&format!("`{digits}`")));
            let service = digits.len() == 3 && digits.ends_with("11");
            assert_eq!(told, twice || service, "{digits}");
            asked += 1;
        }
    }
    assert_eq!(asked, 1_100);
}

#[test]
fn the_revision_names_the_content() {
    let one = policy(LIVE, Scope::Live);
    let moved = policy(&format!("# a comment\n{LIVE}"), Scope::Live);
    assert_eq!(one.revision(), moved.revision());
    let other = policy(&LIVE.replace("max_transfer_hops: 3", "max_transfer_hops: 2"), Scope::Live);
    assert_ne!(one.revision(), other.revision());
    assert_eq!(one.revision().len(), 16);
}
