//! One flow: parameters, header, steps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::limits::{MAX_DURATION, MAX_LEGS, MAX_STEPS};
use crate::base::span::Span;
use crate::base::value::{Type, Value};
use crate::expr::{self, Slot};
use crate::resolve::scope::{Origin, Scope, Variable};
use crate::resolve::steps::Steps;
use crate::resolve::{Constant, ResultSignature, Symbols};
use crate::step::args::Arg;
use crate::step::outcomes::OTHERWISE;
use crate::syntax::ast;

use super::body::Falls;
use super::model::{About, Bound, Flow, Read, Step};

/// What is known while one flow is checked.
pub(super) struct Checker<'a> {
    pub symbols: &'a Symbols<'a>,
    pub flow_name: &'a str,
    /// What the subflow declares; `None` in a flow.
    pub results: Option<Vec<ResultSignature>>,
    pub scope: Scope,
    /// `default VERB ..`: by verb, the settings by their place in the declaration.
    pub defaults: BTreeMap<&'static str, Vec<(usize, Arg)>>,
    /// `failed -> step` is written in the header.
    pub covers_failed: bool,
    /// Who speaks, where the header says so.
    pub voice: Option<Arc<str>>,
    /// Variables that the statement at hand reads.
    pub reads: Vec<Read>,
    /// Conditions right before the statement at hand that did not hold, or it would not run.
    pub ruled_out: Vec<Arc<expr::Expr>>,
    pub found: Vec<Diagnostic>,
    /// See [`Flow::whole`].
    pub whole: bool,
    /// See [`Flow::named_in_vain`].
    pub named_in_vain: BTreeSet<usize>,
    /// Whether the statement at hand can never run.
    pub in_vain: bool,
}

/// Reads the constants of all files into the site's names; reports those of the same name.
pub fn check_constants(symbols: &mut Symbols<'_>, files: &[ast::File], found: &mut Vec<Diagnostic>) {
    for item in files.iter().flat_map(|f| &f.items) {
        let ast::Item::Constant(constant) = item else { continue };
        let name: Arc<str> = Arc::from(constant.name.value.as_str());
        if let Some(first) = symbols.constants.get(&name) {
            let place = constant.name.span;
            found.push(crate::resolve::duplicate("constant", &name, place, first.span));
            continue;
        }
        // A constant of a library sees what its library defines.
        let mut checker = Checker::new(symbols, &constant.name.value);
        checker.check_variable_name(&constant.name);
        let value = checker.constant(&constant.value);
        found.append(&mut checker.found);
        // A constant that is wrong is still known, so that its readers are not reported too.
        let value = value.unwrap_or(Value::Unset);
        symbols.constants.insert(name, Constant { value, span: constant.name.span, written: constant.value.span });
    }
}

/// Checks one flow; always gives a flow back, with holes where something is wrong.
pub fn check_flow(flow: &ast::Flow, symbols: &Symbols<'_>, found: &mut Vec<Diagnostic>) -> Flow {
    let mut checker = Checker::new(symbols, &flow.name.value);
    let checked = checker.flow(flow);
    found.append(&mut checker.found);
    checked
}

impl<'a> Checker<'a> {
    fn new(symbols: &'a Symbols<'a>, flow_name: &'a str) -> Self {
        Self {
            symbols,
            flow_name,
            results: None,
            scope: Scope::default(),
            defaults: BTreeMap::new(),
            covers_failed: false,
            voice: None,
            reads: Vec::new(),
            ruled_out: Vec::new(),
            found: Vec::new(),
            whole: true,
            named_in_vain: BTreeSet::new(),
            in_vain: false,
        }
    }

    pub(super) fn report(&mut self, found: Diagnostic) {
        self.found.push(found);
    }

    fn flow(&mut self, flow: &ast::Flow) -> Flow {
        self.add_steps(flow);
        self.parameters(&flow.params);
        self.declared_results(flow);
        let params = self.scope.visible().count();
        let mut checked = Flow {
            name: Arc::from(flow.name.value.as_str()),
            about: About { doc: flow.doc.clone(), span: flow.name.span, ..About::default() },
            results: self.results.clone(),
            params,
            variables: Vec::new(),
            guards: Vec::new(),
            failed: None,
            max_steps: MAX_STEPS,
            max_legs: MAX_LEGS,
            max_duration_ms: MAX_DURATION.as_ms(),
            steps: Vec::new(),
            named_in_vain: BTreeSet::new(),
            whole: true,
        };
        self.header(&flow.header, &mut checked);
        checked.steps = flow.steps.iter().enumerate().map(|(index, step)| self.step(index, step)).collect();
        checked.whole = self.whole;
        checked.named_in_vain = std::mem::take(&mut self.named_in_vain);
        checked.variables = std::mem::take(&mut self.scope).into_variables();
        checked
    }

