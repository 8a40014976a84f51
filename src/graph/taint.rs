//! What of a site's variables the caller can choose (language.md §4): what was keyed, what the
//! caller's network said, and everything computed from them.
//!
//! The answer does not depend on the order of steps: a variable that is tainted once is tainted
//! everywhere. That is coarser than the truth and never misses.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::base::value::Type;
use crate::call::leg::Name;
use crate::expr::{Read, Slot};
use crate::step::args::Operand;
use crate::step::decl::{Named, Subject};

use super::model::{Act, FlowGraph, Op};

/// Tainted variables by flow.
#[derive(Debug, Default)]
pub struct Taint {
    flows: BTreeMap<Name, BTreeSet<Slot>>,
    /// Rows of tables: of their columns only a number or an extension may be dialled.
    rows: BTreeMap<Name, BTreeSet<Slot>>,
    /// Outcomes of subflows whose value is tainted, by their place in the declaration.
    returned: BTreeMap<Name, BTreeSet<u16>>,
}

/// A site's flows as taint passes between them.
struct Between<'g> {
    by_name: BTreeMap<&'g str, &'g FlowGraph>,
    /// By subflow: who runs it.
    callers: BTreeMap<&'g str, BTreeSet<Name>>,
}

impl<'g> Between<'g> {
    fn of(graphs: &'g [FlowGraph]) -> Self {
        let mut callers: BTreeMap<&str, BTreeSet<Name>> = BTreeMap::new();
        for graph in graphs {
            for subflow in &graph.subflows {
                callers.entry(subflow.name.as_ref()).or_default().insert(Name::clone(&graph.name));
            }
        }
        let mut by_name = BTreeMap::new();
        for graph in graphs {
            by_name.entry(graph.name.as_ref()).or_insert(graph);
        }
        Between { by_name, callers }
    }
}

impl Taint {
    /// Computes it for all flows together: a flow passes taint to another by its arguments, and a
    /// subflow to who runs it by the values it returns.
    pub fn of(graphs: &[FlowGraph]) -> Taint {
        let mut taint = Taint::default();
        let between = Between::of(graphs);
        let mut waiting: VecDeque<&FlowGraph> = graphs.iter().collect();
        // A flow waits again only when an argument has tainted a parameter of it, or a value that
        // a subflow returns to it has become tainted.
        while let Some(graph) = waiting.pop_front() {
            let mut reached = BTreeSet::new();
            while taint.grow(graph, &between, &mut reached) {}
            waiting.extend(reached.iter().filter_map(|name| between.by_name.get(name.as_ref())));
        }
        taint
    }

    /// One pass over a flow; whether it found more. Flows that it passes taint to go into `reached`.
    fn grow(&mut self, graph: &FlowGraph, between: &Between<'_>, reached: &mut BTreeSet<Name>) -> bool {
        let mut grew = false;
        for op in &graph.nodes {
            match op {
                Op::Set { slot, value, .. } => {
                    let source = self.operand(&graph.name, value);
                    grew |= source.is_some_and(|source| self.spread(&graph.name, *slot, &source));
                }
                Op::Act(act) => grew |= self.act(&graph.name, act),
                Op::GotoFlow(goto) => {
                    let passed = self.arguments((&graph.name, &goto.flow), &goto.args, between);
                    grew |= passed && goto.flow == graph.name;
                    reached.extend(passed.then(|| Name::clone(&goto.flow)));
                }
                Op::Run(run) => {
                    let Some(subflow) = graph.subflow_name(run) else { continue };
                    let passed = self.arguments((&graph.name, subflow), &run.args, between);
                    reached.extend(passed.then(|| Name::clone(subflow)));
                    for outcome in self.returned.get(subflow).cloned().into_iter().flatten() {
                        let exit = run.exits.get(usize::from(outcome)).copied().flatten();
                        if let Some(slot) = exit.and_then(|e| e.bind) {
                            grew |= self.mark(&graph.name, slot);
                        }
                    }
                }
                Op::Return { outcome, value: Some(value) } => {
                    let tainted = self.operand(&graph.name, value).is_some();
                    if tainted && self.returned.entry(Name::clone(&graph.name)).or_default().insert(*outcome) {
                        reached.extend(between.callers.get(graph.name.as_ref()).into_iter().flatten().cloned());
                    }
                }
                _ => {}
            }
        }
        grew
    }

