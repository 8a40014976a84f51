//! Transfers: from the request through its gates to a bridge or an outcome.
//!
//! Gates come first: nothing has happened to the call when one refuses. Who asked (a flow, a phone, the API, a caller
//! who dialled, a recall) decides what a failure leads to, not how it is rung.

use std::sync::Arc;

use super::asking::Asking;
use super::book::first_state;
use super::guard::{self, Allowance, Approved};
pub use super::outcome::Failure;
use super::outcome::cause_of;
use super::party::{Role, Stage};
use super::port::{LegNotice, LegRequest, Output, PlaceOutside};
use super::reach::Reached;
use super::session::{Session, State, Talk};
use super::shared::Shared;
use super::timers::TimerId;
use super::waiting::Waiting;
use crate::base::id::{LegId, OrderId, RequestId, TransferId};
use crate::base::time::Micros;
use crate::call::audio::{AudioSource, ToneRegion};
use crate::call::cause::{Cause, CauseKind};
use crate::call::dial::{Dial, Dialled};
use crate::call::leg::{Name, ReferToken};
use crate::call::order::{PartyState, Taken, TransferState};
use crate::call::record::{HangupBy, IntervalKind};
use crate::call::spec::{Completion, Prompts, TransferMode, TransferSpec};

/// Who asked for a transfer.
#[derive(Clone, Debug)]
pub enum By {
    /// A flow, at this step.
    Flow { flow: Name, step: Name },
    /// A caller's own dialling: no hop, no transferor.
    Caller,
    /// A phone or trunk by REFER.
    Phone { leg: LegId, token: ReferToken },
    /// The API, in the name of the user behind this leg; or, without an order, that user's own keys.
    Order { leg: LegId, order: Option<OrderId> },
    /// The transferor is called back after a transfer that failed, and so often again.
    Recall { user: Name, again: u32, why: Box<Failure> },
    /// The site's queue for callers whom nobody takes back.
    Fallback,
}

impl By {
    pub fn transferor(&self) -> Option<LegId> {
        match self {
            By::Phone { leg, .. } | By::Order { leg, .. } => Some(*leg),
            By::Flow { .. } | By::Caller | By::Recall { .. } | By::Fallback => None,
        }
    }

    pub fn token(&self) -> Option<ReferToken> {
        match self {
            By::Phone { token, .. } => Some(*token),
            _ => None,
        }
    }

    /// Whether the call moves: not by its caller's own dialling, nor back to the transferor.
    fn moves(&self) -> bool {
        !matches!(self, By::Caller | By::Recall { .. })
    }
}

#[derive(Debug)]
pub enum Started {
    Pending,
    /// The number is that of a flow, which the caller of `start_transfer` begins.
    Flow(Name),
}

/// A transfer under way.
#[derive(Debug)]
pub struct Transfer {
    pub id: TransferId,
    pub spec: TransferSpec,
    pub by: By,
    pub stage: TransferStage,
}

#[derive(Debug)]
pub enum TransferStage {
    /// The policies allowed it; the user's permit is asked for. Nothing has happened to the call.
    Admitting {
        request: RequestId,
        allowance: Box<Allowance>,
        /// What the call goes back to if the permit is refused.
        talk: Option<Talk>,
    },
    /// The decision is on its way to disk; the leg is placed when it is there.
    Deciding {
        request: RequestId,
        approved: Box<Approved>,
    },
    Dialing {
        dial: Dial,
        timer: TimerId,
    },
    /// The target answered and is asked whether it takes the call.
    Asking(Asking),
    /// The transferor and the target are in private; the subject is on hold. Swapped, it is the other way round.
    Consulting {
        target: LegId,
        swapped: bool,
    },
    Queued(Waiting),
    /// The target answered; the subject is being answered before they are joined.
    Joining {
        target: LegId,
    },
    /// Between two recalls.
    Pausing {
        timer: TimerId,
    },
}

impl Transfer {
    /// The transferor stays and talks to the target first.
    pub fn is_private(&self) -> bool {
        is_private(&self.spec, &self.by)
    }

    pub fn cancel_timers(&self, shared: &mut Shared) {
        match &self.stage {
            TransferStage::Dialing { timer, .. } | TransferStage::Pausing { timer } => shared.timers.cancel(*timer),
            TransferStage::Queued(waiting) => waiting.cancel_timers(shared),
            TransferStage::Asking(asking) => asking.cancel_timers(shared),
            TransferStage::Admitting { talk: Some(talk), .. } => shared.timers.cancel(talk.limit),
            TransferStage::Admitting { .. }
            | TransferStage::Deciding { .. }
            | TransferStage::Consulting { .. }
            | TransferStage::Joining { .. } => {}
        }
    }
}

