//! All tests of a site, and what people are told of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::coverage::{self, Coverage, Covered};
use super::runner::{self, Failure};
use super::script::Script;
use crate::base::diagnostic::{self, Diagnostic};
use crate::base::span::{Sources, Span};
use crate::exchange::Plan;
use crate::sim::narrate;

/// Moments of the call that a failure shows: the last ones, which led to it.
const LAST_MOMENTS: usize = 12;

/// How a report is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Form {
    /// List the ways that no test took.
    pub coverage: bool,
    /// ANSI colours.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
}

/// One test that ran.
#[derive(Debug)]
pub struct Tested {
    pub script: Script,
    pub failure: Option<Failure>,
    /// The last things that happened, as text; empty if the test passed.
    pub story: String,
}

/// A site's tests, run.
#[derive(Debug)]
pub struct Suite {
    pub tests: Vec<Tested>,
    pub coverage: Vec<Covered>,
}

impl Suite {
    pub fn failures(&self) -> usize {
        self.tests.iter().filter(|t| t.failure.is_some()).count()
    }

    pub fn passed(&self) -> bool {
        self.failures() == 0
    }
}

/// Runs every script, each in a world of its own.
pub fn run_all(plan: &Arc<Plan>, scripts: Vec<Script>) -> Suite {
    let mut coverage = Coverage::default();
    let mut tests = Vec::with_capacity(scripts.len());
    let mut tables: BTreeMap<Span, Table> = BTreeMap::new();
    for script in scripts {
        let outcome = runner::run(plan, &script);
        coverage.add(&outcome.world.taken);
        let table = tables.entry(script.name.span).or_default();
        table.passed.extend(outcome.failure.is_none().then_some(tests.len()));
        table.unmet.push(outcome.unmet.iter().map(|f| (f.span, f.clone())).collect());
        let story = if outcome.failure.is_some() { last_moments(&outcome) } else { String::new() };
        tests.push(Tested { script, failure: outcome.failure, story });
    }
    for table in tables.into_values() {
        let Some(test) = table.passed.first().and_then(|at| tests.get_mut(*at)) else { continue };
        if table.passed.len() == test.script.rows {
            test.failure = table.unmet();
        }
    }
    Suite { tests, coverage: coverage.of(&plan.flows) }
}

/// The tests of one document that ran. What no row of a table has met is a failure, once; what one has is none.
#[derive(Default)]
struct Table {
    /// Tests that passed, by their place.
    passed: Vec<usize>,
    /// What each row has not met, by its place in the file.
    unmet: Vec<BTreeMap<Span, Failure>>,
}

impl Table {
    /// What no row has met.
    fn unmet(self) -> Option<Failure> {
        let mut rows = self.unmet.into_iter();
        let first = rows.next()?;
        let rest: Vec<_> = rows.collect();
        first.into_iter().find(|(place, _)| rest.iter().all(|row| row.contains_key(place))).map(|(_, failure)| failure)
    }
}

fn last_moments(outcome: &runner::Outcome) -> String {
    let end = outcome.failed_at.unwrap_or(outcome.world.trace.len());
    let told = outcome.world.trace.get(..end).unwrap_or(&outcome.world.trace);
    let text = narrate(told);
    let lines: Vec<&str> = text.lines().collect();
    let skipped = lines.len().saturating_sub(LAST_MOMENTS);
    lines.iter().skip(skipped).map(|line| format!("  {line}\n")).collect()
}

/// What `strowger test` prints: a line a test, each failure at its line with the end of the call's
/// story, the coverage if asked for, and the count.
pub fn report(suite: &Suite, sources: &Sources, form: Form) -> String {
    let mut text = String::new();
    for test in &suite.tests {
        let mark = if test.failure.is_some() { "FAIL" } else { "ok  " };
        text.push_str(&format!("{mark}  {}\n", test.script.name.value));
        if let Some(failure) = &test.failure {
            let found = Diagnostic::error("test-failed", failure.span, failure.message.clone());
            let found = match &failure.help {
                Some(help) => found.help(help.as_str()),
                None => found,
            };
            text.push_str(&diagnostic::render(&found, sources, form.color, form.width));
            text.push_str(&test.story);
        }
    }
    if form.coverage {
        text.push('\n');
        text.push_str(&coverage::describe(&suite.coverage, sources));
    }
    let failed = suite.failures();
    let passed = suite.tests.len().saturating_sub(failed);
    text.push_str(&format!("\n{passed} passed, {failed} failed\n"));
    text
}
