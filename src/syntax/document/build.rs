//! Parser events to nodes, with an explicit stack: nothing here recurses.

use std::collections::BTreeMap;

use granit_parser::{Event, ScalarStyle, Tag};

use crate::base::diagnostic::Diagnostic;
use crate::base::span::{FileId, Span, Spanned};
use crate::syntax::source;

use super::{Comment, Entry, MAX_ALIAS_COST, MAX_DEPTH, Node, NodeKind};

/// A finished anchor: its node, what a copy costs, and how deep it nests.
struct Anchored {
    node: Node,
    cost: usize,
    depth: usize,
}

/// A finished node on its way into its parent.
struct Finished {
    node: Node,
    cost: usize,
    depth: usize,
}

enum Frame {
    Sequence { items: Vec<Node>, open: Open },
    Mapping { entries: Vec<Entry>, keys: BTreeMap<String, Span>, key: Option<PendingKey>, open: Open },
}

/// What both kinds of collection remember while they are open.
struct Open {
    span: Span,
    anchor: usize,
    cost: usize,
    depth: usize,
}

enum PendingKey {
    Good(Spanned<String>),
    /// The key was reported; its value is read and dropped.
    Bad,
}

pub(super) struct Builder<'t> {
    file: FileId,
    text: &'t str,
    stack: Vec<Frame>,
    anchors: BTreeMap<usize, Anchored>,
    alias_cost: usize,
    nodes: Vec<Node>,
    comments: Vec<Comment>,
    found: Vec<Diagnostic>,
}

impl<'t> Builder<'t> {
    pub(super) fn new(file: FileId, text: &'t str) -> Self {
        Self {
            file,
            text,
            stack: Vec::new(),
            anchors: BTreeMap::new(),
            alias_cost: 0,
            nodes: Vec::new(),
            comments: Vec::new(),
            found: Vec::new(),
        }
    }

    pub(super) fn findings(&self) -> usize {
        self.found.len()
    }

    /// Where the innermost open collection began.
    pub(super) fn open_place(&self) -> Option<Span> {
        self.stack.last().map(|frame| match frame {
            Frame::Sequence { open, .. } | Frame::Mapping { open, .. } => open.span,
        })
    }

    pub(super) fn finish(self) -> (Vec<Node>, Vec<Comment>, Vec<Diagnostic>) {
        (self.nodes, self.comments, self.found)
    }

    /// Gives up the document that is being read.
    pub(super) fn abandon(&mut self, error: Diagnostic) {
        self.found.push(error);
        self.stack.clear();
        self.anchors.clear();
    }

