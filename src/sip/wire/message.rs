//! One SIP message as an index over the bytes it came in (RFC 3261 §7). It borrows them and copies nothing.
//!
//! Parsing is total and lenient: what can be answered is kept, and the first thing that is wrong is
//! noted in `fault`; `validate` turns it into a status.

use std::borrow::Cow;

use super::fields::{self, CSeq, Via};
use super::lists::{self, is_lws};
use super::method::Method;
use super::name::Name;

/// Bytes of one message: what one UDP datagram can hold, and the bound of one on TCP.
pub const MAX_MESSAGE_BYTES: usize = 65_535;
/// Header lines of one message; SIP in use has fewer than fifty.
pub const MAX_HEADER_LINES: usize = 256;

/// The first line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start<'a> {
    Request { method: Method, name: &'a str, uri: &'a str, version: &'a str },
    Response { status: u16, reason: &'a str },
}

/// A message.
pub struct Message<'a> {
    pub start: Start<'a>,
    headers: Vec<(Name, &'a str)>,
    pub body: &'a [u8],
    /// What is wrong with it, if anything: the reason phrase of a 400.
    pub fault: Option<&'static str>,
}

/// Replaces the line folds of the head (RFC 3261 §7.3.1) by spaces. Copies only if there are any.
pub fn unfold(bytes: &[u8]) -> Cow<'_, [u8]> {
    let head = head_len(bytes).unwrap_or(bytes.len());
    let folded = |window: &[u8]| matches!(window, [b'\r', b'\n', b' ' | b'\t']);
    let Some(head_bytes) = bytes.get(..head) else { return Cow::Borrowed(bytes) };
    if !head_bytes.windows(3).any(folded) {
        return Cow::Borrowed(bytes);
    }
    let mut owned = bytes.to_vec();
    for at in 0..head.saturating_sub(2) {
        if let Some(window) = owned.get_mut(at..at + 3)
            && folded(window)
        {
            window.fill(b' ');
        }
    }
    Cow::Owned(owned)
}

/// Bytes before the empty line, without it.
pub fn head_len(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n")
}

impl<'a> Message<'a> {
    /// Reads a message; none if it is not SIP at all (keep-alives, noise, heads that are not UTF-8).
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let skipped = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let bytes = bytes.get(skipped..)?;
        let (head, rest, ended) = match head_len(bytes) {
            Some(at) => (bytes.get(..at)?, bytes.get(at + 4..)?, true),
            None => (bytes, &[][..], false),
        };
        let head = std::str::from_utf8(head).ok()?;
        let mut fault = (!ended).then_some("No Empty Line After Headers");
        let mut lines = head.split("\r\n");
        let start = parse_start(lines.next()?, &mut fault)?;
        let mut headers = Vec::with_capacity(24);
        for line in lines.filter(|line| !line.is_empty()) {
            if headers.len() >= MAX_HEADER_LINES {
                fault.get_or_insert("Too Many Header Lines");
                break;
            }
            // A lone CR or LF in a value would become a line of its own in what we write.
            match line.split_once(':') {
                Some((name, value))
                    if !value.contains(['\r', '\n']) && lists::is_token(name.trim_end_matches(is_lws)) =>
                {
                    headers.push((Name::of(name.trim_end_matches(is_lws)), value.trim_matches(is_lws)));
                }
                _ => {
                    fault.get_or_insert("Malformed Header Line");
                }
            }
        }
        let mut message = Self { start, headers, body: rest, fault };
        message.bound_body();
        Some(message)
    }

    /// Cuts the body at Content-Length (RFC 3261 §18.3); without one a datagram's rest is the body.
    fn bound_body(&mut self) {
        let mut lengths = self.all(Name::ContentLength).map(fields::number);
        let Some(first) = lengths.next() else { return };
        let agreed = lengths.all(|other| other == first);
        drop(lengths);
        let wrong = match first.and_then(|n| usize::try_from(n).ok()).map(|n| self.body.get(..n)) {
            None => "Malformed Content-Length",
            Some(None) => "Content-Length Beyond Message",
            Some(Some(_)) if !agreed => "Conflicting Content-Length",
            Some(Some(body)) => {
                self.body = body;
                return;
            }
        };
        self.fault.get_or_insert(wrong);
    }

    /// Values of a header, line by line.
    pub fn all(&self, name: Name) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The first value of a header.
    pub fn first(&self, name: Name) -> Option<&'a str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// Elements of a header that is a comma-separated list, over all its lines.
    pub fn list(&self, name: Name) -> impl Iterator<Item = &'a str> {
        self.all(name).flat_map(|value| lists::split(value, b','))
    }

    /// Whether a list of tokens (Supported, Allow, Require) names one.
    pub fn lists_token(&self, name: Name, token: &str) -> bool {
        self.list(name).any(|known| known.eq_ignore_ascii_case(token))
    }

    /// The hop that sent this message.
    pub fn top_via(&self) -> Option<Via<'a>> {
        self.list(Name::Via).next().and_then(Via::parse)
    }

    pub fn cseq(&self) -> Option<CSeq<'a>> {
        self.first(Name::CSeq).and_then(CSeq::parse)
    }

    /// The method of a request; of a response, that of its CSeq.
    pub fn method(&self) -> Method {
        match self.start {
            Start::Request { method, .. } => method,
            Start::Response { .. } => self.cseq().map_or(Method::Unknown, |cseq| cseq.method),
        }
    }

    pub fn call_id(&self) -> &'a str {
        self.first(Name::CallId).unwrap_or("")
    }

    /// The From tag, or nothing.
    pub fn from_tag(&self) -> Option<&'a str> {
        self.tag_of(Name::From)
    }

    /// The To tag, or nothing.
    pub fn to_tag(&self) -> Option<&'a str> {
        self.tag_of(Name::To)
    }

    fn tag_of(&self, name: Name) -> Option<&'a str> {
        self.first(name).and_then(super::address::NameAddr::parse).and_then(|address| address.tag())
    }

    /// The media type of the body without parameters, lower case not assumed.
    pub fn content_type(&self) -> &'a str {
        self.first(Name::ContentType).map_or("", fields::cut_params)
    }
}

fn parse_start<'a>(line: &'a str, fault: &mut Option<&'static str>) -> Option<Start<'a>> {
    if let Some(rest) = line.strip_prefix("SIP/2.0 ") {
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let status = status.parse().ok().filter(|status| (100..700).contains(status))?;
        return Some(Start::Response { status, reason });
    }
    let trimmed = line.trim_matches(is_lws);
    let (name, rest) = trimmed.split_once(is_lws)?;
    let (uri, version) = rest.rsplit_once(is_lws)?;
    if !version.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/")) {
        return None;
    }
    // Exactly one space between the three parts and none around them (RFC 3261 §7.1).
    if trimmed.len() != line.len() || uri.is_empty() || uri.chars().any(is_lws) {
        fault.get_or_insert("Malformed Request-Line");
    }
    if !lists::is_token(name) {
        return None;
    }
    Some(Start::Request { method: Method::of(name), name, uri: uri.trim_matches(is_lws), version })
}
