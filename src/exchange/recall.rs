//! The transferor is called back so that the transferred party is not left alone (T12): a new call to its devices, again
//! after a pause, so often as the site says (T14). Then the site's fallback has the party; it hears something all the
//! while (T15).

use std::sync::Arc;

use super::outcome::Failure;
use super::party::Role;
use super::port::{LegNotice, LegRequest};
use super::session::{Session, State};
use super::shared::Shared;
use super::timers::TimerId;
use super::transfer::{By, Started, Transfer, TransferStage};
use crate::base::id::{RequestId, TransferId};
use crate::base::time::Micros;
use crate::call::audio::{AudioSource, ToneRegion};
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::Name;
use crate::call::order::TransferState;
use crate::call::record::{HangupBy, IntervalKind};
use crate::call::spec::{Completion, QueueEntry, Target, TransferMode};
use crate::site::model::Fallback;

impl Session {
    /// Calls the transferor back, or goes on to the fallback if that has no sense. The failure is that of the transfer.
    pub fn begin_recall(&mut self, shared: &mut Shared, failure: &Failure) {
        let Some(handover) = &self.handover else { return self.fall_back(shared, failure) };
        let (id, transferor) = (handover.transfer, handover.transferor);
        let user = self.party(transferor).and_then(|p| p.user().cloned());
        let Some(user) = user.filter(|user| self.can_be_recalled(shared, user)) else {
            return self.fall_back(shared, failure);
        };
        self.transfer_is(shared, id, TransferState::Recalling, Some(failure.outcome), Some(failure.words()));
        let again = self.plan.site.transfers.recall.retries;
        self.recall(shared, id, &user, By::Recall { user: user.clone(), again, why: Box::new(failure.clone()) });
    }

    /// Offline, or with somebody else: a recall would ring for nobody (T15).
    fn can_be_recalled(&self, shared: &Shared, user: &Name) -> bool {
        let own = self.parties.iter().filter(|p| !p.is_gone() && p.user() == Some(user) && p.times.answered.is_some());
        let calls = shared.calls_of(user);
        let is_reachable = !shared.contacts_of(user).is_empty();
        is_reachable && usize::try_from(calls).unwrap_or(usize::MAX) <= own.count()
    }

    fn recall(&mut self, shared: &mut Shared, id: TransferId, user: &Name, by: By) {
        let mut spec = self.transfer_spec(Target::User(user.clone()), TransferMode::Blind);
        spec.ring_ms = self.plan.site.transfers.recall.ring_ms;
        spec.guards = Arc::from([]);
        let contacts = shared.contacts_of(user);
        self.diary.enter(IntervalKind::Ring, shared.now.wall);
        self.background(shared, &spec);
        let stage = self.ring_user(shared, user, &contacts, &spec, &by, Role::Recalled);
        self.state = State::Transfer(Box::new(Transfer { id, spec, by, stage }));
    }

    /// A recall rang out: again after a pause, or no more.
    pub fn recall_failed(&mut self, shared: &mut Shared, transfer: Transfer) {
        let Transfer { id, spec, by, .. } = transfer;
        let By::Recall { user, again, why } = by else { return };
        if again == 0 || !self.can_be_recalled(shared, &user) {
            return self.fall_back(shared, &why);
        }
        shared.music(self.subject);
        self.diary.enter(IntervalKind::Hold, shared.now.wall);
        let timer = shared.set_timer(self.id, Micros::from_ms(self.plan.site.transfers.recall.delay_ms));
        let by = By::Recall { user, again: again.saturating_sub(1), why };
        self.state = State::Transfer(Box::new(Transfer { id, spec, by, stage: TransferStage::Pausing { timer } }));
    }

    /// The pause between two recalls is over. False if the timer is another's.
    pub fn recall_timer(&mut self, shared: &mut Shared, timer: TimerId) -> bool {
        let State::Transfer(transfer) = &self.state else { return false };
        let TransferStage::Pausing { timer: due } = &transfer.stage else { return false };
        if *due != timer {
            return false;
        }
        let (id, by) = (transfer.id, transfer.by.clone());
        if let By::Recall { user, why, .. } = &by {
            if self.can_be_recalled(shared, user) {
                let user = user.clone();
                self.recall(shared, id, &user, by);
            } else {
                let why = why.clone();
                self.fall_back(shared, &why);
            }
        }
        true
    }

    /// Nobody takes the party back: a flow that waits goes on, else the site's fallback has it (T14).
    pub fn fall_back(&mut self, shared: &mut Shared, failure: &Failure) {
        let handover = self.handover.take();
        if let Some(handover) = &handover {
            let (state, reason) = (TransferState::Failed, Some(failure.words()));
            self.transfer_is(shared, handover.transfer, state, Some(failure.outcome), reason);
        }
        let resumes = handover.is_some_and(|h| h.before.resumes(self.subject));
        if resumes && self.run.is_some() {
            self.back_to_flow(shared);
            return;
        }
        self.run = None;
        if !self.subject_is_up() {
            return self.end(shared, failure.cause(), HangupBy::System);
        }
        match self.plan.site.transfers.fallback.clone() {
            Fallback::Queue(queue) => {
                let target = Target::Queue(QueueEntry::to(queue));
                let spec = self.transfer_spec(target, TransferMode::Blind);
                let id = shared.new_transfer_id();
                match self.start_transfer(shared, id, spec, By::Fallback) {
                    Ok(Started::Pending) => {}
                    _ => self.announce(shared, None, failure.cause()),
                }
            }
            Fallback::Flow(flow) => self.start_flow(shared, &flow, &[]),
            Fallback::HangUp { prompt } => self.announce(shared, prompt.as_ref(), failure.cause()),
        }
    }

    /// The flow that gave the call away, and waited for its return, has it again.
    pub fn back_to_flow(&mut self, shared: &mut Shared) {
        self.state = State::Flow;
        shared.notice(self.subject, LegNotice::StopPlay);
        self.diary.enter(IntervalKind::Flow, shared.now.wall);
        self.begin_flow_limit(shared);
        self.wake(shared, Completion::Outcome { name: "ended", value: None });
    }

    /// Last words to the party, which is hung up after them.
    pub fn announce(&mut self, shared: &mut Shared, prompt: Option<&Arc<str>>, cause: Cause) {
        if !self.subject_is_up() {
            return self.end(shared, cause, HangupBy::System);
        }
        let language = self.diary.language.clone().unwrap_or_default();
        let recorded = prompt.and_then(|name| self.plan.site.recording(name, &language));
        let source = recorded.map_or(AudioSource::Congestion(ToneRegion::Uk), |p| AudioSource::Prompt(p.clone()));
        let request = shared.request(self.id, self.subject, LegRequest::Play(Arc::from([source])));
        self.diary.enter(IntervalKind::Flow, shared.now.wall);
        self.state = State::Announcing { request, cause };
    }

    /// The last words were heard. False if the request is another's.
    pub fn announced(&mut self, shared: &mut Shared, request: RequestId, result: Result<(), Cause>) -> bool {
        let State::Announcing { request: waited, cause } = self.state else { return false };
        if waited != request {
            return false;
        }
        // Only the end of the leg stops it, which is told next.
        if result.is_err_and(|cause| cause.kind == CauseKind::Cancelled) {
            return true;
        }
        let kind = if cause.kind == CauseKind::Normal { CauseKind::Error } else { cause.kind };
        self.end(shared, Cause { kind, ..cause }, HangupBy::System);
        true
    }
}
