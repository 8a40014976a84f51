//! `unknown-function`: every function in an expression exists.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "unknown-function",
    group: Group::Correctness,
    what: "Every function in an expression exists.",
    why: "The expression would fail in the middle of a call.",
    remedy: "Use a function of the language.",
    good: example!("unknown-function", "good"),
    bad: example!("unknown-function", "bad"),
    found: Found::WhileChecking,
};
