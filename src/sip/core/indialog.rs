//! Requests inside a dialog: BYE, INFO, OPTIONS, re-INVITE, UPDATE, NOTIFY. All but REFER are answered at once,
//! without the exchange (DESIGN, the port, rule 4).

use std::io::Write as _;

use super::Core;
use super::receive::Request;
use super::uas::offer_of;
use crate::base::id::LegId;
use crate::base::time::Mono;
use crate::call::media_types::RemoteMedia;
use crate::sip::event::{Cause, SipEvent};
use crate::sip::leg::{Leg, Phase};
use crate::sip::sdp::session::sends;
use crate::sip::transaction::server::Kind;
use crate::sip::wire::compose::{self, ReplyHead, put};
use crate::sip::wire::message::Message;
use crate::sip::wire::method::{ALLOW, Method};
use crate::sip::wire::name::Name;
use crate::sip::wire::validate::SDP_TYPE;

impl Core {
    pub(super) fn receive_in_dialog(&mut self, now: Mono, request: &Request<'_, '_>, id: LegId) {
        let Some(mut leg) = self.take(id) else { return };
        let message = request.message;
        let tag = message.from_tag().unwrap_or("");
        // Another fork's dialog, or one whose call is over.
        if tag != &*leg.dialog.remote_tag || leg.phase == Phase::Reporting {
            self.put(leg);
            return self.reply(message, &request.flow, &compose_rejection(481));
        }
        let number = message.cseq().map_or(0, |cseq| cseq.number);
        if !leg.dialog.accept_seq(number) {
            self.put(leg);
            return self.reply(message, &request.flow, &compose_rejection(500));
        }
        let kind = if message.method() == Method::Invite { Kind::Invite } else { Kind::NonInvite };
        if !self.open_server(request.key, kind, request.flow, Some(id), None) {
            self.put(leg);
            return self.reply(message, &request.flow, &compose_rejection(503));
        }
        // A phone that moved to another port or connection is answered there, and found there from now on.
        leg.flow = request.flow;
        let head = ReplyHead::of(message, &request.flow);
        match message.method() {
            Method::Bye => return self.receive_bye(now, request, leg, &head),
            Method::Invite => self.receive_reinvite(now, request, &mut leg, &head),
            Method::Prack => self.receive_prack(now, request, &mut leg, &head),
            Method::Update => self.receive_update(now, request, &mut leg, &head),
            Method::Info => self.receive_info(now, request, &leg, &head),
            Method::Options => self.answer_in_dialog_options(now, request, &leg, &head),
            Method::Refer => self.receive_refer(now, request, &mut leg, head),
            // We never subscribe: whatever a NOTIFY tells, no one asked (RFC 6665 §4.1.3).
            Method::Notify => self.respond_leg(now, request, &leg, &head, 481, ""),
            _ => self.respond_leg(now, request, &leg, &head, 405, &format!("Allow: {ALLOW}\r\n")),
        }
        self.put(leg);
    }

    pub(super) fn respond_leg(
        &mut self,
        now: Mono,
        request: &Request<'_, '_>,
        leg: &Leg,
        head: &ReplyHead,
        status: u16,
        lines: &str,
    ) {
        self.respond_plain(now, request.key, head, status, &leg.dialog.local_tag, lines);
    }

    fn receive_bye(&mut self, now: Mono, request: &Request<'_, '_>, leg: Box<Leg>, head: &ReplyHead) {
        self.respond_leg(now, request, &leg, head, 200, "");
        let (id, live) = (leg.id, leg.is_live());
        if let Some(uas) = leg.uas.as_ref().filter(|uas| uas.accepted.is_none()) {
            // RFC 3261 §15.1.2: what is still open of the dialog is answered 487.
            self.respond_plain(now, uas.key, &uas.head, 487, &leg.dialog.local_tag, "");
        }
        self.end_call(now, leg);
        if live {
            self.emit(SipEvent::Gone { leg: id, cause: Cause::Bye });
        }
    }

