//! Session timers (RFC 4028): every call has one, so that a phone that died without a word does not keep its call for
//! ever. Refreshed by whoever was agreed on, watched by us; where the peer knows of no session timers, we refresh alone.

use super::Core;
use super::client::{MAX_FORWARDS, Outgoing, Owner};
use crate::base::id::LegId;
use crate::base::time::{Micros, Mono};
use crate::sip::event::{Cause, SipEvent};
use crate::sip::leg::{Leg, Phase, Purpose, Refresh, Running};
use crate::sip::transaction::server::Kind;
use crate::sip::wire::fields::{self, Refresher, SessionExpires};
use crate::sip::wire::message::Message;
use crate::sip::wire::method::Method;
use crate::sip::wire::name::Name;
use crate::sip::wire::validate::Rejection;

/// The interval that we ask for: what RFC 4028 §4 recommends.
pub const SESSION_SECS: u32 = 1_800;
/// The shortest interval that we agree to (RFC 4028 §4).
const MIN_SE_SECS: u32 = 90;
/// The longest interval that a peer's 422 can raise ours to. A day: whoever wants less signalling than that wants none,
/// and a call of a dead phone would outlive every bound of ours.
const MAX_RAISED_SECS: u32 = 86_400;
/// A peer that says BYE late is waited for a third of the interval, at most this long (RFC 4028 §10).
const GRACE_SECS: u32 = 32;
/// Refreshes that may go unanswered: at a half and at three quarters of the interval. At its end the session has expired.
const MAX_UNHEARD: u32 = 2;

impl Core {
    /// What our 2xx to an INVITE or UPDATE says of the session timer, and what is thereby agreed (RFC 4028 §9, table 2).
    pub(super) fn session_timer_lines(message: &Message<'_>) -> Result<(String, Refresh), Rejection> {
        let asked = message.first(Name::SessionExpires).and_then(SessionExpires::parse);
        let peer_knows = message.lists_token(Name::Supported, "timer") || message.lists_token(Name::Require, "timer");
        if asked.is_some_and(|asked| asked.seconds < MIN_SE_SECS) && peer_knows {
            return Err(Rejection::with(422, "Session Interval Too Small", format!("Min-SE: {MIN_SE_SECS}")));
        }
        let min_seconds = min_se(message).unwrap_or(MIN_SE_SECS).max(MIN_SE_SECS);
        let seconds = asked.map_or(SESSION_SECS.max(min_seconds), |asked| asked.seconds.max(MIN_SE_SECS));
        // A peer that does not know session timers cannot refresh. One that asks for none leaves it to us who refreshes:
        // then we hear of its death at a half of the interval and not at its end.
        let ours = !peer_knows || asked.is_none_or(|asked| asked.refresher == Some(Refresher::Uas));
        let who = if ours { "uas" } else { "uac" };
        let require = if peer_knows { "Require: timer\r\n" } else { "" };
        Ok((
            format!("Session-Expires: {seconds};refresher={who}\r\n{require}"),
            Refresh { seconds, min_seconds, unheard: 0, ours },
        ))
    }

    /// What the INVITE of a leg that we place says of it. Who refreshes is left to the peer (RFC 4028 §7.1).
    pub(super) fn session_offer_lines(refresh: Option<Refresh>) -> String {
        let (seconds, min) = refresh.map_or((SESSION_SECS, MIN_SE_SECS), |raised| (raised.seconds, raised.min_seconds));
        format!("Session-Expires: {seconds}\r\nMin-SE: {min}\r\n")
    }

    /// What the peer's 2xx to us says of it (RFC 4028 §7.2). If it says nothing, the peer does not watch, and we refresh
    /// alone: a peer that is there answers a re-INVITE, whatever it knows.
    pub(super) fn take_session_timer(&mut self, now: Mono, leg: &mut Leg, message: &Message<'_>) {
        let agreed = message.first(Name::SessionExpires).and_then(SessionExpires::parse);
        let before = leg.refresh.map_or((SESSION_SECS, MIN_SE_SECS), |refresh| (refresh.seconds, refresh.min_seconds));
        leg.refresh = Some(Refresh {
            seconds: agreed.map_or(before.0, |agreed| agreed.seconds.max(MIN_SE_SECS)),
            min_seconds: before.1,
            unheard: 0,
            ours: agreed.is_none_or(|agreed| agreed.refresher != Some(Refresher::Uas)),
        });
        self.start_session_timer(now, leg);
    }

    /// Gives a leg of an earlier process its timer back. Nobody knows when it was refreshed last: if that is ours to do,
    /// it is due.
    pub(super) fn restore_session_timer(&mut self, now: Mono, leg: &mut Leg, agreed: Option<(u32, bool)>) {
        let (seconds, ours) = agreed.unwrap_or((SESSION_SECS, true));
        leg.refresh = Some(Refresh { seconds, min_seconds: MIN_SE_SECS, unheard: 0, ours });
        if ours { self.wait_for_session(now, leg, 0) } else { self.start_session_timer(now, leg) }
    }

