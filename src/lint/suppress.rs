//! Exceptions: `// allow(rule-name) until 2026-12-31: reason`, before a line or at its end, `#` in YAML.
//!
//! What an exception may hold back is the registry's business ([`super::pages::firmness`]); which day it is, the
//! caller's: this has no clock.

use jiff::civil::Date;

use super::pages::{self, Firmness};
use crate::base::diagnostic::{Diagnostic, Edit, Fix};
use crate::base::span::{FileId, Span};
use crate::base::suggest;
use crate::syntax::document::Comment;

/// How an exception is written, for messages.
const FORM: &str = "`allow(rule-name) until 2026-12-31: reason`";

/// The rules that exceptions themselves can break; no exception holds these back.
pub mod rule {
    pub const MALFORMED: &str = "malformed-exception";
    pub const EXPIRED: &str = "expired-exception";
    pub const UNUSED: &str = "unused-exception";
    pub const REFUSED: &str = "refused-exception";
    pub const UNKNOWN: &str = "unknown-rule";
}

/// One exception that is written as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exception {
    pub rule: &'static str,
    /// The last day on which it holds.
    pub until: Date,
    pub reason: String,
    /// The comment.
    pub span: Span,
    /// The line that it is about, from 0.
    pub line: usize,
}

/// The exceptions of one file. Those that are none are reported.
pub fn read(file: FileId, text: &str, comments: &[Comment], found: &mut Vec<Diagnostic>) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    let mut lines: Option<(Lines, Vec<usize>)> = None;
    for comment in comments.iter().filter(|c| c.span.file == file) {
        let Some(words) = words_of(text, comment.span) else { continue };
        // Most files have no exception and need no table of lines.
        let (lines, next) = lines.get_or_insert_with(|| {
            let lines = Lines::of(text);
            let next = lines.next_with_words(text);
            (lines, next)
        });
        match parse(words, comment.span, text) {
            Ok(written) => {
                let line = lines.meant_by(text, comment.span, next);
                exceptions.push(Exception { line, span: whole(text, comment.span), ..written });
            }
            Err(problem) => found.push(*problem),
        }
    }
    exceptions
}

/// Removes the comment, and its line if nothing else is on it.
pub fn removal(text: &str, exception: &Exception) -> Fix {
    let span = exception.span;
    let (start, end) = (index(span.start), index(span.end));
    let line_start = text.get(..start).and_then(|t| t.rfind('\n')).map_or(0, |at| at + 1);
    let before = text.get(line_start..start).unwrap_or("");
    let (from, to) = if before.trim().is_empty() {
        (line_start, text.get(end..).and_then(|t| t.find('\n')).map_or(text.len(), |at| end + at + 1))
    } else {
        (line_start + before.trim_end().len(), end)
    };
    let edits = vec![Edit { span: Span::new(span.file, from, to), text: String::new() }];
    Fix { title: "remove the exception".to_owned(), edits, safe: true }
}

fn index(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// The comment to the end of its line, whatever its reader takes for its end.
fn whole(text: &str, comment: Span) -> Span {
    let start = index(comment.start);
    let rest = text.get(start..).unwrap_or("");
    let line = rest.split('\n').next().unwrap_or("").trim_end();
    Span::new(comment.file, start, start + line.len())
}

/// The words of a comment that means to be an exception.
fn words_of(text: &str, comment: Span) -> Option<&str> {
    let whole = whole(text, comment);
    let written = text.get(index(whole.start)..index(whole.end))?;
    let words = written.trim_start_matches(['/', '#']).trim();
    let rest =
        words.get(.."allow".len()).filter(|w| w.eq_ignore_ascii_case("allow")).and(words.get("allow".len()..))?;
    let inside = rest.trim_start().strip_prefix('(')?;
    // `allow (as agreed) ..` is prose.
    let name = inside.split(')').next().unwrap_or("").trim();
    (rest.starts_with('(') || name.contains('-') || pages::known(name).is_some()).then_some(words)
}

fn parse(words: &str, comment: Span, text: &str) -> Result<Exception, Box<Diagnostic>> {
    let place = whole(text, comment);
    let malformed = |what: &str| {
        let message = format!("this exception {what}");
        Box::new(Diagnostic::error(rule::MALFORMED, place, message).help(format!("write {FORM}")))
    };
    let inside = words.strip_prefix("allow(").ok_or_else(|| malformed("is not written as one"))?;
    let (name, rest) = inside.split_once(')').ok_or_else(|| malformed("does not close its parenthesis"))?;
    let known = rule_named(name, place, text)?;
    let rest = rest.trim_start();
    let rest = rest.strip_prefix("until").ok_or_else(|| malformed("says not until when it holds"))?;
    let (date, reason) = rest.split_once(':').ok_or_else(|| malformed("gives no reason"))?;
    let until = day(date.trim()).ok_or_else(|| malformed("names no day that there is"))?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(malformed("gives no reason"));
    }
    Ok(Exception { rule: known, until, reason: reason.to_owned(), span: place, line: 0 })
}

