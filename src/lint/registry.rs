//! All rules, by name.

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::graph::FlowGraph;

use super::context::Context;
use super::rules;

/// What a rule is about; a group sets the level of its rules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    /// The flow cannot mean what it says.
    Correctness,
    /// A call could be stranded or go round for ever.
    Liveness,
    /// A call could be dialled that nobody allowed.
    Fraud,
    /// It works, and is most likely not what was meant.
    Suspicious,
}

impl Group {
    pub fn name(self) -> &'static str {
        match self {
            Group::Correctness => "correctness",
            Group::Liveness => "liveness",
            Group::Fraud => "fraud",
            Group::Suspicious => "suspicious",
        }
    }

    /// The level of its rules.
    pub fn level(self) -> Severity {
        match self {
            Group::Correctness | Group::Liveness | Group::Fraud => Severity::Error,
            Group::Suspicious => Severity::Warning,
        }
    }
}

pub type Search = fn(&Context<'_>, &FlowGraph, &mut Vec<Diagnostic>);

/// Where a rule is found.
#[derive(Clone, Copy)]
pub enum Found {
    /// While names, types and outcomes are checked.
    WhileChecking,
    /// By a search over each flow's graph.
    OnGraph(Search),
}

/// One rule with its page.
pub struct Rule {
    /// Reads as "allow NAME"; never reused.
    pub name: &'static str,
    pub group: Group,
    pub what: &'static str,
    pub why: &'static str,
    pub remedy: &'static str,
    /// A flow that keeps the rule.
    pub good: &'static str,
    /// One that breaks it: `//~ NAME` marks each line that is reported.
    pub bad: &'static str,
    pub found: Found,
}

/// The good and the bad example of a rule, which are test fixtures as well.
macro_rules! example {
    ($name:literal, $which:literal) => {
        include_str!(concat!("../../../tests/lint/", $name, "/", $which, ".flow"))
    };
}
pub(super) use example;

/// Every rule, in the order of their names.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    rules::ALL.iter()
}

pub fn find(name: &str) -> Option<&'static Rule> {
    all().find(|r| r.name == name)
}
