//! Transfers by keys, for telephones that cannot transfer by themselves: a user who talks presses a code, hears the dial
//! tone, and dials; the peer is on hold meanwhile. Codes are those of Asterisk's `features.conf`. A site has them with
//! `transfers: {by_keys: true}`; callers from outside never have.

use std::sync::Arc;

use super::outcome::Failure;
use super::port::{LegNotice, LegRequest};
use super::session::{Session, State, Talk};
use super::shared::Shared;
use super::timers::TimerId;
use super::transfer::By;
use crate::base::id::{LegId, RequestId};
use crate::base::time::{Micros, Mono};
use crate::call::audio::{AudioSource, ToneRegion};
use crate::call::cause::{Cause, CauseKind};
use crate::call::collect::{Act, Collect};
use crate::call::spec::{Accept, CollectSpec, Collected, Prompts, Target, TransferMode};

/// `transferdigittimeout`, `transferdialattempts` and `featuredigittimeout` of Asterisk.
const DIAL_TIMEOUT_MS: u64 = 3_000;
const DIAL_ATTEMPTS: u32 = 3;
const CODE_TIME: Micros = Micros::from_secs(1);
/// From the dial tone to the first digit: time to look a number up.
const FIRST_DIGIT_MS: u64 = 10_000;
/// E.164 has 15 digits; prefixes come before them.
const MAX_DIGITS: u32 = 24;

/// A key that may be the first of a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastKey {
    key: char,
    at: Mono,
}

/// A user dials the target of a transfer.
#[derive(Debug)]
pub struct DialIn {
    leg: LegId,
    mode: TransferMode,
    collect: Collect,
    /// The dial tone is heard.
    tone: bool,
    timer: Option<TimerId>,
    /// The tone that says that the number was wrong.
    playing: Option<RequestId>,
    attempts_left: u32,
    /// How the two talked; its limit runs on.
    pub talk: Talk,
}

impl DialIn {
    pub fn cancel_timers(&self, shared: &mut Shared) {
        shared.timers.cancel(self.talk.limit);
        if let Some(timer) = self.timer {
            shared.timers.cancel(timer);
        }
    }
}

impl Session {
    /// A user pressed a key while talking. True if it was part of a code: nobody else is told.
    pub fn code_key(&mut self, shared: &mut Shared, leg: LegId, key: char) -> bool {
        if !self.plan.site.transfers.by_keys || self.party(leg).is_none_or(|p| p.origin.is_outside() || !p.is_up()) {
            return false;
        }
        let now = shared.now.mono;
        let Some(party) = self.party_mut(leg) else { return false };
        let before = party.last_key.take().filter(|last| now.since(last.at) <= CODE_TIME);
        let Some(LastKey { key: first, .. }) = before else {
            party.last_key = Some(LastKey { key, at: now });
            return false;
        };
        let taken = self.code(shared, leg, first, key);
        if !taken && let Some(party) = self.party_mut(leg) {
            party.last_key = Some(LastKey { key, at: now });
        }
        taken
    }

    /// Whether a key may be one of a code, or of a number that is dialled after one; any other key of who talks decides
    /// nothing.
    pub fn may_be_code(&self, leg: LegId, key: char) -> bool {
        let begins = |key: char| matches!(key, '*' | '#');
        let talks = !matches!(self.state, State::Flow);
        let follows = self.party(leg).and_then(|p| p.last_key).is_some_and(|last| begins(last.key));
        matches!(self.state, State::DialIn(_)) || talks && self.plan.site.transfers.by_keys && (begins(key) || follows)
    }

    fn code(&mut self, shared: &mut Shared, leg: LegId, first: char, second: char) -> bool {
        let talks = self.peer_of(leg).is_some();
        let consults = self.consulting().is_some_and(|(transferor, ..)| transferor == leg);
        let waits = self.reaching_in_private() == Some(leg);
        match (first, second) {
            ('#', '#') if talks => self.begin_dial_in(shared, leg, TransferMode::Blind),
            ('*', '2') if talks => self.begin_dial_in(shared, leg, TransferMode::Attended),
            ('*', '1') if consults || waits => {
                self.cancel_consultation(shared, Failure::because("ended", "it was cancelled"));
            }
            ('*', '2') if consults || waits => {
                // A refusal changes nothing: the consultation goes on.
                let _ = self.complete(shared);
            }
            ('*', '3') if consults => {
                let _ = self.three_way(shared);
            }
            ('*', '4') if consults => self.swap(shared),
            _ => return false,
        }
        true
    }

    /// The peer is on hold, the user hears the dial tone.
    fn begin_dial_in(&mut self, shared: &mut Shared, leg: LegId, mode: TransferMode) {
        let Some(peer) = self.peer_of(leg) else { return };
        let State::Talking(talk) = std::mem::replace(&mut self.state, State::Flow) else { return };
        self.put_on_hold(shared, leg, peer);
        let (collect, _) = dialled();
        let mut dial_in =
            DialIn { leg, mode, collect, tone: false, timer: None, playing: None, attempts_left: DIAL_ATTEMPTS, talk };
        dial_in.listen(self, shared);
        self.state = State::DialIn(Box::new(dial_in));
    }

