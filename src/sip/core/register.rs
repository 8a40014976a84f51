//! REGISTER (RFC 3261 §10.3), and the passwords of phones (RFC 8760).

use std::io::Write as _;
use std::sync::Arc;

use super::Core;
use super::receive::Request;
use super::timers::TimerKey;
use crate::base::time::{Micros, Mono};
use crate::sip::auth::digest::Credentials;
use crate::sip::auth::nonce::Verdict;
use crate::sip::config::UserAccount;
use crate::sip::event::SipEvent;
use crate::sip::registrar;
use crate::sip::transaction::server::Kind;
use crate::sip::wire::address::NameAddr;
use crate::sip::wire::compose::{self, ReplyHead, put};
use crate::sip::wire::fields;
use crate::sip::wire::message::{Message, Start};
use crate::sip::wire::name::Name;
use crate::sip::wire::uri::{Scheme, Uri};
use crate::sip::wire::validate::Rejection;

/// Contacts of one REGISTER that are looked at.
const MAX_CONTACTS_PER_REQUEST: usize = 16;
/// What a password is compared with where there is no user: the same work, and never a match, because the
/// outcome is not looked at.
const NO_PASSWORD: &str = "no such user";

/// What a REGISTER asks for, read but not yet carried out.
enum Asked<'a> {
    Query,
    RemoveAll,
    Set(Vec<registrar::Wish<'a>>),
}

impl Core {
    /// Whether there is credit to answer whoever sent this. Registered phones need none.
    pub(super) fn may_answer(&mut self, now: Mono, request: &Request<'_, '_>) -> bool {
        self.registrar.knows(&request.flow) || self.auth.throttle.may_challenge(now, request.flow.peer.ip())
    }

    pub(super) fn receive_register(&mut self, now: Mono, request: &Request<'_, '_>) {
        if self.config.users.is_empty() {
            return self.refuse(request, 403);
        }
        let Some(user) = self.authenticate(now, request) else { return };
        let message = request.message;
        let owned = message
            .first(Name::To)
            .and_then(NameAddr::parse)
            .and_then(|to| Uri::parse(to.uri))
            .is_some_and(|uri| self.account(&uri.user_text()).is_some_and(|account| account.name == user));
        if !owned {
            return self.refuse_known(request, &Rejection::new(403, compose::reason(403)));
        }
        let asked = match self.read_contacts(now, message) {
            Ok(asked) => asked,
            Err(rejection) => return self.refuse_known(request, &rejection),
        };
        let (contacts, remove_all) = match asked {
            Asked::Query => (None, false),
            Asked::RemoveAll => (Some(Vec::new()), true),
            Asked::Set(contacts) => (Some(contacts), false),
        };
        let mut changed = false;
        if let Some(contacts) = contacts {
            let cseq = message.cseq().map_or(0, |cseq| cseq.number);
            let order =
                registrar::Request { flow: request.flow, call_id: message.call_id(), cseq, contacts, remove_all };
            match self.registrar.register(now, &user, &order) {
                Ok(done) => changed = done,
                Err(registrar::OutOfOrder) => {
                    return self.refuse_known(request, &Rejection::new(500, compose::reason(500)));
                }
            }
        }
        self.confirm_registration(now, request, &user);
        if changed {
            self.tell_contacts(user);
        }
    }

    /// 200 with all contacts of the user, and a timer for each. On a transaction, because its repetition would
    /// otherwise look like a replay of the password.
    fn confirm_registration(&mut self, now: Mono, request: &Request<'_, '_>, user: &Arc<str>) {
        let tag = self.stateless_tag(request.message);
        let mut out = Vec::with_capacity(768);
        ReplyHead::of(request.message, &request.flow).write(&mut out, 200, "OK", Some(&tag));
        let bindings: Vec<_> = self.registrar.contacts(user).to_vec();
        for binding in bindings {
            let left = binding.expires.since(now);
            put!(out, "Contact: <{}>;expires={}", binding.uri, left.as_ms() / 1000);
            if binding.preference < registrar::FULL_PREFERENCE {
                put!(out, ";q=0.{:03}", binding.preference);
            }
            put!(out, "\r\n");
            self.set_timer(now, left, TimerKey::Binding(binding.id));
        }
        put!(out, "Server: {}\r\n", self.config.user_agent);
        compose::finish(&mut out, "", "");
        if self.open_server(request.key, Kind::NonInvite, request.flow, None, None) {
            self.respond(now, request.key, 200, out);
        } else {
            self.transmit(request.flow, out.into());
        }
    }

