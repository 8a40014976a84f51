//! Changes of a session from our side: hold, resume, a new address; glare and its retries (RFC 3261 §14.1).

use super::Core;
use super::client::{MAX_FORWARDS, Outgoing, Owner};
use super::timers::{LegTimer, TimerKey};
use crate::base::id::LegId;
use crate::base::time::{Micros, Mono};
use crate::call::media_types::{Direction, LocalMedia};
use crate::sip::event::{Cause, SipEvent};
use crate::sip::leg::{Leg, Phase, Running, Want};
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
    pub fn connected(&mut self, _now: Mono, _leg: LegId, _number: &str, _name: &str, _anonymous: bool) {}

    pub fn renegotiate(&mut self, now: Mono, leg: LegId, media: &LocalMedia) -> bool {
        self.change(now, leg, Want { local: Some(*media), wish: None })
    }

    fn change(&mut self, now: Mono, id: LegId, want: Want) -> bool {
        let Some(mut leg) = self.take(id) else { return false };
        let live = leg.is_live();
        if live {
            // A newer wish takes the place of one that has not been said yet, and keeps its other half.
            let earlier = leg.change.want.unwrap_or_default();
            leg.change.want = Some(Want { local: want.local.or(earlier.local), wish: want.wish.or(earlier.wish) });
            if leg.change.retry == 0 {
                self.start_change(now, &mut leg);
            }
        }
        self.put(leg);
        live
    }

    /// Sends a re-INVITE if one is wanted and may be sent now.
    pub(super) fn start_change(&mut self, now: Mono, leg: &mut Leg) {
        if leg.change.want.is_some() {
            self.send_change(now, leg, false);
        }
    }

    /// Offers the session as it is wanted. False if another change is under way.
    pub(super) fn send_change(&mut self, now: Mono, leg: &mut Leg, is_refresh: bool) -> bool {
        let free = leg.phase == Phase::Established && leg.uas.is_none() && leg.change.running.is_none();
        let Some(session) = leg.session.as_mut().filter(|_| free) else { return false };
        let saved = (**session).clone();
        if let Some(want) = leg.change.want.filter(|_| !is_refresh) {
            if let Some(local) = want.local {
                session.set_local(local);
            }
            if let Some(wish) = want.wish {
                session.set_wish(wish);
            }
        }
        let body = session.offer();
        leg.change.running = Some(Box::new(Running { saved, is_refresh }));
        let flow = self.route(&leg.dialog, leg.flow, &leg.source);
        let (seq, branch) = (leg.dialog.next_seq(), self.tokens.branch());
        let mut lines =
            format!("Contact: {}\r\nAllow: {ALLOW}\r\nSupported: {SUPPORTED_LIST}\r\n", self.contact(&flow));
        lines.push_str(&Self::refresh_line(leg));
        let head = (Method::Invite, seq, branch.as_str());
        let bytes = self.write_request(&leg.dialog, &flow, head, MAX_FORWARDS, &lines, (SDP_TYPE, &body));
        let owner = Owner::Change(leg.id);
        self.send_request(now, Outgoing { flow, kind: Kind::Invite, method: Method::Invite, branch, bytes, owner });
        true
    }

    /// The final response to a re-INVITE or UPDATE of ours; none stands for silence.
    pub(super) fn change_response(&mut self, now: Mono, id: LegId, message: Option<&Message<'_>>, status: u16) {
        let Some(mut leg) = self.take(id) else { return };
        let Some(running) = leg.change.running.take() else { return self.put(leg) };
        let accepted = message.filter(|_| (200..300).contains(&status));
        if let Some(message) = accepted {
            leg.dialog.refresh_target(message);
            self.take_session_timer(now, &mut leg, message);
            if message.method() == Method::Invite {
                self.take_answer(&mut leg, message, *running);
            }
        } else {
            if let Some(session) = leg.session.as_mut() {
                session.restore(running.saved);
            }
            match status {
                // RFC 3261 §12.2.1.2: the peer has no such dialog any more, or is not there.
                408 | 481 => {
                    self.say_bye(now, leg, 0);
                    return self.emit(SipEvent::Gone { leg: id, cause: Cause::DialogLost });
                }
                491 if leg.change.attempts < MAX_ATTEMPTS => return self.try_later(now, leg),
                _ if running.is_refresh => {}
                _ => {
                    leg.change.want = None;
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
        if !running.is_refresh {
            // What was asked for while this was under way is still to be done.
            leg.change.want = None;
            leg.change.attempts = 0;
            self.emit(SipEvent::Renegotiated { leg: leg.id, outcome: taken.ok_or(488) });
        }
    }

    /// RFC 3261 §14.1: who made the Call-ID waits 2.1 to 4 seconds, the other 0 to 2, in steps of 10 ms.
    fn try_later(&mut self, now: Mono, mut leg: Box<Leg>) {
        leg.change.attempts += 1;
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
