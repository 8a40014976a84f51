//! What of a site's variables the caller can choose (language.md §4): what was keyed, what the
//! caller's network said, and everything computed from them.
//!
//! The answer does not depend on the order of steps: a variable that is tainted once is tainted
//! everywhere. That is coarser than the truth and never misses.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::call::leg::Name;
use crate::expr::{Read, Slot};
use crate::step::args::Operand;

use super::model::{Act, FlowGraph, Op};

/// Tainted variables by flow.
#[derive(Debug, Default)]
pub struct Taint {
    flows: BTreeMap<Name, BTreeSet<Slot>>,
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
                Op::Set { slot, value, .. } if self.operand(&graph.name, value).is_some() => {
                    grew |= self.mark(&graph.name, *slot);
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
            grew |= self.operand(from, value).is_some() && self.mark(to, param.slot);
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
        grew
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
        reads.into_iter().find_map(|read| match read {
            Read::Slot(slot) => self.has(flow, *slot).then_some(Source::Variable(*slot)),
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
    /// As written: `caller.name`.
    BuiltIn(String),
}
