//! A consultation: the transferor talks to the target in private while the caller is on hold (T22 to T34). What was
//! asked for by API and what phones do by hanging up are the same acts.

use std::sync::Arc;

use super::guard;
use super::outcome::Failure;
use super::party::{Party, Stage};
use super::port::LegNotice;
use super::session::{Session, State};
use super::shared::Shared;
use super::transfer::{Transfer, TransferStage};
use crate::base::id::LegId;
use crate::call::audio::{AudioSource, ToneRegion};
use crate::call::cause::{Cause, CauseKind};
use crate::call::order::TransferState;
use crate::call::record::IntervalKind;
use crate::call::spec::{TransferMode, TransferSpec};
use crate::policy::Mode;
use crate::site::model::TransferorLeaves;

impl Session {
    /// The subject is on hold, the transferor hears the target ring.
    pub fn hold_for_consultation(&mut self, shared: &mut Shared, transferor: LegId, spec: &TransferSpec) {
        match &spec.hold_audio {
            Some(own) => shared.notice(self.subject, LegNotice::Background(own.clone())),
            None => shared.music(self.subject),
        }
        self.set_held(shared, self.subject, true);
        shared.notice(transferor, LegNotice::Background(Arc::from([AudioSource::Ringback(ToneRegion::Uk)])));
        self.diary.enter(IntervalKind::Hold, shared.now.wall);
    }

    /// The target answered its transferor.
    pub fn consult(&mut self, shared: &mut Shared, target: LegId) {
        let State::Transfer(transfer) = &mut self.state else { return };
        let Some(transferor) = transfer.by.transferor() else { return };
        transfer.stage = TransferStage::Consulting { target, swapped: false };
        // From now on the caller waits for people, not for a telephone.
        self.diary.enter(IntervalKind::Hold, shared.now.wall);
        shared.notice(transferor, LegNotice::Connect { peer: target });
        self.tell_who_talks(shared, transferor, target);
    }

    /// The transferor, the target and which of them is on hold, in a consultation that was answered.
    pub fn consulting(&self) -> Option<(LegId, LegId, bool)> {
        let State::Transfer(transfer) = &self.state else { return None };
        let TransferStage::Consulting { target, swapped } = transfer.stage else { return None };
        Some((transfer.by.transferor()?, target, swapped))
    }

    /// Whom this party talks to alone: of two, or in a consultation.
    pub fn talks_with(&self, leg: LegId) -> Option<LegId> {
        let Some((transferor, target, swapped)) = self.consulting() else { return self.peer_of(leg) };
        let with = if swapped { self.subject } else { target };
        let pairs = [(transferor, with), (with, transferor)];
        pairs.into_iter().find(|(one, _)| *one == leg).map(|(_, other)| other)
    }

    /// A consultation that the target has not answered yet; its transferor.
    pub fn reaching_in_private(&self) -> Option<LegId> {
        let State::Transfer(transfer) = &self.state else { return None };
        let reaches = matches!(
            transfer.stage,
            TransferStage::Deciding { .. } | TransferStage::Dialing { .. } | TransferStage::Queued(_)
        );
        transfer.by.transferor().filter(|_| reaches && transfer.is_private())
    }

    /// Subject and target are joined, the transferor is let go (T23). On `Err` the consultation goes on.
    pub fn complete(&mut self, shared: &mut Shared) -> Result<TransferState, Failure> {
        if self.reaching_in_private().is_some() {
            return self.make_blind(shared);
        }
        let Some((transferor, target, swapped)) = self.consulting() else { return Err(Failure::new("error")) };
        self.recheck(shared, target, Mode::Complete)?;
        let kept = if swapped { self.subject } else { target };
        if self.is_live(transferor) {
            shared.notice(transferor, LegNotice::Disconnect { peer: kept });
            self.hang_up(shared, transferor, Cause::new(CauseKind::Normal));
        }
        if let State::Transfer(transfer) = &mut self.state {
            transfer.stage = TransferStage::Joining { target };
        }
        self.joined(shared);
        // The target saw the transferor until now.
        self.tell_who_talks(shared, target, self.subject);
        Ok(TransferState::Completed)
    }

