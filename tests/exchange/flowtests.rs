//! Flow tests themselves: that they pass, that each changed arrow fails one, what failures say,
//! what coverage and JUnit say; and one walk through a flow.

use std::path::Path;
use std::sync::Arc;

use strowger::base::span::Sources;
use strowger::base::time::Wall;
use strowger::exchange::Plan;
use strowger::flowtest::{self, Form, Script, Suite};
use strowger::sim::{Walk, narrate, walk};
use strowger::syntax::document;

use super::plan;

fn scripts(sources: &mut Sources, text: &str) -> Vec<Script> {
    let file = sources.add("main.test.yaml", text);
    let (documents, _, found) = document::parse(file, text);
    assert!(found.is_empty(), "{found:?}");
    let (scripts, found) = flowtest::read(&documents);
    assert!(found.is_empty(), "{found:?}");
    scripts
}

fn form(coverage: bool) -> Form {
    Form { coverage, color: false, width: 100 }
}

fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchange/office/main.test.yaml");
    std::fs::read_to_string(path).unwrap()
}

fn tested(plan: &Arc<Plan>, text: &str) -> (Suite, Sources) {
    let mut sources = Sources::default();
    let scripts = scripts(&mut sources, text);
    (flowtest::run_all(plan, scripts), sources)
}

#[test]
fn the_example_passes_and_covers_its_flow() {
    let (suite, sources) = tested(&plan::office(), &example());
    let text = flowtest::report(&suite, &sources, form(false));
    assert!(suite.passed(), "{text}");
    assert!(text.ends_with("\n15 passed, 0 failed\n"), "{text}");
    let main = suite.coverage.iter().find(|c| *c.flow == *"main").unwrap();
    let missing: Vec<&str> = main.missing.iter().map(|b| b.what.as_str()).collect();
    // Ten moves of one call: nobody's test of a menu.
    assert_eq!(missing, ["`transfer` in step `menu_of_all`: `refused`"]);
    assert!(main.branches >= 17, "{}", main.branches);
}

/// Ten arrows of `main`, each sent elsewhere.
const CHANGED: [(&str, &str); 10] = [
    ("1             -> dana", "1             -> outside"),
    ("2             -> sales", "2             -> dana"),
    ("3             -> outside", "3             -> bye"),
    ("4             -> flow plain", "4             -> flow digits"),
    ("*             -> bye", "*             -> sorry"),
    ("{ unanswered -> sorry  refused -> sorry }", "{ unanswered -> bye  refused -> sorry }"),
    ("timeout       -> bye", "timeout       -> dana"),
    ("invalid       -> sorry", "invalid       -> bye"),
    (
        "transfer to user us_dana ring 10s { otherwise -> sorry }",
        "transfer to user us_dana ring 10s { otherwise -> bye }",
    ),
    ("transfer to queue sales { otherwise -> sorry }", "transfer to queue sales { otherwise -> bye }"),
];

#[test]
fn ten_changed_arrows_are_ten_failures() {
    let mut unseen = Vec::new();
    for (from, to) in CHANGED {
        let plan = plan::edited("office", 1, |text| {
            assert_eq!(text.matches(from).count(), 1, "{from}");
            text.replace(from, to)
        });
        if tested(&Arc::new(plan), &example()).0.passed() {
            unseen.push(from);
        }
    }
    assert!(unseen.is_empty(), "no test sees that these were changed: {unseen:?}");
}

/// One test that fails, and what its failure says.
fn failure(steps: &str) -> String {
    let text = format!("test: t\ncall: {{from: \"+442079460111\", to: \"100\"}}\n{steps}\n");
    let (suite, _) = tested(&plan::office(), &text);
    suite.tests[0].failure.as_ref().map_or("it passed".to_owned(), |f| f.message.clone())
}

