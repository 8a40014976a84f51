//! Legs that come in: from the INVITE to its ACK (RFC 3261 §13.3).

use std::io::Write as _;
use std::sync::Arc;

use super::Core;
use super::receive::{Request, Sender};
use super::timers::{LegTimer, TimerKey};
use crate::base::id::LegId;
use crate::base::time::{Micros, Mono};
use crate::call::media_types::LocalMedia;
use crate::sip::dialog::Dialog;
use crate::sip::event::{Cause, Incoming, SipEvent, Source};
use crate::sip::leg::{Change, Leg, Phase, UasInvite};
use crate::sip::sdp::session::Session;
use crate::sip::sdp::{self, Sdp};
use crate::sip::transaction::server::Kind;
use crate::sip::transaction::timer::{PATIENCE, T1, backed_off};
use crate::sip::wire::address::NameAddr;
use crate::sip::wire::compose::{self, ReplyHead, put};
use crate::sip::wire::fields;
use crate::sip::wire::message::{Message, Start};
use crate::sip::wire::name::Name;
use crate::sip::wire::uri::Uri;
use crate::sip::wire::validate::{Rejection, SDP_TYPE};

/// Proxies give an INVITE up after three minutes of silence (RFC 3261 §13.3.1.1).
const PROGRESS_INTERVAL: Micros = Micros::from_secs(60);
/// Hops for a call whose INVITE names none (RFC 3261 §8.1.1.6).
const DEFAULT_MAX_FORWARDS: u32 = 70;

impl Core {
    /// A new call: who is it, is it new, can it be heard; then 100 and `Incoming`.
    pub(super) fn receive_invite(&mut self, now: Mono, request: &Request<'_, '_>) {
        let message = request.message;
        let source = match &request.sender {
            Sender::Trunk(name) => Source::Trunk(Arc::clone(name)),
            Sender::Phone | Sender::Stranger => match self.authenticate(now, request) {
                Some(user) => Source::User(user),
                None => return,
            },
        };
        let number = message.cseq().map_or(0, |cseq| cseq.number).to_string();
        let merged = self.hash.of(&["merged", message.call_id(), message.from_tag().unwrap_or(""), &number]);
        if self.transactions.merged.contains_key(&merged) {
            return self.reply(message, &request.flow, &Rejection::new(482, compose::reason(482)));
        }
        if self.is_loop(message) {
            return self.reply(message, &request.flow, &Rejection::new(482, compose::reason(482)));
        }
        let replaces = match self.resolve_replaces(message, &source) {
            Ok(replaces) => replaces,
            Err(rejection) => return self.reply(message, &request.flow, &rejection),
        };
        let offer = match offer_of(message) {
            Ok(offer) => offer,
            Err(rejection) => return self.reply(message, &request.flow, &rejection),
        };
        let timer_lines = match Self::session_timer_lines(message) {
            Ok(lines) => lines,
            Err(rejection) => return self.reply(message, &request.flow, &rejection),
        };
        let id = LegId(self.numbers.leg.saturating_mul(2).saturating_add(1));
        if !self.open_server(request.key, Kind::Invite, request.flow, Some(id), Some(merged)) {
            self.counters.overloaded += 1;
            return self.reply(message, &request.flow, &Rejection::new(503, "Service Unavailable"));
        }
        self.numbers.leg += 1;
        let media = offer.as_ref().and_then(|offer| Session::preview(offer, request.flow.peer.ip()).ok());
        let event = incoming(id, message, source.clone(), media, replaces);
        let reliable = self.reliable_of(message);
        let mut leg = self.new_uas_leg(id, request, source, offer);
        if let Some(uas) = leg.uas.as_mut() {
            uas.timer_lines = timer_lines.0;
            uas.reliable = reliable;
            leg.refresh = Some(timer_lines.1);
            let mut out = Vec::with_capacity(512);
            uas.head.write(&mut out, 100, "Trying", None);
            compose::finish(&mut out, "", "");
            self.respond(now, request.key, 100, out);
        }
        self.put(leg);
        self.emit(SipEvent::Incoming(Box::new(event)));
    }

