//! `expression-always-fails`: no expression of constants fails.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "expression-always-fails",
    group: Group::Correctness,
    what: "No expression of constants fails.",
    why: "It would fail on every call.",
    remedy: "Correct the expression, or the constant.",
    good: example!("expression-always-fails", "good"),
    bad: example!("expression-always-fails", "bad"),
    found: Found::WhileChecking,
};
