//! Reads maps of a document by key, so that every file of a site reports its errors alike.
//!
//! It knows how a value is spelled, not what it means. Every problem becomes a diagnostic at its
//! place and reading goes on; `None` means that the problem is already reported.

use crate::base::diagnostic::Diagnostic;
use crate::base::limits::MAX_DIAGNOSTICS_PER_FILE;
use crate::base::span::{Span, Spanned};
use crate::base::suggest;

use super::document::{Entry, Node, NodeKind};
use super::duration;

/// The keys of one map, each asked for by name; [`Fields::finish`] reports those that nobody knows.
///
/// ```
/// use strowger::syntax::{document, reader::Fields};
///
/// let (nodes, _, mut found) = document::parse(Default::default(), "name: Dana\nring: 20s\n");
/// let mut user = Fields::new(&nodes[0], "user", &mut found);
/// let name = user.required_text("name").unwrap();
/// let ring_ms = user.duration_ms("ring").unwrap();
/// user.finish();
/// assert_eq!((name.value.as_str(), ring_ms.value), ("Dana", 20_000));
/// assert!(found.is_empty());
/// ```
pub struct Fields<'n, 'o> {
    what: String,
    place: Span,
    entries: &'n [Entry],
    /// Every key asked for so far: what may stand in this map.
    known: Vec<&'static str>,
    unlisted: Vec<&'static str>,
    /// The node was no map: that was reported, and nothing else about it should be.
    broken: bool,
    out: &'o mut Vec<Diagnostic>,
}

/// A key as it is written, or a thing in words.
fn named(what: &str) -> String {
    if what.contains(' ') { format!("the {what}") } else { format!("`{what}`") }
}

impl<'n, 'o> Fields<'n, 'o> {
    /// Begins to read `node`, which should be a map; `what` is its name in messages, such as `user`.
    pub fn new(node: &'n Node, what: impl Into<String>, out: &'o mut Vec<Diagnostic>) -> Self {
        let what = named(&what.into());
        let (entries, broken) = match &node.value {
            NodeKind::Mapping(entries) => (entries.as_slice(), false),
            _ => {
                out.push(wrong(node, &format!("a map of the keys of {what}"), "write `key: value` lines"));
                (&[][..], true)
            }
        };
        Self { what, place: node.span, entries, known: Vec::new(), unlisted: Vec::new(), broken, out }
    }

    /// The first character of the map: its brace, or that of its first key.
    fn beginning(&self) -> Span {
        let plain = |e: &&Entry| {
            let length = u32::try_from(e.key.value.len()).ok();
            e.key.span.start == self.place.start && e.key.span.end.checked_sub(e.key.span.start) == length
        };
        let first = self.entries.first().filter(plain).and_then(|e| e.key.value.chars().next());
        let length = first.map_or(1, |c| u32::try_from(c.len_utf8()).unwrap_or(1));
        Span { end: self.place.start.saturating_add(length).min(self.place.end), ..self.place }
    }

    /// Where the map stands.
    pub fn place(&self) -> Span {
        self.place
    }

    /// For findings of the caller's own, and to read a nested map while this one is open.
    pub fn out(&mut self) -> &mut Vec<Diagnostic> {
        self.out
    }