    /// Marks the parameters that are given something tainted; whether there was a new one.
    fn arguments(&mut self, (from, to): (&Name, &Name), args: &[(Name, Operand)], between: &Between<'_>) -> bool {
        let Some(goal) = between.by_name.get(to.as_ref()) else { return false };
        let mut grew = false;
        for (name, value) in args {
            let Some(param) = goal.params.iter().find(|p| p.name == *name) else { continue };
            let source = self.operand(from, value);
            grew |= source.is_some_and(|source| self.spread(to, param.slot, &source));
        }
        grew
    }

    fn act(&mut self, flow: &Name, act: &Act) -> bool {
        let keyed = act.into.into_iter().chain(act.keys.iter().flatten().filter_map(|e| e.bind));
        let foreign = act.decl.outcomes.iter().zip(&act.exits).filter(|(outcome, _)| outcome.tainted);
        let slots: Vec<Slot> = keyed.chain(foreign.filter_map(|(_, exit)| exit.as_ref()?.bind)).collect();
        let mut grew = false;
        for slot in slots {
            grew |= self.mark(flow, slot);
        }
        if act.decl.subject == Subject::Named(Named::Table) {
            for slot in act.exits.iter().flatten().filter_map(|exit| exit.bind) {
                grew |= self.spread(flow, slot, &Source::Row(slot));
            }
        }
        grew
    }

    /// Marks what is computed from a source as it is; whether that is new.
    fn spread(&mut self, flow: &Name, slot: Slot, source: &Source) -> bool {
        match source {
            Source::Row(_) => self.rows.entry(Name::clone(flow)).or_default().insert(slot),
            Source::Variable(_) | Source::BuiltIn(_) => self.mark(flow, slot),
        }
    }

    fn mark(&mut self, flow: &Name, slot: Slot) -> bool {
        self.flows.entry(Name::clone(flow)).or_default().insert(slot)
    }

    fn has(&self, flow: &Name, slot: Slot) -> bool {
        self.flows.get(flow).is_some_and(|slots| slots.contains(&slot))
    }

    /// What the caller chooses in a value: a variable, or a built-in name in words.
    pub fn operand(&self, flow: &Name, operand: &Operand) -> Option<Source> {
        let reads: Vec<&Read> = match operand {
            Operand::Const(_) => Vec::new(),
            Operand::Expr(expr) => expr.reads().iter().collect(),
            Operand::Template(template) => template.reads().collect(),
        };
        // A column of this type was read by the policies' parser, or is of the site's directory.
        let dialable = match operand {
            Operand::Expr(expr) => matches!(expr.ty(), Some(Type::Phone | Type::Extension)),
            Operand::Const(_) | Operand::Template(_) => false,
        };
        let row = |slot: &Slot| !dialable && self.rows.get(flow).is_some_and(|rows| rows.contains(slot));
        reads.into_iter().find_map(|read| match read {
            Read::Slot(slot) if self.has(flow, *slot) => Some(Source::Variable(*slot)),
            Read::Slot(slot) => row(slot).then_some(Source::Row(*slot)),
            Read::Root(path) => path.is_tainted().then(|| Source::BuiltIn(path.to_string())),
        })
    }

    /// Notes in each target of a graph whether the caller can decide it.
    pub fn note_targets(&self, graph: &mut FlowGraph) {
        let flow = Name::clone(&graph.name);
        for op in &mut graph.nodes {
            let Op::Act(act) = op else { continue };
            for target in act.args.subject.targets_mut() {
                target.tainted = target.operand().is_some_and(|value| self.operand(&flow, value).is_some());
            }
        }
    }
}

/// Where the caller's words come into a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    Variable(Slot),
    /// The text of a table is not the caller's, and no number either.
    Row(Slot),
    /// As written: `caller.name`.
    BuiltIn(String),
}
