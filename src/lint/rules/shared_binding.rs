//! `shared-binding`: a label that binds a value has an arm of its own.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "shared-binding",
    group: Group::Correctness,
    what: "A label that binds a value has an arm of its own.",
    why: "When another label of the arm is taken the name would have no value.",
    remedy: "Split the arm.",
    good: example!("shared-binding", "good"),
    bad: example!("shared-binding", "bad"),
    found: Found::WhileChecking,
};
