//! A checked flow: names are indices, values are typed and compiled, each arm knows its outcome.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::base::span::Span;
use crate::base::value::Value;
use crate::expr::Slot;
use crate::resolve::ResultSignature;
use crate::resolve::scope::Variable;
use crate::step::Name;
use crate::step::args::{Args, Operand};
use crate::step::decl::{Circumstances, Decl};

/// A flow whose names are all known. Where something was found wrong it has a [`StatementKind::Hole`].
#[derive(Clone, Debug)]
pub struct Flow {
    pub name: Name,
    pub about: About,
    /// What a subflow can end in; `None` for a flow.
    pub results: Option<Vec<ResultSignature>>,
    /// How many of `variables` are parameters; they come first.
    pub params: usize,
    pub variables: Vec<Variable>,
    /// Policies that cover the whole flow.
    pub guards: Vec<Name>,
    /// `failed -> step`
    pub failed: Option<usize>,
    pub max_steps: u32,
    pub max_legs: u32,
    pub max_duration_ms: u64,
    pub steps: Vec<Step>,
    /// Steps, by their place, that statements go to which never run and are reported for it.
    pub named_in_vain: BTreeSet<usize>,
    /// Whether its steps are what they should be: no two of one name, none that comes to its end.
    pub whole: bool,
}

/// What a flow says of itself.
#[derive(Clone, Debug, Default)]
pub struct About {
    pub doc: Option<String>,
    pub owner: Option<String>,
    /// The language a call has from here on; `None`: the one it had.
    pub language: Option<Arc<str>>,
    /// Who speaks what `say` says.
    pub voice: Option<Arc<str>>,
    pub version: Option<String>,
    pub labels: Vec<Arc<str>>,
    /// The place of the flow's name.
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Step {
    pub name: Name,
    /// The place of the name.
    pub span: Span,
    pub bound: Option<Bound>,
    pub body: Block,
}

/// `visits 3 otherwise -> reception`
#[derive(Clone, Debug)]
pub struct Bound {
    pub visits: u32,
    pub otherwise: Jump,
}

#[derive(Clone, Debug, Default)]
pub struct Block {
    pub statements: Vec<Statement>,
}

/// A variable that is read, and where.
pub type Read = (Slot, Span);

#[derive(Clone, Debug)]
pub struct Statement {
    pub span: Span,
    /// The verb as it was written, for traces and paths.
    pub verb: &'static str,
    /// Variables read by its subject, settings or condition; not by its arms.
    pub reads: Vec<Read>,
    pub kind: StatementKind,
}

#[derive(Clone, Debug)]
pub enum StatementKind {
    Jump(Jump),
    If {
        condition: Operand,
        then: Block,
        otherwise: Block,
    },
    Switch {
        on: Operand,
        cases: Vec<(Value, usize)>,
        otherwise: Option<usize>,
        bodies: Vec<Body>,
    },
    Set {
        slot: Slot,
        value: Operand,
    },
    /// `set language = ..`
    Language(Operand),
    Guard(Name),
    /// `split`: shares in thousandths of a percent, each with the place of its body.
    Split {
        sticky: Option<Operand>,
        shares: Vec<(u32, usize)>,
        bodies: Vec<Body>,
    },
    Run(Box<Run>),
    /// `return`, with the place of the outcome in the subflow's declaration.
    Return {
        outcome: usize,
        value: Option<Operand>,
    },
    Act(Box<Act>),
    /// Something is wrong here, and reported. What it could have led to is kept, so that the rest
    /// of the flow is checked as if it were right.
    Hole(Vec<Body>),
}

/// The block of an arm and where its label stands.
#[derive(Clone, Debug)]
pub struct Body {
    pub block: Block,
    pub span: Span,
    /// The labels as written, for paths and coverage.
    pub label: Arc<str>,
}

#[derive(Clone, Debug)]
pub enum Jump {
    /// Goes on after the statement.
    Next,
    Step(usize),
    Flow {
        name: Name,
        args: Vec<(Name, Operand)>,
    },
    /// Goes to something unknown; reported.
    Unknown,
}

#[derive(Clone, Debug)]
pub struct Act {
    pub decl: &'static Decl,
    pub args: Args,
    pub at: Circumstances,
    pub arms: Vec<Arm>,
}

/// `run verify_pin(tries: 3) { .. }`
#[derive(Clone, Debug)]
pub struct Run {
    pub subflow: Name,
    pub args: Vec<(Name, Operand)>,
    /// How many outcomes the subflow declares.
    pub outcomes: usize,
    /// Their labels are [`LabelKind::Outcome`], by the place in the subflow's declaration, and
    /// [`LabelKind::Otherwise`].
    pub arms: Vec<Arm>,
}

#[derive(Clone, Debug)]
pub struct Arm {
    pub labels: Vec<Label>,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub struct Label {
    pub kind: LabelKind,
    pub bind: Option<Slot>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LabelKind {
    /// By its place in the declaration.
    Outcome(usize),
    Group(&'static str),
    /// By its place in [`Args::patterns`].
    Key(usize),
    /// By its place in [`Args::timed`]. Its block comes to its end back in the queue.
    Timed(usize),
    Otherwise,
}
