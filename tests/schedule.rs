//! Schedules: what holds at an instant, and which arm of `hours` takes it. What a schedule can never do
//! is in `tests/site/bad`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use strowger::base::diagnostic;
use strowger::base::span::FileId;
use strowger::base::time::Wall;
use strowger::lint;
use strowger::schedule::{Member, Moment, State, Zone};
use strowger::site::check::check_bytes;
use strowger::site::declared::Declared;
use strowger::syntax::parse::parse_flow;

use crate::flow::fake::Fake;
use crate::syntax::rendered;

const HEAD: &str = "strowger: 1\nsite: a\nlisten: {sip: [\"udp:127.0.0.1:5060\"]}\n";

/// What a site with these lines declares.
fn declared(lines: &str) -> Declared {
    let text = format!("{HEAD}{lines}");
    let (site, found) = check_bytes(FileId(0), text.as_bytes());
    assert_eq!(found, [], "{}", rendered("strowger.yaml", &text, &found));
    site.unwrap().declared
}

fn at(text: &str, zone: &str) -> Wall {
    Moment::parse(text).unwrap().in_zone(&Zone::named(zone).unwrap()).unwrap()
}

const OFFICE: &str = r#"
hours:
  office:
    timezone: Europe/London
    country: GB
    holidays: {"2026-12-24": Christmas Eve, "2026-12-25": Christmas Day}
    open: 'Mo-Fr 09:00-17:30; Su 01:15-01:45; PH off "Bank holiday"'
    forced_open: "2026 Dec 19 10:00-16:00"
    forced_closed: "2026 Nov 27 13:00-24:00; 2026 Dec 19 12:00-13:00"
  night: {timezone: America/New_York, open: "Mo-Su 22:00-06:00"}
"#;

/// When, in the zone of the hours, and what they say.
const STATES: [(&str, &str, &str, &str); 25] = [
    ("office", "Europe/London", "2026-03-02T08:59", "closed"),
    ("office", "Europe/London", "2026-03-02T09:00", "open"),
    ("office", "Europe/London", "2026-03-02T17:29:59.999", "open"),
    ("office", "Europe/London", "2026-03-02T17:30", "closed"),
    ("office", "Europe/London", "2026-03-07T10:00", "closed"),
    ("office", "Europe/London", "2026-12-24T10:00", "holiday Christmas Eve"),
    ("office", "Europe/London", "2026-12-24T23:59", "holiday Christmas Eve"),
    ("office", "Europe/London", "2026-12-25T00:00", "holiday Christmas Day"),
    ("office", "Europe/London", "2026-05-04T10:00", "holiday Bank holiday"),
    ("office", "Europe/London", "2026-12-19T09:59", "closed"),
    ("office", "Europe/London", "2026-12-19T10:00", "forced_open"),
    ("office", "Europe/London", "2026-12-19T12:00", "forced_closed"),
    ("office", "Europe/London", "2026-11-27T12:59", "open"),
    ("office", "Europe/London", "2026-11-27T13:00", "forced_closed"),
    // Clocks go from 01:00 to 02:00: the hour with 01:15 is not there.
    ("office", "Europe/London", "2026-03-29T00:59:00Z", "closed"),
    ("office", "Europe/London", "2026-03-29T01:00:00Z", "closed"),
    ("office", "Europe/London", "2026-03-29T01:20:00Z", "closed"),
    // Clocks go from 02:00 back to 01:00: the hour with 01:15 comes twice.
    ("office", "Europe/London", "2026-10-25T00:14:00Z", "closed"),
    ("office", "Europe/London", "2026-10-25T00:15:00Z", "open"),
    ("office", "Europe/London", "2026-10-25T00:45:00Z", "closed"),
    ("office", "Europe/London", "2026-10-25T01:15:00Z", "open"),
    ("office", "Europe/London", "2026-10-25T01:45:00Z", "closed"),
    // Past midnight, in another zone.
    ("night", "America/New_York", "2026-03-02T21:59", "closed"),
    ("night", "America/New_York", "2026-03-03T05:59", "open"),
    ("night", "America/New_York", "2026-03-03T06:00", "closed"),
];

