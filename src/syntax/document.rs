//! A YAML document as a tree in which every key and value knows its place.
//!
//! Site, policy, test and flow files are all read through it, so that every error points at text.
//! It knows no schema: what a key means is its reader's business (`reader`).

mod build;
mod wording;

use granit_parser::{Event, Parser};

use crate::base::diagnostic::{self, Diagnostic};
use crate::base::limits::{MAX_DIAGNOSTICS_PER_FILE, MAX_FILE_BYTES};
use crate::base::span::{FileId, Span, Spanned};

use super::source;

/// Nesting of maps and lists. A flow uses three levels for each block and at most eight blocks; the
/// rest is room. It bounds every recursion over a document.
pub const MAX_DEPTH: usize = 64;
/// What the aliases of one file may expand to, in nodes and bytes of text together: as much as a
/// file may hold without them.
pub const MAX_ALIAS_COST: usize = MAX_FILE_BYTES;

/// A value of a document and its place.
pub type Node = Spanned<NodeKind>;

#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// An empty value, `null` or `~`.
    Null,
    /// Any other scalar. `plain` tells `true` from `"true"`: a quoted scalar is always text.
    Scalar {
        text: String,
        plain: bool,
    },
    Sequence(Vec<Node>),
    /// In source order; keys are unique.
    Mapping(Vec<Entry>),
}

/// One `key: value` of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key's source text, quotes removed: `01` stays `01`.
    pub key: Spanned<String>,
    pub value: Node,
}

/// A comment outside values: its text without `#`, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    pub text: String,
    pub span: Span,
}

/// Reads a file of any number of YAML 1.2 documents.
///
/// Total: any text gives what could be read and every error with its place. A document with a
/// syntax error is left out, the ones after it are read. Anchors are expanded, within
/// [`MAX_ALIAS_COST`]; the expanded value stands at the place of its alias.
pub fn parse(file: FileId, text: &str) -> (Vec<Node>, Vec<Comment>, Vec<Diagnostic>) {
    let (text, mut found) = match source::check(file, text) {
        Ok(checked) => checked,
        Err(error) => return (Vec::new(), Vec::new(), vec![*error]),
    };
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        // Bounded by the size of the file; the parser's own 96 would refuse a long preamble.
        max_buffered_comment_events: MAX_FILE_BYTES,
    };
    let mut parser = Parser::new_from_str_with_options(&text, options);
    let mut builder = build::Builder::new(file, &text);
    loop {
        match parser.next_event() {
            None => break,
            Some(Ok((Event::StreamEnd, _))) => break,
            Some(Ok((event, span))) => builder.event(event, span),
            Some(Err(error)) => {
                builder.abandon(wording::syntax_error(file, &text, &error, builder.open_place()));
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
        }
        if builder.findings() > MAX_DIAGNOSTICS_PER_FILE {
            break;
        }
    }
    let (nodes, comments, errors) = builder.finish();
    found.extend(errors);
    diagnostic::sort(&mut found);
    found.truncate(MAX_DIAGNOSTICS_PER_FILE);
    (nodes, comments, found)
}

/// As [`parse`], from the bytes of a file.
pub fn parse_bytes(file: FileId, bytes: &[u8]) -> (Vec<Node>, Vec<Comment>, Vec<Diagnostic>) {
    match source::decode(file, bytes) {
        Ok(text) => parse(file, text),
        Err(error) => (Vec::new(), Vec::new(), vec![*error]),
    }
}
