//! `unknown-outcome`: each arm names an outcome of its statement.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "unknown-outcome",
    group: Group::Correctness,
    what: "Each arm names an outcome of its statement.",
    why: "The arm would never be taken, and the outcome that was meant has none.",
    remedy: "Use one of the outcomes that the message lists.",
    good: example!("unknown-outcome", "good"),
    bad: example!("unknown-outcome", "bad"),
    found: Found::WhileChecking,
};
