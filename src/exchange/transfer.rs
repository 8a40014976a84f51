//! Transfers: from the request through its gates to a bridge or an outcome.
//!
//! Gates come first: nothing has happened to the call when one refuses. Who asked (a flow, a
//! phone, a caller who dialled, a recall) decides what a failure leads to, not how it is rung.

use std::sync::Arc;

use super::guard::{self, Allowance, Approved};
pub use super::outcome::Failure;
use super::outcome::{as_declared, cause_of};
use super::party::{Role, Stage};
use super::port::{LegNotice, LegRequest, PlaceOutside};
use super::session::{Session, State, Talk};
use super::shared::Shared;
use super::timers::TimerId;
use super::waiting::Waiting;
use crate::acd::AgentState;
use crate::base::id::{LegId, RequestId, TransferId};
use crate::base::limits;
use crate::base::time::Micros;
use crate::call::audio::{AudioSource, ToneRegion};
use crate::call::cause::{Cause, CauseKind};
use crate::call::dial::{Dial, Dialled};
use crate::call::leg::{ContactId, Name, ReferToken};
use crate::call::record::{HangupBy, IntervalKind};
use crate::call::spec::{Completion, Prompts, QueueEntry, Target, TransferSpec};

/// Who asked for a transfer.
#[derive(Clone, Debug)]
pub enum By {
    /// A flow, at this step.
    Flow { flow: Name, step: Name },
    /// A caller's own dialling: no hop, no transferor.
    Caller,
    /// A phone or trunk by REFER.
    Phone { leg: LegId, token: ReferToken },
    /// The transferor is called back after a transfer that failed.
    Recall,
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
    Queued(Waiting),
    /// The target answered; the subject is being answered before they are joined.
    Joining {
        target: LegId,
    },
}

/// Where a target leads, after the site's directory was asked.
enum Resolved {
    User { user: Name, contacts: Vec<ContactId> },
    Queue(QueueEntry),
    Flow { flow: Name, number: Arc<str> },
    Outside { number: Arc<str>, tainted: bool },
}

impl Transfer {
    pub fn cancel_timers(&self, shared: &mut Shared) {
        match &self.stage {
            TransferStage::Dialing { timer, .. } => shared.timers.cancel(*timer),
            TransferStage::Queued(waiting) => waiting.cancel_timers(shared),
            TransferStage::Admitting { talk: Some(talk), .. } => shared.timers.cancel(talk.limit),
            TransferStage::Admitting { .. } | TransferStage::Deciding { .. } | TransferStage::Joining { .. } => {}
        }
    }
}

impl Session {
    /// Passes the gates and begins. On `Err` nothing has changed.
    pub fn start_transfer(&mut self, shared: &mut Shared, spec: TransferSpec, by: By) -> Result<Started, Failure> {
        let moves = !matches!(by, By::Caller | By::Recall);
        if moves {
            if self.moves.hops >= self.plan.site.limits.max_hops {
                return Err(Failure::new("loop"));
            }
            shared.counters.transfers = shared.counters.transfers.saturating_add(1);
        }
        let id = shared.new_transfer_id();
        let resolved = self.resolve(shared, &spec.target, &by)?;
        let stage = match resolved {
            Resolved::Flow { flow, number } => {
                self.release_transferor(shared, &by);
                self.moves.hops = self.moves.hops.saturating_add(u32::from(moves));
                self.arrival.dialed = number;
                return Ok(Started::Flow(flow));
            }
            Resolved::User { user, contacts } => {
                self.release_transferor(shared, &by);
                self.background(shared, &spec);
                self.ring_user(shared, &user, &contacts, &spec, &by, Role::Target)
            }
            Resolved::Queue(entry) => self.join_queue(shared, &entry, &by)?,
            Resolved::Outside { number, tainted } => {
                let allowance = guard::judge(self, shared, &spec, &by, &number, tainted)?;
                match allowance.permit.clone() {
                    Some(permit) => {
                        let request = shared.ask_permit(self.id, permit, allowance.leg);
                        TransferStage::Admitting { request, allowance: Box::new(allowance), talk: None }
                    }
                    None => self.admit(shared, &spec, &by, allowance)?,
                }
            }
        };
        if matches!(by, By::Flow { .. }) {
            self.moves.by_flow = self.moves.by_flow.saturating_add(1);
        }
        self.moves.hops = self.moves.hops.saturating_add(u32::from(moves));
        self.typed.clear();
        let before = std::mem::replace(&mut self.state, State::Flow);
        let mut stage = stage;
        if let (TransferStage::Admitting { talk, .. }, State::Talking(talked)) = (&mut stage, before) {
            *talk = Some(talked);
        }
        self.state = State::Transfer(Box::new(Transfer { id, spec, by, stage }));
        Ok(Started::Pending)
    }

