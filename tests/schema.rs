//! JSON Schema of the files of a site: fresh in `grammar/`, true of every such file of the
//! repository, and refusing what the readers refuse. The validator here knows the words that the
//! schemas use; `tests/compat` holds them against one of other people's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

mod files;

use serde_json::{Value, json};
use strowger::fmt::{self, Form};
use strowger::schema::{Which, schema};
use strowger::step::registry;
use strowger::syntax::shape;

use crate::syntax::golden;

use files::{WRONG, documents, right};

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
