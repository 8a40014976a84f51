//! Scalars, lists and small maps as values, arrows, targets and labels.

use crate::base::diagnostic::Diagnostic;
use crate::base::span::{Span, Spanned};
use crate::syntax::ast::{Arg, Decimal, Goto, GotoTarget, Label, LabelKind, Target, Text, Value, ValueKind};
use crate::syntax::document::{Entry, Node, NodeKind};
use crate::syntax::shape::{self, Reading};
use crate::syntax::{duration, lexer, pairs, reader, text};

use super::Reader;

impl Reader<'_> {
    pub(super) fn value(&mut self, node: &Node, reading: Reading) -> Option<Value> {
        let kind = match &node.value {
            NodeKind::Scalar { text, plain } => return Some(self.scalar_value(node, text, *plain, reading)),
            NodeKind::Null if self.source(node.span) == "null" => {
                return Some(self.scalar_value(node, "null", true, reading));
            }
            NodeKind::Null => {
                self.wrong(node, "a value", "write it after the `:`");
                return None;
            }
            NodeKind::Sequence(items) => {
                ValueKind::List(items.iter().filter_map(|item| self.value(item, reading)).collect())
            }
            NodeKind::Mapping(entries) => match entries.as_slice() {
                [Entry { key, value }] if key.value == "say" => match self.value(value, Reading::OnlyText)?.value {
                    ValueKind::Text(text) => ValueKind::Spoken(text),
                    _ => {
                        self.wrong(value, "a text", "write `{say: text}`");
                        return None;
                    }
                },
                // What a place for text could not hold otherwise: a name, an expression.
                [Entry { key, value }] if key.value == "value" => return self.value(value, Reading::Word),
                _ => {
                    self.wrong(
                        node,
                        "a value",
                        "write a text, a number, a duration, `(expression)`, a list or `{say: text}`",
                    );
                    return None;
                }
            },
        };
        Some(Spanned::new(kind, node.span))
    }

    fn scalar_value(&mut self, node: &Node, text: &str, plain: bool, reading: Reading) -> Value {
        let place = node.span;
        if reading != Reading::OnlyText {
            if let Some(code) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
                // Offsets in the code are offsets in the file where the scalar is word for word.
                let source = self.source(place);
                let start = usize::try_from(place.start).unwrap_or(0);
                let exact = source.find(text).map(|n| Span::new(place.file, start + n, start + n + text.len()));
                let exact = exact.unwrap_or(place);
                self.closed(text, exact);
                return Spanned::new(ValueKind::Expr(code.to_owned()), exact);
            }
            if plain && let Some(kind) = word(text, reading) {
                return Spanned::new(kind, place);
            }
        }
        Spanned::new(ValueKind::Text(self.template(text, place)), place)
    }

    /// What `( )` may hold in a flow, it may hold here, so that each form can be written as the other.
    fn closed(&mut self, expression: &str, place: Span) {
        // With an operator in front, a name and a colon begin no arguments.
        let code = expression.replacen('(', "(!", 1);
        let lexed = lexer::lex(place.file, &code);
        let one = matches!(lexed.tokens.as_slice(), [only] if lexer::slice(&code, only.span) == code);
        let (message, help) = match lexed.found.into_iter().next() {
            None if one => return,
            Some(wrong) => (wrong.message, wrong.help),
            None => ("this is no expression".to_owned(), None),
        };
        let help = help.unwrap_or_else(|| "write one expression in one pair of parentheses: `(a == \"b\")`".to_owned());
        self.found.push(Diagnostic::error("flow-syntax", place, message).help(help));
    }

    fn template(&mut self, decoded: &str, place: Span) -> Text {
        match text::from_yaml(decoded, self.source(place), place) {
            Ok(text) => text,
            Err((at, message)) => {
                self.found.push(
                    Diagnostic::error("flow-syntax", at, message)
                        .help("add `}`, or write `\\${` to mean the characters"),
                );
                Text::literal(decoded)
            }
        }
    }

    /// `choose`, `next`, or `{flow: x, with: {..}}`.
    pub(super) fn goto(&mut self, node: &Node) -> Option<Goto> {
        let span = node.span;
        let target = match &node.value {
            NodeKind::Mapping(entries) => {
                let (mut name, mut args) = (None, Vec::new());
                for Entry { key, value } in entries {
                    match key.value.as_str() {
                        "flow" => name = self.qualified(value, "the name of a flow"),
                        "with" => args = self.args(value),
                        _ => self.unknown_key(key, "an arrow to a flow", &["flow", "with"]),
                    }
                }
                if name.is_none() && !entries.iter().any(|e| e.key.value == "flow") {
                    self.missing_key(span, "an arrow to a flow", "flow");
                }
                GotoTarget::Flow { name: name?, args }
            }
            _ => match self.name(node, "the name of a step")? {
                name if name.value == "next" => GotoTarget::Next,
                name if name.value == "flow" => {
                    self.found.push(pairs::flow_without_name(name.span));
                    return None;
                }
                name => GotoTarget::Step(name),
            },
        };
        Some(Goto { target, span })
    }

    pub(super) fn args(&mut self, node: &Node) -> Vec<Arg> {
        let NodeKind::Mapping(entries) = &node.value else {
            self.wrong(node, "a map of arguments", "write `with: {name: value}`");
            return Vec::new();
        };
        let mut args = Vec::new();
        for Entry { key, value } in entries {
            let name = self.key_name(key, "an argument");
            let value = self.value(value, Reading::Text);
            args.extend(name.zip(value).map(|(name, value)| Arg { name, value }));
        }
        args
    }

    /// `{user: dana}`
    pub(super) fn target(&mut self, node: &Node) -> Option<Target> {
        let NodeKind::Mapping(entries) = &node.value else {
            self.wrong(node, "a target", "write a map of one key, such as `{user: dana}`");
            return None;
        };
        let [Entry { key, value }] = entries.as_slice() else {
            self.wrong(node, "one target", "a target has one key, such as `{user: dana}`");
            return None;
        };
        if !shape::TARGET_KINDS.contains(&key.value.as_str()) {
            self.unknown_key(key, "a target", shape::TARGET_KINDS);
            return None;
        }
        let value = self.value(value, shape::reading_of_target(&key.value))?;
        Some(Target { kind: key.clone(), value, span: node.span })
    }

    /// The labels of one arm: `busy, no_answer`.
    pub(super) fn labels(&mut self, key: &Spanned<String>, switch: bool) -> Vec<Label> {
        let parts = split_labels(&key.value);
        let labels: Vec<Label> = parts.into_iter().filter_map(|part| label(part.trim(), key.span, switch)).collect();
        let wanted = split_labels(&key.value).len();
        if labels.len() < wanted {
            let message = format!("`{}` is no label of an arm", reader::shorten(&key.value));
            self.found.push(
                Diagnostic::error("flow-syntax", key.span, message)
                    .help("a label is an outcome, keys such as `\"1\"`, `30%`, `every 45s`, `after 2m`; several stand as `\"busy, no_answer\"`"),
            );
        }
        labels
    }
}

