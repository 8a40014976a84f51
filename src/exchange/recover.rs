//! The process died and is begun anew: live calls are taken back as far as their legs are still there (T60).
//!
//! Who talked talks on. A consultation is settled by who left meanwhile: the transferor completed it, the target cancelled
//! it, the caller abandoned it. A target that still rang counts as gone. Who is left alone is called for, as after a
//! transfer that failed, or has the site's fallback: what a flow was about is not kept, and its side effects must not
//! happen twice. A call of which no leg is left has its record at once.

use std::sync::Arc;

use super::Exchange;
use super::handover::{Before, Handover};
use super::happened::Happened;
use super::kept::{Kept, KeptEntry, KeptHandover, Shape};
use super::outcome::Failure;
use super::party::{Party, Role};
use super::port::LegNotice;
use super::recording::Recorder;
use super::session::{Arrival, Session, State};
use super::shared::Shared;
use super::transfer::{By, Started, Transfer, TransferStage};
use crate::base::id::{LegId, TransferId};
use crate::base::time::{Micros, Mono, Wall};
use crate::call::cause::{Cause, CauseKind};
use crate::call::order::TransferState;
use crate::call::record::HangupBy;
use crate::call::spec::{QueueEntry, Target, TransferMode};

/// How long agents who have not registered again count as staff of their queues. Phones behind address translation
/// register every minute or two; one that takes longer is offered calls as soon as it is there.
const REGISTRATION_GRACE: Micros = Micros::from_secs(120);
/// Who talked for almost as long as they may talk on for at least so long.
const LEAST_LEFT: Micros = Micros::from_secs(1);

const CRASHED: &str = "the server was begun anew";

impl Exchange {
    /// The calls of the process before this one, each with the legs whose far ends have answered.
    pub(super) fn recovered(&mut self, mut calls: Vec<(Box<Kept>, Vec<LegId>)>) {
        calls.retain(|(kept, _)| !self.sessions.contains_key(&kept.call));
        let now = self.shared.now.mono;
        self.shared.queues.count_on_agents(now + REGISTRATION_GRACE);
        // All are there before anything happens to one of them.
        for (kept, up) in &calls {
            self.take_back(kept, up);
        }
        for (kept, up) in calls {
            self.with(kept.call, Happened::Recovered { kept, up });
        }
        self.shared.poll_queues = true;
    }

    /// A call that may be taken back: no new leg has the number of one of its, were it one that left long ago.
    pub fn reserve(&mut self, kept: &Kept) {
        kept.parties.iter().for_each(|party| self.shared.numbered(party.leg));
    }

    /// The call is there again; nothing has happened to it yet.
    pub(super) fn take_back(&mut self, kept: &Kept, up: &[LegId]) {
        self.reserve(kept);
        let session = Session::of_kept(kept, up, &mut self.shared);
        self.sessions.insert(kept.call, session);
    }
}

/// Time since it was kept.
fn down(kept: &Kept, now: Wall) -> Micros {
    Micros::from_ms(u64::try_from(now.0.saturating_sub(kept.at.0)).unwrap_or(0))
}

impl Session {
    fn of_kept(kept: &Kept, up: &[LegId], shared: &mut Shared) -> Self {
        for party in kept.parties.iter().filter(|p| !p.is_gone()) {
            shared.legs.insert(party.leg, kept.call);
            if let Some(subject) = &party.permit {
                // It was given before: no limit takes it back.
                shared.permits.store.acquire(subject, u32::MAX, party.leg);
            }
            if let Some(user) = party.user().filter(|_| party.times.answered.is_some() || party.role == Role::Caller) {
                shared.queues.call_began(user);
            }
        }
        for view in &kept.transfers {
            shared.book.open(view.clone());
        }
        let age = u64::try_from(shared.now.wall.0.saturating_sub(kept.diary.started.0)).unwrap_or(0);
        let arrival = Arrival {
            began: Mono(shared.now.mono.0.saturating_sub(Micros::from_ms(age).0)),
            dialed: kept.dialed.clone(),
            caller: kept.caller.clone(),
            max_forwards: kept.max_forwards,
        };
        let mut session = Session::with_parties(kept.call, kept.parties.clone(), arrival, shared);
        session.subject = kept.subject;
        session.moves = kept.moves.clone();
        session.diary = kept.diary.clone();
        session.recorder = Recorder::of_kept(&kept.recorder);
        for party in &mut session.parties {
            if up.contains(&party.leg) && !party.is_gone() {
                party.stage = super::party::Stage::Up;
            }
        }
        session
    }

