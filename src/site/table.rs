//! Tables of a site: rows with typed columns, found by the text of one of them.
//!
//! Rows are in the site file or in a CSV file beside it, which the workspace reads and gives to
//! [`Table::fill`].

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::limits::{MAX_DIAGNOSTICS_PER_FILE, MAX_TEXT_BYTES};
use crate::base::span::{FileId, Span, Spanned};
use crate::base::suggest;
use crate::base::value::{Type, Value};
use crate::call::leg::Name;
use crate::policy::{DialPlan, DialTarget, NumberRules};
use crate::syntax::reader;

/// Rows of one table: a directory, not a database.
pub const MAX_ROWS: usize = 10_000;
/// What a column can hold, in the words of the site file.
pub const TYPES: [&str; 4] = ["text", "number", "phone", "extension"];

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    pub name: Name,
    pub ty: Type,
}

/// A table as `lookup` reads it.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub columns: Arc<[Column]>,
    /// The place of the column that rows are found by.
    pub key: usize,
    /// The CSV file with the rows, from the site's folder.
    pub file: Option<Spanned<String>>,
    /// By the text of the key; each a map of all columns.
    rows: BTreeMap<Arc<str>, Value>,
}

/// A row before it is in the table: its cells and where they are written, by the place of the column.
type Cells = Vec<Option<Spanned<String>>>;

impl Table {
    /// A table without rows.
    pub fn new(columns: Arc<[Column]>, key: usize, file: Option<Spanned<String>>) -> Self {
        Self { columns, key, file, rows: BTreeMap::new() }
    }

    /// The row of this key.
    pub fn row(&self, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some(text) => self.rows.get(text).cloned(),
            None => self.rows.get(key.to_string().as_str()).cloned(),
        }
    }

    /// Every row, in the order of the keys; each a map of all columns.
    pub fn rows(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.rows.iter()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a row; what is wrong with it is reported, and it is left out. `place` is where it stands.
    pub fn add(&mut self, cells: &Cells, place: Span, extensions: &BTreeSet<Arc<str>>, out: &mut Vec<Diagnostic>) {
        let before = out.len();
        let mut values: Vec<(Name, Value)> = Vec::with_capacity(self.columns.len());
        let columns = Arc::clone(&self.columns);
        for (at, column) in columns.iter().enumerate() {
            match cells.get(at).and_then(Option::as_ref) {
                Some(cell) => values.extend(value(column, cell, extensions, out).map(|v| (column.name.clone(), v))),
                // A row of text that says nothing says the empty text.
                None if column.ty == Type::Text && at != self.key => {
                    values.push((column.name.clone(), Value::text("")));
                }
                None => {
                    let message = format!("this row has no `{}`", column.name);
                    let help = "give it a value; only a column of text can be empty";
                    out.push(Diagnostic::error("missing-key", place, message).help(help));
                }
            }
        }
        if out.len() > before {
            return;
        }
        let key = self.columns.get(self.key).and_then(|c| values.iter().find(|(name, _)| *name == c.name));
        let Some(text) = key.map(|(_, key)| Arc::<str>::from(key.to_string())) else { return };
        if self.rows.len() >= MAX_ROWS {
            let message = format!("a table has at most {MAX_ROWS} rows");
            let help = "keep it elsewhere, and ask with `http`";
            out.push(Diagnostic::error("too-many-entries", place, message).help(help));
            return;
        }
        match self.rows.entry(text) {
            Entry::Vacant(free) => {
                values.sort_by(|a, b| a.0.cmp(&b.0));
                free.insert(Value::Map(values.into()));
            }
            Entry::Occupied(taken) => {
                let message = format!("two rows have the key `{}`", reader::shorten(taken.key()));
                let help = "delete one of them: a key finds one row";
                out.push(Diagnostic::error("duplicate-name", place, message).label("again here").help(help));
            }
        }
    }

    /// Reads the rows of a CSV file whose first line names the columns.
    pub fn fill(&mut self, file: FileId, bytes: &[u8], extensions: &BTreeSet<Arc<str>>, out: &mut Vec<Diagnostic>) {
        let whole = bytes;
        let bytes = whole.strip_prefix("\u{feff}".as_bytes()).unwrap_or(whole);
        // Places are of the whole file.
        let mark = u64::try_from(whole.len() - bytes.len()).unwrap_or(0);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).has_headers(false).from_reader(bytes);
        let mut order: Option<Vec<Option<usize>>> = None;
        let mut record = csv::StringRecord::new();
        let first = out.len();
        loop {
            let begin = reader.position().byte();
            let read = reader.read_record(&mut record);
            let place = span(file, begin + mark, reader.position().byte() + mark, whole);
            match read {
                Ok(false) => break,
                Ok(true) => match &order {
                    None => {
                        order = Some(self.header(&record, place, out));
                        if out.len() > first {
                            break;
                        }
                    }
                    Some(order) => {
                        let cells = self.cells(&record, order, place);
                        self.add(&cells, place, extensions, out);
                    }
                },
                Err(error) => {
                    out.push(unreadable(&error, place));
                    // What follows a line that has too few or too many values is as it should be.
                    if !matches!(error.kind(), csv::ErrorKind::UnequalLengths { .. }) {
                        break;
                    }
                }
            }
            if out.len() - first > MAX_DIAGNOSTICS_PER_FILE {
                break;
            }
        }
        if order.is_none() && out.len() == first {
            let message = "this file has no first line with the names of the columns";
            out.push(Diagnostic::error("missing-key", Span::new(file, 0, 0), message).help(self.first_line()));
        }
    }

    fn first_line(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|c| c.name.as_ref()).collect();
        format!("write `{}` as its first line", names.join(","))
    }

    /// Which column each value of a line belongs to; `None` for one that the table does not have.
    fn header(&self, record: &csv::StringRecord, place: Span, out: &mut Vec<Diagnostic>) -> Vec<Option<usize>> {
        if let (1, Some(line)) = (record.len(), record.get(0).filter(|line| line.contains([';', '\t']))) {
            let message = format!("the columns of `{}` are not separated by commas", reader::shorten(line));
            out.push(Diagnostic::error("bad-csv", place, message).help("save the file as CSV with commas"));
            return Vec::new();
        }
        let find = |name: &str| self.columns.iter().position(|c| c.name.as_ref() == name);
        let order: Vec<Option<usize>> = record.iter().map(find).collect();
        for (name, _) in record.iter().zip(&order).filter(|(_, at)| at.is_none()) {
            let hint = suggest::did_you_mean(name, self.columns.iter().map(|c| c.name.as_ref()));
            let message = format!("the table has no column `{}`{hint}", reader::shorten(name));
            out.push(Diagnostic::error("unknown-key", place, message).help(self.first_line()));
        }
        let needed = |(at, column): &(usize, &Column)| column.ty != Type::Text || *at == self.key;
        for (at, column) in self.columns.iter().enumerate().filter(needed) {
            if !order.contains(&Some(at)) {
                let message = format!("the first line has no column `{}`", column.name);
                out.push(Diagnostic::error("missing-key", place, message).help(self.first_line()));
            }
        }
        order
    }

    fn cells(&self, record: &csv::StringRecord, order: &[Option<usize>], place: Span) -> Cells {
        let mut cells: Cells = vec![None; self.columns.len()];
        for (text, at) in record.iter().zip(order) {
            let cell = at.and_then(|at| cells.get_mut(at));
            if let Some(cell) = cell.filter(|_| !text.is_empty()) {
                *cell = Some(Spanned::new(text.to_owned(), place));
            }
        }
        cells
    }
}

