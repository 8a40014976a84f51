//! A document of a flow file: a flow, a subflow, or constants.

use serde_json::{Map, Value, json};

use crate::syntax::shape;

use super::statement;
use super::value::{definitions, object, reference};

pub(super) fn schema() -> Value {
    let mut defs: Map<String, Value> =
        definitions().into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    defs.insert("statement".to_owned(), statement::statement());
    defs.insert("step".to_owned(), step());
    let keys: Map<String, Value> =
        shape::FLOW_KEYS.iter().chain(shape::HEADER_SETTINGS).map(|key| ((*key).to_owned(), header(key))).collect();
    let mut flow = keys.clone();
    flow.remove("subflow");
    // Only a subflow declares outcomes.
    flow.remove("outcomes");
    let mut subflow = keys;
    subflow.remove("flow");
    let of = |properties: Map<String, Value>, required: Value| json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    json!({
        "anyOf": [
            of(flow, json!(["flow", "steps"])),
            of(subflow, json!(["subflow", "outcomes", "steps"])),
            object(&["const"], vec![("const", header("const"))]),
            {"type": "null"},
        ],
        "$defs": defs,
    })
}

fn named(values: Value) -> Value {
    json!({"type": "object", "propertyNames": reference("name"), "additionalProperties": values})
}

/// A key beside `flow:`.
fn header(key: &str) -> Value {
    match key {
        "flow" | "subflow" => reference("name"),
        "guard" => json!({"anyOf": [reference("qualified"), {"type": "array", "items": reference("qualified")}]}),
        "failed" => reference("arrow"),
        "params" => named(object(&["type"], vec![("type", reference("type")), ("default", reference("value"))])),
        "outcomes" => named(json!({"anyOf": [
            {"type": "null"},
            {"type": "object", "maxProperties": 1, "propertyNames": reference("name"), "additionalProperties": reference("type")},
        ]})),
        "default" => {
            let verbs = shape::VERBS.iter().map(|(verb, _)| *verb).chain(["split"]);
            let each = verbs.map(|verb| (verb, object(&[], statement::settings(verb))));
            object(&[], each.collect())
        }
        "const" => named(json!({"anyOf": [
            reference("value"),
            object(&["doc", "value"], vec![("doc", reference("text")), ("value", reference("value"))]),
        ]})),
        "var" => named(object(&[], vec![("type", reference("type")), ("value", reference("value"))])),
        "steps" => named(reference("step")),
        "max_duration" => reference("duration"),
        "max_steps" | "max_legs" => json!({"type": "integer", "minimum": 1}),
        "labels" => json!({"type": "array", "items": reference("text")}),
        "doc" => reference("text"),
        _ => reference("value"),
    }
}

fn step() -> Value {
    let visits = object(
        &["max", "otherwise"],
        vec![("max", json!({"type": "integer", "minimum": 0})), ("otherwise", reference("arrow"))],
    );
    let whole = object(
        &["do"],
        vec![
            ("doc", reference("text")),
            ("visits", visits),
            ("guard", reference("qualified")),
            ("do", reference("block")),
        ],
    );
    json!({"anyOf": [reference("block"), whole]})
}
