//! What is known of an expression before any call: conditions that are always the same, whatever the
//! caller and the time, and divisions by a known zero. Sound and not complete: what it says is so, and
//! of most expressions it says nothing.

use super::names::{BuiltIn, RootPath};
use super::node::Node;
use super::ops::{self, Arith, Compare};
use super::{Env, Expr, Read};
use crate::base::value::Value;
use std::sync::Arc;

/// The most comparisons that are held against each other; each is held against all before it.
const MOST_FACTS: usize = 32;

impl Expr {
    /// Whether the condition gives the same for every call, and what. `known` has the values of
    /// constants, and [`Value::Unset`] for all that depends on the call.
    pub fn always(&self, known: &dyn Env) -> Option<bool> {
        truth(self.tree.as_ref()?, known)
    }

    /// Whether the condition can never hold once each of `ruled_out` did not.
    pub fn never_after(&self, ruled_out: &[Arc<Expr>], known: &dyn Env) -> bool {
        let Some(tree) = self.tree.as_ref() else { return false };
        let mut facts = Facts::default();
        facts.add(tree, true, known);
        for before in ruled_out.iter().filter_map(|e| e.tree.as_ref()) {
            if before == tree {
                return true;
            }
            facts.add(before, false, known);
        }
        facts.contradict()
    }

    /// The texts that a built-in value is compared with or looked for among, each with the constant
    /// that has it, if one does.
    pub fn compared_with(&self, id: BuiltIn, known: &dyn Env) -> Vec<(Arc<str>, Option<Arc<str>>)> {
        if !self.reads().iter().any(|read| matches!(read, Read::Root(path) if path.id == id)) {
            return Vec::new();
        }
        let is_it = |node: &Node| matches!(node, Node::Root(path) if path.id == id);
        let (mut found, mut waiting) = (Vec::new(), Vec::from_iter(&self.tree));
        while let Some(node) = waiting.pop() {
            let other = match node {
                Node::Compare(_, sides) if is_it(&sides.0) => Some(&sides.1),
                Node::Compare(_, sides) if is_it(&sides.1) => Some(&sides.0),
                Node::In(sides) if is_it(&sides.1) => Some(&sides.0),
                _ => None,
            };
            let name = match other {
                Some(Node::Slot(_, name)) => Some(Arc::clone(name)),
                _ => None,
            };
            let texts = match other.and_then(|other| value(other, known)) {
                Some(Value::List(items)) => items.to_vec(),
                one => one.into_iter().collect(),
            };
            found.extend(texts.iter().filter_map(|text| Some((text.as_str()?.into(), name.clone()))));
            waiting.extend(node.parts());
        }
        found
    }

    /// Whether something is divided by what is zero for every call.
    pub fn divides_by_zero(&self, known: &dyn Env) -> bool {
        let mut waiting: Vec<&Node> = self.tree.iter().collect();
        while let Some(node) = waiting.pop() {
            if let Node::Arith(Arith::Divide | Arith::Remainder, sides) = node
                && value(&sides.1, known) == Some(Value::Int(0))
            {
                return true;
            }
            waiting.extend(node.parts());
        }
        false
    }
}

fn value(node: &Node, known: &dyn Env) -> Option<Value> {
    node.eval(known).ok().map(std::borrow::Cow::into_owned)
}

/// The truth of a condition for every call. Trees are only so deep: see [`Node::eval`].
fn truth(node: &Node, known: &dyn Env) -> Option<bool> {
    let fixed = match node {
        Node::And(parts) => decided(parts, known, false),
        Node::Or(parts) => decided(parts, known, true),
        Node::Not(inner) => truth(inner, known).map(|t| !t),
        Node::If(parts) => match truth(&parts.0, known) {
            Some(true) => truth(&parts.1, known),
            Some(false) => truth(&parts.2, known),
            None => truth(&parts.1, known).filter(|t| truth(&parts.2, known) == Some(*t)),
        },
        Node::Compare(op, sides) if sides.0 == sides.1 && value(node, known).is_none() => {
            Some(matches!(op, Compare::Equal | Compare::LessEqual | Compare::GreaterEqual))
        }
        _ => match value(node, known) {
            Some(Value::Bool(truth)) => Some(truth),
            _ => None,
        },
    };
    fixed.or_else(|| {
        let contradicts = |positive| {
            let mut facts = Facts::default();
            facts.add(node, positive, known);
            facts.contradict()
        };
        if contradicts(true) { Some(false) } else { contradicts(false).then_some(true) }
    })
}

/// Of `&&` and `||`: one part that is `decisive` decides, else all must be the other.
fn decided(parts: &[Node], known: &dyn Env, decisive: bool) -> Option<bool> {
    let truths: Vec<Option<bool>> = parts.iter().map(|part| truth(part, known)).collect();
    if truths.contains(&Some(decisive)) {
        return Some(decisive);
    }
    truths.iter().all(Option::is_some).then_some(!decisive)
}

