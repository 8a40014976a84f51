//! Scalars: which may stand without quotes and still mean what they should.

use crate::base::span::Span;
use crate::syntax::ast::{Decimal, Label, LabelKind, Text, Value, ValueKind};
use crate::syntax::shape::Reading;
use crate::syntax::yaml::{label, word as read_word};
use crate::syntax::{duration, text};

/// `key: value` pairs of a map on one line.
#[derive(Default)]
pub(super) struct Yaml(Vec<String>);

impl Yaml {
    pub(super) fn push(&mut self, pair: String) {
        self.0.push(pair);
    }

    pub(super) fn extend(&mut self, pairs: impl Iterator<Item = String>) {
        self.0.extend(pairs);
    }

    pub(super) fn map(&self) -> String {
        format!("{{{}}}", self.0.join(", "))
    }
}

impl FromIterator<String> for Yaml {
    fn from_iter<T: IntoIterator<Item = String>>(pairs: T) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// Whether a scalar means its own characters without quotes, anywhere a value may stand.
fn is_safe(scalar: &str) -> bool {
    let begins = scalar.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '('))
        || scalar.strip_prefix('-').is_some_and(|s| s.starts_with(|c: char| c.is_ascii_digit()));
    begins
        && !scalar.ends_with([' ', ':'])
        && !scalar.contains(": ")
        && !scalar.contains("  ")
        && !matches!(scalar, "null" | "~")
        && scalar.chars().all(|c| !matches!(c, ',' | '[' | ']' | '{' | '}' | '#' | '"' | '\'' | '\\' | '`'))
        && scalar.chars().all(|c| !c.is_control() && (c == ' ' || !c.is_whitespace()) && !matches!(c, '\u{feff}'))
}

pub(super) fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            c => out.push(c),
        }
    }
    out + "\""
}

/// A name: any word, so the few that YAML reads otherwise are quoted.
pub(super) fn word(name: &str) -> String {
    if matches!(name, "true" | "false" | "null") || !is_safe(name) { double_quoted(name) } else { name.to_owned() }
}

/// A text where nothing but text can stand.
pub(super) fn only_text(text: &str) -> String {
    let other = read_word(text, Reading::Text).is_some();
    if is_safe(text) && !other { text.to_owned() } else { double_quoted(text) }
}

pub(super) fn value(v: &Value, reading: Reading) -> String {
    // Where a place reads every scalar as text, or a word as text, another value says what it is.
    let other = |scalar: String| format!("{{value: {scalar}}}");
    let unless_text = |scalar: String| if reading == Reading::OnlyText { other(scalar) } else { scalar };
    match &v.value {
        ValueKind::Text(t) => text_value(t, reading),
        ValueKind::Spoken(t) => format!("{{say: {}}}", text_value(t, Reading::OnlyText)),
        ValueKind::List(items) => {
            format!("[{}]", items.iter().map(|item| value(item, reading)).collect::<Vec<_>>().join(", "))
        }
        ValueKind::Expr(code) => {
            let scalar = format!("({code})");
            unless_text(if is_safe(&scalar) { scalar } else { double_quoted(&scalar) })
        }
        ValueKind::Duration(ms) => unless_text(duration::print(*ms)),
        ValueKind::Percent(Decimal(n)) => unless_text(format!("{n}%")),
        ValueKind::Number(Decimal(n)) => unless_text(n.clone()),
        ValueKind::Bool(b) => unless_text(b.to_string()),
        ValueKind::Name(name) if reading == Reading::Word => name.clone(),
        ValueKind::Name(name) => other(name.clone()),
    }
}

fn text_value(t: &Text, reading: Reading) -> String {
    let mut scalar = text::to_yaml(t);
    if reading != Reading::OnlyText && scalar.starts_with('(') && scalar.ends_with(')') {
        // Parentheses round a scalar make an expression, quoted or not.
        scalar.insert(0, '\\');
    }
    let means_other = read_word(&scalar, reading).is_some();
    // A word that is a name elsewhere stands in quotes there and without them here.
    if is_safe(&scalar) && !means_other { scalar } else { double_quoted(&scalar) }
}

/// The key of an arm: its labels.
pub(super) fn key(labels: &[Label], switch: bool) -> String {
    let parts: Vec<String> = labels.iter().map(|l| label_text(l, switch)).collect();
    let key = parts.join(", ");
    let telephone = labels.iter().any(|l| matches!(l.kind, LabelKind::Keys(_)));
    if is_safe(&key) && !telephone && !matches!(key.as_str(), "true" | "false") { key } else { double_quoted(&key) }
}

fn label_text(l: &Label, switch: bool) -> String {
    let mut out = match &l.kind {
        LabelKind::Outcome(name) => name.clone(),
        LabelKind::Keys(keys) => keys.clone(),
        LabelKind::Percent(Decimal(n)) => format!("{n}%"),
        LabelKind::Every(ms) => format!("every {}", duration::print(*ms)),
        LabelKind::After(ms) => format!("after {}", duration::print(*ms)),
        LabelKind::Text(t) => {
            let plain = switch
                && is_safe(t)
                && t.trim() == t
                && label(t, Span::default(), true).is_some_and(|read| read.kind == l.kind && read.binding.is_none());
            if plain { t.clone() } else { format!("\"{}\"", t.replace('\\', "\\\\").replace('"', "\\\"")) }
        }
    };
    if let Some(name) = &l.binding {
        out.push_str(&format!("({})", name.value));
    }
    out
}
