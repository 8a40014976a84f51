//! What a test fixes besides services: the way of a `split`, a table that cannot be read, agents' skills, and the
//! language that is heard.

use super::failure;

/// A caller of the service desk whom no technician takes, until the pilot's split.
const UNTAKEN: &str = "registered: [us_mei]\nsteps:\n  - presses: \"2\"\n  - presses: \"1\"\n";

fn desk(lines: &str) -> (String, String) {
    failure("service-desk", lines)
}

#[test]
fn a_split_goes_the_way_that_the_test_says() {
    for (mock, pilot) in [("split in pilot: 20%", "callback"), ("split: 1", "callback"), ("split: 80%", "none")] {
        for wanted in ["callback", "none"] {
            let lines = format!("mocks: {{{mock}}}\n{UNTAKEN}record: {{tags: {{skill: network, pilot: {wanted}}}}}");
            assert_eq!(desk(&lines).0 == "it passed", pilot == wanted, "{mock}");
        }
    }
}

#[test]
fn a_table_that_cannot_be_read_takes_failed() {
    let steps = "  - presses: \"1\"\n  - presses: \"40117\"\n";
    let (found, failed) = (
        "  - hears: {say: \"Your ticket is with a technician.\"}\n",
        "  - hears: {say: \"We have no such ticket.\"}\n",
    );
    assert_eq!(desk(&format!("steps:\n{steps}{found}")).0, "it passed");
    for mock in ["lookup tickets: failed", "lookup: failed"] {
        assert_eq!(desk(&format!("mocks: {{{mock}}}\nsteps:\n{steps}{failed}")).0, "it passed", "{mock}");
    }
}

#[test]
fn pins_that_name_nothing_or_are_not_met_fail_the_test() {
    let cases = [
        ("mocks: {split in pilo: 20%}", "no step `pilo` of the site has a `split`; did you mean `pilot`?"),
        ("mocks: {split: 25%}", "the `split` has no arm `25%`"),
        ("mocks: {split: 3}", "the `split` has no arm number 3"),
        ("mocks: {lookup ticket: failed}", "the site has no table `ticket`; did you mean `tickets`?"),
        ("mocks: {split: 20%}", "the call never came to this statement"),
        ("mocks: {lookup: failed}", "the call never came to this statement"),
    ];
    for (lines, wanted) in cases {
        assert_eq!(desk(&format!("{lines}\nsteps: []")).0, wanted, "{lines}");
    }
    assert_eq!(failure("balance", "mocks: {split: 20%}\nsteps: []").0, "no flow of the site has a `split`");
    assert_eq!(failure("balance", "mocks: {lookup: failed}\nsteps: []").0, "no flow of the site looks there");
}

/// Dana knows networks, Ravi laptops.
const SKILLS: &str = "skills: {us_dana: [network], us_ravi: [laptops]}\n";

#[test]
fn a_queue_offers_a_call_to_who_has_the_skill() {
    let call = |key: &str| format!("steps:\n  - presses: \"2\"\n  - presses: \"{key}\"\n  - in_queue: technicians\n");
    for (key, who) in [("1", "us_dana"), ("2", "us_ravi")] {
        let text = format!("{SKILLS}{}  - talks_to: {who}\n", call(key));
        assert_eq!(desk(&text).0, "it passed", "{text}");
    }
    // Nobody there has the skill: the queue does not take the call.
    let alone = format!(
        "{SKILLS}registered: [us_ravi, us_mei]\nmocks: {{split: 80%}}\nsteps:\n  - presses: \"2\"\n  - presses: \"1\"\n  - in_queue: front\n"
    );
    assert_eq!(desk(&alone).0, "it passed");
    // Without `skills` it is as the site says: laptops are Ravi's.
    assert_eq!(desk(&format!("{}  - talks_to: us_ravi\n", call("2"))).0, "it passed");
    assert_ne!(desk(&format!("{}  - talks_to: us_dana\n", call("2"))).0, "it passed");
    let cases = [
        ("skills: {us_dna: [network]}\nsteps: []", "the site has no user `us_dna`; did you mean `us_dana`?"),
        (
            "skills: {us_dana: [netwrk]}\nsteps: []",
            "no flow of the site asks for the skill `netwrk`; did you mean `network`?",
        ),
        (
            "skills: {us_dana: [network]}\nsteps: []",
            "the call waited for no agent with a skill, so that `skills` changed nothing",
        ),
    ];
    for (lines, wanted) in cases {
        assert_eq!(desk(lines).0, wanted, "{lines}");
    }
}

