//! `expression-syntax`: what stands in `( )` and `${ }` is an expression.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "expression-syntax",
    group: Group::Correctness,
    what: "What stands in `( )` and `${ }` is an expression.",
    why: "It could not be computed.",
    remedy: "Correct the expression.",
    good: example!("expression-syntax", "good"),
    bad: example!("expression-syntax", "bad"),
    found: Found::WhileChecking,
};
