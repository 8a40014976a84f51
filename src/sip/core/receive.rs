//! Sorts what comes in: noise, responses, retransmissions, requests inside a dialog, new ones, strangers'.

use super::timers::TimerKey;
use super::{Core, Gate};
use crate::base::id::LegId;
use crate::base::time::{Micros, Mono};
use crate::sip::event::Source;
use crate::sip::flow::Flow;
use crate::sip::transaction::server::Input;
use crate::sip::transaction::timer::Timer;
use crate::sip::wire::address::NameAddr;
use crate::sip::wire::compose::{self, ReplyHead, put};
use crate::sip::wire::fields::Via;
use crate::sip::wire::message::{Message, Start, unfold};
use crate::sip::wire::method::{ALLOW, Method};
use crate::sip::wire::name::Name;
use crate::sip::wire::validate::{RELIABLE, Rejection, SDP_TYPE, SUPPORTED_LIST, validate};
use std::io::Write as _;

/// What we know of a request's sender before we look at any password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Sender {
    Trunk(std::sync::Arc<str>),
    /// A registered phone speaks from there, or one inside a trunk's network.
    Phone,
    /// Anyone else; a phone too, until its password has held.
    Stranger,
}

/// A request with what has been found out about it.
pub(super) struct Request<'a, 'b> {
    pub message: &'b Message<'a>,
    pub flow: Flow,
    /// Its transaction, open or not.
    pub key: u64,
    pub sender: Sender,
}

impl Core {
    /// Takes one datagram, or one message of a stream.
    pub fn receive(&mut self, now: Mono, bytes: &[u8], from: Flow) {
        self.counters.received += 1;
        let bytes = unfold(bytes);
        let Some(message) = Message::parse(&bytes) else {
            self.counters.dropped += 1;
            return;
        };
        crate::sip::trace::received(&from, &bytes);
        match message.start {
            Start::Response { status, .. } => self.receive_response(now, &message, status),
            Start::Request { name, .. } => self.receive_request(now, &message, name, from),
        }
    }

    fn receive_request(&mut self, now: Mono, message: &Message<'_>, name: &str, flow: Flow) {
        // Without a Via there is nowhere to answer to.
        let Some(via) = message.top_via() else {
            self.counters.dropped += 1;
            return;
        };
        let method = message.method();
        if method == Method::Ack {
            return self.receive_ack(now, message, &via);
        }
        let key = self.server_key(message, &via, name);
        if self.transactions.server.contains_key(&key) {
            self.advance_server(now, key, Input::Retransmission);
            return;
        }
        let dialog = self.dialog_of(message);
        let sender = self.identify(message, &flow);
        let users_may_call = !self.config.users.is_empty() && matches!(method, Method::Invite | Method::Register);
        // A phone that is not registered showed its password with its INVITE; CANCEL cannot show any (RFC 3261 §22.1).
        let cancels = method == Method::Cancel
            && self.transactions.server.contains_key(&self.server_key(message, &via, "INVITE"));
        if dialog.is_none() && sender == Sender::Stranger && !users_may_call && !cancels {
            self.counters.dropped += 1;
            return;
        }
        let request = Request { message, flow, key, sender };
        if method == Method::Invite && message.to_tag().is_none() && self.is_overloaded(now, &request) {
            return;
        }
        if let Err(rejection) = validate(message) {
            // A stranger learns nothing from mistakes either.
            if dialog.is_none() && request.sender == Sender::Stranger && !cancels {
                self.counters.dropped += 1;
                return;
            }
            return self.reply(message, &flow, &rejection);
        }
        match dialog {
            Some(leg) if method != Method::Cancel => self.receive_in_dialog(now, &request, leg),
            _ => self.receive_new(now, &request, &via),
        }
    }

    /// The leg whose dialog a request names with its To tag.
    fn dialog_of(&self, message: &Message<'_>) -> Option<LegId> {
        let tag = message.to_tag()?;
        self.dialogs.get(&self.dialog_key(message.call_id(), tag)).copied()
    }

    /// Who sent a request, by where it came from. A phone goes before a trunk whose network it stands in: one that
    /// is registered, or that calls with credentials, which are then looked at.
    fn identify(&self, message: &Message<'_>, flow: &Flow) -> Sender {
        if self.registrar.knows(flow) {
            return Sender::Phone;
        }
        let Some(trunk) = self.config.trunk_of(flow.peer) else { return Sender::Stranger };
        let shows = |name| message.first(name).is_some();
        let claims = shows(Name::Authorization) || shows(Name::ProxyAuthorization);
        if claims && message.method() == Method::Invite && !self.config.users.is_empty() {
            return Sender::Phone;
        }
        Sender::Trunk(trunk.name.clone())
    }

    /// Admission control: a new call is refused before anything is read of it or kept (DESIGN, bounds).
    fn is_overloaded(&mut self, now: Mono, request: &Request<'_, '_>) -> bool {
        let retry_after = match self.gate {
            Gate::Closed { retry_after_secs } => retry_after_secs,
            Gate::Open if self.legs.len() >= self.config.max_legs => OVERLOAD_RETRY_SECS,
            Gate::Open => return false,
        };
        self.counters.overloaded += 1;
        if request.sender == Sender::Stranger && !self.may_answer(now, request) {
            return true;
        }
        let header = format!("Retry-After: {retry_after}");
        self.reply(request.message, &request.flow, &Rejection::with(503, "Service Unavailable", header));
        true
    }

