//! `unlike-comparison`: only values of like types are compared.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "unlike-comparison",
    group: Group::Correctness,
    what: "Only values of like types are compared.",
    why: "Unlike values are never equal, so the condition would always go one way.",
    remedy: "Compare with a value of the same type.",
    good: example!("unlike-comparison", "good"),
    bad: example!("unlike-comparison", "bad"),
    found: Found::WhileChecking,
};
