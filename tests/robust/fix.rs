//! Fixes: each mends what it is for, brings no new error, and keeps the rest; all together come to an end.

use std::collections::{BTreeMap, BTreeSet};

use strowger::base::diagnostic::{Diagnostic, Edit, Fix, Severity};
use strowger::lint::{edits, pages};

use super::check::{judged, sources};
use super::corpus::{Corpus, Kind, Sample, flows, read};
use super::shake::{Notes, shake_flows};

/// Rounds of fixing until nothing more is fixed.
const ROUNDS: usize = 30;

/// What `strowger lint` finds in a text, and the number of errors of reading it.
fn findings(corpus: &Corpus, sample: &Sample, text: &str) -> (usize, Vec<Diagnostic>) {
    let home = corpus.home(sample);
    let compiled = home.compiled(sample.at, sample.form, text);
    let unread = compiled.read.iter().filter(|d| d.severity == Severity::Error).count();
    let own = compiled.file;
    let sources = sources(home, sample, text);
    let mut found = judged(home, &sources, &compiled).found;
    found.retain(|d| d.primary.span.file == own);
    (unread, found)
}

/// Errors by their words without the author's, which a fix may change.
fn errors<'a>(found: impl IntoIterator<Item = &'a Diagnostic>) -> BTreeMap<(&'static str, String), usize> {
    let mut counts = BTreeMap::new();
    for finding in found.into_iter().filter(|d| d.severity == Severity::Error) {
        let words: String = finding.message.split('`').step_by(2).collect();
        *counts.entry((finding.rule, words)).or_default() += 1;
    }
    counts
}