#[test]
fn hours_are_what_clocks_there_say() {
    let declared = declared(OFFICE);
    for (name, zone, moment, wanted) in STATES {
        let state = declared.hours[name].state(at(moment, zone));
        let said = match &state {
            State::Holiday(name) => format!("holiday {name}"),
            other => other.outcome().to_owned(),
        };
        assert_eq!(said, wanted, "{name} at {moment}");
    }
}

#[test]
fn a_holiday_has_its_name_also_when_it_is_open() {
    let declared = declared(
        "hours: {shop: {holidays: {\"2026-12-24\": Christmas Eve}, open: \"Mo-Su 09:00-18:00; PH 09:00-12:00\"}}\n",
    );
    let shop = &declared.hours["shop"];
    let name = |moment| shop.holiday(at(moment, "UTC")).map(|n| n.to_string());
    assert_eq!(shop.state(at("2026-12-24T10:00", "UTC")), State::Open);
    assert_eq!(name("2026-12-24T10:00").as_deref(), Some("Christmas Eve"));
    assert_eq!(shop.state(at("2026-12-24T12:00", "UTC")), State::Holiday("Christmas Eve".into()));
    assert_eq!(name("2026-12-23T10:00"), None);
}

/// What is written, the zone, and the instant.
const MOMENTS: [(&str, &str, &str); 6] = [
    ("2026-03-02T10:00", "Europe/London", "2026-03-02T10:00:00Z"),
    ("2026-07-01T10:00", "Europe/London", "2026-07-01T09:00:00Z"),
    ("2026-07-01", "Asia/Kathmandu", "2026-06-30T18:15:00Z"),
    // Not there: an hour later on the clock.
    ("2026-03-29T01:30", "Europe/London", "2026-03-29T01:30:00Z"),
    // There twice: the first.
    ("2026-10-25T01:30", "Europe/London", "2026-10-25T00:30:00Z"),
    ("2026-10-25T01:30:00+00:00", "Europe/London", "2026-10-25T01:30:00Z"),
];

#[test]
fn a_local_time_is_one_instant() {
    for (written, zone, instant) in MOMENTS {
        assert_eq!(at(written, zone), at(instant, "UTC"), "{written} in {zone}");
    }
    assert_eq!(Moment::parse("tomorrow"), None);
    assert_eq!(Moment::parse("2026-02-30T10:00"), None);
}

#[test]
fn no_instant_and_no_text_make_it_panic() {
    let declared = declared(OFFICE);
    for wall in [i64::MIN, -62_135_596_800_001, 0, 253_402_300_799_999, 253_402_300_800_000, i64::MAX] {
        let _ = declared.hours["office"].state(Wall(wall));
    }
    const WORDS: [&str; 40] = [
        "Mo",
        "-",
        "Fr",
        " ",
        "09:00",
        "-",
        "17:30",
        ";",
        "PH",
        "off",
        ",",
        "24/7",
        "||",
        "open",
        "closed",
        "\"x\"",
        "Dec",
        "25",
        "2026",
        "week",
        "1",
        "53",
        "[",
        "]",
        "-1",
        "+",
        "24:00",
        "26:00",
        "48:00",
        "easter",
        "+2 days",
        "SH",
        "Su",
        "/",
        "2",
        "00:00",
        "sunset",
        ":",
        "9999",
        "1900-2026",
    ];
    let mut seed = 7_u64;
    let mut below = |bound: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 33).unwrap() % bound
    };
    let mut read = 0;
    for _ in 0..600 {
        let words: Vec<&str> = (0..1 + below(12)).map(|_| WORDS[below(WORDS.len())]).collect();
        let text = words.join(if below(2) == 0 { "" } else { " " }).replace('"', "\\\"");
        let site = format!("{HEAD}hours: {{a: {{country: GB, open: \"{text}\"}}}}\n");
        let (site, found) = check_bytes(FileId(0), site.as_bytes());
        assert!(site.is_some() || !found.is_empty(), "{text}");
        let Some(site) = site else { continue };
        read += 1;
        for hour in 0..48 {
            site.declared.hours["a"].state(Wall(1_774_656_000_000 + hour * 3_600_000));
        }
    }
    assert!(read > 10, "only {read} of the texts were opening hours");
}