    fn resolve(&self, shared: &Shared, target: &Target, by: &By) -> Result<Resolved, Failure> {
        let site = &self.plan.site;
        match target {
            Target::User(name) => self.reach_user(shared, name),
            Target::Agent(name) => {
                let reached = self.reach_user(shared, name)?;
                match shared.queues.agent(name).map(|a| a.state) {
                    Some(AgentState::Offered { .. } | AgentState::Busy) => Err(Failure::new("busy")),
                    Some(AgentState::WrapUp { .. }) => Err(Failure::new("dnd")),
                    Some(AgentState::Idle { .. }) | None => Ok(reached),
                }
            }
            Target::Queue(entry) => Ok(Resolved::Queue(entry.clone())),
            Target::Extension(extension) => self.inside(shared, extension).unwrap_or(Err(Failure::new("not_found"))),
            Target::Number { number, tainted } => {
                if let Some(inside) = self.inside(shared, number) {
                    return inside;
                }
                // The flow of a number may transfer to that very number: it means the trunk behind it.
                if let Some(entry) = site.numbers.flow(number)
                    && !matches!(by, By::Flow { flow, .. } if *flow == entry.flow)
                {
                    return Ok(Resolved::Flow { flow: entry.flow.clone(), number: number.clone() });
                }
                Ok(Resolved::Outside { number: number.clone(), tainted: *tainted })
            }
            Target::Pstn { number, tainted } => Ok(Resolved::Outside { number: number.clone(), tainted: *tainted }),
        }
    }

    /// Whether a number is neither the site's own nor an extension of it.
    pub fn leaves(&self, shared: &Shared, number: &Arc<str>, by: &By) -> bool {
        let target = Target::Number { number: number.clone(), tainted: false };
        matches!(self.resolve(shared, &target, by), Ok(Resolved::Outside { .. }))
    }

    /// An extension of the site's directory.
    fn inside(&self, shared: &Shared, number: &str) -> Option<Result<Resolved, Failure>> {
        let site = &self.plan.site;
        if let Some(user) = site.user_of_extension(number) {
            return Some(self.reach_user(shared, &user.name));
        }
        let queue = site.queue_of_extension(number)?;
        Some(Ok(Resolved::Queue(QueueEntry::to(queue.name.clone()))))
    }

    fn reach_user(&self, shared: &Shared, name: &Name) -> Result<Resolved, Failure> {
        let contacts = shared.reachable.get(name).cloned().unwrap_or_default();
        if contacts.is_empty() {
            return Err(Failure::new("offline"));
        }
        Ok(Resolved::User { user: name.clone(), contacts })
    }

    /// What the subject hears while the target rings.
    fn background(&self, shared: &mut Shared, spec: &TransferSpec) {
        if self.subject_is_up() {
            let ringback = || -> Prompts { Arc::from([AudioSource::Ringback(ToneRegion::Uk)]) };
            let sources = spec.hold_audio.clone().unwrap_or_else(ringback);
            shared.notice(self.subject, LegNotice::Background(sources));
        }
    }

    /// The gates have passed: the transferor no longer hears its peer.
    pub fn release_transferor(&mut self, shared: &mut Shared, by: &By) {
        if let State::Talking(talk) = &self.state {
            shared.timers.cancel(talk.limit);
        }
        if let By::Phone { leg, token } = by {
            // The answer goes out before anything that tells of progress.
            shared.notice(*leg, LegNotice::AnswerRefer { token: *token, status: 202 });
            shared.notice(self.subject, LegNotice::Disconnect { peer: *leg });
        }
        self.diary.enter(IntervalKind::Ring, shared.now.wall);
    }

