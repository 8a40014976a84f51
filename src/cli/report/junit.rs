//! JUnit XML, for CI systems that show nothing else: one suite a file, one case a finding or a scripted call.

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::{SiteFindings, name};
use crate::base::diagnostic::{self, Diagnostic};
use crate::base::span::Sources;
use crate::flowtest::{Suite, Tested};
use crate::lint::HeldBy;

/// Scripted calls that were played. A failure has the end of the call's story.
///
/// # Errors
/// The report cannot be written as XML.
pub fn played(suite: &Suite, sources: &Sources) -> Result<String, SerializeError> {
    let mut report = Report::new("strowger test");
    let file = |test: &Tested| name(sources, test.script.name.span.file);
    for tests in suite.tests.chunk_by(|a, b| file(a) == file(b)) {
        let Some(file) = tests.first().map(file) else { continue };
        let mut suite = TestSuite::new(file);
        suite.add_test_cases(tests.iter().map(|test| scripted(test, file, sources)));
        report.add_test_suite(suite);
    }
    report.to_string()
}

fn scripted(test: &Tested, file: &str, sources: &Sources) -> TestCase {
    let place = test.failure.as_ref().map_or(test.script.name.span, |failure| failure.span);
    let (line, _) = sources.line_column(place.file, place.start);
    let status = match &test.failure {
        None => TestCaseStatus::success(),
        Some(failure) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(diagnostic::visible(&failure.message).into_owned());
            let help = failure.help.as_ref().map(|help| format!("help: {help}\n")).unwrap_or_default();
            status.set_description(diagnostic::visible(&format!("{help}{}", test.story)).into_owned());
            status
        }
    };
    let mut case = TestCase::new(test.script.name.value.as_str(), status);
    case.set_classname(file);
    case.extra.insert("file".into(), file.into());
    case.extra.insert("line".into(), line.to_string().into());
    case
}

/// What lint found. Findings for which `fails` are failures; others, and those that are held back, count as skipped.
///
/// # Errors
/// The report cannot be written as XML.
pub fn findings(sites: &[SiteFindings], fails: impl Fn(&Diagnostic) -> bool) -> Result<String, SerializeError> {
    let mut report = Report::new("strowger lint");
    for site in sites {
        let shown = diagnostic::first(&site.found);
        for file in &site.files {
            let here = |d: &Diagnostic| name(&site.sources, d.primary.span.file) == file;
            let mut suite = TestSuite::new(file.as_str());
            for finding in shown.iter().filter(|d| here(d)) {
                suite.add_test_case(case(finding, site, status(finding, fails(finding))));
            }
            for held in site.held.iter().filter(|held| here(&held.finding)) {
                let mut status = TestCaseStatus::skipped();
                status.set_message(match &held.by {
                    HeldBy::Exception { reason, until } => format!("allowed until {until}: {reason}"),
                    HeldBy::Baseline => "held by the baseline".to_owned(),
                });
                suite.add_test_case(case(&held.finding, site, status));
            }
            if suite.test_cases.is_empty() {
                let mut clean = TestCase::new("no findings", TestCaseStatus::success());
                clean.set_classname(file.as_str());
                suite.add_test_case(clean);
            }
            report.add_test_suite(suite);
        }
    }
    report.to_string()
}

fn status(finding: &Diagnostic, fails: bool) -> TestCaseStatus {
    let mut status =
        if fails { TestCaseStatus::non_success(NonSuccessKind::Failure) } else { TestCaseStatus::skipped() };
    status.set_message(diagnostic::visible(&finding.message).into_owned());
    status.set_type(format!("{}:{}", finding.severity.name(), finding.rule));
    status
}

fn case(finding: &Diagnostic, site: &SiteFindings, mut status: TestCaseStatus) -> TestCase {
    let span = finding.primary.span;
    let file = name(&site.sources, span.file);
    let (line, column) = site.sources.line_column(span.file, span.start);
    let mut text = format!("{file}:{line}:{column}: {}", finding.message);
    if !finding.path.is_empty() {
        text.push_str(&format!("\npath: {}", finding.path.join(" > ")));
    }
    if let Some(help) = &finding.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    status.set_description(diagnostic::visible(&text).into_owned());
    let mut case = TestCase::new(format!("{} at {line}:{column}", finding.rule), status);
    case.set_classname(file);
    case
}
