//! The functions and methods of expressions as one table: checks, evaluation and the reference page
//! read it. Nothing that is not here can be called; rhai's own packages are not loaded.

use super::error::EvalError;
use super::ops;
use super::types::{self, Kind};
use crate::base::value::{Type, Value};
use std::sync::Arc;

/// What a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Param {
    /// Text, digits, a phone number or an extension.
    Text,
    Number,
    Duration,
    List,
    Map,
    /// Anything but a secret.
    Any,
}

impl Param {
    pub fn words(self) -> &'static str {
        match self {
            Param::Text => "text",
            Param::Number => "a number",
            Param::Duration => "a duration",
            Param::List => "a list",
            Param::Map => "a map",
            Param::Any => "a value",
        }
    }

    pub(super) fn takes(self, ty: Type) -> bool {
        match self {
            Param::Text => types::kind(ty) == Kind::Text,
            Param::Number => ty == Type::Number,
            Param::Duration => ty == Type::Duration,
            Param::List => ty == Type::List,
            Param::Map => ty == Type::Map,
            Param::Any => ty != Type::Secret,
        }
    }
}

type Body = fn(&[Value]) -> Result<Value, EvalError>;

/// One function for one kind of arguments; a name may occur several times.
#[derive(Clone, Copy)]
pub struct FunctionDecl {
    pub name: &'static str,
    /// Written `value.name(..)`, the value being the first parameter; else `name(..)`.
    pub method: bool,
    pub params: &'static [Param],
    /// `None` where it depends on the value.
    pub result: Option<Type>,
    pub doc: &'static str,
    /// An expression and what it gives, printed.
    pub example: (&'static str, &'static str),
    body: Body,
}

const fn method(
    name: &'static str,
    params: &'static [Param],
    result: Option<Type>,
    doc: &'static str,
    example: (&'static str, &'static str),
    body: Body,
) -> FunctionDecl {
    FunctionDecl { name, method: true, params, result, doc, example, body }
}

const NUMBER: Option<Type> = Some(Type::Number);
const TEXT: Option<Type> = Some(Type::Text);
const BOOL: Option<Type> = Some(Type::Bool);
const LIST: Option<Type> = Some(Type::List);

