//! `duplicate-branch`: the arms of a statement do not overlap.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "duplicate-branch",
    group: Group::Correctness,
    what: "The arms of a statement do not overlap.",
    why: "Only the first could ever be taken.",
    remedy: "Join the two arms, or make their labels differ.",
    good: example!("duplicate-branch", "good"),
    bad: example!("duplicate-branch", "bad"),
    found: Found::WhileChecking,
};
