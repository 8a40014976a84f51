//! `unknown-field`: every field of a built-in name exists.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "unknown-field",
    group: Group::Correctness,
    what: "Every field of a built-in name exists.",
    why: "There would be no value to use.",
    remedy: "Use one of the fields that the message lists.",
    good: example!("unknown-field", "good"),
    bad: example!("unknown-field", "bad"),
    found: Found::WhileChecking,
};