    /// Every gate has passed: the transferor is let go, and the decision goes to disk.
    fn admit(
        &mut self,
        shared: &mut Shared,
        spec: &TransferSpec,
        by: &By,
        allowance: Allowance,
    ) -> Result<TransferStage, Failure> {
        let approved = guard::admitted(self, shared, by, allowance)?;
        self.release_transferor(shared, by);
        self.background(shared, spec);
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
            self.admit(shared, &spec, &by, *allowance)
        } else {
            guard::not_admitted(self, shared, &by, *allowance);
            Err(Failure::new("limit"))
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
            By::Phone { leg, token } => {
                self.moves.hops = self.moves.hops.saturating_sub(1);
                self.refer_refused(shared, leg, token, talk, &failure);
            }
            By::Flow { .. } => {
                self.note_failure(&failure);
                let Failure { outcome: name, value, .. } = failure;
                self.wake(shared, Completion::Outcome { name, value });
            }
            By::Caller | By::Recall => {
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
        let company = self.plan.site.trunks.get(&trunk).and_then(|t| t.caller_id.clone());
        let presented = self.presented(&spec.caller_id, company.as_ref(), &by);
        self.note_transferor(leg, &by);
        self.place(shared, leg, LegRequest::PlaceOutside(PlaceOutside { token, trunk, presented }));
        let timer = shared.set_timer(self.id, Micros::from_ms(spec.ring_ms));
        let stage = TransferStage::Dialing { dial: Dial::new([leg]), timer };
        self.state = State::Transfer(Box::new(Transfer { id, spec, by, stage }));
    }

    /// A placed leg rings.
    pub fn target_ringing(&mut self, shared: &mut Shared, leg: LegId) {
        let now = shared.now.wall;
        if let Some(party) = self.party_mut(leg) {
            party.times.ringing.get_or_insert(now);
        }
        let State::Transfer(transfer) = &mut self.state else { return };
        let TransferStage::Dialing { dial, .. } = &mut transfer.stage else { return };
        if !dial.ringing(leg) {
            return;
        }
        if self.party(self.subject).is_some_and(|p| p.stage == Stage::Offered) {
            shared.notice(self.subject, LegNotice::Ring);
        }
        if self.refer.is_some() {
            self.refer_progress(shared, 180);
        }
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
                self.offer_taken(shared);
                self.join(shared, leg);
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

    /// Somebody answered: everybody else stops ringing, the subject is answered if need be, and
    /// the two are joined.
    pub fn join(&mut self, shared: &mut Shared, target: LegId) {
        self.stop_ringing(shared, Some(target), CauseKind::Cancelled);
        self.end_aside();
        let subject_up = self.subject_is_up();
        if let State::Transfer(transfer) = &mut self.state {
            transfer.cancel_timers(shared);
            transfer.stage = TransferStage::Joining { target };
        }
        if subject_up || self.answer_subject(shared).is_none() {
            self.joined(shared);
        }
    }

    /// Both sides are up: they talk.
    pub fn joined(&mut self, shared: &mut Shared) {
        let State::Transfer(transfer) = &self.state else { return };
        let TransferStage::Joining { target } = transfer.stage else { return };
        let (spec, by) = (transfer.spec.clone(), transfer.by.clone());
        // One transfer at a time: an outside target is the last one that was tried.
        if self.party(target).is_some_and(|p| p.origin.is_outside())
            && let Some(attempt) = self.moves.attempts.last_mut()
        {
            attempt.answered = true;
        }
        shared.counters.transfers_bridged = shared.counters.transfers_bridged.saturating_add(1);
        let resume = spec.resume && matches!(by, By::Flow { .. });
        if !resume {
            self.run = None;
        }
        self.end_flow_limit(shared);
        if self.refer.is_some() {
            self.refer_final(shared, 200);
        }
        let limit = Micros::from_ms(spec.max_duration_ms).min(limits::MAX_DURATION);
        self.talk(shared, target, limit, resume);
    }

    /// Ends every leg that still rings, but for one.
    pub fn stop_ringing(&mut self, shared: &mut Shared, except: Option<LegId>, cause: CauseKind) {
        let ringing: Vec<LegId> = self
            .parties
            .iter()
            .filter(|p| matches!(p.stage, Stage::Placing(_) | Stage::Planned) && Some(p.leg) != except)
            .map(|p| p.leg)
            .collect();
        for leg in ringing {
            self.hang_up(shared, leg, Cause::new(cause));
        }
    }

    /// The transfer came to nothing; who asked for it decides what becomes of the call.
    pub fn transfer_failed(&mut self, shared: &mut Shared, failure: Failure) {
        let State::Transfer(transfer) = std::mem::replace(&mut self.state, State::Flow) else { return };
        transfer.cancel_timers(shared);
        self.end_aside();
        let unanswered = failure.outcome == "no_answer";
        self.stop_ringing(shared, None, if unanswered { CauseKind::NoAnswer } else { CauseKind::Cancelled });
        if self.subject_is_up() {
            shared.notice(self.subject, LegNotice::StopPlay);
            self.diary.enter(IntervalKind::Flow, shared.now.wall);
        }
        match &transfer.by {
            By::Flow { .. } => {
                self.note_failure(&failure);
                let name = as_declared(&transfer.spec.target, failure.outcome);
                let completion = Completion::Outcome { name, value: failure.value };
                self.wake(shared, completion);
            }
            By::Caller => self.end(shared, failure.cause(), HangupBy::System),
            By::Phone { .. } | By::Recall => self.refer_failed(shared, &failure, &transfer.by),
        }
    }
}
