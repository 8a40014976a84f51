//! Session timers (RFC 4028): asked for by the peer, never by us; refreshed by whoever was agreed on, watched by us.

use super::Core;
use super::client::{MAX_FORWARDS, Outgoing, Owner};
use super::timers::{LegTimer, TimerKey};
use crate::base::id::LegId;
use crate::base::time::{Micros, Mono};
use crate::sip::event::{Cause, SipEvent};
use crate::sip::leg::{Leg, Purpose, Refresh, Running};
use crate::sip::transaction::server::Kind;
use crate::sip::wire::fields::{Refresher, SessionExpires};
use crate::sip::wire::message::Message;
use crate::sip::wire::method::Method;
use crate::sip::wire::name::Name;
use crate::sip::wire::validate::Rejection;

/// The shortest interval that we agree to (RFC 4028 §4).
const MIN_SE_SECS: u32 = 90;
/// A peer that says BYE late is waited for a third of the interval, at most this long (RFC 4028 §10).
const GRACE_SECS: u32 = 32;

impl Core {
    /// What our 2xx to an INVITE or UPDATE says of the session timer, and what is thereby agreed (RFC 4028 §9).
    pub(super) fn session_timer_lines(
        &mut self,
        message: &Message<'_>,
    ) -> Result<(String, Option<Refresh>), Rejection> {
        let Some(asked) = message.first(Name::SessionExpires).and_then(SessionExpires::parse) else {
            return Ok((String::new(), None));
        };
        let peer_knows = message.lists_token(Name::Supported, "timer") || message.lists_token(Name::Require, "timer");
        if asked.seconds < MIN_SE_SECS && peer_knows {
            return Err(Rejection::with(422, "Session Interval Too Small", format!("Min-SE: {MIN_SE_SECS}")));
        }
        let seconds = asked.seconds.max(MIN_SE_SECS);
        // A peer that does not know session timers cannot refresh: a proxy asked, and it is for us.
        let ours = !peer_knows || asked.refresher == Some(Refresher::Uas);
        let who = if ours { "uas" } else { "uac" };
        let require = if ours { "" } else { "Require: timer\r\n" };
        let serial = self.serial();
        Ok((
            format!("Session-Expires: {seconds};refresher={who}\r\n{require}"),
            Some(Refresh { seconds, ours, serial }),
        ))
    }

    /// What the peer's 2xx to us says of it (RFC 4028 §7.2). Nothing means that there is none.
    pub(super) fn take_session_timer(&mut self, now: Mono, leg: &mut Leg, message: &Message<'_>) {
        let agreed = message.first(Name::SessionExpires).and_then(SessionExpires::parse);
        let serial = self.serial();
        leg.refresh = agreed.map(|agreed| Refresh {
            seconds: agreed.seconds.max(MIN_SE_SECS),
            ours: agreed.refresher != Some(Refresher::Uas),
            serial,
        });
        self.start_session_timer(now, leg);
    }

    /// Starts the interval anew.
    pub(super) fn start_session_timer(&mut self, now: Mono, leg: &mut Leg) {
        let serial = self.serial();
        let Some(refresh) = leg.refresh.as_mut() else { return };
        refresh.serial = serial;
        let seconds =
            if refresh.ours { refresh.seconds / 2 } else { refresh.seconds - GRACE_SECS.min(refresh.seconds / 3) };
        let after = Micros::from_secs(u64::from(seconds));
        self.set_timer(now, after, TimerKey::Leg { leg: leg.id, serial, timer: LegTimer::Session });
    }

    /// The line of our own re-INVITE or UPDATE: the roles stay as they are, seen from the request's sender.
    pub(super) fn refresh_line(leg: &Leg) -> String {
        let Some(refresh) = leg.refresh else { return String::new() };
        let who = if refresh.ours { "uac" } else { "uas" };
        format!("Session-Expires: {};refresher={who}\r\n", refresh.seconds)
    }

    pub(super) fn session_timer(&mut self, now: Mono, id: LegId, serial: u32) {
        let Some(mut leg) = self.take(id) else { return };
        let Some(refresh) = leg.refresh.filter(|refresh| refresh.serial == serial && leg.is_live()) else {
            return self.put(leg);
        };
        if !refresh.ours {
            self.say_bye(now, leg, 408);
            return self.emit(SipEvent::Gone { leg: id, cause: Cause::SessionExpired });
        }
        leg.change.refresh_due = true;
        self.start_change(now, &mut leg);
        // If the refresh fails, it is tried again at half of what is then left; the peer ends a session that stays
        // unrefreshed.
        if let Some(refresh) = leg.refresh.as_mut() {
            refresh.seconds = (refresh.seconds / 2).max(MIN_SE_SECS);
        }
        self.start_session_timer(now, &mut leg);
        if let Some(again) = leg.refresh.as_mut() {
            again.seconds = refresh.seconds;
        }
        self.put(leg);
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
