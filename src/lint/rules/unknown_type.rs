//! `unknown-type`: a variable or parameter has a type of the language.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "unknown-type",
    group: Group::Correctness,
    what: "A variable or parameter has a type of the language.",
    why: "What it may hold would not be known.",
    todo: "Use one of the types that the message lists.",
    good: example!("unknown-type", "good"),
    bad: example!("unknown-type", "bad"),
    found: Found::WhileChecking,
};
