//! Which ways through the flows the tests took, and which none of them did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::span::{Sources, Span};
use crate::call::leg::Name;
use crate::graph::{Exit, FlowGraph, NodeId, Op, Switch, analyze};
use crate::interp::Taken;

/// One way that a flow can go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Branch {
    pub taken: Taken,
    /// The arm, the statement or the step's name.
    pub span: Span,
    /// Such as `` `menu` in step `choose`: `2` ``.
    pub what: String,
}

/// Ways taken, by flow.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    taken: BTreeMap<Name, BTreeSet<Taken>>,
}

/// How much of a flow was taken.
#[derive(Clone, Debug)]
pub struct Covered {
    pub flow: Name,
    pub branches: usize,
    pub missing: Vec<Branch>,
    /// Every way taken, for who draws them.
    pub taken: BTreeSet<Taken>,
}

impl Coverage {
    /// Adds what one test took.
    pub fn add(&mut self, taken: &BTreeMap<Name, BTreeSet<Taken>>) {
        for (flow, ways) in taken {
            self.taken.entry(flow.clone()).or_default().extend(ways);
        }
    }

    /// What of these flows was taken, in the order of their names.
    pub fn of(&self, flows: &BTreeMap<Name, Arc<FlowGraph>>) -> Vec<Covered> {
        let none = BTreeSet::new();
        let covered = flows.iter().map(|(name, graph)| {
            let taken = self.taken.get(name).unwrap_or(&none);
            let all = branches(graph);
            let total = all.len();
            let missing = all.into_iter().filter(|b| !taken.contains(&b.taken)).collect();
            Covered { flow: name.clone(), branches: total, missing, taken: taken.clone() }
        });
        covered.collect()
    }
}

/// Every way that a flow can go: its steps, the ends of their `visits`, both sides of each `if`,
/// and every arm. Not the header's `failed`, which stands for faults and not for a caller's choice.
pub fn branches(graph: &FlowGraph) -> Vec<Branch> {
    let reached = analyze::reachable(graph);
    let mut all = Vec::new();
    for id in graph.ids().filter(|id| reached.reached(*id)) {
        let (Some(op), Some(place)) = (graph.node(id), graph.place(id)) else { continue };
        let step = graph.step_name(id);
        let mut add = |taken, span, what: String| all.push(Branch { taken, span, what });
        match op {
            Op::Enter { bound, .. } => {
                add(Taken::Step(id), place.span, format!("step `{step}`"));
                if bound.is_some() {
                    add(Taken::Bound(id), place.span, format!("step `{step}`: the end of its `visits`"));
                }
            }
            Op::If { .. } => {
                for (side, word) in [(true, "true"), (false, "false")] {
                    add(Taken::Branch(id, side), place.span, format!("`if` in step `{step}`: {word}"));
                }
            }
            Op::Switch(switch) => {
                for (arm, label) in switch_arms(switch) {
                    add(Taken::Arm(id, arm), place.span, format!("`switch` in step `{step}`: {label}"));
                }
            }
            Op::Act(_) | Op::Run(_) | Op::Split(_) => {
                let (arms, labels) = labelled_arms(op);
                for arm in arms {
                    let label = labels.get(usize::from(arm));
                    let (text, span) = label.map_or(("", place.span), |(text, span)| (text.as_ref(), *span));
                    add(Taken::Arm(id, arm), span, format!("`{}` in step `{step}`: `{text}`", place.verb));
                }
            }
            Op::Set { .. }
            | Op::Language { .. }
            | Op::Guard { .. }
            | Op::GotoFlow(_)
            | Op::Return { .. }
            | Op::Back
            | Op::Fall
            | Op::Hole(_) => {}
        }
    }
    all
}

fn switch_arms(switch: &Switch) -> BTreeMap<u16, String> {
    let mut arms: BTreeMap<u16, String> = BTreeMap::new();
    for (value, exit) in &switch.cases {
        let label = arms.entry(exit.arm).or_default();
        if !label.is_empty() {
            label.push_str(", ");
        }
        label.push_str(&format!("`{value}`"));
    }
    if let Some(exit) = switch.otherwise {
        arms.entry(exit.arm).or_insert_with(|| "`otherwise`".to_owned());
    }
    arms
}

/// The arms of a statement that can be taken, and all its labels.
fn labelled_arms(op: &Op) -> (BTreeSet<u16>, &[(Arc<str>, Span)]) {
    let arms = |exits: &mut dyn Iterator<Item = Exit>| {
        exits.map(|exit| exit.arm).filter(|arm| *arm != Exit::HEADER).collect::<BTreeSet<u16>>()
    };
    match op {
        Op::Act(act) => (arms(&mut analyze::act_exits(act)), &act.labels),
        Op::Run(run) => (arms(&mut analyze::run_exits(run)), &run.labels),
        // What nobody is ever sent to is not asked of tests.
        Op::Split(split) => {
            let shares = &mut split.shares.iter().filter(|(share, _)| *share > 0).map(|(_, exit)| *exit);
            (arms(shares), &split.labels)
        }
        _ => (BTreeSet::new(), &[]),
    }
}

/// A line a flow, and below it a line for each way that no test took.
pub fn describe(covered: &[Covered], sources: &Sources) -> String {
    let mut text = String::new();
    for flow in covered {
        let taken = flow.branches.saturating_sub(flow.missing.len());
        text.push_str(&format!("{}: {taken} of {} branches\n", flow.flow, flow.branches));
        for branch in &flow.missing {
            let file = sources.get(branch.span.file).map_or("", |s| s.name.as_ref());
            let (line, _) = sources.line_column(branch.span.file, branch.span.start);
            text.push_str(&format!("  {file}:{line}: not taken: {}\n", branch.what));
        }
    }
    text
}

/// The id of a node, for those who draw coverage on the graph.
pub fn node_of(taken: Taken) -> NodeId {
    match taken {
        Taken::Step(id) | Taken::Bound(id) | Taken::Statement(id) | Taken::Branch(id, _) | Taken::Arm(id, _) => id,
    }
}
