//! A phone or trunk transfers the call that it is a party of, by REFER (RFC 3515, RFC 5589 §6). Whether it may, and to
//! whom; what becomes of it is in `transfer` and `handover`.

use std::sync::Arc;

use super::handover::{Before, Handover};
use super::outcome::Failure;
use super::port::{LegNotice, Output};
use super::session::{Session, State};
use super::shared::Shared;
use super::transfer::{By, Started};
use crate::base::id::{LegId, TransferId};
use crate::base::limits;
use crate::call::leg::{Origin, ReferToken};
use crate::call::spec::{CallerId, Gate, Target, TransferMode, TransferSpec};
use crate::site::model::TrunkTransfers;

impl Session {
    /// A party asks for its peer to be transferred.
    pub fn refer_requested(&mut self, shared: &mut Shared, leg: LegId, token: ReferToken, to: &Arc<str>) {
        let refusal = match self.refer_gate(leg) {
            Ok(peer) => {
                let target = Target::Number { number: to.clone(), tainted: false };
                let spec = self.transfer_spec(target, TransferMode::Blind);
                let id = shared.new_transfer_id();
                match self.begin_handover(shared, id, peer, spec, By::Phone { leg, token }) {
                    Ok(()) => return,
                    Err(failure) => refusal_status(&failure),
                }
            }
            Err(status) => status,
        };
        shared.notice(leg, LegNotice::AnswerRefer { token, status: refusal });
    }

    /// Whether this party may transfer at all now; its peer if so, else the status to refuse with.
    pub fn refer_gate(&self, leg: LegId) -> Result<LegId, u16> {
        // One that was told of a transfer's success is no party of what came of it.
        let peer = self.peer_of(leg).ok_or(603_u16)?;
        if !self.is_live(leg) || !self.is_live(peer) {
            return Err(603);
        }
        match self.party(leg).map(|p| &p.origin) {
            Some(Origin::User(_)) => Ok(peer),
            Some(Origin::Trunk(trunk)) => match self.plan.site.trunks.get(trunk).map(|t| t.transfers) {
                Some(TrunkTransfers::Guarded) => Ok(peer),
                _ => Err(603),
            },
            None => Err(603),
        }
    }

    /// What a phone's transfer, or one of the API, asks for.
    pub fn transfer_spec(&self, target: Target, mode: TransferMode) -> TransferSpec {
        TransferSpec {
            mode,
            target,
            ring_ms: self.plan.site.transfers.ring_ms,
            caller_id: CallerId::Caller,
            hold_audio: None,
            max_duration_ms: limits::MAX_DURATION.as_ms(),
            resume: false,
            gate: Gate::default(),
            context: Arc::from([]),
            stops_recording: false,
            guards: self.plan.site_guards(),
        }
    }

    /// One of two who talk gives the other away. On `Err` nothing has happened.
    pub fn begin_handover(
        &mut self,
        shared: &mut Shared,
        id: TransferId,
        peer: LegId,
        spec: TransferSpec,
        by: By,
    ) -> Result<(), Failure> {
        let (State::Talking(talk), Some(transferor)) = (&self.state, by.transferor()) else {
            return Err(Failure::new("error"));
        };
        let before = Before::of(self, talk);
        self.subject = peer;
        self.handover = Some(Handover::new(id, spec.mode, &by, transferor, before));
        match self.start_transfer(shared, id, spec, by) {
            Ok(Started::Pending) => Ok(()),
            Ok(Started::Flow(flow)) => {
                self.run = None;
                self.start_flow(shared, &flow, &[]);
                Ok(())
            }
            Err(failure) => {
                self.subject = before.subject;
                self.handover = None;
                Err(failure)
            }
        }
    }

    /// Tells the transferor that nothing comes of it, and that nothing has happened.
    pub fn refuse_transferor(&self, shared: &mut Shared, by: &By, failure: &Failure) {
        match by {
            By::Phone { leg, token } => {
                let status = refusal_status(failure);
                shared.notice(*leg, LegNotice::AnswerRefer { token: *token, status });
            }
            By::Order { order: Some(order), .. } => {
                shared.out.push(Output::Answer { order: *order, result: Err(failure.refused()) });
            }
            By::Order { order: None, .. } => {}
            By::Flow { .. } | By::Caller | By::Recall { .. } | By::Fallback => {}
        }
    }
}

/// What a refused REFER is answered with.
pub fn refusal_status(failure: &Failure) -> u16 {
    match failure.outcome {
        "invalid_number" | "not_found" => 404,
        "offline" | "no_agents" | "unreachable" | "ewt_exceeded" => 480,
        "full" => 486,
        _ => 603,
    }
}