/// The table, in the order of the reference page.
pub const FUNCTIONS: &[FunctionDecl] = &[
    FunctionDecl {
        name: "seconds",
        method: false,
        params: &[Param::Number],
        result: Some(Type::Duration),
        doc: "a duration of so many seconds",
        example: ("seconds(90) > minutes(1)", "true"),
        body: |a| duration(a, 1_000),
    },
    FunctionDecl {
        name: "minutes",
        method: false,
        params: &[Param::Number],
        result: Some(Type::Duration),
        doc: "a duration of so many minutes",
        example: ("minutes(2) == seconds(120)", "true"),
        body: |a| duration(a, 60_000),
    },
    method(
        "in_seconds",
        &[Param::Duration],
        NUMBER,
        "whole seconds in a duration",
        ("minutes(2).in_seconds()", "120"),
        |a| whole(a, 1_000),
    ),
    method(
        "in_minutes",
        &[Param::Duration],
        NUMBER,
        "whole minutes in a duration",
        ("seconds(150).in_minutes()", "2"),
        |a| whole(a, 60_000),
    ),
    method("len", &[Param::Text], NUMBER, "characters of a text", ("\"abc\".len()", "3"), len),
    method("len", &[Param::List], NUMBER, "elements of a list", ("[1, 2].len()", "2"), len),
    method("len", &[Param::Map], NUMBER, "entries of a map", ("#{a: 1}.len()", "1"), len),
    method("is_empty", &[Param::Text], BOOL, "whether a text has no characters", ("\"\".is_empty()", "true"), is_empty),
    method("is_empty", &[Param::List], BOOL, "whether a list has no elements", ("[].is_empty()", "true"), is_empty),
    method("is_empty", &[Param::Map], BOOL, "whether a map has no entries", ("#{}.is_empty()", "true"), is_empty),
    method(
        "contains",
        &[Param::Text, Param::Text],
        BOOL,
        "whether a text holds another",
        ("\"abc\".contains(\"bc\")", "true"),
        contains,
    ),
    method(
        "contains",
        &[Param::List, Param::Any],
        BOOL,
        "whether a list has an element",
        ("[1, 2].contains(2)", "true"),
        contains,
    ),
    method(
        "contains",
        &[Param::Map, Param::Text],
        BOOL,
        "whether a map has a key",
        ("#{a: 1}.contains(\"a\")", "true"),
        contains,
    ),
    method(
        "starts_with",
        &[Param::Text, Param::Text],
        BOOL,
        "whether a text begins with another",
        ("\"+44207\".starts_with(\"+44\")", "true"),
        |a| with_two(a, |x, y| Value::Bool(x.starts_with(y))),
    ),
    method(
        "ends_with",
        &[Param::Text, Param::Text],
        BOOL,
        "whether a text ends with another",
        ("\"abc\".ends_with(\"bc\")", "true"),
        |a| with_two(a, |x, y| Value::Bool(x.ends_with(y))),
    ),
    method(
        "index_of",
        &[Param::Text, Param::Text],
        NUMBER,
        "the place of a text in another, first is 0; -1 if it is not there",
        ("\"abc\".index_of(\"c\")", "2"),
        |a| with_two(a, index_of),
    ),
    method(
        "sub_string",
        &[Param::Text, Param::Number],
        TEXT,
        "the characters from a place on; from the end if negative",
        ("\"abcdef\".sub_string(-2)", "ef"),
        sub_string,
    ),
    method(
        "sub_string",
        &[Param::Text, Param::Number, Param::Number],
        TEXT,
        "so many characters from a place on",
        ("\"abcdef\".sub_string(1, 2)", "bc"),
        sub_string,
    ),
    method("to_upper", &[Param::Text], TEXT, "the text in capitals", ("\"abc\".to_upper()", "ABC"), |a| {
        with_text(a, |s| Value::text(&s.to_uppercase()))
    }),
    method("to_lower", &[Param::Text], TEXT, "the text in small letters", ("\"ABC\".to_lower()", "abc"), |a| {
        with_text(a, |s| Value::text(&s.to_lowercase()))
    }),
    method("trim", &[Param::Text], TEXT, "the text without blanks at its ends", ("\" a \".trim()", "a"), |a| {
        with_text(a, |s| Value::text(s.trim()))
    }),
    method(
        "replace",
        &[Param::Text, Param::Text, Param::Text],
        TEXT,
        "the text with each occurrence of one text replaced by another",
        ("\"a-b\".replace(\"-\", \" \")", "a b"),
        replace,
    ),
    method(
        "split",
        &[Param::Text, Param::Text],
        LIST,
        "the parts between separators",
        ("\"a,b\".split(\",\").len()", "2"),
        split,
    ),
    method(
        "to_number",
        &[Param::Text],
        NUMBER,
        "the number a text spells; fails if it spells none",
        ("\"42\".to_number() + 1", "43"),
        to_number,
    ),
    method("to_text", &[Param::Any], TEXT, "the value as it is printed", ("(1 + 1).to_text()", "2"), |a| {
        Ok(Value::text(&first(a).to_string()))
    }),
    method("join", &[Param::List, Param::Text], TEXT, "the elements as one text", ("[1, 2].join(\"-\")", "1-2"), join),
    method(
        "index_of",
        &[Param::List, Param::Any],
        NUMBER,
        "the place of an element, first is 0; -1 if it is not there",
        ("[\"a\", \"b\"].index_of(\"b\")", "1"),
        list_index,
    ),
    method("keys", &[Param::Map], LIST, "the keys of a map, sorted", ("#{b: 1, a: 2}.keys().join(\"\")", "ab"), keys),
    method(
        "get",
        &[Param::Map, Param::Text, Param::Any],
        None,
        "the value of a key, or the second value if there is none",
        ("#{a: 1}.get(\"b\", 0)", "0"),
        get,
    ),
    method("abs", &[Param::Number], NUMBER, "the number without its sign", ("(-3).abs()", "3"), abs),
    method("round", &[Param::Number], NUMBER, "the nearest whole number", ("2.5.round()", "3"), |a| {
        rounded(a, f64::round)
    }),
    method("floor", &[Param::Number], NUMBER, "the whole number below", ("2.7.floor()", "2"), |a| {
        rounded(a, f64::floor)
    }),
    method("ceiling", &[Param::Number], NUMBER, "the whole number above", ("2.1.ceiling()", "3"), |a| {
        rounded(a, f64::ceil)
    }),
    method("min", &[Param::Number, Param::Number], NUMBER, "the smaller of two numbers", ("3.min(2)", "2"), |a| {
        pick(a, ops::Compare::LessEqual)
    }),
    method("max", &[Param::Number, Param::Number], NUMBER, "the larger of two numbers", ("3.max(2)", "3"), |a| {
        pick(a, ops::Compare::GreaterEqual)
    }),
];

