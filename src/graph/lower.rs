//! A checked flow to its graph: blocks become chains of ops, arrows become indices.
//!
//! Blocks are lowered from their last statement to their first, so that what follows a statement
//! has its index before the statement itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::span::Span;
use crate::base::value::Value;
use crate::call::leg::Name;
use crate::check::{self, Block, Body, Flow, Jump, LabelKind, Statement, StatementKind};
use crate::resolve::ResultSignature;
use crate::resolve::scope::Origin;
use crate::step::args::{Operand, SubjectArg};

use super::exits::{LoweredArm, Table};
use super::model::{
    Act, Exit, FlowGraph, GotoFlow, Limits, NodeId, Op, Param, Place, ResultInfo, Run, RunEffect, SlotInfo, Split,
    StepId, StepInfo, Subflow, Switch,
};

/// The labels of arms as they are written.
type Labels = Vec<(Arc<str>, Span)>;

struct Lowering {
    /// Without its steps, which are taken to pieces.
    flow: Flow,
    nodes: Vec<Op>,
    places: Vec<Place>,
    step_guards: Vec<Name>,
    guard_index: BTreeMap<Name, u16>,
    subflows: Vec<Name>,
    subflow_index: BTreeMap<Name, u16>,
    complete: bool,
    /// The step being lowered.
    step: StepId,
}

/// Lowers a flow; its revision is for who has its text to compute. Steps keep their order: the entry of step `n` is node `n`.
pub fn lower(mut flow: Flow) -> FlowGraph {
    let steps = std::mem::take(&mut flow.steps);
    let whole = flow.whole;
    let mut lowering = Lowering {
        flow,
        nodes: Vec::new(),
        places: Vec::new(),
        step_guards: Vec::new(),
        guard_index: BTreeMap::new(),
        subflows: Vec::new(),
        subflow_index: BTreeMap::new(),
        complete: whole,
        step: StepId(0),
    };
    for (index, step) in steps.iter().enumerate() {
        lowering.step = StepId(clamp(index));
        lowering.push(Op::Fall, "step", step.span, Vec::new());
    }
    if steps.is_empty() {
        lowering.complete = false;
        lowering.push(Op::Hole(Box::from([])), "step", lowering.flow.about.span, Vec::new());
    }
    let steps: Vec<StepInfo> = steps.into_iter().enumerate().map(|(i, s)| lowering.lower_step(i, s)).collect();
    lowering.finish(steps)
}

