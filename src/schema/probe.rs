//! What a file may hold, learned from its reader: a map, a list and a word are put at a place, and
//! what the reader says of each tells what belongs there. So the reader stays the only place that
//! knows its keys.
//!
//! It reads the messages of `syntax::reader`, in whose words every file is refused; a kind of value
//! that a reader checks by itself comes out as any value of that form.

use serde_json::{Map, Value, json};

use crate::base::diagnostic::Diagnostic;
use crate::base::span::{FileId, Span};
use crate::syntax::document::{self, Node, NodeKind};

use super::value::DURATION;

/// Levels of maps and lists that a file of ours can have; deeper is any value.
const DEPTH: usize = 8;
/// A key and a word that no file has.
const PROBE: &str = "zz";

/// What reads a document.
type Reader = fn(&Node) -> Vec<Diagnostic>;

/// A place in a document.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Key(String),
    Item,
}

pub(super) fn schema(read: Reader) -> Value {
    shape(read, &mut Vec::new())
}

/// What was said of a value that was put at a place.
struct Said {
    place: Span,
    found: Vec<Diagnostic>,
    node: Option<Node>,
}

impl Said {
    /// What was expected instead; `None` if the form was right.
    fn expected(&self) -> Option<&str> {
        let at = |d: &&Diagnostic| d.rule == "wrong-type" && d.primary.span == self.place;
        let message = self.found.iter().find(at)?.message.as_str();
        let (wanted, _) = message.strip_prefix("expected ")?.split_once(", found ")?;
        Some(wanted)
    }

    /// The keys that a map can have, where it has not any.
    fn keys(&self) -> Option<Vec<String>> {
        let Some(Node { value: NodeKind::Mapping(entries), .. }) = &self.node else { return None };
        let place = entries.first()?.key.span;
        let unknown = self.found.iter().find(|d| d.rule == "unknown-key" && d.primary.span == place)?;
        let help = unknown.help.as_deref()?;
        let Some((_, list)) = help.split_once("has the keys ") else { return Some(Vec::new()) };
        Some(list.split(", ").map(|key| key.trim_matches('`').to_owned()).collect())
    }

    fn required(&self) -> Vec<String> {
        let missing = self.found.iter().filter(|d| d.rule == "missing-key" && d.primary.span.start == self.place.start);
        let name = |d: &Diagnostic| Some(d.message.rsplit_once("has no `")?.1.trim_end_matches('`').to_owned());
        missing.filter_map(name).collect()
    }
}

/// Puts a value at a place and reads the document.
fn put(read: Reader, path: &[Part], value: &Value) -> Said {
    let document = path.iter().rev().fold(value.clone(), |inner, part| match part {
        Part::Key(key) => json!({ key.as_str(): inner }),
        Part::Item => json!([inner]),
    });
    let (nodes, _, _) = document::parse(FileId(0), &document.to_string());
    let Some(root) = nodes.first() else {
        return Said { place: Span::default(), found: Vec::new(), node: None };
    };
    let mut at = Some(root);
    for part in path {
        at = at.and_then(|node| match (&node.value, part) {
            (NodeKind::Mapping(entries), Part::Key(key)) => {
                entries.iter().find(|e| e.key.value == *key).map(|e| &e.value)
            }
            (NodeKind::Sequence(items), Part::Item) => items.first(),
            _ => None,
        });
    }
    Said { place: at.map(|n| n.span).unwrap_or_default(), found: read(root), node: at.cloned() }
}

fn shape(read: Reader, path: &mut Vec<Part>) -> Value {
    if path.len() > DEPTH {
        return json!({});
    }
    if is_unread(read, path) {
        return json!({});
    }
    let forms: Vec<Value> = [map(read, path), list(read, path), word(read, path)].into_iter().flatten().collect();
    match <[Value; 1]>::try_from(forms) {
        Ok([only]) => only,
        Err(forms) if forms.is_empty() => json!({}),
        Err(forms) => json!({"anyOf": forms}),
    }
}

/// Whether a reader takes a map, a list and a word alike: it does not look at the value, or checks
/// its form by itself.
fn is_unread(read: Reader, path: &[Part]) -> bool {
    let map = put(read, path, &json!({ PROBE: { PROBE: PROBE } }));
    let takes = |value: &Value| put(read, path, value).expected().is_none();
    map.expected().is_none() && map.keys().is_none() && takes(&json!([PROBE])) && takes(&json!(PROBE))
}

fn within(read: Reader, path: &mut Vec<Part>, part: Part) -> Value {
    path.push(part);
    let inner = shape(read, path);
    path.pop();
    inner
}

fn map(read: Reader, path: &mut Vec<Part>) -> Option<Value> {
    let said = put(read, path, &json!({ PROBE: { PROBE: PROBE } }));
    if said.expected().is_some() {
        return None;
    }
    let Some(keys) = said.keys() else {
        // Any key: what is right for one is right for all.
        let inner = within(read, path, Part::Key(PROBE.to_owned()));
        return Some(json!({"type": "object", "additionalProperties": inner}));
    };
    let mut properties = Map::new();
    for key in keys {
        let inner = within(read, path, Part::Key(key.clone()));
        properties.insert(key, inner);
    }
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    let required = said.required();
    if let (Value::Object(map), false) = (&mut schema, required.is_empty()) {
        map.insert("required".to_owned(), json!(required));
    }
    Some(schema)
}

fn list(read: Reader, path: &mut Vec<Part>) -> Option<Value> {
    if put(read, path, &json!([PROBE])).expected().is_some() {
        return None;
    }
    let items = within(read, path, Part::Item);
    Some(json!({"type": "array", "items": items}))
}

fn word(read: Reader, path: &[Part]) -> Option<Value> {
    let said = put(read, path, &json!(PROBE));
    let Some(wanted) = said.expected() else { return Some(json!({"type": ["string", "number"]})) };
    match wanted {
        "`true` or `false`" => Some(json!({"type": "boolean"})),
        "a whole number" => Some(json!({"type": "integer"})),
        "a number" => Some(json!({"type": "number"})),
        "a duration" => Some(json!({"type": "string", "pattern": DURATION})),
        "a duration or `off`" => Some(json!({"anyOf": [{"type": "string", "pattern": DURATION}, {"enum": ["off"]}]})),
        words if words.starts_with('`') => {
            let words: Vec<&str> = words.split(" or ").map(|w| w.trim_matches('`')).collect();
            Some(json!({ "enum": words }))
        }
        _ => None,
    }
}