/// The rule that an exception names, if it can hold it back.
fn rule_named(name: &str, place: Span, text: &str) -> Result<&'static str, Box<Diagnostic>> {
    let word = name.trim();
    let within = text.get(index(place.start)..index(place.end)).and_then(|t| t.find(name)).unwrap_or(0);
    let skipped = name.len() - name.trim_start().len();
    let at = index(place.start) + within + skipped;
    let span = Span::new(place.file, at, at + word.len());
    if word.contains(',') {
        let found = Diagnostic::error(rule::MALFORMED, span, "an exception is about one rule");
        return Err(Box::new(found.help("write one comment for each rule")));
    }
    let Some(known) = pages::known(word) else { return Err(Box::new(unknown(word, span))) };
    match pages::firmness(known).refusal() {
        None => Ok(known),
        Some(why) => {
            let message = format!("`{known}` cannot be allowed: {why}");
            let help = format!("mend what is reported and remove this exception; `strowger lint --explain {known}`");
            Err(Box::new(Diagnostic::error(rule::REFUSED, span, message).help(help)))
        }
    }
}

/// The error about a word that should be a rule's name.
pub(super) fn unknown(word: &str, span: Span) -> Diagnostic {
    let near = suggest::closest(word, pages::names());
    let hint = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    let found = Diagnostic::error(rule::UNKNOWN, span, format!("no rule `{}`{hint}", word.escape_debug()));
    match near {
        Some(near) => {
            let edits = vec![Edit { span, text: near.to_owned() }];
            let fix = Fix { title: format!("write `{near}`"), edits, safe: false };
            found.help(format!("write `{near}`")).fix(fix)
        }
        None => found.help("findings name their rule in their first line"),
    }
}

/// A day as `2026-12-31`, in no other spelling.
pub fn day(text: &str) -> Option<Date> {
    let shape = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    (text.len() == "2026-12-31".len() && text.bytes().enumerate().all(shape)).then(|| text.parse().ok())?
}

/// Where the lines of a text begin.
pub(super) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let after = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(after).collect() }
    }

    /// The line of a byte, from 0.
    pub(super) fn line(&self, offset: u32) -> usize {
        self.starts.partition_point(|start| *start <= index(offset)).saturating_sub(1)
    }

    /// The line that a comment is about: its own, or the next with something on it.
    fn meant_by(&self, text: &str, comment: Span, next: &[usize]) -> usize {
        let own = self.line(comment.start);
        let start = self.starts.get(own).copied().unwrap_or(0);
        if text.get(start..index(comment.start)).is_some_and(|before| !before.trim().is_empty()) {
            return own;
        }
        next.get(own + 1).copied().filter(|line| *line < self.starts.len()).unwrap_or(own)
    }

    /// For each line the first from it on that has something beside a comment; the number of lines if there is none.
    fn next_with_words(&self, text: &str) -> Vec<usize> {
        let mut next = self.starts.len();
        let mut all: Vec<usize> = Vec::with_capacity(self.starts.len());
        for (line, from) in self.starts.iter().enumerate().rev() {
            let words = text.get(*from..).and_then(|t| t.lines().next()).unwrap_or("").trim();
            if !words.is_empty() && !words.starts_with("//") && !words.starts_with('#') {
                next = line;
            }
            all.push(next);
        }
        all.reverse();
        all
    }
}

/// Why the comment does no more, or not yet, what it says.
pub(super) fn unused(exception: &Exception, text: &str) -> Diagnostic {
    let message = format!("`{}` is not found here: this exception allows nothing", exception.rule);
    Diagnostic::warning(rule::UNUSED, exception.span, message)
        .help("remove it; left here, it would hide the next mistake")
        .fix(removal(text, exception))
}

pub(super) fn expired(exception: &Exception, today: Date, held: Option<Span>, text: &str) -> Diagnostic {
    let message = format!("the exception for `{}` ended on {}; today is {today}", exception.rule, exception.until);
    let found = Diagnostic::error(rule::EXPIRED, exception.span, message).label(format!("ended {}", exception.until));
    match held {
        Some(place) => found
            .also(place, "what it allowed is still here")
            .help("mend what it allowed and remove it, or decide anew until when"),
        None => found.help("remove it: what it allowed is gone").fix(removal(text, exception)),
    }
}

impl Firmness {
    /// Why a finding cannot be held back, in words; `None` if it can.
    pub fn refusal(self) -> Option<&'static str> {
        match self {
            Firmness::Free | Firmness::Correctness => None,
            Firmness::Safety => Some("it protects from toll fraud, or keeps emergency calls possible"),
            Firmness::Structure => Some("what it reports cannot be read or run"),
            Firmness::Exception => Some("it is about exceptions themselves"),
        }
    }
}
