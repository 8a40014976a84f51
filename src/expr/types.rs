//! Which types the operators take, and the words for it. `None` is a type that only a run can tell.

use super::error::{ExprError, rule};
use super::ops::{Arith, Compare};
use crate::base::value::Type;

/// Types that behave alike in comparison and arithmetic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Text,
    Number,
    Bool,
    Duration,
    Secret,
    List,
    Map,
}

pub(super) fn kind(ty: Type) -> Kind {
    match ty {
        Type::Text | Type::Digits | Type::Phone | Type::Extension => Kind::Text,
        Type::Number => Kind::Number,
        Type::Bool => Kind::Bool,
        Type::Duration => Kind::Duration,
        Type::Secret => Kind::Secret,
        Type::List => Kind::List,
        Type::Map => Kind::Map,
    }
}

/// The type with its article.
pub(super) fn a(ty: Type) -> &'static str {
    match ty {
        Type::Text => "text",
        Type::Number => "a number",
        Type::Bool => "a bool",
        Type::Duration => "a duration",
        Type::Digits => "digits",
        Type::Phone => "a phone number",
        Type::Extension => "an extension",
        Type::Secret => "a secret",
        Type::List => "a list",
        Type::Map => "a map",
    }
}

/// One side of an operator: its source, for the message, and its type.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub source: &'a str,
    pub ty: Option<Type>,
}

impl Side<'_> {
    fn kind(&self) -> Option<Kind> {
        self.ty.map(kind)
    }

    fn described(&self) -> String {
        let is = self.ty.map_or("unknown", a);
        format!("`{}` is {is}", shortened(self.source))
    }
}

/// Characters of the user's words repeated in a message; the place shows the rest.
const MAX_QUOTED: usize = 40;

pub(super) fn shortened(source: &str) -> String {
    let flat = source.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= MAX_QUOTED {
        return flat;
    }
    let head: String = flat.chars().take(MAX_QUOTED - 2).collect();
    format!("{head}..")
}

pub(super) fn secret(at: (usize, usize), source: &str) -> ExprError {
    let message = format!("`{}` is a secret: it cannot be compared, joined to text or printed", shortened(source));
    ExprError::new(rule::SECRET_EXPOSED, at, message)
        .help("a secret goes only to `verify .. pin` or the `body` of `http`")
}

/// The type of `left op right`.
pub(super) fn arith(op: Arith, left: Side<'_>, right: Side<'_>, at: (usize, usize)) -> Result<Option<Type>, ExprError> {
    if let Some(side) = [left, right].into_iter().find(|s| s.kind() == Some(Kind::Secret)) {
        return Err(secret(at, side.source));
    }
    let result = match (op, left.kind(), right.kind()) {
        (Arith::Add, Some(Kind::Text), Some(Kind::List | Kind::Map)) => None,
        (Arith::Add, Some(Kind::List | Kind::Map), Some(Kind::Text)) => None,
        (Arith::Add, Some(Kind::Text), _) | (Arith::Add, _, Some(Kind::Text)) => Some(Some(Type::Text)),
        (Arith::Add, Some(Kind::List), Some(Kind::List) | None) => Some(Some(Type::List)),
        (Arith::Add, None, Some(Kind::List)) => Some(Some(Type::List)),
        (Arith::Add, Some(Kind::Bool), None) | (Arith::Add, None, Some(Kind::Bool)) => Some(Some(Type::Text)),
        (_, Some(Kind::Number), Some(Kind::Number)) => Some(Some(Type::Number)),
        (Arith::Add | Arith::Subtract, Some(Kind::Duration), Some(Kind::Duration)) => Some(Some(Type::Duration)),
        (Arith::Add, None, _) | (Arith::Add, _, None) => {
            let map = [left, right].into_iter().any(|s| s.kind() == Some(Kind::Map));
            if map { None } else { Some(None) }
        }
        (Arith::Subtract, Some(Kind::Duration), None) | (Arith::Subtract, None, Some(Kind::Duration)) => {
            Some(Some(Type::Duration))
        }
        (_, Some(Kind::Number), None) | (_, None, Some(Kind::Number)) if op != Arith::Subtract => {
            Some(Some(Type::Number))
        }
        (_, Some(Kind::Number) | None, Some(Kind::Number) | None) => Some(None),
        _ => None,
    };
    result.ok_or_else(|| arith_mismatch(op, left, right, at))
}

