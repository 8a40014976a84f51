//! `unknown-target`: an arrow, transfer or number goes to something that exists.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "unknown-target",
    group: Group::Correctness,
    what: "An arrow, transfer or number goes to something that exists.",
    why: "A call that reaches it would have nowhere to go.",
    remedy: "Correct the name, or define what it names.",
    good: example!("unknown-target", "good"),
    bad: example!("unknown-target", "bad"),
    found: Found::WhileChecking,
};
