//! Checking and linting: never a panic, the same findings each time, and every place is one.

use strowger::base::diagnostic::{Severity, has_errors};
use strowger::base::span::Sources;
use strowger::fmt::Form;
use strowger::lint::{self, Aim, Places, Remedies, Terms};
use strowger::workspace::Threads;

use super::corpus::{Compiled, Home, Kind, Sample};
use super::places;
use super::shake::{Notes, shake_flows};

/// The texts of a home with one of them spoilt, by the names that they have there.
pub fn sources(home: &Home, sample: &Sample, text: &str) -> Sources {
    let mut sources = Sources::default();
    if home.root.is_none() {
        sources.add(if sample.form == Form::Flow { "a.flow" } else { "a.flow.yaml" }, text);
        return sources;
    }
    let own = home.file(sample.at);
    for n in 0.. {
        let file = strowger::base::span::FileId(n);
        let Some(source) = home.sources.get(file) else { break };
        if file == own {
            sources.add(if sample.form == Form::Flow { "a.flow" } else { "a.flow.yaml" }, text);
        } else {
            sources.add(source.name.clone(), source.text.clone());
        }
    }
    sources
}

/// All that a person is shown of it, in the end; with the fixes.
pub fn judged(home: &Home, sources: &Sources, compiled: &Compiled) -> lint::Judged {
    let mut found = compiled.found();
    let policy = home.policies.keys().next().map(AsRef::as_ref);
    Remedies { files: &compiled.trees, sources, policy }.attach(&mut found);
    let comments = [(compiled.file, compiled.comments.clone())];
    let terms = Terms { comments: &comments, today: lint::suppress::day("2026-05-01"), ..Terms::default() };
    lint::judge(found, terms, sources, &Places::of(&compiled.trees))
}

#[test]
fn flows_are_checked() {
    shake_flows(Kind::Both, |corpus, sample, notes| {
        let text = String::from_utf8_lossy(&sample.bytes);
        let home = corpus.home(sample);
        let compiled = home.compiled(sample.at, sample.form, &text);
        noted(&compiled, notes);
        places::shown(compiled.file, text.as_bytes(), &compiled.read);
        places::shown(compiled.file, text.as_bytes(), &compiled.compiled);
        for finding in &compiled.compiled {
            for label in finding.secondary.iter().chain([&finding.primary]) {
                let span = label.span;
                let other = span.file != compiled.file;
                let source = home.sources.get(span.file).filter(|_| other);
                let is_place = |text: &str| text.get(span.start as usize..span.end as usize).is_some();
                assert!(!other || source.is_some_and(|s| is_place(&s.text)) || home.root.is_none(), "{finding:?}");
            }
        }
        let sources = sources(home, sample, &text);
        let judged = judged(home, &sources, &compiled);
        places::shown(compiled.file, text.as_bytes(), &judged.found);
        notes.found(&judged.found);
        if text.len() < 8_000 {
            let (_, again) = lint::compile_by(&Threads, Aim::Findings, &home.site, &home.policies, &compiled.trees);
            assert_eq!(compiled.compiled, again, "found twice");
        }
    });
}

/// How far a sample got.
pub fn noted(compiled: &Compiled, notes: &mut Notes) {
    if has_errors(&compiled.read) {
        return;
    }
    notes.count("read whole");
    if !has_errors(&compiled.compiled) {
        notes.count("no errors");
        if compiled.compiled.iter().all(|d| d.severity == Severity::Info) {
            notes.count("clean");
        }
    }
}
