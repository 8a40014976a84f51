//! Texts with holes: `"Hello ${caller.name}"`.

use super::error::{EvalError, ExprError, rule};
use super::{Compiler, Env, Expr, Names, Read, ops};
use crate::base::limits::MAX_TEXT_BYTES;
use crate::base::value::{Type, Value};
use std::fmt::Write as _;

/// A piece of a text's source, escapes resolved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    Literal(&'a str),
    /// The source between `${` and `}`.
    Hole(&'a str),
}

/// A mistake in one hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Index into the pieces that were compiled; the error's offsets are within that hole.
    pub piece: usize,
    pub error: ExprError,
}

#[derive(Clone, Debug)]
enum Part {
    Literal(Box<str>),
    Hole(Expr),
}

/// A compiled text.
#[derive(Clone, Debug)]
pub struct Template {
    parts: Vec<Part>,
}

impl Compiler {
    /// Checks and compiles a text with holes.
    ///
    /// # Errors
    ///
    /// Every mistake of every hole. A secret in a hole is one: texts are spoken, tagged and logged.
    pub fn template(&self, pieces: &[Piece<'_>], names: &dyn Names) -> Result<Template, Vec<TemplateError>> {
        let mut parts = Vec::with_capacity(pieces.len());
        let mut errors = Vec::new();
        for (piece, source) in pieces.iter().enumerate() {
            match source {
                Piece::Literal(text) => parts.push(Part::Literal((*text).into())),
                Piece::Hole(source) => match self.compile(source, names).and_then(printable(source)) {
                    Ok(expr) => parts.push(Part::Hole(expr)),
                    Err(found) => errors.extend(found.into_iter().map(|error| TemplateError { piece, error })),
                },
            }
        }
        if errors.is_empty() { Ok(Template { parts }) } else { Err(errors) }
    }
}

fn printable(source: &str) -> impl Fn(Expr) -> Result<Expr, Vec<ExprError>> + '_ {
    move |expr| {
        let at = (0, source.len());
        match expr.ty() {
            Some(Type::Secret) => Err(vec![super::types::secret(at, source)]),
            Some(Type::Map) => {
                let error = ExprError::new(rule::TYPE_MISMATCH, at, "a map cannot be printed");
                Err(vec![error.help("print one of its fields")])
            }
            _ => Ok(expr),
        }
    }
}

impl Template {
    /// The text, if it has no holes.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether an expression in it divides by what is zero for every call.
    pub fn divides_by_zero(&self, known: &dyn Env) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Hole(expr) if expr.divides_by_zero(known)))
    }

    /// Whether an expression in it can fail: see [`Expr::can_fail`].
    pub fn can_fail(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Hole(expr) if expr.can_fail()))
    }

    /// What its holes read, in their order.
    pub fn reads(&self) -> impl Iterator<Item = &Read> {
        self.parts.iter().flat_map(|part| match part {
            Part::Literal(_) => &[],
            Part::Hole(expr) => expr.reads(),
        })
    }

    /// The text with its holes filled, at most [`MAX_TEXT_BYTES`] long.
    ///
    /// # Errors
    ///
    /// Those of its expressions, a secret that only the run could tell, and the length.
    pub fn render(&self, env: &dyn Env) -> Result<String, EvalError> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Hole(expr) => match expr.eval(env)? {
                    Value::Secret(_) => return Err(EvalError::wrong_type("a secret cannot be printed")),
                    // Writing to a string does not fail.
                    value => {
                        let _ = write!(out, "{value}");
                    }
                },
            }
            if out.len() > MAX_TEXT_BYTES {
                return Err(ops::TOO_LONG);
            }
        }
        Ok(out)
    }
}