#[test]
fn failures_say_what_should_be_what_is_and_where() {
    let cases = [
        ("steps: [{hears: welcom}]", "the site has no prompt `welcom`; did you mean `welcome`?"),
        ("steps: [{in_queue: sale}]", "the site has no queue `sale`; did you mean `sales`?"),
        ("steps: [{talks_to: us_dama}]", "the site has no user `us_dama`; did you mean `us_dana`?"),
        ("registered: [us_kin]", "the site has no user `us_kin`; did you mean `us_kim`?"),
        ("far_ends: {us_dama: busy}", "the site has no user `us_dama`; did you mean `us_dana`?"),
        ("never: [us_dama]", "the site has no user `us_dama`; did you mean `us_dana`?"),
        ("never: [\"102\"]", "`102` is the extension of `us_dana`; did you mean `us_dana`?"),
        ("never: [\"02071838750\"]", "`02071838750` is dialled as `+442071838750`; did you mean `+442071838750`?"),
        ("never: [\"+4420718387\"]", "`+4420718387` is no number that a policy of the site can read"),
        (
            "steps: [{hears: long}]",
            "the caller should hear `long`, but it heard `welcome`, `choose`, `silent`, `choose`, `bye`; the call is over",
        ),
        (
            "steps: [{hears: choose}, {presses: \"1\"}, {hears: bye}]",
            "the caller should hear `bye`, but after `choose` it heard ringback; the call is `talking`, and the caller hears `us_dana`",
        ),
        (
            "steps: [{hears: choose}, {presses: \"1\"}, {talks_to: us_ravi}]",
            "the caller should talk to `us_ravi`, but the call is `talking`, and the caller hears `us_dana`; last it heard ringback",
        ),
        (
            "steps: [{hears: choose}, peer_hangs_up]",
            "the caller talks to nobody: the call is `flow` in step `menu_of_all` of `main`, and the caller hears `choose`; last it heard `choose`",
        ),
        ("steps: [hangs_up, {presses: \"1\"}]", "the call is over, so `1` cannot be pressed"),
        ("steps: [{refused: busy}]", "the call should be refused as `busy`, but the call is over"),
        (
            "steps: [{hears: choose}, {presses: \"3\"}]\nnever: [\"+442071838750\"]",
            "`+442071838750` was called after 2002 ms",
        ),
        ("record: {hops: 2}", "the record's number of hops is 0, not 2"),
        ("record: {hangup_by: flow}", "the record's hangup_by is caller, not flow"),
        ("record: {flows: [plain]}", "the record's flows is [main], not [plain]"),
        ("record: {intervals: [talk]}", "the record's intervals is [ring], not [talk]"),
        ("record: {tags: {a: b}}", "the record's tag `a` is absent, not b"),
    ];
    let refused = "test: t\ncall: {to: \"112000\"}\nsteps: [{refused: busy}]\n";
    let (suite, _) = tested(&plan::office(), refused);
    let message = suite.tests[0].failure.as_ref().map(|f| f.message.as_str());
    assert_eq!(message, Some("the call should be refused as `busy`, but it was refused as `declined`"));
    for (steps, wanted) in cases {
        assert_eq!(failure(steps), wanted, "{steps}");
    }
}

