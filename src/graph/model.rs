//! The flow graph as data.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::fnv::Fnv;
use crate::base::span::Span;
use crate::base::value::{Type, Value};
use crate::call::leg::Name;
pub use crate::check::About;
use crate::check::Read;
use crate::expr::Slot;
use crate::step::args::{Args, Operand};
use crate::step::decl::{Circumstances, Decl};
use crate::syntax::ast;
use crate::syntax::print_flow;

/// Index of a node in its graph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub u32);

impl NodeId {
    pub fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    pub fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Index of a step in its graph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StepId(pub u32);

impl StepId {
    pub fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Every flow of a site, ready to be run.
#[derive(Clone, Debug, Default)]
pub struct Flows {
    pub graphs: BTreeMap<Name, Arc<FlowGraph>>,
}

/// A flow as it is run. A running call holds the `Arc` of the revision it began with.
#[derive(Clone, Debug)]
pub struct FlowGraph {
    pub name: Name,
    pub about: About,
    /// Parameters come first among the variables.
    pub params: Box<[Param]>,
    pub variables: Box<[SlotInfo]>,
    pub nodes: Box<[Op]>,
    /// Beside `nodes`, by the same index: what only messages and traces need.
    pub places: Box<[Place]>,
    pub steps: Box<[StepInfo]>,
    pub entry: NodeId,
    /// Where a failing expression goes that no arm takes.
    pub failed: Option<NodeId>,
    /// What a subflow can end in; `None` for a flow.
    pub results: Option<Box<[ResultInfo]>>,
    /// The subflows that it runs, by the index that [`Op::Run`] has.
    pub subflows: Box<[Subflow]>,
    /// Policies that cover the whole flow.
    pub guards: Arc<[Name]>,
    /// Policies that a `guard` statement names, by the index that [`Op::Guard`] has.
    pub step_guards: Arc<[Name]>,
    pub limits: Limits,
    /// The same for the same flow: a digest of its text and of the constants it uses.
    pub revision: u64,
    /// Whether it has no [`Op::Hole`]: only such a graph is run.
    pub complete: bool,
}

/// What one call may take of a flow (language.md §7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    pub max_steps: u32,
    pub max_legs: u32,
    pub max_duration_ms: u64,
}

#[derive(Clone, Debug)]
pub struct Param {
    pub name: Name,
    pub slot: Slot,
    pub ty: Option<Type>,
    /// [`Value::Unset`]: it must be given.
    pub default: Value,
}

#[derive(Clone, Debug)]
pub struct SlotInfo {
    pub name: Arc<str>,
    pub ty: Option<Type>,
    /// [`Value::Unset`]: set by a statement or an arm.
    pub initial: Value,
    /// Has a value when the flow begins.
    pub is_set: bool,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct StepInfo {
    pub name: Name,
    /// Its [`Op::Enter`].
    pub node: NodeId,
    pub bound: Option<u32>,
    /// The place of its name.
    pub span: Span,
    /// Whether a statement goes to it that never runs, and is reported for it.
    pub named_in_vain: bool,
}

/// One declared outcome of a subflow.
#[derive(Clone, Debug)]
pub struct ResultInfo {
    pub name: Name,
    /// The type of the value it carries, if it carries one.
    pub ty: Option<Type>,
    /// The place of its name.
    pub span: Span,
}

/// A subflow that a flow runs.
#[derive(Clone, Debug)]
pub struct Subflow {
    pub name: Name,
    /// The revision that is run, once all flows of a site are there: a call keeps it across a reload.
    pub graph: Option<Arc<FlowGraph>>,
}

/// What only messages and traces need of a node.
#[derive(Clone, Debug)]
pub struct Place {
    pub step: StepId,
    /// As written: `transfer`, `if`; `step` for the entry of a step.
    pub verb: &'static str,
    pub span: Span,
    /// Variables that the node itself reads.
    pub reads: Box<[Read]>,
}

/// One op. Every jump is an index into the same arena.
#[derive(Clone, Debug)]
pub enum Op {
    /// The entry of a step: counts the visit, and ends the reach of `guard` statements.
    Enter {
        step: StepId,
        bound: Option<(u32, NodeId)>,
        next: NodeId,
    },
    Set {
        slot: Slot,
        value: Operand,
        next: NodeId,
    },
    If {
        condition: Operand,
        then: NodeId,
        otherwise: NodeId,
    },
    Switch(Box<Switch>),
    /// Goes by chance, or by the hash of a value.
    Split(Box<Split>),
    /// Changes the language of the call.
    Language {
        value: Operand,
        next: NodeId,
    },
    /// Puts the rest of the step under a policy.
    Guard {
        policy: u16,
        next: NodeId,
    },
    Act(Box<Act>),
    GotoFlow(Box<GotoFlow>),
    /// The end of a block that time began: the caller goes on waiting in the queue.
    Back,
    /// Runs a subflow.
    Run(Box<Run>),
    /// Ends a subflow: with an outcome, by its place in [`FlowGraph::results`].
    Return {
        outcome: u16,
        value: Option<Operand>,
    },
    /// The step came to its end; a checked flow has none that can be reached.
    Fall,
    /// Something wrong that was reported; where it might have led.
    Hole(Box<[NodeId]>),
}

#[derive(Clone, Debug)]
pub struct Switch {
    pub on: Operand,
    pub cases: Box<[(Value, Exit)]>,
    pub otherwise: Option<Exit>,
}

#[derive(Clone, Debug)]
pub struct Split {
    /// What goes the same way each time; without it chance decides.
    pub sticky: Option<Operand>,
    /// Each with its share in thousandths of a percent.
    pub shares: Box<[(u32, Exit)]>,
    /// The arms as written, for traces and coverage.
    pub labels: Box<[(Arc<str>, Span)]>,
}

#[derive(Clone, Debug)]
pub struct GotoFlow {
    pub flow: Name,
    pub args: Box<[(Name, Operand)]>,
}

#[derive(Clone, Debug)]
pub struct Run {
    /// Index into [`FlowGraph::subflows`].
    pub subflow: u16,
    pub args: Box<[(Name, Operand)]>,
    /// By the place of the outcome in the subflow's declaration.
    pub exits: Box<[Option<Exit>]>,
    /// The arms as written, for traces and coverage.
    pub labels: Box<[(Arc<str>, Span)]>,
    /// What the subflow can do, for analyses of the flow that runs it.
    pub effect: RunEffect,
}

/// What running a subflow can come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunEffect {
    /// By the place of the outcome in the subflow's declaration.
    pub outcomes: Box<[ReturnEffect]>,
    /// The call can end within, by `hangup` or a transfer.
    pub ends: bool,
}

/// How a subflow can come back with one of its outcomes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ReturnEffect {
    pub possible: bool,
    /// With a call that was not answered before and is not yet.
    pub unanswered: bool,
    /// With a call that was answered within.
    pub answered: bool,
    /// Without the caller having heard anything.
    pub silent: bool,
}