    /// A key of who dials. False if nobody does, or it is another's.
    pub fn dial_in_key(&mut self, shared: &mut Shared, leg: LegId, key: char) -> bool {
        let State::DialIn(dial_in) = &mut self.state else { return false };
        if dial_in.leg != leg {
            return true;
        }
        // The first key of the next try ends the tone that tells of the last one.
        let told = dial_in.playing.take().is_some();
        if told {
            shared.notice(leg, LegNotice::StopPlay);
        }
        if std::mem::take(&mut dial_in.tone) || told {
            shared.notice(leg, LegNotice::Background([AudioSource::Silence].into()));
        }
        let act = dial_in.collect.key(key);
        self.dial_in_act(shared, act);
        true
    }

    /// No digit came in time. False if the timer is another's.
    pub fn dial_in_timer(&mut self, shared: &mut Shared, timer: TimerId) -> bool {
        let State::DialIn(dial_in) = &mut self.state else { return false };
        if dial_in.talk.limit == timer {
            self.end(shared, Cause::new(CauseKind::Normal), crate::call::record::HangupBy::System);
            return true;
        }
        if dial_in.timer != Some(timer) {
            return false;
        }
        dial_in.timer = None;
        let act = dial_in.collect.timeout();
        self.dial_in_act(shared, act);
        true
    }

    /// The tone after a wrong number was heard. False if the request is another's.
    pub fn dial_in_heard(&mut self, shared: &mut Shared, request: RequestId, result: Result<(), Cause>) -> bool {
        let State::DialIn(dial_in) = &mut self.state else { return false };
        if dial_in.playing != Some(request) {
            return false;
        }
        // Only the end of the leg stops it, which is told next.
        if result.is_ok() {
            dial_in.playing = None;
            let State::DialIn(mut dial_in) = std::mem::replace(&mut self.state, State::Flow) else { return true };
            (dial_in.collect, _) = dialled();
            dial_in.listen(self, shared);
            self.state = State::DialIn(dial_in);
        }
        true
    }

    fn dial_in_act(&mut self, shared: &mut Shared, act: Act) {
        let State::DialIn(dial_in) = &mut self.state else { return };
        if let Some(timer) = dial_in.timer.take() {
            shared.timers.cancel(timer);
        }
        match act {
            Act::Wait { timeout_ms } => dial_in.timer = Some(shared.set_timer(self.id, Micros::from_ms(timeout_ms))),
            Act::Finish(Collected::Digits(number)) => self.number_dialled(shared, number),
            Act::Finish(_) => self.back_from_dial_in(shared),
            Act::Play(_) | Act::Continue => {}
        }
    }

    /// The number is complete: the transfer begins, or the user dials again (T35).
    fn number_dialled(&mut self, shared: &mut Shared, number: Arc<str>) {
        let State::DialIn(dial_in) = std::mem::replace(&mut self.state, State::Flow) else { return };
        let DialIn { leg, mode, attempts_left, talk, .. } = *dial_in;
        self.state = State::Talking(talk);
        let Some(peer) = self.peer_of(leg) else { return };
        let spec = self.transfer_spec(Target::Number { number, tainted: false }, mode);
        let id = shared.new_transfer_id();
        let begun = self.begin_handover(shared, id, peer, spec, By::Order { leg, order: None });
        if begun.is_ok() {
            return;
        }
        let left = attempts_left.saturating_sub(1);
        if left == 0 {
            return self.hear_each_other(shared);
        }
        let State::Talking(talk) = std::mem::replace(&mut self.state, State::Flow) else { return };
        let tone: Prompts = [AudioSource::Congestion(ToneRegion::Uk)].into();
        let playing = Some(shared.request(self.id, leg, LegRequest::Play(tone)));
        let (collect, _) = dialled();
        self.state = State::DialIn(Box::new(DialIn {
            leg,
            mode,
            collect,
            tone: false,
            timer: None,
            playing,
            attempts_left: left,
            talk,
        }));
    }

    fn back_from_dial_in(&mut self, shared: &mut Shared) {
        let State::DialIn(dial_in) = std::mem::replace(&mut self.state, State::Flow) else { return };
        self.state = State::Talking(dial_in.talk);
        self.hear_each_other(shared);
    }

    /// One of the two hung up while the other dialled, or was dialled for: they talk no more, and the end is as usual.
    pub fn dial_in_is_over(&mut self, shared: &mut Shared, leg: LegId) {
        let concerned = matches!(&self.state, State::DialIn(d) if leg == self.subject || leg == d.talk.peer);
        if !concerned {
            return;
        }
        if let State::DialIn(dial_in) = std::mem::replace(&mut self.state, State::Flow) {
            if let Some(timer) = dial_in.timer {
                shared.timers.cancel(timer);
            }
            self.state = State::Talking(dial_in.talk);
        }
    }
}

impl DialIn {
    fn listen(&mut self, session: &Session, shared: &mut Shared) {
        shared.notice(self.leg, LegNotice::Background([AudioSource::DialTone(ToneRegion::Uk)].into()));
        self.tone = true;
        self.timer = Some(shared.set_timer(session.id, Micros::from_ms(FIRST_DIGIT_MS)));
    }
}

fn dialled() -> (Collect, Act) {
    Collect::start(CollectSpec {
        prompt: Arc::from([]),
        invalid: None,
        silent: None,
        accept: Accept::Digits { min: 1, max: MAX_DIGITS },
        end: Some('#'),
        timeout_ms: FIRST_DIGIT_MS,
        inter_digit_ms: DIAL_TIMEOUT_MS,
        tries: 1,
        barge_in: true,
        hidden: false,
    })
}
