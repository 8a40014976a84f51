//! A phone or trunk transfers the call that it is a party of, by REFER (RFC 3515, RFC 5589 §6).
//!
//! The transferor learns the true outcome by NOTIFY. Its own dialog is its own to end; if it has
//! not, 32 s after the final NOTIFY, we end it (T11).

use std::sync::Arc;

use super::port::LegNotice;
use super::session::{Session, State, Talk};
use super::shared::Shared;
use super::timers::TimerId;
use super::transfer::{By, Failure, Started};
use crate::base::id::LegId;
use crate::base::limits;
use crate::base::time::{Micros, Mono};
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{Name, Origin, ReferToken};
use crate::call::record::HangupBy;
use crate::call::spec::{CallerId, Target, TransferMode, TransferSpec};
use crate::site::model::TrunkTransfers;

/// A transferor whose phone does not hang up after a transfer is hung up after this time (T11).
const TRANSFEROR_LIMIT: Micros = Micros::from_secs(32);
/// How long the target of a phone's transfer rings: longer than most voicemail pick-ups, shorter
/// than a caller's patience.
const REFER_RING_MS: u64 = 30_000;
/// How long the transferor is called back for (T14, Asterisk's default).
const RECALL_RING_MS: u64 = 15_000;

/// A REFER that was accepted.
#[derive(Debug)]
pub struct Refer {
    pub token: ReferToken,
    pub transferor: LegId,
    before: Before,
    /// How the last transfer failed of the flow that the REFER led to.
    failure: Option<Failure>,
}

/// How the two parties talked, should they have to go on with it.
#[derive(Clone, Copy, Debug)]
struct Before {
    subject: LegId,
    resume: bool,
    until: Mono,
}

impl Session {
    /// A party asks for its peer to be transferred.
    pub fn refer_requested(
        &mut self,
        shared: &mut Shared,
        leg: LegId,
        token: ReferToken,
        to: &Arc<str>,
        attended: bool,
    ) {
        let refusal = match self.refer_gate(leg, attended) {
            Ok(peer) => match self.begin_refer(shared, leg, peer, token, to) {
                Ok(()) => return,
                Err(failure) => refusal_status(&failure),
            },
            Err(status) => status,
        };
        shared.notice(leg, LegNotice::AnswerRefer { token, status: refusal });
    }

