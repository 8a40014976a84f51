//! What whoever follows the events is told of a party is told once and in order: it is placed, rings, answers and
//! leaves at most once each; nothing is told of one that has left, or of a call that has ended; every transfer comes to
//! one final state.

use std::collections::{BTreeMap, BTreeSet};

use super::Found;
use crate::base::id::{CallId, PartyId, TransferId};
use crate::call::order::{CallEvent, CallEventKind, PartyState, TransferState};
use crate::sim::moment::Moment;

const PROMISE: &str = "events";

#[derive(Debug, Default)]
pub struct Events {
    /// What was told of a party that can be so only once.
    told: BTreeMap<PartyId, Vec<PartyState>>,
    began: BTreeSet<CallId>,
    ended: BTreeSet<CallId>,
    /// Transfers, of which call, and how far they are.
    transfers: BTreeMap<TransferId, (CallId, TransferState)>,
}

impl Events {
    pub fn see(&mut self, moment: &Moment, found: &mut Found) {
        let Moment::Event(event) = moment else { return };
        let CallEvent { call, kind, .. } = &**event;
        if self.ended.contains(call) {
            found.add(PROMISE, format!("{call} has ended and has another event"));
        }
        match kind {
            CallEventKind::Began { .. } if !self.began.insert(*call) => {
                found.add(PROMISE, format!("{call} begins twice"));
            }
            CallEventKind::Party { party, state, .. } => self.party(*party, *state, found),
            CallEventKind::Transfer(view) => {
                let before = self.transfers.insert(view.id, (*call, view.state));
                if let Some((_, state)) = before.filter(|(_, state)| state.is_final()) {
                    let text = format!("{} is {} after it was {}", view.id, view.state.name(), state.name());
                    found.add(PROMISE, text);
                }
            }
            CallEventKind::Ended { .. } => {
                self.ended.insert(*call);
            }
            CallEventKind::Began { .. } | CallEventKind::Decided { .. } | CallEventKind::Recording { .. } => {}
        }
    }

    /// All is over; `lost` are calls that the exchange forgot when it was begun anew.
    pub fn close(&self, lost: &BTreeSet<CallId>, found: &mut Found) {
        for (id, (call, state)) in &self.transfers {
            if !state.is_final() && !lost.contains(call) {
                found.add(PROMISE, format!("{id} is {} for ever", state.name()));
            }
        }
    }

    fn party(&mut self, party: PartyId, state: PartyState, found: &mut Found) {
        let told = self.told.entry(party).or_default();
        if told.contains(&PartyState::Left) {
            found.add(PROMISE, format!("{party} is {} and has left", state.name()));
        }
        if matches!(state, PartyState::Held | PartyState::Retrieved) {
            return;
        }
        if told.contains(&state) {
            found.add(PROMISE, format!("{party} is {} a second time", state.name()));
        }
        if state == PartyState::Ringing && told.contains(&PartyState::Answered) {
            found.add(PROMISE, format!("{party} rings and has answered"));
        }
        told.push(state);
    }
}
