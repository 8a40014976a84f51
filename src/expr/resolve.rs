//! Finds the variables and built-in values an expression names, before rhai parses it.
//!
//! Paths such as `queue.default.open` are replaced by one short word each: the names of queues may be
//! words that rhai reserves, and `hours.office` is a text that has a field, which rhai cannot say.

use super::engine::{UNKNOWN_ROOT, root_name};
use super::error::{ExprError, rule};
use super::names::{RootDecl, RootPath, Shape};
use super::near;
use super::scan::{Kind, Scan, Token, is_name_place};
use super::{Names, Slot};
use crate::base::value::Type;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A built-in value, or a constant of a library, at its place in the source.
pub(super) struct RootUse {
    pub start: usize,
    pub end: usize,
    pub what: Used,
}

/// What stands there.
pub(super) enum Used {
    /// Index into [`Resolved::roots`].
    Root(usize),
    /// The name in [`Resolved::slots`].
    Constant(Arc<str>),
    /// Nothing that exists, which has been reported.
    Unknown,
}

#[derive(Default)]
pub(super) struct Resolved {
    pub slots: BTreeMap<Arc<str>, (Slot, Option<Type>)>,
    /// The columns of those that are rows of a table.
    pub columns: BTreeMap<Slot, Vec<(Arc<str>, Type)>>,
    pub roots: Vec<(RootPath, Type)>,
    pub uses: Vec<RootUse>,
    /// Names that mean nothing, reported; rhai is told them so that it goes on.
    pub unknown: Vec<String>,
    pub errors: Vec<ExprError>,
}

impl Resolved {
    /// The source that rhai parses: every other character stands where it stood.
    pub fn rewritten(&self, source: &str) -> String {
        let mut out = String::with_capacity(source.len());
        let mut from = 0;
        for used in &self.uses {
            out.push_str(source.get(from..used.start).unwrap_or(""));
            let name = match &used.what {
                Used::Root(index) => root_name(*index),
                Used::Constant(name) => name.to_string(),
                Used::Unknown => UNKNOWN_ROOT.to_owned(),
            };
            let path = source.get(used.start..used.end).unwrap_or("");
            out.push_str(&name);
            out.extend(path.chars().skip(name.len()).map(|c| if c == '\n' { c } else { ' ' }));
            from = used.end;
        }
        out.push_str(source.get(from..).unwrap_or(""));
        out
    }

    pub fn use_at(&self, start: usize) -> Option<&RootUse> {
        self.uses.iter().find(|u| u.start == start)
    }
}

pub(super) fn resolve(scan: &Scan<'_>, names: &dyn Names) -> Resolved {
    let mut resolved = Resolved::default();
    let mut next = 0;
    while let Some(token) = scan.tokens.get(next).copied() {
        let index = next;
        next += 1;
        let word = scan.text(token);
        let is_call = scan.text_at(Some(index + 1)) == "(";
        let keyword = matches!(word, "if" | "else" | "in" | "true" | "false");
        if token.kind != Kind::Word || keyword || is_call || is_name_place(scan, index) {
            continue;
        }
        if let Some(found) = names.variable(word) {
            if let Some(columns) = names.columns(found.0) {
                resolved.columns.insert(found.0, columns);
            }
            resolved.slots.insert(Arc::from(word), found);
        } else if let Some(decl) = names.root(word) {
            next = root_path(scan, names, index, decl, &mut resolved);
        } else if names.is_library(word) {
            next = library_path(scan, names, index, &mut resolved);
        } else {
            resolved.unknown.push(word.to_owned());
            let error = unknown(word, token, names);
            resolved.errors.push(error);
        }
    }
    resolved
}

fn unknown(word: &str, token: Token, names: &dyn Names) -> ExprError {
    let at = (token.start, token.end);
    if super::is_reserved_word(word) {
        let error = ExprError::new(rule::UNKNOWN_NAME, at, format!("`{word}` is a reserved word, not a name"));
        return if word == "call" { error.help("the call is `session`") } else { error };
    }
    let sign = [("and", "&&"), ("or", "||"), ("not", "!")].into_iter().find(|(name, _)| *name == word);
    if let Some((_, sign)) = sign {
        let message = format!("`{word}` is written `{sign}` in an expression");
        return ExprError::new(rule::UNKNOWN_NAME, at, message).help(format!("write `{sign}`"));
    }
    let mut candidates = names.candidates();
    candidates.extend(super::names::ROOTS.iter().map(|r| r.name.to_owned()));
    let near = near::nearest(word, candidates.iter().map(String::as_str));
    let help = match near {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("text stands in quotes: `\"{word}\"`"),
    };
    ExprError::new(rule::UNKNOWN_NAME, at, format!("there is no variable `{word}` here")).help(help)
}

