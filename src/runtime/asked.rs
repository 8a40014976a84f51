//! What the driver does when the API or a signal asks: looks, hands orders to the exchange and their answers back.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::commands::{Board, Command, Ordered};
use super::driver::Driver;
use super::metrics::Snapshot;
use super::translate;
use crate::base::id::OrderId;
use crate::base::limits;
use crate::call::order::Order;
use crate::exchange::Input;

/// Orders that the exchange has not answered yet, and who waits for each.
#[derive(Debug, Default)]
pub struct Orders {
    last: u64,
    waiting: BTreeMap<OrderId, oneshot::Sender<Ordered>>,
}

impl Orders {
    /// A number for an order; `None` when as many wait as the lane holds: then nobody waits, and the asker is told.
    fn open(&mut self, answer: oneshot::Sender<Ordered>) -> Option<OrderId> {
        if self.waiting.len() >= limits::COMMAND_LANE {
            return None;
        }
        self.last = self.last.saturating_add(1);
        self.waiting.insert(OrderId(self.last), answer);
        Some(OrderId(self.last))
    }

    /// The one answer. Who asked may have gone away: then nobody is left to tell.
    pub fn answer(&mut self, order: OrderId, result: Ordered) {
        if let Some(answer) = self.waiting.remove(&order) {
            let _ = answer.send(result);
        }
    }
}

impl Driver {
    pub(super) fn command(&mut self, command: Command) {
        // Who asked may have gone away meanwhile: nobody is left to tell.
        match command {
            Command::Calls(answer) => drop(answer.send(self.exchange.calls())),
            Command::Call(id, answer) => drop(answer.send(self.exchange.call(id))),
            Command::Transfer(id, answer) => drop(answer.send(self.exchange.transfer(id))),
            Command::Board(answer) => {
                let now = self.clock.mono();
                let board = Board { queues: self.exchange.queue_views(now), agents: self.exchange.agent_views(now) };
                drop(answer.send(board));
            }
            Command::Plan(answer) => drop(answer.send(Arc::clone(self.exchange.plan()))),
            Command::Snapshot(answer) => drop(answer.send(self.snapshot())),
            Command::Order(order, answer) => self.order(order, answer),
            Command::Reload { plan, signalling, done } => {
                self.sip.reconfigure(signalling);
                self.store.plan(plan.digest(), translate::parts(&plan));
                self.inputs.push_back(Input::Reload(plan));
                let _ = done.send(());
            }
            Command::Drain => self.drain(),
            Command::EndCalls => self.end_calls(),
        }
    }

    fn order(&mut self, order: Box<Order>, answer: oneshot::Sender<Ordered>) {
        if let Some(id) = self.orders.open(answer) {
            self.inputs.push_back(Input::Order { id, order });
        }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            counters: self.exchange.counters(),
            live_calls: self.exchange.live_calls(),
            live_legs: self.exchange.live_legs(),
            held_permits: self.exchange.held_permits(),
            rtp_ports: self.media.open_legs(),
            registered_users: self.registrations.users(),
            waiting: self.exchange.waiting(),
            turns: self.load.turns,
            sip_held: self.sip.held(),
            sip: self.sip.counters(),
            plan_revision: self.exchange.plan().revision,
            draining: self.drain.is_on(),
        }
    }
}