/// Functions that fail for some values of the right types.
const FAILING: [&str; 1] = ["to_number"];

/// Whether a function can fail for values of the right types, limits apart.
pub(super) fn can_fail(name: &str) -> bool {
    FAILING.contains(&name)
}

/// All declarations of a name.
pub fn named(name: &str) -> impl Iterator<Item = &'static FunctionDecl> + use<'_> {
    FUNCTIONS.iter().filter(move |f| f.name == name)
}

/// Calls the declaration of `name` that takes these values.
pub(super) fn call(name: &'static str, args: &[Value]) -> Result<Value, EvalError> {
    let takes = |f: &&FunctionDecl| {
        f.params.len() == args.len()
            && f.params.iter().zip(args).all(|(p, v)| v.type_of().is_some_and(|ty| p.takes(ty)))
    };
    if let Some(subject) = args.first() {
        // What came from outside the language may be larger than what the language makes.
        ops::check(subject)?;
    }
    match named(name).find(takes) {
        Some(function) => (function.body)(args).and_then(ops::check_size),
        None => {
            let given = args.iter().map(ops::described).collect::<Vec<_>>().join(", ");
            Err(EvalError::wrong_type(format!("`{name}` does not take {given}")))
        }
    }
}

/// The argument at an index. The table fixes their number; `Unset` stands for none.
fn at(args: &[Value], index: usize) -> &Value {
    args.get(index).unwrap_or(&Value::Unset)
}

fn first(args: &[Value]) -> &Value {
    at(args, 0)
}

fn text(args: &[Value], index: usize) -> &str {
    at(args, index).as_str().unwrap_or("")
}

fn with_text(args: &[Value], f: impl FnOnce(&str) -> Value) -> Result<Value, EvalError> {
    Ok(f(text(args, 0)))
}

fn with_two(args: &[Value], f: impl FnOnce(&str, &str) -> Value) -> Result<Value, EvalError> {
    Ok(f(text(args, 0), text(args, 1)))
}

fn count(n: usize) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

/// A whole number in the range of 64 bits, or an error.
fn to_whole(n: f64) -> Result<i64, EvalError> {
    // 2^63 is exact as a float; every whole float below it fits.
    const END: f64 = 9_223_372_036_854_775_808.0;
    if (-END..END).contains(&n) { Ok(n as i64) } else { Err(EvalError::Overflow) }
}

fn duration(args: &[Value], unit_ms: i64) -> Result<Value, EvalError> {
    let ms = match first(args) {
        Value::Int(n) => n.checked_mul(unit_ms).ok_or(EvalError::Overflow)?,
        Value::Float(n) => to_whole((n * unit_ms as f64).round())?,
        other => {
            return Err(EvalError::wrong_type(format!("a duration needs a number, not {}", ops::described(other))));
        }
    };
    Ok(Value::Duration(ms))
}

fn whole(args: &[Value], unit_ms: i64) -> Result<Value, EvalError> {
    match first(args) {
        Value::Duration(ms) => Ok(Value::Int(ms / unit_ms)),
        other => Err(EvalError::wrong_type(format!("this is not a duration but {}", ops::described(other)))),
    }
}

fn len(args: &[Value]) -> Result<Value, EvalError> {
    Ok(count(match first(args) {
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
        other => other.as_str().map_or(0, |s| s.chars().count()),
    }))
}

fn is_empty(args: &[Value]) -> Result<Value, EvalError> {
    len(args).map(|n| Value::Bool(n == Value::Int(0)))
}

fn contains(args: &[Value]) -> Result<Value, EvalError> {
    ops::contains(first(args), at(args, 1)).map(Value::Bool)
}

fn index_of(text: &str, part: &str) -> Value {
    match text.split_once(part) {
        Some((before, _)) => count(before.chars().count()),
        None => Value::Int(-1),
    }
}

fn list_index(args: &[Value]) -> Result<Value, EvalError> {
    let Value::List(items) = first(args) else { return Ok(Value::Int(-1)) };
    Ok(items.iter().position(|item| ops::same(item, at(args, 1))).map_or(Value::Int(-1), count))
}

/// A place or a length given as a number; a fraction is cut off.
fn place(value: &Value) -> Result<i64, EvalError> {
    match value {
        Value::Int(n) => Ok(*n),
        Value::Float(n) => to_whole(n.trunc()),
        _ => Ok(0),
    }
}