/// What a prompt that never came is told with: one of nearly that name that was heard, or that it came earlier.
#[test]
fn a_sound_that_was_missed_is_looked_for_among_those_heard() {
    let help = |steps: &str| {
        let text = format!("test: t\ncall: {{from: \"+442079460111\", to: \"100\"}}\n{steps}\n");
        // A prompt of nearly the name of another.
        let mut plan = plan::edited("office", 1, |text| text);
        let recorded = plan.site.prompts["sorry"].clone();
        plan.site.prompts.insert("choose2".into(), recorded);
        let (suite, _) = tested(&Arc::new(plan), &text);
        suite.tests[0].failure.as_ref().and_then(|f| f.help.clone())
    };
    assert_eq!(help("steps: [{hears: choose2}]").as_deref(), Some("did you mean `choose`?"));
    assert_eq!(help("steps: [{hears: long}]"), None);
    let early = "it was heard before: the lines stand in the order of the call";
    assert_eq!(help("steps: [{hears: choose}, {hears: welcome}]").as_deref(), Some(early));
    let plan =
        plan::edited("office", 1, |text| text.replace("play \"bye\" barge_in false", "say \"Good morning, all.\""));
    let plan = Arc::new(plan);
    let said = "test: t\ncall: {to: \"100\"}\nsteps: [{hears: choose}, {presses: \"*\"}, {hears: {say: \"good morning all\"}}]\n";
    let (suite, _) = tested(&plan, said);
    let failure = suite.tests[0].failure.as_ref().unwrap();
    assert_eq!(
        failure.message,
        "the caller should hear \"good morning all\", but after `choose` it heard \"Good morning, all.\"; the call is over"
    );
    assert_eq!(failure.help.as_deref(), Some("did you mean `Good morning, all.`?"));
}

/// One `silent` is one try, whatever is played between two of them.
#[test]
fn silent_is_one_try() {
    let passes = |steps: &str| failure(&format!("steps: [{{hears: choose}}, {steps}]"));
    assert_eq!(passes("silent, {presses: \"1\"}, {talks_to: us_dana}"), "it passed");
    // The menu has two tries: after them a key chooses nothing.
    assert_eq!(passes("silent, silent, {presses: \"1\"}, {hears: bye}, ends]\nnever: [us_dana"), "it passed");
    assert!(passes("silent, silent, {presses: \"1\"}, {talks_to: us_dana}").starts_with("the caller should talk"));
    // A queue, too, comes to its end.
    // A queue comes to its end.
    let nobody = "far_ends: {us_dana: no_answer, us_ravi: no_answer}\n";
    let waits = "steps: [{hears: choose}, {presses: \"2\"}, {in_queue: sales}, silent, {hears: sorry}]";
    assert_eq!(failure(&format!("{nobody}{waits}")), "it passed");
}

/// What is wrong in every row of a table is one mistake.
#[test]
fn an_unknown_key_is_reported_once_and_has_its_near_one() {
    let text = "test: ${key}\ncall: {to: \"100\"}\ncases: [{key: \"1\"}, {key: \"2\"}]\nsteps: [{press: \"${key}\"}]\n";
    let (documents, _, _) = document::parse(Default::default(), text);
    let (_, found) = flowtest::read(&documents);
    let messages: Vec<&str> = found.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(messages, ["`step` has no key `press`; did you mean `presses`?"]);
}

/// What a test says of the world and its call does not meet is a failure, not a decoration.
#[test]
fn what_the_call_never_meets_fails_its_test() {
    let cases = [
        (
            "far_ends: {us_dana: busy}\nsteps: [{hears: choose}]",
            "nobody called `us_dana`, so that how it behaves was not met",
        ),
        ("disk: fails\nsteps: [{hears: choose}]", "no policy was asked, so that `disk: fails` changed nothing"),
        (
            "policies: refuse\nsteps: [{hears: choose}]",
            "no policy was asked, so that `policies: refuse` changed nothing",
        ),
        ("far_ends: {us_dana: busy}\nsteps: [{hears: choose}, {presses: \"1\"}, {hears: sorry}]", "it passed"),
        ("policies: refuse\nsteps: [{hears: choose}, {presses: \"3\"}, {hears: sorry}]", "it passed"),
        ("disk: works\npolicies: as_written\nsteps: [{hears: choose}]", "it passed"),
    ];
    for (steps, wanted) in cases {
        assert_eq!(failure(steps), wanted, "{steps}");
    }
}

