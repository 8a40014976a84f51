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
                Op::Set { slot, value, .. } if self.operand(&graph.name, value).is_some() => {
                    grew |= self.mark(&graph.name, *slot);
                }
                Op::Act(act) => grew |= self.act(&graph.name, act),
                Op::GotoFlow(goto) => {
                    let Some(goal) = by_name.get(goto.flow.as_ref()) else { continue };
                    for (name, value) in &goto.args {
                        let Some(param) = goal.params.iter().find(|p| p.name == *name) else { continue };
                        if self.operand(&graph.name, value).is_some() && self.mark(&goto.flow, param.slot) {
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