    fn read_contacts<'a>(&self, now: Mono, message: &Message<'a>) -> Result<Asked<'a>, Rejection> {
        let bad = |reason| Rejection::new(400, reason);
        let default = message.first(Name::Expires).and_then(fields::number);
        let mut values = message.list(Name::Contact).filter(|text| !text.is_empty()).peekable();
        if values.peek().is_none() {
            return Ok(Asked::Query);
        }
        let values: Vec<&str> = values.take(MAX_CONTACTS_PER_REQUEST).collect();
        if values.contains(&"*") {
            // RFC 3261 §10.3 step 6: alone, and with zero.
            let alone = values.len() == 1 && default == Some(0);
            return if alone { Ok(Asked::RemoveAll) } else { Err(bad("Wildcard Contact")) };
        }
        let mut contacts = Vec::with_capacity(values.len());
        for value in values {
            let address = NameAddr::parse(value).ok_or_else(|| bad("Malformed Contact"))?;
            let uri = Uri::parse(address.uri).ok_or_else(|| bad("Malformed Contact"))?;
            if !matches!(uri.scheme, Scheme::Sip | Scheme::Sips) {
                return Err(bad("Contact Scheme"));
            }
            let own = address.param("expires").map(|text| fields::number(text).unwrap_or(DEFAULT_EXPIRES_SECS));
            let expires = self.bounded(now, own.or(default).unwrap_or(DEFAULT_EXPIRES_SECS))?;
            let preference = address.param("q").map_or(registrar::FULL_PREFERENCE, fields::thousandths);
            contacts.push(registrar::Wish { uri: address.uri, expires, preference });
        }
        Ok(Asked::Set(contacts))
    }

    /// When a binding ends, within what the site allows (RFC 3261 §10.3 step 7).
    fn bounded(&self, now: Mono, seconds: u32) -> Result<Mono, Rejection> {
        let asked = Micros::from_secs(u64::from(seconds));
        if seconds > 0 && asked < self.config.min_registration {
            let least = self.config.min_registration.as_ms() / 1000;
            return Err(Rejection::with(423, "Interval Too Brief", format!("Min-Expires: {least}")));
        }
        Ok(now + asked.min(self.config.max_registration))
    }

    pub(super) fn tell_contacts(&mut self, user: Arc<str>) {
        let contacts: Vec<_> = self.registrar.contacts(&user).iter().map(|binding| binding.id).collect();
        self.emit(if contacts.is_empty() {
            SipEvent::Unregistered { user }
        } else {
            SipEvent::Registered { user, contacts }
        });
    }

    /// Answers somebody whose password held.
    fn refuse_known(&mut self, request: &Request<'_, '_>, rejection: &Rejection) {
        self.reply(request.message, &request.flow, rejection);
    }

    /// The user whose password the request shows. Otherwise the request has been answered with a challenge or a
    /// refusal, or not at all: an unknown user and a wrong password look the same (RFC 3261 §22.1).
    pub(super) fn authenticate(&mut self, now: Mono, request: &Request<'_, '_>) -> Option<Arc<str>> {
        let source = request.flow.peer.ip();
        let message = request.message;
        let offered = [Name::Authorization, Name::ProxyAuthorization]
            .iter()
            .flat_map(|name| message.all(*name))
            .filter_map(Credentials::parse)
            .find(|credentials| *credentials.realm == *self.config.domain);
        let Some(credentials) = offered else {
            if self.may_answer(now, request) {
                self.challenge(now, request, false);
            } else {
                self.counters.dropped += 1;
            }
            return None;
        };
        let user_key = self.hash.of(&["user", &credentials.username]);
        if !self.auth.throttle.permits(now, source, user_key) || !self.may_answer(now, request) {
            self.counters.dropped += 1;
            return None;
        }
        let count = if credentials.qop.is_some() { credentials.count() } else { Some(1) };
        let qop_fits = credentials.qop.as_deref().is_none_or(|qop| qop.eq_ignore_ascii_case("auth"));
        let verdict = self.auth.nonces.check(now, &credentials.nonce, count.unwrap_or(0));
        if verdict == Verdict::Foreign || !qop_fits || count.is_none_or(|count| count == 0) {
            self.challenge(now, request, false);
            return None;
        }
        let account =
            self.account(&credentials.username).map(|account| (account.name.clone(), account.password.clone()));
        let Start::Request { name, .. } = message.start else { return None };
        let password = account.as_ref().map_or(NO_PASSWORD, |(_, password)| password);
        let holds = credentials.holds(name, password);
        let known = account.filter(|_| holds && self.offers(&credentials));
        let Some((user, _)) = known else {
            self.counters.auth_failures += 1;
            self.auth.throttle.failed(now, source, user_key);
            self.reply(message, &request.flow, &Rejection::new(403, compose::reason(403)));
            return None;
        };
        if verdict == Verdict::Stale {
            // The password held: only the nonce is old or used, and the phone need not ask its user again.
            self.challenge(now, request, true);
            return None;
        }
        self.auth.nonces.spend(now, &credentials.nonce, count.unwrap_or(1));
        self.auth.throttle.succeeded(source, user_key);
        Some(user)
    }

    /// The user with that name or extension.
    fn account(&self, name: &str) -> Option<&UserAccount> {
        self.auth.users.get(name).and_then(|at| self.config.users.get(*at))
    }

    /// Whether the algorithm is one that we challenge with.
    fn offers(&self, credentials: &Credentials) -> bool {
        credentials.algorithm.is_some_and(|algorithm| self.config.digests.contains(&algorithm))
    }

    /// 401 with one challenge for each algorithm, the preferred first (RFC 8760 §2.3).
    fn challenge(&mut self, now: Mono, request: &Request<'_, '_>, stale: bool) {
        let nonce = self.auth.nonces.issue(now, self.tokens.next_u64());
        let mut lines = Vec::with_capacity(384);
        for (n, algorithm) in self.config.digests.iter().enumerate() {
            let end = if n == 0 { "" } else { "\r\n" };
            put!(lines, "{end}WWW-Authenticate: Digest realm=\"{}\", nonce=\"{nonce}\"", self.config.domain);
            put!(lines, ", algorithm={}, qop=\"auth\"{}", algorithm.name(), if stale { ", stale=true" } else { "" });
        }
        let header = String::from_utf8(lines).unwrap_or_default();
        self.reply(request.message, &request.flow, &Rejection::with(401, "Unauthorized", header));
    }
}

/// How long a registration holds that does not say (RFC 3261 §10.2.1.1).
const DEFAULT_EXPIRES_SECS: u32 = 3600;
