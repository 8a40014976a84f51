//! `wrong-arguments`: a flow gets the parameters that it declares.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "wrong-arguments",
    group: Group::Correctness,
    what: "A flow gets the parameters that it declares.",
    why: "It could not begin.",
    remedy: "Give each parameter once, by its name.",
    good: example!("wrong-arguments", "good"),
    bad: example!("wrong-arguments", "bad"),
    found: Found::WhileChecking,
};
