//! What happens to one call: facts about its legs, answers to its requests, its timers. Each goes
//! to the small machine that waits for it.

use super::party::Stage;
use super::port::LegNotice;
use super::session::{Session, State};
use super::shared::Shared;
use super::timers::TimerId;
use super::transfer::{Failure, TransferStage};
use crate::base::id::{LegId, RequestId};
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{DigitSource, LegEvent};
use crate::call::order::PartyState;
use crate::call::record::{HangupBy, IntervalKind};

impl Session {
    pub(super) fn leg_event(&mut self, shared: &mut Shared, leg: LegId, event: LegEvent) {
        match event {
            LegEvent::Ringing => self.target_ringing(shared, leg),
            // Its dialog can be kept from now on.
            LegEvent::Confirmed => self.notes.kept = 0,
            LegEvent::Digit { digit, source } => self.digit(shared, leg, digit, source),
            LegEvent::Held => self.held(shared, leg, true),
            LegEvent::Resumed => self.held(shared, leg, false),
            LegEvent::ReferRequested { token, to, replaces: None } => self.refer_requested(shared, leg, token, &to),
            // A dialog that is none of ours: it must not become a call to whoever has that number (RFC 5589 §7.3).
            LegEvent::ReferRequested { token, .. } => {
                shared.notice(leg, LegNotice::AnswerRefer { token, status: 603 });
            }
            LegEvent::Gone { cause } => self.gone(shared, leg, cause),
        }
    }

    /// A flow takes the keys of its caller. Who talks hears the others' keys: of two, as packets of the audio by
    /// themselves, else through us.
    fn digit(&mut self, shared: &mut Shared, leg: LegId, digit: char, source: DigitSource) {
        let subject = self.subject;
        if self.asking_key(shared, leg, digit)
            || self.dial_in_key(shared, leg, digit)
            || self.code_key(shared, leg, digit)
        {
            return;
        }
        match (&self.state, source) {
            (State::Flow, _) if leg == subject => self.frame_key(shared, digit),
            (State::Transfer(_), _) if leg == subject => self.queue_key(shared, digit),
            _ => {
                for hearer in self.hearers_of_key(leg, source) {
                    shared.notice(hearer, LegNotice::Key(digit));
                }
            }
        }
    }

