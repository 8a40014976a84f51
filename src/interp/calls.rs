//! Subflows and shares: `run`, `return` and `split` in a frame.

use std::sync::Arc;

use crate::base::fnv::Fnv;
use crate::base::limits::MAX_SUBFLOW_DEPTH;
use crate::base::value::Value;
use crate::graph::{self, FlowGraph, Op, Split};
use crate::step::args::{Failure, Operand};
use crate::step::cx::StepCx;

use super::activation::{Activation, fits};
use super::frame::{Flow, Frame, broken};
use super::trace::Taken;

impl Frame {
    /// Begins a subflow. It has its own variables and visits, and the guards in scope here.
    pub(super) fn run_subflow(&mut self, graph: &FlowGraph, run: &graph::Run, cx: &mut dyn StepCx) -> Flow {
        self.note(Taken::Statement(self.top.pc));
        let args = match self.arguments(&run.args, cx) {
            Ok(args) => args,
            Err(failure) => return self.fail(graph, failure),
        };
        let subflow = graph.subflows.get(usize::from(run.subflow)).and_then(|s| s.graph.as_ref());
        let Some(subflow) = subflow else { return Flow::Stop(broken()) };
        // INVARIANT: the checks refuse deeper chains; this holds for flows that were not checked.
        if self.callers.len() >= MAX_SUBFLOW_DEPTH {
            return self.fail(graph, Failure(format!("more than {MAX_SUBFLOW_DEPTH} subflows run each other")));
        }
        match Activation::new(Arc::clone(subflow), &args, self.top.guards_in_scope()) {
            Ok(activation) => {
                self.callers.push(std::mem::replace(&mut self.top, activation));
                Flow::Switched
            }
            Err(error) => self.fail(graph, Failure(format!("subflow `{}`: {error}", subflow.name))),
        }
    }

    /// Ends a subflow: who ran it goes on with its arm for the outcome.
    pub(super) fn give(
        &mut self,
        graph: &FlowGraph,
        outcome: u16,
        value: Option<&Operand>,
        cx: &mut dyn StepCx,
    ) -> Flow {
        self.note(Taken::Statement(self.top.pc));
        let at = usize::from(outcome);
        let Some(declared) = graph.results.as_ref().and_then(|r| r.get(at)) else { return Flow::Stop(broken()) };
        let value = match value.map(|v| self.eval(v, cx)).transpose() {
            Ok(value) => value,
            Err(failure) => return self.fail(graph, failure),
        };
        if value.as_ref().is_some_and(|v| !fits(v, declared.ty)) {
            let wanted = declared.ty.map_or("a value", |t| t.name());
            return self.fail(graph, Failure(format!("outcome `{}` carries {wanted}", declared.name)));
        }
        let Some(caller) = self.callers.pop() else { return Flow::Stop(broken()) };
        self.top = caller;
        self.last.outcome = Arc::clone(&declared.name);
        if let Some(step) = self.step_at_hand() {
            cx.entered(self.flow_at_hand(), step);
        }
        let graph = Arc::clone(&self.top.graph);
        let Some(Op::Run(run)) = graph.node(self.top.pc) else { return Flow::Stop(broken()) };
        let Some(exit) = run.exits.get(at).copied().flatten() else { return Flow::Stop(broken()) };
        match self.take(exit, value) {
            Flow::Next(next) => {
                self.top.pc = next;
                Flow::Switched
            }
            other => other,
        }
    }

    /// Goes by shares: a number in the whole falls into one of them.
    pub(super) fn split(&mut self, graph: &FlowGraph, split: &Split, cx: &mut dyn StepCx) -> Flow {
        let whole: u32 = split.shares.iter().map(|(share, _)| *share).fold(0, u32::saturating_add);
        let point = match &split.sticky {
            None => cx.chance(whole),
            Some(operand) => match self.eval(operand, cx) {
                Ok(value) => below(sticky_hash(graph, self.step_at_hand().map_or("", |s| s), &value), whole),
                Err(failure) => return self.fail(graph, failure),
            },
        };
        let mut end = 0u32;
        for (share, exit) in &split.shares {
            end = end.saturating_add(*share);
            if point < end {
                self.note(Taken::Arm(self.top.pc, exit.arm));
                return Flow::Next(exit.node);
            }
        }
        Flow::Stop(broken())
    }
}

/// A hash that is the same on every machine and in every version (FNV-1a, 64 bits). The flow and the
/// step are in it, so that two splits do not send the same callers the same way.
fn sticky_hash(graph: &FlowGraph, step: &str, value: &Value) -> u64 {
    let text = value.to_string();
    let parts = [graph.name.as_ref(), step, text.as_str()];
    let hash = parts.into_iter().fold(Fnv::new(), |hash, part| hash.and(part.as_bytes()).and(&[0])).value();
    // FNV's high bits hardly move for texts that differ in their last letter: mixed as SplitMix64 does.
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// A number below `whole`, from a hash (Lemire 2019).
fn below(hash: u64, whole: u32) -> u32 {
    u32::try_from((u128::from(hash) * u128::from(whole)) >> 64).unwrap_or(0)
}