/// Errors that were not there before, but those beside the edits: of a statement whose subject is none, lint cannot
/// tell what else is wrong.
fn new_errors(before: &[Diagnostic], after: &[Diagnostic], text: &str, edits: &[&Edit]) -> Vec<(&'static str, String)> {
    let line = |at: u32| text.bytes().take(at as usize).filter(|byte| *byte == b'\n').count();
    let edited: Vec<usize> = edits.iter().map(|e| line(edits::moved(edits, e.span.start)[0])).collect();
    let far = after.iter().filter(|d| !edited.iter().any(|n| n.abs_diff(line(d.primary.span.start)) <= 2));
    let before = errors(before);
    let more = |(key, count): &((&'static str, String), usize)| *count > before.get(key).copied().unwrap_or(0);
    errors(far).into_iter().filter(more).map(|(key, _)| key).collect()
}

/// Whether a text has more errors, or more that keep it from being read: such a fix is refused.
fn worse(before: &(usize, Vec<Diagnostic>), after: &(usize, Vec<Diagnostic>)) -> bool {
    let count = |found: &[Diagnostic]| found.iter().filter(|d| d.severity == Severity::Error).count();
    after.0 > before.0 || count(&after.1) > count(&before.1)
}

/// Whether a finding is gone from its place.
fn mended(which: &Diagnostic, edits: &[&Edit], before: &[Diagnostic], after: &[Diagnostic]) -> bool {
    let places = edits::moved(edits, which.primary.span.start);
    let like = |found: &[Diagnostic]| -> Vec<u32> {
        let same = |d: &&Diagnostic| d.rule == which.rule && d.message == which.message;
        found.iter().filter(same).map(|d| d.primary.span.start).collect()
    };
    let (had, has) = (like(before), like(after));
    has.len() < had.len() || !has.iter().any(|place| places.contains(place))
}

/// A fix by itself; whether it is one that is made.
fn one(corpus: &Corpus, sample: &Sample, text: &str, before: &(usize, Vec<Diagnostic>), which: &Diagnostic) -> bool {
    let Some(fix) = &which.fix else { return false };
    let all: Vec<_> = fix.edits.iter().collect();
    let after = edits::applied(text, &all).unwrap_or_else(|| panic!("edits do not fit: {fix:?}"));
    let left = findings(corpus, sample, &after);
    let (title, rule) = (&fix.title, which.rule);
    let is_mended = mended(which, &all, &before.1, &left.1);
    if fix.safe && before.0 == 0 {
        assert!(is_mended, "a safe fix mends nothing ({rule}): `{title}`: {}\n{after}", which.message);
        let new = new_errors(&before.1, &left.1, &after, &all);
        assert!(new.is_empty(), "a safe fix brings errors ({rule}): `{title}`: {new:?}\n{after}");
    }
    if worse(before, &left) {
        return false;
    }
    // What cannot be read hides what would mend it.
    // Of flows that share a name, lint looks at one.
    let is_double = |d: &Diagnostic| d.rule == "duplicate-name";
    if before.1.iter().any(is_double) {
        return is_mended;
    }
    let of_text = pages::find(rule).is_some_and(|page| page.group() == "text");
    assert!(is_mended || (before.0 > 0 && !of_text), "mends nothing ({rule}): `{title}`: {}\n{after}", which.message);
    if before.0 == 0 && left.0 == 0 {
        others_kept(sample, text, &after, fix);
    }
    is_mended
}

/// Steps that have no edit in them are as they were.
fn others_kept(sample: &Sample, text: &str, after: &str, fix: &Fix) {
    let file = fix.edits.first().map_or_else(Default::default, |edit| edit.span.file);
    let (before, comments, _) = read(sample.form, file, text);
    let (tree, left, _) = read(sample.form, file, after);
    let kept: Vec<_> = flows(&tree).flat_map(|flow| &flow.steps).collect();
    for step in flows(&before).flat_map(|flow| &flow.steps) {
        let touched = |edit: &Edit| edit.span.start <= step.span.end && step.span.start <= edit.span.end;
        // A step that was renamed is named otherwise elsewhere too.
        if !fix.edits.iter().any(touched) {
            assert!(kept.contains(&step), "step {} is not kept: {}\n{after}", step.name.value, fix.title);
        }
    }
    let outside = comments.iter().filter(|comment| {
        !fix.edits.iter().any(|edit| edit.span.start <= comment.span.end && comment.span.start <= edit.span.end)
    });
    let outside: BTreeSet<&str> = outside.map(|comment| comment.text.as_str()).collect();
    let left: BTreeSet<&str> = left.iter().map(|comment| comment.text.as_str()).collect();
    assert!(outside.is_subset(&left), "a comment is not kept: {}\n{after}", fix.title);
}

/// All fixes that go together, round after round, as `strowger lint --fix` takes them, until there are none.
fn all(corpus: &Corpus, sample: &Sample, text: &str, with_unsafe: bool) -> Option<String> {
    let mut text = text.to_owned();
    let mut refused: BTreeSet<String> = BTreeSet::new();
    for _ in 0..ROUNDS {
        let before = findings(corpus, sample, &text);
        let key = |d: &Diagnostic| format!("{} {} {:?}", d.rule, d.message, d.fix);
        let fits =
            |d: &&Diagnostic| d.fix.as_ref().is_some_and(|fix| fix.safe || with_unsafe) && !refused.contains(&key(d));
        let fixes: Vec<&Diagnostic> = before.1.iter().filter(fits).collect();
        let chosen = edits::apart(fixes.iter().filter_map(|d| d.fix.as_ref()));
        let chosen: Vec<_> = fixes.iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(d, _)| *d).collect();
        let Some(first) = chosen.first() else { return Some(text) };
        let tried = |which: &[&Diagnostic]| {
            let together: Vec<_> = which.iter().filter_map(|d| d.fix.as_ref()).flat_map(|fix| &fix.edits).collect();
            let after = edits::applied(&text, &together)?;
            let left = findings(corpus, sample, &after);
            let good = !worse(&before, &left) && which.iter().all(|d| mended(d, &together, &before.1, &left.1));
            good.then_some(after)
        };
        match tried(&chosen).or_else(|| tried(&[first])) {
            Some(after) => text = after,
            None => drop(refused.insert(key(first))),
        }
    }
    None
}

#[test]
fn fixes_of_spoilt_flows_mend() {
    shake_flows(Kind::Both, |corpus, sample, notes: &mut Notes| {
        let Ok(text) = std::str::from_utf8(&sample.bytes) else { return };
        let before = findings(corpus, sample, text);
        notes.found(&before.1);
        let mut fixes: Vec<&Diagnostic> = before.1.iter().filter(|d| d.fix.is_some()).collect();
        // Of a flood a few are enough: each is tried with a text of its own.
        fixes.truncate(12);
        for finding in &fixes {
            let Some(fix) = &finding.fix else { continue };
            notes.saw((finding.rule, &fix.edits.len()));
            let made = one(corpus, sample, text, &before, finding);
            notes.count(match (fix.safe, made) {
                (true, true) => "safe fixes",
                (true, false) => "safe fixes of unread texts that mend nothing",
                (false, true) => "unsafe fixes",
                (false, false) => "refused fixes",
            });
        }
        if !fixes.is_empty() && text.len() < 8_000 {
            let fixed = all(corpus, sample, text, false);
            assert!(fixed.is_some(), "safe fixes come to no end");
            if notes.count_of("all together").is_multiple_of(3) {
                assert!(all(corpus, sample, text, true).is_some(), "fixes come to no end");
            }
            notes.count("all together");
        }
    });
}
