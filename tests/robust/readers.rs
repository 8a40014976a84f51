//! Flows, YAML, sites, policies, tests and prompts.

use strowger::base::diagnostic::{self, Diagnostic};
use strowger::base::span::{FileId, Sources};
use strowger::flowtest;
use strowger::fmt::{self, Form, FormatError};
use strowger::lint;
use strowger::media::wav;
use strowger::policy::{self, Scope};
use strowger::site as site_file;
use strowger::syntax::document;
use strowger::syntax::parse::parse_flow_bytes;
use strowger::syntax::yaml::parse_yaml_flow_bytes;

use super::dice::{files, shake};
use crate::flow::site::{policies, site};

pub const FLOW_WORDS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "${",
    "->",
    ",",
    ":",
    "=",
    "==",
    "//",
    "///",
    "\n",
    "\r\n",
    "\t",
    "\u{202e}",
    "é",
    "flow ",
    "step ",
    "var ",
    "guard ",
    "language ",
    "answer\n",
    "play ",
    "menu ",
    "collect ",
    "if (",
    "else ",
    "switch ",
    "goto ",
    "hangup\n",
    "transfer blind to number ",
    "transfer to user ",
    "transfer to queue ",
    "set ",
    "wait ",
    "1m",
    "20s",
    "otherwise",
    "timeout",
    "1",
    "99999999999999999999",
    "-1",
    "0.5",
    "true",
    "call.caller",
    "digits",
    "text",
    "secret",
    "const ",
    "enum ",
    "\\u{1b}",
    "\\\"",
    "// allow(unknown-name) until 2026-12-31: x\n",
    "x.y.z(",
    "in ",
    "..",
    "!",
    "&&",
];
pub const YAML_WORDS: &[&str] = &[
    "\n",
    "\n  ",
    "\n    - ",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "---\n",
    "...\n",
    "# ",
    "|\n",
    ">-\n",
    "\\x1b",
    "\\u202e",
    "? ",
    "%YAML 1.2\n",
    "\t",
    "null",
    "~",
    "true",
    "1e999",
    "0x7fffffffffffffff",
    "99999999999999999999",
    ".inf",
    "flow: ",
    "steps: ",
    "if: ",
    "menu: ",
    "play: ",
    "fraud_policy: ",
    "allow_numbers: ",
    "users: ",
    "queues: ",
    "numbers: ",
    "trunks: ",
    "listen: ",
    "env:X",
    "udp:[::1]:0",
    "127.0.0.1/33",
    "+1",
    "2*",
    "é",
];

/// Every place lies within the text, every message can be shown, and a terminal is not commanded by it.
pub fn shown(bytes: &[u8], found: &[Diagnostic]) {
    let mut sources = Sources::default();
    sources.add("spoilt", String::from_utf8_lossy(bytes));
    for finding in found {
        for span in finding.secondary.iter().map(|l| l.span).chain([finding.primary.span]) {
            assert!(span.file != FileId(0) || span.start <= span.end, "{}: {span:?}", finding.message);
            assert!(span.file != FileId(0) || span.end as usize <= bytes.len(), "{}: {span:?}", finding.message);
        }
        assert!(!finding.message.is_empty());
        assert!(finding.message.len() < 1_000, "{}", finding.message);
    }
    if let Some(first) = found.first().filter(|_| bytes.len() < 4_000) {
        let text = diagnostic::render(first, &sources, false, 100);
        let bad = |c: &char| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || *c == '\u{202e}';
        assert!(!text.contains(|c| bad(&c)), "{}", text.escape_debug());
    }
}

pub fn flows() -> Vec<Vec<u8>> {
    let mut all = files("tests/syntax/good", ".flow");
    all.extend(files("tests/lint", ".flow"));
    all.extend(files("tests/flow", ".flow"));
    all.extend(files("examples", ".flow"));
    all.extend(files("flows", ".flow"));
    all.extend(files("tests/exchange/office", ".flow"));
    all
}

