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
}

impl Taint {
    /// Computes it for all flows together: a flow passes taint to another by its arguments.
    pub fn of(graphs: &[FlowGraph]) -> Taint {
        let mut taint = Taint::default();
        let by_name: BTreeMap<&str, &FlowGraph> = graphs.iter().map(|g| (g.name.as_ref(), g)).collect();
        let mut waiting: VecDeque<&FlowGraph> = graphs.iter().collect();
        // A flow waits again only when an argument has tainted a parameter of it.
        while let Some(graph) = waiting.pop_front() {
            let mut reached = BTreeSet::new();
            while taint.grow(graph, &by_name, &mut reached) {}
            waiting.extend(reached.iter().filter_map(|name| by_name.get(name.as_ref())));
        }
        taint
    }

    /// One pass over a flow; whether it found more. Flows that it passes taint to go into `reached`.
    fn grow(&mut self, graph: &FlowGraph, by_name: &BTreeMap<&str, &FlowGraph>, reached: &mut BTreeSet<Name>) -> bool {
        let mut grew = false;
        for op in &graph.nodes {
            match op {
                Op::Set { slot, value, .. } => {
                    let source = self.operand(&graph.name, value);
                    grew |= source.is_some_and(|source| self.spread(&graph.name, *slot, &source));
                }
                Op::Act(act) => grew |= self.act(&graph.name, act),
                Op::GotoFlow(goto) => {
                    let Some(goal) = by_name.get(goto.flow.as_ref()) else { continue };
                    for (name, value) in &goto.args {
                        let Some(param) = goal.params.iter().find(|p| p.name == *name) else { continue };
                        let source = self.operand(&graph.name, value);
                        if source.is_some_and(|source| self.spread(&goto.flow, param.slot, &source)) {
                            reached.insert(Name::clone(&goto.flow));
                            grew |= goto.flow == graph.name;
                        }
                    }
                }
                _ => {}
            }
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
