//! `missing-setting`: a statement has every setting that it cannot do without.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "missing-setting",
    group: Group::Correctness,
    what: "A statement has every setting that it cannot do without.",
    why: "There is no value that would be right for everybody, so that none is assumed.",
    remedy: "Add the setting; the message says what it takes.",
    good: example!("missing-setting", "good"),
    bad: example!("missing-setting", "bad"),
    found: Found::WhileChecking,
};
