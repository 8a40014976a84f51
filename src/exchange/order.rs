//! Orders of the API about live calls. Each has one answer: taken, or why not; then nothing has happened.

use std::sync::Arc;

use super::Exchange;
use super::happened::{Happened, Reply};
use super::outcome::Failure;
use super::port::Output;
use super::session::{Session, State};
use super::shared::Shared;
use super::transfer::By;
use crate::base::id::{CallId, LegId, OrderId, TransferId};
use crate::call::leg::Name;
use crate::call::order::{Order, Refused, Taken, TransferState, TransferView, Which};
use crate::call::spec::{Target, TransferMode};

/// What is to be done with a consultation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    Complete,
    Cancel,
    ThreeWay,
    Swap,
}

impl Exchange {
    /// One transfer, live or among the last that are over.
    pub fn transfer(&self, id: TransferId) -> Option<TransferView> {
        self.shared.book.get(id).cloned()
    }

    pub(super) fn order(&mut self, id: OrderId, order: Order) {
        let refused = match order {
            Order::Transfer { call, from, target, mode } => {
                self.on_call(call, Happened::Transfer { order: id, from, target, mode })
            }
            Order::Complete(which) => self.on_transfer(id, which, Act::Complete),
            Order::Cancel(which) => self.on_transfer(id, which, Act::Cancel),
            Order::ThreeWay(which) => self.on_transfer(id, which, Act::ThreeWay),
            Order::Swap(which) => self.on_transfer(id, which, Act::Swap),
            Order::HangUp { call } => self.on_call(call, Happened::HangUp { order: id }),
        };
        if let Err(refused) = refused {
            self.shared.out.push(Output::Answer { order: id, result: Err(refused) });
        }
    }

    fn on_call(&mut self, call: CallId, what: Happened) -> Result<(), Refused> {
        match self.with(call, what) {
            Some(Reply::Order(result)) => result,
            _ => Err(Refused::NoSuchCall),
        }
    }

    fn on_transfer(&mut self, order: OrderId, which: Which, act: Act) -> Result<(), Refused> {
        let id = match which {
            Which::Transfer(id) => id,
            Which::Call(call) => {
                let session = self.sessions.get(&call).ok_or(Refused::NoSuchCall)?;
                session
                    .moves
                    .last_transfer
                    .ok_or_else(|| session.wrong_state(None, "nobody has transferred the call"))?
            }
        };
        let view = self.transfer(id).ok_or(Refused::NoSuchTransfer)?;
        if view.from.is_none() {
            return Err(wrong_state(Some(view.state), "a flow transfers the call, and nobody else"));
        }
        let taken =
            |state| Output::Answer { order, result: Ok(Taken { call: view.call, transfer: Some((id, state)) }) };
        // The same again has the same answer (T32).
        if is_done(act, view.state) {
            self.shared.out.push(taken(view.state));
            return Ok(());
        }
        let result = match self.with(view.call, Happened::Act { order, transfer: id, act }) {
            Some(Reply::Act(result)) => result,
            _ => Err(elsewhere(Some(view.state))),
        };
        result.map(|state| self.shared.out.push(taken(state)))
    }
}

/// Whether what is asked for is so already.
fn is_done(act: Act, state: TransferState) -> bool {
    match act {
        Act::Complete => state == TransferState::Completed,
        Act::Cancel => state == TransferState::Cancelled,
        Act::ThreeWay => state == TransferState::Conference,
        Act::Swap => false,
    }
}

fn wrong_state(state: Option<TransferState>, detail: &str) -> Refused {
    Refused::WrongState { state, call: None, detail: Arc::from(detail) }
}

/// The transfer is past what is asked for, or not there yet.
fn elsewhere(state: Option<TransferState>) -> Refused {
    wrong_state(state, "the transfer is in another state")
}

impl Session {
    /// No transfer says what goes on where there is none: the call does.
    fn wrong_state(&self, state: Option<TransferState>, detail: &str) -> Refused {
        Refused::WrongState { state, call: Some(self.doing()), detail: Arc::from(detail) }
    }

    fn is_at_work_on(&self, id: TransferId) -> bool {
        matches!(&self.state, State::Transfer(transfer) if transfer.id == id)
    }

    pub(super) fn order_transfer(
        &mut self,
        shared: &mut Shared,
        order: OrderId,
        from: &Name,
        target: Target,
        mode: TransferMode,
    ) -> Result<(), Refused> {
        let (leg, peer) = self.transferor_of(from)?;
        if let Target::Pstn { number, .. } = &target
            && self.plan.keeps_inside(number)
        {
            let detail = Arc::from(format!("`{number}` is a number of the site itself"));
            return Err(Refused::Target { outcome: "invalid_number", detail });
        }
        let id = shared.new_transfer_id();
        let spec = self.transfer_spec(target, mode);
        let by = By::Order { leg, order: Some(order) };
        self.begin_handover(shared, id, peer, spec, by).map_err(|failure| failure.refused())
    }

    /// The leg of the user in whose name the API asks, and its peer.
    fn transferor_of(&self, user: &Name) -> Result<(LegId, LegId), Refused> {
        let own = |p: &&super::party::Party| p.is_live() && p.user() == Some(user);
        if !self.parties.iter().any(|p| own(&p)) {
            return Err(Refused::NotAParty);
        }
        let busy = || {
            let view = self.current_transfer().map(|(_, state)| state);
            self.wrong_state(view, "only who talks to somebody can transfer")
        };
        let State::Talking(talk) = &self.state else { return Err(busy()) };
        let two = [(self.subject, talk.peer), (talk.peer, self.subject)];
        let mine = two.into_iter().find(|(leg, _)| self.party(*leg).as_ref().is_some_and(own));
        let (leg, peer) = mine.ok_or_else(busy)?;
        if self.party(leg).is_some_and(super::party::Party::is_up) && self.is_live(peer) {
            Ok((leg, peer))
        } else {
            Err(busy())
        }
    }

    /// The transfer at work, and its state as others see it.
    fn current_transfer(&self) -> Option<(TransferId, TransferState)> {
        let State::Transfer(transfer) = &self.state else { return None };
        Some((transfer.id, super::book::first_state(&transfer.spec, transfer.is_private())))
    }

    pub(super) fn act(&mut self, shared: &mut Shared, id: TransferId, act: Act) -> Result<TransferState, Refused> {
        let refused = elsewhere(shared.book.get(id).map(|view| view.state));
        if !self.is_at_work_on(id) {
            return Err(refused);
        }
        let answered = self.consulting().is_some();
        let reaching = self.reaching_in_private().is_some();
        // Completed before the target answered, it is blind from then on; the same again has the same answer (T32).
        let left_early = self.handover.as_ref().is_some_and(|h| h.mode == TransferMode::Attended && !h.waits);
        let waits = self.handover.as_ref().is_some_and(|h| h.waits);
        match act {
            Act::Complete if answered || reaching => self.complete(shared).map_err(|failure| failure.refused()),
            Act::Complete if left_early => self.current_transfer().map(|(_, state)| state).ok_or(refused),
            Act::Cancel if answered || waits => {
                self.cancel_consultation(shared, Failure::because("ended", "it was cancelled"));
                Ok(TransferState::Cancelled)
            }
            Act::ThreeWay if answered => self.three_way(shared).map_err(|failure| failure.refused()),
            Act::Swap if answered => {
                self.swap(shared);
                Ok(TransferState::Consulting)
            }
            _ => Err(refused),
        }
    }
}
