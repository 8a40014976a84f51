//! How a transfer ends: the target is joined to the subject, or it came to nothing and who asked for it decides what
//! becomes of the call.

use super::outcome::{Failure, as_declared};
use super::party::Stage;
use super::port::LegNotice;
use super::session::{Session, State};
use super::shared::Shared;
use super::transfer::{By, TransferStage};
use crate::base::id::LegId;
use crate::call::cause::{Cause, CauseKind};
use crate::call::order::TransferState;
use crate::call::record::{HangupBy, IntervalKind};
use crate::call::spec::{Completion, RecordAct};

impl Session {
    /// Somebody answered: everybody else stops ringing, and the target is asked, consulted or joined.
    pub fn join(&mut self, shared: &mut Shared, target: LegId) {
        self.stop_ringing(shared, Some(target), CauseKind::Cancelled);
        let cut_short = self.end_aside();
        let State::Transfer(transfer) = &mut self.state else { return };
        transfer.cancel_timers(shared);
        if transfer.is_private() {
            self.consult(shared, target);
        } else if transfer.spec.gate.asks() {
            if cut_short {
                self.queue_music_again(shared);
            }
            self.ask_target(shared, target);
        } else {
            self.accepted(shared, target);
        }
    }

    /// The target takes the call: the subject is answered if need be, and the two are joined.
    pub fn accepted(&mut self, shared: &mut Shared, target: LegId) {
        let subject_up = self.subject_is_up();
        if let State::Transfer(transfer) = &mut self.state {
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
        let (id, limit, resume, by) =
            (transfer.id, transfer.spec.longest_talk(), transfer.spec.resume, transfer.by.clone());
        if transfer.spec.stops_recording {
            self.record(shared, RecordAct::Stop);
        }
        // One transfer at a time: an outside target is the last one that was tried.
        if self.party(target).is_some_and(|p| p.origin.is_outside())
            && let Some(attempt) = self.moves.attempts.last_mut()
        {
            attempt.answered = true;
        }
        self.moves.visits.clear();
        self.moves.sent_on = None;
        shared.counters.transfers_bridged = shared.counters.transfers_bridged.saturating_add(1);
        self.tell_outcome(shared, 200);
        let handover = self.handover.take();
        if let Some(led_here) = handover.as_ref().map(|h| h.transfer).filter(|led_here| *led_here != id) {
            self.transfer_is(shared, led_here, TransferState::Completed, Some("bridged"), None);
        }
        let was_waiting = handover.is_some_and(|h| h.before.resumes(self.subject));
        let resume = was_waiting || resume && matches!(by, By::Flow { .. });
        if !resume {
            self.run = None;
        }
        self.end_flow_limit(shared);
        match &by {
            By::Recall { .. } => self.transfer_is(shared, id, TransferState::Cancelled, None, None),
            _ => self.transfer_is(shared, id, TransferState::Completed, Some("bridged"), None),
        }
        self.talk(shared, target, limit, resume);
        if by.transferor().is_some() {
            self.tell_who_talks(shared, self.subject, target);
        }
    }

    /// The display of a phone that talked to the transferor: whom it talks to now (T52).
    pub fn tell_who_talks(&self, shared: &mut Shared, to: LegId, about: LegId) {
        if self.party(to).is_some_and(super::party::Party::is_up) {
            shared.notice(to, LegNotice::Connected { peer: self.shown_to(to, about) });
        }
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
        self.let_asked_go(shared, &transfer.stage);
        self.end_aside();
        let unanswered = failure.outcome == "no_answer";
        self.stop_ringing(shared, None, if unanswered { CauseKind::NoAnswer } else { CauseKind::Cancelled });
        if self.subject_is_up() {
            shared.notice(self.subject, LegNotice::StopPlay);
        }
        match &transfer.by {
            By::Flow { .. } => {
                if self.subject_is_up() {
                    self.diary.enter(IntervalKind::Flow, shared.now.wall);
                }
                let (state, outcome) = (TransferState::Failed, Some(failure.outcome));
                self.transfer_is(shared, transfer.id, state, outcome, Some(failure.words()));
                self.note_failure(&failure);
                self.note_sent_on(failure.outcome);
                let name = as_declared(&transfer.spec.target, failure.outcome);
                let completion = Completion::Outcome { name, value: failure.value };
                self.wake(shared, completion);
            }
            By::Caller => self.end(shared, failure.cause(), HangupBy::System),
            By::Phone { .. } | By::Order { .. } => self.handover_failed(shared, &failure),
            By::Recall { .. } => self.recall_failed(shared, *transfer),
            By::Fallback => {
                self.transfer_is(
                    shared,
                    transfer.id,
                    TransferState::Failed,
                    Some(failure.outcome),
                    Some(failure.words()),
                );
                self.announce(shared, None, failure.cause());
            }
        }
    }
}