/// The line of a record, without its line end.
fn span(file: FileId, begin: u64, end: u64, bytes: &[u8]) -> Span {
    let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    let line = bytes.get(at(begin)..at(end)).unwrap_or_default();
    let blank = |b: &u8| b.is_ascii_whitespace();
    let skipped = line.iter().take_while(|b| blank(b)).count();
    let kept = line.len().saturating_sub(line.iter().rev().take_while(|b| blank(b)).count()).max(skipped);
    let place = |offset: usize| at(begin).saturating_add(offset);
    Span::new(file, place(skipped), place(kept))
}

fn unreadable(error: &csv::Error, place: Span) -> Diagnostic {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let values = if *len == 1 { "one value".to_owned() } else { format!("{len} values") };
            let message = format!("this line has {values}, and the first line names {expected_len} columns");
            Diagnostic::error("bad-csv", place, message).help("a value with a comma stands in quotes: `\"Smith, Ann\"`")
        }
        _ => Diagnostic::error("bad-csv", place, "this line is no UTF-8 text").help("save the file as UTF-8"),
    }
}

/// A cell as a value of its column.
fn value(
    column: &Column,
    cell: &Spanned<String>,
    extensions: &BTreeSet<Arc<str>>,
    out: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let text = cell.value.as_str();
    let refuse = |wanted: &str, help: &str| {
        let message = format!("column `{}`: `{}` is no {wanted}", column.name, reader::shorten(text));
        Diagnostic::error("wrong-type", cell.span, message).help(help)
    };
    let found = match column.ty {
        Type::Number => number(text).ok_or_else(|| refuse("number", "write a number such as `3` or `0.5`")),
        Type::Phone => phone(text).ok_or_else(|| {
            refuse("telephone number", "write it in full, such as `\"+442079460001\"`: `+`, country code, number")
        }),
        Type::Extension if extensions.contains(text) => Ok(Value::Extension(Arc::from(text))),
        Type::Extension => {
            let hint = suggest::did_you_mean(text, extensions.iter().map(AsRef::as_ref));
            Err(refuse(&format!("extension of the site{hint}"), "write the extension of a user or a queue"))
        }
        _ if text.len() > MAX_TEXT_BYTES => Err(refuse("text that can be kept", "shorten it")),
        _ => Ok(Value::text(text)),
    };
    found.map_err(|error| out.push(error)).ok()
}

fn number(text: &str) -> Option<Value> {
    let written = Some(text).filter(|text| reader::is_number(text))?;
    let fraction = || written.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::Float);
    written.parse::<i64>().ok().map(Value::Int).or_else(fraction)
}

/// A number that is written in full, as the policies' parser makes it canonical.
pub fn phone(text: &str) -> Option<Value> {
    let full = text.trim_start().starts_with('+');
    let target = DialTarget::parse(text, &DialPlan::default(), &NumberRules::default()).ok()?;
    (full && target.pstn().is_some()).then(|| Value::Phone(Arc::from(target.canonical())))
}
