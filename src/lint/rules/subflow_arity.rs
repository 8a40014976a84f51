//! `subflow-arity`: parameters and returned values are those that a flow or subflow declares.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "subflow-arity",
    group: Group::Correctness,
    what: "A flow or subflow gets the parameters that it declares, and a subflow returns the values that it declares.",
    why: "Without them it could not begin, or who runs it could not go on.",
    remedy: "Give each parameter once, by its name, and each outcome the value that it is declared with.",
    good: example!("subflow-arity", "good"),
    bad: example!("subflow-arity", "bad"),
    found: Found::WhileChecking,
};
