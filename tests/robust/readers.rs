//! What a site has besides flows: its own file, tables, policies, tests and prompts.

use std::collections::BTreeSet;

use strowger::base::diagnostic::{self, Diagnostic};
use strowger::base::span::{FileId, Sources};
use strowger::base::value::Type;
use strowger::flowtest;
use strowger::lint;
use strowger::media::wav;
use strowger::policy::{self, Scope};
use strowger::site as site_file;
use strowger::site::table::{Column, Table};
use strowger::syntax::document;

use super::corpus::{Corpus, Kind};
use super::dice::files;
use super::places::shown;
use super::shake::shake;
use super::words::YAML_WORDS;

#[test]
fn sites_are_checked() {
    let mut samples = files("examples", "strowger.yaml");
    samples.extend(files("tests/site", ".yaml"));
    shake(&samples, YAML_WORDS, |bytes| {
        let (site, found) = site_file::check::check_bytes(FileId(0), bytes);
        assert!(site.is_some() != diagnostic::has_errors(&found));
        shown(FileId(0), bytes, &found);
    });
}

/// Flows on a site whose own file is spoilt.
#[test]
fn flows_are_checked_on_spoilt_sites() {
    let corpus = Corpus::new(Kind::Text);
    let homes: Vec<_> = corpus.homes.iter().filter(|home| home.root.is_some()).collect();
    let read = |home: &&super::corpus::Home| std::fs::read(home.root.as_ref().unwrap().join("strowger.yaml")).unwrap();
    let samples: Vec<Vec<u8>> = homes.iter().map(read).collect();
    let mut turn = 0;
    shake(&samples, YAML_WORDS, |bytes| {
        turn += 1;
        let home = homes[turn % homes.len()];
        let (site, mut found) = site_file::check::check_bytes(FileId(0), bytes);
        let Some(mut site) = site else { return };
        site.prompts.clone_from(&home.site.prompts);
        let policies = home.policies.keys().cloned().collect();
        let prompts = site.prompts.keys().cloned().collect();
        site_file::check::references(&site, &policies, &prompts, &mut found);
        shown(FileId(0), bytes, &found);
        let trees: Vec<_> = home.files.iter().map(|file| file.tree.clone()).collect();
        let (_, found) = lint::compile(&site, &home.policies, &trees);
        let (_, again) = lint::compile(&site, &home.policies, &trees);
        assert_eq!(found, again);
    });
}

#[test]
fn tables_are_read() {
    let mut samples = files("examples", ".csv");
    samples.push(b"number,name,manager,desk\n\"+442079460001\",\"A, \"\"n\"\"\nn\",+442071838750,102\n".to_vec());
    let words =
        ["\"", ",", "\n", "\r\n", "\"\"", "+44", "102", "number", "é", "\0", "\u{feff}", ";", "\t", "-1", "0.5"];
    let columns = [("number", Type::Phone), ("name", Type::Text), ("manager", Type::Phone), ("desk", Type::Extension)];
    let columns: Vec<Column> = columns.map(|(name, ty)| Column { name: name.into(), ty }).into();
    let extensions = BTreeSet::from(["102".into()]);
    shake(&samples, &words, |bytes| {
        let mut table = Table::new(columns.clone().into(), 0, None);
        let mut found = Vec::new();
        table.fill(FileId(0), bytes, &extensions, &mut found);
        shown(FileId(0), bytes, &found);
    });
}

#[test]
fn policies_and_cases_are_read() {
    let mut samples = files("examples/helpdesk/policies", ".yaml");
    samples.extend(files("tests/policy", ".yaml"));
    shake(&samples, YAML_WORDS, |bytes| {
        let (documents, _, mut found) = document::parse_bytes(FileId(0), bytes);
        for document in &documents {
            found.extend(policy::read(document, Scope::Live).1);
            found.extend(policy::read(document, Scope::Table).1);
            found.extend(policy::cases::read(document).1);
        }
        shown(FileId(0), bytes, &found);
    });
}

#[test]
fn call_scripts_are_read() {
    shake(&files("examples", ".test.yaml"), YAML_WORDS, |bytes| {
        let (documents, _, mut found) = document::parse_bytes(FileId(0), bytes);
        found.extend(flowtest::read(&documents).1);
        shown(FileId(0), bytes, &found);
    });
}