/// Reads `bank.limit`; returns the index of the first token after it.
fn library_path(scan: &Scan<'_>, names: &dyn Names, index: usize, out: &mut Resolved) -> usize {
    let Some(first) = scan.tokens.get(index).copied() else { return index + 1 };
    let library = scan.text(first);
    let dotted = scan.text_at(Some(index + 1)) == ".";
    let Some(token) = scan.tokens.get(index + 2).copied().filter(|t| dotted && t.kind == Kind::Word) else {
        let error = ExprError::new(rule::UNKNOWN_NAME, (first.start, first.end), format!("`{library}` is a library"));
        out.errors.push(error.help(format!("write `{library}.NAME` with the name of a constant of it")));
        out.uses.push(RootUse { start: first.start, end: first.end, what: Used::Unknown });
        return index + 1;
    };
    let given = scan.text(token);
    let what = match names.library_constant(library, given) {
        Some(found) => {
            // A capital, which no variable begins with.
            let name: Arc<str> = Arc::from(format!("L{}", out.slots.len()));
            out.slots.insert(Arc::clone(&name), found);
            Used::Constant(name)
        }
        None => {
            let members = names.members(library);
            let near = near::nearest(given, members.iter().map(String::as_str));
            let near = near.map(|n| format!("did you mean `{n}`?"));
            let message = format!("library `{library}` has no constant `{given}`");
            out.errors.push(ExprError::new(rule::UNKNOWN_NAME, (token.start, token.end), message).maybe_help(near));
            Used::Unknown
        }
    };
    out.uses.push(RootUse { start: first.start, end: token.end, what });
    index + 3
}

/// Reads the path that starts at token `index`; returns the index of the first token after it.
fn root_path(scan: &Scan<'_>, names: &dyn Names, index: usize, decl: RootDecl, out: &mut Resolved) -> usize {
    // The token after a dot at `i`, if it is a field and no method.
    let field_at = |i: usize| -> Option<Token> {
        let token = scan.tokens.get(i + 1).copied().filter(|t| t.kind == Kind::Word)?;
        let plain = scan.text_at(Some(i)) == "." && scan.text_at(Some(i + 2)) != "(";
        plain.then_some(token)
    };
    let Some(root) = scan.tokens.get(index).copied() else { return index + 1 };
    let mut last = root;
    let mut after = index + 1;
    let mut name = None;
    let mut step = |token: Token| {
        last = token;
        after += 2;
        after
    };
    let found = match decl.shape {
        Shape::Value(value) => Ok(value),
        Shape::Object(_) => match field_at(index + 1) {
            None => Err(incomplete(&decl, decl.name, (root.start, root.end))),
            Some(token) => {
                step(token);
                known_field(scan, &decl, decl.name, token)
            }
        },
        Shape::Named { what, value, .. } => match field_at(index + 1) {
            None => Err(unnamed(&decl, what, (root.start, root.end))),
            Some(token) => {
                let given = scan.text(token);
                name = Some(Arc::from(given));
                let at = step(token);
                let path = format!("{}.{given}", decl.name);
                let field = field_at(at);
                if let Some(token) = field {
                    step(token);
                }
                if names.has_member(decl.name, given) {
                    match (field, value) {
                        (Some(token), _) => known_field(scan, &decl, &path, token),
                        (None, Some(value)) => Ok(value),
                        (None, None) => Err(incomplete(&decl, &path, (root.start, token.end))),
                    }
                } else {
                    Err(no_member(names, &decl, what, given, token))
                }
            }
        },
    };
    let place = found.map(|field| {
        let path = RootPath::new(decl.name, name, &field);
        out.roots.iter().position(|(p, _)| *p == path).unwrap_or_else(|| {
            out.roots.push((path, field.ty));
            out.roots.len() - 1
        })
    });
    let what = match place {
        Ok(place) => Used::Root(place),
        Err(error) => {
            out.errors.push(error);
            Used::Unknown
        }
    };
    out.uses.push(RootUse { start: root.start, end: last.end, what });
    after
}

fn known_field(
    scan: &Scan<'_>,
    decl: &RootDecl,
    path: &str,
    token: Token,
) -> Result<super::names::FieldDecl, ExprError> {
    let wrong = scan.text(token);
    decl.field_named(wrong).ok_or_else(|| {
        let message = format!("`{path}` has no field `{wrong}`");
        ExprError::new(rule::UNKNOWN_FIELD, (token.start, token.end), message).help(decl.field_help(wrong))
    })
}

fn incomplete(decl: &RootDecl, path: &str, at: (usize, usize)) -> ExprError {
    let fields = near::listed(decl.fields().iter().map(|f| f.name));
    ExprError::new(rule::UNKNOWN_FIELD, at, format!("`{path}` is not a value by itself"))
        .help(format!("write one of its fields after a dot: {fields}"))
}

fn unnamed(decl: &RootDecl, what: &str, at: (usize, usize)) -> ExprError {
    let name = decl.name;
    ExprError::new(rule::UNKNOWN_FIELD, at, format!("`{name}` needs the name of one of the site's"))
        .help(format!("write `{name}.NAME` with the name of the {what}"))
}

fn no_member(names: &dyn Names, decl: &RootDecl, what: &str, given: &str, token: Token) -> ExprError {
    let members = names.members(decl.name);
    let near = near::nearest(given, members.iter().map(String::as_str)).map(|n| format!("did you mean `{n}`?"));
    let message = format!("the site has no {what} `{given}`");
    ExprError::new(rule::UNKNOWN_NAME, (token.start, token.end), message).maybe_help(near)
}
