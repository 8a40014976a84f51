//! The names of one flow: its steps, its variables, and what arms bind.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::span::Span;
use crate::base::value::{Type, Value};
use crate::expr::Slot;
use crate::site::table::Column;

use super::steps::Steps;
use super::symbols::Constant;

/// Where a variable's first value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// `var`
    Variable,
    /// A parameter of the flow.
    Parameter,
    /// A constant that an expression names, of the flow or of the site.
    Constant,
    /// Bound by an arm, as `reason` in `denied(reason)`.
    Binding,
}

/// A variable of a flow.
#[derive(Clone, Debug)]
pub struct Variable {
    pub name: Arc<str>,
    /// `None` where the type could not be read.
    pub ty: Option<Type>,
    /// [`Value::Unset`] where it has none.
    pub initial: Value,
    pub origin: Origin,
    pub span: Span,
}

/// Variables are numbered in the order of their declaration and never renumbered.
#[derive(Default)]
pub struct Scope {
    variables: Vec<Variable>,
    visible: BTreeMap<Arc<str>, Slot>,
    /// Constants that expressions name: readable, never settable.
    placed: BTreeMap<Arc<str>, Slot>,
    constants: BTreeMap<Arc<str>, Constant>,
    pub steps: Steps,
    /// What bindings that are rows of a table have.
    columns: BTreeMap<Slot, Arc<[Column]>>,
}

impl Scope {
    /// Makes a variable visible; `None` when a flow has more of them than can be numbered.
    pub fn declare(&mut self, variable: Variable) -> Option<Slot> {
        let slot = Slot(u16::try_from(self.variables.len()).ok()?);
        self.visible.insert(Arc::clone(&variable.name), slot);
        self.variables.push(variable);
        Some(slot)
    }

    /// A variable, parameter or binding.
    pub fn slot(&self, name: &str) -> Option<Slot> {
        self.visible.get(name).copied()
    }

    /// The same, or a constant that has a place.
    pub fn readable(&self, name: &str) -> Option<Slot> {
        self.slot(name).or_else(|| self.placed.get(name).copied())
    }

    /// The columns of a variable that is a row of a table.
    pub fn columns(&self, slot: Slot) -> Option<&[Column]> {
        self.columns.get(&slot).map(AsRef::as_ref)
    }

    pub fn set_columns(&mut self, slot: Slot, columns: Arc<[Column]>) {
        self.columns.insert(slot, columns);
    }

    /// Gives a constant a place among the variables.
    pub fn place(&mut self, name: Arc<str>, value: Value, span: Span) {
        let ty = value.type_of();
        let Ok(slot) = u16::try_from(self.variables.len()) else { return };
        self.variables.push(Variable { name: Arc::clone(&name), ty, initial: value, origin: Origin::Constant, span });
        self.placed.insert(name, Slot(slot));
    }

    pub fn variable(&self, slot: Slot) -> Option<&Variable> {
        self.variables.get(usize::from(slot.0))
    }

    pub fn into_variables(self) -> Vec<Variable> {
        self.variables
    }

    pub fn visible(&self) -> impl Iterator<Item = (&Arc<str>, Slot)> {
        self.visible.iter().map(|(name, slot)| (name, *slot))
    }

    /// Shows a binding in an arm's block; [`Scope::hide`] takes it away again.
    pub fn bind(&mut self, variable: Variable) -> (Option<Slot>, Hidden) {
        let name = Arc::clone(&variable.name);
        let shadowed = self.visible.get(&name).copied();
        (self.declare(variable), Hidden { name, shadowed })
    }

    pub fn hide(&mut self, hidden: Hidden) {
        match hidden.shadowed {
            Some(slot) => self.visible.insert(hidden.name, slot),
            None => self.visible.remove(&hidden.name),
        };
    }

    pub fn define(&mut self, name: Arc<str>, constant: Constant) {
        self.constants.insert(name, constant);
    }

    pub fn constants(&self) -> &BTreeMap<Arc<str>, Constant> {
        &self.constants
    }
}

/// What was visible before an arm bound its name.
pub struct Hidden {
    name: Arc<str>,
    shadowed: Option<Slot>,
}
