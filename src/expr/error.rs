//! What can be wrong with an expression: found while compiling, or met while evaluating.
//! Not how it is shown: the caller knows the file and makes the diagnostic.

use std::fmt;

/// One mistake in an expression's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError {
    /// Byte offset into the expression's source.
    pub start: usize,
    /// Byte offset after the last byte concerned.
    pub end: usize,
    /// Kebab-case name of the rule, one of [`rule`].
    pub rule: &'static str,
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl ExprError {
    pub(super) fn new(rule: &'static str, at: (usize, usize), message: impl Into<String>) -> Self {
        Self { start: at.0, end: at.1, rule, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    pub(super) fn maybe_help(mut self, text: Option<String>) -> Self {
        self.help = text.or(self.help);
        self
    }
}

/// The rules an expression can break; a name is never reused.
pub mod rule {
    /// It is not an expression, or it uses what expressions do not have.
    pub const SYNTAX: &str = "expression-syntax";
    /// It is longer, deeper or does more than a bound allows.
    pub const TOO_LARGE: &str = "expression-too-large";
    /// No variable or built-in object has this name.
    pub const UNKNOWN_NAME: &str = "unknown-name";
    /// The object is known, the field is not.
    pub const UNKNOWN_FIELD: &str = "unknown-field";
    /// No function or method has this name.
    pub const UNKNOWN_FUNCTION: &str = "unknown-function";
    /// The operator or function does not take values of this type.
    pub const TYPE_MISMATCH: &str = "type-mismatch";
    /// Two values of unlike types are compared; rhai would silently say that they differ.
    pub const UNLIKE_COMPARISON: &str = "unlike-comparison";
    /// A secret is compared, joined to text, or printed.
    pub const SECRET_EXPOSED: &str = "secret-exposed";

    pub const ALL: [&str; 8] = [
        SYNTAX,
        TOO_LARGE,
        UNKNOWN_NAME,
        UNKNOWN_FIELD,
        UNKNOWN_FUNCTION,
        TYPE_MISMATCH,
        UNLIKE_COMPARISON,
        SECRET_EXPOSED,
    ];
}

/// Why an expression that compiles gave no value. Its text is for the flow's author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvalError {
    /// The variable or built-in field holds nothing yet.
    NotSet(Box<str>),
    /// The map has no such key.
    NoField(Box<str>),
    /// A value of the wrong type, in words.
    WrongType(Box<str>),
    /// The number does not fit into 64 bits.
    Overflow,
    DivisionByZero,
    /// A limit of `base::limits`, in words.
    Limit(&'static str),
    /// Anything else, in words.
    Failed(Box<str>),
}

impl EvalError {
    pub(super) fn wrong_type(text: impl Into<String>) -> Self {
        Self::WrongType(text.into().into_boxed_str())
    }

    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self::Failed(text.into().into_boxed_str())
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSet(name) => write!(f, "`{name}` has no value yet"),
            Self::NoField(name) => write!(f, "there is no field `{name}`"),
            Self::WrongType(text) | Self::Failed(text) => f.write_str(text),
            Self::Overflow => f.write_str("the number is too large"),
            Self::DivisionByZero => f.write_str("division by zero"),
            Self::Limit(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for EvalError {}