/// Runs a flow with one `hours` to its end, at a state; gives the tag it set.
fn taken(arms: &str, state: State) -> String {
    let text = format!("flow main {{ step start {{ hours office {{ {arms} }}  hangup }} }}");
    let (file, read) = parse_flow(FileId(0), &text);
    let files = [file];
    let (flows, compiled) = lint::compile(&crate::flow::site::site(), &crate::flow::site::policies(), &files);
    let found = lint::join(&files, read, compiled);
    assert!(!diagnostic::has_errors(&found), "{}", rendered("main.flow", &text, &found));
    let mut frame = strowger::interp::Frame::new(Arc::clone(&flows.graphs["main"]), &[]).unwrap();
    let mut fake = Fake { hours: Some(state), ..Fake::default() };
    frame.run(&mut fake);
    fake.acts.first().cloned().unwrap_or_default()
}

#[test]
fn the_most_special_arm_of_hours_wins() {
    let holiday = || State::Holiday("Easter".into());
    let two = "open { tag a 1 }  closed { tag a 2 }";
    let all = "open { tag a 1 }  forced_open { tag a 2 }  holiday(n) { tag a (n) }  forced_closed { tag a 4 }  \
               closed { tag a 5 }";
    let rest = "open { tag a 1 }  otherwise { tag a 2 }";
    let cases = [
        (two, State::Open, "1"),
        (two, State::ForcedOpen, "1"),
        (two, State::Closed, "2"),
        (two, holiday(), "2"),
        (two, State::ForcedClosed, "2"),
        (all, State::Open, "1"),
        (all, State::ForcedOpen, "2"),
        (all, holiday(), "Easter"),
        (all, State::ForcedClosed, "4"),
        (all, State::Closed, "5"),
        (rest, State::ForcedOpen, "1"),
        (rest, holiday(), "2"),
    ];
    for (arms, state, wanted) in cases {
        assert_eq!(taken(arms, state.clone()), format!("tag a={wanted}"), "{arms} at {state:?}");
    }
}

#[test]
fn a_rota_says_who_is_on_duty_in_order() {
    let declared = declared(
        "users: {us_dana: {password: generated}, us_ravi: {password: generated}}\n\
         timezone: Europe/London\n\
         rotas:\n  \
           network:\n    \
             shifts:\n      \
               - {who: us_dana, when: \"Mo-Fr 09:00-17:00\"}\n      \
               - {who: [us_ravi, us_dana], when: \"Mo-Su 08:00-20:00\"}\n      \
               - {who: \"+44 7400 123456\", when: \"Mo-Su 18:00-08:00\"}\n",
    );
    let rota = &declared.rotas["network"];
    let on_duty = |moment| -> Vec<String> {
        let names = rota.on_duty(at(moment, "Europe/London")).into_iter().map(|member| match member {
            Member::User(name) => name.to_string(),
            Member::Number(number) => number.to_string(),
        });
        names.collect()
    };
    assert_eq!(on_duty("2026-03-02T10:00"), ["us_dana", "us_ravi"]);
    assert_eq!(on_duty("2026-03-02T08:30"), ["us_ravi", "us_dana"]);
    assert_eq!(on_duty("2026-03-02T19:00"), ["us_ravi", "us_dana", "+447400123456"]);
    assert_eq!(on_duty("2026-03-03T03:00"), ["+447400123456"]);
    assert_eq!(on_duty("2026-07-03T07:30"), ["+447400123456"], "summer time");
}