    /// Settles what its people do now.
    pub(super) fn recovered(&mut self, shared: &mut Shared, kept: &Kept, up: &[LegId]) {
        let time = down(kept, shared.now.wall);
        self.diary.tags.insert(Arc::from("recovered"), Arc::from("after a crash"));
        let lost: Vec<LegId> =
            self.parties.iter().filter(|p| !p.is_gone() && !up.contains(&p.leg)).map(|p| p.leg).collect();
        for leg in &lost {
            self.leg_gone(shared, *leg, Cause::new(CauseKind::Error));
        }
        self.handover = kept.handover.as_ref().filter(|_| self.subject_is_up()).map(|h| handover(h, shared.now.mono));
        if self.parties.iter().all(Party::is_gone) {
            self.diary.tags.insert(Arc::from("crash"), Arc::from("no leg was left"));
            self.settle_transfers(shared, kept, TransferState::Failed);
            return self.end(shared, Cause::new(CauseKind::Error), HangupBy::System);
        }
        let left = |left: Micros| Micros(left.0.saturating_sub(time.0)).max(LEAST_LEFT);
        match &kept.shape {
            Shape::Talking { peer, left: rest } => self.talk_on(shared, vec![self.subject, *peer], left(*rest)),
            Shape::Conference { legs, left: rest } => self.talk_on(shared, legs.clone(), left(*rest)),
            Shape::Consulting { transfer, transferor, target, swapped } => {
                self.consult_on(shared, kept, (*transfer, *transferor, *target, *swapped));
            }
            Shape::Reaching(_) => self.reach_on(shared, kept),
            Shape::Queued { transfer, entry, waited } => {
                let waited = Micros(waited.0.saturating_add(time.0));
                self.wait_on(shared, kept, *transfer, entry, waited);
            }
            Shape::Flow => self.left_alone(shared, kept),
            Shape::Ending => self.end(shared, Cause::new(CauseKind::Normal), HangupBy::System),
        }
    }

    /// Those who are still there talk on, if they are two or more.
    fn talk_on(&mut self, shared: &mut Shared, legs: Vec<LegId>, left: Micros) {
        let stay: Vec<LegId> = legs.iter().copied().filter(|leg| self.is_live(*leg)).collect();
        let lost = legs.iter().find(|leg| !stay.contains(leg)).and_then(|leg| self.party(*leg)).map(|p| p.id.n);
        let by = lost.map_or(HangupBy::System, HangupBy::Party);
        self.hang_up_others(shared, &stay);
        match stay[..] {
            [] | [_] => self.end(shared, Cause::new(CauseKind::Normal), by),
            // Those who talked were allowed to; without somebody of three it is another kind of call.
            [first, second] if lost.is_some() && !self.may_stay_alone(shared, first, second) => {
                self.end(shared, Cause::new(CauseKind::Normal), by);
            }
            [first, second] => {
                self.subject = first;
                self.talk(shared, second, left, false);
            }
            _ => self.confer(shared, stay, left, false),
        }
    }

    /// T60: who left meanwhile has settled it.
    fn consult_on(
        &mut self,
        shared: &mut Shared,
        kept: &Kept,
        (transfer, transferor, target, swapped): (TransferId, LegId, LegId, bool),
    ) {
        let left = kept.handover.as_ref().map_or(LEAST_LEFT, |h| h.left);
        let caller = self.subject;
        match (self.is_live(caller), self.is_live(transferor), self.is_live(target)) {
            (true, true, true) => {
                let number = self.party(target).map(|p| p.number.clone()).unwrap_or_default();
                let spec = self.transfer_spec(Target::Number { number, tainted: false }, TransferMode::Attended);
                let by = By::Order { leg: transferor, order: None };
                let stage = TransferStage::Consulting { target, swapped };
                self.state = State::Transfer(Box::new(Transfer { id: transfer, spec, by, stage }));
                let (held, with) = if swapped { (target, caller) } else { (caller, target) };
                shared.music(held);
                shared.notice(transferor, LegNotice::Connect { peer: with });
            }
            (true, false, true) if self.may_stay_alone(shared, caller, target) => {
                self.settle_transfers(shared, kept, TransferState::Completed);
                self.handover = None;
                self.talk(shared, target, left, false);
                self.tell_who_talks(shared, target, caller);
                self.tell_who_talks(shared, caller, target);
            }
            (true, true, false) => self.given_back(shared, kept, transferor, left),
            (false, true, true) => {
                self.settle_transfers(shared, kept, TransferState::Abandoned);
                self.talk_on(shared, vec![transferor, target], left);
            }
            (true, false, _) => {
                self.hang_up_others(shared, &[caller]);
                self.left_alone(shared, kept);
            }
            (false, _, _) => self.abandoned(shared, kept),
        }
    }

