//! Values of the flow language (language.md §4), as expressions and variables hold them.

use std::fmt;
use std::sync::Arc;

/// A value at run time. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// What a variable holds before it is set; never seen by a checked flow.
    Unset,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    /// A length of time in milliseconds.
    Duration(i64),
    /// Keys a caller pressed. Tainted: never a number to dial.
    Digits(Arc<str>),
    /// Canonical E.164, made only by the policy's parser.
    Phone(Arc<str>),
    /// An entry of the site's own directory, made only by `menu` or `collect`.
    Extension(Arc<str>),
    /// Digits that may go only to `verify ... pin` and an `http` body.
    Secret(Arc<str>),
    List(Arc<[Value]>),
    /// Sorted by key.
    Map(Arc<[(Arc<str>, Value)]>),
}

/// The types of the language, in the words a flow uses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Type {
    Text,
    Number,
    Bool,
    Duration,
    Digits,
    Phone,
    Extension,
    Secret,
    List,
    Map,
}

impl Type {
    pub const ALL: [Type; 10] = [
        Type::Text,
        Type::Number,
        Type::Bool,
        Type::Duration,
        Type::Digits,
        Type::Phone,
        Type::Extension,
        Type::Secret,
        Type::List,
        Type::Map,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Type::Text => "text",
            Type::Number => "number",
            Type::Bool => "bool",
            Type::Duration => "duration",
            Type::Digits => "digits",
            Type::Phone => "phone",
            Type::Extension => "extension",
            Type::Secret => "secret",
            Type::List => "list",
            Type::Map => "map",
        }
    }

    pub fn from_name(name: &str) -> Option<Type> {
        Type::ALL.into_iter().find(|t| t.name() == name)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Value {
    pub fn text(s: &str) -> Value {
        Value::Text(Arc::from(s))
    }

    /// The language's type of this value; `None` for [`Value::Unset`].
    pub fn type_of(&self) -> Option<Type> {
        Some(match self {
            Value::Unset => return None,
            Value::Bool(_) => Type::Bool,
            Value::Int(_) | Value::Float(_) => Type::Number,
            Value::Text(_) => Type::Text,
            Value::Duration(_) => Type::Duration,
            Value::Digits(_) => Type::Digits,
            Value::Phone(_) => Type::Phone,
            Value::Extension(_) => Type::Extension,
            Value::Secret(_) => Type::Secret,
            Value::List(_) => Type::List,
            Value::Map(_) => Type::Map,
        })
    }

    /// The characters of a textual value (text, digits, phone, extension); never of a secret.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(s) | Value::Digits(s) | Value::Phone(s) | Value::Extension(s) => Some(s),
            _ => None,
        }
    }
}

/// As a template prints it. A secret prints as `[secret]`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Unset => Ok(()),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Int(n) => write!(f, "{n}"),
            Value::Float(n) => write!(f, "{n}"),
            Value::Text(s) | Value::Digits(s) | Value::Phone(s) | Value::Extension(s) => f.write_str(s),
            Value::Duration(ms) => write!(f, "{ms}ms"),
            Value::Secret(_) => f.write_str("[secret]"),
            Value::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{item}")?;
                }
                Ok(())
            }
            Value::Map(entries) => {
                for (i, (key, value)) in entries.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{key}: {value}")?;
                }
                Ok(())
            }
        }
    }
}