/// Where an outcome leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exit {
    pub node: NodeId,
    /// The variable that the outcome's value is bound to.
    pub bind: Option<Slot>,
    /// Index into [`Act::labels`]; [`Exit::HEADER`] where the flow's header decides.
    pub arm: u16,
}

impl Exit {
    /// No arm of the statement: `failed -> step` of the header.
    pub const HEADER: u16 = u16::MAX;
}

#[derive(Clone, Debug)]
pub struct Act {
    pub decl: &'static Decl,
    pub args: Args,
    pub at: Circumstances,
    /// By the place of the outcome in the declaration; `None` where it ends the flow or cannot occur.
    pub exits: Box<[Option<Exit>]>,
    /// By the place of the key pattern in the arguments.
    pub keys: Box<[Option<Exit>]>,
    /// By the place of the arm of time in the arguments.
    pub timed: Box<[Option<Exit>]>,
    /// Where a setting or subject leads that fails to be computed.
    pub failed: Option<Exit>,
    /// After a statement without outcomes.
    pub next: Option<NodeId>,
    /// `collect`: what `ok` sets.
    pub into: Option<Slot>,
    /// The arms as written, for traces and coverage.
    pub labels: Box<[(Arc<str>, Span)]>,
}

impl FlowGraph {
    pub fn node(&self, id: NodeId) -> Option<&Op> {
        self.nodes.get(id.index())
    }

    pub fn place(&self, id: NodeId) -> Option<&Place> {
        self.places.get(id.index())
    }

    pub fn step(&self, id: StepId) -> Option<&StepInfo> {
        self.steps.get(id.index())
    }

    pub fn is_subflow(&self) -> bool {
        self.results.is_some()
    }

    /// The name of the subflow that an [`Op::Run`] runs.
    pub fn subflow_name(&self, run: &Run) -> Option<&Name> {
        self.subflows.get(usize::from(run.subflow)).map(|s| &s.name)
    }

    /// The name of the step that a node stands in.
    pub fn step_name(&self, id: NodeId) -> &str {
        let step = self.place(id).and_then(|p| self.step(p.step));
        step.map_or("", |s| s.name.as_ref())
    }

    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeId)
    }
}

/// A digest of a flow's canonical text and of the constants of the site that it uses (FNV-1a,
/// 64 bits). It names a revision in records and grants nothing, so it need not resist forgery.
pub fn revision(flow: &ast::Flow, graph: &FlowGraph) -> u64 {
    let mut digest = Fnv::new().and(print_flow::canonical(flow).as_bytes());
    for variable in &graph.variables {
        digest = digest.and(variable.name.as_bytes()).and(format!("{:?}", variable.initial).as_bytes());
    }
    digest.value()
}