/// What a plain word means by itself; `None` if it is text.
pub(in crate::syntax) fn word(text: &str, reading: Reading) -> Option<ValueKind> {
    if matches!(text, "true" | "false") {
        return Some(ValueKind::Bool(text == "true"));
    }
    if reader::is_number(text) {
        return Some(ValueKind::Number(Decimal(text.to_owned())));
    }
    if let Some(ms) = duration::parse_ms(text) {
        return Some(ValueKind::Duration(ms));
    }
    if let Some(percent) = percent(text) {
        return Some(ValueKind::Percent(percent));
    }
    (reading == Reading::Word && shape::is_qualified(text)).then(|| ValueKind::Name(text.to_owned()))
}

fn percent(text: &str) -> Option<Decimal> {
    let number = text.strip_suffix('%')?;
    (reader::is_number(number) && !number.starts_with('-')).then(|| Decimal(number.to_owned()))
}

/// Parts between commas that stand outside quotes.
fn split_labels(key: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in key.char_indices() {
        match c {
            '\\' if quoted && !escaped => {
                escaped = true;
                continue;
            }
            '"' if !escaped => quoted = !quoted,
            ',' if !quoted => {
                parts.push(key.get(start..at).unwrap_or(""));
                start = at + 1;
            }
            _ => {}
        }
        escaped = false;
    }
    parts.push(key.get(start..).unwrap_or(""));
    parts
}

/// One label. In a `switch` a word is a text; elsewhere it is an outcome.
pub(in crate::syntax) fn label(part: &str, place: Span, switch: bool) -> Option<Label> {
    let plain = |kind| Some(Label { kind, binding: None, span: place });
    if let Some(inner) = part.strip_prefix('"').and_then(|p| p.strip_suffix('"')) {
        return plain(LabelKind::Text(unquote(inner)));
    }
    let timed = |word: &str| part.strip_prefix(word).and_then(|t| duration::parse_ms(t.trim()));
    if let Some(ms) = timed("every ") {
        return plain(LabelKind::Every(ms));
    }
    if let Some(ms) = timed("after ") {
        return plain(LabelKind::After(ms));
    }
    if let Some(percent) = percent(part) {
        return plain(LabelKind::Percent(percent));
    }
    let (name, binding) = match part.strip_suffix(')').and_then(|p| p.split_once('(')) {
        Some((name, binding)) => (name, Some(binding.trim())),
        None => (part, None),
    };
    if binding.is_some_and(|b| !shape::is_name(b)) {
        return None;
    }
    let kind = match name {
        name if shape::is_keys(name) => LabelKind::Keys(name.to_owned()),
        "otherwise" | "true" | "false" if switch => LabelKind::Outcome(name.to_owned()),
        _ if switch => return (!part.is_empty()).then(|| plain(LabelKind::Text(part.to_owned())))?,
        name if shape::is_name(name) => LabelKind::Outcome(name.to_owned()),
        _ => return None,
    };
    let binding = binding.map(|b| Spanned::new(b.to_owned(), place));
    Some(Label { kind, binding, span: place })
}

fn unquote(inner: &str) -> String {
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}
