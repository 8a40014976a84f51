//! One flow or subflow at work: its variables, where it is, and the guards in reach.

use std::sync::Arc;

use crate::base::value::{Type, Value};
use crate::call::leg::Name;
use crate::expr::Slot;
use crate::graph::{FlowGraph, NodeId};

/// Why a flow could not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// The flow has errors; a flow that lints clean never gives this.
    Incomplete,
    /// It is a subflow: it is run by a flow.
    Subflow,
    /// A parameter without a default was not given.
    Missing(Name),
    /// The flow has no parameter of that name.
    Unknown(Name),
    /// The value has another type than the parameter.
    WrongType(Name),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StartError::Incomplete => f.write_str("it has errors"),
            StartError::Subflow => f.write_str("it is a subflow"),
            StartError::Missing(name) => write!(f, "its parameter `{name}` was not given"),
            StartError::Unknown(name) => write!(f, "it has no parameter `{name}`"),
            StartError::WrongType(name) => write!(f, "its parameter `{name}` is of another type"),
        }
    }
}

impl std::error::Error for StartError {}

/// The `Arc` keeps its revision alive across a reload.
#[derive(Clone, Debug)]
pub(super) struct Activation {
    pub graph: Arc<FlowGraph>,
    pub pc: NodeId,
    pub slots: Box<[Value]>,
    /// Arrivals by step.
    pub visits: Box<[u32]>,
    /// Policies of `guard` statements in reach, by their place in the graph.
    pub guards: Vec<u16>,
    /// Policies in scope where a subflow was run; none for a flow.
    inherited: Arc<[Name]>,
}

impl Activation {
    /// At the entry of a flow or subflow.
    pub fn new(
        graph: Arc<FlowGraph>,
        args: &[(Name, Value)],
        inherited: Arc<[Name]>,
    ) -> Result<Activation, StartError> {
        if !graph.complete {
            return Err(StartError::Incomplete);
        }
        let mut slots: Box<[Value]> = graph.variables.iter().map(|v| v.initial.clone()).collect();
        if let Some((name, _)) = args.iter().find(|(n, _)| !graph.params.iter().any(|p| p.name == *n)) {
            return Err(StartError::Unknown(Arc::clone(name)));
        }
        for param in &graph.params {
            let given = args.iter().find(|(n, _)| *n == param.name).map(|(_, v)| v);
            let Some(value) = given.or(Some(&param.default)).filter(|v| **v != Value::Unset) else {
                return Err(StartError::Missing(Arc::clone(&param.name)));
            };
            if !fits(value, param.ty) {
                return Err(StartError::WrongType(Arc::clone(&param.name)));
            }
            if let Some(place) = slots.get_mut(usize::from(param.slot.0)) {
                *place = value.clone();
            }
        }
        let (visits, pc) = (vec![0; graph.steps.len()].into(), graph.entry);
        Ok(Activation { graph, pc, slots, visits, guards: Vec::new(), inherited })
    }

    /// Sets a variable; what a caller keyed becomes a secret where the variable is one.
    pub fn store(&mut self, slot: Slot, value: Value) {
        let at = usize::from(slot.0);
        let is_secret = self.graph.variables.get(at).is_some_and(|v| v.ty == Some(Type::Secret));
        let value = match value {
            Value::Digits(digits) if is_secret => Value::Secret(digits),
            other => other,
        };
        if let Some(place) = self.slots.get_mut(at) {
            *place = value;
        }
    }

    /// Every policy in scope: of the header, of `guard` statements in reach, and where it was run.
    pub fn guards_in_scope(&self) -> Arc<[Name]> {
        if self.guards.is_empty() && self.inherited.is_empty() {
            return Arc::clone(&self.graph.guards);
        }
        let of_step = self.guards.iter().filter_map(|at| self.graph.step_guards.get(usize::from(*at)));
        let mut all: Vec<Name> = self.inherited.to_vec();
        for policy in self.graph.guards.iter().chain(of_step) {
            if !all.contains(policy) {
                all.push(Arc::clone(policy));
            }
        }
        all.into()
    }
}

/// Whether a value can be what a parameter or an outcome is declared as.
pub(super) fn fits(value: &Value, want: Option<Type>) -> bool {
    let textual = matches!(value.type_of(), Some(Type::Text | Type::Digits | Type::Phone | Type::Extension));
    match want {
        None => true,
        Some(Type::Text) => textual,
        Some(ty) => value.type_of() == Some(ty),
    }
}
