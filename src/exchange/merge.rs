//! An attended transfer by phone (RFC 5589 §7): the transferor called the target by itself, and asks by REFER with
//! Replaces that its two calls become one. The caller's call goes on; the consultation call gives its target away.

use super::Exchange;
use super::guard;
use super::handover::{Before, Handover};
use super::happened::{Happened, Reply};
use super::outcome::Failure;
use super::party::{Party, Role, Stage, Times};
use super::port::LegNotice;
use super::refer::refusal_status;
use super::session::{Session, State};
use super::shared::Shared;
use super::timers::TimerId;
use super::transfer::{By, Transfer, TransferStage};
use crate::base::id::{CallId, LegId, PartyId};
use crate::base::time::Micros;
use crate::call::cause::{Cause, CauseKind};
use crate::call::dial::Dial;
use crate::call::leg::ReferToken;
use crate::call::order::PartyState;
use crate::call::record::{HangupBy, IntervalKind, LegEnd};
use crate::call::spec::{Target, TransferMode};
use crate::policy::Mode;

/// What the consultation call has to give.
enum Given {
    /// The target, who talks to the transferor.
    Talking(LegId),
    /// The target's telephone rings (semi-attended).
    Ringing { dial: Dial, timer: TimerId },
    /// A queue, a flow: what was dialled is dialled again for the caller.
    Dialled,
}

impl Exchange {
    /// `leg` asks that its peer takes the place of `other`, its own leg of another call.
    pub(super) fn refer_with_replaces(&mut self, leg: LegId, token: ReferToken, other: LegId) {
        let calls = (self.shared.legs.get(&leg).copied(), self.shared.legs.get(&other).copied());
        let (Some(call), second) = calls else { return };
        // A call that has just ended can be joined with nothing, and whoever asks for it is told so.
        let Some(second) = second.filter(|second| *second != call && self.sessions.contains_key(second)) else {
            self.shared.notice(leg, LegNotice::AnswerRefer { token, status: 603 });
            return;
        };
        self.merge(call, (leg, token), second, other);
        self.with(second, Happened::MergedInto(call));
    }

    /// The turn of the call that goes on.
    pub(super) fn merge(&mut self, call: CallId, (leg, token): (LegId, ReferToken), second: CallId, other: LegId) {
        let Some(mut consultation) = self.sessions.remove(&second) else { return };
        let what = Happened::Merge { leg, token, other, consultation: second };
        self.turn(call, what, |session, shared, _| {
            session.merge(shared, (leg, token), &mut consultation, other);
            Reply::Nothing
        });
        self.sessions.insert(second, consultation);
    }
}

impl Session {
    fn merge(
        &mut self,
        shared: &mut Shared,
        (leg, token): (LegId, ReferToken),
        consultation: &mut Session,
        other: LegId,
    ) {
        let merged = self.merge_gate(shared, leg, consultation, other).and_then(|(peer, given)| {
            let by = By::Phone { leg, token };
            match given {
                Given::Dialled => {
                    let number = consultation.arrival.dialed.clone();
                    // The caller takes the place that the transferor has waited for.
                    let waited = shared.waited_of(consultation.id).unwrap_or_default();
                    self.moves.waited = self.moves.waited.max(waited);
                    let spec = self.transfer_spec(Target::Number { number, tainted: false }, TransferMode::Blind);
                    let id = shared.new_transfer_id();
                    self.begin_handover(shared, id, peer, spec, by)
                }
                given => self.take_target(shared, by, peer, consultation, given),
            }
        });
        match merged {
            Ok(()) => {
                consultation.diary.root = self.diary.root;
                consultation.end(shared, Cause::new(CauseKind::Normal), HangupBy::System);
            }
            Err(failure) => {
                let status = refusal_status(&failure);
                shared.notice(leg, LegNotice::AnswerRefer { token, status });
            }
        }
    }

    /// Whether the two calls may become one; the caller's leg, and what there is to give.
    fn merge_gate(
        &self,
        shared: &mut Shared,
        leg: LegId,
        consultation: &Session,
        other: LegId,
    ) -> Result<(LegId, Given), Failure> {
        let peer = self.refer_gate(leg).map_err(|_| Failure::new("declined"))?;
        let user = self.party(leg).and_then(Party::user);
        // Only one's own call may be given away.
        if user.is_none() || user != consultation.party(other).and_then(Party::user) || !consultation.is_live(other) {
            return Err(Failure::new("declined"));
        }
        if self.moves.hops >= self.plan.site.limits.max_hops {
            return Err(Failure::new("loop"));
        }
        let given = consultation.to_give(other).ok_or(Failure::new("declined"))?;
        let (mode, targets) = match &given {
            Given::Talking(target) => (Mode::Complete, vec![*target]),
            Given::Ringing { dial, .. } => (Mode::Blind, dial.open().collect()),
            Given::Dialled => return Ok((peer, given)),
        };
        let guards = self.plan.site_guards();
        let by = By::Phone { leg, token: ReferToken(0) };
        for target in targets {
            if let Some(party) = consultation.party(target).filter(|p| p.origin.is_outside()) {
                guard::recheck(self, shared, &guards, &by, mode, &party.number)?;
            }
        }
        Ok((peer, given))
    }

