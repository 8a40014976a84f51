//! `unknown-name`: every variable, policy and built-in name exists.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "unknown-name",
    group: Group::Correctness,
    what: "Every variable, policy and built-in name exists.",
    why: "A misspelt name has no value when the call comes.",
    remedy: "Correct the name, or declare the variable in the header of the flow.",
    good: example!("unknown-name", "good"),
    bad: example!("unknown-name", "bad"),
    found: Found::WhileChecking,
};
