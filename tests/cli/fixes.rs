//! Every fix, of every example of every rule, in both spellings: applied, it removes its finding and adds none. What
//! each changes is in `fixes.diff`; `BLESS=1` rewrites it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use strowger::base::diagnostic::{Diagnostic, Edit, Fix, Severity};
use strowger::base::span::{FileId, Sources, Span};
use strowger::base::suggest;
use strowger::fmt::{Form, convert};
use strowger::lint::pages::{self, About};
use strowger::lint::{self, Fingerprint, Places, Remedies, Terms, edits};
use strowger::step::registry::setting_order;
use strowger::syntax::{parse, yaml};

use crate::flow::site::{policies, site};
use crate::syntax::{fixtures, golden};

/// What `strowger lint` finds in one file of flows, with its fixes.
fn findings(form: Form, text: &str) -> Vec<(Fingerprint, Diagnostic)> {
    let mut sources = Sources::default();
    let name = if form == Form::Flow { "a.flow" } else { "a.flow.yaml" };
    let file = sources.add(name, text);
    let (tree, comments, read) = match form {
        Form::Flow => parse::parse_with_comments(file, text),
        Form::Yaml => yaml::parse_with_comments(file, text),
    };
    let files = [tree];
    let (_, compiled) = lint::compile(&site(), &policies(), &files);
    let mut found = lint::join(&files, read, compiled);
    Remedies { files: &files, sources: &sources, policy: Some("standard") }.attach(&mut found);
    let places = Places::of(&files);
    let terms = Terms { comments: &[(file, comments)], today: lint::suppress::day("2026-05-01"), ..Terms::default() };
    let judged = lint::judge(found, terms, &sources, &places);
    // Hints about style come and go with every change.
    let weighs = |d: &Diagnostic| d.severity > Severity::Info || d.fix.is_some();
    judged.found.into_iter().filter(weighs).map(|d| (places.fingerprint(&d), d)).collect()
}

fn applied(text: &str, fix: &Fix) -> String {
    edits::applied(text, &fix.edits.iter().collect::<Vec<_>>()).unwrap()
}

fn counts(found: &[(Fingerprint, Diagnostic)]) -> BTreeMap<&Fingerprint, usize> {
    let mut counts = BTreeMap::new();
    for (fingerprint, _) in found {
        *counts.entry(fingerprint).or_default() += 1;
    }
    counts
}

/// Applies each fix of a text by itself; gives what went wrong, and what each changed.
fn try_each(form: Form, text: &str, wrong: &mut Vec<String>) -> Vec<(&'static str, String)> {
    let before = findings(form, text);
    let had = counts(&before);
    let mut told = Vec::new();
    for (own, finding) in &before {
        let Some(fix) = &finding.fix else { continue };
        let mended = applied(text, fix);
        let after = findings(form, &mended);
        let has = counts(&after);
        let mut problem = |what: String| wrong.push(format!("{}: {}: {what} in\n{mended}", finding.rule, fix.title));
        if has.get(own).copied().unwrap_or(0) >= had[own] {
            problem("mends nothing".to_owned());
        }
        for (new, count) in &has {
            if *count > had.get(new).copied().unwrap_or(0) {
                problem(format!("adds {}: {}", new.rule, new.message));
            }
        }
        let diff = similar::TextDiff::from_lines(text, &mended).unified_diff().context_radius(0).to_string();
        let safe = if fix.safe { "safe" } else { "unsafe" };
        told.push((finding.rule, format!("{}: {} ({safe})\n{diff}\n", finding.rule, fix.title)));
    }
    told
}

/// Beyond the examples of the rules: each place where something is cut out or put in.
const MORE: [&str; 6] = [
    "flow main {\n  step start { answer  hangup }\n  /// An old one.\n  /// With two lines.\n  step old {\n    hangup\n  }\n}\n",
    "flow main {\n  step start { answer  hangup } step old { hangup }\n}\n",
    "flow main {\n  step start {\n    answer\n    hangup\n    hangup\n  }\n}\n",
    "flow main {\n  failed -> bye\n  step start { answer  transfer to user us_dana { unanswered, full, refused -> bye } }\n  step bye { hangup }\n}\n",
    "flow main {\n  step start {\n    answer\n    transfer to user us_dana { unanswered -> bye\n      full -> bye\n      otherwise -> bye }\n  }\n  step bye { hangup }\n}\n",
    "flow main {\n  step start { answer  transfer to number \"+442071838750\" { otherwise { hangup } } }\n}\n",
];

