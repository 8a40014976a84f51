//! What happens to one call, as values: the one way in to a [`Session`], live and when it is replayed.

use std::sync::Arc;

use super::frames::Sleep;
use super::kept::Kept;
use super::order::Act;
use super::session::{Session, State};
use super::shared::Shared;
use super::timers::TimerId;
use super::transfer::TransferStage;
use crate::acd::Action;
use crate::base::id::{CallId, LegId, OrderId, RequestId, TransferId};
use crate::base::value::Value;
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{Incoming, LegEvent, Name, ReferToken};
use crate::call::order::{Refused, Taken, TransferState};
use crate::call::record::HangupBy;
use crate::call::spec::{Target, TransferMode};
use crate::exchange::port::Output;

/// One thing that happens to a call: a turn of its journal.
#[derive(Clone, PartialEq, Debug)]
pub enum Happened {
    /// It came in.
    Began {
        leg: LegId,
        incoming: Incoming,
    },
    Leg {
        leg: LegId,
        event: LegEvent,
    },
    Done {
        request: RequestId,
        result: Result<(), Cause>,
    },
    Served {
        request: RequestId,
        outcome: Arc<str>,
        value: Option<Value>,
    },
    Timer(TimerId),
    /// Its flow had used up its turn, and goes on.
    GoesOn,
    Queue(Action),
    /// The API transfers it, in the name of a user.
    Transfer {
        order: OrderId,
        from: Name,
        target: Target,
        mode: TransferMode,
    },
    /// The API acts on a transfer of it.
    Act {
        order: OrderId,
        transfer: TransferId,
        act: Act,
    },
    /// The API ends it.
    HangUp {
        order: OrderId,
    },
    /// A phone makes it one with its consultation call, of which `other` is the phone's own leg.
    Merge {
        leg: LegId,
        token: ReferToken,
        other: LegId,
        consultation: CallId,
    },
    /// It was made one with another call, in that call's turn.
    MergedInto(CallId),
    /// A new call wants the place of `other`, a leg of this one.
    Replacing {
        leg: LegId,
        incoming: Incoming,
        other: LegId,
    },
    /// It is taken back from the process before this one.
    Recovered {
        kept: Box<Kept>,
        up: Vec<LegId>,
    },
}

/// What somebody who waits for an order is told; most of what happens is no order.
#[derive(Clone, PartialEq, Debug)]
pub enum Reply {
    Nothing,
    /// The answer follows by the port, or nothing has happened.
    Order(Result<(), Refused>),
    Act(Result<TransferState, Refused>),
    /// Or the SIP status of the refusal.
    Replacing(Result<(), u16>),
}

impl Session {
    /// Whether it is a key that its journal does not tell: part of a secret, or one that parties press while they
    /// talk, which decides nothing.
    pub(super) fn hides_key_of(&self, what: &Happened) -> bool {
        let Happened::Leg { leg, event: LegEvent::Digit { digit, .. } } = what else { return false };
        if self.may_be_code(*leg, *digit) {
            return false;
        }
        match &self.state {
            State::Flow if *leg == self.subject => match self.run.as_ref().map(|run| &run.sleep) {
                Some(Sleep::Collecting { collect, .. }) => collect.hides(*digit),
                _ => false,
            },
            State::Transfer(transfer) => matches!(transfer.stage, TransferStage::Consulting { .. }),
            _ => true,
        }
    }

    /// One turn. Whatever it learns beside `what` it learns through [`Shared::see`] and the ids that `Shared` gives.
    pub fn happened(&mut self, shared: &mut Shared, what: Happened) -> Reply {
        match what {
            Happened::Began { .. } => self.route(shared),
            Happened::Leg { leg, event } => self.leg_event(shared, leg, event),
            Happened::Done { request, result } => self.done(shared, request, result),
            Happened::Served { request, outcome, value } => self.served(shared, request, outcome, value),
            Happened::Timer(timer) => self.timer(shared, timer),
            Happened::GoesOn => self.run_flow(shared, None),
            Happened::Queue(action) => self.queue_action(shared, action),
            Happened::Transfer { order, from, target, mode } => {
                return Reply::Order(self.order_transfer(shared, order, &from, target, mode));
            }
            Happened::Act { transfer, act, .. } => return Reply::Act(self.act(shared, transfer, act)),
            Happened::HangUp { order } => {
                self.end(shared, Cause::new(CauseKind::Normal), HangupBy::System);
                let taken = Taken { call: self.id, transfer: None };
                shared.out.push(Output::Answer { order, result: Ok(taken) });
                return Reply::Order(Ok(()));
            }
            Happened::Replacing { leg, incoming, other } => {
                return Reply::Replacing(self.begin_replacing(shared, leg, incoming, other));
            }
            Happened::Recovered { kept, up } => self.recovered(shared, &kept, &up),
            // Both calls are needed: the exchange has them.
            Happened::Merge { .. } | Happened::MergedInto(_) => {}
        }
        Reply::Nothing
    }
}