fn arith_mismatch(op: Arith, left: Side<'_>, right: Side<'_>, at: (usize, usize)) -> ExprError {
    let symbol = op.symbol();
    let message = match (left.ty, right.ty) {
        (Some(_), Some(_)) => format!("`{symbol}` cannot combine these: {}, {}", left.described(), right.described()),
        (Some(_), None) => format!("`{symbol}` does not take this: {}", left.described()),
        _ => format!("`{symbol}` does not take this: {}", right.described()),
    };
    let error = ExprError::new(rule::TYPE_MISMATCH, at, message);
    match [left, right].into_iter().find(|s| s.kind() == Some(Kind::Text)) {
        Some(text) if op != Arith::Add => {
            error.help(format!("make it a number: `{}.to_number()`", shortened(text.source)))
        }
        _ if [left, right].iter().any(|s| s.kind() == Some(Kind::Duration)) => {
            error.help("a duration is written `seconds(n)` or `minutes(n)`")
        }
        _ => error,
    }
}

/// Checks `left op right`; its type is always bool.
pub(super) fn compare(op: Compare, left: Side<'_>, right: Side<'_>, at: (usize, usize)) -> Result<(), ExprError> {
    let sides = [left, right];
    if let Some(side) = sides.iter().find(|s| s.kind() == Some(Kind::Secret)) {
        return Err(secret(at, side.source));
    }
    if let Some(side) = sides.iter().find(|s| matches!(s.kind(), Some(Kind::List | Kind::Map))) {
        let message = format!("`{}` does not compare whole values: {}", op.symbol(), side.described());
        return Err(ExprError::new(rule::TYPE_MISMATCH, at, message)
            .help("ask for one element with `in`, or for the number of elements with `.len()`"));
    }
    let ordered = !matches!(op, Compare::Equal | Compare::NotEqual);
    if let Some(side) = sides.iter().find(|s| ordered && s.kind() == Some(Kind::Bool)) {
        let message = format!("`{}` orders numbers, durations and texts: {}", op.symbol(), side.described());
        return Err(ExprError::new(rule::TYPE_MISMATCH, at, message).help("use `==`, `&&` or `!`"));
    }
    match (left.kind(), right.kind()) {
        (Some(x), Some(y)) if x != y => Err(unlike(left, right, at)),
        _ => Ok(()),
    }
}

/// Two values that can never be equal.
pub(super) fn unlike(left: Side<'_>, right: Side<'_>, at: (usize, usize)) -> ExprError {
    let message = format!("{} and {}: they can never be equal", left.described(), right.described());
    let pair = [left.kind(), right.kind()];
    let error = ExprError::new(rule::UNLIKE_COMPARISON, at, message);
    let has = |k| pair.contains(&Some(k));
    if has(Kind::Text) && has(Kind::Number) {
        let number = if left.kind() == Some(Kind::Number) { left } else { right };
        let text = if left.kind() == Some(Kind::Number) { right } else { left };
        let literal = number.source.trim().parse::<f64>().is_ok();
        return error.help(if literal {
            format!("write the number as text: `\"{}\"`", number.source.trim())
        } else {
            format!("make the text a number: `{}.to_number()`", shortened(text.source))
        });
    }
    if has(Kind::Duration) {
        return error.help("a duration is written `seconds(n)` or `minutes(n)`");
    }
    error
}

/// The common type of two branches; an error if no operator would take both.
pub(super) fn either(left: Option<Type>, right: Option<Type>) -> Result<Option<Type>, ()> {
    match (left, right) {
        (Some(x), Some(y)) if x == y => Ok(Some(x)),
        (Some(x), Some(y)) if kind(x) == Kind::Text && kind(y) == Kind::Text => Ok(Some(Type::Text)),
        (Some(_), Some(_)) => Err(()),
        _ => Ok(None),
    }
}
