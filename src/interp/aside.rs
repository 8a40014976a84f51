//! What a frame does while its call waits in a queue: a block that time begins, after which the
//! frame sleeps on its statement as before.

use std::sync::Arc;

use crate::graph::{NodeId, Op};

use super::frame::Frame;
use super::trace::Taken;

impl Frame {
    /// Begins the block of an arm that time takes; false where the frame does not sleep on a
    /// statement with such an arm. [`Frame::run`] follows.
    pub fn begin_aside(&mut self, arm: usize) -> bool {
        let graph = Arc::clone(&self.top.graph);
        let pc = self.top.pc;
        let Some(Op::Act(act)) = graph.node(pc) else { return false };
        let Some(exit) = act.timed.get(arm).copied().flatten().filter(|_| self.waiting && self.held.is_none()) else {
            return false;
        };
        self.note(Taken::Arm(pc, exit.arm));
        self.held = Some(std::mem::replace(&mut self.top.pc, exit.node));
        self.waiting = false;
        true
    }

    /// Cuts the block short: the frame sleeps on its statement again. False if there is none.
    pub fn end_aside(&mut self) -> bool {
        match self.held.take() {
            Some(node) => {
                self.back_to(node);
                true
            }
            None => false,
        }
    }

    pub fn is_aside(&self) -> bool {
        self.held.is_some()
    }

    pub(super) fn back_to(&mut self, node: NodeId) {
        self.top.pc = node;
        self.waiting = true;
    }
}
