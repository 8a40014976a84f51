//! YAML documents: what is read, what each mistake says, and what hostile files cost.

use strowger::base::diagnostic::Diagnostic;
use strowger::base::span::FileId;
use strowger::syntax::document::{self, Node, NodeKind};
use strowger::syntax::reader::Fields;

use crate::syntax::{fixtures, golden, rendered};

/// A tree in one line a node: what a person would say the document holds.
fn outline(node: &Node, indent: usize, out: &mut String) {
    let pad = "  ".repeat(indent);
    match &node.value {
        NodeKind::Null => out.push_str(&format!("{pad}null\n")),
        NodeKind::Scalar { text, plain } => {
            out.push_str(&format!("{pad}{} {text:?}\n", if *plain { "plain" } else { "quoted" }));
        }
        NodeKind::Sequence(items) => {
            out.push_str(&format!("{pad}list\n"));
            items.iter().for_each(|n| outline(n, indent + 1, out));
        }
        NodeKind::Mapping(entries) => {
            out.push_str(&format!("{pad}map\n"));
            for entry in entries {
                out.push_str(&format!("{pad}  {:?}:\n", entry.key.value));
                outline(&entry.value, indent + 2, out);
            }
        }
    }
}

fn read(text: &str) -> (Vec<Node>, Vec<Diagnostic>) {
    let (nodes, _, found) = document::parse(FileId(0), text);
    (nodes, found)
}

#[test]
fn good_documents_read_as_their_outline() {
    for (path, text) in fixtures("tests/document/good", "yaml") {
        let (nodes, comments, found) = document::parse(FileId(0), &text);
        assert_eq!(found, [], "{}", rendered(&path, &text, &found));
        let mut out = String::new();
        for node in &nodes {
            out.push_str("---\n");
            outline(node, 0, &mut out);
        }
        for comment in &comments {
            let at = text.get(comment.span.start as usize..comment.span.end as usize).unwrap();
            assert!(at.starts_with('#'), "{path}: a comment's place is the comment: {at:?}");
            out.push_str(&format!("# {:?}\n", comment.text));
        }
        golden(&path.replace(".yaml", ".outline"), &out);
    }
}

#[test]
fn bad_documents_say_what_is_wrong() {
    for (path, text) in fixtures("tests/document/bad", "yaml") {
        let (_, found) = read(&text);
        assert!(!found.is_empty(), "{path}: no error");
        golden(&path.replace(".yaml", ".stderr"), &rendered(&path, &text, &found));
    }
}

/// Every place of a tree covers the text it was read from.
#[test]
fn places_cover_their_text() {
    let text = "a: {b: [one, \"two\"], c: x}\nd:\n  - e\n  - f: g\n";
    let (nodes, found) = read(text);
    assert_eq!(found, []);
    let at = |n: &Node| text.get(n.span.start as usize..n.span.end as usize).unwrap().to_owned();
    let NodeKind::Mapping(top) = &nodes[0].value else { panic!("a map") };
    assert_eq!(at(&top[0].value), "{b: [one, \"two\"], c: x}");
    assert_eq!(at(&top[1].value), "- e\n  - f: g");
    let NodeKind::Mapping(a) = &top[0].value.value else { panic!("a map") };
    assert_eq!(at(&a[0].value), "[one, \"two\"]");
    assert_eq!(at(&nodes[0]), text.trim_end());
}

#[test]
fn one_broken_document_does_not_hide_the_others() {
    let (nodes, found) = read("a: 1\n---\nb: [1, 2\n---\nc: 3\n");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(nodes.len(), 2);
}

#[test]
fn hostile_documents_end_quickly_with_one_clear_error() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..40 {
        let row = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{row}]\n"));
    }
    let deep_alias = (1..100).fold("a0: &a0 x\n".to_owned(), |s, i| s + format!("a{i}: &a{i} [*a{}]\n", i - 1).as_str());
    let cases = [
        ("brackets, 10 MB", "[".repeat(10_000_000), "file-too-large"),
        ("brackets", "[".repeat(1_000_000), "yaml-syntax"),
        ("braces", "{a: ".repeat(200_000), "yaml-syntax"),
        ("dashes", "- ".repeat(400_000), "yaml-syntax"),
        ("question marks", "? ".repeat(400_000), "yaml-syntax"),
        ("alias bomb", bomb, "yaml-syntax"),
        ("deep aliases", deep_alias, "yaml-syntax"),
        ("itself", "a: &a [*a]\n".to_owned(), "yaml-syntax"),
        ("nothing but documents", "---\n[\n".repeat(100_000), "yaml-syntax"),
    ];
    for (name, text, rule) in cases {
        let (_, found) = read(&text);
        assert!(!found.is_empty() && found.len() <= 100, "{name}: {} findings", found.len());
        assert_eq!(found[0].rule, rule, "{name}: {found:?}");
    }
}

#[test]
fn the_reader_reports_each_mistake_at_its_place() {
    let text = "adress: sip\nring: 20\nbusy: \"true\"\ncount: \"3\"\nmode: blnd\nlist: x\nname: true\n";
    let (nodes, mut found) = read(text);
    let mut fields = Fields::new(&nodes[0], "user", &mut found);
    assert_eq!(fields.required_text("address"), None);
    assert_eq!(fields.duration_ms("ring"), None);
    assert_eq!(fields.bool("busy"), None);
    assert_eq!(fields.integer("count"), None);
    assert_eq!(fields.one_of("mode", &["blind", "attended"]), None);
    assert!(fields.list("list").is_empty());
    assert_eq!(fields.text("name"), None);
    fields.finish();
    strowger::base::diagnostic::sort(&mut found);
    golden("tests/document/reader.stderr", &rendered("reader.yaml", text, &found));
}