    /// Lets go of a leg whose call is over, except for what its REFERs are still owed.
    pub(super) fn end_call(&mut self, now: Mono, mut leg: Box<Leg>) {
        leg.phase = Phase::Reporting;
        leg.uas = None;
        leg.session = None;
        leg.change = Default::default();
        leg.refresh = None;
        self.sessions.clear(leg.id);
        self.abandon_undecided(now, &mut leg);
        if leg.refers.is_empty() {
            self.forget(&leg);
        } else {
            self.put(leg);
        }
    }

    fn answer_in_dialog_options(&mut self, now: Mono, request: &Request<'_, '_>, leg: &Leg, head: &ReplyHead) {
        let mut out = Vec::with_capacity(512);
        head.write(&mut out, 200, "OK", Some(&leg.dialog.local_tag));
        self.put_abilities(&mut out);
        compose::finish(&mut out, "", "");
        self.respond(now, request.key, 200, out);
    }

    /// INFO: a digit in one of the two forms in use, or a keep-alive without body.
    fn receive_info(&mut self, now: Mono, request: &Request<'_, '_>, leg: &Leg, head: &ReplyHead) {
        let message = request.message;
        if message.first(Name::InfoPackage).is_some() {
            // RFC 6086 §4.2.2: we have offered no package.
            return self.respond_leg(now, request, leg, head, 469, "Recv-Info:\r\n");
        }
        let kind = message.content_type();
        let known = ["application/dtmf-relay", "application/dtmf"].iter().any(|ours| ours.eq_ignore_ascii_case(kind));
        if !message.body.is_empty() && !known {
            return self.respond_leg(
                now,
                request,
                leg,
                head,
                415,
                "Accept: application/dtmf-relay, application/dtmf\r\n",
            );
        }
        self.respond_leg(now, request, leg, head, 200, "");
        if leg.is_live()
            && let Some(digit) = digit_of(message)
        {
            self.emit(SipEvent::Digit { leg: leg.id, digit });
        }
    }

    /// Why a change by the peer cannot be taken now, if so: its own earlier one is open (500), or ours is (491).
    fn glare(&mut self, leg: &Leg) -> Option<(u16, String)> {
        let open = leg.uas.as_ref().map(|uas| uas.accepted.is_some());
        match open {
            // RFC 3261 §14.2: the wait is a random one between 0 and 10 seconds.
            Some(false) => Some((500, format!("Retry-After: {}\r\n", self.tokens.below(11)))),
            Some(true) => Some((491, String::new())),
            None if leg.change.running.is_some() => Some((491, String::new())),
            None if leg.phase == Phase::Placing => Some((491, String::new())),
            None => None,
        }
    }

    fn receive_reinvite(&mut self, now: Mono, request: &Request<'_, '_>, leg: &mut Leg, head: &ReplyHead) {
        if let Some((status, lines)) = self.glare(leg) {
            return self.respond_leg(now, request, leg, head, status, &lines);
        }
        let offer = match offer_of(request.message) {
            Ok(offer) => offer,
            Err(rejection) => {
                return self.respond_leg(now, request, leg, head, rejection.status, &line(&rejection.header));
            }
        };
        let (timer_lines, refresh) = match Self::session_timer_lines(request.message) {
            Ok(found) => found,
            Err(rejection) => {
                return self.respond_leg(now, request, leg, head, rejection.status, &line(&rejection.header));
            }
        };
        let source = request.flow.peer.ip();
        let saved = leg.session.clone();
        let before = leg.session.as_ref().and_then(|session| session.remote());
        let (body, late) = match (leg.session.as_mut(), &offer) {
            (Some(session), Some(offer)) => (session.answer(offer, source).ok().map(|(body, _)| body), false),
            (Some(session), None) => (Some(session.offer()), true),
            (None, _) => (None, false),
        };
        let Some(body) = body else { return self.respond_leg(now, request, leg, head, 488, "") };
        leg.dialog.refresh_target(request.message);
        let mut uas = self.uas_invite(request, None);
        uas.late_offer = late;
        uas.saved = saved.filter(|_| late);
        uas.timer_lines = timer_lines;
        leg.uas = Some(Box::new(uas));
        leg.refresh = Some(refresh);
        self.accept_invite(now, leg, &body);
        if !late {
            self.report_media(leg, before);
        }
    }

