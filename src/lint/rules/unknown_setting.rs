//! `unknown-setting`: a statement has the settings that are written with it.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "unknown-setting",
    group: Group::Correctness,
    what: "A statement has the settings that are written with it.",
    why: "A setting that nobody reads does not do what its author meant.",
    remedy: "Correct the name, or remove the setting.",
    good: example!("unknown-setting", "good"),
    bad: example!("unknown-setting", "bad"),
    found: Found::WhileChecking,
};