/// Whether it is a consultation of a person; a flow's own is a question to the target.
pub fn is_private(spec: &TransferSpec, by: &By) -> bool {
    spec.mode == TransferMode::Attended && matches!(by, By::Order { .. })
}

impl Session {
    /// Passes the gates and begins. On `Err` nothing has changed.
    pub fn start_transfer(
        &mut self,
        shared: &mut Shared,
        id: TransferId,
        spec: TransferSpec,
        by: By,
    ) -> Result<Started, Failure> {
        let moves = by.moves();
        if moves {
            if self.moves.hops >= self.plan.site.limits.max_hops || self.goes_round(&spec.target) {
                return Err(Failure::new("loop"));
            }
            shared.counters.transfers = shared.counters.transfers.saturating_add(1);
        }
        let reached = self.reach(shared, &spec.target, &by)?;
        if is_private(&spec, &by) {
            self.can_be_consulted(&reached, &by)?;
        }
        let stage = match reached {
            Reached::Flow { flow, number } => {
                self.gates_passed(shared, id, &spec, &by);
                self.let_transferor_go(shared, &spec, &by);
                self.moves.count(moves, &spec.target);
                self.arrival.dialed = number;
                if matches!(by, By::Flow { .. }) {
                    // Nobody waits for what becomes of it: the one flow gave the call to the other.
                    self.transfer_is(shared, id, TransferState::Completed, None, Some("a flow has the call"));
                }
                return Ok(Started::Flow(flow));
            }
            Reached::User { user, contacts } => {
                self.gates_passed(shared, id, &spec, &by);
                if !is_private(&spec, &by) {
                    self.wait_for_ringing(shared, &spec, &by);
                }
                let stage = self.ring_user(shared, &user, &contacts, &spec, &by, Role::Target);
                self.let_transferor_go(shared, &spec, &by);
                stage
            }
            Reached::Queue(entry) => self.join_queue(shared, id, &entry, &spec, &by)?,
            Reached::Outside { number, tainted } => {
                let allowance = guard::judge(self, shared, &spec, &by, &number, tainted)?;
                match allowance.permit.clone() {
                    Some(permit) => {
                        let request = shared.ask_permit(self.id, permit, allowance.leg);
                        TransferStage::Admitting { request, allowance: Box::new(allowance), talk: None }
                    }
                    None => self.admit(shared, id, &spec, &by, allowance)?,
                }
            }
        };
        if matches!(by, By::Flow { .. }) {
            self.moves.by_flow = self.moves.by_flow.saturating_add(1);
        }
        self.moves.count(moves, &spec.target);
        self.typed.clear();
        let before = std::mem::replace(&mut self.state, State::Flow);
        let mut stage = stage;
        if let (TransferStage::Admitting { talk, .. }, State::Talking(talked)) = (&mut stage, before) {
            *talk = Some(talked);
        }
        self.state = State::Transfer(Box::new(Transfer { id, spec, by, stage }));
        Ok(Started::Pending)
    }

    /// What is heard while the target rings.
    pub fn background(&self, shared: &mut Shared, spec: &TransferSpec) {
        if self.subject_is_up() {
            let ringback = || -> Prompts { Arc::from([AudioSource::Ringback(ToneRegion::Uk)]) };
            let sources = spec.hold_audio.clone().unwrap_or_else(ringback);
            shared.notice(self.subject, LegNotice::Background(sources));
        }
    }

    /// What is heard until the target rings: who is transferred is on hold so long (T10); who dialled hears it ring.
    fn wait_for_ringing(&self, shared: &mut Shared, spec: &TransferSpec, by: &By) {
        if by.transferor().is_some() && self.subject_is_up() {
            shared.music(self.subject);
        } else {
            self.background(shared, spec);
        }
    }

