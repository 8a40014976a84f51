//! Every fix, of every example of every rule, in both spellings: applied, it removes its finding and adds none. What
//! each changes is in `fixes.diff`; `BLESS=1` rewrites it.

use std::collections::BTreeMap;

use strowger::base::diagnostic::{Diagnostic, Fix};
use strowger::base::span::Sources;
use strowger::base::suggest;
use strowger::fmt::{Form, convert};
use strowger::lint::pages::{self, About};
use strowger::lint::{self, Fingerprint, Places, Remedies, Terms};
use strowger::step::registry::setting_order;
use strowger::syntax::{parse, yaml};

use crate::flow::site::{policies, site};
use crate::syntax::golden;

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
    judged.found.into_iter().map(|d| (places.fingerprint(&d), d)).collect()
}

fn applied(text: &str, fix: &Fix) -> String {
    let mut text = text.to_owned();
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    for edit in edits {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    text
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
const MORE: [&str; 7] = [
    "flow main {\n  step start { answer  hangup }\n  /// An old one.\n  /// With two lines.\n  step old {\n    hangup\n  }\n}\n",
    "flow main {\n  step start { answer  hangup } step old { hangup }\n}\n",
    "flow main {\n  step start {\n    answer\n    hangup\n    hangup\n  }\n}\n",
    "flow main {\n  failed -> bye\n  step start { answer  transfer to user us_dana { unanswered, full, refused -> bye } }\n  step bye { hangup }\n}\n",
    "flow main {\n  step start { answer  transfer to user us_dana }\n}\n",
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
