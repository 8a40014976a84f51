//! Reads a request's JSON by key: what is missing, of another type or unknown is a problem with a pointer to it.
//!
//! It knows how a value is spelled, not what it means.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::problem::Problem;
use crate::base::suggest;

/// Characters of a word of the user's that a problem repeats.
const MAX_SHOWN: usize = 64;

/// The user's word, cut to what can be shown.
pub fn shown(word: &str) -> String {
    word.chars().take(MAX_SHOWN).collect()
}

/// A field that cannot be taken: 422 with a JSON pointer (RFC 6901) to it.
pub fn wrong(pointer: &str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with("pointer", pointer)
}

/// The JSON of a body.
///
/// # Errors
/// 400 when it is none.
pub fn read(bytes: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let detail = format!("the body is not JSON: line {}, column {}", error.line(), error.column());
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })
}

/// The members of one object, each asked for by name; [`Fields::finish`] refuses those that nobody knows.
pub struct Fields<'v> {
    /// Of the object; empty for the whole body.
    pointer: String,
    members: &'v Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'v> Fields<'v> {
    /// The object at `pointer`.
    ///
    /// # Errors
    /// 422 when it is no object.
    pub fn of(value: &'v Value, pointer: &str) -> Result<Self, Problem> {
        match value {
            Value::Object(members) => Ok(Self { pointer: pointer.to_owned(), members, known: Vec::new() }),
            other => Err(wrong(pointer, format!("an object is expected, not {}", kind(other)))),
        }
    }

    /// The pointer to a member.
    pub fn pointer(&self, key: &str) -> String {
        format!("{}/{}", self.pointer, key.replace('~', "~0").replace('/', "~1"))
    }

    /// A member; `null` counts as not there.
    pub fn optional(&mut self, key: &'static str) -> Option<&'v Value> {
        self.known.push(key);
        self.members.get(key).filter(|value| !value.is_null())
    }

    /// A member that must be there.
    ///
    /// # Errors
    /// 422 when it is not.
    pub fn required(&mut self, key: &'static str) -> Result<&'v Value, Problem> {
        let found = self.optional(key);
        found.ok_or_else(|| wrong(&self.pointer(key), format!("`{key}` is missing")))
    }

    /// A text that may be missing.
    ///
    /// # Errors
    /// 422 when it is no text, or empty.
    pub fn optional_text(&mut self, key: &'static str) -> Result<Option<&'v str>, Problem> {
        match self.optional(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(Value::String(_)) => Err(wrong(&self.pointer(key), format!("`{key}` is empty"))),
            Some(other) => Err(wrong(&self.pointer(key), format!("`{key}` is a text, not {}", kind(other)))),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// 422 when it is not, is no text, or is empty.
    pub fn text(&mut self, key: &'static str) -> Result<&'v str, Problem> {
        let missing = wrong(&self.pointer(key), format!("`{key}` is missing"));
        self.optional_text(key)?.ok_or(missing)
    }

    /// No member is left that nobody asked for.
    ///
    /// # Errors
    /// 422 for the first one.
    pub fn finish(self) -> Result<(), Problem> {
        let Some(stray) = self.members.keys().find(|key| !self.known.contains(&key.as_str())) else { return Ok(()) };
        let hint = suggest::did_you_mean(stray, self.known.iter().copied());
        let known: Vec<String> = self.known.iter().map(|key| format!("`{key}`")).collect();
        let hint = if hint.is_empty() { format!("; there are {}", known.join(", ")) } else { hint };
        Err(wrong(&self.pointer(stray), format!("there is no field `{}`{hint}", shown(stray))))
    }
}

/// A JSON type in words.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
