//! Findings as workflow commands of GitHub Actions: annotations beside the changed lines.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use super::{SiteFindings, name};
use crate::base::diagnostic::{self, Diagnostic, Severity};

/// One command a line.
pub fn commands(sites: &[SiteFindings]) -> String {
    let mut text = String::new();
    for site in sites {
        text.extend(diagnostic::first(&site.found).into_iter().map(|finding| command(finding, site) + "\n"));
    }
    text
}

fn command(finding: &Diagnostic, site: &SiteFindings) -> String {
    let verb = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let span = finding.primary.span;
    let (line, column) = site.sources.line_column(span.file, span.start);
    let (end_line, end_column) = site.sources.line_column(span.file, span.end);
    let mut place = format!("file={},line={line},endLine={end_line}", property(name(&site.sources, span.file)));
    // Columns are taken only of findings on one line.
    if line == end_line {
        place.push_str(&format!(",col={column},endColumn={end_column}"));
    }
    let mut text = finding.message.clone();
    if !finding.path.is_empty() {
        text.push_str(&format!("\npath: {}", finding.path.join(" > ")));
    }
    if let Some(help) = &finding.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    format!("::{verb} {place},title={}::{}", property(finding.rule), data(&diagnostic::visible(&text)))
}

/// The text of a command: one line, whatever is in it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command: also without what ends properties.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
