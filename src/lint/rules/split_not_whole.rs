//! `split-not-whole`: the shares of a `split` are 100% together.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "split-not-whole",
    group: Group::Correctness,
    what: "The shares of a `split` are 100% together.",
    why: "With less, some calls would go nowhere; with more, the last share would be smaller than it says.",
    remedy: "Change the shares so that they add up to 100%.",
    good: example!("split-not-whole", "good"),
    bad: example!("split-not-whole", "bad"),
    found: Found::WhileChecking,
};