    fn receive_update(&mut self, now: Mono, request: &Request<'_, '_>, leg: &mut Leg, head: &ReplyHead) {
        let offer = match offer_of(request.message) {
            Ok(offer) => offer,
            Err(rejection) => {
                return self.respond_leg(now, request, leg, head, rejection.status, &line(&rejection.header));
            }
        };
        if offer.is_some()
            && let Some((status, lines)) = self.glare(leg)
        {
            return self.respond_leg(now, request, leg, head, status, &lines);
        }
        // Before the answer there is no session to keep: its INVITE says what will be (RFC 4028 §7.4).
        let stands = leg.phase != Phase::Placing && !leg.is_unanswered();
        let (timer_lines, refresh) = match Self::session_timer_lines(request.message) {
            Ok((lines, refresh)) if stands => (lines, Some(refresh)),
            Ok(_) => (String::new(), None),
            Err(rejection) => {
                return self.respond_leg(now, request, leg, head, rejection.status, &line(&rejection.header));
            }
        };
        let before = leg.session.as_ref().and_then(|session| session.remote());
        let mut body = String::new();
        if let (Some(offer), Some(session)) = (&offer, leg.session.as_mut()) {
            match session.answer(offer, request.flow.peer.ip()) {
                Ok((answer, _)) => body = answer,
                Err(_) => return self.respond_leg(now, request, leg, head, 488, ""),
            }
        }
        leg.dialog.refresh_target(request.message);
        let mut out = Vec::with_capacity(768);
        head.write(&mut out, 200, "OK", Some(&leg.dialog.local_tag));
        put!(out, "Contact: {}\r\n{timer_lines}", self.contact(&leg.flow));
        compose::finish(&mut out, SDP_TYPE, &body);
        self.respond(now, request.key, 200, out);
        if refresh.is_some() {
            leg.refresh = refresh;
            self.start_session_timer(now, leg);
        }
        if offer.is_some() {
            self.report_media(leg, before);
        }
    }

    /// Tells what has changed in the peer's audio, and whether that is a hold.
    pub(super) fn report_media(&mut self, leg: &mut Leg, before: Option<RemoteMedia>) {
        let Some(media) = leg.session.as_ref().and_then(|session| session.remote()) else { return };
        if Some(media) == before {
            return;
        }
        self.emit(SipEvent::Media { leg: leg.id, media });
        let held = !sends(media.direction);
        if held != leg.held {
            leg.held = held;
            self.emit(if held { SipEvent::Held { leg: leg.id } } else { SipEvent::Resumed { leg: leg.id } });
        }
    }
}

fn line(header: &str) -> String {
    if header.is_empty() { String::new() } else { format!("{header}\r\n") }
}

fn compose_rejection(status: u16) -> crate::sip::wire::validate::Rejection {
    crate::sip::wire::validate::Rejection::new(status, compose::reason(status))
}

/// The digit of an INFO: `Signal=5` of dtmf-relay, or the bare digit (or event number 10 and 11) of dtmf.
fn digit_of(message: &Message<'_>) -> Option<char> {
    let body = std::str::from_utf8(message.body).ok()?;
    let signal = body.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        name.trim().eq_ignore_ascii_case("signal").then_some(value.trim())
    });
    let text = signal.unwrap_or_else(|| body.trim());
    match text {
        "10" => return Some('*'),
        "11" => return Some('#'),
        _ => {}
    }
    let mut chars = text.chars();
    let digit = chars.next()?.to_ascii_uppercase();
    (chars.next().is_none() && matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D')).then_some(digit)
}