    pub(super) fn event(&mut self, event: Event<'_>, span: granit_parser::Span) {
        let place = self.place(span);
        match event {
            Event::DocumentStart(_, version) => {
                self.anchors.clear();
                if version.is_some_and(|v| (v.major, v.minor) != (1, 2)) {
                    self.found.push(
                        Diagnostic::error("yaml-syntax", place, "the document declares another version than YAML 1.2")
                            .help("delete the `%YAML` line; files are read as YAML 1.2"),
                    );
                }
            }
            Event::Comment(text, _) => {
                let text = text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned();
                self.comments.push(Comment { text, span: place });
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span, place);
                self.refuse_characters(&text, place);
                let plain = style == ScalarStyle::Plain;
                let cost = 1 + text.len();
                let null = plain && matches!(text.as_ref(), "" | "~" | "null");
                let kind = if null { NodeKind::Null } else { NodeKind::Scalar { text: text.into_owned(), plain } };
                self.done(Finished { node: Spanned::new(kind, place), cost, depth: 0 }, anchor);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span, place);
                let open = Open { span: place, anchor, cost: 1, depth: 0 };
                self.stack.push(Frame::Sequence { items: Vec::new(), open });
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span, place);
                let open = Open { span: place, anchor, cost: 1, depth: 0 };
                self.stack.push(Frame::Mapping { entries: Vec::new(), keys: BTreeMap::new(), key: None, open });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(place),
            Event::Alias(id) => self.alias(id, place),
            _ => {}
        }
    }

    fn place(&self, span: granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        Span::new(self.file, range.start, range.end.max(range.start))
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, span: granit_parser::Span, place: Span) {
        let Some(tag) = tag else { return };
        let place = span.tag_span().map_or(place, |s| self.place(s));
        self.found.push(
            Diagnostic::error("yaml-syntax", place, format!("the tag `{}` is not read here", tag.original()))
                .help("delete the tag; put a value in quotes to make it text"),
        );
    }

    /// An escape such as `"\u202e"` must not smuggle in what the file itself may not hold.
    fn refuse_characters(&mut self, text: &str, place: Span) {
        if let Some((c, what)) = text.chars().find_map(|c| source::forbidden(c).map(|what| (c, what))) {
            self.found.push(source::report(place, c, what));
        }
    }

    fn close(&mut self, end: Span) {
        let Some(frame) = self.stack.pop() else { return };
        let (kind, open) = match frame {
            Frame::Sequence { items, open } => (NodeKind::Sequence(items), open),
            Frame::Mapping { entries, open, .. } => (NodeKind::Mapping(entries), open),
        };
        let last = match &kind {
            NodeKind::Sequence(items) => items.last().map(|n| n.span),
            NodeKind::Mapping(entries) => entries.last().map(|e| e.key.span.to(e.value.span)),
            _ => None,
        };
        // A block collection ends, for the parser, where the next token begins; for a reader it
        // ends with its last entry. An aliased entry knows the alias's own place.
        let bracket = self.text.as_bytes().get(usize::try_from(open.span.start).unwrap_or(usize::MAX));
        let span = match last {
            Some(last) if !matches!(bracket, Some(b'[' | b'{')) => open.span.to(last),
            _ => open.span.to(end),
        };
        let node = Spanned::new(kind, span);
        self.done(Finished { node, cost: open.cost, depth: open.depth + 1 }, open.anchor);
    }

    fn alias(&mut self, id: usize, place: Span) {
        let Some(anchored) = self.anchors.get(&id) else {
            self.found.push(
                Diagnostic::error("yaml-syntax", place, "an alias stands inside its own anchor")
                    .help("a value cannot hold itself; write it out"),
            );
            self.done(Finished { node: Spanned::new(NodeKind::Null, place), cost: 1, depth: 0 }, 0);
            return;
        };
        let (cost, depth) = (anchored.cost, anchored.depth);
        self.alias_cost = self.alias_cost.saturating_add(cost);
        let message = if self.alias_cost > MAX_ALIAS_COST {
            Some("the aliases of this file expand to too much")
        } else if depth + self.stack.len() > MAX_DEPTH {
            Some("this alias nests too deeply")
        } else {
            None
        };
        let (kind, cost) = match message {
            None => (anchored.node.value.clone(), cost),
            Some(message) => {
                // One report says it; a bomb has thousands.
                if !self.found.iter().any(|d| d.message == message) {
                    self.found.push(
                        Diagnostic::error("yaml-syntax", place, message).help("write the value out where it is used"),
                    );
                }
                (NodeKind::Null, 1)
            }
        };
        let depth = if message.is_some() { 0 } else { depth };
        self.done(Finished { node: Spanned::new(kind, place), cost, depth }, 0);
    }

    /// Hands a finished node to its parent: as an item, a key, or the value of the pending key.
    fn done(&mut self, finished: Finished, anchor: usize) {
        let Finished { node, cost, depth } = finished;
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored { node: node.clone(), cost, depth });
        }
        match self.stack.last_mut() {
            None => self.nodes.push(node),
            Some(Frame::Sequence { items, open }) => {
                open.add(cost, depth);
                items.push(node);
            }
            Some(Frame::Mapping { entries, keys, key, open }) => {
                open.add(cost, depth);
                match key.take() {
                    None => *key = Some(take_key(node, self.text, keys, &mut self.found)),
                    Some(PendingKey::Good(key)) => entries.push(Entry { key, value: node }),
                    Some(PendingKey::Bad) => {}
                }
            }
        }
    }
}

impl Open {
    fn add(&mut self, cost: usize, depth: usize) {
        self.cost = self.cost.saturating_add(cost);
        self.depth = self.depth.max(depth);
    }
}

/// The node as a key, or a report why it is none.
fn take_key(node: Node, text: &str, keys: &mut BTreeMap<String, Span>, found: &mut Vec<Diagnostic>) -> PendingKey {
    let place = node.span;
    let (key, plain) = match node.value {
        NodeKind::Scalar { text, plain } => (text, plain),
        // `null` and `~` as keys are their source text; an empty key is a slip.
        NodeKind::Null if place.end > place.start => {
            let range = usize::try_from(place.start).unwrap_or(0)..usize::try_from(place.end).unwrap_or(0);
            (text.get(range).unwrap_or("").to_owned(), true)
        }
        NodeKind::Null => {
            found.push(
                Diagnostic::error("yaml-syntax", place, "a key is missing before `:`")
                    .help("write the key, or delete the `:`"),
            );
            return PendingKey::Bad;
        }
        NodeKind::Sequence(_) | NodeKind::Mapping(_) => {
            found.push(
                Diagnostic::error("yaml-syntax", place, "a list or a map cannot be a key")
                    .help("a key is one word; put it in quotes if it begins with `*`, `#`, `[` or `{`"),
            );
            return PendingKey::Bad;
        }
    };
    if plain && key == "<<" {
        found.push(
            Diagnostic::error("yaml-syntax", place, "the merge key `<<` is not part of YAML 1.2")
                .help("write the keys out, or use an alias as the whole value"),
        );
        return PendingKey::Bad;
    }
    if let Some(first) = keys.get(&key) {
        found.push(
            Diagnostic::error("duplicate-key", place, format!("the key `{key}` stands twice in one map"))
                .label("the second one")
                .also(*first, "the first one")
                .help("keep one of the two"),
        );
        return PendingKey::Bad;
    }
    keys.insert(key.clone(), place);
    PendingKey::Good(Spanned::new(key, place))
}
