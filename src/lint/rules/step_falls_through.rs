//! `step-falls-through`: no step comes to its end.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "step-falls-through",
    group: Group::Correctness,
    what: "No step comes to its end.",
    why: "A call that comes to the end of a step has nowhere to go.",
    remedy: "End the step with an arrow, `hangup` or a transfer.",
    good: example!("step-falls-through", "good"),
    bad: example!("step-falls-through", "bad"),
    found: Found::WhileChecking,
};
