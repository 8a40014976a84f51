//! The API of a virtual world: orders about its calls, and the transfers that they lead to.

use std::sync::Arc;

use super::moment::Moment;
use super::world::World;
use crate::base::id::{CallId, LegId, OrderId, TransferId};
use crate::call::order::{CallEvent, CallEventKind, Order, Refused, Taken, TransferView, Which};
use crate::exchange::Input;

impl World {
    /// Gives an order; its answer is in `answers`, at once or when its gates have passed.
    pub fn order(&mut self, order: Order) -> OrderId {
        let id = OrderId(self.next_order);
        self.next_order += 1;
        self.note(Moment::Orders { what: describe(&order) });
        self.give(Input::Order { id, order: Box::new(order) });
        id
    }

    /// The call of a leg, also of one that has gone.
    pub fn call_of(&self, leg: LegId) -> Option<CallId> {
        self.exchange.calls().into_iter().find(|c| c.parties.iter().any(|p| p.leg == leg)).map(|c| c.id)
    }

    pub(super) fn answered(&mut self, order: OrderId, result: Result<Taken, Refused>) {
        self.note(Moment::OrderAnswered { result: result.clone() });
        if self.answers.insert(order, result).is_some() {
            self.broken.push(format!("order {} has two answers", order.0));
        }
    }

    pub(super) fn event(&mut self, event: CallEvent) {
        if let CallEventKind::Transfer(view) = event.kind {
            self.note(Moment::Transfer { view });
        }
    }
}

fn describe(order: &Order) -> Arc<str> {
    let which = |which: &Which| match which {
        Which::Call(_) => "of the call",
        Which::Transfer(_) => "by its id",
    };
    Arc::from(match order {
        Order::Transfer { from, target, mode, .. } => {
            format!("{from} transfers to {} ({})", target.describe(), mode.name())
        }
        Order::Complete(w) => format!("complete the transfer {}", which(w)),
        Order::Cancel(w) => format!("cancel the transfer {}", which(w)),
        Order::ThreeWay(w) => format!("make the transfer a conference {}", which(w)),
        Order::Swap(w) => format!("swap the transfer {}", which(w)),
        Order::HangUp { .. } => "hang up".to_owned(),
    })
}

/// A transfer in words.
pub(super) fn in_words(view: &TransferView) -> String {
    let outcome = view.outcome.map(|outcome| format!(" ({outcome})")).unwrap_or_default();
    let reason = view.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("transfer to {} is {}{outcome}{reason}", view.target, view.state.name())
}

pub(super) fn answer_in_words(result: &Result<Taken, Refused>) -> String {
    match result {
        Ok(Taken { transfer: Some((_, state)), .. }) => format!("the order is taken: {}", state.name()),
        Ok(_) => "the order is taken".to_owned(),
        Err(Refused::NoSuchCall) => "the order is refused: there is no such call".to_owned(),
        Err(Refused::NoSuchTransfer) => "the order is refused: there is no such transfer".to_owned(),
        Err(Refused::NotAParty) => "the order is refused: not a party of the call".to_owned(),
        Err(Refused::WrongState { state, detail }) => {
            format!("the order is refused: {detail}{}", state.map(|s| format!(" ({})", s.name())).unwrap_or_default())
        }
        Err(Refused::Denied { reasons, .. }) => format!("the order is refused: {}", reasons.join(", ")),
        Err(Refused::Target { outcome, detail }) => format!("the order is refused: {outcome}, {detail}"),
    }
}

/// The newest transfer of a call.
pub fn newest(world: &World, call: CallId) -> Option<TransferId> {
    world.trace.iter().rev().find_map(|(_, moment)| match moment {
        Moment::Transfer { view } if view.call == call => Some(view.id),
        _ => None,
    })
}