    fn new_uas_leg(&mut self, id: LegId, request: &Request<'_, '_>, source: Source, offer: Option<Sdp>) -> Box<Leg> {
        let message = request.message;
        let dialog = Dialog::as_uas(message, self.tokens.tag());
        self.dialogs.insert(self.dialog_key(&dialog.call_id, &dialog.local_tag), id);
        Box::new(Leg {
            id,
            source,
            phase: Phase::Incoming,
            flow: request.flow,
            dialog,
            session: None,
            uas: Some(Box::new(self.uas_invite(request, offer))),
            change: Change::default(),
            shown: None,
            refers: Vec::new(),
            refresh: None,
            takes_update: message.lists_token(Name::Allow, "UPDATE"),
            held: false,
            early: None,
            invite: None,
        })
    }

    /// The record of an INVITE that awaits our answer or its ACK.
    pub(super) fn uas_invite(&mut self, request: &Request<'_, '_>, offer: Option<Sdp>) -> UasInvite {
        UasInvite {
            key: request.key,
            serial: self.serial(),
            head: ReplyHead::of(request.message, &request.flow),
            cseq: request.message.cseq().map_or(0, |cseq| cseq.number),
            offer,
            answer: None,
            late_offer: false,
            accepted: None,
            interval: T1,
            timer_lines: String::new(),
            saved: None,
            reliable: None,
        }
    }

    /// Says 180. Does nothing once the call is answered: 180 never comes after 200.
    pub fn ring(&mut self, now: Mono, leg: LegId) -> bool {
        self.progress(now, leg, 180, None)
    }

    /// Says 183 with our answer, so that the caller hears us before the call is answered.
    pub fn early_media(&mut self, now: Mono, leg: LegId, media: &LocalMedia) -> bool {
        self.progress(now, leg, 183, Some(media))
    }

    fn progress(&mut self, now: Mono, id: LegId, status: u16, media: Option<&LocalMedia>) -> bool {
        let Some(mut leg) = self.take(id) else { return false };
        let done = leg.phase == Phase::Incoming && self.write_progress(now, &mut leg, status, media);
        self.put(leg);
        done
    }

    fn write_progress(&mut self, now: Mono, leg: &mut Leg, status: u16, media: Option<&LocalMedia>) -> bool {
        let Some(uas) = leg.uas.as_mut() else { return false };
        if let Some(media) = media
            && uas.answer.is_none()
        {
            let Some(offer) = &uas.offer else { return false };
            let mut session = Session::new(self.tokens.next_u64(), *media);
            let Ok((body, _)) = session.answer(offer, leg.flow.peer.ip()) else { return false };
            uas.answer = Some(body);
            leg.session = Some(Box::new(session));
        }
        if uas.reliable.is_some() {
            return self.say_reliably(now, leg, status);
        }
        // A 180 after a 183 repeats its answer: some phones otherwise start their own ringback over it.
        let body = uas.answer.clone().unwrap_or_default();
        self.say_progress(now, leg, status, "", &body);
        true
    }

    /// Writes a provisional response, and starts the minute until the next.
    pub(super) fn say_progress(&mut self, now: Mono, leg: &mut Leg, status: u16, lines: &str, body: &str) -> Arc<[u8]> {
        let serial = self.serial();
        let Some(uas) = leg.uas.as_mut() else { return Arc::default() };
        let mut out = Vec::with_capacity(768);
        uas.head.write(&mut out, status, compose::reason(status), Some(&leg.dialog.local_tag));
        uas.head.write_routes(&mut out);
        put!(out, "Contact: {}\r\nServer: {}\r\n{lines}", self.contact(&leg.flow), self.config.user_agent);
        if let Some(shown) = &leg.shown {
            put!(out, "{}", self.identity_lines(&shown.identity));
        }
        compose::finish(&mut out, SDP_TYPE, body);
        // An earlier timer that still runs is a late one.
        uas.serial = serial;
        let key = uas.key;
        self.set_timer(now, PROGRESS_INTERVAL, TimerKey::Leg { leg: leg.id, serial, timer: LegTimer::Progress });
        self.respond(now, key, status, out)
    }

    pub(super) fn repeat_progress(&mut self, now: Mono, id: LegId, serial: u32) {
        let Some(leg) = self.legs.get(&id) else { return };
        let Some(uas) = leg.uas.as_ref().filter(|uas| uas.serial == serial && uas.accepted.is_none()) else { return };
        let status = if uas.answer.is_some() { 183 } else { 180 };
        self.progress(now, id, status, None);
    }

