//! The defects that are planted, and the rules that must find them.

use super::plants::{self, Edit, news, paths};

/// A defect, and the rules one of which must find it.
pub struct Injector {
    pub name: &'static str,
    pub rules: &'static [&'static str],
    pub plant: Plant,
}

pub enum Plant {
    /// Changes what is there.
    Edit(Edit),
    /// Puts statements before each other statement, and this into the header. The first finding
    /// stands on a line that has this word in it.
    Insert { header: &'static str, statements: &'static str, line: &'static str },
}

const fn edit(name: &'static str, rules: &'static [&'static str], edit: Edit) -> Injector {
    Injector { name, rules, plant: Plant::Edit(edit) }
}

const fn insert(
    name: &'static str,
    rules: &'static [&'static str],
    header: &'static str,
    statements: &'static str,
    line: &'static str,
) -> Injector {
    Injector { name, rules, plant: Plant::Insert { header, statements, line } }
}

pub const INJECTORS: [Injector; 82] = [
    edit("an arrow to a step that does not exist", &["unknown-target"], plants::arrow_to_nowhere),
    edit("a user or queue that does not exist", &["unknown-target"], plants::unknown_target),
    edit("an arrow to a flow that does not exist", &["unknown-target"], plants::flow_is_nowhere),
    edit("a prompt that does not exist", &["prompt-missing"], plants::unknown_prompt),
    edit("a policy that does not exist", &["unknown-name"], plants::unknown_policy),
    edit("a misspelt verb", &["unknown-statement"], plants::misspelt_verb),
    edit("`otherwise` forgotten", &["outcome-unhandled"], plants::no_otherwise),
    edit("a misspelt outcome", &["unknown-outcome"], plants::unknown_outcome),
    edit("an outcome of another target", &["outcome-impossible"], plants::impossible_outcome),
    edit("an arm twice", &["duplicate-branch"], plants::same_label_twice),
    edit("a key twice", &["duplicate-branch"], plants::same_key_twice),
    edit("a misspelt setting", &["unknown-setting"], plants::unknown_setting),
    edit("a setting twice", &["duplicate-setting"], plants::setting_twice),
    edit("a number as a time", &["type-mismatch"], plants::bare_number_as_time),
    edit("a count out of range", &["value-out-of-range"], plants::count_out_of_range),
    edit("`visits` forgotten", &["unbounded-loop", "no-disposition"], paths::no_visits),
    edit("a bound that leads back", &["unbounded-loop", "no-disposition"], paths::bound_leads_back),
    edit("no visit at all", &["value-out-of-range"], paths::no_visit_at_all),
    edit("the guard removed", &["unguarded-external-leg"], paths::no_guard),
    edit("the guard behind the leg", &["unguarded-external-leg", "unreachable-statement"], paths::guard_too_late),
    edit("`play` before `answer`", &["play-before-answer", "unreachable-statement"], paths::play_first),
    edit("`answer` forgotten", &["play-before-answer"], paths::no_answer),
    edit("`reject` after `answer`", &["reject-after-answer"], paths::refuses_in_the_end),
    edit("the end of a step forgotten", &["step-falls-through"], paths::no_end),
    edit("an arm that leads nowhere", &["step-falls-through", "queue-arm-statement"], paths::arm_leads_nowhere),
    edit("a step that leads to itself", &["no-disposition"], paths::trap),
    edit("a step that nothing leads to", &["unreachable-step"], plants::left_over_step),
    edit("a step twice", &["duplicate-name"], plants::same_step_twice),
    edit("a flow twice", &["duplicate-name"], plants::same_flow_twice),
    edit("a number with 00", &["non-canonical-constant"], plants::not_canonical),
    edit("a number with (0)", &["non-canonical-constant"], plants::trunk_prefix_within),
    edit("a number too short", &["non-canonical-constant"], plants::too_short),
    edit("a feature code in a number", &["feature-code-in-number"], plants::feature_code),
    edit("pauses in a number", &["feature-code-in-number"], plants::dialled_on),
    edit("a number without quotes", &["type-mismatch"], plants::number_without_quotes),
    edit("digits as a number to dial", &["caller-controlled-destination"], plants::caller_chooses),
    edit("the caller's words within a number", &["caller-controlled-destination"], plants::caller_chooses_a_part),
    edit("a condition that is decided", &["dead-condition"], plants::decided_condition),
    edit("a first value forgotten", &["var-used-before-set"], paths::first_value_forgotten),
    edit("a subject of another type", &["type-mismatch"], plants::wrong_subject),
    insert("a variable without a value", &["var-used-before-set"], "var planted: text", "tag t (planted)", "(planted)"),
    insert(
        "a variable with a value on one way",
        &["var-used-before-set"],
        "var planted: text",
        "if (caller.anonymous) { set planted = \"a\" }  tag t \"${planted}\"",
        "${planted}",
    ),
    insert(
        "a variable of the arm that failed",
        &["var-used-before-set"],
        "var planted: digits",
        "collect planted { otherwise -> next }  tag t (planted)",
        "tag t (planted)",
    ),
    insert("an unknown variable", &["unknown-name"], "", "tag t (planted)", "planted"),
    insert("an unknown variable is set", &["unknown-name"], "", "set planted = 1", "planted"),
    insert("an unknown function", &["unknown-function"], "", "tag t (planted(1))", "planted"),
    insert("an unknown method", &["unknown-function"], "", "tag t (caller.number.planted())", "planted"),
    insert("an unknown field", &["unknown-field"], "", "tag t (caller.planted)", "planted"),
    insert("an unfinished expression", &["expression-syntax"], "var planted = 1", "set planted = (planted +)", "+)"),
    insert(
        "unlike things compared",
        &["unlike-comparison"],
        "",
        "if (caller.number == 5) { tag planted \"a\" }",
        "== 5",
    ),
    insert(
        "unlike variables compared",
        &["unlike-comparison"],
        "var planted = 1",
        "if (caller.name == planted) { tag t \"a\" }",
        "planted",
    ),
    insert(
        "a division by nothing",
        &["expression-always-fails"],
        "var planted = 1  const nothing = 0",
        "set planted = (10 / nothing)",
        "10 / nothing",
    ),
    insert("a word that is reserved", &["reserved-name"], "var new = \"planted\"", "tag t \"planted\"", "new"),
    insert("a text as a condition", &["type-mismatch"], "", "if (\"planted\") { answer }", "planted"),
    insert("a text in a number", &["type-mismatch"], "var planted = 1", "set planted = \"one\"", "\"one\""),
    insert(
        "a number that is computed as text",
        &["type-mismatch"],
        "var planted = 1",
        "set planted = (caller.name)",
        "planted",
    ),
    insert(
        "a secret on record",
        &["secret-exposed"],
        "var planted: secret",
        "collect planted { ok { tag t (planted) }  otherwise -> next }",
        "tag t (planted)",
    ),
    insert(
        "a value that an arm does not have",
        &["shared-binding"],
        "",
        "guard POLICY to number \"+442071838750\" { denied(planted), allowed { tag t (planted) } }",
        "planted",
    ),
    insert(
        "a digit as a number to dial",
        &["caller-controlled-destination"],
        "var planted: digits",
        "collect planted { otherwise -> next }  transfer to pstn \"+44${planted}\" { otherwise -> next }",
        "planted}",
    ),
    insert(
        "the caller's words by way of a variable",
        &["caller-controlled-destination"],
        "var planted = \"\"  var second = \"\"",
        "set planted = (caller.name)  set second = (planted)  transfer to number (second) { otherwise -> next }",
        "(second)",
    ),
    insert(
        "an act after the end",
        &["act-after-hangup"],
        "",
        "if (caller.anonymous) { hangup  tag t \"planted\" }",
        "planted",
    ),
    insert(
        "something after an arrow",
        &["unreachable-statement"],
        "",
        "menu PROMPT { 1 -> HERE  otherwise -> HERE }",
        "",
    ),
    insert("arms without a choice", &["outcome-unhandled"], "", "menu PROMPT { 1 -> next }", "menu"),
    insert("an unknown step in an arm", &["unknown-target"], "", "menu PROMPT { otherwise -> planted }", "planted"),
    insert("an unknown language of prompts", &["prompt-missing"], "", "play \"planted\"", "planted"),
    insert(
        "an argument too many",
        &["subflow-arity", "type-mismatch"],
        "",
        "if (caller.anonymous) -> flow FLOW(planted: 1)",
        "planted",
    ),
    insert("a long silence", &["dead-air"], "", "answer  wait 30s  play PROMPT", "wait 30s"),
    insert(
        "another number than the one that was asked about",
        &["guard-stale"],
        "var planted = \"+442071838750\"",
        "guard POLICY to number (planted) { allowed -> next  denied -> next }  set planted = \"+442079460111\"  \
         transfer to number (planted) { otherwise -> next }",
        "transfer to number (planted)",
    ),
    insert(
        "a menu of six",
        &["menu-too-wide"],
        "",
        "answer  menu PROMPT { 1 -> next  2 -> next  3 -> next  4 -> next  5 -> next  6 -> next  otherwise -> next }",
        "menu",
    ),
    insert(
        "a number put together from text",
        &["injection-into-dial-string"],
        "var planted = \"8750\"",
        "if (caller.anonymous) { set planted = \"8751\" }  transfer to number \"+44207183${planted}\" { otherwise -> next }",
        "${planted}",
    ),
    insert("a number of our own", &["own-did-target"], "", "transfer to number OWN { otherwise -> next }", "transfer"),
    insert(
        "a queue without an end",
        &["queue-no-exit"],
        "",
        "transfer to queue QUEUE max_wait 2h { otherwise -> next }",
        "2h",
    ),
    insert(
        "a place in a queue that is lost",
        &["wait-lost"],
        "",
        "transfer to queue QUEUE max_wait 1m { otherwise -> next }  transfer to queue QUEUE keep_wait false { otherwise -> next }",
        "keep_wait",
    ),
    insert(
        "a failure that nobody hears of",
        &["silent-failure"],
        "",
        "answer  transfer to number \"+442071838750\" { busy { hangup }  otherwise -> next }",
        "",
    ),
    insert("a variable that nobody reads", &["unused-variable"], "var planted = 1", "wait 1s", "planted"),
    insert("a name in another style", &["naming"], "var plantedName = 1", "tag t (plantedName)", "plantedName"),
    insert(
        "a number in the middle of a flow",
        &["magic-number"],
        "",
        "if (caller.number == \"+442079460001\") { tag planted \"a\" }",
        "+442079460001",
    ),
    insert(
        "four menus deep",
        &["menu-too-deep"],
        "",
        "answer  menu PROMPT { 1 { menu PROMPT { 1 { menu PROMPT { 1 { menu PROMPT { 1 -> next  otherwise -> next } }  \
         otherwise -> next } }  otherwise -> next } }  otherwise -> next }",
        "menu",
    ),
    // In a flow that is no subflow `run` names something of another kind.
    insert(
        "a subflow that runs itself",
        &["recursive-subflow", "type-mismatch"],
        "",
        "run FLOW { otherwise -> next }",
        "run",
    ),
    edit("a cycle in which nobody speaks", &["silent-cycle"], news::silent_cycle),
    edit("two flows that go to each other", &["flow-loop"], news::flows_in_a_ring),
    edit("the owner forgotten", &["missing-owner"], news::no_owner),
];
