//! JSON Schema of the files of a site: fresh in `grammar/`, true of every such file of the
//! repository, and refusing what the readers refuse. The validator here knows the words that the
//! schemas use; `tests/compat` holds them against one of other people's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

mod files;

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use fancy_regex::Regex;
use serde_json::{Value, json};
use strowger::fmt::{self, Form};
use strowger::schema::{Which, schema};
use strowger::step::registry;
use strowger::syntax::shape;

use crate::syntax::golden;

use files::{WRONG, documents, right};

/// What is not as a schema says, with its path.
fn wrong(root: &Value, schema: &Value, value: &Value, path: &str, out: &mut Vec<String>) {
    let Value::Object(rules) = schema else { return };
    for (rule, said) in rules {
        let ok = match rule.as_str() {
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    wrong(root, said, item, &format!("{path}/{n}"), out);
                }
                true
            }
            "properties" => {
                for (key, inner) in value.as_object().into_iter().flatten() {
                    if let Some(schema) = said.get(key) {
                        wrong(root, schema, inner, &format!("{path}/{key}"), out);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = |key: &str| rules.get("properties").is_some_and(|p| p.get(key).is_some());
                for (key, inner) in value.as_object().into_iter().flatten().filter(|(key, _)| !known(key)) {
                    if *said == json!(false) {
                        out.push(format!("{path}: no key `{key}`"));
                    } else {
                        wrong(root, said, inner, &format!("{path}/{key}"), out);
                    }
                }
                true
            }
            "$schema" | "$defs" | "title" | "description" | "default" => true,
            rule => by_value(rule, said, value).or_else(|| by_schema(root, rule, said, value)).unwrap(),
        };
        if !ok {
            out.push(format!("{path}: `{rule}` does not hold for {value}"));
        }
    }
}

fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    let mut found = Vec::new();
    wrong(root, schema, value, "", &mut found);
    found.is_empty()
}

/// Rules that hold other schemas against the value.
fn by_schema(root: &Value, rule: &str, said: &Value, value: &Value) -> Option<bool> {
    let each = || said.as_array().unwrap().iter().filter(|schema| fits(root, schema, value));
    Some(match rule {
        "$ref" => fits(root, root.pointer(said.as_str().unwrap().trim_start_matches('#')).unwrap(), value),
        "anyOf" => each().next().is_some(),
        "oneOf" => each().count() == 1,
        "propertyNames" => value.as_object().is_none_or(|map| map.keys().all(|key| fits(root, said, &json!(key)))),
        _ => return None,
    })
}

/// Whether a pattern is found in a text. A few patterns are asked for many thousand times.
fn matches(pattern: &str, text: &str) -> bool {
    static PATTERNS: Mutex<BTreeMap<String, Regex>> = Mutex::new(BTreeMap::new());
    let mut patterns = PATTERNS.lock().unwrap();
    let pattern = patterns.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).unwrap());
    pattern.is_match(text).unwrap()
}

/// Rules about the value alone.
fn by_value(rule: &str, said: &Value, value: &Value) -> Option<bool> {
    let object = value.as_object();
    let has_all = |list: &Value| {
        let has = |key: &Value| object.is_none_or(|map| map.contains_key(key.as_str().unwrap()));
        list.as_array().unwrap().iter().all(has)
    };
    let one_type = |t: &Value| match t.as_str().unwrap() {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type {other}"),
    };
    Some(match rule {
        "type" => said.as_array().map_or_else(|| one_type(said), |list| list.iter().any(one_type)),
        "enum" => said.as_array().unwrap().contains(value),
        "pattern" => value.as_str().is_none_or(|text| matches(said.as_str().unwrap(), text)),
        "minimum" => value.as_f64().is_none_or(|n| n >= said.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|n| n <= said.as_f64().unwrap()),
        "minItems" => value.as_array().is_none_or(|list| list.len() as u64 >= said.as_u64().unwrap()),
        "minProperties" => object.is_none_or(|map| map.len() as u64 >= said.as_u64().unwrap()),
        "maxProperties" => object.is_none_or(|map| map.len() as u64 <= said.as_u64().unwrap()),
        "required" => has_all(said),
        "dependentRequired" => object.is_none_or(|map| {
            said.as_object().unwrap().iter().all(|(key, need)| !map.contains_key(key) || has_all(need))
        }),
        _ => return None,
    })
}

fn check(which: Which, value: &Value) -> Vec<String> {
    static SCHEMAS: LazyLock<Vec<Value>> = LazyLock::new(|| Which::ALL.into_iter().map(schema).collect());
    let schema = &SCHEMAS[Which::ALL.iter().position(|one| *one == which).unwrap()];
    let mut out = Vec::new();
    wrong(schema, schema, value, "", &mut out);
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
    for decl in registry::all() {
        let yaml = fmt::convert(decl.example, Form::Flow, Form::Yaml, &order).unwrap().text;
        for value in documents(&yaml) {
            assert_eq!(check(Which::Flow, &value), [""; 0], "{}\n{yaml}", decl.verb);
        }
    }
}

#[test]
fn what_is_wrong_is_refused() {
    for (which, text) in WRONG.iter().copied() {
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
