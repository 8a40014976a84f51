//! Every transfer that was begun, as others may see it: live ones, and the last that are over. Each change is an event.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::session::Session;
use super::shared::Shared;
use crate::base::id::{CallId, TransferId};
use crate::call::order::{CallEventKind, TransferState, TransferView};
use crate::call::spec::{Target, TransferMode, TransferSpec};

/// Transfers that can be asked about; the oldest are forgotten first. A minute of a busy node.
const MAX_KEPT: usize = 20_000;

#[derive(Debug, Default)]
pub struct Book {
    entries: BTreeMap<TransferId, TransferView>,
    by_age: VecDeque<TransferId>,
}

impl Book {
    pub fn get(&self, id: TransferId) -> Option<&TransferView> {
        self.entries.get(&id)
    }

    pub(super) fn open(&mut self, view: TransferView) {
        if self.by_age.len() >= MAX_KEPT
            && let Some(oldest) = self.by_age.pop_front()
        {
            self.entries.remove(&oldest);
        }
        self.by_age.push_back(view.id);
        self.entries.insert(view.id, view);
    }

    /// The transfer has moved on. What is over stays as it ended. Returns what is now to be told.
    fn change(&mut self, id: TransferId, change: impl FnOnce(&mut TransferView)) -> Option<TransferView> {
        let entry = self.entries.get_mut(&id).filter(|entry| !entry.state.is_final())?;
        let before = entry.clone();
        change(entry);
        (*entry != before).then(|| entry.clone())
    }
}

/// How a transfer begins.
pub fn first_state(spec: &TransferSpec, is_consultation: bool) -> TransferState {
    match (&spec.target, is_consultation) {
        (_, true) => TransferState::Consulting,
        (Target::Queue(_), false) => TransferState::Queued,
        _ => TransferState::Transferring,
    }
}

impl Session {
    /// Every gate has passed: from now on there is a transfer.
    pub fn open_transfer(&mut self, shared: &mut Shared, id: TransferId, spec: &TransferSpec, state: TransferState) {
        let from = self.handover.as_ref().and_then(|h| self.party(h.transferor)).map(|p| p.id);
        let view = TransferView {
            id,
            call: self.id,
            mode: spec.mode,
            from,
            target: spec.target.describe(),
            state,
            outcome: None,
            reason: None,
            began: shared.now.wall,
            changed: shared.now.wall,
        };
        self.moves.last_transfer = from.map(|_| id).or(self.moves.last_transfer);
        shared.book.open(view.clone());
        shared.event(self.id, self.diary.root, CallEventKind::Transfer(Box::new(view)));
    }

    /// The transfer is in another state, or is over.
    pub fn transfer_is(
        &self,
        shared: &mut Shared,
        id: TransferId,
        state: TransferState,
        outcome: Option<&'static str>,
        reason: Option<&str>,
    ) {
        let now = shared.now.wall;
        if !shared.knows(id) {
            return;
        }
        let changed = shared.book.change(id, |view| {
            view.state = state;
            // A target that was missed before stays so; else it is the caller who decided it (T16).
            let left = (state == TransferState::Abandoned).then_some("caller_abandoned");
            view.outcome = outcome.or(view.outcome).or(left);
            view.reason = reason.map(Arc::from).or_else(|| view.reason.take());
            view.changed = now;
        });
        if let Some(view) = changed {
            shared.event(self.id, self.diary.root, CallEventKind::Transfer(Box::new(view)));
        }
    }

    /// A consultation that the transferor left before the target answered is a blind transfer.
    pub fn transfer_is_blind(&self, shared: &mut Shared, id: TransferId) {
        if !shared.knows(id) {
            return;
        }
        let changed = shared.book.change(id, |view| {
            view.mode = TransferMode::Blind;
            view.state = TransferState::Transferring;
        });
        if let Some(view) = changed {
            shared.event(self.id, self.diary.root, CallEventKind::Transfer(Box::new(view)));
        }
    }
}

impl Shared {
    /// A transfer that goes on for long may have been forgotten.
    fn knows(&self, id: TransferId) -> bool {
        self.see(self.book.get(id).is_some())
    }

    /// Tells whoever follows the events.
    pub fn event(&mut self, call: CallId, root: CallId, kind: CallEventKind) {
        let at = self.now.wall;
        let event = crate::call::order::CallEvent { at, call, root, kind };
        self.out.push(super::port::Output::Event(Box::new(event)));
    }
}
