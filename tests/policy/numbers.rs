//! What dialed strings become, row by row.

use proptest::prelude::*;
use strowger::policy::{
    DialPlan, DialTarget, Emergency, ExtensionRange, Internal, NumReason, NumberRules, Pattern, Region,
};
use strowger::syntax::reader::Fields;

use super::document;

/// The dial plans that rows name.
pub fn plan(name: &str) -> DialPlan {
    let us = DialPlan {
        home_region: Region::from_code("US"),
        outside_line: Some("9".to_owned()),
        international: Some("011".to_owned()),
        carrier_select: Some(Pattern::beginning(r"^(101\d{4})").unwrap()),
        internal: Internal::Pattern(Pattern::whole(r"^(?![2-9]11$)[1-7]\d{2}$").unwrap()),
        emergency: Emergency::new(["911", "112", "933"].map(str::to_owned)),
    };
    let home = |region: &str, international: &str| DialPlan {
        home_region: Region::from_code(region),
        international: Some(international.to_owned()),
        internal: Internal::Ranges {
            ranges: vec![ExtensionRange::parse("100-799").unwrap()],
            not: ["411".to_owned()].into(),
        },
        emergency: Emergency::default(),
        ..us.clone()
    };
    match name {
        "US" => us,
        "GB" | "DE" | "IT" | "ES" | "HU" | "JP" => home(name, "00"),
        "none" => DialPlan::default(),
        "slow" => DialPlan { internal: Internal::Pattern(Pattern::whole(r"(?:(\d+)\1?)*x").unwrap()), ..us },
        _ => panic!("no plan `{name}`"),
    }
}

pub fn rules() -> NumberRules {
    NumberRules {
        trusted_sip_hosts: ["gw.example.net".to_owned(), "[2001:db8::1]".to_owned()].into(),
        ..NumberRules::default()
    }
}

fn words(parsed: Result<DialTarget, NumReason>) -> String {
    match parsed {
        Err(reason) => reason.name().to_owned(),
        Ok(target) => match target.pstn() {
            None => format!("{} {}", target.class().name(), target.canonical()),
            Some(p) => {
                format!("pstn {} {} {} {}", target.canonical(), p.region(), p.number_type().name(), p.country_code())
            }
        },
    }
}

#[test]
fn rows_hold() {
    let rows = document(include_str!("numbers.yaml"));
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for row in strowger::syntax::reader::list(&rows, &mut Vec::new()).unwrap() {
        let mut row = Fields::new(row, "row", &mut found);
        let raw = row.required_text("raw").unwrap().value;
        let of = row.text("plan").map_or("US".to_owned(), |p| p.value);
        let want = row.required_text("is").unwrap().value;
        row.finish();
        let got = words(DialTarget::parse(&raw, &plan(&of), &rules()));
        seen.insert(got.split(' ').next().unwrap_or("").to_owned());
        if got != want {
            wrong.push(format!("{raw:?} in {of}: expected {want}, got {got}"));
        }
    }
    assert!(found.is_empty(), "{found:?}");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    // Every row of the normalising table is reached.
    let missing: Vec<&str> = NumReason::ALL.iter().map(|r| r.name()).filter(|r| !seen.contains(*r)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Characters that no table of rows can show.
#[test]
fn hidden_characters_are_refused() {
    for hidden in ['\u{202e}', '\u{2066}', '\u{feff}', '\u{ad}', '\u{0}', '\u{7f}', '\u{85}', '\u{e0031}', '\u{f0000}']
    {
        let raw = format!("+1202{hidden}5550123");
        assert_eq!(DialTarget::parse(&raw, &plan("US"), &rules()), Err(NumReason::HiddenChars), "{raw:?}");
    }
}

/// What is dialed may be dialed again: reading the canonical form gives the same target.
fn stable(target: &DialTarget, plan: &DialPlan) {
    assert_eq!(DialTarget::parse(target.canonical(), plan, &rules()).as_ref(), Ok(target));
}

#[test]
fn an_unusual_pattern_gives_up_in_time() {
    let digits = "1".repeat(60);
    assert_eq!(DialTarget::parse(&digits, &plan("slow"), &rules()), Err(NumReason::NotDiallable));
}

#[test]
fn patterns_are_bounded() {
    for (source, problem) in [
        ("", "the pattern is empty"),
        ("a)|(b", "cannot be read"),
        ("[1-", "cannot be read"),
        (r"((\d{100}){100}){100}", "cannot be read"),
        (&"1".repeat(257), "at most 256"),
    ] {
        let error = Pattern::whole(source).unwrap_err();
        assert!(error.contains(problem), "{source}: {error}");
    }
    let whole = Pattern::whole("1|12").unwrap();
    assert_eq!(whole.matches("12"), strowger::policy::Matched::Yes);
    assert_eq!(whole.matches("123"), strowger::policy::Matched::No);
}

#[test]
fn ranges() {
    for bad in ["799-100", "99-100", "", "-", "1a-2b", "100-799-900", "12345678901"] {
        assert_eq!(ExtensionRange::parse(bad), None, "{bad}");
    }
    let range = ExtensionRange::parse("007-100").unwrap();
    assert!(range.contains("007") && range.contains("100") && !range.contains("7") && !range.contains("101"));
}

/// The version in decision records is the version that decides.
#[test]
fn the_recorded_metadata_is_that_of_the_library() {
    let lock = include_str!("../../Cargo.lock");
    let version = lock.split("name = \"rlibphonenumber\"\nversion = \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(strowger::policy::NUMBER_METADATA.starts_with(&format!("rlibphonenumber {version},")));
}

/// Characters that have meant something to a parser somewhere, and digits.
fn dialed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[0-9]{1,12}",
        2 => "[-+ .()*#;=,@:%pwx!&]",
        1 => prop::sample::select(vec![
            "sip:", "sips:", "tel:", ";phone-context=+1", ";phone-context=", ";ext=", ";user=phone", ";x=tel:1", "@gw.example.net",
            "\u{200b}", "\u{661}", "\u{ff11}", "911", "112", "011", "00", "+44", "+1", "9", "101",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_never_panics_and_its_result_is_stable(raw in dialed(), of in prop::sample::select(vec!["US", "GB", "IT", "ES", "none"])) {
        let plan = plan(of);
        if let Ok(target) = DialTarget::parse(&raw, &plan, &rules()) {
            stable(&target, &plan);
            let canonical = target.canonical();
            prop_assert!(canonical.bytes().enumerate().all(|(i, b)| b.is_ascii_digit() || (i == 0 && b == b'+')));
        }
    }

    #[test]
    fn any_text_at_all(raw in any::<String>()) {
        let _ = DialTarget::parse(&raw, &plan("US"), &rules());
    }

    /// P6: nothing dials an emergency code but the code itself, with one `+` or the outside line.
    #[test]
    fn only_the_code_itself_is_an_emergency(raw in dialed()) {
        if let Ok(target) = DialTarget::parse(&raw, &plan("US"), &rules()) {
            let bare = target.canonical().trim_start_matches('+');
            let emergency = target.class() == strowger::policy::TargetClass::Emergency;
            prop_assert_eq!(emergency, ["911", "112", "933"].contains(&bare));
            if emergency {
                let digits: String = raw.chars().filter(char::is_ascii_digit).collect();
                prop_assert!(digits.contains(bare));
            }
        }
    }
}
