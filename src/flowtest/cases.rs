//! Table-driven tests: one document with `cases:` becomes one test a row. Rows are filled into `${name}` of every
//! text before the document is read, so that places in messages stay those of the file.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Spanned;
use crate::base::suggest;
use crate::syntax::document::{Entry, Node, NodeKind};
use crate::syntax::reader;

/// Rows of one table: more is a program that writes tests.
const MAX_CASES: usize = 1_000;
const KEY: &str = "cases";

/// The tests of one document: itself if it has no `cases`, else one a row.
pub fn expand(document: &Node, found: &mut Vec<Diagnostic>) -> Vec<Node> {
    let NodeKind::Mapping(entries) = &document.value else { return vec![document.clone()] };
    let Some(table) = entries.iter().find(|e| e.key.value == KEY) else { return vec![document.clone()] };
    let Some(rows) = reader::list(&table.value, found) else { return Vec::new() };
    if rows.is_empty() || rows.len() > MAX_CASES {
        let message = format!("a table of cases has 1 to {MAX_CASES} rows");
        let help = "write each case as a list item, such as `- {key: \"1\", who: us_dana}`";
        found.push(Diagnostic::error("test-cases", table.key.span, message).help(help));
        return Vec::new();
    }
    let rest: Vec<Entry> = entries.iter().filter(|e| e.key.value != KEY).cloned().collect();
    let template = Node { value: NodeKind::Mapping(rest), ..document.clone() };
    let mut tests = Vec::with_capacity(rows.len());
    for (at, node) in rows.iter().enumerate() {
        let before = found.len();
        let Some(row) = Row::read(node, found) else { continue };
        let mut filling = Filling { row: &row, used: BTreeSet::new(), found };
        let test = filling.fill(&template);
        filling.unused();
        if found.len() > before {
            // The next rows would say the same of the same places.
            return Vec::new();
        }
        tests.push(numbered(test, &template, at));
    }
    tests
}

/// One row: a name and its value, which is text wherever it stands.
struct Row {
    values: BTreeMap<String, Spanned<String>>,
}

impl Row {
    fn read(node: &Node, found: &mut Vec<Diagnostic>) -> Option<Row> {
        let NodeKind::Mapping(entries) = &node.value else {
            let help = "write it as `{key: \"1\", who: us_dana}`";
            found.push(Diagnostic::error("test-cases", node.span, "a case is a map of names and values").help(help));
            return None;
        };
        let mut values = BTreeMap::new();
        for entry in entries {
            let text = match &entry.value.value {
                NodeKind::Null => String::new(),
                _ => reader::text(&entry.value, found)?.value,
            };
            values.insert(entry.key.value.clone(), Spanned::new(text, entry.key.span));
        }
        Some(Row { values })
    }
}

struct Filling<'r, 'o> {
    row: &'r Row,
    used: BTreeSet<String>,
    found: &'o mut Vec<Diagnostic>,
}

impl Filling<'_, '_> {
    /// The document's nesting is bounded where it is read, so that walking down is.
    fn fill(&mut self, node: &Node) -> Node {
        let value = match &node.value {
            NodeKind::Scalar { text, plain } => {
                NodeKind::Scalar { text: self.text(text, node), plain: *plain && !text.contains("${") }
            }
            NodeKind::Sequence(items) => NodeKind::Sequence(items.iter().map(|item| self.fill(item)).collect()),
            NodeKind::Mapping(entries) => NodeKind::Mapping(entries.iter().map(|e| self.entry(e)).collect()),
            NodeKind::Null => NodeKind::Null,
        };
        Node { value, ..node.clone() }
    }

    fn entry(&mut self, entry: &Entry) -> Entry {
        let place = Node { value: NodeKind::Null, ..entry.value.clone() };
        let place = Node { span: entry.key.span, ..place };
        let key = Spanned::new(self.text(&entry.key.value, &place), entry.key.span);
        Entry { key, value: self.fill(&entry.value) }
    }

    fn text(&mut self, text: &str, place: &Node) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            let Some((name, after)) = behind.split_once('}') else { break };
            out.push_str(before);
            match self.row.values.get(name.trim()) {
                Some(value) => {
                    self.used.insert(name.trim().to_owned());
                    out.push_str(&value.value);
                }
                None => self.unknown(name.trim(), place),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn unknown(&mut self, name: &str, place: &Node) {
        let known = self.row.values.keys().map(String::as_str);
        let hint = suggest::did_you_mean(name, known);
        let message = format!("a case has no `{}`{hint}", reader::shorten(name));
        let help = format!("add it to every row of `{KEY}`");
        self.found.push(Diagnostic::error("test-cases", place.span, message).help(help));
    }

    fn unused(&mut self) {
        for (name, value) in self.row.values.iter().filter(|(name, _)| !self.used.contains(*name)) {
            let message = format!("nothing in the test says `${{{name}}}`");
            let help = "use it, or take it out of the table";
            self.found.push(Diagnostic::error("test-cases", value.span, message).help(help));
        }
    }
}

/// Rows whose name is the same for all are told apart by their number.
fn numbered(mut test: Node, template: &Node, at: usize) -> Node {
    let name_of = |node: &Node| match &node.value {
        NodeKind::Mapping(entries) => entries.iter().find(|e| e.key.value == "test").map(|e| e.value.value.clone()),
        _ => None,
    };
    let same = name_of(&test) == name_of(template);
    if let NodeKind::Mapping(entries) = &mut test.value
        && let Some(entry) = entries.iter_mut().find(|e| e.key.value == "test" && same)
        && let NodeKind::Scalar { text, .. } = &mut entry.value.value
    {
        text.push_str(&format!(" ({})", at + 1));
    }
    test
}