    /// Starts the interval anew.
    pub(super) fn start_session_timer(&mut self, now: Mono, leg: &mut Leg) {
        let Some(refresh) = leg.refresh.as_mut() else { return };
        refresh.unheard = 0;
        let seconds =
            if refresh.ours { refresh.seconds / 2 } else { refresh.seconds - GRACE_SECS.min(refresh.seconds / 3) };
        self.wait_for_session(now, leg, seconds);
    }

    fn wait_for_session(&mut self, now: Mono, leg: &Leg, seconds: u32) {
        self.sessions.set(now + Micros::from_secs(u64::from(seconds)), leg.id);
    }

    /// The lines of our own re-INVITE or UPDATE: the roles stay as they are, seen from the request's sender.
    pub(super) fn refresh_line(leg: &Leg) -> String {
        let Some(refresh) = leg.refresh else { return String::new() };
        let who = if refresh.ours { "uac" } else { "uas" };
        format!("Session-Expires: {};refresher={who}\r\nMin-SE: {}\r\n", refresh.seconds, refresh.min_seconds)
    }

    pub(super) fn session_timer(&mut self, now: Mono, id: LegId) {
        let Some(mut leg) = self.take(id) else { return };
        let Some(refresh) = leg.refresh.filter(|_| leg.is_live()) else {
            return self.put(leg);
        };
        if !refresh.ours || refresh.unheard >= MAX_UNHEARD {
            self.say_bye(now, leg, 408);
            return self.emit(SipEvent::Gone { leg: id, cause: Cause::SessionExpired });
        }
        // Whatever change is under way refreshes too; if none is, or it fails, this one goes.
        leg.change.refresh_due = true;
        leg.refresh = Some(Refresh { unheard: refresh.unheard + 1, ..refresh });
        self.start_change(now, &mut leg);
        self.wait_for_session(now, &leg, refresh.seconds / 4);
        self.put(leg);
    }

    /// The peer has answered a change of ours, if only with a refusal: it is there.
    pub(super) fn heard_of_session(leg: &mut Leg) {
        if let Some(refresh) = leg.refresh.as_mut() {
            refresh.unheard = 0;
        }
    }

    /// Takes the longer interval that a 422 asks for (RFC 4028 §7.3). False if it asks for none that we can give.
    pub(super) fn raise_interval(leg: &mut Leg, message: &Message<'_>) -> bool {
        let seconds = leg.refresh.map_or(SESSION_SECS, |refresh| refresh.seconds);
        let Some(longer) = min_se(message).filter(|min| (seconds + 1..=MAX_RAISED_SECS).contains(min)) else {
            return false;
        };
        let before = leg.refresh.unwrap_or(Refresh { seconds, min_seconds: 0, unheard: 0, ours: true });
        leg.refresh = Some(Refresh { seconds: longer, min_seconds: longer, ..before });
        true
    }

    /// Says the INVITE of a placed leg again after a 422, with the interval that it asks for (RFC 4028 §7.3). Once: a
    /// second 422 is an answer like another.
    pub(super) fn place_again(&mut self, now: Mono, id: LegId, message: &Message<'_>) -> bool {
        let Some(mut leg) = self.take(id) else { return false };
        let first = leg.phase == Phase::Placing && leg.refresh.is_none();
        let again = first && Self::raise_interval(&mut leg, message);
        if again {
            self.invite_again(now, &mut leg);
        }
        self.put(leg);
        again
    }

    /// UPDATE without a description keeps the session as it is (RFC 4028 §7.4).
    pub(super) fn send_update(&mut self, now: Mono, leg: &mut Leg, purpose: Purpose) {
        let Some(saved) = leg.session.as_deref().cloned() else { return };
        leg.change.running = Some(Box::new(Running { saved, purpose, asked: None }));
        let flow = self.route(&leg.dialog, leg.flow, &leg.source);
        let (seq, branch) = (leg.dialog.next_seq(), self.tokens.branch());
        let mut lines = format!("Contact: {}\r\nSupported: timer\r\n{}", self.contact(&flow), Self::refresh_line(leg));
        lines.push_str(&self.purpose_lines(leg, purpose));
        let head = (Method::Update, seq, branch.as_str());
        let bytes = self.write_request(&leg.dialog, &flow, head, MAX_FORWARDS, &lines, ("", ""));
        let owner = Owner::Change(leg.id);
        self.send_request(now, Outgoing { flow, kind: Kind::NonInvite, method: Method::Update, branch, bytes, owner });
    }
}

fn min_se(message: &Message<'_>) -> Option<u32> {
    message.first(Name::MinSe).and_then(fields::number)
}
