//! `dead-condition`: no condition is always the same.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "dead-condition",
    group: Group::Suspicious,
    what: "No condition is always the same.",
    why: "One of the two ways can never be taken.",
    remedy: "Keep only what runs.",
    good: example!("dead-condition", "good"),
    bad: example!("dead-condition", "bad"),
    found: Found::WhileChecking,
};
