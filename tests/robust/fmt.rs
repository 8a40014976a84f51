//! The canonical form: the same when it is written twice, the same flow, every word and every comment kept.

use std::collections::BTreeMap;

use strowger::base::diagnostic::Diagnostic;
use strowger::fmt::{self, Form, FormatError};
use strowger::step::registry;

use super::corpus::{Kind, Sample};
use super::shake::{Notes, shake_flows};

pub fn formatted(form: Form, text: &str) -> Result<String, FormatError> {
    match form {
        Form::Flow => fmt::format_flow(text, &registry::setting_order),
        Form::Yaml => fmt::format_yaml(text, &registry::setting_order),
    }
}

/// What was found, without its places.
pub fn said(found: &[Diagnostic]) -> BTreeMap<(&'static str, &str), usize> {
    let mut counts = BTreeMap::new();
    for finding in found {
        *counts.entry((finding.rule, finding.message.as_str())).or_default() += 1;
    }
    counts
}

/// The words of a text; `goto` is another spelling of the arrow.
fn words(text: &str) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    let is_word = |word: &&str| word.len() > 2 && word.starts_with(|c: char| c.is_alphabetic()) && *word != "goto";
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(is_word) {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

#[test]
fn flows_are_formatted() {
    shake_flows(Kind::Both, |corpus, sample, notes| {
        let Ok(text) = std::str::from_utf8(&sample.bytes) else { return };
        let Sample { at, form, .. } = *sample;
        let once = match formatted(form, text) {
            Ok(once) => once,
            Err(FormatError::Syntax(found)) => {
                assert!(!found.is_empty(), "refused, and nothing is said");
                return notes.found(&found);
            }
            Err(FormatError::Changed(what)) => panic!("would change {what}"),
        };
        notes.count("formatted");
        assert_eq!(formatted(form, &once).as_deref(), Ok(once.as_str()), "formatted twice");
        if form == Form::Flow {
            // An escape is another spelling of what it stands for.
            let plain = |text: &str| text.replace("\\n", " ").replace("\\t", " ");
            assert_eq!(words(&plain(text)), words(&plain(&once)), "words of `{once}`");
        }
        let mine = notes.count_of("formatted");
        seen(notes, &once);
        if mine.is_multiple_of(4) {
            let home = corpus.home(sample);
            let (before, after) = (home.compiled(at, form, text).found(), home.compiled(at, form, &once).found());
            let (before_said, after_said) = (said(&before), said(&after));
            // What stands in two places by an alias is found in one.
            let once_each = form == Form::Yaml && before_said.keys().eq(after_said.keys());
            assert!(
                once_each || before_said == after_said,
                "findings after it is formatted: `{once}`\n{before:?}\n{after:?}"
            );
            notes.found(&before);
        }
    });
}

/// Shapes of lines: what stands beside what.
pub fn seen(notes: &mut Notes, text: &str) {
    for line in text.lines() {
        let shape: String = line.chars().map(|c| if c.is_alphanumeric() || c == '_' { 'a' } else { c }).fold(
            String::new(),
            |mut shape, c| {
                if !(shape.ends_with(c) && matches!(c, 'a' | ' ')) {
                    shape.push(c);
                }
                shape
            },
        );
        if shape.len() < 30 {
            notes.saw(shape);
        }
    }
}