    /// The value of `key`, or a `missing-key` error.
    pub fn required(&mut self, key: &'static str) -> Option<&'n Node> {
        let found = self.optional(key);
        if found.is_none() && !self.broken {
            let what = &self.what;
            self.out.push(
                Diagnostic::error("missing-key", self.beginning(), format!("{what} has no `{key}`"))
                    .help(format!("add `{key}: ...`")),
            );
        }
        found
    }

    /// The value of `key`, if it is there; an empty value counts as not there.
    pub fn optional(&mut self, key: &'static str) -> Option<&'n Node> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.entries.iter().find(|e| e.key.value == key).map(|e| &e.value).filter(|n| n.value != NodeKind::Null)
    }

    /// Where `key` itself is written.
    pub fn key_place(&self, key: &str) -> Option<Span> {
        self.entries.iter().find(|e| e.key.value == key).map(|e| e.key.span)
    }

    /// Keys that are allowed here without being read now.
    pub fn allow(&mut self, keys: &[&'static str]) {
        self.known.extend(keys);
    }

    /// Keys that the caller reports itself: not unknown, and not offered in messages either.
    pub fn except(&mut self, keys: &[&'static str]) {
        self.unlisted.extend(keys);
    }

    /// Reports every key that was not asked for.
    pub fn finish(self) {
        let mut known: Vec<String> = self.known.iter().map(|k| format!("`{k}`")).collect();
        known.sort();
        let help = if known.is_empty() {
            format!("{} has no keys", self.what)
        } else {
            format!("{} has the keys {}", self.what, known.join(", "))
        };
        let unknown = |key: &str| !self.known.contains(&key) && !self.unlisted.contains(&key);
        // More would not be shown, and a suggestion costs a look at every key.
        let all = self.entries.iter().filter(|e| unknown(&e.key.value)).take(MAX_DIAGNOSTICS_PER_FILE);
        for entry in all {
            let key = entry.key.value.as_str();
            let known = || self.known.iter().copied();
            let near = suggest::closest(key, known()).or_else(|| suggest::longer(key, known()));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let message = format!("{} has no key `{key}`{hint}", self.what);
            self.out.push(Diagnostic::error("unknown-key", entry.key.span, message).help(help.as_str()));
        }
    }

    pub fn text(&mut self, key: &'static str) -> Option<Spanned<String>> {
        self.optional(key).and_then(|n| text(n, self.out))
    }

    pub fn required_text(&mut self, key: &'static str) -> Option<Spanned<String>> {
        self.required(key).and_then(|n| text(n, self.out))
    }

    pub fn bool(&mut self, key: &'static str) -> Option<Spanned<bool>> {
        self.optional(key).and_then(|n| bool(n, self.out))
    }

    pub fn integer(&mut self, key: &'static str) -> Option<Spanned<i64>> {
        self.optional(key).and_then(|n| integer(n, self.out))
    }

    pub fn number(&mut self, key: &'static str) -> Option<Spanned<f64>> {
        self.optional(key).and_then(|n| number(n, self.out))
    }

    /// Milliseconds of `20s`, `1m30s`.
    pub fn duration_ms(&mut self, key: &'static str) -> Option<Spanned<u64>> {
        self.optional(key).and_then(|n| duration_ms(n, self.out))
    }

    /// A duration, or the word `off`, which is `None`.
    pub fn duration_or_off(&mut self, key: &'static str) -> Option<Spanned<Option<u64>>> {
        let node = self.optional(key)?;
        match &node.value {
            NodeKind::Scalar { text, .. } if text == "off" => Some(Spanned::new(None, node.span)),
            NodeKind::Scalar { text, .. } if duration::parse_ms(text).is_none() && !is_number(text) => {
                refuse(node, "a duration or `off`", "write a duration such as `20s`, `5m`, or `off`", self.out)
            }
            _ => duration_ms(node, self.out).map(|ms| Spanned::new(Some(ms.value), ms.span)),
        }
    }

    /// One of the words of `allowed`.
    pub fn one_of(&mut self, key: &'static str, allowed: &[&str]) -> Option<Spanned<String>> {
        self.optional(key).and_then(|n| one_of(n, allowed, self.out))
    }

    /// The items of a list; empty if the key is not there.
    pub fn list(&mut self, key: &'static str) -> &'n [Node] {
        self.optional(key).and_then(|n| list(n, self.out)).unwrap_or_default()
    }

    /// A list of texts; empty if the key is not there.
    pub fn texts(&mut self, key: &'static str) -> Vec<Spanned<String>> {
        let items = self.list(key);
        items.iter().filter_map(|n| text(n, self.out)).collect()
    }

    /// The entries of a map with free keys (`users:`); empty if the key is not there.
    pub fn entries(&mut self, key: &'static str) -> &'n [Entry] {
        self.optional(key).and_then(|n| entries(n, self.out)).unwrap_or_default()
    }
}

/// Any scalar as text. A plain number is its source text; a plain `true` or `false` is no text.
pub fn text(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    match &node.value {
        NodeKind::Scalar { text, plain } if !(*plain && matches!(text.as_str(), "true" | "false")) => {
            Some(Spanned::new(text.clone(), node.span))
        }
        NodeKind::Scalar { text, .. } => refuse(node, "text", &format!("put it in quotes: `\"{text}\"`"), out),
        _ => refuse(node, "text", "write one value, in quotes if it has special characters", out),
    }
}

/// `true` or `false`, unquoted; YAML 1.2 knows no `yes`, `no`, `on`, `off`.
pub fn bool(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Spanned<bool>> {
    match plain(node) {
        Some("true") => Some(Spanned::new(true, node.span)),
        Some("false") => Some(Spanned::new(false, node.span)),
        _ => refuse(node, "`true` or `false`", "write `true` or `false`, without quotes", out),
    }
}

/// A whole number, unquoted.
pub fn integer(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Spanned<i64>> {
    match plain(node).filter(|t| is_number(t)).and_then(|t| t.parse().ok()) {
        Some(n) => Some(Spanned::new(n, node.span)),
        None => refuse(node, "a whole number", "write digits only, without quotes", out),
    }
}

/// A number such as `3` or `0.5`, unquoted.
pub fn number(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Spanned<f64>> {
    match plain(node).filter(|t| is_number(t)).and_then(|t| t.parse().ok()) {
        Some(n) => Some(Spanned::new(n, node.span)),
        None => refuse(node, "a number", "write a number such as `3` or `0.5`, without quotes", out),
    }
}

/// Milliseconds of `500ms`, `20s`, `1m30s`.
pub fn duration_ms(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Spanned<u64>> {
    let text = match &node.value {
        NodeKind::Scalar { text, .. } => text.as_str(),
        _ => "",
    };
    match duration::parse_ms(text) {
        Some(ms) => Some(Spanned::new(ms, node.span)),
        None if is_number(text) => {
            let help = format!("a number alone has no unit; write `{text}s` for seconds, or `ms`, `m`, `h`, `d`");
            refuse(node, "a duration", &help, out)
        }
        None => refuse(node, "a duration", "write a duration such as `500ms`, `20s`, `1m30s`, `2h`", out),
    }
}

/// One of a closed set of words.
pub fn one_of(node: &Node, allowed: &[&str], out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    let word = match &node.value {
        NodeKind::Scalar { text, .. } => text.as_str(),
        _ => "",
    };
    if allowed.contains(&word) {
        return Some(Spanned::new(word.to_owned(), node.span));
    }
    let words: Vec<String> = allowed.iter().map(|w| format!("`{w}`")).collect();
    let help = match suggest::closest(word, allowed.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write one of these words".to_owned(),
    };
    refuse(node, &words.join(" or "), &help, out)
}

/// The items of a list.
pub fn list<'n>(node: &'n Node, out: &mut Vec<Diagnostic>) -> Option<&'n [Node]> {
    match &node.value {
        NodeKind::Sequence(items) => Some(items),
        _ => refuse(node, "a list", "write `[a, b]`, or one `- item` a line", out),
    }
}

/// The entries of a map whose keys are names.
pub fn entries<'n>(node: &'n Node, out: &mut Vec<Diagnostic>) -> Option<&'n [Entry]> {
    match &node.value {
        NodeKind::Mapping(entries) => Some(entries),
        _ => refuse(node, "a map", "write `name: value` lines", out),
    }
}

/// What a node is, in the words of messages.
pub fn describe(node: &Node) -> String {
    match &node.value {
        NodeKind::Null => "nothing".to_owned(),
        NodeKind::Scalar { text, plain: true } if matches!(text.as_str(), "true" | "false") => format!("`{text}`"),
        NodeKind::Scalar { text, plain: true } if is_number(text) => format!("the number `{text}`"),
        NodeKind::Scalar { text, plain: true } => format!("the text `{}`", shorten(text)),
        NodeKind::Scalar { text, plain: false } => format!("the text `\"{}\"`", shorten(text)),
        NodeKind::Sequence(_) => "a list".to_owned(),
        NodeKind::Mapping(_) => "a map".to_owned(),
    }
}

/// A long word of the user's, cut so that a message stays one line.
pub fn shorten(text: &str) -> String {
    const SHOWN: usize = 40;
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN + 1).collect();
    match line.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}...", line.get(..cut).unwrap_or(&line)),
        None => line,
    }
}

fn plain(node: &Node) -> Option<&str> {
    match &node.value {
        NodeKind::Scalar { text, plain: true } => Some(text),
        _ => None,
    }
}

/// `3`, `-1`, `0.5`: no exponent, no separators (language.md §2).
pub fn is_number(text: &str) -> bool {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    match unsigned.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(unsigned),
    }
}

fn wrong(node: &Node, wanted: &str, help: &str) -> Diagnostic {
    Diagnostic::error("wrong-type", node.span, format!("expected {wanted}, found {}", describe(node))).help(help)
}

fn refuse<T>(node: &Node, wanted: &str, help: &str, out: &mut Vec<Diagnostic>) -> Option<T> {
    out.push(wrong(node, wanted, help));
    None
}
