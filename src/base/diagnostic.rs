//! Findings about what a person wrote, and how they are shown.
//!
//! Wording: lower case, backticks round the user's words, no Rust types; what, why, what to do.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::limits::MAX_DIAGNOSTICS_PER_FILE;
use super::span::{FileId, Sources, Span};

/// Characters of one word of the user's in a message; help of our own is shorter between its backticks.
const MAX_WORD_SHOWN: usize = 400;

/// How much a finding weighs. Errors fail `lint`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    Info,
    Warning,
    Error,
}

impl Severity {
    /// As it is written in reports and in a site's levels.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A place with a few words about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// Replace `span` by `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// A change that mends the finding. A safe one never changes what a clean flow does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    pub title: String,
    pub edits: Vec<Edit>,
    pub safe: bool,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Kebab-case name that reads as "allow NAME", such as `unknown-target`; never reused.
    pub rule: &'static str,
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The place to change.
    pub primary: Label,
    /// Places that explain it.
    pub secondary: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// The counterexample, such as `entry > choose (2) > on_call`; empty if the place says it all.
    pub path: Vec<String>,
    pub fix: Option<Fix>,
    /// Of what kind the thing is that nothing has the name of, where that is what is wrong: what
    /// could not be read may well hold it.
    pub absent: Option<Absent>,
}

/// Kinds of things whose names a reader may have missed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Absent {
    /// Subflows too.
    Flow,
    Step,
    Policy,
}

impl Diagnostic {
    pub fn error(rule: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Error, span, message)
    }

    pub fn warning(rule: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Warning, span, message)
    }

    pub fn new(rule: &'static str, severity: Severity, span: Span, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity,
            message: bounded(message.into()),
            primary: Label { span, text: String::new() },
            secondary: Vec::new(),
            help: None,
            path: Vec::new(),
            fix: None,
            absent: None,
        }
    }

    /// Words beside the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = bounded(text.into());
        self
    }

    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: bounded(text.into()) });
        self
    }

    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(bounded(text.into()));
        self
    }

    #[must_use]
    pub fn path(mut self, steps: Vec<String>) -> Self {
        self.path = steps.into_iter().map(bounded).collect();
        self
    }

    #[must_use]
    pub fn absent(mut self, kind: Absent) -> Self {
        self.absent = Some(kind);
        self
    }

    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(Fix { title: bounded(fix.title), ..fix });
        self
    }
}

/// What is said, with the user's words (those in backticks, and steps of a path) cut where they would fill the terminal:
/// a name may be as long as a file.
fn bounded(text: String) -> String {
    if text.len() <= MAX_WORD_SHOWN {
        return text;
    }
    let cut = |word: &str| match word.char_indices().nth(MAX_WORD_SHOWN) {
        Some((end, _)) => format!("{}...", word.get(..end).unwrap_or(word)),
        None => word.to_owned(),
    };
    text.split('`').map(cut).collect::<Vec<_>>().join("`")
}

/// Sorts findings by file, place, then rule, and drops exact repeats.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| (a.primary.span, a.rule, &a.message).cmp(&(b.primary.span, b.rule, &b.message)));
    diagnostics.dedup();
}

/// The findings to show, in their order: of each file so many, and errors rather than others. Showing one costs a
/// look at its file, so that all of a large file's would take minutes.
pub fn first(found: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut room: BTreeMap<FileId, [usize; 2]> = BTreeMap::new();
    for finding in found {
        let [errors, others] = room.entry(finding.primary.span.file).or_default();
        *(if finding.severity == Severity::Error { errors } else { others }) += 1;
    }
    for [errors, others] in room.values_mut() {
        *errors = (*errors).min(MAX_DIAGNOSTICS_PER_FILE);
        *others = (*others).min(MAX_DIAGNOSTICS_PER_FILE - *errors);
    }
    let mut take = |finding: &&Diagnostic| {
        let [errors, others] = room.entry(finding.primary.span.file).or_default();
        let left = if finding.severity == Severity::Error { errors } else { others };
        let fits = *left > 0;
        *left = left.saturating_sub(1);
        fits
    };
    found.iter().filter(|finding| take(finding)).collect()
}

pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// Renders one finding with its source lines, for a person at a terminal.
///
/// `color` asks for ANSI colours; `width` is the terminal's width in columns.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, color: bool, width: usize) -> String {
    let theme = if color { miette::GraphicalTheme::unicode() } else { miette::GraphicalTheme::unicode_nocolor() };
    let handler = miette::GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
    let mut out = String::new();
    let source = sources
        .get(diagnostic.primary.span.file)
        .map(|source| super::span::Source { name: shown(&source.name), text: shown(&source.text) });
    let shown = Shown { diagnostic, source };
    if handler.render_report(&mut out, &shown).is_err() {
        out.clear();
        out.push_str(&format!("{}: {}\n", diagnostic.rule, visible(&diagnostic.message)));
    }
    out
}

/// A text as a terminal may be shown it: what would command the terminal, hide what is printed or turn the direction
/// of what is read is replaced by a mark as long as itself in UTF-8, so that every place stays where it was.
pub fn visible(text: &str) -> Cow<'_, str> {
    let mut rest = text.chars().peekable();
    if !std::iter::from_fn(|| rest.next().map(|c| steers(c, rest.peek()))).any(|steers| steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (steers(c, rest.peek()), c.len_utf8()) {
            (false, _) => out.push(c),
            (true, 1) => out.push('?'),
            (true, 2) => out.push('\u{bf}'),
            (true, _) => out.push(char::REPLACEMENT_CHARACTER),
        }
    }
    Cow::Owned(out)
}

fn shown(text: &Arc<str>) -> Arc<str> {
    match visible(text) {
        Cow::Borrowed(_) => Arc::clone(text),
        Cow::Owned(masked) => masked.into(),
    }
}

/// Whether a character moves the terminal or the reader. A lone carriage return overwrites its line.
fn steers(c: char, next: Option<&char>) -> bool {
    match c {
        '\t' | '\n' => false,
        '\r' => next != Some(&'\n'),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => true,
        c => c.is_control(),
    }
}

/// The bridge to miette; no miette type leaves this file.
struct Shown<'a> {
    diagnostic: &'a Diagnostic,
    source: Option<super::span::Source>,
}

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&visible(&self.diagnostic.message))
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.rule))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        let mut text = self.diagnostic.help.clone().unwrap_or_default();
        if !self.diagnostic.path.is_empty() {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str("path: ");
            text.push_str(&self.diagnostic.path.join(" > "));
        }
        if text.is_empty() { None } else { Some(Box::new(visible(&text).into_owned())) }
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|s| s as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        self.source.as_ref()?;
        let file = self.diagnostic.primary.span.file;
        let span = |s: Span| (s.start as usize, (s.end.saturating_sub(s.start)) as usize);
        let text = |t: &str| if t.is_empty() { None } else { Some(visible(t).into_owned()) };
        let primary = &self.diagnostic.primary;
        let first = miette::LabeledSpan::new_primary_with_span(text(&primary.text), span(primary.span));
        let rest = self
            .diagnostic
            .secondary
            .iter()
            .filter(move |l| l.span.file == file)
            .map(move |l| miette::LabeledSpan::new_with_span(text(&l.text), span(l.span)));
        Some(Box::new(std::iter::once(first).chain(rest)))
    }
}

impl miette::SourceCode for super::span::Source {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let inner: &str = &self.text;
        let contents = inner.read_span(span, before, after)?;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.name.to_string(),
            contents.data(),
            *contents.span(),
            contents.line(),
            contents.column(),
            contents.line_count(),
        )))
    }
}
