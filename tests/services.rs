//! What a call asks of the world that is no leg: it has one answer or none, nobody waits for ever,
//! and nothing is left when the caller goes. And what `serve` refuses because it cannot do it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test reads its fixtures and stops at the first surprise"
)]

mod pins;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use strowger::base::span::FileId;
use strowger::base::time::{Micros, Wall};
use strowger::call::leg::Origin;
use strowger::exchange::Plan;
use strowger::flowtest;
use strowger::sim::services::{About, Answer, Mock};
use strowger::sim::{World, narrate};
use strowger::syntax::document;
use strowger::workspace;

use crate::syntax::golden;

/// Each site is read once.
fn plan(site: &str) -> Arc<Plan> {
    static PLANS: Mutex<BTreeMap<String, Arc<Plan>>> = Mutex::new(BTreeMap::new());
    let read = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(site);
        Arc::new(workspace::load(&root).check(1).0.unwrap())
    };
    Arc::clone(PLANS.lock().unwrap().entry(site.to_owned()).or_insert_with(read))
}

/// A call that has just asked for the balance, with this answer on its way.
fn asking(answer: Answer) -> (World, strowger::base::id::LegId) {
    let mut world = World::new(plan("balance"), 1, Wall(0));
    world.services.mocks.push(Mock::always("http", About::Anything, answer));
    let caller = world.call(Origin::Trunk("carrier".into()), "+442079460111", "100");
    for keys in ["123456#", "1234"] {
        world.run_for(Micros::from_secs(6));
        for key in keys.chars() {
            world.press(caller, key);
        }
    }
    world.run_for(Micros::from_ms(100));
    assert!(narrate(&world.trace).contains("http get https://core.example/balance/123456 is asked for"));
    (world, caller)
}

fn gives(outcome: &str, after: Micros) -> Answer {
    Answer::Gives { outcome: outcome.into(), value: None, after }
}

#[test]
fn nothing_is_left_when_the_caller_goes() {
    for answer in [Answer::Never, gives("ok", Micros::from_secs(2)), gives("ok", Micros::from_ms(101))] {
        let (mut world, caller) = asking(answer.clone());
        assert_eq!(world.exchange.open_requests(), 1);
        world.hang_up(caller);
        world.run_for(Micros::from_secs(60));
        let left = (world.exchange.open_requests(), world.exchange.live_timers(), world.exchange.live_calls());
        assert_eq!(left, (0, 0, 0), "{answer:?}\n{}", narrate(&world.trace));
        assert!(world.broken.is_empty(), "{:?}", world.broken);
    }
}

#[test]
fn an_answer_that_is_late_changes_nothing() {
    // Two tries of three seconds, and the grace of its own beginning and end.
    let (mut world, _) = asking(gives("ok", Micros::from_secs(20)));
    world.run_for(Micros::from_secs(12));
    let told = narrate(&world.trace);
    assert!(told.contains("http is not waited for any more") && told.contains("http: timeout (failed)"), "{told}");
    let before = world.trace.len();
    world.run_for(Micros::from_secs(15));
    assert!(!narrate(&world.trace[before..]).contains("http"), "{}", narrate(&world.trace));
}

#[test]
fn an_outcome_that_the_statement_does_not_have_is_a_failure() {
    let (mut world, _) = asking(gives("left", Micros::from_ms(10)));
    world.run_for(Micros::from_secs(1));
    assert!(narrate(&world.trace).contains("http: left (failed)"), "{}", narrate(&world.trace));
}

#[test]
fn mocks_that_are_wrong_are_reported() {
    let cases = [
        ("htttp: ok", "no service `htttp`; did you mean `http`?"),
        ("say: ok", "no service `say`"),
        ("http: okk", "`http` has no outcome `okk`; did you mean `ok`?"),
        ("http: [ok, reject]", "`http` has no outcome `reject`; did you mean `rejected`?"),
        ("park: failed", "`park` has no outcome `failed`"),
        ("record: never", "no service `record`"),
        ("http: {outcome: ok, value: 12}", "`ok` of `http` carries a map, and this is none"),
        ("voicemail: {outcome: left, value: 12}", "`left` of `voicemail` carries no value"),
        ("split loud: 20%", "a `split` is about nothing, so that `loud` names none"),
        ("split: half", "`half` is no arm of a `split`"),
        ("lookup in here: failed", "a table fails for every `lookup`, not for one step"),
        ("lookup people: not_found", "`lookup` does not answer `not_found` in a test"),
        ("http: {outcome: ok, afer: 2s}", "`answer` has no key `afer`; did you mean `after`?"),
    ];
    for (mocks, want) in cases {
        let text = format!("test: t\ncall: {{from: \"1\", to: \"100\"}}\nmocks: {{{mocks}}}\nsteps: []\n");
        let (documents, _, _) = document::parse(FileId(0), &text);
        let (_, found) = flowtest::read(&documents);
        let messages: Vec<&str> = found.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(messages, [want], "{mocks}");
    }
}

/// Why the one test of a site fails, and what it is told to do about it.
fn failure(site: &str, lines: &str) -> (String, String) {
    let text = format!("test: t\ncall: {{from: \"+442079460111\", to: \"100\"}}\n{lines}\n");
    let (documents, _, found) = document::parse(FileId(0), &text);
    assert!(found.is_empty(), "{found:?}");
    let (scripts, found) = flowtest::read(&documents);
    assert!(found.is_empty(), "{found:?}");
    let suite = flowtest::run_all(&plan(site), scripts);
    let failure = suite.tests[0].failure.clone();
    failure.map_or_else(|| ("it passed".to_owned(), String::new()), |f| (f.message, f.help.unwrap_or_default()))
}