    /// Says 200. The caller's ACK makes it `Confirmed`; a description we cannot answer makes it 488 and `Gone`.
    pub fn answer(&mut self, now: Mono, id: LegId, media: &LocalMedia) -> bool {
        let Some(mut leg) = self.take(id) else { return false };
        if leg.phase != Phase::Incoming {
            self.put(leg);
            return false;
        }
        let body = match leg.uas.as_mut() {
            Some(uas) => match (uas.answer.take(), uas.offer.take()) {
                (Some(body), _) => Some(body),
                (None, offer) => {
                    let mut session = Session::new(self.tokens.next_u64(), *media);
                    let body = match offer {
                        Some(offer) => session.answer(&offer, leg.flow.peer.ip()).ok().map(|(body, _)| body),
                        None => {
                            uas.late_offer = true;
                            Some(session.offer())
                        }
                    };
                    leg.session = Some(Box::new(session));
                    body
                }
            },
            None => None,
        };
        match body {
            Some(body) => {
                leg.phase = Phase::Answered;
                leg.note_hold();
                let confirmed =
                    leg.uas.as_ref().and_then(|uas| uas.reliable.as_ref()).is_some_and(|kept| kept.described);
                if !Self::waits_for_prack(&mut leg) {
                    self.accept_invite(now, &mut leg, if confirmed { "" } else { &body });
                }
                self.put(leg);
                true
            }
            None => {
                self.fail_incoming(now, leg, 488, "", Cause::Local);
                false
            }
        }
    }

    /// Sends the 2xx of an INVITE and repeats it until its ACK.
    pub(super) fn accept_invite(&mut self, now: Mono, leg: &mut Leg, body: &str) {
        let contact = self.contact(&leg.flow);
        let Some(uas) = leg.uas.as_mut() else { return };
        let mut out = Vec::with_capacity(1024);
        uas.head.write(&mut out, 200, "OK", Some(&leg.dialog.local_tag));
        uas.head.write_routes(&mut out);
        put!(out, "Contact: {contact}\r\n{}", uas.timer_lines);
        if let Some(shown) = leg.shown.as_mut().filter(|_| leg.phase == Phase::Answered) {
            shown.pending = false;
            put!(out, "{}", self.identity_lines(&shown.identity));
        }
        self.put_abilities(&mut out);
        compose::finish(&mut out, SDP_TYPE, body);
        let (key, serial) = (uas.key, uas.serial);
        uas.accepted = Some(self.respond(now, key, 200, out));
        self.set_timer(now, T1, TimerKey::Leg { leg: leg.id, serial, timer: LegTimer::Accept });
        self.set_timer(now, PATIENCE, TimerKey::Leg { leg: leg.id, serial, timer: LegTimer::NoAck });
        self.start_session_timer(now, leg);
    }

