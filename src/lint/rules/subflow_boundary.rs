//! `subflow-boundary`: a subflow ends by `return`, and nothing else does.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "subflow-boundary",
    group: Group::Correctness,
    what: "A subflow ends by `return`, or with the call; only a subflow returns.",
    why: "The flow that runs a subflow waits for one of its declared outcomes; an arrow to another flow would leave it waiting.",
    remedy: "Declare an outcome, return it, and go on in the flow that runs the subflow.",
    good: example!("subflow-boundary", "good"),
    bad: example!("subflow-boundary", "bad"),
    found: Found::WhileChecking,
};
