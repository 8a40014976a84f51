//! `secret-exposed`: a secret is not tagged, compared or printed.

use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "secret-exposed",
    group: Group::Fraud,
    what: "A secret is not tagged, compared or printed.",
    why: "Records and logs are read by many; a PIN in one of them is a PIN no more.",
    remedy: "Tag or print something else.",
    good: example!("secret-exposed", "good"),
    bad: example!("secret-exposed", "bad"),
    found: Found::WhileChecking,
};
