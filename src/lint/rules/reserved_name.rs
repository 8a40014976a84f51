//! `reserved-name`: no variable has a name that expressions keep for themselves.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "reserved-name",
    group: Group::Correctness,
    what: "No variable has a name that expressions keep for themselves.",
    why: "The variable could not be used.",
    remedy: "Rename the variable.",
    good: example!("reserved-name", "good"),
    bad: example!("reserved-name", "bad"),
    found: Found::WhileChecking,
};
