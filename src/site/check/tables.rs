//! `tables:`: rows that `lookup` finds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Spanned;
use crate::base::suggest;
use crate::base::value::Type;
use crate::call::leg::Name;
use crate::site::table::{Column, TYPES, Table};
use crate::syntax::document::Node;
use crate::syntax::reader::{self, Fields};

use super::names;

/// Columns of one table; an expression that reads a row reads all of it.
const MAX_COLUMNS: usize = 64;

pub fn tables(top: &mut Fields<'_, '_>, extensions: &BTreeSet<Arc<str>>) -> BTreeMap<Name, Table> {
    let mut all = BTreeMap::new();
    for entry in names::bounded(top, "tables") {
        let name = names::name(&entry.key, "table", top.out());
        let shown = name.clone().unwrap_or_else(|| Arc::from(reader::shorten(&entry.key.value)));
        let table = table(&shown, &entry.value, extensions, top.out());
        if let (Some(name), Some(table)) = (name, table) {
            all.insert(name, table);
        }
    }
    all
}

fn table(name: &str, node: &Node, extensions: &BTreeSet<Arc<str>>, out: &mut Vec<Diagnostic>) -> Option<Table> {
    let mut fields = Fields::new(node, format!("table {name}"), out);
    let columns = columns(&mut fields);
    let key = fields.required_text("key");
    let file = file(&mut fields);
    let has_rows = fields.key_place("rows").is_some();
    let rows = fields.list("rows");
    if let Some(file) = file.as_ref().filter(|_| has_rows) {
        let help = "keep all rows in one of the two";
        let message = "a table has `rows` or a `file`, not both";
        fields.out().push(Diagnostic::error("wrong-type", file.span, message).help(help));
    } else if fields.key_place("file").is_none() && !has_rows {
        let place = fields.place();
        let message = format!("table {name} has no rows");
        let help = "write them under `rows:`, or name a CSV file: `file: data/customers.csv`";
        fields.out().push(Diagnostic::error("missing-key", place, message).help(help));
    }
    fields.finish();
    let key = key_column(&key?, &columns?, out)?;
    let mut table = Table::new(key.0, key.1, file);
    for row in rows {
        let cells = cells(row, &table.columns, out);
        if let Some(cells) = cells {
            table.add(&cells, row.span, extensions, out);
        }
    }
    Some(table)
}

/// `columns: {number: phone, name: text}`
fn columns(fields: &mut Fields<'_, '_>) -> Option<Arc<[Column]>> {
    let node = fields.required("columns")?;
    let out = fields.out();
    let entries = reader::entries(node, out)?;
    if let Some(extra) = entries.get(MAX_COLUMNS) {
        let message = format!("a table has at most {MAX_COLUMNS} columns");
        out.push(Diagnostic::error("too-many-entries", extra.key.span, message).help("leave out what no flow reads"));
    }
    let mut columns = Vec::new();
    let before = out.len();
    for entry in entries.iter().take(MAX_COLUMNS) {
        let name = names::name(&entry.key, "column", out);
        let ty = reader::one_of(&entry.value, &TYPES, out).and_then(|ty| Type::from_name(&ty.value));
        columns.extend(name.zip(ty).map(|(name, ty)| Column { name, ty }));
    }
    // What would follow from a column that is missing is not reported.
    (out.len() == before).then(|| columns.into())
}

/// The column that rows are found by, which must be one that two rows cannot write differently.
fn key_column(
    key: &Spanned<String>,
    columns: &Arc<[Column]>,
    out: &mut Vec<Diagnostic>,
) -> Option<(Arc<[Column]>, usize)> {
    let at = columns.iter().position(|c| *c.name == *key.value);
    let Some((at, column)) = at.and_then(|at| Some((at, columns.get(at)?))) else {
        let hint = suggest::did_you_mean(&key.value, columns.iter().map(|c| c.name.as_ref()));
        let message = format!("the table has no column `{}`{hint}", reader::shorten(&key.value));
        let help = "`key` is the column that `lookup` looks in";
        out.push(Diagnostic::error("unknown-name", key.span, message).help(help));
        return None;
    };
    if column.ty == Type::Number {
        let message = format!("column `{}` holds numbers, and a key is text", column.name);
        let help = "make it a column of `text`: what callers key is text";
        out.push(Diagnostic::error("wrong-type", key.span, message).help(help));
        return None;
    }
    Some((Arc::clone(columns), at))
}

/// `file: data/customers.csv`, below the site's folder.
fn file(fields: &mut Fields<'_, '_>) -> Option<Spanned<String>> {
    let file = fields.text("file")?;
    let inside = |part: &str| !part.is_empty() && part != ".." && part != ".";
    if file.value.split('/').all(inside) && !file.value.contains(['\0', '\\', ':']) {
        return Some(file);
    }
    let message = format!("`{}` is no file of this site", reader::shorten(&file.value));
    let help = "write a path from the site's folder, such as `data/customers.csv`";
    fields.out().push(Diagnostic::error("bad-path", file.span, message).help(help));
    None
}

fn cells(row: &Node, columns: &[Column], out: &mut Vec<Diagnostic>) -> Option<Vec<Option<Spanned<String>>>> {
    let entries = reader::entries(row, out)?;
    let mut cells = vec![None; columns.len()];
    let mut whole = true;
    for entry in entries {
        let key = entry.key.value.as_str();
        let Some(at) = columns.iter().position(|c| c.name.as_ref() == key) else {
            let hint = suggest::did_you_mean(key, columns.iter().map(|c| c.name.as_ref()));
            let message = format!("the table has no column `{}`{hint}", reader::shorten(key));
            let help = "a row has the columns that `columns` lists";
            out.push(Diagnostic::error("unknown-key", entry.key.span, message).help(help));
            whole = false;
            continue;
        };
        let text = reader::text(&entry.value, out);
        whole &= text.is_some();
        if let Some(cell) = cells.get_mut(at) {
            *cell = text.filter(|text| !text.value.is_empty());
        }
    }
    whole.then_some(cells)
}
