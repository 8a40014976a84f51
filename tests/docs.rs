//! The documents: every example in `docs/*.md` is read as what it shows, and the tables that come
//! from declarations are those of the declarations.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that meets what it did not expect shall fail there"
)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use strowger::base::diagnostic::Diagnostic;
use strowger::base::span::FileId;
use strowger::call::leg::Name;
use strowger::expr::FUNCTIONS;
use strowger::expr::names::{FieldDecl, ROOTS, Shape};
use strowger::flowtest;
use strowger::lint;
use strowger::policy::keys::{Enforced, KEYS};
use strowger::policy::{self, Policy, Scope};
use strowger::site;
use strowger::site::model::NumberPlan;
use strowger::step::decl::{Decl, Outcome, Preset, Setting, TargetKind, When};
use strowger::step::registry;
use strowger::syntax::parse::parse_flow;
use strowger::syntax::{ast, document, yaml};

use crate::flow::site::{policies, site};
use crate::syntax::{golden, rendered};

const PAGES: [&str; 3] = ["docs/site.md", "docs/flows.md", "docs/tests.md"];
/// What a fragment of a site file lacks.
const HEAD: [&str; 3] = ["strowger: 1\n", "site: docs\n", "listen: {sip: [\"udp:127.0.0.1:5060\"]}\n"];

