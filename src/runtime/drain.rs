//! The end of `serve`: no new calls, then none at all, and until when calls that do not end by themselves are waited for.

use super::driver::Driver;
use crate::base::id::OrderId;
use crate::base::time::{Micros, Mono};
use crate::call::order::Order;
use crate::exchange::Input;

/// For the last requests to be answered, or said again, once the last call is over: two repetitions of a BYE
/// (RFC 3261 §17.1.2.2).
const LAST_WORDS: Micros = Micros::from_secs(2);
/// For calls to end that were told to: their decisions and records have a disk to wait for. Calls that are still there
/// then are taken back by the next start, like those of a crash.
const ENDING: Micros = Micros::from_secs(10);
/// An order that nobody waits for: those of the API begin at one.
const NOBODYS: OrderId = OrderId(0);

/// How far the end has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Drain {
    #[default]
    No,
    /// Calls in progress go on, until then at most.
    Until(Mono),
    /// All is said; what is still to be answered is waited for until then.
    Ending(Mono),
}

impl Drain {
    /// No new calls are taken.
    pub fn is_on(self) -> bool {
        self != Self::No
    }

    pub fn deadline(self) -> Option<Mono> {
        match self {
            Self::No => None,
            Self::Until(at) | Self::Ending(at) => Some(at),
        }
    }
}

impl Driver {
    pub(super) fn drain(&mut self) {
        if self.drain.is_on() {
            return;
        }
        let limit = Micros::from_ms(self.exchange.plan().site.limits.drain_ms);
        tracing::info!(
            calls = self.exchange.live_calls(),
            "draining: no new calls; ends with the last one, or in {} s (`limits.drain`), when those left are ended; \
             send the signal again to end them now",
            limit.0 / Micros::from_secs(1).0
        );
        self.drain = Drain::Until(self.now.mono + limit);
        self.inputs.push_back(Input::Drain);
    }

    /// Ends every call as an operator would end it: each leg hears BYE, each call has its record.
    pub(super) fn end_calls(&mut self) {
        if matches!(self.drain, Drain::Ending(_)) {
            return;
        }
        let calls = self.exchange.calls();
        tracing::warn!(calls = calls.len(), "ending calls in progress");
        self.drain = Drain::Ending(self.now.mono + ENDING);
        self.inputs.push_back(Input::Drain);
        for call in calls {
            self.inputs.push_back(Input::Order { id: NOBODYS, order: Box::new(Order::HangUp { call: call.id }) });
        }
    }

    /// Ends the calls that have had their time.
    pub(super) fn drain_goes_on(&mut self) {
        if matches!(self.drain, Drain::Until(limit) if limit <= self.now.mono) {
            self.end_calls();
        }
    }

    /// Nothing is left to do, or to wait for.
    pub(super) fn is_over(&mut self) -> bool {
        if matches!(self.drain, Drain::Until(_)) && self.is_idle() {
            self.drain = Drain::Ending(self.now.mono + LAST_WORDS);
        }
        let Drain::Ending(until) = self.drain else { return false };
        if self.is_idle() && !self.sip.awaits_answers() {
            return true;
        }
        let over = until <= self.now.mono;
        if over && !self.is_idle() {
            let calls = self.exchange.live_calls();
            tracing::error!(calls, "calls that do not end are left; the next start takes them back");
        }
        over
    }

    fn is_idle(&self) -> bool {
        self.inputs.is_empty() && self.exchange.live_calls() == 0 && self.sip.legs() == 0
    }
}