    /// The gates have passed: the transferor no longer hears its peer, and whoever asked is told so.
    pub fn gates_passed(&mut self, shared: &mut Shared, id: TransferId, spec: &TransferSpec, by: &By) {
        if let State::Talking(talk) = &self.state {
            shared.timers.cancel(talk.limit);
        }
        let state = first_state(spec, is_private(spec, by));
        match by {
            // The answer goes out before anything that tells of progress.
            By::Phone { leg, token } => {
                shared.notice(*leg, LegNotice::AnswerRefer { token: *token, status: 202 });
                shared.notice(self.subject, LegNotice::Disconnect { peer: *leg });
            }
            By::Order { leg, order } => {
                let taken = Taken { call: self.id, transfer: Some((id, state)) };
                if let Some(order) = *order {
                    shared.out.push(Output::Answer { order, result: Ok(taken) });
                }
                shared.notice(self.subject, LegNotice::Disconnect { peer: *leg });
            }
            By::Flow { .. } | By::Caller | By::Recall { .. } | By::Fallback => {}
        }
        if by.moves() {
            self.open_transfer(shared, id, spec, state);
        }
        self.diary.enter(IntervalKind::Ring, shared.now.wall);
    }

    /// The target's leg is placed, or the call has its place in the queue: a transferor for whom the API asked is free
    /// (T11). One that asked by REFER ends its call by itself; one that consults stays.
    pub fn let_transferor_go(&mut self, shared: &mut Shared, spec: &TransferSpec, by: &By) {
        let By::Order { leg, .. } = by else { return };
        if is_private(spec, by) {
            self.hold_for_consultation(shared, *leg, spec);
            return;
        }
        if let Some(handover) = &mut self.handover {
            handover.waits = false;
        }
        self.hang_up(shared, *leg, Cause::new(CauseKind::Normal));
    }

    /// Every gate has passed: the transferor is let go, and the decision goes to disk.
    fn admit(
        &mut self,
        shared: &mut Shared,
        id: TransferId,
        spec: &TransferSpec,
        by: &By,
        allowance: Allowance,
    ) -> Result<TransferStage, Failure> {
        let approved = guard::admitted(self, shared, by, allowance)?;
        self.gates_passed(shared, id, spec, by);
        if is_private(spec, by) {
            self.let_transferor_go(shared, spec, by);
        } else {
            self.wait_for_ringing(shared, spec, by);
        }
        let (request, approved) = guard::commit(self, shared, approved);
        Ok(TransferStage::Deciding { request, approved })
    }

    /// The permit was given or refused.
    pub fn permit_answered(&mut self, shared: &mut Shared, result: Result<(), Cause>) {
        let State::Transfer(transfer) = std::mem::replace(&mut self.state, State::Flow) else { return };
        let Transfer { id, spec, by, stage } = *transfer;
        let TransferStage::Admitting { allowance, talk, .. } = stage else { return };
        let stage = if result.is_ok() {
            let subject = allowance.permit.as_ref().map(|p| p.subject.clone());
            if let Some(party) = self.party_mut(allowance.leg) {
                party.permit = subject;
            }
            self.admit(shared, id, &spec, &by, *allowance)
        } else {
            Err(guard::not_admitted(self, shared, &by, *allowance))
        };
        match stage {
            Ok(stage) => {
                if let Some(talk) = talk {
                    shared.timers.cancel(talk.limit);
                }
                self.state = State::Transfer(Box::new(Transfer { id, spec, by, stage }));
            }
            Err(failure) => self.not_started(shared, by, talk, failure),
        }
    }

    /// The last gate refused: nothing has happened to the call, and it goes on as before.
    fn not_started(&mut self, shared: &mut Shared, by: By, talk: Option<Talk>, failure: Failure) {
        match by {
            By::Phone { .. } | By::Order { .. } => {
                self.moves.hops = self.moves.hops.saturating_sub(1);
                self.handover_refused(shared, &by, talk, &failure);
            }
            By::Flow { .. } => {
                self.note_failure(&failure);
                let Failure { outcome: name, value, .. } = failure;
                self.wake(shared, Completion::Outcome { name, value });
            }
            By::Caller | By::Recall { .. } | By::Fallback => {
                self.end(shared, Cause::new(cause_of(failure.outcome)), HangupBy::System);
            }
        }
    }

