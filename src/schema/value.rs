//! Values as they are spelled in YAML.

use serde_json::{Value, json};

use crate::base::value::Type;
use crate::step::decl::Kind;

/// A name, as `syntax::shape::is_name` has it.
pub(super) const NAME: &str = "^[a-z_][A-Za-z0-9_]*$";
/// The same with a library before it.
const QUALIFIED: &str = "^[a-z_][A-Za-z0-9_]*(\\.[a-z_][A-Za-z0-9_]*)?$";
pub(super) const DURATION: &str = "^([0-9]+(ms|s|m|h|d))+$";
/// The whole of an expression is in parentheses.
const EXPRESSION: &str = "^\\([\\s\\S]*\\)$";

pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// The definitions that statements refer to.
pub(super) fn definitions() -> Vec<(&'static str, Value)> {
    let scalar = json!(["string", "number", "boolean"]);
    let types: Vec<&str> = Type::ALL.iter().map(|t| t.name()).collect();
    vec![
        ("name", json!({"type": "string", "pattern": NAME})),
        ("qualified", json!({"type": "string", "pattern": QUALIFIED})),
        ("type", json!({"enum": types})),
        ("expression", json!({"type": "string", "pattern": EXPRESSION, "description": "an expression in parentheses"})),
        ("duration", json!({"type": "string", "pattern": DURATION, "description": "such as `500ms`, `20s`, `1m30s`"})),
        ("text", json!({"type": scalar, "description": "a text; `${ }` holds an expression"})),
        (
            "value",
            json!({"anyOf": [
                {"type": scalar},
                {"type": "array", "items": reference("value")},
                only("say", reference("text")),
                only("value", word()),
            ]}),
        ),
        (
            "prompts",
            json!({"anyOf": [
                {"type": ["string", "number"], "description": "a prompt of `prompts/`"},
                only("say", reference("text")),
                only("value", word()),
                {"type": "array", "items": reference("prompts")},
            ]}),
        ),
        (
            "arguments",
            json!({"type": "object", "propertyNames": reference("name"), "additionalProperties": reference("value")}),
        ),
        (
            "arrow",
            json!({"anyOf": [
                {"type": "string", "pattern": NAME, "description": "a step, or `next` to go on"},
                object(&["flow"], vec![("flow", reference("qualified")), ("with", reference("arguments"))]),
            ]}),
        ),
        ("body", json!({"anyOf": [reference("arrow"), reference("block")]})),
        ("block", json!({"type": "array", "items": reference("statement")})),
        (
            "arm",
            json!({"anyOf": [
                reference("body"),
                object(&["do"], vec![("do", reference("body")), ("doc", reference("text"))]),
            ]}),
        ),
        (
            "arms",
            json!({
                "type": "object",
                "additionalProperties": reference("arm"),
                "description": "where each outcome leads: a step, `next`, or a list of statements",
            }),
        ),
        // A map holds no key twice, and two shares of a `split` may be the same.
        (
            "outcomes",
            json!({"anyOf": [reference("arms"), {"type": "array", "minItems": 1, "items": reference("arms")}]}),
        ),
    ]
}

/// What stands behind `value:`: any value, and the name `null`, which YAML takes for nothing.
fn word() -> Value {
    json!({"anyOf": [reference("value"), {"type": "null"}]})
}

/// A map of one key.
fn only(key: &str, value: Value) -> Value {
    object(&[key], vec![(key, value)])
}

/// A map of these keys and no others.
pub(super) fn object(required: &[&str], properties: Vec<(&str, Value)>) -> Value {
    let properties: serde_json::Map<String, Value> =
        properties.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// What a setting can be: its kind, or an expression that gives it.
pub(super) fn setting(kind: Kind) -> Value {
    let computed = |value: Value| json!({"anyOf": [value, reference("expression")]});
    match kind {
        Kind::Duration => computed(reference("duration")),
        Kind::Count { min, max } => computed(json!({"type": "integer", "minimum": min, "maximum": max})),
        Kind::Bool => computed(json!({"type": "boolean"})),
        Kind::Text => json!({"anyOf": [reference("text"), only("value", word())]}),
        Kind::Key => computed(json!({"anyOf": [
            {"type": "string", "pattern": "^[0-9*#]$"},
            {"type": "integer", "minimum": 0, "maximum": 9},
        ]})),
        Kind::Prompts => reference("prompts"),
        Kind::Word(words) => json!({"enum": words}),
        Kind::Skills | Kind::Users => computed(json!({"type": "array", "items": reference("value")})),
        Kind::Map => reference("expression"),
        Kind::Spoken => reference("prompts"),
        Kind::Reference => json!({"type": "string", "pattern": "^(env|file):"}),
        Kind::Named(_) => reference("qualified"),
        Kind::Pin | Kind::Body => reference("value"),
    }
}
