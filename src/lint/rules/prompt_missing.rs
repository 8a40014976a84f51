//! `prompt-missing`: every prompt exists in the language of the flow.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "prompt-missing",
    group: Group::Correctness,
    what: "Every prompt exists in the language of the flow.",
    why: "The caller would hear nothing.",
    remedy: "Record the prompt, or correct its name.",
    good: example!("prompt-missing", "good"),
    bad: example!("prompt-missing", "bad"),
    found: Found::WhileChecking,
};
