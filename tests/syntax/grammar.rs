//! The blocks of grammar/README.md, each parsed as what it says it is.

use strowger::base::span::FileId;
use strowger::syntax::parse::parse_flow;

use super::{rendered, source};

#[test]
fn every_example_of_the_grammars_page_holds() {
    let page = source("grammar/README.md");
    let mut seen = 0;
    for block in page.split("\n```").skip(1).step_by(2) {
        let (kind, body) = block.split_once('\n').unwrap();
        let text = match kind {
            "flow" | "no" => body.to_owned(),
            "step" => format!("flow main {{\n{body}\n}}\n"),
            "block" => format!("flow main {{\nstep start {{\n{body}\n}}\n}}\n"),
            other => panic!("what is a block of `{other}`?"),
        };
        let (tree, found) = parse_flow(FileId(0), &text);
        if kind == "no" {
            assert!(!found.is_empty(), "should be refused:\n{body}");
        } else {
            assert_eq!(found, [], "{}", rendered("README.md", &text, &found));
            assert!(!tree.items.is_empty());
        }
        seen += 1;
    }
    assert!(seen > 15, "only {seen} blocks");
}

/// A production that the page does not name is one that nobody explains.
#[test]
fn the_page_names_every_production() {
    let page = source("grammar/README.md");
    let headings: String = page.lines().filter(|l| l.starts_with("##")).collect();
    // Parts of a production that is explained, and what a reader need not know.
    let parts = [
        "item_constant",
        "flow_head",
        "subflow_head",
        "param",
        "type_name",
        "block",
        "statement",
        "head",
        "pair_verb",
        "one",
        "mode",
        "order",
        "target",
        "kind",
        "args",
        "arg",
        "arm",
        "body",
        "timed_kind",
        "spoken",
        "string",
        "piece",
        "long_text",
        "integer",
        "verb",
        "B",
        "doc",
        "WHITESPACE",
        "COMMENT",
    ];
    for line in source("grammar/flow.pest").lines() {
        let Some((name, _)) = line.split_once(" = ").or_else(|| line.split_once("= ")) else { continue };
        let name = name.trim();
        let rule = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
        if rule && !name.starts_with("k_") && !parts.contains(&name) {
            let named = headings.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|word| word == name);
            assert!(named, "`{name}` has no section");
        }
    }
}
