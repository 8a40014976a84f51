//! `duplicate-name`: two things of one kind do not share a name.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "duplicate-name",
    group: Group::Correctness,
    what: "Two things of one kind do not share a name.",
    why: "Nobody could tell which one is meant.",
    remedy: "Rename one of them.",
    good: example!("duplicate-name", "good"),
    bad: example!("duplicate-name", "bad"),
    found: Found::WhileChecking,
};
