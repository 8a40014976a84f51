//! Places: those of findings and of trees lie within their text, on whole characters, and what they cover is what
//! they are the place of.

use strowger::base::diagnostic::{self, Diagnostic};
use strowger::base::span::{FileId, Sources, Span};
use strowger::syntax::ast::File;
use strowger::syntax::document::Node;

/// Whether a place is one of a text.
fn within(span: Span, text: &str) -> bool {
    text.get(span.start as usize..span.end as usize).is_some()
}

/// Every place of the file lies within its text, every message can be shown, and a terminal is not commanded by it.
pub fn shown(file: FileId, bytes: &[u8], found: &[Diagnostic]) {
    let decoded = std::str::from_utf8(bytes);
    let is_place = |span: Span| match decoded {
        _ if span.file != file => true,
        Ok(text) => within(span, text),
        Err(_) => span.start <= span.end && span.end as usize <= bytes.len(),
    };
    for finding in found {
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in finding.secondary.iter().map(|l| l.span).chain([finding.primary.span]).chain(edits) {
            assert!(is_place(span), "a place: `{span:?}` of {}: {}", finding.rule, finding.message);
        }
        assert!(!finding.message.is_empty(), "an empty message: {}", finding.rule);
        assert!(finding.message.len() < 1_000, "a long message: `{}`", finding.message);
    }
    if let Some(first) = found.iter().find(|d| d.primary.span.file == file).filter(|_| bytes.len() < 4_000) {
        let mut sources = Sources::default();
        for _ in 0..=file.0 {
            sources.add("spoilt", String::from_utf8_lossy(bytes));
        }
        let text = diagnostic::render(first, &sources, false, 100);
        let bad = |c: &char| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || *c == '\u{202e}';
        assert!(!text.contains(|c| bad(&c)), "a mark: {}", text.escape_debug());
    }
}

/// Every place of a tree, by the way in which a tree is shown for debugging: whatever a new node of it is, its place is
/// looked at. With `named`, a name is what stands
/// at its place.
pub fn of_tree(tree: &File, text: &str, named: bool) {
    of_debug(&format!("{tree:?}"), text, named);
}

/// The same of a document.
pub fn of_nodes(nodes: &[Node], text: &str) {
    of_debug(&format!("{nodes:?}"), text, false);
}

fn of_debug(debug: &str, text: &str, named: bool) {
    let mut rest = debug;
    let mut before = "";
    while let Some(at) = rest.find("Span { file: FileId(") {
        let (head, tail) = rest.split_at(at);
        let numbers: Vec<usize> = tail
            .split(|c: char| !c.is_ascii_digit())
            .filter(|t| !t.is_empty())
            .take(3)
            .map(|t| t.parse().unwrap())
            .collect();
        let (start, end) = (numbers[1], numbers[2]);
        let covered =
            text.get(start..end).unwrap_or_else(|| panic!("a place of a tree: `{start}..{end}` after {head}"));
        // `Spanned { value: "name", span: `
        let value = head.rfind("Spanned { value: \"").map(|from| &head[from + 18..]);
        if let Some((value, "\", span: ")) = value.and_then(|v| Some(v.split_at(v.find("\", span: ")?)))
            && named
            && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            assert_eq!(covered, value, "what stands at the place of a name, after `{before}`");
        }
        before = head;
        rest = &tail[20..];
    }
}
