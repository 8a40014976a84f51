//! A new call: admitted or not, and to whom it goes.

use super::Exchange;
use super::happened::Happened;
use super::port::LegNotice;
use super::session::Session;
use super::shared::Shared;
use super::transfer::{By, Started};
use crate::base::id::LegId;
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{Incoming, Origin};
use crate::call::order::CallEventKind;
use crate::call::record::HangupBy;
use crate::call::spec::{CallerId, Target, TransferMode, TransferSpec};

/// How long a phone's own call rings before it is given up.
const CALLER_RING_MS: u64 = 60_000;

impl Exchange {
    pub(super) fn incoming(&mut self, leg: LegId, incoming: Incoming) {
        if let Some(other) = incoming.replaces {
            return self.replacing(leg, incoming, other);
        }
        if self.draining {
            self.shared.counters.calls_refused = self.shared.counters.calls_refused.saturating_add(1);
            self.shared.notice(leg, LegNotice::Reject { cause: Cause::new(CauseKind::Overload) });
            return;
        }
        self.shared.counters.calls = self.shared.counters.calls.saturating_add(1);
        let id = self.shared.new_call_id();
        self.shared.legs.insert(leg, id);
        let (caller, dialed) = (incoming.caller.number.clone(), incoming.dialed.clone());
        self.shared.event(id, id, CallEventKind::Began { caller, dialed });
        let session = Session::new(id, leg, incoming.clone(), &mut self.shared);
        self.sessions.insert(id, session);
        self.with(id, Happened::Began { leg, incoming });
    }
}

impl Session {
    /// An INVITE from outside reaches a flow or nothing; a phone may also dial an extension, a
    /// queue, or a number outside under the site's policy.
    pub(super) fn route(&mut self, shared: &mut Shared) {
        let flow = self.plan.site.numbers.flow(&self.arrival.dialed).map(|entry| entry.flow.clone());
        let outside = self.subject_is_outside();
        let inside = self.plan.site.user_of_extension(&self.arrival.dialed).is_some()
            || self.plan.site.queue_of_extension(&self.arrival.dialed).is_some();
        match flow {
            Some(flow) if outside || !inside => self.start_flow(shared, &flow, &[]),
            _ if outside => self.end(shared, Cause::new(CauseKind::InvalidNumber), HangupBy::System),
            _ => self.dial_for_caller(shared),
        }
    }

    fn dial_for_caller(&mut self, shared: &mut Shared) {
        let dialed = Target::Number { number: self.arrival.dialed.clone(), tainted: false };
        let spec = TransferSpec {
            ring_ms: CALLER_RING_MS,
            caller_id: self.caller_id_for_outside(),
            ..self.transfer_spec(dialed, TransferMode::Blind)
        };
        let id = shared.new_transfer_id();
        match self.start_transfer(shared, id, spec, By::Caller) {
            Ok(Started::Pending) => {}
            Ok(Started::Flow(flow)) => self.start_flow(shared, &flow, &[]),
            Err(failure) => {
                self.end(shared, failure.cause(), HangupBy::System);
            }
        }
    }

    /// An extension means nothing outside: the trunk's number is shown.
    fn caller_id_for_outside(&self) -> CallerId {
        match self.party(self.subject).map(|p| &p.origin) {
            Some(Origin::User(_)) => CallerId::Company,
            _ => CallerId::Caller,
        }
    }
}