    fn add_steps(&mut self, flow: &ast::Flow) {
        self.scope.steps = Steps::of(flow.steps.iter().map(|step| (step.name.value.as_str(), step.name.span)));
        for (index, step) in flow.steps.iter().enumerate() {
            let name = step.name.value.as_str();
            if let Some((_, first)) = self.scope.steps.find(name).filter(|(first, _)| *first != index) {
                self.whole = false;
                self.report(crate::resolve::duplicate("step", name, step.name.span, first));
            }
        }
    }

    fn parameters(&mut self, params: &[ast::Param]) {
        for param in params {
            let ty = self.type_name(&param.type_name);
            let initial = param
                .default
                .as_ref()
                .and_then(|v| self.constant_of(v, ty, &format!("the default of parameter `{}`", param.name.value)));
            self.declare(&param.name, ty, initial.unwrap_or(Value::Unset), Origin::Parameter);
        }
    }

    /// The outcomes of a subflow: names that an arm can have.
    fn declared_results(&mut self, flow: &ast::Flow) {
        let Some(results) = &flow.results else { return };
        for result in results {
            if result.name.value == OTHERWISE {
                let message = format!("`{OTHERWISE}` takes every outcome and cannot be one");
                self.report(
                    Diagnostic::error("reserved-name", result.name.span, message).help("give the outcome another name"),
                );
            }
            if let Some((_, ty)) = &result.value {
                self.type_name(ty);
            }
        }
        self.results = Some(crate::resolve::results(flow));
    }

    pub(super) fn type_name(&mut self, name: &ast::Name) -> Option<Type> {
        let found = Type::from_name(&name.value);
        if found.is_none() {
            let known = Type::ALL.iter().map(|t| t.name());
            self.report(crate::resolve::unknown("type-mismatch", "type", name, known));
        }
        found
    }

    /// Makes a variable or parameter known; reports a name that is taken or cannot be one.
    pub(super) fn declare(
        &mut self,
        name: &ast::Name,
        ty: Option<Type>,
        initial: Value,
        origin: Origin,
    ) -> Option<Slot> {
        self.check_variable_name(name);
        let known: Arc<str> = Arc::from(name.value.as_str());
        if let Some(first) = self.place_of(&known) {
            let is_variable = self.scope.slot(&known).and_then(|s| self.scope.variable(s)).map(|v| v.origin);
            if origin == Origin::Variable && is_variable == Some(Origin::Variable) {
                // The reader of the source has reported a second `var` of the same name.
                return None;
            }
            self.report(crate::resolve::duplicate("variable", &known, name.span, first));
            return None;
        }
        let slot = self.scope.declare(Variable { name: known, ty, initial, origin, span: name.span });
        if slot.is_none() {
            let message = format!("flow `{}` has too many variables", self.flow_name);
            self.report(Diagnostic::error("limit-exceeded", name.span, message).help("go to another flow"));
        }
        slot
    }

    /// Where a variable or constant of this flow was named.
    pub(super) fn place_of(&self, name: &str) -> Option<Span> {
        let variable = self.scope.slot(name).and_then(|s| self.scope.variable(s)).map(|v| v.span);
        variable.or_else(|| self.scope.constants().get(name).map(|c| c.span))
    }

    fn step(&mut self, index: usize, step: &ast::Step) -> Step {
        let bound = step.visits.as_ref().map(|(visits, goto)| {
            if visits.value == 0 {
                let message = format!("step `{}` can never run: it has 0 visits", step.name.value);
                self.report(Diagnostic::error("value-out-of-range", visits.span, message).help("write 1 or more"));
            }
            let otherwise = self.jump(goto);
            if matches!(otherwise, super::model::Jump::Next) {
                self.report(
                    Diagnostic::error("unknown-target", goto.span, "a step's bound has nothing after it to go on to")
                        .help("name a step: `visits 3 otherwise -> reception`"),
                );
            }
            Bound { visits: visits.value, otherwise }
        });
        let (body, falls) = self.block(&step.body);
        if falls == Falls::Yes {
            self.whole = false;
            self.report_fall(step);
        }
        let name = self.scope.steps.name(index).unwrap_or_default();
        Step { name, span: step.name.span, bound, body }
    }

    fn report_fall(&mut self, step: &ast::Step) {
        let message = format!("step `{}` comes to its end and the call has nowhere to go", step.name.value);
        let here = step.body.statements.last().map_or(step.name.span, |s| s.span);
        let found = Diagnostic::error("step-falls-through", step.name.span, message).label("this step").help(
            match self.results.as_deref().and_then(<[_]>::first) {
                Some(result) => format!("end it with an arrow such as `-> choose`, or with `return {}`", result.name),
                None => "end it with an arrow such as `-> choose`, or with `hangup`".to_owned(),
            },
        );
        let found = if step.body.statements.is_empty() {
            found.also(step.body.span, "it is empty")
        } else {
            found.also(here, "nothing follows this")
        };
        self.report(found);
    }
}