/// In a table one row is enough that meets it; what none meets is told once.
#[test]
fn a_table_meets_what_one_of_its_rows_meets() {
    let text = |keys: [&str; 2]| {
        let [one, two] = keys;
        format!(
            "test: key ${{key}}\ncases: [{{key: \"{one}\"}}, {{key: \"{two}\"}}]\n\
             call: {{from: \"+442079460111\", to: \"100\"}}\nfar_ends: {{us_dana: {{hangs_up: 1h}}}}\n\
             steps: [{{hears: choose}}, {{presses: \"${{key}}\"}}, {{waits: 5s}}]\n"
        )
    };
    assert!(tested(&plan::office(), &text(["1", "*"])).0.passed());
    let (suite, _) = tested(&plan::office(), &text(["*", "*"]));
    assert_eq!(suite.failures(), 1);
    // Rows that were left out may have met it.
    let mut sources = Sources::default();
    let mut rows = scripts(&mut sources, &text(["1", "*"]));
    rows.retain(|row| row.name.value == "key *");
    assert!(flowtest::run_all(&plan::office(), rows).passed());
}

#[test]
fn steps_that_do_nothing_are_told() {
    let cases = [
        ("steps: [{hears: }]", "this step says nothing"),
        ("steps: [{}]", "this step says nothing"),
        ("steps: [{hears: {language: cy}}]", "nothing is heard"),
        ("steps: [{hears: {prompt: a, say: b}}]", "one thing is heard, and here are two"),
        ("steps: [{presses: \"\"}]", "no key is pressed"),
        ("steps: [{presses: \"12A\"}]", "a telephone has no key `A`"),
        ("far_ends: {us_dana: {rings: 3s}}", "it answers after 2000 ms, before it would ring"),
        ("mocks: {http: {outcome: never, after: 2s}}", "a service that never answers has no `after`"),
    ];
    for (lines, wanted) in cases {
        let text = format!("test: t\ncall: {{to: \"100\"}}\n{lines}\n");
        let (documents, _, _) = document::parse(strowger::base::span::FileId(0), &text);
        let (_, found) = flowtest::read(&documents);
        let messages: Vec<&str> = found.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(messages, [wanted], "{lines}");
    }
}

#[test]
fn a_table_is_a_test_for_each_row() {
    let text = "test: key ${key} leads to ${hears}\ncases:\n  - {key: \"1\", hears: ringback}\n  - {key: \"9\", hears: wrong}\n\
                call: {from: \"+442079460111\", to: \"100\"}\nsteps:\n  - hears: choose\n  - presses: \"${key}\"\n  - hears: \"${hears}\"\n";
    let (suite, sources) = tested(&plan::office(), text);
    let names: Vec<&str> = suite.tests.iter().map(|t| t.script.name.value.as_str()).collect();
    assert_eq!(names, ["key 1 leads to ringback", "key 9 leads to wrong"]);
    assert!(suite.passed(), "{}", flowtest::report(&suite, &sources, form(false)));
    // A wrong row fails alone, at its line of the file.
    let (suite, _) = tested(&plan::office(), &text.replace("hears: wrong}", "hears: welcome}"));
    let failed: Vec<bool> = suite.tests.iter().map(|t| t.failure.is_some()).collect();
    assert_eq!(failed, [false, true]);
}

#[test]
fn a_wrong_table_is_told() {
    let read = |cases: &str, who: &str| {
        let text = format!("test: t\ncases: {cases}\ncall: {{from: \"{who}\", to: \"100\"}}\n");
        let (documents, _, _) = document::parse(strowger::base::span::FileId(0), &text);
        let (scripts, found) = flowtest::read(&documents);
        (scripts.len(), found.first().map_or(String::new(), |d| d.message.clone()))
    };
    assert_eq!(read("[{who: 1}, {who: 2}]", "${who}"), (2, String::new()));
    assert_eq!(read("[{who: 1}]", "${whom}"), (0, "a case has no `whom`; did you mean `who`?".to_owned()));
    assert_eq!(read("[{who: 1, key: 2}]", "${who}"), (0, "nothing in the test says `${key}`".to_owned()));
    assert_eq!(read("[]", "1"), (0, "a table of cases has 1 to 1000 rows".to_owned()));
    assert_eq!(read("[1]", "1"), (0, "a case is a map of names and values".to_owned()));
}

