//! `queue-arm-statement`: what runs while a caller waits in a queue does not take the call away.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "queue-arm-statement",
    group: Group::Correctness,
    what: "What runs while a caller waits in a queue does not take the call away.",
    why: "The caller keeps the place in the queue, and an agent may answer at any moment.",
    remedy: "Use `say`, `play`, `set`, `tag`, `if` and arrows there; an arrow leaves the queue for a step that holds the rest.",
    good: example!("queue-arm-statement", "good"),
    bad: example!("queue-arm-statement", "bad"),
    found: Found::WhileChecking,
};
