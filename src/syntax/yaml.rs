//! The YAML form of a flow, `.flow.yaml`, to the same tree that the text form gives.
//!
//! Which key holds what is in `shape`; how the YAML itself is read, in `document`.

mod head;
mod statement;
mod value;

pub(super) use value::{label, word};

use crate::base::diagnostic::{self, Diagnostic};
use crate::base::limits::MAX_DIAGNOSTICS_PER_FILE;
use crate::base::span::{FileId, Span, Spanned};

use super::ast::{File, Name};
use super::document::{self, Comment, Node, NodeKind};
use super::{reader, shape, source, well_formed};

/// Reads a `.flow.yaml` file: one flow, subflow or map of constants a document.
///
/// Total: any text gives what could be read and every error with its place.
pub fn parse_yaml_flow(file: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    let (tree, _, found) = parse_with_comments(file, text);
    (tree, found)
}

/// As [`parse_yaml_flow`], with the comments of the file.
pub fn parse_with_comments(file: FileId, text: &str) -> (File, Vec<Comment>, Vec<Diagnostic>) {
    let (nodes, comments, found) = document::parse(file, text);
    let mut reader = Reader { text, found };
    let mut tree = File { items: nodes.iter().flat_map(|n| reader.document(n)).collect() };
    let mut found = reader.found;
    found.extend(comments.iter().filter_map(|comment| key_in_comment(text, comment)));
    well_formed::check(&mut tree, "", &mut found);
    diagnostic::sort(&mut found);
    found.truncate(MAX_DIAGNOSTICS_PER_FILE);
    (tree, comments, found)
}

/// A key of a menu that YAML takes for a comment: `#: sorry`.
fn key_in_comment(text: &str, comment: &Comment) -> Option<Diagnostic> {
    let written = super::lexer::slice(text, comment.span);
    let key = Span { end: comment.span.start.saturating_add(1), ..comment.span };
    written.starts_with("#:").then(|| {
        Diagnostic::warning("yaml-syntax", key, "this `#` is no key: it begins a comment in YAML")
            .help("write `\"#\":`; a comment that shall stay is written `# :`")
    })
}

/// As [`parse_yaml_flow`], from the bytes of a file.
pub fn parse_yaml_flow_bytes(file: FileId, bytes: &[u8]) -> (File, Vec<Diagnostic>) {
    match source::decode(file, bytes) {
        Ok(text) => parse_yaml_flow(file, text),
        Err(error) => (File::default(), vec![*error]),
    }
}

struct Reader<'t> {
    text: &'t str,
    found: Vec<Diagnostic>,
}

impl<'t> Reader<'t> {
    fn source(&self, span: Span) -> &'t str {
        super::lexer::slice(self.text, span)
    }

    fn wrong(&mut self, node: &Node, wanted: &str, help: impl Into<String>) {
        let message = format!("expected {wanted}, found {}", reader::describe(node));
        self.found.push(Diagnostic::error("wrong-type", node.span, message).help(help));
    }

    fn unknown_key(&mut self, key: &Name, owner: &str, known: &[&str]) {
        let hint = crate::base::suggest::did_you_mean(&key.value, known.iter().copied());
        let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
        let message = format!("{owner} has no key `{}`{hint}", reader::shorten(&key.value));
        let found = Diagnostic::error("unknown-key", key.span, message);
        self.found.push(if list.is_empty() { found } else { found.help(format!("it has {}", list.join(", "))) });
    }

    fn missing_key(&mut self, place: Span, owner: &str, key: &str) {
        let first = self.source(place).chars().next().map_or(0, char::len_utf8);
        let place = Span { end: place.start.saturating_add(u32::try_from(first).unwrap_or(0)), ..place };
        self.found.push(
            Diagnostic::error("missing-key", place, format!("{owner} has no `{key}`")).help(format!("add `{key}: ..`")),
        );
    }

    /// A scalar as a name, plain or quoted.
    fn name(&mut self, node: &Node, what: &str) -> Option<Name> {
        self.name_if(node, what, shape::is_name)
    }

    /// As [`Reader::name`], or a name of a library: `bank.verify_pin`.
    fn qualified(&mut self, node: &Node, what: &str) -> Option<Name> {
        self.name_if(node, what, shape::is_qualified)
    }

    fn name_if(&mut self, node: &Node, what: &str, good: fn(&str) -> bool) -> Option<Name> {
        let text = self.scalar(node);
        match text.filter(|t| good(t)) {
            Some(text) => Some(Spanned::new(text.to_owned(), node.span)),
            None => {
                self.wrong(node, what, "a name begins with `a` to `z` or `_`, then letters, digits, `_`");
                None
            }
        }
    }

    /// A key of a map as a name of the user's.
    fn key_name(&mut self, key: &Name, what: &str) -> Option<Name> {
        if shape::is_name(&key.value) {
            return Some(key.clone());
        }
        let message = format!("`{}` cannot be the name of {what}", reader::shorten(&key.value));
        self.found.push(
            Diagnostic::error("wrong-type", key.span, message)
                .help("a name begins with `a` to `z` or `_`, then letters, digits, `_`"),
        );
        None
    }

    /// The text of a scalar; of a plain `null` its source, because a name may be any word.
    fn scalar<'n>(&self, node: &'n Node) -> Option<&'n str>
    where
        't: 'n,
    {
        match &node.value {
            NodeKind::Scalar { text, .. } => Some(text),
            NodeKind::Null if self.source(node.span) == "null" => Some("null"),
            _ => None,
        }
    }
}