fn clamp(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// The exit by an arm, whose block begins at the node of the same place.
fn exit_of(nodes: &[NodeId], arm: usize, next: NodeId) -> Exit {
    let node = nodes.get(arm).copied().unwrap_or(next);
    Exit { node, bind: None, arm: u16::try_from(arm).unwrap_or(Exit::HEADER) }
}

/// The number of a name in a list, which it is added to the first time.
fn numbered(list: &mut Vec<Name>, index: &mut BTreeMap<Name, u16>, name: &Name) -> u16 {
    *index.entry(Arc::clone(name)).or_insert_with(|| {
        list.push(Arc::clone(name));
        u16::try_from(list.len() - 1).unwrap_or(u16::MAX)
    })
}

impl Lowering {
    fn push(&mut self, op: Op, verb: &'static str, span: Span, reads: Vec<check::Read>) -> NodeId {
        let id = NodeId(clamp(self.nodes.len()));
        self.nodes.push(op);
        self.places.push(Place { step: self.step, verb, span, reads: reads.into() });
        id
    }

    fn entry_of(step: usize) -> NodeId {
        NodeId(clamp(step))
    }

    fn lower_step(&mut self, index: usize, step: check::Step) -> StepInfo {
        self.step = StepId(clamp(index));
        let end = self.push(Op::Fall, "step", step.span, Vec::new());
        let next = self.block(step.body, end);
        let bound = step.bound.map(|b| (b.visits, self.jump(b.otherwise, end, step.span)));
        let node = Self::entry_of(index);
        if let Some(entry) = self.nodes.get_mut(node.index()) {
            *entry = Op::Enter { step: self.step, bound, next };
        }
        let named_in_vain = self.flow.named_in_vain.contains(&index);
        StepInfo { name: step.name, node, bound: bound.map(|(n, _)| n), span: step.span, named_in_vain }
    }

    /// The first node of a block that goes on to `next`.
    fn block(&mut self, block: Block, next: NodeId) -> NodeId {
        block.statements.into_iter().rev().fold(next, |next, statement| self.statement(statement, next))
    }

    fn statement(&mut self, statement: Statement, next: NodeId) -> NodeId {
        let Statement { span, verb, reads, kind } = statement;
        let op = match kind {
            StatementKind::Jump(jump) => return self.jump(jump, next, span),
            StatementKind::Set { slot, value } => Op::Set { slot, value, next },
            StatementKind::If { condition, then, otherwise } => {
                let (then, otherwise) = (self.block(then, next), self.block(otherwise, next));
                Op::If { condition, then, otherwise }
            }
            StatementKind::Language(value) => Op::Language { value, next },
            StatementKind::Split { sticky, shares, bodies } => self.split(sticky, &shares, bodies, next),
            StatementKind::Run(run) => self.run(*run, next),
            StatementKind::Return { outcome, value } => {
                Op::Return { outcome: u16::try_from(outcome).unwrap_or(u16::MAX), value }
            }
            StatementKind::Switch { on, cases, otherwise, bodies } => {
                let (nodes, _) = self.bodies(bodies, next);
                let exit = |arm: usize| exit_of(&nodes, arm, next);
                let cases = cases.into_iter().map(|(value, arm)| (value, exit(arm))).collect();
                Op::Switch(Box::new(Switch { on, cases, otherwise: otherwise.map(exit) }))
            }
            StatementKind::Guard(policy) => Op::Guard { policy: self.guard(&policy), next },
            StatementKind::Act(act) => self.act(*act, next),
            StatementKind::Hole(bodies) => self.hole(bodies, next),
        };
        self.push(op, verb, span, reads)
    }

    fn guard(&mut self, policy: &Name) -> u16 {
        numbered(&mut self.step_guards, &mut self.guard_index, policy)
    }

    /// Where each block begins, and the labels in front of them.
    fn bodies(&mut self, bodies: Vec<Body>, next: NodeId) -> (Vec<NodeId>, Labels) {
        bodies.into_iter().map(|body| (self.block(body.block, next), (body.label, body.span))).unzip()
    }

    fn split(&mut self, sticky: Option<Operand>, shares: &[(u32, usize)], bodies: Vec<Body>, next: NodeId) -> Op {
        let (nodes, labels) = self.bodies(bodies, next);
        let shares = shares.iter().map(|(share, arm)| (*share, exit_of(&nodes, *arm, next))).collect();
        Op::Split(Box::new(Split { sticky, shares, labels: labels.into() }))
    }

    fn run(&mut self, run: check::Run, next: NodeId) -> Op {
        let (written, bodies): (Vec<_>, Vec<Body>) = run.arms.into_iter().map(|arm| (arm.labels, arm.body)).unzip();
        let (nodes, labels) = self.bodies(bodies, next);
        let exits = (0..run.outcomes).map(|outcome| {
            let taken = |kind: &LabelKind| {
                written.iter().enumerate().find_map(|(arm, labels)| {
                    let label = labels.iter().find(|l| l.kind == *kind)?;
                    Some(Exit { bind: label.bind, ..exit_of(&nodes, arm, next) })
                })
            };
            taken(&LabelKind::Outcome(outcome)).or_else(|| taken(&LabelKind::Otherwise))
        });
        let exits: Box<[Option<Exit>]> = exits.collect();
        if exits.iter().any(Option::is_none) {
            self.complete = false;
        }
        Op::Run(Box::new(Run {
            subflow: numbered(&mut self.subflows, &mut self.subflow_index, &run.subflow),
            args: run.args.into(),
            exits,
            labels: labels.into(),
            effect: RunEffect::unknown(run.outcomes),
        }))
    }

    fn hole(&mut self, bodies: Vec<Body>, next: NodeId) -> Op {
        self.complete = false;
        let (mut nodes, _) = self.bodies(bodies, next);
        if nodes.is_empty() {
            nodes.push(next);
        }
        Op::Hole(nodes.into())
    }

    fn jump(&mut self, jump: Jump, next: NodeId, span: Span) -> NodeId {
        match jump {
            Jump::Next => next,
            Jump::Step(step) => Self::entry_of(step),
            Jump::Flow { name, args } => {
                let op = Op::GotoFlow(Box::new(GotoFlow { flow: name, args: args.into() }));
                self.push(op, "goto", span, Vec::new())
            }
            Jump::Unknown => {
                self.complete = false;
                self.push(Op::Hole(Box::from([])), "goto", span, Vec::new())
            }
        }
    }

    fn act(&mut self, act: check::Act, next: NodeId) -> Op {
        let (arms, labels): (Vec<LoweredArm>, Labels) = act
            .arms
            .into_iter()
            .map(|check::Arm { labels, body }| {
                let timed = labels.iter().any(|l| matches!(l.kind, LabelKind::Timed(_)));
                let end = if timed { self.push(Op::Back, "queue", body.span, Vec::new()) } else { next };
                (LoweredArm { labels, node: self.block(body.block, end) }, (body.label, body.span))
            })
            .unzip();
        let header = self.flow.failed.map(Self::entry_of);
        let table = Table { decl: act.decl, at: &act.at, arms, header };
        let goes_on = act.decl.outcomes.is_empty() && !act.decl.effects.ends;
        let into = match act.args.subject {
            SubjectArg::Variable(slot) => Some(slot),
            _ => None,
        };
        Op::Act(Box::new(Act {
            decl: act.decl,
            exits: table.exits(),
            keys: table.keys(act.args.patterns.len()),
            timed: table.timed(act.args.timed.len()),
            failed: table.failed(),
            args: act.args,
            at: act.at,
            next: goes_on.then_some(next),
            into,
            labels: labels.into(),
        }))
    }

    fn finish(self, steps: Vec<StepInfo>) -> FlowGraph {
        let flow = self.flow;
        let slot = |index: usize| crate::expr::Slot(u16::try_from(index).unwrap_or(u16::MAX));
        let params = flow.variables.iter().take(flow.params).enumerate().map(|(index, v)| Param {
            name: Arc::clone(&v.name),
            slot: slot(index),
            ty: v.ty,
            default: v.initial.clone(),
        });
        let variables = flow.variables.iter().map(|v| SlotInfo {
            name: Arc::clone(&v.name),
            ty: v.ty,
            initial: v.initial.clone(),
            is_set: v.initial != Value::Unset || v.origin != Origin::Variable,
            span: v.span,
        });
        FlowGraph {
            name: flow.name,
            about: flow.about,
            params: params.collect(),
            variables: variables.collect(),
            nodes: self.nodes.into(),
            places: self.places.into(),
            steps: steps.into(),
            entry: NodeId(0),
            failed: flow.failed.map(Self::entry_of),
            results: flow.results.as_ref().map(|results| {
                let info = |r: &ResultSignature| ResultInfo { name: Arc::clone(&r.name), ty: r.ty, span: r.span };
                results.iter().map(info).collect()
            }),
            subflows: self.subflows.into_iter().map(|name| Subflow { name, graph: None }).collect(),
            guards: flow.guards.into(),
            step_guards: self.step_guards.into(),
            limits: Limits {
                max_steps: flow.max_steps,
                max_legs: flow.max_legs,
                max_duration_ms: flow.max_duration_ms,
            },
            revision: 0,
            complete: self.complete,
        }
    }
}
