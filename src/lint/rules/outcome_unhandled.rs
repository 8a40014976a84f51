//! `outcome-unhandled`: every way in which a statement can end has an arm.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "outcome-unhandled",
    group: Group::Correctness,
    what: "Every way in which a statement can end has an arm.",
    why: "A caller whose call takes that way would be stranded.",
    remedy: "Add the arms, one of a group, or `otherwise`.",
    good: example!("outcome-unhandled", "good"),
    bad: example!("outcome-unhandled", "bad"),
    found: Found::WhileChecking,
};