    /// Whether this party may transfer at all now; its peer if so, else the status to refuse with.
    fn refer_gate(&self, leg: LegId, attended: bool) -> Result<LegId, u16> {
        let State::Talking(talk) = &self.state else { return Err(603) };
        // One that was told of a transfer's success is no party of what came of it.
        if attended || self.refer.is_some() || (leg != self.subject && leg != talk.peer) {
            return Err(603);
        }
        let peer = if leg == self.subject { talk.peer } else { self.subject };
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

    fn begin_refer(
        &mut self,
        shared: &mut Shared,
        leg: LegId,
        peer: LegId,
        token: ReferToken,
        to: &Arc<str>,
    ) -> Result<(), Failure> {
        let spec = TransferSpec {
            mode: TransferMode::Blind,
            target: Target::Number { number: to.clone(), tainted: false },
            ring_ms: REFER_RING_MS,
            caller_id: CallerId::Caller,
            hold_audio: None,
            max_duration_ms: limits::MAX_DURATION.as_ms(),
            resume: false,
            guards: self.plan.site.policy.iter().cloned().collect(),
        };
        let State::Talking(Talk { resume, until, .. }) = &self.state else { return Err(Failure::new("error")) };
        let before = Before { subject: self.subject, resume: *resume, until: *until };
        self.subject = peer;
        self.refer = Some(Refer { token, transferor: leg, before, failure: None });
        match self.start_transfer(shared, spec, By::Phone { leg, token }) {
            Ok(started) => {
                if let Started::Flow(flow) = started {
                    self.run = None;
                    self.start_flow(shared, &flow, &[]);
                }
                Ok(())
            }
            Err(failure) => {
                self.subject = before.subject;
                self.refer = None;
                Err(failure)
            }
        }
    }

    /// The permit was refused: the two talk on, as if nothing had been asked.
    pub fn refer_refused(
        &mut self,
        shared: &mut Shared,
        leg: LegId,
        token: ReferToken,
        talk: Option<Talk>,
        failure: &Failure,
    ) {
        shared.notice(leg, LegNotice::AnswerRefer { token, status: refusal_status(failure) });
        let before = self.refer.take().map(|r| r.before);
        match (talk, before) {
            (Some(talk), Some(before)) => {
                self.subject = before.subject;
                self.state = State::Talking(talk);
            }
            _ => self.end(shared, Cause::new(CauseKind::Error), HangupBy::System),
        }
    }

    pub fn refer_progress(&self, shared: &mut Shared, status: u16) {
        // One that has hung up is told as well: its subscription outlives its call (RFC 5589 §6, RFC 5057 §3).
        if let Some(Refer { token, transferor, .. }) = &self.refer {
            shared.notice(*transferor, LegNotice::NotifyRefer { token: *token, status });
        }
    }

    /// The transferor learns how it ended; a successful one has 32 s to hang up.
    pub fn refer_final(&mut self, shared: &mut Shared, status: u16) {
        self.refer_progress(shared, status);
        let Some(refer) = self.refer.take() else { return };
        if !self.is_live(refer.transferor) || matches!(self.state, State::Ending { .. }) {
            return;
        }
        if (200..300).contains(&status) {
            let timer = shared.set_timer(self.id, TRANSFEROR_LIMIT);
            self.lingering.push((timer, refer.transferor));
        }
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

    /// A phone's transfer, or the recall after it, came to nothing.
    pub fn refer_failed(&mut self, shared: &mut Shared, failure: &Failure, by: &By) {
        let cause = failure.cause();
        // It is still there: the two go on as before, a flow that waits for the end included.
        if self.rejoin(shared, failure.status()) {
            return;
        }
        self.refer_progress(shared, failure.status());
        self.refer = None;
        self.run = None;
        // A recall that fails is the last resort: nobody is left to ask.
        let By::Phone { leg: transferor, .. } = by else {
            self.end(shared, cause, HangupBy::System);
            return;
        };
        // One that was told of success and has not left yet makes room for its own recall.
        self.hang_up(shared, *transferor, Cause::new(CauseKind::Normal));
        let user = self.party(*transferor).and_then(|p| p.user().cloned());
        match user.map(|user| self.recall(shared, &user)) {
            Some(Ok(_)) => {}
            _ => self.end(shared, cause, HangupBy::System),
        }
    }

    /// A transferor who waits is told how it ended, and has its peer back. False if there is none.
    fn rejoin(&mut self, shared: &mut Shared, status: u16) -> bool {
        let Some(Refer { token, transferor, before, .. }) = self.refer else { return false };
        if !self.is_live(transferor) {
            return false;
        }
        self.refer = None;
        shared.notice(transferor, LegNotice::NotifyRefer { token, status });
        let peer = if before.subject == transferor { self.subject } else { transferor };
        self.subject = before.subject;
        self.talk(shared, peer, before.until.since(shared.now.mono), before.resume);
        true
    }

    /// A transfer of the flow at work failed: what a transferor is told if the flow then gives up.
    pub fn note_failure(&mut self, failure: &Failure) {
        if let Some(refer) = &mut self.refer {
            refer.failure = Some(failure.clone());
        }
    }

    /// The flow that a REFER led to gives the call up before it did anything for it: the transfer failed, and
    /// the two talk on (T13, T19). `why` is the flow's own word, if it has one. False if nobody waits for the
    /// outcome: then the call is to end.
    pub fn hand_back(&mut self, shared: &mut Shared, why: Option<Cause>) -> bool {
        let Some(refer) = &mut self.refer else { return false };
        let failure = refer.failure.take().unwrap_or(Failure::new("declined"));
        let status = why.map_or(failure.status(), Cause::status);
        if !self.rejoin(shared, status) {
            self.refer_final(shared, status);
            return false;
        }
        self.run = None;
        self.typed.clear();
        self.end_flow_limit(shared);
        true
    }

    /// Calls the transferor back, once, so that the transferred party is not left alone (T12).
    fn recall(&mut self, shared: &mut Shared, user: &Name) -> Result<Started, Failure> {
        let spec = TransferSpec {
            mode: TransferMode::Blind,
            target: Target::User(user.clone()),
            ring_ms: RECALL_RING_MS,
            caller_id: CallerId::Caller,
            hold_audio: None,
            max_duration_ms: limits::MAX_DURATION.as_ms(),
            resume: false,
            guards: Arc::from([]),
        };
        self.start_transfer(shared, spec, By::Recall)
    }
}

/// What a refused REFER is answered with.
fn refusal_status(failure: &Failure) -> u16 {
    match failure.outcome {
        "invalid_number" | "not_found" => 404,
        "offline" | "no_agents" | "unreachable" => 480,
        "full" => 486,
        _ => 603,
    }
}
