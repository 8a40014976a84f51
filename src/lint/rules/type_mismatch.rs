//! `type-mismatch`: each value is of the type that its place needs.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "type-mismatch",
    group: Group::Correctness,
    what: "Each value is of the type that its place needs.",
    why: "The statement would fail in the middle of a call.",
    remedy: "Write a value of the type that the message names.",
    good: example!("type-mismatch", "good"),
    bad: example!("type-mismatch", "bad"),
    found: Found::WhileChecking,
};
