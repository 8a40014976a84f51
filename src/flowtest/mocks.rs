//! `mocks:` of a test: how the services answer that a flow asks for. Keys are a verb, a verb and
//! what it is about (`verify members`), or a verb and a step (`http in tell`).

use std::collections::VecDeque;
use std::sync::Arc;

use super::pins;
use crate::base::diagnostic::Diagnostic;
use crate::base::span::Spanned;
use crate::base::suggest::did_you_mean;
use crate::base::time::Micros;
use crate::base::value::{Type, Value};
use crate::sim::services::{About, Answer, Mock};
use crate::sim::world::LATENCY;
use crate::step::decl::Decl;
use crate::step::outcomes::FAILED;
use crate::step::registry;
use crate::syntax::document::{Entry, Node, NodeKind};
use crate::syntax::reader::{self, Fields};

/// Statements that ask for a service.
const VERBS: [&str; 8] = ["http", "verify", "voicemail", "callback", "ring", "park", "conference", "transfer"];
/// A service that does not answer.
const NEVER: &str = "never";

/// Reads one entry; the step that its key names is given for who knows the steps.
pub fn read(entry: &Entry, found: &mut Vec<Diagnostic>) -> Option<Spanned<Mock>> {
    let (verb, rest) = entry.key.value.split_once(' ').unwrap_or((&entry.key.value, ""));
    let known = || VERBS.into_iter().chain(pins::VERBS);
    let Some(decl) = VERBS.iter().find(|v| **v == verb).and_then(|v| registry::find(v)) else {
        let message = format!("no service `{verb}`{}", did_you_mean(verb, known()));
        let help = format!("a test can say how these answer: {}", known().collect::<Vec<_>>().join(", "));
        found.push(Diagnostic::error("unknown-name", entry.key.span, message).help(help));
        return None;
    };
    let about = about(rest);
    let (first, then) = match &entry.value.value {
        NodeKind::Sequence(items) => (items.iter().map(|n| answer(decl, n, found)).collect::<Option<_>>()?, None),
        _ => (VecDeque::new(), Some(answer(decl, &entry.value, found)?)),
    };
    Some(Spanned::new(Mock { verb: decl.verb, about, first, then, asked: 0 }, entry.key.span))
}

/// What of a key stands behind its verb.
pub fn about(rest: &str) -> About {
    match (rest.trim(), rest.trim().strip_prefix("in ")) {
        ("", _) => About::Anything,
        (_, Some(step)) => About::Step(Arc::from(step.trim())),
        (subject, None) => About::Subject(Arc::from(subject)),
    }
}

/// `wrong`, or `{outcome: ok, value: {balance: 12}, after: 2s}`.
fn answer(decl: &'static Decl, node: &Node, found: &mut Vec<Diagnostic>) -> Option<Answer> {
    if !matches!(node.value, NodeKind::Mapping(_)) {
        let word = reader::text(node, found)?;
        return outcome(decl, &word, None, LATENCY, found);
    }
    let mut fields = Fields::new(node, "answer", found);
    let word = fields.required_text("outcome");
    let value = fields.optional("value");
    let after = fields.duration_ms("after").map_or(LATENCY, |d| Micros::from_ms(d.value));
    let details = ["value", "after"].into_iter().find_map(|key| Some((key, fields.key_place(key)?)));
    fields.finish();
    let word = word?;
    if let (NEVER, Some((key, place))) = (word.value.as_str(), details) {
        let message = format!("a service that never answers has no `{key}`");
        found.push(Diagnostic::error("test-mock", place, message).help("take it out, or name an outcome"));
    }
    outcome(decl, &word, value, after, found)
}

fn outcome(
    decl: &'static Decl,
    word: &Spanned<String>,
    value: Option<&Node>,
    after: Micros,
    found: &mut Vec<Diagnostic>,
) -> Option<Answer> {
    if word.value == NEVER {
        return Some(Answer::Never);
    }
    // The group stands for the outcome of a service that could not be had.
    let fails = word.value == FAILED && decl.has_group(FAILED);
    let name = if fails { "error" } else { word.value.as_str() };
    let Some((_, known)) = decl.outcome(name) else {
        let failed = decl.has_group(FAILED).then_some(FAILED);
        let names = || decl.outcomes.iter().map(|o| o.name).chain(failed).chain([NEVER]);
        let mut message = format!("`{}` has no outcome `{}`", decl.verb, word.value);
        message.push_str(&did_you_mean(&word.value, names()));
        let help = match decl.outcomes.is_empty() {
            true => "it has no outcomes: only `never` can be said".to_owned(),
            false => format!("write one of {}", names().collect::<Vec<_>>().join(", ")),
        };
        found.push(Diagnostic::error("unknown-outcome", word.span, message).help(help));
        return None;
    };
    let value = match value {
        Some(node) => Some(typed(known.binds, node, decl.verb, name, found)?),
        None => None,
    };
    Some(Answer::Gives { outcome: Arc::from(name), value, after })
}

/// The value that an outcome carries, which must be of its type.
fn typed(wanted: Option<Type>, node: &Node, verb: &str, outcome: &str, found: &mut Vec<Diagnostic>) -> Option<Value> {
    let value = plain_value(node);
    let is = value.type_of();
    if wanted.is_some() && is == wanted {
        return Some(value);
    }
    let message = match wanted {
        Some(wanted) => format!("`{outcome}` of `{verb}` carries a {wanted}, and this is none"),
        None => format!("`{outcome}` of `{verb}` carries no value"),
    };
    found.push(Diagnostic::error("wrong-type", node.span, message).help("correct it, or leave `value` out"));
    None
}

/// What a document holds, as a web service's reply would.
fn plain_value(node: &Node) -> Value {
    match &node.value {
        NodeKind::Null => Value::text(""),
        NodeKind::Scalar { text, plain: true } if text == "true" || text == "false" => Value::Bool(text == "true"),
        NodeKind::Scalar { text, plain: true } if reader::is_number(text) => match text.parse::<i64>() {
            Ok(whole) => Value::Int(whole),
            Err(_) => text.parse().map_or_else(|_| Value::text(text), Value::Float),
        },
        NodeKind::Scalar { text, .. } => Value::text(text),
        NodeKind::Sequence(items) => Value::List(items.iter().map(plain_value).collect()),
        NodeKind::Mapping(entries) => {
            let mut pairs: Vec<(Arc<str>, Value)> =
                entries.iter().map(|e| (Arc::from(e.key.value.as_str()), plain_value(&e.value))).collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Map(pairs.into())
        }
    }
}