#[test]
fn prompts_are_decoded() {
    let mut samples = files("examples", ".wav");
    samples.iter_mut().for_each(|wav| wav.truncate(3_000));
    for sample in samples.clone() {
        for (at, law) in [(20, 6_u8), (20, 7), (20, 3), (22, 2), (34, 8), (34, 24)] {
            let mut other = sample.clone();
            other[at] = law;
            samples.push(other);
        }
    }
    let words = ["RIFF", "WAVE", "fmt ", "data", "LIST", "\0", "\0\0\0\u{7f}", "\u{1}\0", "\u{10}\0\0\0"];
    shake(&samples, &words, |bytes| match wav::decode(bytes) {
        Ok(samples) => assert!(!samples.is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    });
}

/// The labels of a hostile line stand under the same columns as those of a harmless one.
#[test]
fn what_steers_a_terminal_is_shown_as_a_mark() {
    let draw = |name: &str, text: &str, word: &str| {
        let mut sources = Sources::default();
        let file = sources.add(name, text);
        let at = text.find("here").unwrap();
        let place = strowger::base::span::Span::new(file, at, at + 4);
        let found = Diagnostic::error("r", place, format!("`{word}` is wrong"))
            .label(word)
            .help(format!("not {word}"))
            .path(vec![word.to_owned()]);
        diagnostic::render(&found, &sources, false, 100)
    };
    let bad = "\u{1b}]0;x\u{7}\u{9b}2J\u{202e}\u{feff}\r.";
    let mark = "?]0;x?\u{bf}2J\u{fffd}\u{fffd}?.";
    assert_eq!(diagnostic::visible(bad), mark);
    assert_eq!(bad.len(), mark.len());
    assert_eq!(diagnostic::visible("a\r\n\tb é"), "a\r\n\tb é");
    let text = |word: &str| format!("play \"{word}\" // here\n");
    assert_eq!(draw(bad, &text(bad), bad), draw(mark, &text(mark), mark));
}

/// Of many findings the first are shown, and of those the errors.
#[test]
fn a_flood_of_findings_is_cut() {
    let place = |file, at| strowger::base::span::Span::new(FileId(file), at, at + 1);
    let mut found: Vec<Diagnostic> = (0..500).map(|at| Diagnostic::warning("w", place(0, at), "w")).collect();
    found.extend((500..530).map(|at| Diagnostic::error("e", place(0, at), "e")));
    found.extend((0..300).map(|at| Diagnostic::error("e", place(1, at), "e")));
    found.push(Diagnostic::warning("w", place(1, 300), "w"));
    found.push(Diagnostic::warning("w", place(2, 0), "w"));
    let first = diagnostic::first(&found);
    let count = |file, rule| first.iter().filter(|d| d.primary.span.file == FileId(file) && d.rule == rule).count();
    assert_eq!((count(0, "w"), count(0, "e"), count(1, "w"), count(1, "e"), count(2, "w")), (70, 30, 0, 100, 1));
    assert!(first.is_sorted_by_key(|d| d.primary.span));
}

/// A name may be as long as a file: a message tells the beginning of it.
#[test]
fn a_long_word_is_cut() {
    let place = strowger::base::span::Span::default();
    let long = "é".repeat(3_000);
    let words = format!("no `{long}` and no `b`");
    let found = Diagnostic::error("r", place, words.as_str())
        .label(words.as_str())
        .help(words.as_str())
        .also(place, words.as_str())
        .path(vec![long.clone(), "b".to_owned()]);
    let cut = format!("no `{}...` and no `b`", "é".repeat(400));
    assert_eq!(found.message, cut);
    assert_eq!((found.primary.text.as_str(), found.help.as_deref()), (cut.as_str(), Some(cut.as_str())));
    assert_eq!(found.secondary[0].text, cut);
    assert_eq!(found.path, [format!("{}...", "é".repeat(400)), "b".to_owned()]);
    // Help of our own is long as a whole, and stays as it is.
    let help = "`a`, ".repeat(200);
    assert_eq!(Diagnostic::error("r", place, help.as_str()).message, help);
}
