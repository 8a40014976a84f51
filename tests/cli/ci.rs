//! docs/ci.md and the pre-commit hooks: the YAML is YAML, and every command in them is one of ours, with its options.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::path::Path;
use std::process::Command;

use strowger::base::diagnostic::Severity;
use strowger::base::span::FileId;
use strowger::lint;
use strowger::site::check::check_bytes;
use strowger::syntax::document::{self, Node, NodeKind};
use strowger::syntax::parse::parse_flow;

use super::ROOT;
use crate::flow::site::{policies, site};

fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

/// The fenced examples of a language.
fn examples(page: &str, language: &str) -> Vec<String> {
    let parts: Vec<&str> = page.split("```").collect();
    parts
        .iter()
        .skip(1)
        .step_by(2)
        .filter_map(|p| p.strip_prefix(&format!("{language}\n")))
        .map(str::to_owned)
        .collect()
}

fn yaml(text: &str) -> Node {
    let (nodes, _, found) = document::parse(FileId(0), text);
    assert!(found.is_empty() && nodes.len() == 1, "{found:?}\n{text}");
    nodes.into_iter().next().unwrap()
}

/// Every value below a key of this name.
fn values<'n>(node: &'n Node, key: &str, out: &mut Vec<&'n Node>) {
    match &node.value {
        NodeKind::Mapping(entries) => {
            for entry in entries {
                if entry.key.value == key {
                    out.push(&entry.value);
                }
                values(&entry.value, key, out);
            }
        }
        NodeKind::Sequence(items) => items.iter().for_each(|item| values(item, key, out)),
        _ => {}
    }
}

fn words(node: &Node, key: &str) -> Vec<String> {
    let mut found = Vec::new();
    values(node, key, &mut found);
    let text = |node: &&Node| match &node.value {
        NodeKind::Scalar { text, .. } => Some(text.clone()),
        _ => None,
    };
    found.iter().filter_map(text).collect()
}

/// Every `strowger SUBCOMMAND --option ..` in a text: the subcommand's help must know the options.
fn check_commands(text: &str) -> usize {
    let mut checked = 0;
    for line in text.lines() {
        let line = line.split(" #").next().unwrap().split('|').next().unwrap();
        let Some((_, rest)) = line.split_once("strowger ").filter(|(before, _)| before.trim().is_empty()) else {
            continue;
        };
        let mut words = rest.split_whitespace();
        let subcommand = words.next().unwrap();
        let help = Command::new(env!("CARGO_BIN_EXE_strowger")).args([subcommand, "--help"]).output().unwrap();
        assert!(help.status.success(), "no `strowger {subcommand}`: {line}");
        let help = String::from_utf8(help.stdout).unwrap();
        let words: Vec<&str> = words.collect();
        for (at, option) in words.iter().enumerate().filter(|(_, word)| word.starts_with("--")) {
            assert!(help.contains(&format!("{option} ")) || help.contains(&format!("{option}\n")), "{option}: {line}");
            if *option == "--format" {
                assert!(help.contains(&format!("- {}:", words[at + 1])), "{line}");
            }
        }
        checked += 1;
    }
    checked
}

#[test]
fn the_examples_of_the_ci_page_are_right() {
    let page = text("docs/ci.md");
    let yamls = examples(&page, "yaml");
    assert_eq!(yamls.len(), 3);
    let workflow = yaml(&yamls[0]);
    let runs = words(&workflow, "run").join("\n");
    assert_eq!(check_commands(&runs), 4, "{runs}");
    assert!(words(&workflow, "sarif_file") == ["strowger.sarif"] && runs.contains("> strowger.sarif"));
    let hooks = words(&yaml(&text(".pre-commit-hooks.yaml")), "id");
    let used = words(&yaml(&yamls[1]), "id");
    assert!(used.len() == 3 && used.iter().all(|id| hooks.contains(id)), "{used:?} of {hooks:?}");
    let site_file = format!("strowger: 1\nsite: acme\nlisten: {{sip: [\"udp:127.0.0.1:5060\"]}}\n{}", yamls[2]);
    let (read, found) = check_bytes(FileId(0), site_file.as_bytes());
    assert!(found.is_empty() && read.unwrap().levels.len() == 2, "{found:?}");
    let commands: usize = examples(&page, "sh").iter().map(|text| check_commands(text)).sum();
    assert!(commands >= 8, "{commands}");
}

#[test]
fn the_exception_of_the_ci_page_holds() {
    let page = text("docs/ci.md");
    let flow = &examples(&page, "flow")[0];
    let (file, read) = parse_flow(FileId(0), flow);
    let files = [file];
    let mut found = lint::join(&files, read, lint::compile(&site(), &policies(), &files).1);
    found.retain(|d| d.severity > Severity::Info);
    assert_eq!(found.iter().map(|d| d.rule).collect::<Vec<_>>(), ["unreachable-step"], "what it excepts is there");
    let (_, comments, _) = strowger::syntax::parse::parse_with_comments(FileId(0), flow);
    let mut problems = Vec::new();
    let exceptions = lint::suppress::read(FileId(0), flow, &comments, &mut problems);
    assert!(problems.is_empty() && exceptions.len() == 1, "{problems:?}");
}

#[test]
fn hooks_run_what_there_is() {
    let hooks = yaml(&text(".pre-commit-hooks.yaml"));
    assert_eq!(check_commands(&words(&hooks, "entry").join("\n")), 3);
    assert_eq!(words(&hooks, "language"), ["rust", "rust", "rust"]);
    // The patterns, held against the files of a real site and of this repository.
    let matches = |pattern: &str, path: &str| fancy(pattern, path);
    let files = words(&hooks, "files");
    for path in ["acme/strowger.yaml", "strowger.yaml", "flows/main.flow", "a/policies/standard.yaml", "x.flow.yml"] {
        assert!(matches(&files[0], path), "{path}");
    }
    for path in ["README.md", "src/lint/mod.rs", "tests/main.test.yaml", "a/strowger.yaml.orig"] {
        assert!(!matches(&files[0], path), "{path}");
    }
    assert!(matches(&files[1], "flows/main.flow") && !matches(&files[1], "strowger.yaml"));
    assert!(matches(&files[2], "tests/main.test.yaml"));
}

fn fancy(pattern: &str, path: &str) -> bool {
    fancy_regex::Regex::new(pattern).unwrap().is_match(path).unwrap()
}
