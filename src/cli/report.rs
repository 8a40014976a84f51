//! Findings for a person, and for a program: the drawing, and JSON; other forms are files of this folder.

pub mod github;
pub mod junit;
pub mod sarif;

use serde::Serialize;

use super::terminal::Terminal;
use crate::base::diagnostic::{self, Diagnostic, Severity};
use crate::base::span::{FileId, Sources, Span};
use crate::lint::{Held, HeldBy, Places};

/// The version of the JSON form: counted up when a member changes its meaning or goes.
const FORMAT: u32 = 1;

/// What was found in one site, of the files that were asked about.
#[derive(Debug)]
pub struct SiteFindings {
    pub sources: Sources,
    pub places: Places,
    pub found: Vec<Diagnostic>,
    /// Those that an exception or the baseline holds back.
    pub held: Vec<Held>,
    /// The names of the files that were looked at.
    pub files: Vec<String>,
}

impl SiteFindings {
    fn summary(&self) -> Summary {
        let mut summary = Summary::of(&self.found, self.files.len());
        summary.baselined = self.held.iter().filter(|held| held.by == HeldBy::Baseline).count();
        summary.suppressed = self.held.len() - summary.baselined;
        summary
    }
}

/// All sites together.
pub fn summary(sites: &[SiteFindings]) -> Summary {
    let mut summary = Summary::default();
    for site in sites {
        summary.add(site.summary());
    }
    summary
}

/// How many of which level.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub errors: usize,
    pub warnings: usize,
    pub infos: usize,
    pub files: usize,
    /// Held back by exceptions in the files.
    pub suppressed: usize,
    /// Held back by the baseline.
    pub baselined: usize,
}

impl Summary {
    pub fn of(found: &[Diagnostic], files: usize) -> Self {
        let count = |level| found.iter().filter(|d| d.severity == level).count();
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
            files,
            ..Self::default()
        }
    }

    pub fn add(&mut self, other: Summary) {
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.infos += other.infos;
        self.files += other.files;
        self.suppressed += other.suppressed;
        self.baselined += other.baselined;
    }

    /// `2 errors, 1 warning in 5 files; held back: 3 by exceptions`
    pub fn words(&self) -> String {
        let mut parts = Vec::new();
        for (count, word) in [(self.errors, "error"), (self.warnings, "warning"), (self.infos, "hint")] {
            if count > 0 {
                parts.push(counted(count, word));
            }
        }
        let found = if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") };
        let held = match (self.suppressed, self.baselined) {
            (0, 0) => String::new(),
            (by, 0) => format!("; held back: {by} by exceptions"),
            (0, by) => format!("; held back: {by} by the baseline"),
            (one, other) => format!("; held back: {one} by exceptions, {other} by the baseline"),
        };
        format!("{found} in {}{held}", counted(self.files, "file"))
    }
}

pub fn counted(count: usize, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

/// Draws findings with their source lines, as the answer.
pub fn draw(found: &[Diagnostic], sources: &Sources, terminal: &mut Terminal) {
    for text in drawn(found, sources, terminal) {
        terminal.say(&text);
    }
}

/// The same beside an answer that is something else.
pub fn draw_aside(found: &[Diagnostic], sources: &Sources, terminal: &mut Terminal) {
    for text in drawn(found, sources, terminal) {
        terminal.complain(&text);
    }
}

fn drawn(found: &[Diagnostic], sources: &Sources, terminal: &Terminal) -> Vec<String> {
    let shown = diagnostic::first(found);
    let omitted = found.len() - shown.len();
    let one = |finding: &&Diagnostic| {
        let text = diagnostic::render(finding, sources, terminal.color, terminal.width);
        format!("{text}{}", other_files(finding, sources).unwrap_or_default())
    };
    let more = (omitted > 0).then(|| format!("{omitted} more are not shown; mend these first\n"));
    shown.iter().map(one).chain(more).collect()
}

/// The labels that stand in other files than the finding: the drawing shows one file.
fn other_files(finding: &Diagnostic, sources: &Sources) -> Option<String> {
    let others = finding.secondary.iter().filter(|label| label.span.file != finding.primary.span.file);
    let lines: Vec<String> = others
        .map(|label| {
            let (line, column) = sources.line_column(label.span.file, label.span.start);
            let line = format!("  {} ({}:{line}:{column})", label.text, name(sources, label.span.file));
            format!("{}\n", diagnostic::visible(&line))
        })
        .collect();
    (!lines.is_empty()).then(|| lines.concat())
}

pub fn name(sources: &Sources, file: FileId) -> &str {
    sources.get(file).map_or("", |source| source.name.as_ref())
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    label: &'a str,
}

impl<'a> Place<'a> {
    fn of(span: Span, label: &'a str, sources: &'a Sources) -> Self {
        let (line, column) = sources.line_column(span.file, span.start);
        let (end_line, end_column) = sources.line_column(span.file, span.end);
        Self { file: name(sources, span.file), line, column, end_line, end_column, label }
    }
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    safe: bool,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'static str,
    severity: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    help: Option<&'a str>,
    path: &'a [String],
    related: Vec<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<JsonFix<'a>>,
}

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    diagnostics: Vec<Finding<'a>>,
    summary: Summary,
}

/// The findings as one JSON object. Lines and columns count from 1, columns in characters.
pub fn json(sites: &[SiteFindings]) -> Result<String, serde_json::Error> {
    let mut report = Report { version: FORMAT, diagnostics: Vec::new(), summary: summary(sites) };
    for site in sites {
        let shown = diagnostic::first(&site.found).into_iter();
        report.diagnostics.extend(shown.map(|finding| json_finding(finding, &site.sources)));
    }
    serde_json::to_string_pretty(&report)
}

fn json_finding<'a>(finding: &'a Diagnostic, sources: &'a Sources) -> Finding<'a> {
    let related = finding.secondary.iter().map(|label| Place::of(label.span, &label.text, sources));
    Finding {
        rule: finding.rule,
        severity: finding.severity.name(),
        message: &finding.message,
        place: Place::of(finding.primary.span, &finding.primary.text, sources),
        help: finding.help.as_deref(),
        path: &finding.path,
        related: related.collect(),
        fix: finding.fix.as_ref().map(|fix| JsonFix {
            title: &fix.title,
            safe: fix.safe,
            edits: fix
                .edits
                .iter()
                .map(|edit| JsonEdit { place: Place::of(edit.span, "", sources), text: &edit.text })
                .collect(),
        }),
    }
}
