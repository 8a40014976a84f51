//! `value-out-of-range`: each number is within the bounds of its place.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "value-out-of-range",
    group: Group::Correctness,
    what: "Each number is within the bounds of its place.",
    why: "The statement could not run with it.",
    remedy: "Write a value within the bounds that the message names.",
    good: example!("value-out-of-range", "good"),
    bad: example!("value-out-of-range", "bad"),
    found: Found::WhileChecking,
};
