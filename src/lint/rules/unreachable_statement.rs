//! `unreachable-statement`: every statement of a step can run.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "unreachable-statement",
    group: Group::Correctness,
    what: "Every statement of a step can run.",
    why: "What never runs is not what its author meant.",
    remedy: "Remove the statement, or move it before the arrow.",
    good: example!("unreachable-statement", "good"),
    bad: example!("unreachable-statement", "bad"),
    found: Found::WhileChecking,
};