#[test]
fn a_prompt_is_heard_in_a_language() {
    let hears = |what: &str| failure("language-choice", &format!("steps: [{{presses: \"2\"}}, {{hears: {what}}}]")).0;
    assert_eq!(hears("{prompt: welcome, language: cy}"), "it passed");
    assert_eq!(hears("{prompt: welcome}"), "it passed");
    let wanted = "the caller should hear `welcome` in `en`, but it is heard in `cy`";
    assert_eq!(hears("{prompt: welcome, language: en}"), wanted);
    assert_eq!(
        hears("{prompt: welcome, language: ce}"),
        "prompt `welcome` has no recording in `ce`; did you mean `cy`?"
    );
    let says = "Does neb yn rhydd sy'n siarad Cymraeg. Fe gewch siarad Saesneg.";
    let spoken = |language: &str| {
        let lines = format!(
            "registered: [us_dana]\nsteps: [{{presses: \"2\"}}, {{hears: {{say: \"{says}\", language: {language}}}}}]"
        );
        failure("language-choice", &lines).0
    };
    assert_eq!(spoken("cy"), "it passed");
    assert_eq!(spoken("en"), format!("the caller should hear \"{says}\" in `en`, but it is heard in `cy`"));
}

const BALANCE: &str = "Your balance is 7 pounds.";
const LOCKED: &str = "This account is locked for now.";

/// The balance example with the PIN of one account: `verify` answers by itself, counts and locks as the site says.
#[test]
fn a_store_of_pins_counts_and_locks() {
    let balance = |pins: &str, keyed: &[&str], heard: &str| {
        let steps: Vec<String> = keyed
            .iter()
            .map(|pin| format!("{{hears: {{say: \"Your PIN, please.\"}}}}, {{presses: \"{pin}\"}}"))
            .collect();
        let http = if heard == BALANCE { "mocks: {http: {outcome: ok, value: {balance: 7}}}\n" } else { "" };
        let lines = format!(
            "{http}credentials: {{members: {pins}}}\nsteps: [{{hears: {{say: \"Your account number, please.\"}}}}, {{presses: \
             \"123456#\"}}, {}, {{hears: {{say: \"{heard}\"}}}}]",
            steps.join(", ")
        );
        failure("balance", &lines).0
    };
    let pins = "{\"123456\": \"0042\"}";
    assert_eq!(balance(pins, &["0042"], BALANCE), "it passed");
    assert_ne!(balance(pins, &["4200"], BALANCE), "it passed");
    assert_eq!(balance(pins, &["9999"], "That PIN is wrong."), "it passed");
    assert_eq!(balance(pins, &["9999", "0042"], BALANCE), "it passed");
    // The third wrong one in a row locks, and an account that the store does not have has no right PIN.
    assert_eq!(balance(pins, &["9999"; 3], LOCKED), "it passed");
    assert_eq!(balance("{}", &["0042"], "That PIN is wrong."), "it passed");
    let cases = [
        ("credentials: {membrs: {}}\nsteps: []", "the site has no credential store `membrs`; did you mean `members`?"),
        ("credentials: {members: {}}\nsteps: []", "the call never asked `members` about a PIN"),
    ];
    for (lines, wanted) in cases {
        assert_eq!(failure("balance", lines).0, wanted, "{lines}");
    }
}
