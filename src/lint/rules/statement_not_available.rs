//! `statement-not-available`: this version runs every statement that a flow uses.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "statement-not-available",
    group: Group::Correctness,
    what: "This version runs every statement that a flow uses.",
    why: "The language has more statements than this version runs; a flow that uses one cannot be started.",
    remedy: "Leave the statement out for now.",
    good: example!("statement-not-available", "good"),
    bad: example!("statement-not-available", "bad"),
    found: Found::WhileChecking,
};
