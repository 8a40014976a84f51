//! JSON Schema of the files of a site: fresh in `grammar/`, true of every such file of the
//! repository, and refusing what the readers refuse. The validator here knows the words that the
//! schemas use; `tests/compat` holds them against one of other people's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::path::Path;

use serde_json::{Value, json};
use strowger::base::span::FileId;
use strowger::fmt::{self, Form};
use strowger::schema::{Which, schema};
use strowger::step::registry;
use strowger::syntax::document::{self, Node, NodeKind};
use strowger::syntax::{reader, shape};

use crate::syntax::golden;

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

fn documents(text: &str) -> Vec<Value> {
    let (nodes, _, found) = document::parse(FileId(0), text);
    assert!(found.is_empty(), "{found:?}\n{text}");
    nodes.iter().map(json_of).collect()
}

/// Whether a value is what a schema says; what is not, with its path.
fn wrong(root: &Value, schema: &Value, value: &Value, path: &str, out: &mut Vec<String>) {
    let Value::Object(rules) = schema else { return };
    let fits = |schema: &Value| {
        let mut found = Vec::new();
        wrong(root, schema, value, path, &mut found);
        found.is_empty()
    };
    let object = value.as_object();
    for (rule, said) in rules {
        let ok = match rule.as_str() {
            "$ref" => fits(root.pointer(said.as_str().unwrap().trim_start_matches('#')).unwrap()),
            "type" => {
                let one = |t: &Value| match t.as_str().unwrap() {
                    "string" => value.is_string(),
                    "number" => value.is_number(),
                    "integer" => value.is_i64(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    "array" => value.is_array(),
                    "object" => value.is_object(),
                    other => panic!("no type {other}"),
                };
                said.as_array().map_or_else(|| one(said), |list| list.iter().any(one))
            }
            "enum" => said.as_array().unwrap().contains(value),
            "anyOf" => said.as_array().unwrap().iter().any(fits),
            "oneOf" => said.as_array().unwrap().iter().filter(|s| fits(s)).count() == 1,
            "pattern" => {
                let pattern = fancy_regex::Regex::new(said.as_str().unwrap()).unwrap();
                value.as_str().is_none_or(|text| pattern.is_match(text).unwrap())
            }
            "minimum" => value.as_f64().is_none_or(|n| n >= said.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|n| n <= said.as_f64().unwrap()),
            "minItems" => value.as_array().is_none_or(|list| list.len() as u64 >= said.as_u64().unwrap()),
            "minProperties" => object.is_none_or(|map| map.len() as u64 >= said.as_u64().unwrap()),
            "maxProperties" => object.is_none_or(|map| map.len() as u64 <= said.as_u64().unwrap()),
            "required" => object
                .is_none_or(|map| said.as_array().unwrap().iter().all(|key| map.contains_key(key.as_str().unwrap()))),
            "dependentRequired" => object.is_none_or(|map| {
                said.as_object().unwrap().iter().all(|(key, need)| {
                    !map.contains_key(key)
                        || need.as_array().unwrap().iter().all(|n| map.contains_key(n.as_str().unwrap()))
                })
            }),
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    wrong(root, said, item, &format!("{path}/{n}"), out);
                }
                true
            }
            "properties" => {
                for (key, inner) in object.into_iter().flatten() {
                    if let Some(schema) = said.get(key) {
                        wrong(root, schema, inner, &format!("{path}/{key}"), out);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = |key: &str| rules.get("properties").is_some_and(|p| p.get(key).is_some());
                for (key, inner) in object.into_iter().flatten().filter(|(key, _)| !known(key)) {
                    if *said == json!(false) {
                        out.push(format!("{path}: no key `{key}`"));
                    } else {
                        wrong(root, said, inner, &format!("{path}/{key}"), out);
                    }
                }
                true
            }
            "propertyNames" => object.is_none_or(|map| {
                map.keys().all(|key| {
                    let mut found = Vec::new();
                    wrong(root, said, &json!(key), path, &mut found);
                    found.is_empty()
                })
            }),
            "$schema" | "$defs" | "title" | "description" | "default" => true,
            other => panic!("the validator does not know `{other}`"),
        };
        if !ok {
            out.push(format!("{path}: `{rule}` does not hold for {value}"));
        }
    }
}

fn check(which: Which, value: &Value) -> Vec<String> {
    let schema = schema(which);
    let mut out = Vec::new();
    wrong(&schema, &schema, value, "", &mut out);
    out
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
fn right() -> Vec<(String, Which, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for folder in ["examples", "flows", "tests/flow", "tests/diff", "tests/picture", "tests/compat/sites", "tests/load"]
    {
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

#[test]
fn schemas_are_fresh() {
    for which in Which::ALL {
        golden(&format!("grammar/{}.schema.json", which.name()), &format!("{:#}\n", schema(which)));
    }
}

#[test]
fn every_file_of_the_repository_is_valid() {
    for (path, which, value) in right() {
        assert_eq!(check(which, &value), [""; 0], "{path}\n{value:#}");
    }
}

/// The example of every statement, in YAML.
#[test]
fn every_example_of_a_statement_is_valid() {
    let order = |_: &str| -> &'static [&'static str] { &[] };
    for decl in registry::available() {
        let yaml = fmt::convert(decl.example, Form::Flow, Form::Yaml, &order).unwrap().text;
        for value in documents(&yaml) {
            assert_eq!(check(Which::Flow, &value), [""; 0], "{}\n{yaml}", decl.verb);
        }
    }
}

#[test]
fn what_is_wrong_is_refused() {
    for (which, text) in [
        (Which::Flow, "flow: a\nsteps: {s: [plya]}"),
        (Which::Flow, "flow: a\nsteps: {s: [{plya: welcome}]}"),
        (Which::Flow, "flow: a\nsteps: {s: [{menu: {prompt: p, tires: 2, outcomes: {otherwise: s}}}]}"),
        (Which::Flow, "flow: a\nsteps: {s: [{menu: {prompt: p, tries: many, outcomes: {otherwise: s}}}]}"),
        (Which::Flow, "flow: a\nsteps: {s: [{menu: {prompt: p, tries: 99, outcomes: {otherwise: s}}}]}"),
        (Which::Flow, "flow: a\nsteps: {s: [{menu: {prompt: p, timeout: 5, outcomes: {otherwise: s}}}]}"),
        (Which::Flow, "flow: a\nsteps: {s: [{menu: {tries: 2, outcomes: {otherwise: s}}}]}"),
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
        (
            Which::Site,
            "strowger: 1\nsite: a\nlisten: {sip: [\"udp:127.0.0.1:5060\"]}\nusers: {d: {pasword: generated}}",
        ),
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
    ] {
        let value = documents(text).remove(0);
        assert!(!check(which, &value).is_empty(), "{text}");
    }
}

/// Each verb, each setting and each key of a flow that the language has is in the schema.
#[test]
fn nothing_of_the_language_is_missing() {
    let schema = schema(Which::Flow);
    let statement = &schema["$defs"]["statement"]["anyOf"][1]["properties"];
    for verb in shape::statements() {
        assert!(!statement[verb].is_null(), "{verb}");
        let text = statement[verb].to_string();
        for key in registry::setting_order(verb) {
            assert!(text.contains(&format!("\"{key}\":")), "{verb} {key}");
        }
    }
    let text = schema["anyOf"].to_string();
    for key in shape::FLOW_KEYS.iter().chain(shape::HEADER_SETTINGS) {
        assert!(text.contains(&format!("\"{key}\":")), "{key}");
    }
}
