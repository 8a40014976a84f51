//! All rules, by name.

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::graph::FlowGraph;
use crate::syntax::ast;

use super::context::Context;
use super::rules;
use super::source::Written;

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
    /// It works, and callers will not like it.
    Experience,
    /// A matter of taste that makes flows easier to read; it never fails a build.
    Style,
}

impl Group {
    pub fn name(self) -> &'static str {
        match self {
            Group::Correctness => "correctness",
            Group::Liveness => "liveness",
            Group::Fraud => "fraud",
            Group::Suspicious => "suspicious",
            Group::Experience => "experience",
            Group::Style => "style",
        }
    }

    /// The level of its rules; a rule may report less where what it saw is not certain to be a mistake.
    pub fn level(self) -> Severity {
        match self {
            Group::Correctness | Group::Liveness | Group::Fraud => Severity::Error,
            Group::Suspicious | Group::Experience => Severity::Warning,
            Group::Style => Severity::Info,
        }
    }
}

pub type Search = fn(&Context<'_>, &FlowGraph, &mut Vec<Diagnostic>);
pub type SourceSearch = fn(&Context<'_>, &Written<'_>, &mut Vec<Diagnostic>);
pub type SiteSearch = fn(&Context<'_>, &Whole<'_>, &mut Vec<Diagnostic>);

/// All flows of a site, for rules about what they do to each other.
pub struct Whole<'a> {
    pub files: &'a [ast::File],
    /// The flows of the files as they are written.
    pub written: &'a [Written<'a>],
    pub graphs: &'a [FlowGraph],
}

/// Where a rule is found.
#[derive(Clone, Copy)]
pub enum Found {
    /// While names, types and outcomes are checked.
    WhileChecking,
    /// By a search over each flow's graph.
    OnGraph(Search),
    /// By reading each flow as it is written.
    OnSource(SourceSearch),
    /// By looking at all flows together.
    OnSite(SiteSearch),
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
