//! Changes of a session from our side: hold, resume, a new address; glare and its retries (RFC 3261 §14.1).

use super::Core;
use super::client::{MAX_FORWARDS, Outgoing, Owner};
use super::timers::{LegTimer, TimerKey};
use crate::base::id::LegId;
use crate::base::time::{Micros, Mono};
use crate::call::media_types::{Direction, LocalMedia};
use crate::sip::event::{Cause, SipEvent};
use crate::sip::leg::{Identity, Leg, Purpose, Running, Shown, Want};
use crate::sip::sdp::{self, Sdp};
use crate::sip::transaction::server::Kind;
use crate::sip::wire::message::Message;
use crate::sip::wire::method::{ALLOW, Method};
use crate::sip::wire::validate::{SDP_TYPE, SUPPORTED_LIST};

/// Tries of one change against a peer that keeps answering 491.
const MAX_ATTEMPTS: u32 = 5;

impl Core {
    /// Tells the peer that we send and do not listen. Ends in `Renegotiated`, like `resume` and `renegotiate`;
    /// before the leg is confirmed it waits for that.
    pub fn hold(&mut self, now: Mono, leg: LegId) -> bool {
        self.change(now, leg, Want { local: None, wish: Some(Direction::SendOnly) })
    }

    pub fn resume(&mut self, now: Mono, leg: LegId) -> bool {
        self.change(now, leg, Want { local: None, wish: Some(Direction::SendRecv) })
    }

    /// Offers the session anew with our audio at another address.
    pub fn renegotiate(&mut self, now: Mono, leg: LegId, media: &LocalMedia) -> bool {
        self.change(now, leg, Want { local: Some(*media), wish: None })
    }

    /// Tells the peer who it talks to now (RFC 4916, RFC 3325): with our next response if the call is not answered yet,
    /// else by UPDATE or re-INVITE, behind whatever change is under way. Nothing comes of it: a peer that cannot show
    /// it shows the old name, and the call goes on.
    pub fn connected(&mut self, now: Mono, id: LegId, number: &str, name: &str, anonymous: bool) {
        let Some(mut leg) = self.take(id) else { return };
        let identity = Identity::new(number, name, anonymous);
        if leg.is_live() && leg.shown.as_ref().is_none_or(|shown| shown.identity != identity) {
            leg.shown = Some(Box::new(Shown { identity, pending: true }));
            self.start_change(now, &mut leg);
        }
        self.put(leg);
    }

    fn change(&mut self, now: Mono, id: LegId, want: Want) -> bool {
        let Some(mut leg) = self.take(id) else { return false };
        let live = leg.is_live();
        if live {
            leg.change.want = Some(want.after(leg.change.want));
            self.start_change(now, &mut leg);
        }
        self.put(leg);
        live
    }

    /// Sends what is to be said and may be said now: a change of the session first, then who is at our end; the session is
    /// refreshed by whichever goes.
    pub(super) fn start_change(&mut self, now: Mono, leg: &mut Leg) {
        if leg.change.retry != 0 {
            return;
        }
        let purpose = if leg.change.want.is_some() {
            Purpose::Session
        } else if leg.shown.as_ref().is_some_and(|shown| shown.pending) {
            Purpose::Identity
        } else if leg.change.refresh_due {
            Purpose::Refresh
        } else {
            return;
        };
        if !leg.may_change() {
            return;
        }
        leg.change.refresh_due = false;
        if let Some(shown) = leg.shown.as_mut().filter(|_| purpose == Purpose::Identity) {
            shown.pending = false;
        }
        if leg.takes_update && purpose != Purpose::Session {
            self.send_update(now, leg, purpose);
        } else {
            self.send_change(now, leg, purpose);
        }
    }

    /// What a change says besides the session.
    pub(super) fn purpose_lines(&self, leg: &Leg, purpose: Purpose) -> String {
        let shown = leg.shown.as_ref().filter(|_| purpose == Purpose::Identity);
        shown.map(|shown| self.identity_lines(&shown.identity)).unwrap_or_default()
    }

    /// Offers the session as it is wanted, or as it is.
    fn send_change(&mut self, now: Mono, leg: &mut Leg, purpose: Purpose) {
        let Some(session) = leg.session.as_mut() else { return };
        let saved = (**session).clone();
        let asked = if purpose == Purpose::Session { leg.change.want.take() } else { None };
        let body = match asked {
            Some(want) => {
                if let Some(local) = want.local {
                    session.set_local(local);
                }
                if let Some(wish) = want.wish {
                    session.set_wish(wish);
                }
                session.offer()
            }
            None => session.repeat(),
        };
        leg.change.running = Some(Box::new(Running { saved, purpose, asked }));
        let flow = self.route(&leg.dialog, leg.flow, &leg.source);
        let (seq, branch) = (leg.dialog.next_seq(), self.tokens.branch());
        let mut lines =
            format!("Contact: {}\r\nAllow: {ALLOW}\r\nSupported: {SUPPORTED_LIST}\r\n", self.contact(&flow));
        lines.push_str(&Self::refresh_line(leg));
        lines.push_str(&self.purpose_lines(leg, purpose));
        let head = (Method::Invite, seq, branch.as_str());
        let bytes = self.write_request(&leg.dialog, &flow, head, MAX_FORWARDS, &lines, (SDP_TYPE, &body));
        let owner = Owner::Change(leg.id);
        self.send_request(now, Outgoing { flow, kind: Kind::Invite, method: Method::Invite, branch, bytes, owner });
    }

