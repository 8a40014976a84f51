//! Which requests are answered with an error before anything looks at their meaning
//! (RFC 3261 §8.2, and the malformed messages of RFC 4475).

use super::address::NameAddr;
use super::fields::{self, Via};
use super::lists;
use super::message::{Message, Start};
use super::method::{ALLOW, Method};
use super::name::Name;
use super::uri::{Scheme, Uri};

/// The one body type that describes a session here.
pub const SDP_TYPE: &str = "application/sdp";
/// Option tags that a peer may require of us (RFC 4488, RFC 3891, RFC 4028).
pub const SUPPORTED: [&str; 3] = ["norefersub", "replaces", "timer"];
/// `SUPPORTED` as a header has it.
pub const SUPPORTED_LIST: &str = "norefersub, replaces, timer";
/// Provisional responses that are confirmed (RFC 3262): what a caller may require of us with INVITE alone (§3). Our own
/// requests do not offer it: nothing that a far end says before it answers is worth two more messages.
pub const RELIABLE: &str = "100rel";

/// The final response to a request that goes no further.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejection {
    pub status: u16,
    pub reason: &'static str,
    /// A whole header line without its line end, or nothing.
    pub header: String,
}

impl Rejection {
    pub fn new(status: u16, reason: &'static str) -> Self {
        Self { status, reason, header: String::new() }
    }

    pub fn with(status: u16, reason: &'static str, header: String) -> Self {
        Self { status, reason, header }
    }
}

fn bad(reason: &'static str) -> Rejection {
    Rejection::new(400, reason)
}

/// Checks a request in the order of RFC 3261 §8.2: syntax, method, Request-URI, extensions, content.
pub fn validate(message: &Message<'_>) -> Result<(), Rejection> {
    let Start::Request { method, name, uri, version } = message.start else { return Err(bad("Not A Request")) };
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        return Err(Rejection::new(505, "Version Not Supported"));
    }
    if let Some(reason) = message.fault {
        return Err(bad(reason));
    }
    headers(message, name)?;
    addresses(message)?;
    target(method, uri)?;
    match method {
        Method::Unknown => return Err(Rejection::with(501, "Not Implemented", format!("Allow: {ALLOW}"))),
        method if method.is_refused() => {
            return Err(Rejection::with(405, "Method Not Allowed", format!("Allow: {ALLOW}")));
        }
        _ => {}
    }
    if !matches!(method, Method::Ack | Method::Cancel) {
        extensions(message)?;
    }
    if matches!(method, Method::Invite | Method::Update | Method::Ack) {
        content(message)?;
    }
    // RFC 3261 §16.3 lets the last hop answer an OPTIONS whatever its count; a call would go on from here.
    if method == Method::Invite && message.first(Name::MaxForwards).and_then(fields::number) == Some(0) {
        return Err(Rejection::new(483, "Too Many Hops"));
    }
    Ok(())
}

fn headers(message: &Message<'_>, method: &str) -> Result<(), Rejection> {
    for (name, missing, repeated) in [
        (Name::From, "Missing From", "Repeated From"),
        (Name::To, "Missing To", "Repeated To"),
        (Name::CallId, "Missing Call-ID", "Repeated Call-ID"),
        (Name::CSeq, "Missing CSeq", "Repeated CSeq"),
    ] {
        match message.all(name).count() {
            0 => return Err(bad(missing)),
            1 => {}
            _ => return Err(bad(repeated)),
        }
    }
    if message.all(Name::MaxForwards).count() > 1 {
        return Err(bad("Repeated Max-Forwards"));
    }
    // A count above 255 is outside the header's range (RFC 3261 §20.22).
    if message.first(Name::MaxForwards).is_some_and(|text| fields::number(text).is_none_or(|n| n > 255)) {
        return Err(bad("Malformed Max-Forwards"));
    }
    let cseq = message.cseq().ok_or_else(|| bad("Malformed CSeq"))?;
    if cseq.name != method {
        return Err(bad("CSeq Method Mismatch"));
    }
    if message.call_id().is_empty() || message.call_id().contains(lists::is_lws) {
        return Err(bad("Malformed Call-ID"));
    }
    let vias_hold =
        message.list(Name::Via).all(|text| Via::parse(text).is_some_and(|via| lists::params_are_named(via.params)));
    if vias_hold { Ok(()) } else { Err(bad("Malformed Via")) }
}

fn addresses(message: &Message<'_>) -> Result<(), Rejection> {
    let holds = |name| message.first(name).is_some_and(|text| NameAddr::parse(text).is_some());
    if !holds(Name::From) {
        return Err(bad("Malformed From"));
    }
    if !holds(Name::To) {
        return Err(bad("Malformed To"));
    }
    let contacts_hold = message.list(Name::Contact).all(|text| text == "*" || NameAddr::parse(text).is_some());
    if !contacts_hold {
        return Err(bad("Malformed Contact"));
    }
    for name in [Name::Route, Name::RecordRoute] {
        if !message.list(name).all(|text| NameAddr::parse(text).is_some()) {
            return Err(bad("Malformed Route"));
        }
    }
    Ok(())
}

fn target(method: Method, uri: &str) -> Result<(), Rejection> {
    let uri = Uri::parse(uri).ok_or_else(|| bad("Malformed Request-URI"))?;
    match uri.scheme {
        Scheme::Sip | Scheme::Sips if !uri.headers.is_empty() => Err(bad("Headers In Request-URI")),
        Scheme::Other if method != Method::Unknown => Err(Rejection::new(416, "Unsupported URI Scheme")),
        _ => Ok(()),
    }
}

fn extensions(message: &Message<'_>) -> Result<(), Rejection> {
    // A proxy that requires something of a proxy requires it of us: we are the last one (RFC 3261 §20.29).
    let wanted = message.list(Name::Require).chain(message.list(Name::ProxyRequire));
    let unknown: Vec<&str> = wanted
        .filter(|tag| !tag.is_empty() && !SUPPORTED.iter().any(|known| known.eq_ignore_ascii_case(tag)))
        .filter(|tag| message.method() != Method::Invite || !tag.eq_ignore_ascii_case(RELIABLE))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Rejection::with(420, "Bad Extension", format!("Unsupported: {}", unknown.join(", "))))
}

fn content(message: &Message<'_>) -> Result<(), Rejection> {
    let plain = |coding: &str| coding.is_empty() || coding.eq_ignore_ascii_case("identity");
    if !message.list(Name::ContentEncoding).all(plain) {
        return Err(Rejection::with(415, "Unsupported Media Type", "Accept-Encoding: identity".to_owned()));
    }
    let kind = message.content_type();
    let readable = kind.eq_ignore_ascii_case(SDP_TYPE) || kind.eq_ignore_ascii_case("multipart/mixed");
    if !message.body.is_empty() && !readable {
        return Err(Rejection::with(415, "Unsupported Media Type", format!("Accept: {SDP_TYPE}")));
    }
    // Our answer is SDP; a peer that does not take it cannot be answered (RFC 3261 §21.4.7).
    let mut accepted = message.list(Name::Accept).map(fields::cut_params).peekable();
    let takes_sdp = |kind: &str| [SDP_TYPE, "application/*", "*/*"].iter().any(|ours| ours.eq_ignore_ascii_case(kind));
    if message.method() == Method::Invite && accepted.peek().is_some() && !accepted.any(takes_sdp) {
        return Err(Rejection::new(406, "Not Acceptable"));
    }
    Ok(())
}
