//! The statements: flows that use them rightly raise nothing, and every mistake is reported at its
//! line, in words that are blessed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use strowger::base::diagnostic::Diagnostic;
use strowger::base::span::{FileId, Sources};
use strowger::call::leg::Name;
use strowger::lint;
use strowger::lint::registry::Group;
use strowger::site::model::Site;
use strowger::syntax::parse::parse_flow;

use crate::syntax::{fixtures, golden, rendered};

/// The site of the flows' tests, with the queues that the flows here name.
fn site() -> Site {
    let mut site = crate::flow::site::site();
    let sales = site.queues["sales"].clone();
    for name in ["support", "general", "accounts"] {
        let mut queue = sales.clone();
        (queue.name, queue.extension) = (Name::from(name), None);
        site.queues.insert(Name::from(name), queue);
    }
    site.numbers.exact.clear();
    site
}

/// Without what callers will not like and what is taste: that is about flows as a whole, and has fixtures of its own.
fn findings(text: &str) -> Vec<Diagnostic> {
    let (file, read) = parse_flow(FileId(0), text);
    let files = [file];
    let (_, compiled) = lint::compile(&site(), &crate::flow::site::policies(), &files);
    of_statements(lint::join(&files, read, compiled))
}

fn of_statements(found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let of_flows = |rule: &lint::registry::Rule| matches!(rule.group, Group::Experience | Group::Style);
    found.into_iter().filter(|d| !lint::registry::find(d.rule).is_some_and(of_flows)).collect()
}

#[test]
fn right_flows_raise_nothing() {
    let fixtures = fixtures("tests/statements/good", "flow");
    assert!(fixtures.len() >= 4);
    let wrong: Vec<String> = fixtures
        .iter()
        .map(|(path, text)| rendered(path, text, &findings(text)))
        .filter(|shown| !shown.is_empty())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn mistakes_are_reported_at_their_lines() {
    let mut wrong = Vec::new();
    for (path, text) in fixtures("tests/statements/bad", "flow") {
        let found = findings(&text);
        let mut sources = Sources::default();
        let file = sources.add(path.as_str(), text.as_str());
        let mut have: Vec<(u32, &str)> =
            found.iter().map(|d| (sources.line_column(file, d.primary.span.start).0, d.rule)).collect();
        have.sort_unstable();
        let mut want: Vec<(u32, &str)> = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let rules = line.split_once("//~").map_or("", |(_, rules)| rules);
            want.extend(rules.split_whitespace().map(|rule| (number, rule)));
        }
        if have != want {
            wrong.push(format!("{path}\nwant {want:?}\nhave {have:?}\n{}", rendered(&path, &text, &found)));
        }
        golden(&path.replace(".flow", ".stderr"), &rendered(&path, &text, &found));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn both_spellings_are_one_flow() {
    use strowger::fmt::{Form, convert};
    use strowger::step::registry::setting_order;
    use strowger::syntax::yaml::parse_yaml_flow;
    for (path, text) in fixtures("tests/statements/good", "flow") {
        let yaml = convert(&text, Form::Flow, Form::Yaml, &setting_order).unwrap().text;
        let (file, read) = parse_yaml_flow(FileId(0), &yaml);
        let files = [file];
        let (flows, compiled) = lint::compile(&site(), &crate::flow::site::policies(), &files);
        let found = of_statements(lint::join(&files, read, compiled));
        assert!(found.is_empty(), "{}", rendered(&path, &yaml, &found));
        let (file, _) = parse_flow(FileId(0), &text);
        let (same, _) = lint::compile(&site(), &crate::flow::site::policies(), &[file]);
        for (name, graph) in &same.graphs {
            let revision = flows.graphs.get(name).map(|g| g.revision);
            assert_eq!(revision, Some(Arc::clone(graph).revision), "{path}: {name}\n{yaml}");
        }
    }
}
