//! The compiled form of common expressions: a tree, evaluated without rhai.
//!
//! What it does not have (indexing, map literals) is evaluated by rhai; `tests/expr` compares the two.

use super::error::EvalError;
use super::names::RootPath;
use super::ops::{self, Arith, Compare};
use super::{Env, Slot, functions};
use crate::base::value::Value;
use std::borrow::Cow;
use std::sync::Arc;

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Node {
    Const(Value),
    Slot(Slot, Arc<str>),
    Root(RootPath),
    /// A key of a map.
    Field(Box<Node>, Arc<str>),
    Negate(Box<Node>),
    Not(Box<Node>),
    Arith(Arith, Box<(Node, Node)>),
    Compare(Compare, Box<(Node, Node)>),
    /// The haystack, then the needle: rhai evaluates them in this order.
    In(Box<(Node, Node)>),
    And(Vec<Node>),
    Or(Vec<Node>),
    If(Box<(Node, Node, Node)>),
    List(Vec<Node>),
    Call(&'static str, Vec<Node>),
    /// Only rhai evaluates it; never in a tree that is run.
    Rhai,
}

impl Node {
    /// The nodes that it is computed from.
    pub fn parts(&self) -> Vec<&Node> {
        match self {
            Node::Const(_) | Node::Slot(..) | Node::Root(_) | Node::Rhai => Vec::new(),
            Node::Field(inner, _) | Node::Negate(inner) | Node::Not(inner) => vec![inner],
            Node::Arith(_, sides) | Node::Compare(_, sides) | Node::In(sides) => vec![&sides.0, &sides.1],
            Node::If(parts) => vec![&parts.0, &parts.1, &parts.2],
            Node::And(parts) | Node::Or(parts) | Node::List(parts) | Node::Call(_, parts) => parts.iter().collect(),
        }
    }

    /// The value of this node. The tree is at most `MAX_OPERATORS` plus `MAX_EXPR_DEPTH` deep.
    pub fn eval<'a>(&'a self, env: &'a dyn Env) -> Result<Cow<'a, Value>, EvalError> {
        Ok(match self {
            Node::Const(value) => Cow::Borrowed(value),
            Node::Slot(slot, name) => match env.slot(*slot) {
                Value::Unset => return Err(EvalError::NotSet((&**name).into())),
                value => Cow::Borrowed(value),
            },
            Node::Root(path) => match env.root(path) {
                Value::Unset => return Err(EvalError::NotSet(path.to_string().into_boxed_str())),
                value => Cow::Owned(value),
            },
            Node::Arith(op, sides) => {
                let (a, b) = (sides.0.eval(env)?, sides.1.eval(env)?);
                Cow::Owned(ops::arith(*op, &a, &b)?)
            }
            Node::Compare(op, sides) => {
                let (a, b) = (sides.0.eval(env)?, sides.1.eval(env)?);
                Cow::Owned(Value::Bool(ops::compare(*op, &a, &b)?))
            }
            Node::And(parts) => Cow::Owned(Value::Bool(all(parts, env, true)?)),
            Node::Or(parts) => Cow::Owned(Value::Bool(!all(parts, env, false)?)),
            Node::If(parts) => {
                let branch = if ops::truth(&*parts.0.eval(env)?)? { &parts.1 } else { &parts.2 };
                branch.eval(env)?
            }
            Node::Not(inner) => Cow::Owned(Value::Bool(!ops::truth(&*inner.eval(env)?)?)),
            Node::Negate(inner) => Cow::Owned(ops::negate(&*inner.eval(env)?)?),
            Node::In(sides) => {
                let (haystack, needle) = (sides.0.eval(env)?, sides.1.eval(env)?);
                if !matches!(sides.0, Node::Const(_)) {
                    ops::check(&haystack)?;
                }
                Cow::Owned(Value::Bool(ops::contains(&haystack, &needle)?))
            }
            Node::Field(inner, key) => field(inner.eval(env)?, key)?,
            Node::List(items) => Cow::Owned(list(items, env)?),
            Node::Call(name, args) => {
                let args: Result<Vec<Value>, EvalError> =
                    args.iter().map(|a| a.eval(env).map(Cow::into_owned)).collect();
                Cow::Owned(functions::call(name, &args?)?)
            }
            Node::Rhai => return Err(EvalError::failed("this expression is evaluated by rhai only")),
        })
    }
}

/// Whether every part is `wanted`; stops at the first that is not.
fn all(parts: &[Node], env: &dyn Env, wanted: bool) -> Result<bool, EvalError> {
    for part in parts {
        if ops::truth(&*part.eval(env)?)? != wanted {
            return Ok(false);
        }
    }
    Ok(true)
}

fn list(items: &[Node], env: &dyn Env) -> Result<Value, EvalError> {
    let mut size = ops::Size::default();
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        let value = item.eval(env)?.into_owned();
        size.add_element(&value)?;
        values.push(value);
    }
    Ok(Value::List(values.into()))
}

fn field<'a>(object: Cow<'a, Value>, key: &str) -> Result<Cow<'a, Value>, EvalError> {
    fn find<'v>(value: &'v Value, key: &str) -> Result<&'v Value, EvalError> {
        let Value::Map(entries) = value else {
            return Err(EvalError::wrong_type(format!("{} has no field `{key}`", ops::described(value))));
        };
        match entries.iter().find(|(k, _)| &**k == key) {
            None | Some((_, Value::Unset)) => Err(EvalError::NoField(key.into())),
            Some((_, value)) => Ok(value),
        }
    }
    match object {
        Cow::Borrowed(value) => find(value, key).map(Cow::Borrowed),
        Cow::Owned(value) => find(&value, key).map(|v| Cow::Owned(v.clone())),
    }
}