    /// What a call has to give to whoever takes the place of `own`.
    fn to_give(&self, own: LegId) -> Option<Given> {
        match &self.state {
            State::Talking(_) => self.peer_of(own).filter(|peer| self.is_live(*peer)).map(Given::Talking),
            State::Transfer(transfer) if own == self.subject => match &transfer.stage {
                TransferStage::Dialing { dial, timer } if matches!(transfer.by, By::Caller) => {
                    Some(Given::Ringing { dial: dial.clone(), timer: *timer })
                }
                TransferStage::Queued(_) => Some(Given::Dialled),
                _ => None,
            },
            State::Flow if own == self.subject => Some(Given::Dialled),
            _ => None,
        }
    }

    /// The target's legs become this call's, and are joined to the caller or ring for it.
    fn take_target(
        &mut self,
        shared: &mut Shared,
        by: By,
        peer: LegId,
        consultation: &mut Session,
        given: Given,
    ) -> Result<(), Failure> {
        let (State::Talking(talk), Some(transferor)) = (&self.state, by.transferor()) else {
            return Err(Failure::new("error"));
        };
        let before = Before::of(self, talk);
        let id = shared.new_transfer_id();
        let targets: Vec<LegId> = match &given {
            Given::Talking(target) => vec![*target],
            Given::Ringing { dial, .. } => dial.open().collect(),
            Given::Dialled => Vec::new(),
        };
        let first = targets.first().and_then(|leg| consultation.party(*leg)).map(|p| p.number.clone());
        let target = Target::Number { number: first.unwrap_or_default(), tainted: false };
        let mode = if matches!(given, Given::Talking(_)) { TransferMode::Attended } else { TransferMode::Blind };
        let spec = self.transfer_spec(target, mode);
        self.subject = peer;
        self.handover = Some(Handover::new(id, spec.mode, &by, transferor, before));
        shared.counters.transfers = shared.counters.transfers.saturating_add(1);
        self.gates_passed(shared, id, &spec, &by);
        self.moves.count(true, &spec.target);
        self.moves.outside = self.moves.outside.saturating_add(consultation.moves.outside);
        self.moves.attempts.append(&mut consultation.moves.attempts);
        for leg in targets {
            self.adopt(shared, consultation, leg, transferor);
        }
        match given {
            Given::Talking(target) => {
                shared.notice(target, LegNotice::StopPlay);
                let stage = TransferStage::Joining { target };
                self.state = State::Transfer(Box::new(Transfer { id, spec, by, stage }));
                self.joined(shared);
                self.tell_who_talks(shared, target, peer);
            }
            Given::Ringing { dial, timer } => {
                shared.timers.cancel(timer);
                consultation.state = State::Flow;
                let timer = shared.set_timer(self.id, Micros::from_ms(spec.ring_ms));
                self.background(shared, &spec);
                self.diary.enter(IntervalKind::Ring, shared.now.wall);
                let stage = TransferStage::Dialing { dial, timer };
                self.state = State::Transfer(Box::new(Transfer { id, spec, by, stage }));
                self.tell_progress(shared, 180);
            }
            Given::Dialled => {}
        }
        Ok(())
    }

    /// A leg of the consultation call is a party of this one from now on. The other call's record keeps the time before.
    fn adopt(&mut self, shared: &mut Shared, consultation: &mut Session, leg: LegId, transferor: LegId) {
        let transferred_by = self.party(transferor).map(|p| p.id);
        let n = self.next_party();
        consultation.recording_stays(shared, leg);
        let arrived = consultation.arrival.caller.clone();
        let Some(party) = consultation.party_mut(leg) else { return };
        let mut moved = party.clone();
        moved.id = PartyId { call: self.id, n };
        if party.role == Role::Caller {
            // One caller a call; who it is to others, and whether it hides, it says itself (T52, T54).
            moved.role = Role::Target;
            moved.called_as = Some(arrived);
        }
        moved.why.transferred_by = transferred_by;
        // Its time before this is in the other record.
        let up = party.is_up().then_some(shared.now.wall);
        moved.times = Times { started: shared.now.wall, answered: up, ..Times::default() };
        moved.why.reason = if party.is_up() { "attended" } else { "blind" };
        let stage = party.stage;
        party.stage = Stage::Gone;
        party.permit = None;
        party.ended_by = Some(LegEnd::Us);
        party.times.ended = Some(shared.now.wall);
        party.cause.get_or_insert(Cause::new(CauseKind::Normal));
        consultation.tell_party(shared, leg, PartyState::Left);
        self.parties.push(moved);
        shared.legs.insert(leg, self.id);
        // The leg has rung, or has answered, once; this call is told that it is there (T58).
        self.tell_party(shared, leg, PartyState::Placed);
        // What was asked of the leg is answered to this call.
        if let Stage::Placing(request) = stage {
            shared.requests.insert(request, self.id);
        }
    }
}
