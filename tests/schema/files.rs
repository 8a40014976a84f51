//! The files that the schemas are held against: every right one of the repository as JSON, and
//! documents with one thing wrong. Used by the hermetic tests and by those with other people's
//! validator.

use std::path::Path;

use serde_json::{Value, json};
use strowger::base::span::FileId;
use strowger::fmt::{self, Form};
use strowger::schema::Which;
use strowger::syntax::document::{self, Node, NodeKind};
use strowger::syntax::reader;

/// A YAML document as JSON: only plain scalars are numbers and booleans.
fn json_of(node: &Node) -> Value {
    match &node.value {
        NodeKind::Null => Value::Null,
        NodeKind::Scalar { text, plain: true } if text == "true" || text == "false" => json!(text == "true"),
        NodeKind::Scalar { text, plain: true } if reader::is_number(text) => {
            text.parse::<i64>().map_or_else(|_| json!(text.parse::<f64>().unwrap()), |n| json!(n))
        }
        NodeKind::Scalar { text, .. } => json!(text),
        NodeKind::Sequence(items) => items.iter().map(json_of).collect(),
        NodeKind::Mapping(entries) => {
            Value::Object(entries.iter().map(|e| (e.key.value.clone(), json_of(&e.value))).collect())
        }
    }
}

pub fn documents(text: &str) -> Vec<Value> {
    let (nodes, _, found) = document::parse(FileId(0), text);
    assert!(found.is_empty(), "{found:?}\n{text}");
    nodes.iter().map(json_of).collect()
}

/// Every file below the repository's folders of sites and fixtures.
fn files(folder: &Path, out: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with(".state") {
                files(&path, out);
            }
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            out.push((path.display().to_string(), text));
        }
    }
}

/// The kind of a file that is right.
fn kind(path: &str) -> Option<Which> {
    let in_folder = |folder: &str| path.contains(&format!("/{folder}/"));
    match path {
        _ if path.ends_with(".flow.yaml") || path.ends_with(".flow") => Some(Which::Flow),
        _ if path.ends_with(".test.yaml") => Some(Which::Test),
        _ if path.ends_with("/strowger.yaml") => Some(Which::Site),
        _ if in_folder("policies") && path.ends_with(".yaml") => Some(Which::Policy),
        _ => None,
    }
}

/// The documents of every right file of the repository, with the kind of each.
pub fn right() -> Vec<(String, Which, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for folder in [
        "examples",
        "flows",
        "tests/flow",
        "tests/syntax/good",
        "tests/diff",
        "tests/picture",
        "tests/compat/sites",
        "tests/load",
    ] {
        files(&root.join(folder), &mut all);
    }
    let mut out = Vec::new();
    for (path, text) in all {
        let Some(which) = kind(&path) else { continue };
        let text = if path.ends_with(".flow") {
            let order = |_: &str| -> &'static [&'static str] { &[] };
            fmt::convert(&text, Form::Flow, Form::Yaml, &order).unwrap_or_else(|e| panic!("{path}: {e}")).text
        } else {
            text
        };
        out.extend(documents(&text).into_iter().map(|value| (path.clone(), which, value)));
    }
    assert!(out.len() > 20, "only {} files were found", out.len());
    out
}

/// Documents with one thing wrong each.
pub const WRONG: &[(Which, &str)] = &[
    (Which::Flow, "flow: a\nsteps: {s: [plya]}"),
    (Which::Flow, "flow: a\nsteps: {s: [{plya: welcome}]}"),
    (Which::Flow, "flow: a\nsteps: {s: [{menu: {prompt: p, tires: 2, outcomes: {otherwise: s}}}]}"),
    (Which::Flow, "flow: a\nsteps: {s: [{menu: {prompt: p, tries: many, outcomes: {otherwise: s}}}]}"),
    (Which::Flow, "flow: a\nsteps: {s: [{menu: {prompt: p, tries: 99, outcomes: {otherwise: s}}}]}"),
    (Which::Flow, "flow: a\nsteps: {s: [{menu: {prompt: p, timeout: 5, outcomes: {otherwise: s}}}]}"),
    (Which::Flow, "flow: a\nsteps: {s: [{menu: {tries: 2, outcomes: {otherwise: s}}}]}"),
    (Which::Flow, "flow: a\nsteps: {s: [{menu: {prompt: p, outcomes: [s]}}]}"),
    (Which::Flow, "flow: a\nsteps: {s: [{menu: {prompt: p, outcomes: []}}]}"),
    (Which::Flow, "flow: a\nsteps: {s: [{transfer: {to: {usr: dana}}}]}"),
    (Which::Flow, "flow: a\nsteps: {s: [{transfer: {mode: fast, to: {user: dana}}}]}"),
    (Which::Flow, "flow: a\nsteps: {s: [{reject: rudely}]}"),
    (Which::Flow, "flow: a\nsteps: {s: [{play: a, say: b}]}"),
    (Which::Flow, "flow: a\nsteps: {s: [{if: (x)}]}"),
    (Which::Flow, "flow: a\nsteps: {s: {do: [hangup], visit: {max: 2, otherwise: s}}}"),
    (Which::Flow, "flow: a\nstesp: {s: [hangup]}"),
    (Which::Flow, "flow: a\ngaurd: x\nsteps: {s: [hangup]}"),
    (Which::Flow, "flow: A b\nsteps: {s: [hangup]}"),
    (Which::Flow, "flow: a\nvar: {n: {type: integer}}\nsteps: {s: [hangup]}"),
    (Which::Flow, "subflow: a\nsteps: {s: [hangup]}"),
    (Which::Site, "strowger: 1\nsite: a\nlisten: {sip: [\"udp:127.0.0.1:5060\"]}\nuser: {}"),
    (Which::Site, "strowger: 1\nsite: a\nlisten: {sip: [\"udp:127.0.0.1:5060\"]}\nusers: {d: {pasword: generated}}"),
    (Which::Site, "strowger: 1\nsite: a\nlisten: {sip: [\"udp:127.0.0.1:5060\"]}\nqueues: {q: {max_wait: 5}}"),
    (Which::Site, "strowger: one\nsite: a\nlisten: {sip: [\"udp:127.0.0.1:5060\"]}"),
    (Which::Site, "site: a\nlisten: {sip: [\"udp:127.0.0.1:5060\"]}"),
    (Which::Policy, "fraud_policy: {version: 1, id: a, destination: {}}"),
    (Which::Policy, "fraud_policy: {version: 1, id: a, destinations: {default: maybe}}"),
    (Which::Policy, "fraud_policy: {version: 1, id: a, limits: {max_transfer_hops: few}}"),
    (Which::Policy, "fraud_policy: {id: a}"),
    (Which::Test, "test: a\ncall: {to: \"100\"}\nsteps: [{heard: x}]"),
    (Which::Test, "test: a\ncall: {to: \"100\"}\nsteps: [hangs]"),
    (Which::Test, "test: a\ncall: {to: \"100\"}\nsteps: [{waits: 5}]"),
    (Which::Test, "test: a\nsteps: []"),
    (Which::Test, "test: a\ncall: {to: \"100\"}\nrecord: {hops: many}"),
];