    /// The transferor leaves before the target answers: the rest is a blind transfer, and is judged as one (T03, T28).
    fn make_blind(&mut self, shared: &mut Shared) -> Result<TransferState, Failure> {
        let State::Transfer(transfer) = &self.state else { return Err(Failure::new("error")) };
        let (id, by) = (transfer.id, transfer.by.clone());
        let outside: Option<LegId> =
            self.parties.iter().rev().find(|p| p.is_live() && !p.is_up() && p.origin.is_outside()).map(|p| p.leg);
        if let Some(target) = outside {
            self.recheck(shared, target, Mode::Blind)?;
        }
        if let State::Transfer(transfer) = &mut self.state {
            transfer.spec.mode = TransferMode::Blind;
        }
        self.transfer_is_blind(shared, id);
        let state = if self.is_queued() { TransferState::Queued } else { TransferState::Transferring };
        if state == TransferState::Queued {
            self.queue_music_again(shared);
            self.diary.enter(IntervalKind::Queue, shared.now.wall);
            self.transfer_is(shared, id, state, None, None);
        } else {
            // One that does not ring yet is waited for with the music that is heard already.
            let rings = self.parties.iter().any(|p| matches!(p.stage, Stage::Placing(_)) && p.times.ringing.is_some());
            if let (true, State::Transfer(transfer)) = (rings, &self.state) {
                self.background(shared, &transfer.spec);
            }
            self.diary.enter(IntervalKind::Ring, shared.now.wall);
        }
        if let Some(handover) = &mut self.handover {
            handover.waits = false;
        }
        if let Some(transferor) = by.transferor() {
            self.hang_up(shared, transferor, Cause::new(CauseKind::Normal));
        }
        let rings = |p: &&Party| matches!(p.stage, Stage::Placing(_));
        let ringing: Vec<LegId> = self.parties.iter().filter(rings).map(|p| p.leg).collect();
        for leg in ringing {
            shared.notice(leg, LegNotice::Connected { peer: self.shown_to(leg, self.subject) });
        }
        Ok(state)
    }

    /// The target is let go, the transferor has the caller back (T24).
    pub fn cancel_consultation(&mut self, shared: &mut Shared, failure: Failure) {
        if let Some((_, target, _)) = self.consulting() {
            self.hang_up(shared, target, Cause::new(CauseKind::Normal));
        }
        self.leave_queue_silently(shared);
        self.transfer_failed(shared, failure);
    }

    /// The transferor goes to the other of the two (T34).
    pub fn swap(&mut self, shared: &mut Shared) {
        let Some((transferor, target, swapped)) = self.consulting() else { return };
        let (from, to) = if swapped { (self.subject, target) } else { (target, self.subject) };
        shared.notice(transferor, LegNotice::Disconnect { peer: from });
        shared.music(from);
        shared.notice(transferor, LegNotice::Connect { peer: to });
        self.set_held(shared, from, true);
        self.set_held(shared, to, false);
        self.tell_who_talks(shared, transferor, to);
        let kind = if swapped { IntervalKind::Hold } else { IntervalKind::Talk };
        self.diary.enter(kind, shared.now.wall);
        if let State::Transfer(transfer) = &mut self.state {
            transfer.stage = TransferStage::Consulting { target, swapped: !swapped };
        }
    }

    /// A policy is asked about a leg that is there already: what was allowed as a consultation is to be another thing.
    pub fn recheck(&mut self, shared: &mut Shared, target: LegId, mode: Mode) -> Result<(), Failure> {
        let State::Transfer(transfer) = &self.state else { return Ok(()) };
        let (by, guards) = (transfer.by.clone(), transfer.spec.guards.clone());
        let outside = self.party(target).filter(|p| p.origin.is_outside()).map(|p| p.number.clone());
        match outside {
            Some(number) => guard::recheck(self, shared, &guards, &by, mode, &number),
            None => Ok(()),
        }
    }

    /// A party of a consultation hung up. False if the leg is none of it.
    pub fn left_consultation(&mut self, shared: &mut Shared, leg: LegId) -> bool {
        if let Some(transferor) = self.reaching_in_private() {
            if leg != transferor {
                return false;
            }
            if let Err(failure) = self.make_blind(shared) {
                self.stop_ringing(shared, None, CauseKind::Cancelled);
                self.leave_queue_silently(shared);
                self.transfer_failed(shared, failure);
            }
            return true;
        }
        let Some((transferor, target, _)) = self.consulting() else { return false };
        if leg == self.subject {
            self.caller_left_consultation(shared, transferor, target);
        } else if leg == target {
            self.transfer_failed(shared, Failure::because("ended", "the target hung up"));
        } else if leg == transferor {
            self.transferor_left_consultation(shared, target);
        } else {
            return false;
        }
        true
    }

    /// Transferor and target may talk on; when one of them leaves, all is over (T29).
    fn caller_left_consultation(&mut self, shared: &mut Shared, transferor: LegId, target: LegId) {
        let State::Transfer(transfer) = std::mem::replace(&mut self.state, State::Flow) else { return };
        let Transfer { id, spec, .. } = *transfer;
        self.transfer_is(shared, id, TransferState::Abandoned, None, Some("the caller hung up"));
        self.handover = None;
        self.run = None;
        self.subject = transferor;
        self.talk(shared, target, spec.longest_talk(), false);
    }

    /// T27.
    fn transferor_left_consultation(&mut self, shared: &mut Shared, target: LegId) {
        let failure = match self.plan.site.transfers.transferor_leaves {
            TransferorLeaves::Complete => match self.complete(shared) {
                Ok(_) => return,
                Err(failure) => failure,
            },
            TransferorLeaves::Recall => Failure::because("ended", "the transferor hung up"),
        };
        self.hang_up(shared, target, Cause::new(CauseKind::Normal));
        self.transfer_failed(shared, failure);
    }
}
