//! Provisional responses that the caller confirms (RFC 3262), where it requires them. A caller that only supports them
//! hears plain ones: what rings need not be confirmed. We never ask for them ourselves.

use std::sync::Arc;

use super::Core;
use super::receive::Request;
use super::timers::{LegTimer, TimerKey};
use super::uas::offer_of;
use crate::base::id::LegId;
use crate::base::time::Micros;
use crate::base::time::Mono;
use crate::sip::event::Cause;
use crate::sip::leg::{Leg, Provisional, Reliable};
use crate::sip::transaction::timer::{PATIENCE, T1};
use crate::sip::wire::compose::{self, ReplyHead};
use crate::sip::wire::fields::RAck;
use crate::sip::wire::message::Message;
use crate::sip::wire::method::Method;
use crate::sip::wire::name::Name;
use crate::sip::wire::validate::{RELIABLE, SDP_TYPE};

/// The first number is drawn below this, so that no later one leaves the range of RSeq (RFC 3262 §7.1).
const FIRST_RSEQ_BELOW: u64 = 1 << 30;

impl Core {
    /// What is kept of a call whose caller requires provisional responses that it can confirm.
    pub(super) fn reliable_of(&mut self, invite: &Message<'_>) -> Option<Box<Reliable>> {
        let first = u32::try_from(self.tokens.below(FIRST_RSEQ_BELOW)).unwrap_or(0);
        invite
            .lists_token(Name::Require, RELIABLE)
            .then(|| Box::new(Reliable { rseq: first, open: None, next: None, described: false, accept: false }))
    }

    /// Says a provisional response that is repeated until its PRACK, or keeps it until the one before is confirmed
    /// (RFC 3262 §3). Without an offer nothing is said: the first such response would have to make one (§5), and the
    /// 2xx will.
    pub(super) fn say_reliably(&mut self, now: Mono, leg: &mut Leg, status: u16) -> bool {
        let serial = self.serial();
        let Some(uas) = leg.uas.as_mut() else { return false };
        let Some(reliable) = uas.reliable.as_mut() else { return false };
        if uas.offer.is_none() && uas.answer.is_none() {
            return false;
        }
        if reliable.open.is_some() {
            reliable.next = Some(status);
            return true;
        }
        reliable.rseq += 1;
        let lines = format!("Require: {RELIABLE}\r\nRSeq: {}\r\n", reliable.rseq);
        let body = uas.answer.clone().filter(|_| !reliable.described).unwrap_or_default();
        let bytes = self.say_progress(now, leg, status, &lines, &body);
        if let Some(reliable) = leg.uas.as_mut().and_then(|uas| uas.reliable.as_mut()) {
            reliable.open = Some(Provisional { bytes, interval: T1, serial, described: !body.is_empty() });
        }
        self.set_timer(now, T1, TimerKey::Leg { leg: leg.id, serial, timer: LegTimer::Provisional });
        self.set_timer(now, PATIENCE, TimerKey::Leg { leg: leg.id, serial, timer: LegTimer::NoPrack });
        true
    }

    /// The provisional response again: its interval doubles without a bound (RFC 3262 §3).
    pub(super) fn repeat_provisional(&mut self, now: Mono, id: LegId, serial: u32) {
        let Some((flow, open)) = self.legs.get_mut(&id).and_then(|leg| Some((leg.flow, open_of(leg, serial)?))) else {
            return;
        };
        open.interval = Micros(open.interval.0.saturating_mul(2));
        let (after, bytes) = (open.interval, Arc::clone(&open.bytes));
        self.counters.retransmitted += 1;
        self.transmit(flow, bytes);
        self.set_timer(now, after, TimerKey::Leg { leg: id, serial, timer: LegTimer::Provisional });
    }

    /// 64*T1 without PRACK: the caller cannot be talked to, and its INVITE is refused (RFC 3262 §3).
    pub(super) fn no_prack(&mut self, now: Mono, id: LegId, serial: u32) {
        if self.legs.get_mut(&id).and_then(|leg| open_of(leg, serial)).is_none() {
            return;
        }
        let Some(leg) = self.take(id) else { return };
        self.fail_incoming(now, leg, 504, "", Cause::NoAck);
    }

    /// Our 2xx must wait: the answer stands in a provisional response that is not confirmed (RFC 3262 §3).
    pub(super) fn waits_for_prack(leg: &mut Leg) -> bool {
        let reliable = leg.uas.as_mut().and_then(|uas| uas.reliable.as_mut());
        let Some(reliable) = reliable.filter(|kept| kept.open.as_ref().is_some_and(|open| open.described)) else {
            return false;
        };
        reliable.accept = true;
        true
    }

    /// PRACK: 200 if it confirms what is open, else 481; then what waited for it is said.
    pub(super) fn receive_prack(&mut self, now: Mono, request: &Request<'_, '_>, leg: &mut Leg, head: &ReplyHead) {
        let message = request.message;
        let named = message.first(Name::RAck).and_then(RAck::parse);
        let uas = leg.uas.as_mut();
        let fits = named.zip(uas).and_then(|(named, uas)| {
            let invite = named.cseq.method == Method::Invite && named.cseq.number == uas.cseq;
            uas.reliable.as_mut().filter(|kept| invite && kept.rseq == named.rseq && kept.open.is_some())
        });
        let Some(reliable) = fits else { return self.respond_leg(now, request, leg, head, 481, "") };
        reliable.described |= reliable.open.take().is_some_and(|open| open.described);
        let described = reliable.described;
        let (next, accept) = (reliable.next.take(), std::mem::take(&mut reliable.accept));
        let before = leg.session.as_ref().and_then(|session| session.remote());
        let body = match (offer_of(message), leg.session.as_mut()) {
            (Ok(None), _) => Some(String::new()),
            // A new offer is in order once the first has its answer (RFC 3262 §5).
            (Ok(Some(offer)), Some(session)) if described => {
                session.answer(&offer, request.flow.peer.ip()).ok().map(|(body, _)| body)
            }
            _ => None,
        };
        match body {
            Some(body) => {
                let mut out = Vec::with_capacity(512);
                head.write(&mut out, 200, "OK", Some(&leg.dialog.local_tag));
                compose::finish(&mut out, SDP_TYPE, &body);
                self.respond(now, request.key, 200, out);
                self.report_media(leg, before);
            }
            None => self.respond_leg(now, request, leg, head, 488, ""),
        }
        match next {
            _ if accept => self.accept_invite(now, leg, ""),
            Some(status) if leg.is_unanswered() => drop(self.say_reliably(now, leg, status)),
            _ => {}
        }
    }
}

/// The provisional response that a timer is about; none once it is confirmed or the call has its final response.
fn open_of(leg: &mut Leg, serial: u32) -> Option<&mut Provisional> {
    let uas = leg.uas.as_mut().filter(|uas| uas.accepted.is_none())?;
    uas.reliable.as_mut()?.open.as_mut().filter(|open| open.serial == serial)
}
