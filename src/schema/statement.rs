//! Statements: the keys of each from the table of verbs, its settings from its declaration.

use serde_json::{Map, Value, json};

use crate::step::decl::{Decl, Preset, Setting, Subject};
use crate::step::registry;
use crate::syntax::duration;
use crate::syntax::shape::{self, SubjectShape};

use super::value::{object, reference, setting};

/// An item of a step: a verb alone, or a map of a verb and what it needs.
pub(super) fn statement() -> Value {
    let alone: Vec<&str> =
        shape::VERBS.iter().filter(|(_, s)| *s == SubjectShape::None).map(|(verb, _)| *verb).collect();
    let mut properties: Map<String, Value> = Map::new();
    properties.insert("doc".to_owned(), reference("text"));
    for (verb, form) in shape::VERBS {
        properties.insert((*verb).to_owned(), described(verb, action(verb, *form)));
    }
    for keyword in shape::KEYWORDS {
        properties.insert((*keyword).to_owned(), described(keyword, by_keyword(keyword)));
    }
    properties.insert("then".to_owned(), reference("body"));
    properties.insert("else".to_owned(), reference("body"));
    let one: Vec<Value> = shape::statements().map(|verb| json!({"required": [verb]})).collect();
    json!({"anyOf": [
        {"enum": alone},
        {
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
            "oneOf": one,
            "dependentRequired": {"if": ["then"], "then": ["if"], "else": ["if"]},
        },
    ]})
}

fn described(verb: &str, mut schema: Value) -> Value {
    if let (Some(decl), Value::Object(map)) = (registry::find(verb), &mut schema) {
        map.insert("description".to_owned(), json!(decl.summary));
    }
    schema
}

/// Statements with a form of their own.
fn by_keyword(keyword: &str) -> Value {
    match keyword {
        "goto" => json!({"anyOf": [reference("arrow")]}),
        "if" => json!({"anyOf": [reference("expression")]}),
        "switch" => {
            object(&["on", "outcomes"], vec![("on", reference("expression")), ("outcomes", reference("outcomes"))])
        }
        "set" => json!({
            "type": "object", "minProperties": 1, "maxProperties": 1,
            "propertyNames": reference("name"), "additionalProperties": reference("value"),
        }),
        "return" => json!({"anyOf": [
            reference("name"),
            {
                "type": "object", "minProperties": 1, "maxProperties": 1,
                "propertyNames": reference("name"), "additionalProperties": reference("expression"),
            },
        ]}),
        // `split`, and whatever has settings and arms alone.
        verb => {
            let mut properties = settings(verb);
            properties.push(("outcomes", reference("outcomes")));
            object(&["outcomes"], properties)
        }
    }
}

/// The settings of a verb, as they may stand in its map or in the `default` of a flow.
pub(super) fn settings(verb: &str) -> Vec<(&'static str, Value)> {
    let decl = registry::find(verb);
    let one = |key: &&'static str| match decl.and_then(|d| d.setting(key)) {
        Some((_, declared)) => (*key, documented(declared)),
        None => (*key, reference("value")),
    };
    registry::setting_order(verb).iter().map(one).collect()
}

fn documented(declared: &Setting) -> Value {
    let mut schema = setting(declared.kind);
    let Value::Object(map) = &mut schema else { return schema };
    map.insert("description".to_owned(), json!(declared.doc));
    let default = match declared.default {
        Preset::None | Preset::Required => return schema,
        Preset::Ms(ms) => json!(duration::print(ms)),
        Preset::Count(n) => json!(n),
        Preset::Bool(b) => json!(b),
        Preset::Text(t) | Preset::Word(t) => json!(t),
    };
    map.insert("default".to_owned(), default);
    schema
}

fn action(verb: &str, form: SubjectShape) -> Value {
    let decl = registry::find(verb);
    let rest = || {
        let mut properties = settings(verb);
        properties.push(("outcomes", reference("outcomes")));
        properties
    };
    let whole =
        |required: &[&str], own: Vec<(&'static str, Value)>| object(required, own.into_iter().chain(rest()).collect());
    match form {
        SubjectShape::None => json!({"anyOf": [{"type": "null"}, whole(&[], Vec::new())]}),
        SubjectShape::Value(key, _) => {
            let value = subject(decl);
            let long = whole(&[key], vec![(key, value.clone())]);
            // The short form leaves no room for settings.
            if decl.is_some_and(|d| d.required().next().is_some()) { long } else { json!({"anyOf": [value, long]}) }
        }
        SubjectShape::Transfer => whole(&["to"], vec![("mode", json!({"enum": shape::MODES})), ("to", target())]),
        SubjectShape::Ring => {
            let targets = json!({"anyOf": [target(), {"type": "array", "minItems": 1, "items": target()}]});
            whole(&["to"], vec![("order", json!({"enum": shape::ORDERS})), ("to", targets)])
        }
        SubjectShape::Run => {
            let own = vec![("subflow", reference("qualified")), ("with", reference("arguments"))];
            json!({"anyOf": [reference("qualified"), whole(&["subflow"], own)]})
        }
        SubjectShape::Guard => {
            let own = vec![("policy", reference("qualified")), ("to", target())];
            json!({"anyOf": [reference("qualified"), whole(&["policy"], own)]})
        }
        SubjectShape::Pair => {
            // The first key is the subject's own name.
            let mut schema = whole(&[], Vec::new());
            if let Value::Object(map) = &mut schema {
                map.insert("minProperties".to_owned(), json!(1));
                map.insert("additionalProperties".to_owned(), reference("value"));
                map.insert("propertyNames".to_owned(), reference("name"));
            }
            schema
        }
    }
}

/// What a verb is about.
fn subject(decl: Option<&Decl>) -> Value {
    match decl.map(|d| d.subject) {
        Some(Subject::Prompts) => reference("prompts"),
        Some(Subject::Duration) => json!({"anyOf": [reference("duration"), reference("expression")]}),
        Some(Subject::Variable(_)) => reference("name"),
        Some(Subject::Word(words)) => json!({"enum": words}),
        _ => reference("value"),
    }
}

/// `{user: dana}`
fn target() -> Value {
    let kinds: Vec<(&str, Value)> = shape::TARGET_KINDS.iter().map(|kind| (*kind, reference("value"))).collect();
    let mut schema = object(&[], kinds);
    if let Value::Object(map) = &mut schema {
        map.insert("minProperties".to_owned(), json!(1));
        map.insert("maxProperties".to_owned(), json!(1));
    }
    schema
}