    /// The final response to a re-INVITE or UPDATE of ours; none stands for silence.
    pub(super) fn change_response(&mut self, now: Mono, id: LegId, message: Option<&Message<'_>>, status: u16) {
        let Some(mut leg) = self.take(id) else { return };
        let Some(running) = leg.change.running.take() else { return self.put(leg) };
        if message.is_some() {
            Self::heard_of_session(&mut leg);
        }
        let accepted = message.filter(|_| (200..300).contains(&status));
        if let Some(message) = accepted {
            leg.change.attempts = 0;
            leg.change.refresh_due = false;
            leg.dialog.refresh_target(message);
            self.take_session_timer(now, &mut leg, message);
            if message.method() == Method::Invite {
                self.take_answer(&mut leg, message, *running);
            }
        } else {
            let Running { saved, purpose, asked } = *running;
            if let Some(session) = leg.session.as_mut() {
                session.restore(saved);
            }
            let by_update = message.is_some_and(|message| message.method() == Method::Update);
            match status {
                // Nobody hangs up because a name was not shown.
                408 if purpose == Purpose::Identity => {}
                // RFC 3261 §12.2.1.2: the peer has no such dialog any more, or is not there.
                408 | 481 => {
                    self.say_bye(now, leg, 0);
                    return self.emit(SipEvent::Gone { leg: id, cause: Cause::DialogLost });
                }
                491 if leg.change.attempts < MAX_ATTEMPTS => return self.try_later(now, leg, purpose, asked),
                422 if leg.change.attempts < MAX_ATTEMPTS
                    && message.is_some_and(|message| Self::raise_interval(&mut leg, message)) =>
                {
                    leg.change.attempts += 1;
                    say_again(&mut leg, purpose, asked);
                }
                // It said that it takes UPDATE, and does not: a re-INVITE says the same.
                405 | 501 if by_update => {
                    leg.takes_update = false;
                    say_again(&mut leg, purpose, asked);
                }
                _ if purpose != Purpose::Session => leg.change.attempts = 0,
                _ => {
                    leg.change.attempts = 0;
                    self.emit(SipEvent::Renegotiated { leg: id, outcome: Err(status) });
                }
            }
        }
        self.start_change(now, &mut leg);
        self.put(leg);
    }

    fn take_answer(&mut self, leg: &mut Leg, message: &Message<'_>, running: Running) {
        let source = leg.flow.peer.ip();
        let before = leg.session.as_ref().and_then(|session| session.remote());
        let answer = sdp::body_of(message).and_then(Sdp::parse);
        let taken = leg.session.as_mut().zip(answer).and_then(|(session, answer)| session.accept(&answer, source).ok());
        if taken.is_none()
            && let Some(session) = leg.session.as_mut()
        {
            session.restore(running.saved);
        }
        self.report_media(leg, before);
        if running.purpose == Purpose::Session {
            self.emit(SipEvent::Renegotiated { leg: leg.id, outcome: taken.ok_or(488) });
        }
    }

    /// RFC 3261 §14.1: who made the Call-ID waits 2.1 to 4 seconds, the other 0 to 2, in steps of 10 ms.
    fn try_later(&mut self, now: Mono, mut leg: Box<Leg>, purpose: Purpose, asked: Option<Want>) {
        leg.change.attempts += 1;
        say_again(&mut leg, purpose, asked);
        let steps = if leg.is_placed() { 210 + self.tokens.below(191) } else { self.tokens.below(201) };
        let serial = self.serial();
        leg.change.retry = serial;
        self.set_timer(now, Micros::from_ms(steps * 10), TimerKey::Leg { leg: leg.id, serial, timer: LegTimer::Retry });
        self.put(leg);
    }

    pub(super) fn retry_change(&mut self, now: Mono, id: LegId, serial: u32) {
        let Some(mut leg) = self.take(id) else { return };
        if leg.change.retry == serial {
            leg.change.retry = 0;
            self.start_change(now, &mut leg);
        }
        self.put(leg);
    }
}

/// What a change was for is still to be done, as far as nothing newer is wanted.
fn say_again(leg: &mut Leg, purpose: Purpose, asked: Option<Want>) {
    leg.change.want = leg.change.want.map(|newer| newer.after(asked)).or(asked);
    leg.change.refresh_due |= purpose == Purpose::Refresh;
    if let Some(shown) = leg.shown.as_mut().filter(|_| purpose == Purpose::Identity) {
        shown.pending = true;
    }
}