    /// An ACK belongs to the failure it confirms, or to the dialog (RFC 3261 §17.2.1, §13.3.1.4).
    fn receive_ack(&mut self, now: Mono, message: &Message<'_>, via: &Via<'_>) {
        let key = self.server_key(message, via, "INVITE");
        if self.transactions.server.contains_key(&key) {
            let step = self.advance_server(now, key, Input::Ack);
            if !step.pass_on {
                return;
            }
        }
        match self.dialog_of(message) {
            Some(leg) => self.acknowledged(now, message, leg),
            None => self.counters.dropped += 1,
        }
    }

    fn receive_new(&mut self, now: Mono, request: &Request<'_, '_>, via: &Via<'_>) {
        let message = request.message;
        let has_dialog = message.to_tag().is_some();
        match message.method() {
            Method::Cancel => self.receive_cancel(now, request, via),
            // A registrar has no dialogs: a To tag there is only untidy.
            Method::Register => self.receive_register(now, request),
            _ if has_dialog => self.refuse(request, 481),
            Method::Invite => self.receive_invite(now, request),
            Method::Options => self.answer_options(request),
            Method::Refer => self.refuse(request, 403),
            _ => self.refuse(request, 481),
        }
    }

    /// Answers with a status alone, and keeps nothing.
    pub(super) fn refuse(&mut self, request: &Request<'_, '_>, status: u16) {
        if request.sender == Sender::Stranger {
            self.counters.dropped += 1;
            return;
        }
        self.reply(request.message, &request.flow, &Rejection::new(status, compose::reason(status)));
    }

    /// OPTIONS outside a dialog: what an INVITE would get, and what we can do (RFC 3261 §11.2).
    fn answer_options(&mut self, request: &Request<'_, '_>) {
        let status = if self.gate == Gate::Open { 200 } else { 503 };
        let tag = self.stateless_tag(request.message);
        let mut out = Vec::with_capacity(512);
        ReplyHead::of(request.message, &request.flow).write(&mut out, status, compose::reason(status), Some(&tag));
        put!(out, "Contact: {}\r\n", self.contact(&request.flow));
        self.put_abilities(&mut out);
        compose::finish(&mut out, "", "");
        self.transmit(request.flow, out.into());
    }

    /// Allow, Accept and Supported, as OPTIONS and 2xx have them.
    pub(super) fn put_abilities(&self, out: &mut Vec<u8>) {
        put!(out, "Allow: {ALLOW}\r\nAccept: {SDP_TYPE}\r\nSupported: {SUPPORTED_LIST}, {RELIABLE}\r\n");
        put!(out, "Server: {}\r\n", self.config.user_agent);
    }

    /// CANCEL: 200, and 487 to its INVITE if that is still open (RFC 3261 §9.2).
    fn receive_cancel(&mut self, now: Mono, request: &Request<'_, '_>, via: &Via<'_>) {
        let invite = self.server_key(request.message, via, "INVITE");
        let Some(txn) = self.transactions.server.get(&invite) else { return self.refuse(request, 481) };
        let (leg, undecided) = (txn.leg, txn.is_undecided());
        let tag = leg.and_then(|leg| self.legs.get(&leg)).map(|leg| leg.dialog.local_tag.to_string());
        let tag = tag.unwrap_or_else(|| self.stateless_tag(request.message));
        let mut out = Vec::with_capacity(512);
        ReplyHead::of(request.message, &request.flow).write(&mut out, 200, "OK", Some(&tag));
        compose::finish(&mut out, "", "");
        self.transmit(request.flow, out.into());
        if undecided && let Some(leg) = leg {
            self.cancelled(now, leg);
        }
    }

    /// The user part of the identity a request shows, its display name, and whether it wants to be hidden.
    pub(super) fn caller_of(message: &Message<'_>, source: &Source) -> (String, String, bool) {
        let from = message.first(Name::From).and_then(NameAddr::parse);
        // Only a trunk is trusted to assert an identity (RFC 3325 §5).
        let asserted = match source {
            Source::Trunk(_) => message.list(Name::PAssertedIdentity).next().and_then(NameAddr::parse),
            Source::User(_) => None,
        };
        let uri_of = |address: Option<NameAddr<'_>>| {
            let uri =
                address.and_then(|address| crate::sip::wire::uri::Uri::parse(address.uri).map(|uri| uri.user_text()));
            uri.unwrap_or_default()
        };
        let from_user = uri_of(from);
        let private = message
            .list(Name::Privacy)
            .flat_map(|text| text.split(';'))
            .any(|word| ["id", "user", "header"].iter().any(|known| known.eq_ignore_ascii_case(word.trim())));
        let anonymous = private || from_user.eq_ignore_ascii_case("anonymous");
        let user = if asserted.is_some() { uri_of(asserted) } else { from_user };
        (user, from.map(|address| address.display_text()).unwrap_or_default(), anonymous)
    }

    /// Sets a timer of a transaction's or leg's own.
    pub(super) fn set_timer(&mut self, now: Mono, after: Micros, key: TimerKey) {
        self.timers.set(now + after, key);
    }

    pub(super) fn client_timer(&mut self, now: Mono, key: u64, serial: u32, timer: Timer) {
        self.advance_client_timer(now, key, serial, timer);
    }
}

/// What a caller is told to wait when there is no room for another leg.
const OVERLOAD_RETRY_SECS: u32 = 5;
