//! A transfer in somebody's name, until it is settled: what the transferor is told, and the way back to it.
//!
//! Who transfers is a phone (REFER) or a user for whom the API asks. Nobody is left alone by it: the transferor has
//! its peer back, is called back (`recall`), or the call goes where the site says.

use super::outcome::Failure;
use super::port::LegNotice;
use super::session::{Session, State, Talk};
use super::shared::Shared;
use super::timers::TimerId;
use super::transfer::By;
use crate::base::id::{LegId, TransferId};
use crate::base::time::{Micros, Mono};
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::ReferToken;
use crate::call::order::TransferState;
use crate::call::spec::TransferMode;

/// A transferor whose phone does not hang up after a transfer is hung up after this time (T11).
const TRANSFEROR_LIMIT: Micros = Micros::from_secs(32);

#[derive(Debug)]
pub struct Handover {
    pub transfer: TransferId,
    pub transferor: LegId,
    pub mode: TransferMode,
    /// The REFER that has yet to be told how it ended.
    pub token: Option<ReferToken>,
    /// The transferor is still there for its peer, should nothing come of it.
    pub waits: bool,
    pub before: Before,
    /// How the last transfer failed of the flow that it led to.
    failure: Option<Failure>,
}

/// How the two parties talked, should they have to go on with it.
#[derive(Clone, Copy, Debug)]
pub struct Before {
    pub subject: LegId,
    pub resume: bool,
    pub until: Mono,
}

impl Before {
    pub fn of(session: &Session, talk: &Talk) -> Self {
        Self { subject: session.subject, resume: talk.resume, until: talk.until }
    }

    /// Whether a flow waits for this party's return.
    pub fn resumes(&self, subject: LegId) -> bool {
        self.resume && self.subject == subject
    }
}

impl Handover {
    pub fn new(transfer: TransferId, mode: TransferMode, by: &By, transferor: LegId, before: Before) -> Self {
        Self { transfer, transferor, mode, token: by.token(), waits: true, before, failure: None }
    }
}

impl Session {
    pub fn tell_progress(&self, shared: &mut Shared, status: u16) {
        // One that has hung up is told as well: its subscription outlives its call (RFC 5589 §6, RFC 5057 §3).
        if let Some(Handover { token: Some(token), transferor, .. }) = &self.handover {
            shared.notice(*transferor, LegNotice::NotifyRefer { token: *token, status });
        }
    }

    /// The transferor learns how it ended; a successful one has 32 s to hang up.
    pub fn tell_outcome(&mut self, shared: &mut Shared, status: u16) {
        self.tell_progress(shared, status);
        let is_ending = matches!(self.state, State::Ending { .. });
        let Some(handover) = &mut self.handover else { return };
        let (transferor, told) = (handover.transferor, handover.token.take().is_some());
        if !(200..300).contains(&status) {
            return;
        }
        handover.waits = false;
        if told && !is_ending && self.is_live(transferor) {
            let timer = shared.set_timer(self.id, TRANSFEROR_LIMIT);
            self.lingering.push((timer, transferor));
        }
    }

    /// The flow that the transfer led to has taken the call: the transfer has come to its end.
    pub fn taken_by_flow(&mut self, shared: &mut Shared) {
        let Some(transfer) = self.handover.as_ref().map(|h| h.transfer) else { return };
        self.tell_outcome(shared, 200);
        self.transfer_is(shared, transfer, TransferState::Completed, Some("bridged"), None);
        self.handover = None;
    }

    /// A transferor hung up as it should: nobody waits for it any more.
    pub fn left_after_transfer(&mut self, shared: &mut Shared, leg: LegId) {
        if let Some(at) = self.lingering.iter().position(|(_, l)| *l == leg) {
            let (timer, _) = self.lingering.remove(at);
            shared.timers.cancel(timer);
        }
    }

    /// The time of a transferor that did not hang up is over. False if the timer is another's.
    pub fn linger_timer(&mut self, shared: &mut Shared, timer: TimerId) -> bool {
        let Some(at) = self.lingering.iter().position(|(t, _)| *t == timer) else { return false };
        let (_, leg) = self.lingering.remove(at);
        self.hang_up(shared, leg, Cause::new(CauseKind::Normal));
        true
    }

    /// The transfer came to nothing: the transferor has its peer back, or is called back.
    pub fn handover_failed(&mut self, shared: &mut Shared, failure: &Failure) {
        if self.rejoin(shared, failure) {
            return;
        }
        self.tell_outcome(shared, failure.status());
        let Some(handover) = &mut self.handover else { return };
        handover.waits = false;
        let transferor = handover.transferor;
        // One that was told of success and has not left yet makes room for its own recall.
        self.hang_up(shared, transferor, Cause::new(CauseKind::Normal));
        self.begin_recall(shared, failure);
    }

    /// A transferor who waits is told how it ended, and has its peer back. False if there is none.
    pub fn rejoin(&mut self, shared: &mut Shared, failure: &Failure) -> bool {
        let Some(Handover { transfer, transferor, mode, waits, before, .. }) = self.handover else { return false };
        if !waits || !self.is_live(transferor) {
            return false;
        }
        self.tell_outcome(shared, failure.status());
        self.handover = None;
        self.transfer_is(shared, transfer, TransferState::Cancelled, Some(failure.outcome), Some(failure.words()));
        let peer = if before.subject == transferor { self.subject } else { transferor };
        self.subject = before.subject;
        self.talk(shared, peer, before.until.since(shared.now.mono), before.resume);
        if mode == TransferMode::Attended {
            self.tell_who_talks(shared, transferor, if peer == transferor { self.subject } else { peer });
        }
        true
    }

    /// A transfer of the flow at work failed: what a transferor is told if the flow then gives up.
    pub fn note_failure(&mut self, failure: &Failure) {
        if let Some(handover) = &mut self.handover {
            handover.failure = Some(failure.clone());
        }
    }

    /// The flow that a transfer led to gives the call up before it did anything for it: the transfer failed, and the
    /// two talk on, or the transferor is called back (T13, T19). `why` is the flow's own word, if it has one. False
    /// if nobody waits for the outcome: then the call is to end.
    pub fn hand_back(&mut self, shared: &mut Shared, why: Option<Cause>) -> bool {
        let Some(handover) = &mut self.handover else { return false };
        let mut failure = handover.failure.take().unwrap_or(Failure::new("declined"));
        if let Some(cause) = why {
            failure.cause = Some(cause);
        }
        self.run = None;
        self.typed.clear();
        self.end_flow_limit(shared);
        self.handover_failed(shared, &failure);
        true
    }

    /// The last gate refused: nothing has happened, and the two talk on.
    pub fn handover_refused(&mut self, shared: &mut Shared, by: &By, talk: Option<Talk>, failure: &Failure) {
        self.refuse_transferor(shared, by, failure);
        let before = self.handover.take().map(|h| h.before);
        match (talk, before) {
            (Some(talk), Some(before)) => {
                self.subject = before.subject;
                self.state = State::Talking(talk);
                if matches!(by, By::Order { order: None, .. }) {
                    self.hear_each_other(shared);
                }
            }
            _ => self.end(shared, Cause::new(CauseKind::Error), crate::call::record::HangupBy::System),
        }
    }
}