pub fn yaml_flows() -> Vec<Vec<u8>> {
    let mut all = files("tests/syntax/good", ".flow.yaml");
    all.extend(files("tests/syntax/converted", ".yaml"));
    // What can be compiled: the flows of the rules' pages in this form.
    let order = strowger::step::registry::setting_order;
    for text in files("tests/lint", ".flow").into_iter().chain(files("examples", ".flow")) {
        let text = String::from_utf8(text).unwrap();
        all.extend(fmt::convert(&text, Form::Flow, Form::Yaml, &order).map(|c| c.text.into_bytes()));
    }
    all
}

#[test]
fn flows_are_read() {
    shake(&flows(), FLOW_WORDS, |bytes| shown(bytes, &parse_flow_bytes(FileId(0), bytes).1));
}

#[test]
fn yaml_flows_are_read() {
    shake(&yaml_flows(), YAML_WORDS, |bytes| shown(bytes, &parse_yaml_flow_bytes(FileId(0), bytes).1));
}

#[test]
fn flows_are_compiled() {
    let (site, policies) = (site(), policies());
    shake(&flows(), FLOW_WORDS, |bytes| {
        let (tree, mut found) = parse_flow_bytes(FileId(0), bytes);
        found.extend(lint::compile(&site, &policies, &[tree]).1);
        shown(bytes, &found);
    });
}

#[test]
fn flows_are_formatted_and_converted() {
    let order = strowger::step::registry::setting_order;
    shake(&flows(), FLOW_WORDS, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        match fmt::format_flow(text, &order) {
            Ok(once) => {
                assert_eq!(fmt::format_flow(&once, &order).as_deref(), Ok(once.as_str()), "{text}");
                let there = match fmt::convert(text, Form::Flow, Form::Yaml, &order) {
                    Ok(there) => there,
                    // Two steps or settings of one name: lint's business in a flow, no map in YAML.
                    Err(FormatError::Changed(what)) if what.contains("twice in one map") => return,
                    Err(error) => panic!("{error}\n{text}"),
                };
                fmt::convert(&there.text, Form::Yaml, Form::Flow, &order)
                    .unwrap_or_else(|e| panic!("{e}\n{text}\n{}", there.text));
            }
            Err(FormatError::Syntax(found)) => assert!(!found.is_empty()),
            Err(FormatError::Changed(what)) => panic!("{what}\n{text}"),
        }
    });
}

#[test]
fn yaml_flows_are_formatted_and_converted() {
    let order = strowger::step::registry::setting_order;
    shake(&yaml_flows(), YAML_WORDS, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        match fmt::format_yaml(text, &order) {
            Ok(once) => {
                assert_eq!(fmt::format_yaml(&once, &order).as_deref(), Ok(once.as_str()), "{text}");
                fmt::convert(text, Form::Yaml, Form::Flow, &order).unwrap_or_else(|e| panic!("{e}\n{text}"));
            }
            Err(FormatError::Syntax(found)) => assert!(!found.is_empty()),
            Err(FormatError::Changed(what)) => panic!("{what}\n{text}"),
        }
    });
}

#[test]
fn sites_are_checked() {
    let mut samples = files("examples", "strowger.yaml");
    samples.extend(files("tests/site", ".yaml"));
    shake(&samples, YAML_WORDS, |bytes| {
        let (site, found) = site_file::check::check_bytes(FileId(0), bytes);
        assert!(site.is_some() != diagnostic::has_errors(&found));
        shown(bytes, &found);
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
        shown(bytes, &found);
    });
}

#[test]
fn call_scripts_are_read() {
    shake(&files("examples", ".test.yaml"), YAML_WORDS, |bytes| {
        let (documents, _, mut found) = document::parse_bytes(FileId(0), bytes);
        found.extend(flowtest::read(&documents).1);
        shown(bytes, &found);
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