    /// Who has to be told a key, because it does not reach them with the audio.
    fn hearers_of_key(&self, leg: LegId, source: DigitSource) -> Vec<LegId> {
        match (&self.state, source) {
            // A room mixes voices, not events.
            (State::Conference(conference), _) if conference.legs.contains(&leg) => {
                conference.legs.iter().copied().filter(|other| *other != leg).collect()
            }
            (_, DigitSource::Info) => self.talks_with(leg).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// A phone put its peer on hold, or took it back: the peer hears music meanwhile.
    fn held(&mut self, shared: &mut Shared, leg: LegId, holding: bool) {
        let Some(party) = self.party_mut(leg) else { return };
        if std::mem::replace(&mut party.hold.holds, holding) == holding {
            return;
        }
        let Some(other) = self.peer_of(leg) else { return };
        if holding {
            self.put_on_hold(shared, leg, other);
        } else {
            self.hear_each_other(shared);
        }
    }

    /// The held party hears music instead of the holder.
    pub(super) fn put_on_hold(&mut self, shared: &mut Shared, holder: LegId, held: LegId) {
        shared.notice(holder, LegNotice::Disconnect { peer: held });
        shared.music(held);
        self.set_held(shared, held, true);
        self.diary.enter(IntervalKind::Hold, shared.now.wall);
    }

    fn gone(&mut self, shared: &mut Shared, leg: LegId, cause: Cause) {
        let failed = self.party(leg).is_some_and(|p| matches!(p.stage, Stage::Placing(_)));
        if !self.leg_gone(shared, leg, cause) {
            return;
        }
        shared.poll_queues = true;
        self.left_after_transfer(shared, leg);
        if failed {
            self.target_failed(shared, leg, cause);
            return;
        }
        self.dial_in_is_over(shared, leg);
        if self.left_consultation(shared, leg)
            || self.left_while_asked(shared, leg)
            || self.left_conference(shared, leg, cause)
        {
            return;
        }
        match &self.state {
            State::Ending { .. } => {}
            _ if leg == self.subject => self.end(shared, cause, HangupBy::Party(leg_number(self, leg))),
            State::Talking(talk) if talk.peer == leg => self.peer_left(shared, cause, leg),
            State::Transfer(transfer) => {
                // Joining: the target left before the subject was answered.
                if matches!(transfer.stage, TransferStage::Joining { target } if target == leg) {
                    let failure = Failure::new("unreachable");
                    self.transfer_failed(shared, failure);
                }
            }
            State::Flow | State::Talking(_) | State::Conference(_) | State::DialIn(_) | State::Announcing { .. } => {}
        }
    }

    /// The party that the subject talked to hung up.
    fn peer_left(&mut self, shared: &mut Shared, cause: Cause, leg: LegId) {
        let State::Talking(talk) = &self.state else { return };
        shared.timers.cancel(talk.limit);
        if talk.resume && self.run.is_some() {
            self.back_to_flow(shared);
        } else {
            self.end(shared, cause, HangupBy::Party(leg_number(self, leg)));
        }
    }

    pub(super) fn done(&mut self, shared: &mut Shared, request: RequestId, result: Result<(), Cause>) {
        let found = self.parties.iter().find_map(|p| match p.stage {
            Stage::Placing(r) if r == request => Some((p.leg, true)),
            Stage::Answering(r) if r == request => Some((p.leg, false)),
            _ => None,
        });
        let admitting = matches!(&self.state, State::Transfer(t)
            if matches!(&t.stage, TransferStage::Admitting { request: r, .. } if *r == request));
        let deciding = matches!(&self.state, State::Transfer(t)
            if matches!(&t.stage, TransferStage::Deciding { request: r, .. } if *r == request));
        match (found, result) {
            (Some((leg, true)), Ok(())) => self.placed_leg_up(shared, leg),
            // `Gone` follows and says the same; the transfer need not wait for it.
            (Some((leg, true)), Err(cause)) => {
                if let Some(party) = self.party_mut(leg) {
                    party.stage = Stage::Ending;
                    party.cause = Some(cause);
                }
                self.target_failed(shared, leg, cause);
            }
            (Some((leg, false)), result) if self.party(leg).is_some_and(|p| p.takes.is_some()) => {
                match (self.party(leg).and_then(|p| p.takes), result) {
                    (Some(other), Ok(())) => self.place_taken(shared, leg, other),
                    (_, Err(cause)) => self.hang_up(shared, leg, cause),
                    (None, Ok(())) => {}
                }
            }
            (Some((leg, false)), Ok(())) => self.answered(shared, leg, request),
            (Some((_, false)), Err(cause)) => self.end(shared, cause, HangupBy::System),
            (None, result) if deciding => self.decided(shared, result),
            (None, result) if admitting => self.permit_answered(shared, result),
            (None, result) if self.announced(shared, request, result) => {}
            (None, result) if self.asking_done(shared, request, result) => {}
            (None, result) if self.dial_in_heard(shared, request, result) => {}
            (None, result) => self.frame_done(shared, request, result),
        }
    }

    fn placed_leg_up(&mut self, shared: &mut Shared, leg: LegId) {
        let now = shared.now.wall;
        if let Some(party) = self.party_mut(leg) {
            party.stage = Stage::Up;
            party.times.answered = Some(now);
            if let Some(user) = party.user().cloned() {
                shared.queues.call_began(&user);
            }
        }
        self.tell_party(shared, leg, PartyState::Answered);
        self.target_answered(shared, leg);
    }

    /// The party that came in is answered: whoever wanted that goes on.
    fn answered(&mut self, shared: &mut Shared, leg: LegId, request: RequestId) {
        let now = shared.now.wall;
        if let Some(party) = self.party_mut(leg) {
            party.stage = Stage::Up;
            party.times.answered = Some(now);
        }
        self.diary.answered.get_or_insert(now);
        self.tell_party(shared, leg, PartyState::Answered);
        match &self.state {
            State::Flow => {
                self.diary.enter(IntervalKind::Flow, now);
                self.frame_done(shared, request, Ok(()));
            }
            State::Transfer(transfer) => match transfer.stage {
                TransferStage::Joining { .. } => self.joined(shared),
                TransferStage::Queued(_) => self.answered_in_queue(shared),
                _ => {}
            },
            _ => {}
        }
    }

    pub(super) fn timer(&mut self, shared: &mut Shared, timer: TimerId) {
        if self.transfer_timer(shared, timer)
            || self.frame_timer(shared, timer)
            || self.linger_timer(shared, timer)
            || self.conference_timer(shared, timer)
            || self.dial_in_timer(shared, timer)
            || self.flow_limit_timer(shared, timer)
        {
            return;
        }
        match &self.state {
            State::Talking(talk) if talk.limit == timer => {
                self.end(shared, Cause::new(CauseKind::Normal), HangupBy::System);
            }
            State::Ending { watchdog } if *watchdog == timer => self.write_off(shared),
            _ => {}
        }
    }
}

fn leg_number(session: &Session, leg: LegId) -> u32 {
    session.party(leg).map_or(0, |p| p.id.n)
}