/// Comparisons that hold at one time, each of something with a known value.
#[derive(Default)]
struct Facts<'e> {
    held: Vec<(&'e Node, Compare, Value)>,
}

impl<'e> Facts<'e> {
    /// What follows when a condition holds, or (`positive` is false) does not.
    fn add(&mut self, node: &'e Node, positive: bool, known: &dyn Env) {
        match (node, positive) {
            (Node::Not(inner), _) => self.add(inner, !positive, known),
            (Node::And(parts), true) | (Node::Or(parts), false) => {
                for part in parts {
                    self.add(part, positive, known);
                }
            }
            (Node::Compare(op, sides), _) => {
                let op = if positive { *op } else { op.negated() };
                match (value(&sides.0, known), value(&sides.1, known)) {
                    (None, Some(value)) => self.hold(&sides.0, op, value),
                    (Some(value), None) => self.hold(&sides.1, op.turned(), value),
                    _ => {}
                }
            }
            (Node::Root(_) | Node::Slot(..), _) => self.hold(node, Compare::Equal, Value::Bool(positive)),
            _ => {}
        }
    }

    fn hold(&mut self, what: &'e Node, op: Compare, value: Value) {
        if self.held.len() < MOST_FACTS {
            self.held.push((what, op, value));
        }
    }

    /// Whether no call can make all of them hold.
    fn contradict(&self) -> bool {
        self.held.iter().enumerate().any(|(at, (what, op, value))| {
            let same = self.held.iter().skip(at + 1).filter(|(other, ..)| other == what);
            let same: Vec<(Compare, &Value)> = same.map(|(_, op, value)| (*op, value)).collect();
            Range::of(what).without(&[(*op, value)])
                || same.iter().any(|(o, v)| excludes(*op, value, *o, v))
                || Range::of(what).without(&[&[(*op, value)], same.as_slice()].concat())
        })
    }
}

/// Whether something equal to one value cannot be as the other comparison says.
fn excludes(op: Compare, value: &Value, other_op: Compare, other: &Value) -> bool {
    let fails = |equal: &Value, op: Compare, to: &Value| ops::compare(op, equal, to) == Ok(false);
    (op == Compare::Equal && fails(value, other_op, other)) || (other_op == Compare::Equal && fails(other, op, value))
}

/// The numbers that something can be.
struct Range {
    whole: bool,
    low: f64,
    high: f64,
}

impl Range {
    fn of(node: &Node) -> Range {
        let any = Range { whole: false, low: f64::NEG_INFINITY, high: f64::INFINITY };
        let Node::Root(path) = node else { return any };
        bounds_of(path).map_or(any, |(low, high)| Range { whole: true, low, high })
    }

    /// Whether no number of it is as all comparisons say; of what is no number nothing is told.
    fn without(mut self, facts: &[(Compare, &Value)]) -> bool {
        // Whether the bound itself is left out.
        let (mut above, mut below) = (false, false);
        for (op, value) in facts {
            let Some(number) = number(value) else { return false };
            // Among whole numbers, what is more than 3 is 4 or more.
            let (more, less, open) =
                if self.whole { (number.floor() + 1.0, number.ceil() - 1.0, false) } else { (number, number, true) };
            match op {
                Compare::Greater => raise(&mut self.low, &mut above, more, open),
                Compare::GreaterEqual => raise(&mut self.low, &mut above, number, false),
                Compare::Less => lower(&mut self.high, &mut below, less, open),
                Compare::LessEqual => lower(&mut self.high, &mut below, number, false),
                Compare::Equal => {
                    raise(&mut self.low, &mut above, number, false);
                    lower(&mut self.high, &mut below, number, false);
                }
                Compare::NotEqual => {}
            }
        }
        self.low > self.high || (self.low >= self.high && (above || below))
    }
}

fn raise(low: &mut f64, open: &mut bool, to: f64, to_open: bool) {
    if to > *low || (to >= *low && to_open) {
        (*low, *open) = (to, to_open);
    }
}

fn lower(high: &mut f64, open: &mut bool, to: f64, to_open: bool) {
    if to < *high || (to <= *high && to_open) {
        (*high, *open) = (to, to_open);
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        // Every number that a flow compares with is far below 2^53.
        Value::Int(n) | Value::Duration(n) => Some(*n as f64),
        Value::Float(n) => Some(*n),
        _ => None,
    }
}

/// The least and the greatest that a built-in number can be.
fn bounds_of(path: &RootPath) -> Option<(f64, f64)> {
    Some(match path.id {
        BuiltIn::NowHour => (0.0, 23.0),
        BuiltIn::NowMinute => (0.0, 59.0),
        BuiltIn::SessionAge
        | BuiltIn::SessionHops
        | BuiltIn::SessionLegs
        | BuiltIn::QueueWaiting
        | BuiltIn::QueueAgentsReady
        | BuiltIn::QueueEstimatedWait
        | BuiltIn::QueuePosition => (0.0, f64::INFINITY),
        _ => return None,
    })
}
