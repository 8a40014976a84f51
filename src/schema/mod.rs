//! JSON Schema (2020-12) of the files of a site, for editors: flows in YAML, the site file,
//! policies, tests.
//!
//! Nothing here lists what the language has. Flows are described from the tables of verbs and the
//! statements' declarations; the other files by asking their readers (`probe`), so that a new
//! statement, setting or key appears by itself. A schema knows kinds of values, not names: which
//! steps, users and prompts there are is the checks' business.

mod flow;
mod probe;
mod statement;
mod value;

use serde_json::{Value, json};

use crate::base::diagnostic::Diagnostic;
use crate::flowtest;
use crate::policy::{self, Scope};
use crate::site;
use crate::syntax::document::Node;

/// The dialect that all of them are written in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A kind of file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    Flow,
    Site,
    Policy,
    Test,
}

impl Which {
    pub const ALL: [Which; 4] = [Which::Flow, Which::Site, Which::Policy, Which::Test];

    pub fn name(self) -> &'static str {
        match self {
            Which::Flow => "flow",
            Which::Site => "site",
            Which::Policy => "policy",
            Which::Test => "test",
        }
    }

    /// Which files it is of.
    pub fn files(self) -> &'static str {
        match self {
            Which::Flow => "flows/*.flow.yaml",
            Which::Site => "strowger.yaml",
            Which::Policy => "policies/*.yaml",
            Which::Test => "tests/*.test.yaml",
        }
    }
}

/// The schema of one document of a file.
pub fn schema(which: Which) -> Value {
    let mut body = match which {
        Which::Flow => flow::schema(),
        Which::Site => probe::schema(read_site),
        Which::Policy => policy_file(),
        Which::Test => test_file(),
    };
    if let Value::Object(map) = &mut body {
        map.insert("$schema".to_owned(), json!(DIALECT));
        map.insert("title".to_owned(), json!(format!("Strowger: {}", which.files())));
    }
    body
}

fn read_site(document: &Node) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    site::check::check(document, &mut found);
    found
}

fn read_test(document: &Node) -> Vec<Diagnostic> {
    flowtest::read(std::slice::from_ref(document)).1
}

/// A test. Its `cases` are filled into `${name}` before the rest is read, so the reader of the rest
/// does not know them, and a name may stand wherever a word or number does.
fn test_file() -> Value {
    let mut test = probe::schema(read_test);
    fillable(&mut test, 0);
    if let Some(Value::Object(properties)) = test.get_mut("properties") {
        let row = json!({"type": "object", "additionalProperties": {"type": ["string", "number", "null"]}});
        let description = "each row is a test of its own: its values are filled into `${name}`";
        let cases = json!({"type": "array", "minItems": 1, "items": row, "description": description});
        properties.insert("cases".to_owned(), cases);
    }
    test
}

/// Levels of a schema; deeper there is nothing of ours.
const DEPTH: usize = 64;

/// Lets `${name}` stand for every scalar that is not any text.
fn fillable(schema: &mut Value, depth: usize) {
    let Value::Object(map) = schema else { return };
    let text = map.get("type").is_some_and(|t| t.is_array() || t == "object" || t == "array");
    let scalar = map.contains_key("enum") || (map.contains_key("type") && !text);
    if scalar {
        let filled = json!({"type": "string", "pattern": "\\$\\{"});
        *schema = json!({"anyOf": [schema.take(), filled]});
    } else if depth < DEPTH {
        for key in ["properties", "anyOf", "items", "additionalProperties"] {
            match map.get_mut(key) {
                Some(Value::Object(inner)) if key == "properties" => {
                    inner.values_mut().for_each(|schema| fillable(schema, depth + 1));
                }
                Some(Value::Array(list)) => list.iter_mut().for_each(|schema| fillable(schema, depth + 1)),
                Some(inner) => fillable(inner, depth + 1),
                None => {}
            }
        }
    }
}

fn read_policy(document: &Node) -> Vec<Diagnostic> {
    policy::read(document, Scope::Table).1
}

/// A policy, or a table of cases for `strowger policy test`.
fn policy_file() -> Value {
    let mut policy = probe::schema(read_policy);
    for key in policy::keys::KEYS {
        let path: Vec<&str> = std::iter::once("fraud_policy").chain(key.path.split('.')).collect();
        let mut at = Some(&mut policy);
        for (depth, part) in path.iter().enumerate() {
            let Some(properties) = at.and_then(|schema| schema.get_mut("properties")) else {
                at = None;
                break;
            };
            // A key that no version enforces is refused, so no editor should offer it.
            if depth + 1 == path.len() && key.enforced == policy::keys::Enforced::No {
                if let Value::Object(map) = properties {
                    map.remove(*part);
                }
                at = None;
                break;
            }
            at = properties.get_mut(*part);
        }
        if let Some(Value::Object(schema)) = at {
            schema.insert("description".to_owned(), json!(key.doc));
        }
    }
    json!({"anyOf": [policy, {"type": "array", "items": {"type": "object"}}]})
}