    /// A target that rang is gone: who waits for it has the caller back, else somebody is called for.
    fn reach_on(&mut self, shared: &mut Shared, kept: &Kept) {
        let waits = kept.handover.as_ref().filter(|h| h.waits && self.is_live(h.transferor));
        match waits {
            _ if !self.subject_is_up() => self.abandoned(shared, kept),
            Some(h) => self.given_back(shared, kept, h.transferor, h.left),
            None => {
                self.hang_up_others(shared, &[self.subject]);
                self.left_alone(shared, kept);
            }
        }
    }

    /// The caller has its place again, before all who came later.
    fn wait_on(&mut self, shared: &mut Shared, kept: &Kept, id: TransferId, entry: &KeptEntry, waited: Micros) {
        let waits = kept.handover.as_ref().filter(|h| h.waits && self.is_live(h.transferor));
        if !self.subject_is_up() || waits.is_some() {
            return self.reach_on(shared, kept);
        }
        self.hang_up_others(shared, &[self.subject]);
        let entry = QueueEntry {
            priority: entry.priority,
            prefer: Arc::from(entry.prefer.as_slice()),
            skills: Arc::from(entry.skills.as_slice()),
            ..QueueEntry::to(entry.queue.clone())
        };
        self.moves.waited = waited;
        // It is no new move of the call.
        self.moves.hops = self.moves.hops.saturating_sub(1);
        let spec = self.transfer_spec(Target::Queue(entry), TransferMode::Blind);
        match self.start_transfer(shared, id, spec, By::Fallback) {
            Ok(Started::Pending) => {}
            _ => self.left_alone(shared, kept),
        }
    }

    /// The transferor has its peer back.
    fn given_back(&mut self, shared: &mut Shared, kept: &Kept, transferor: LegId, left: Micros) {
        self.settle_transfers(shared, kept, TransferState::Cancelled);
        let before = self.handover.take().map_or(self.subject, |h| h.before.subject);
        let peer = if before == transferor { self.subject } else { transferor };
        self.subject = before;
        self.hang_up_others(shared, &[before, peer]);
        self.talk(shared, peer, left.max(LEAST_LEFT), false);
    }

    /// The caller has nobody: whoever transferred it is called back, or the site's fallback has it.
    fn left_alone(&mut self, shared: &mut Shared, kept: &Kept) {
        let failure = Failure::because("error", CRASHED);
        if !self.subject_is_up() {
            return self.abandoned(shared, kept);
        }
        let transferred = self.handover.as_ref().map(|h| h.transfer);
        for view in kept.transfers.iter().filter(|view| Some(view.id) != transferred) {
            self.transfer_is(shared, view.id, TransferState::Failed, Some("error"), Some(CRASHED));
        }
        self.begin_recall(shared, &failure);
    }

    /// The caller left; nobody else has a reason to stay.
    fn abandoned(&mut self, shared: &mut Shared, kept: &Kept) {
        self.settle_transfers(shared, kept, TransferState::Abandoned);
        let by = self.party(self.subject).map_or(HangupBy::System, |p| HangupBy::Party(p.id.n));
        self.handover = None;
        self.end(shared, Cause::new(CauseKind::Normal), by);
    }

    /// What was under way has come to its end.
    fn settle_transfers(&self, shared: &mut Shared, kept: &Kept, state: TransferState) {
        let outcome = (state == TransferState::Completed).then_some("bridged");
        let reason = (state != TransferState::Completed).then_some(CRASHED);
        for view in &kept.transfers {
            self.transfer_is(shared, view.id, state, outcome, reason);
        }
    }

    /// Legs that nobody takes back.
    fn hang_up_others(&mut self, shared: &mut Shared, stay: &[LegId]) {
        let others = self.parties.iter().filter(|p| p.is_live() && !stay.contains(&p.leg));
        for leg in others.map(|p| p.leg).collect::<Vec<_>>() {
            self.hang_up(shared, leg, Cause::new(CauseKind::Normal));
        }
    }
}

fn handover(kept: &KeptHandover, now: Mono) -> Handover {
    let before = Before { subject: kept.before, resume: false, until: now + kept.left.max(LEAST_LEFT) };
    let by = By::Order { leg: kept.transferor, order: None };
    let mut handover = Handover::new(kept.transfer, TransferMode::Attended, &by, kept.transferor, before);
    handover.waits = kept.waits;
    handover
}