fn sub_string(args: &[Value]) -> Result<Value, EvalError> {
    let text = text(args, 0);
    let total = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let start = place(at(args, 1))?;
    let start = if start < 0 { total.saturating_add(start).max(0) } else { start };
    let wanted = match args.get(2) {
        Some(value) => place(value)?.max(0),
        None => i64::MAX,
    };
    let size = |n: i64| usize::try_from(n).unwrap_or(usize::MAX);
    let part: String = text.chars().skip(size(start)).take(size(wanted)).collect();
    Ok(Value::Text(Arc::from(part)))
}

fn replace(args: &[Value]) -> Result<Value, EvalError> {
    let (text, from, to) = (text(args, 0), text(args, 1), text(args, 2));
    if from.is_empty() {
        return Ok(Value::text(text));
    }
    let found = text.matches(from).count();
    let grown = text.len() + found * to.len().saturating_sub(from.len());
    // Asked before the text is made: 4 KiB of separators replaced by 4 KiB each would be 16 MiB.
    if grown > crate::base::limits::MAX_TEXT_BYTES {
        Err(ops::TOO_LONG)
    } else {
        Ok(Value::text(&text.replace(from, to)))
    }
}

fn split(args: &[Value]) -> Result<Value, EvalError> {
    let (text, separator) = (text(args, 0), text(args, 1));
    if separator.is_empty() {
        return Err(EvalError::failed("`split` needs a separator that is not empty"));
    }
    let most = crate::base::limits::MAX_LIST_LEN;
    let parts: Vec<Value> = text.split(separator).take(most + 1).map(Value::text).collect();
    if parts.len() > most { Err(ops::TOO_MANY) } else { Ok(Value::List(parts.into())) }
}

fn to_number(args: &[Value]) -> Result<Value, EvalError> {
    let text = text(args, 0).trim();
    let spelt = text.strip_prefix(['-', '+']).unwrap_or(text);
    // Rust's float parser also takes `inf`, `nan` and exponents; the language has none of them.
    let plain = spelt.bytes().all(|b| b.is_ascii_digit() || b == b'.') && spelt.bytes().any(|b| b.is_ascii_digit());
    let number = if !plain {
        None
    } else if let Ok(n) = text.parse::<i64>() {
        Some(Value::Int(n))
    } else if spelt.contains('.') {
        text.parse::<f64>().ok().map(Value::Float)
    } else {
        None
    };
    number.ok_or_else(|| EvalError::failed("the text does not spell a number"))
}

fn join(args: &[Value]) -> Result<Value, EvalError> {
    let Value::List(items) = first(args) else { return Ok(Value::text("")) };
    let mut out = String::new();
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(text(args, 1));
        }
        out.push_str(&item.to_string());
        if out.len() > crate::base::limits::MAX_TEXT_BYTES {
            return Err(ops::TOO_LONG);
        }
    }
    Ok(Value::Text(Arc::from(out)))
}

fn keys(args: &[Value]) -> Result<Value, EvalError> {
    let Value::Map(entries) = first(args) else { return Ok(Value::List(Arc::from([]))) };
    Ok(Value::List(entries.iter().map(|(key, _)| Value::Text(Arc::clone(key))).collect()))
}

fn get(args: &[Value]) -> Result<Value, EvalError> {
    let found = match first(args) {
        Value::Map(entries) => entries.iter().find(|(key, _)| &**key == text(args, 1)).map(|(_, value)| value),
        _ => None,
    };
    Ok(found.unwrap_or(at(args, 2)).clone())
}

fn abs(args: &[Value]) -> Result<Value, EvalError> {
    match first(args) {
        Value::Int(n) => n.checked_abs().map(Value::Int).ok_or(EvalError::Overflow),
        Value::Float(n) => Ok(Value::Float(n.abs())),
        other => Ok(other.clone()),
    }
}

fn rounded(args: &[Value], f: fn(f64) -> f64) -> Result<Value, EvalError> {
    match first(args) {
        Value::Float(n) => to_whole(f(*n)).map(Value::Int),
        other => Ok(other.clone()),
    }
}

fn pick(args: &[Value], op: ops::Compare) -> Result<Value, EvalError> {
    let (a, b) = (first(args), at(args, 1));
    ops::compare(op, a, b).map(|first| if first { a.clone() } else { b.clone() })
}
