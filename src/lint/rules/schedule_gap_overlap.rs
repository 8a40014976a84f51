//! `schedule-gap-overlap`: opening hours say what they mean, on every day.

use crate::lint::registry::{Found, Group, Rule};

pub const RULE: Rule = Rule {
    name: crate::site::HOURS_RULE,
    group: Group::Suspicious,
    what: "Opening hours are open at some time, closed at some time, and each part of them decides something.",
    why: "A part that never applies, or that another takes back, opens or closes the lines on the wrong day; nobody notices before that day.",
    remedy: "Remove the part, or put it where it decides: of two parts the later one wins.",
    good: include_str!("../../../tests/lint/schedule-gap-overlap/good.yaml"),
    bad: include_str!("../../../tests/lint/schedule-gap-overlap/bad.yaml"),
    found: Found::WhileChecking,
};