fn page(path: &str) -> String {
    std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// One fenced example: its language, its line and its text without the indent of the fence.
struct Example {
    language: String,
    line: usize,
    text: String,
}

fn examples(page: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut open: Option<(usize, Example)> = None;
    for (line, text) in (1..).zip(page.lines()) {
        let bare = text.trim_start();
        match (&mut open, bare.strip_prefix("```")) {
            (Some(_), Some(_)) => found.extend(open.take().map(|(_, example)| example)),
            (None, Some(language)) => {
                let example = Example { language: language.to_owned(), line, text: String::new() };
                open = Some((text.len() - bare.len(), example));
            }
            (Some((indent, example)), None) => {
                example.text.push_str(text.get(*indent..).unwrap_or(""));
                example.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "an example is not closed");
    found
}

fn policy_of(text: &str) -> (Option<Policy>, Vec<Diagnostic>) {
    let (nodes, _, mut found) = document::parse(FileId(0), text);
    let (policy, more) = policy::read(&nodes[0], Scope::Live);
    found.extend(more);
    (policy, found)
}

/// A key of the site file, or the whole of it.
fn site_findings(text: &str) -> Vec<Diagnostic> {
    let key = |line: &str| line.split(':').next().unwrap_or("").to_owned();
    let mut whole: String =
        HEAD.iter().filter(|head| !text.lines().any(|line| key(line) == key(head))).copied().collect();
    whole.push_str(text);
    site::check::check_bytes(FileId(0), whole.as_bytes()).1
}

fn flow_findings(
    (file, read): (ast::File, Vec<Diagnostic>),
    policies: &BTreeMap<Name, Arc<Policy>>,
) -> Vec<Diagnostic> {
    let files = [file];
    let mut site = site();
    // The flows of an example have names of their own.
    site.numbers = NumberPlan::default();
    let (_, compiled) = lint::compile(&site, policies, &files);
    lint::join(&files, read, compiled)
}

/// A scripted call of a document is about the help desk, or the site that it says it is of, and passes there.
fn played(text: &str) -> Vec<Diagnostic> {
    let site = text.lines().find_map(|line| line.strip_prefix("# of ")).unwrap_or("examples/helpdesk");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(site);
    let (plan, _, _) = strowger::workspace::load(&root).check(1);
    let (documents, _, mut found) = document::parse(FileId(0), text);
    let (scripts, more) = flowtest::read(&documents);
    found.extend(more);
    let suite = flowtest::run_all(&Arc::new(plan.unwrap()), scripts);
    let failures = suite.tests.into_iter().filter_map(|test| test.failure);
    found.extend(failures.map(|f| Diagnostic::error("test-failed", f.span, f.message)));
    found
}

fn check(path: &str) -> usize {
    let page = page(path);
    let examples = examples(&page);
    let mut known = policies();
    for example in examples.iter().filter(|e| e.text.starts_with("fraud_policy:")) {
        // One with mistakes is reported below.
        let Some(policy) = policy_of(&example.text).0 else { continue };
        known.entry(Name::from(policy.id.as_str())).or_insert(Arc::new(policy));
    }
    let mut checked = 0;
    for Example { language, line, text } in &examples {
        let found = match language.as_str() {
            "flow" => flow_findings(parse_flow(FileId(0), text), &known),
            "yaml" if text.starts_with("fraud_policy:") => policy_of(text).1,
            "yaml" if text.starts_with("flow:") => flow_findings(yaml::parse_yaml_flow(FileId(0), text), &known),
            "yaml" if text.starts_with("test:") => played(text),
            "yaml" => site_findings(text),
            "text" | "sh" => continue,
            other => panic!("{path}:{line}: nothing checks examples of `{other}`"),
        };
        // An example shows one thing; whether callers would like it, and taste, are others.
        let beside = |d: &Diagnostic| {
            let group = lint::registry::find(d.rule).map(|rule| rule.group);
            matches!(group, Some(lint::registry::Group::Experience | lint::registry::Group::Style))
        };
        let found: Vec<Diagnostic> = found.into_iter().filter(|d| !beside(d)).collect();
        assert!(found.is_empty(), "{path}:{line}:\n{}", rendered(path, text, &found));
        checked += 1;
    }
    checked
}

#[test]
fn every_example_is_right() {
    assert!(check(PAGES[0]) >= 10);
    assert!(check(PAGES[1]) >= 3);
    assert!(check(PAGES[2]) >= 2);
}

/// A document is as the declarations say, between `<!-- NAME -->` and `<!-- end -->`.
fn derived(path: &str, name: &str, text: &str) {
    let page = page(path);
    let begin = format!("<!-- {name} -->\n");
    let start = page.find(&begin).unwrap() + begin.len();
    let end = start + page[start..].find("<!-- end -->").unwrap();
    golden(path, &format!("{}\n{text}\n{}", &page[..start], &page[end..]));
}

#[test]
fn policy_keys_are_those_that_are_enforced() {
    let mut text = "| key | type | default | means |\n|---|---|---|---|\n".to_owned();
    for key in KEYS.iter().filter(|key| key.enforced == Enforced::Live) {
        let default = if key.default.is_empty() { "required" } else { key.default };
        writeln!(text, "| `{}` | {} | {default} | {} |", key.path, key.kind, key.doc).unwrap();
    }
    derived(PAGES[0], "policy keys", &text);
}

#[test]
fn the_policy_example_shows_every_section() {
    let page = page(PAGES[0]);
    let example = examples(&page).into_iter().find(|e| e.text.starts_with("fraud_policy:")).unwrap();
    for key in KEYS.iter().filter(|key| key.enforced == Enforced::Live) {
        let section = key.split().0;
        assert!(example.text.contains(&format!("  {section}")), "no `{section}` in the example");
    }
}

fn default_of(setting: &Setting) -> String {
    match setting.default {
        Preset::None => "none".to_owned(),
        Preset::Required => "required".to_owned(),
        Preset::Ms(ms) => format!("`{}`", strowger::syntax::duration::print(ms)),
        Preset::Count(n) => format!("`{n}`"),
        Preset::Bool(b) => format!("`{b}`"),
        Preset::Text(s) => format!("`\"{s}\"`"),
        Preset::Word(s) => format!("`{s}`"),
    }
}

fn kinds(kinds: &[TargetKind]) -> String {
    kinds.iter().map(|kind| format!("`{}`", kind.name())).collect::<Vec<_>>().join(", ")
}

fn occurs(outcome: &Outcome) -> String {
    match outcome.when {
        When::Always => "always".to_owned(),
        When::Target(targets) => format!("to {}", kinds(targets)),
        When::OutsideLeg => "where the leg may leave the site".to_owned(),
        When::Resume => "with `resume true`".to_owned(),
        When::NoResume => "without `resume true`; the flow ends, no arm".to_owned(),
        When::Ask => "asking about a target".to_owned(),
        When::ExtensionArm => "where an arm `extension(to)` is written".to_owned(),
    }
}

fn statement(decl: &Decl) -> String {
    let mut text = format!("### {}\n\n{} {}\n", decl.verb, decl.summary, decl.docs);
    let (tested, served) = strowger::step::served::in_words(decl);
    if (tested, served) != ("yes", "yes") {
        writeln!(text, "\nIn `test`: {tested}. In `serve`: {served}.").unwrap();
    }
    let settings: Vec<&Setting> = decl.settings.iter().collect();
    if !settings.is_empty() {
        text.push_str("\n| setting | value | default | means |\n|---|---|---|---|\n");
    }
    for setting in settings {
        let only = if setting.targets.is_empty() { String::new() } else { format!("; to {}", kinds(setting.targets)) };
        let (kind, default) = (setting.kind.describe(), default_of(setting));
        writeln!(text, "| `{}` | {kind} | {default} | {}{only} |", setting.key, setting.doc).unwrap();
    }
    if !decl.outcomes.is_empty() {
        text.push_str("\n| outcome | group | occurs |\n|---|---|---|\n");
    }
    for outcome in decl.outcomes {
        let binds = outcome.binds.map_or(String::new(), |value| format!("({})", value.name()));
        let group = outcome.group.map_or(String::new(), |group| format!("`{group}`"));
        writeln!(text, "| `{}{binds}` | {group} | {} |", outcome.name, occurs(outcome)).unwrap();
    }
    format!("{text}\n```flow\n{}\n```\n", decl.example)
}

#[test]
fn statements_are_those_declared() {
    let all: Vec<String> = registry::all().map(statement).collect();
    derived(PAGES[1], "statements", &all.join("\n"));
}

#[test]
fn where_statements_run_is_what_serve_refuses() {
    let mut text = "| statement | in `test` | in `serve` |\n|---|---|---|\n".to_owned();
    for decl in registry::all() {
        let (tested, served) = strowger::step::served::in_words(decl);
        writeln!(text, "| `{}` | {tested} | {served} |", decl.verb).unwrap();
    }
    derived(PAGES[1], "where statements run", &text);
}

#[test]
fn names_are_those_declared() {
    let mut text = "| name | type | value |\n|---|---|---|\n".to_owned();
    for root in ROOTS {
        let mut row = |name: &str, field: &FieldDecl| {
            let dot = if field.name.is_empty() { "" } else { "." };
            writeln!(text, "| `{name}{dot}{}` | {} | {} |", field.name, field.ty.name(), field.doc).unwrap();
        };
        match root.shape {
            Shape::Value(value) => row(root.name, &value),
            Shape::Object(fields) => fields.iter().for_each(|field| row(root.name, field)),
            Shape::Named { what, value, fields } => {
                let name = format!("{}.{}", root.name, what.to_uppercase());
                value.iter().for_each(|field| row(&name, field));
                fields.iter().for_each(|field| row(&name, field));
            }
        }
    }
    derived(PAGES[1], "names", &text);
}

#[test]
fn functions_are_those_declared() {
    let mut text = "| example | is | what it does |\n|---|---|---|\n".to_owned();
    for function in FUNCTIONS {
        let (example, value) = function.example;
        let example = example.replace('|', "\\|");
        writeln!(text, "| `{example}` | `{value}` | {} |", function.doc).unwrap();
    }
    derived(PAGES[1], "functions", &text);
}
