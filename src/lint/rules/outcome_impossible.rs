//! `outcome-impossible`: each arm can be taken.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "outcome-impossible",
    group: Group::Suspicious,
    what: "Each arm can be taken.",
    why: "An arm that cannot be taken hides a misunderstanding.",
    remedy: "Remove the arm.",
    good: example!("outcome-impossible", "good"),
    bad: example!("outcome-impossible", "bad"),
    found: Found::WhileChecking,
};
