//! What a frame can tell of itself: where it is, and which ways it took.

use std::sync::Arc;

use crate::base::span::Span;
use crate::graph::{FlowGraph, NodeId};

/// Where a frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Here<'a> {
    pub flow: &'a str,
    pub step: &'a str,
    /// `transfer`, `if`; `step` at the entry of a step.
    pub verb: &'a str,
    pub span: Span,
}

/// A stretch of ways that one flow or subflow took.
#[derive(Clone, Debug)]
pub struct Traced {
    pub graph: Arc<FlowGraph>,
    pub ways: Vec<Way>,
}

/// A way and why it was taken.
#[derive(Clone, Debug)]
pub struct Way {
    pub taken: Taken,
    /// How the statement ended, where an arm may stand for several outcomes (`otherwise`).
    pub outcome: Option<Arc<str>>,
}

/// One way out of a node that was taken, for coverage and `strowger run`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Taken {
    /// The step was entered; the bound was not reached.
    Step(NodeId),
    /// The step's visits were used up.
    Bound(NodeId),
    /// The statement began.
    Statement(NodeId),
    /// `if`: the condition's value.
    Branch(NodeId, bool),
    /// The arm of a statement or `switch`, by its place; `u16::MAX` is the flow's `failed`.
    Arm(NodeId, u16),
}