    pub(super) fn repeat_accept(&mut self, now: Mono, id: LegId, serial: u32) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let flow = leg.flow;
        let Some(uas) = leg.uas.as_mut().filter(|uas| uas.serial == serial) else { return };
        let Some(bytes) = uas.accepted.clone() else { return };
        uas.interval = backed_off(uas.interval);
        let after = uas.interval;
        self.counters.retransmitted += 1;
        self.transmit(flow, bytes);
        self.set_timer(now, after, TimerKey::Leg { leg: id, serial, timer: LegTimer::Accept });
    }

    /// 64*T1 without ACK: the dialog is confirmed, but the session is ended (RFC 3261 §13.3.1.4).
    pub(super) fn no_ack(&mut self, now: Mono, id: LegId, serial: u32) {
        let waits = |leg: &Leg| leg.uas.as_ref().is_some_and(|uas| uas.serial == serial && uas.accepted.is_some());
        if !self.legs.get(&id).is_some_and(|leg| waits(leg)) {
            return;
        }
        let Some(leg) = self.take(id) else { return };
        let live = leg.is_live();
        self.say_bye(now, leg, 0);
        if live {
            self.emit(SipEvent::Gone { leg: id, cause: Cause::NoAck });
        }
    }

    /// The ACK of a 2xx, with the answer if the offer was ours.
    pub(super) fn acknowledged(&mut self, now: Mono, message: &Message<'_>, id: LegId) {
        let number = message.cseq().map(|cseq| cseq.number);
        let Some(mut leg) = self.take(id) else { return };
        let confirmed = leg.uas.take_if(|uas| uas.accepted.is_some() && Some(uas.cseq) == number);
        let Some(uas) = confirmed else { return self.put(leg) };
        if leg.phase == Phase::Ending {
            return self.say_bye(now, leg, 0);
        }
        if uas.late_offer && leg.phase == Phase::Established && message.body.is_empty() {
            // The peer thought better of it: what was agreed before goes on.
            if let Some((session, saved)) = leg.session.as_mut().zip(uas.saved) {
                session.restore(*saved);
            }
        } else if uas.late_offer {
            let answer = sdp::body_of(message).and_then(Sdp::parse);
            let source = leg.flow.peer.ip();
            let taken =
                leg.session.as_mut().zip(answer).and_then(|(session, answer)| session.accept(&answer, source).ok());
            let Some(media) = taken else {
                self.say_bye(now, leg, 488);
                return self.emit(SipEvent::Gone { leg: id, cause: Cause::BadAnswer });
            };
            self.emit(SipEvent::Media { leg: id, media });
        }
        if leg.phase == Phase::Answered {
            leg.phase = Phase::Established;
            self.emit(SipEvent::Confirmed { leg: id });
        }
        self.start_change(now, &mut leg);
        self.put(leg);
    }

    /// Refuses a call that has not been answered. `retry_after_secs` goes with 503 and its like.
    pub fn reject(&mut self, now: Mono, id: LegId, status: u16, retry_after_secs: Option<u32>) -> bool {
        let Some(leg) = self.take(id) else { return false };
        if leg.phase != Phase::Incoming {
            self.put(leg);
            return false;
        }
        let lines = retry_after_secs.map(|secs| format!("Retry-After: {secs}\r\n")).unwrap_or_default();
        // A redirection of ours would name no address to go to.
        let status = if (400..700).contains(&status) { status } else { 480 };
        self.fail_incoming(now, leg, status, &lines, Cause::Local);
        true
    }

    /// The caller took the call back.
    pub(super) fn cancelled(&mut self, now: Mono, id: LegId) {
        let Some(leg) = self.take(id) else { return };
        if leg.is_unanswered() {
            self.fail_incoming(now, leg, 487, "", Cause::Cancelled);
        } else {
            self.put(leg);
        }
    }

    /// Ends a leg that was never answered.
    pub(super) fn fail_incoming(&mut self, now: Mono, leg: Box<Leg>, status: u16, lines: &str, cause: Cause) {
        if let Some(uas) = &leg.uas {
            self.respond_plain(now, uas.key, &uas.head, status, &leg.dialog.local_tag, lines);
        }
        self.forget(&leg);
        self.emit(SipEvent::Gone { leg: leg.id, cause });
    }
}

/// The offer of an INVITE, if it has one that can be answered.
pub(super) fn offer_of(message: &Message<'_>) -> Result<Option<Sdp>, Rejection> {
    if message.body.is_empty() {
        return Ok(None);
    }
    let text = sdp::body_of(message).ok_or_else(|| Rejection::new(415, "Unsupported Media Type"))?;
    let offer = Sdp::parse(text).ok_or_else(|| Rejection::new(400, "Malformed Session Description"))?;
    let usable = offer.audio().is_some_and(|(_, media)| !media.codecs.is_empty());
    // RFC 3261 §20.43: 305 is "incompatible media format".
    let warning = || "Warning: 305 - \"no common audio codec\"".to_owned();
    if usable { Ok(Some(offer)) } else { Err(Rejection::with(488, "Not Acceptable Here", warning())) }
}

fn incoming(
    leg: LegId,
    message: &Message<'_>,
    source: Source,
    offer: Option<crate::call::media_types::RemoteMedia>,
    replaces: Option<LegId>,
) -> Incoming {
    let to_user = match message.start {
        Start::Request { uri, .. } => Uri::parse(uri).map(|uri| uri.user_text()).unwrap_or_default(),
        Start::Response { .. } => String::new(),
    };
    let (from_user, from_display, anonymous) = Core::caller_of(message, &source);
    let diverted_by = message.list(Name::Diversion).next().and_then(NameAddr::parse);
    Incoming {
        leg,
        source,
        to_user,
        from_user,
        from_display,
        anonymous,
        offer,
        max_forwards: message.first(Name::MaxForwards).and_then(fields::number).unwrap_or(DEFAULT_MAX_FORWARDS),
        replaces,
        diverted_by: diverted_by.and_then(|address| Uri::parse(address.uri).map(|uri| uri.user_text())),
        call_id: message.call_id().to_owned(),
    }
}
