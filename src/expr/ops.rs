//! What the operators do to values: exactly what rhai does, plus the language's own rules for text,
//! durations and unlike types. Both evaluators use the second half; `tests/expr` holds the first to rhai.

use super::error::EvalError;
use crate::base::limits::{MAX_LIST_LEN, MAX_TEXT_BYTES};
use crate::base::value::Value;
use std::fmt::Write as _;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Arith {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Arith {
    pub const ALL: [Arith; 5] = [Arith::Add, Arith::Subtract, Arith::Multiply, Arith::Divide, Arith::Remainder];

    pub fn symbol(self) -> &'static str {
        match self {
            Arith::Add => "+",
            Arith::Subtract => "-",
            Arith::Multiply => "*",
            Arith::Divide => "/",
            Arith::Remainder => "%",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Compare {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Compare {
    pub const ALL: [Compare; 6] =
        [Compare::Equal, Compare::NotEqual, Compare::Less, Compare::LessEqual, Compare::Greater, Compare::GreaterEqual];

    pub fn symbol(self) -> &'static str {
        match self {
            Compare::Equal => "==",
            Compare::NotEqual => "!=",
            Compare::Less => "<",
            Compare::LessEqual => "<=",
            Compare::Greater => ">",
            Compare::GreaterEqual => ">=",
        }
    }

    /// The comparison that holds where this one does not.
    pub fn negated(self) -> Compare {
        match self {
            Compare::Equal => Compare::NotEqual,
            Compare::NotEqual => Compare::Equal,
            Compare::Less => Compare::GreaterEqual,
            Compare::LessEqual => Compare::Greater,
            Compare::Greater => Compare::LessEqual,
            Compare::GreaterEqual => Compare::Less,
        }
    }

    /// The same comparison with its sides exchanged.
    pub fn turned(self) -> Compare {
        match self {
            Compare::Less => Compare::Greater,
            Compare::LessEqual => Compare::GreaterEqual,
            Compare::Greater => Compare::Less,
            Compare::GreaterEqual => Compare::LessEqual,
            same => same,
        }
    }

    fn holds<T: Ord + ?Sized>(self, a: &T, b: &T) -> bool {
        match self {
            Compare::Equal => a == b,
            Compare::NotEqual => a != b,
            Compare::Less => a < b,
            Compare::LessEqual => a <= b,
            Compare::Greater => a > b,
            Compare::GreaterEqual => a >= b,
        }
    }

    /// rhai compares floats with a relative tolerance of one epsilon, and only then by size.
    fn holds_float(self, a: f64, b: f64) -> bool {
        let scale = if a * b == 0.0 { 1.0 } else { a.abs().max(b.abs()) };
        if scale == 0.0 {
            // Only not-a-number beside zero gets here; rhai takes the two for equal.
            return matches!(self, Compare::Equal | Compare::LessEqual | Compare::GreaterEqual);
        }
        let apart = (a - b).abs() / scale;
        let above = (a - b) / scale;
        let below = (b - a) / scale;
        match self {
            Compare::Equal => apart <= f64::EPSILON,
            Compare::NotEqual => apart > f64::EPSILON,
            Compare::Less => below > f64::EPSILON,
            Compare::LessEqual => below > -f64::EPSILON,
            Compare::Greater => above > f64::EPSILON,
            Compare::GreaterEqual => above > -f64::EPSILON,
        }
    }
}

pub(super) fn arith(op: Arith, a: &Value, b: &Value) -> Result<Value, EvalError> {
    match (a, b) {
        (Value::Int(x), Value::Int(y)) => integers(op, *x, *y),
        (Value::Int(x), Value::Float(y)) => Ok(Value::Float(floats(op, *x as f64, *y))),
        (Value::Float(x), Value::Int(y)) => Ok(Value::Float(floats(op, *x, *y as f64))),
        (Value::Float(x), Value::Float(y)) => Ok(Value::Float(floats(op, *x, *y))),
        (Value::Duration(x), Value::Duration(y)) => match op {
            Arith::Add => x.checked_add(*y).map(Value::Duration).ok_or(EvalError::Overflow),
            Arith::Subtract => x.checked_sub(*y).map(Value::Duration).ok_or(EvalError::Overflow),
            _ => Err(unsuited(op, a, b)),
        },
        _ if op == Arith::Add => add(a, b),
        _ => Err(unsuited(op, a, b)),
    }
}

fn unsuited(op: Arith, a: &Value, b: &Value) -> EvalError {
    EvalError::wrong_type(format!("`{}` cannot combine {} and {}", op.symbol(), described(a), described(b)))
}

fn integers(op: Arith, x: i64, y: i64) -> Result<Value, EvalError> {
    let result = match op {
        Arith::Add => x.checked_add(y),
        Arith::Subtract => x.checked_sub(y),
        Arith::Multiply => x.checked_mul(y),
        Arith::Divide | Arith::Remainder if y == 0 => return Err(EvalError::DivisionByZero),
        Arith::Divide => x.checked_div(y),
        Arith::Remainder => x.checked_rem(y),
    };
    result.map(Value::Int).ok_or(EvalError::Overflow)
}

fn floats(op: Arith, x: f64, y: f64) -> f64 {
    match op {
        Arith::Add => x + y,
        Arith::Subtract => x - y,
        Arith::Multiply => x * y,
        Arith::Divide => x / y,
        Arith::Remainder => x % y,
    }
}

/// Joins two texts, a text and what prints beside it, or two lists.
fn add(a: &Value, b: &Value) -> Result<Value, EvalError> {
    if let (Value::List(x), Value::List(y)) = (a, b) {
        let joined: Vec<Value> = x.iter().chain(y.iter()).cloned().collect();
        let joined = Value::List(joined.into());
        return check_size(joined);
    }
    match (a.as_str(), b.as_str()) {
        (Some(x), Some(y)) => join(x, y),
        (Some(x), None) => printed(b, |y| join(x, y)).unwrap_or_else(|| Err(unsuited(Arith::Add, a, b))),
        (None, Some(y)) => printed(a, |x| join(x, y)).unwrap_or_else(|| Err(unsuited(Arith::Add, a, b))),
        (None, None) => Err(unsuited(Arith::Add, a, b)),
    }
}

/// Hands on the text of a value that may stand beside text in a `+`.
fn printed<T>(value: &Value, then: impl FnOnce(&str) -> T) -> Option<T> {
    match value {
        Value::Int(n) => Some(with_digits(*n, then)),
        Value::Bool(_) | Value::Float(_) | Value::Duration(_) => {
            let mut text = String::new();
            // Writing to a string does not fail.
            let _ = write!(text, "{value}");
            Some(then(&text))
        }
        _ => None,
    }
}

/// The decimal digits of `n`, written on the stack: the step loop joins a counter to a text.
fn with_digits<T>(n: i64, then: impl FnOnce(&str) -> T) -> T {
    let mut buffer = [0_u8; 20];
    let mut rest = n.unsigned_abs();
    let mut used = 0;
    for slot in buffer.iter_mut().rev() {
        *slot = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    if n < 0
        && let Some(slot) = buffer.iter_mut().rev().nth(used)
    {
        *slot = b'-';
        used += 1;
    }
    let text = buffer.get(buffer.len() - used..).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("");
    then(text)
}

/// Texts up to this are joined on the stack and allocated once.
const SHORT_TEXT: usize = 128;

fn join(x: &str, y: &str) -> Result<Value, EvalError> {
    let len = x.len() + y.len();
    if len > MAX_TEXT_BYTES {
        return Err(TOO_LONG);
    }
    let mut buffer = [0_u8; SHORT_TEXT];
    if let Some((left, right)) = buffer.get_mut(..len).and_then(|b| b.split_at_mut_checked(x.len())) {
        left.copy_from_slice(x.as_bytes());
        right.copy_from_slice(y.as_bytes());
        if let Some(text) = buffer.get(..len).and_then(|b| std::str::from_utf8(b).ok()) {
            return Ok(Value::Text(Arc::from(text)));
        }
    }
    let mut text = String::with_capacity(len);
    text.push_str(x);
    text.push_str(y);
    Ok(Value::Text(Arc::from(text)))
}

pub(super) const TOO_LONG: EvalError = EvalError::Limit("the text is longer than 4096 bytes");
pub(super) const TOO_MANY: EvalError = EvalError::Limit("the list has more than 256 elements");
const TOO_WIDE: EvalError = EvalError::Limit("the map has more than 256 entries");

pub(super) fn compare(op: Compare, a: &Value, b: &Value) -> Result<bool, EvalError> {
    if let (Some(x), Some(y)) = (a.as_str(), b.as_str()) {
        return Ok(op.holds(x, y));
    }
    match (a, b) {
        (Value::Int(x), Value::Int(y)) | (Value::Duration(x), Value::Duration(y)) => Ok(op.holds(x, y)),
        (Value::Int(x), Value::Float(y)) => Ok(op.holds_float(*x as f64, *y)),
        (Value::Float(x), Value::Int(y)) => Ok(op.holds_float(*x, *y as f64)),
        (Value::Float(x), Value::Float(y)) => Ok(op.holds_float(*x, *y)),
        (Value::Bool(x), Value::Bool(y)) => Ok(op.holds(x, y)),
        _ => Err(uncompared(a, b)),
    }
}

pub(super) fn uncompared(a: &Value, b: &Value) -> EvalError {
    EvalError::wrong_type(format!("{} cannot be compared with {}", described(a), described(b)))
}

/// `needle in haystack`; what is unlike an element is not that element.
pub(super) fn contains(haystack: &Value, needle: &Value) -> Result<bool, EvalError> {
    match (haystack, needle) {
        (_, Value::Secret(_)) => Err(EvalError::wrong_type("a secret cannot be compared")),
        (Value::List(items), _) => Ok(items.iter().any(|item| same(item, needle))),
        (Value::Map(entries), _) => match needle.as_str() {
            Some(key) => Ok(entries.iter().any(|(k, _)| &**k == key)),
            None => Err(EvalError::wrong_type(format!("a map's keys are text, not {}", described(needle)))),
        },
        _ => match (haystack.as_str(), needle.as_str()) {
            (Some(text), Some(part)) => Ok(text.contains(part)),
            _ => Err(EvalError::wrong_type(format!("{} cannot hold {}", described(haystack), described(needle)))),
        },
    }
}

/// Whether an element is the value sought.
pub(super) fn same(item: &Value, sought: &Value) -> bool {
    compare(Compare::Equal, item, sought).unwrap_or(false)
}

pub(super) fn negate(value: &Value) -> Result<Value, EvalError> {
    match value {
        Value::Int(n) => n.checked_neg().map(Value::Int).ok_or(EvalError::Overflow),
        Value::Float(n) => Ok(Value::Float(-n)),
        _ => Err(EvalError::wrong_type(format!("`-` needs a number, not {}", described(value)))),
    }
}

pub(super) fn truth(value: &Value) -> Result<bool, EvalError> {
    match value {
        Value::Bool(b) => Ok(*b),
        _ => Err(EvalError::wrong_type(format!("a condition must be true or false, not {}", described(value)))),
    }
}

/// A value's type with its article, never the value: it may be a caller's.
pub(super) fn described(value: &Value) -> &'static str {
    value.type_of().map_or("nothing", super::types::a)
}

/// Elements, entries and bytes of text in a value, counted as rhai counts them.
#[derive(Clone, Copy, Default)]
pub(super) struct Size {
    elements: usize,
    entries: usize,
    bytes: usize,
}

impl Size {
    fn of(value: &Value) -> Size {
        let mut size = Size::default();
        match value {
            Value::List(items) => {
                for item in items.iter() {
                    size.elements += 1;
                    size.take(Size::of(item));
                }
            }
            Value::Map(entries) => {
                for (_, item) in entries.iter() {
                    size.entries += 1;
                    size.take(Size::of(item));
                }
            }
            _ => size.bytes = value.as_str().map_or(0, str::len),
        }
        size
    }

    fn take(&mut self, other: Size) {
        self.elements += other.elements;
        self.entries += other.entries;
        self.bytes += other.bytes;
    }

    /// Counts one more element of a list.
    pub fn add_element(&mut self, value: &Value) -> Result<(), EvalError> {
        self.elements += 1;
        self.take(Size::of(value));
        self.check()
    }

    fn check(self) -> Result<(), EvalError> {
        if self.bytes > MAX_TEXT_BYTES {
            Err(TOO_LONG)
        } else if self.elements > MAX_LIST_LEN {
            Err(TOO_MANY)
        } else if self.entries > MAX_LIST_LEN {
            Err(TOO_WIDE)
        } else {
            Ok(())
        }
    }
}

/// Refuses a value beyond the limits of a computed value.
pub(super) fn check(value: &Value) -> Result<(), EvalError> {
    Size::of(value).check()
}

/// Hands the value on if it is within the limits of a computed value.
pub(super) fn check_size(value: Value) -> Result<Value, EvalError> {
    check(&value).map(|()| value)
}
