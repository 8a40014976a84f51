//! Every name that a finding can have has a page, and its examples show what it says.

use std::collections::BTreeSet;

use strowger::base::diagnostic::{Diagnostic, Severity};
use strowger::base::span::{FileId, Sources};
use strowger::lint::pages::{self, About, Firmness, Page};
use strowger::lint::{self, Places, Terms, registry};
use strowger::policy::{self, Scope};
use strowger::site::check::check_bytes;
use strowger::site::model::LevelSetting;
use strowger::syntax::{document, parse};

use crate::flow::site::{policies, site};
use crate::syntax::rendered;

/// Modules whose findings `lint` or `test` shows.
const SOURCES: [&str; 13] = [
    "base",
    "check",
    "expr",
    "flowtest",
    "fmt",
    "graph",
    "lint",
    "policy",
    "resolve",
    "site",
    "step",
    "syntax",
    "workspace",
];
/// Words that look like the name of a rule and are none.
const NO_RULES: [&str; 2] = ["phone-context", "voice-team"];

/// What a site file lacks that a page shows in part.
const HEAD: &str = "strowger: 1\nsite: acme\nlisten: {sip: [\"udp:127.0.0.1:5060\"]}\n";

fn rust_files(folder: &std::path::Path, out: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// Every text of the form `two-words` in the code of a module, comments and examples apart.
fn names_in_sources() -> BTreeSet<String> {
    let mut files = Vec::new();
    for module in SOURCES {
        rust_files(&std::path::Path::new(super::ROOT).join("src").join(module), &mut files);
    }
    assert!(files.len() > 100, "the sources were found");
    let mut names = BTreeSet::new();
    for path in files {
        let text = std::fs::read_to_string(path).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let words = line.split('"').skip(1).step_by(2).filter(|word| is_name(word));
            names.extend(words.map(str::to_owned));
        }
    }
    names
}

fn is_name(word: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    word.contains('-') && word.split('-').all(part)
}

#[test]
fn every_name_that_a_finding_can_have_has_a_page() {
    let names = names_in_sources();
    assert!(names.contains("unknown-key") && names.contains("unreachable-step"), "the names were found");
    let without: Vec<&String> = names
        .iter()
        .filter(|name| !NO_RULES.contains(&name.as_str()) && pages::find(name).is_none())
        // A rule that is not there yet cannot be set aside either.
        .filter(|name| pages::firmness(name) != Firmness::Safety)
        .collect();
    assert!(without.is_empty(), "no page for {without:?}: write one in src/lint/pages or src/lint/rules");
    let unused: Vec<&str> = pages::names().filter(|name| name.contains('-') && !names.contains(*name)).collect();
    assert!(unused.is_empty(), "nothing reports {unused:?}");
}

#[test]
fn pages_are_whole_and_their_names_are_used_once() {
    let mut seen = BTreeSet::new();
    for page in pages::all() {
        assert!(seen.insert(page.name), "{} has two pages", page.name);
        for text in [page.what, page.why, page.remedy] {
            assert!(text.ends_with('.') && text.len() > 10, "{}: {text}", page.name);
        }
        assert!(!page.good.is_empty() || page.about == About::Folder, "{} has no example", page.name);
    }
    assert!(seen.len() > 90, "{}", seen.len());
    for rule in ["unguarded-external-leg", "caller-controlled-destination", "emergency-blocked"] {
        assert_eq!(pages::firmness(rule), Firmness::Safety);
    }
}

fn findings(page: &Page, text: &str) -> Vec<Diagnostic> {
    let file = FileId(0);
    match page.about {
        About::Flow => flow_findings(text),
        About::Policy => {
            let (nodes, _, mut found) = document::parse(file, text);
            for node in &nodes {
                let (policy, more) = policy::read(node, Scope::Live);
                found.extend(policy.iter().flat_map(|policy| policy.overlaps(node.span)));
                found.extend(more);
            }
            found
        }
        About::Whole => check_bytes(file, text.as_bytes()).1,
        About::Site => {
            let key = |line: &str| line.split(':').next().unwrap_or("").to_owned();
            let head: String =
                HEAD.lines().filter(|h| !text.lines().any(|l| key(l) == key(h))).map(|h| format!("{h}\n")).collect();
            let (site, mut found) = check_bytes(file, format!("{head}{text}").as_bytes());
            let levels: Vec<LevelSetting> = site.map(|s| s.levels).unwrap_or_default();
            let terms = Terms { levels: &levels, ..Terms::default() };
            found.extend(lint::judge(Vec::new(), terms, &Sources::default(), &Places::default()).found);
            found
        }
        About::Folder => Vec::new(),
    }
}

/// As `strowger lint` finds them on a day in 2026.
fn flow_findings(text: &str) -> Vec<Diagnostic> {
    let mut sources = Sources::default();
    let file = sources.add("flow", text);
    let (tree, comments, read) = parse::parse_with_comments(file, text);
    let files = [tree];
    let (_, compiled) = lint::compile(&site(), &policies(), &files);
    let found = lint::join(&files, read, compiled);
    let terms = Terms { comments: &[(file, comments)], today: lint::suppress::day("2026-05-01"), ..Terms::default() };
    let mut found = lint::judge(found, terms, &sources, &Places::of(&files)).found;
    // Style is not what these examples are about.
    found.retain(|d| d.severity > Severity::Info);
    found
}

#[test]
fn examples_of_pages_show_what_they_say() {
    let mut wrong = Vec::new();
    for page in pages::all().filter(|page| registry::find(page.name).is_none()) {
        let found = findings(&page, page.good);
        if !found.is_empty() {
            wrong.push(format!("{}: right is wrong:\n{}", page.name, rendered("good", page.good, &found)));
        }
        let found = findings(&page, page.bad);
        if !page.bad.is_empty() && !found.iter().any(|d| d.rule == page.name && d.severity == page.level) {
            wrong.push(format!("{}: wrong is not found:\n{}", page.name, rendered("bad", page.bad, &found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
