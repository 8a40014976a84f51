//! A dialog: who talks to whom, by which route, with which numbers (RFC 3261 §12); and what of it another process needs.
//! Not a call: that is `leg`.

use super::event::Source;
use super::flow::Flow;
use super::sdp::session::Session;
use super::wire::address::NameAddr;
use super::wire::compose::put;
use super::wire::message::Message;
use super::wire::name::Name;
use super::wire::uri::Uri;
use std::io::Write as _;

/// Hops that a route set may have; more is a loop or an attack.
pub const MAX_ROUTES: usize = 16;

/// The state of RFC 3261 §12 that a live call keeps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dialog {
    pub call_id: Box<str>,
    pub local_tag: Box<str>,
    /// Empty until the peer has one; a peer of RFC 2543 may never have.
    pub remote_tag: Box<str>,
    /// Our address without tag, for From.
    pub local: Box<str>,
    /// The peer's address without tag, for To.
    pub remote: Box<str>,
    pub local_seq: u32,
    /// The highest number the peer used.
    pub remote_seq: Option<u32>,
    /// Where requests go: the peer's last Contact.
    pub remote_target: Box<str>,
    /// Addresses in angle brackets, next hop first.
    pub routes: Vec<Box<str>>,
}

/// A confirmed leg as a value: what survives the process that made it, so that the next one can reach the same phone. It
/// is as old as when it was taken: take another after each change of the leg.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
    pub source: Source,
    /// Where its messages came from last, without the connection.
    pub flow: Flow,
    pub dialog: Dialog,
    /// What was agreed, with the version of our description.
    pub session: Session,
    pub takes_update: bool,
    /// The peer held us.
    pub held: bool,
    /// The interval of the session timer in seconds, and whether we refresh (RFC 4028).
    pub refresh: Option<(u32, bool)>,
}

/// The address part of a From or To value, without its parameters.
pub fn address_of(value: &str) -> Box<str> {
    NameAddr::parse(value).map_or(value, |parsed| parsed.address).into()
}

/// The URI of the first Contact, if there is a usable one.
pub fn contact_of(message: &Message<'_>) -> Option<Box<str>> {
    let contact = NameAddr::parse(message.list(Name::Contact).next()?)?;
    Uri::parse(contact.uri).map(|_| contact.uri.into())
}

fn routes_of(message: &Message<'_>) -> Vec<Box<str>> {
    message
        .list(Name::RecordRoute)
        .filter_map(|text| NameAddr::parse(text).map(|address| format!("<{}>", address.uri).into()))
        .take(MAX_ROUTES)
        .collect()
}

impl Dialog {
    /// The dialog that our response to an INVITE makes (§12.1.1).
    pub fn as_uas(invite: &Message<'_>, local_tag: Box<str>) -> Self {
        let from = invite.first(Name::From).unwrap_or("");
        let remote = address_of(from);
        // A peer of RFC 2543 may leave Contact out; its From is then the best address there is.
        let remote_target =
            contact_of(invite).or_else(|| NameAddr::parse(from).map(|a| a.uri.into())).unwrap_or_default();
        Self {
            call_id: invite.call_id().into(),
            local_tag,
            remote_tag: invite.from_tag().unwrap_or("").into(),
            local: address_of(invite.first(Name::To).unwrap_or("")),
            remote,
            local_seq: 0,
            remote_seq: invite.cseq().map(|cseq| cseq.number),
            remote_target,
            routes: routes_of(invite),
        }
    }

    /// The dialog that a response to our INVITE makes (§12.1.2), read from the response alone: so it also
    /// serves a 2xx whose call we have forgotten.
    pub fn as_uac(response: &Message<'_>) -> Self {
        let mut routes = routes_of(response);
        routes.reverse();
        let to = response.first(Name::To).unwrap_or("");
        Self {
            call_id: response.call_id().into(),
            local_tag: response.from_tag().unwrap_or("").into(),
            remote_tag: response.to_tag().unwrap_or("").into(),
            local: address_of(response.first(Name::From).unwrap_or("")),
            remote: address_of(to),
            local_seq: response.cseq().map_or(1, |cseq| cseq.number),
            remote_seq: None,
            remote_target: contact_of(response)
                .or_else(|| NameAddr::parse(to).map(|a| a.uri.into()))
                .unwrap_or_default(),
            routes,
        }
    }

    /// Whether a request's number is news (§12.2.2). Gaps are; the same or a lower one is not.
    pub fn accept_seq(&mut self, number: u32) -> bool {
        if self.remote_seq.is_some_and(|highest| number <= highest) {
            return false;
        }
        self.remote_seq = Some(number);
        true
    }

    /// The number of our next request.
    pub fn next_seq(&mut self) -> u32 {
        self.local_seq = self.local_seq.saturating_add(1);
        self.local_seq
    }

    /// Takes the Contact of a target refresh (§12.2).
    pub fn refresh_target(&mut self, message: &Message<'_>) {
        if let Some(contact) = contact_of(message) {
            self.remote_target = contact;
        }
    }

    fn first_route(&self) -> Option<Uri<'_>> {
        self.routes.first().and_then(|route| NameAddr::parse(route)).and_then(|address| Uri::parse(address.uri))
    }

    fn is_loose(&self) -> bool {
        self.first_route().is_none_or(|uri| uri.param("lr").is_some())
    }

    /// The Request-URI (§12.2.1.1): the remote target, or the first route if that one is a strict router.
    pub fn request_uri(&self) -> &str {
        match self.routes.first() {
            Some(route) if !self.is_loose() => route.trim_start_matches('<').trim_end_matches('>'),
            _ => &self.remote_target,
        }
    }

    /// Writes the Route headers that go with `request_uri`.
    pub fn write_routes(&self, out: &mut Vec<u8>) {
        let strict = !self.is_loose();
        for route in self.routes.iter().skip(usize::from(strict)) {
            put!(out, "Route: {route}\r\n");
        }
        if strict {
            put!(out, "Route: <{}>\r\n", self.remote_target);
        }
    }

    /// The URI that decides where a request is sent (§8.1.2).
    pub fn next_hop(&self) -> &str {
        match self.routes.first() {
            Some(route) => route.trim_start_matches('<').trim_end_matches('>'),
            None => &self.remote_target,
        }
    }
}
