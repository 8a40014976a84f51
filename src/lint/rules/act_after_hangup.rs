//! `act-after-hangup`: nothing follows the end of a call.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "act-after-hangup",
    group: Group::Correctness,
    what: "Nothing follows the end of a call.",
    why: "Nobody is left to hear it, so it cannot be what was meant.",
    remedy: "Move the statement before the end, or remove it.",
    good: example!("act-after-hangup", "good"),
    bad: example!("act-after-hangup", "bad"),
    found: Found::WhileChecking,
};