/// A key of `mocks` that no statement of the site can ask for.
#[test]
fn a_mock_that_nothing_can_ask_for_fails_its_test() {
    let cases = [
        ("balance", "http in tel: ok", "the site has no step `tel`; did you mean `tell`?"),
        ("balance", "http in ask_pin: ok", "step `ask_pin` has no `http`"),
        ("balance", "park: retrieved", "no flow of the site has a `park`"),
        ("balance", "verify membrs: wrong", "no `verify` of the site is about `membrs`; did you mean `members`?"),
        (
            "on-call",
            "voicemail networks: full",
            "no `voicemail` of the site is about `networks`; did you mean `network`?",
        ),
        (
            "on-call",
            "transfer number +442071838750: busy",
            "`transfer number +442071838750` asks no service: it rings, and who is called answers",
        ),
        ("helpdesk", "transfer: busy", "`transfer` asks no service: it rings, and who is called answers"),
    ];
    for (site, mock, wanted) in cases {
        assert_eq!(failure(site, &format!("mocks: {{{mock}}}\nsteps: []")).0, wanted, "{mock}");
    }
}

/// One that the call never asked for.
#[test]
fn a_mock_that_the_call_does_not_ask_for_fails_its_test() {
    let cases = [
        (
            "balance",
            "mocks: {verify: wrong}\nsteps: []",
            "the call never asked for `verify`",
            "take it out of `mocks`, or let the call come there",
        ),
        (
            "on-call",
            "mocks: {ring: [declined, declined, declined, declined]}\nsteps: [ends]",
            "`ring` was asked for 2 times, and has 4 answers",
            "take the answers out that nobody asks for, or let the call come there again",
        ),
        (
            "on-call",
            "mocks: {ring: limit, ring in first: limit}\nsteps: [ends]",
            "the call never asked for `ring`",
            "every `ring` was answered by another key: `ring rota network_first, rota network_second`",
        ),
        ("on-call", "mocks: {ring: limit}\nsteps: [ends]", "it passed", ""),
    ];
    for (site, lines, message, help) in cases {
        assert_eq!(failure(site, lines), (message.to_owned(), help.to_owned()), "{lines}");
    }
    // A key with a slip in what only the call can tell fails another step first.
    let lines = "registered: [us_ravi]\nmocks: {callback +442079460112: duplicate}\nsteps:\n  - hears: {say: \"Press 1 and \
                 we call you back on this number, 2 to give another, 3 to keep waiting.\"}\n  - presses: \"1\"\n  - \
                 hears: {say: \"Key your number, then hash.\"}";
    let wanted = "the call asked for `callback +442079460111`, and `mocks` says `callback +442079460112`; did you mean \
                  `callback +442079460111`?";
    assert_eq!(failure("sales-queue", lines).1, wanted);
}

/// What far ends do when they are asked must be said, and must be asked for.
#[test]
fn what_a_far_end_presses_is_said_and_met() {
    let monday = "at: 2026-03-02T10:00\n";
    let cases = [
        ("far_ends: {us_ines: {answers: 2s, presses: \"1\"}}\nsteps: [{talks_to: us_ines}]", "it passed", ""),
        (
            "far_ends: {us_ines: answers, us_ravi: no_answer}\nsteps: [{talks_to: us_ines}]",
            "the caller should talk to `us_ines`, but ",
            "`us_ines` answered, was asked for a key and pressed none; if it takes the call, write `far_ends: {us_ines: \
             {answers: 2s, presses: \"1\"}}`",
        ),
        (
            "far_ends: {us_ines: declined, us_ravi: {presses: \"1\"}}\nsteps: [{talks_to: us_ravi}]",
            "`us_ravi` was not asked for a key, so that it pressed none",
            "take `presses` out, or let a `transfer` with `accept` come there",
        ),
        (
            "far_ends: {us_ines: {answers: 2s, machine: true}}\nsteps: [{talks_to: us_ravi}]",
            "nobody listened who answered at `us_ines`, so that `machine` changed nothing",
            "take it out, or write `machine decline` where it is called",
        ),
        (
            "far_ends: {us_ines: {presses: \"1\"}}\nsteps: [{talks_to: us_ines}]\nrecord: {recordings: 1}",
            "the record's number of recordings is 0, not 1",
            "",
        ),
    ];
    for (lines, message, help) in cases {
        let (told, helped) = failure("main-line", &format!("{monday}{lines}"));
        assert!(told.starts_with(message) && helped == help, "{lines}\n{told}\n{helped}");
    }
    for (presses, message) in
        [("\"12\"", "`12` is not one key of a telephone"), ("x", "`x` is not one key of a telephone")]
    {
        let text = format!(
            "test: t\ncall: {{from: \"1\", to: \"100\"}}\nfar_ends: {{us_ines: {{presses: {presses}}}}}\nsteps: []\n"
        );
        let (documents, _, _) = document::parse(FileId(0), &text);
        let (_, found) = flowtest::read(&documents);
        assert_eq!(found.iter().map(|d| d.message.as_str()).collect::<Vec<_>>(), [message]);
    }
}

/// One line for each thing that `serve` could not do.
#[test]
fn what_serve_cannot_do_is_listed() {
    let mut text = String::new();
    for site in ["balance", "helpdesk", "on-call", "sales-queue"] {
        let plan = plan(site);
        let found = strowger::graph::served::unserved(plan.flows.values().map(AsRef::as_ref));
        text.push_str(&format!("{site}:\n"));
        for diagnostic in found {
            text.push_str(&format!("  {}: {}\n", diagnostic.rule, diagnostic.message));
        }
    }
    golden("tests/services/unserved.txt", &text);
}
