//! A YAML document as a tree in which every key and value knows its place.
//!
//! Site, policy, test and flow files are all read through it, so that every error points at text.

use crate::base::span::{Span, Spanned};

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