#[test]
fn every_fix_removes_its_finding_and_adds_none() {
    let mut wrong = Vec::new();
    let mut told: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let examples = pages::all().filter(|page| page.about == About::Flow).map(|page| page.bad);
    for text in examples.chain(MORE) {
        // The marks of examples are no part of the flow.
        let text: String = text.lines().map(|l| format!("{}\n", l.split("//~").next().unwrap().trim_end())).collect();
        for (rule, text) in try_each(Form::Flow, &text, &mut wrong) {
            told.entry(rule).or_default().push(text);
        }
        if let Ok(converted) = convert(&text, Form::Flow, Form::Yaml, &setting_order) {
            try_each(Form::Yaml, &converted.text, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(told.len() >= 15, "rules with a fix: {:?}", told.keys());
    golden("tests/cli/fixes.diff", &told.into_values().flatten().collect::<String>());
}

#[test]
fn a_suggestion_is_read_back() {
    for (word, known) in [("plya", "play"), ("us_dna", "us_dana")] {
        let message = format!("flow `main` has no user `{word}`{}", suggest::did_you_mean(word, [known]));
        assert_eq!(suggest::suggested(&message, None), Some((word, known)));
    }
    assert_eq!(suggest::suggested("found `x`", Some("did you mean `y`?")), Some(("x", "y")));
    assert_eq!(suggest::suggested("nothing of the kind", Some("write `y`")), None);
}

fn edit(start: usize, end: usize, text: &str) -> Edit {
    Edit { span: Span::new(FileId(0), start, end), text: text.to_owned() }
}

fn fix(edits: &[Edit]) -> Fix {
    Fix { title: "a fix".to_owned(), edits: edits.to_vec(), safe: true }
}

#[test]
fn edits_that_overlap_are_not_applied_together() {
    let cases: [(&[Edit], bool); 8] = [
        (&[edit(0, 2, "a")], true),
        (&[edit(2, 4, "b")], true),                   // touches the first
        (&[edit(1, 3, "c")], false),                  // reaches into both
        (&[edit(0, 0, "d")], false),                  // begins where the first does: no order
        (&[edit(4, 4, "e")], true),                   // goes between
        (&[edit(4, 4, "f")], false),                  // twice at one place
        (&[edit(6, 7, "g"), edit(0, 1, "h")], false), // one of its two overlaps
        (&[edit(6, 7, "i")], true),                   // so that its other is free still
    ];
    let fixes: Vec<Fix> = cases.iter().map(|(edits, _)| fix(edits)).collect();
    let chosen = edits::apart(&fixes);
    assert_eq!(chosen, cases.map(|(_, wanted)| wanted));
    let taken: Vec<&Edit> = fixes.iter().zip(chosen).filter(|(_, c)| *c).flat_map(|(f, _)| &f.edits).collect();
    assert_eq!(edits::applied("0123456789", &taken).unwrap(), "abe45i789");
    assert_eq!(edits::applied("0123", &[&edit(2, 9, "")]), None, "beyond the text");
    assert_eq!(edits::applied("0é23", &[&edit(2, 3, "")]), None, "within a character");
    assert_eq!(edits::applied("0123", &[&edit(0, 2, ""), &edit(1, 3, "")]), None, "one over the other");
}

/// Leaves one line out of each flow there is: all fixes of what is left, applied together, are within the text, and
/// what comes out is read without a panic.
#[test]
fn all_fixes_of_any_text_can_be_applied() {
    let mut applied = 0;
    for (_, text) in ["tests/syntax/bad", "tests/flow"].into_iter().flat_map(|folder| fixtures(folder, "flow")) {
        let lines: Vec<&str> = text.lines().collect();
        for left_out in 0..lines.len() {
            let rest: Vec<&str> = lines.iter().enumerate().filter(|(n, _)| *n != left_out).map(|(_, l)| *l).collect();
            let rest = rest.join("\n");
            let fixes: Vec<Fix> = findings(Form::Flow, &rest).into_iter().filter_map(|(_, d)| d.fix).collect();
            let chosen = edits::apart(&fixes);
            let taken: Vec<&Edit> = fixes.iter().zip(chosen).filter(|(_, c)| *c).flat_map(|(f, _)| &f.edits).collect();
            if !taken.is_empty() {
                applied += taken.len();
                findings(Form::Flow, &edits::applied(&rest, &taken).unwrap());
            }
        }
    }
    assert!(applied > 100, "{applied}");
}