#[test]
fn a_silent_caller_and_a_failing_disk() {
    let call = "call: {from: \"+442079460111\", to: \"100\"}\n";
    let silent = format!("test: silence\n{call}steps: [{{hears: choose}}, silent, {{hears: choose}}, silent, ends]\n");
    let (suite, sources) = tested(&plan::office(), &silent);
    assert!(suite.passed(), "{}", flowtest::report(&suite, &sources, form(false)));
    let disk =
        "disk: fails\nsteps: [{hears: choose}, {presses: \"3\"}, {hears: sorry}, ends]\nnever: [\"+442071838750\"]\n";
    let (suite, sources) = tested(&plan::office(), &format!("test: no disk, no outside leg\n{call}{disk}"));
    assert!(suite.passed(), "{}", flowtest::report(&suite, &sources, form(false)));
}

#[test]
fn a_report_shows_the_line_and_the_end_of_the_story() {
    let text = "test: a & b\ncall: {from: \"1\", to: \"110\"}\nsteps:\n  - hears: welcome\n  - hears: long\n";
    let (suite, sources) = tested(&plan::office(), text);
    let report = flowtest::report(&suite, &sources, form(true));
    for wanted in [
        "FAIL  a & b\n",
        "main.test.yaml:5:5",
        "the caller should hear `long`, but after `welcome` it heard `bye`; the",
        "  00:04.001  1 is ended: normal\n",
        "\nplain: 1 of 1 branches\n",
        "not taken: `menu` in step `menu_of_all`: `1`\n",
        "\n0 passed, 1 failed\n",
    ] {
        assert!(report.contains(wanted), "{wanted} in\n{report}");
    }
}

/// Outside its hours a queue takes nobody.
#[test]
fn a_queue_is_closed_outside_its_hours() {
    let site = "strowger: 1\nsite: a\nlisten: {sip: [\"udp:127.0.0.1:5060\"]}\nusers: {us_dana: {password: generated}}\n\
                queues: {sales: {agents: [us_dana], hours: office}}\nhours: {office: {open: \"Mo-Fr 09:00-17:00\"}}\n";
    let (written, found) = strowger::site::check::check_bytes(Default::default(), site.as_bytes());
    let mut written = written.unwrap_or_else(|| unreachable!("{found:?}"));
    let mut plan = plan::edited("office", 1, |text| text);
    plan.site.declared.hours = std::mem::take(&mut written.declared.hours);
    plan.site.queues.get_mut("sales").unwrap().hours = written.queues["sales"].hours.clone();
    let plan = Arc::new(plan);
    let what = Walk { from: "1".into(), to: "140".into(), by: None, presses: Vec::new() };
    let told = |hour: i64| narrate(&walk(&plan, &what, 1, Wall(1_767_571_200_000 + hour * 3_600_000)).trace);
    assert!(told(8).contains("transfer: closed (otherwise)"), "{}", told(8));
    assert!(!told(9).contains("closed"), "{}", told(9));
}

#[test]
fn a_walk_presses_where_the_flow_asks() {
    let what =
        Walk { from: "+442079460111".into(), to: "100".into(), by: None, presses: vec!["9".into(), "103".into()] };
    let world = walk(&plan::office(), &what, 1, Wall(1_767_600_000_000));
    let story = narrate(&world.trace);
    let expected = [
        "calls 100",
        "flow main, step welcome",
        "presses 9",
        "hears `wrong`",
        "presses 3",
        "menu: extension",
        "+442079460111 and us_ravi talk",
        "+442079460111 hangs up",
        "record: normal by party 1; main, 1 hop",
    ];
    let mut rest = story.as_str();
    for line in expected {
        let at = rest.find(line).unwrap_or_else(|| panic!("{line} in order in\n{story}"));
        rest = &rest[at..];
    }
}