    /// The decision is on disk, or could not be put there.
    pub fn decided(&mut self, shared: &mut Shared, result: Result<(), Cause>) {
        let State::Transfer(transfer) = std::mem::replace(&mut self.state, State::Flow) else { return };
        let Transfer { id, spec, by, stage } = *transfer;
        let TransferStage::Deciding { approved, .. } = stage else { return };
        if result.is_err() {
            // No record, no leg: the promise is kept by not calling, and it was no visit to the number.
            self.leg_gone(shared, approved.leg, Cause::new(CauseKind::Error));
            self.moves.attempts.pop();
            self.moves.outside = self.moves.outside.saturating_sub(1);
            let stage = TransferStage::Joining { target: approved.leg };
            self.state = State::Transfer(Box::new(Transfer { id, spec, by, stage }));
            self.transfer_failed(shared, Failure::new("error"));
            return;
        }
        let Approved { token, trunk, leg, max_leg_ms, .. } = *approved;
        let mut spec = spec;
        spec.max_duration_ms = spec.max_duration_ms.min(max_leg_ms.unwrap_or(u64::MAX));
        let presented = self.presented(&spec, self.plan.site.trunks.get(&trunk), &by);
        self.note_transferor(leg, &spec, &by);
        self.place(shared, leg, LegRequest::PlaceOutside(PlaceOutside { token, trunk, presented }));
        if !is_private(&spec, &by) {
            self.let_transferor_go(shared, &spec, &by);
        }
        let timer = shared.set_timer(self.id, Micros::from_ms(spec.ring_ms));
        let stage = TransferStage::Dialing { dial: Dial::new([leg]), timer };
        self.state = State::Transfer(Box::new(Transfer { id, spec, by, stage }));
    }

    /// A placed leg rings.
    pub fn target_ringing(&mut self, shared: &mut Shared, leg: LegId) {
        let now = shared.now.wall;
        if let Some(party) = self.party_mut(leg).filter(|p| matches!(p.stage, Stage::Placing(_)))
            && party.times.ringing.is_none()
        {
            party.times.ringing = Some(now);
            self.tell_party(shared, leg, PartyState::Ringing);
        }
        let State::Transfer(transfer) = &mut self.state else { return };
        let TransferStage::Dialing { dial, .. } = &mut transfer.stage else { return };
        if !dial.ringing(leg) {
            return;
        }
        let moved = (transfer.by.transferor().is_some() && !transfer.is_private()).then(|| transfer.spec.clone());
        if self.party(self.subject).is_some_and(|p| p.stage == Stage::Offered) {
            shared.notice(self.subject, LegNotice::Ring);
        }
        if let Some(spec) = moved {
            self.background(shared, &spec);
        }
        self.tell_progress(shared, 180);
    }

    /// A placed leg answered.
    pub fn target_answered(&mut self, shared: &mut Shared, leg: LegId) {
        let State::Transfer(transfer) = &mut self.state else {
            self.hang_up(shared, leg, Cause::new(CauseKind::Cancelled));
            return;
        };
        let result = match &mut transfer.stage {
            TransferStage::Dialing { dial, .. } => dial.answered(leg),
            TransferStage::Queued(waiting) => waiting.answered(leg),
            _ => None,
        };
        match result {
            Some(Dialled::Answered(leg)) => {
                if !self.ask_agent(shared, leg) {
                    self.offer_taken(shared);
                    self.join(shared, leg);
                }
            }
            _ => self.hang_up(shared, leg, Cause::new(CauseKind::Cancelled)),
        }
    }

    /// A placed leg failed.
    pub fn target_failed(&mut self, shared: &mut Shared, leg: LegId, cause: Cause) {
        let State::Transfer(transfer) = &mut self.state else { return };
        let failed = match &mut transfer.stage {
            TransferStage::Dialing { dial, .. } => dial.failed(leg, cause),
            TransferStage::Queued(waiting) => {
                if waiting.failed(leg, cause) {
                    self.offer_failed(shared);
                }
                return;
            }
            _ => None,
        };
        if let Some(Dialled::Failed(cause)) = failed {
            let outside = self.party(leg).is_some_and(|p| p.origin.is_outside());
            self.transfer_failed(shared, Failure::of_leg(cause, outside));
        }
    }

    /// The ring timer fired. Returns false if it is not this transfer's.
    pub fn transfer_timer(&mut self, shared: &mut Shared, timer: TimerId) -> bool {
        if self.recall_timer(shared, timer) || self.asking_timer(shared, timer) {
            return true;
        }
        let State::Transfer(transfer) = &mut self.state else { return false };
        match &mut transfer.stage {
            TransferStage::Dialing { dial, timer: due } if *due == timer => {
                if dial.timed_out().is_some() {
                    self.transfer_failed(shared, Failure::new("no_answer"));
                }
                true
            }
            TransferStage::Queued(waiting) => {
                if waiting.offer_timed_out(timer) {
                    self.offer_failed(shared);
                    return true;
                }
                self.queue_timer(shared, timer)
            }
            _ => false,
        }
    }
}
