//! Writes responses and requests. All text that a peer sent is on one line by the time it gets here.

use std::io::Write as _;

use super::lists;
use super::message::Message;
use super::name::Name;
use crate::sip::flow::{Flow, Transport};

/// Appends formatted text. Writing to a `Vec` cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => { let _ = write!($out, $($arg)*); };
}
pub(crate) use put;

/// The part of a response that its request decides, kept until the final response is sent.
#[derive(Clone)]
pub struct ReplyHead {
    /// Via, From, Call-ID and CSeq lines.
    echoed: Box<str>,
    /// Record-Route lines.
    routes: Box<str>,
    /// The To value as received.
    to: Box<str>,
    tagged: bool,
}

impl ReplyHead {
    /// Copies what a response repeats (RFC 3261 §8.2.6.2); the top Via learns where it came from (§18.2.1, RFC 3581 §4).
    pub fn of(message: &Message<'_>, flow: &Flow) -> Self {
        let mut echoed = Vec::with_capacity(512);
        let mut top = true;
        for via in message.list(Name::Via) {
            if top {
                put_top_via(&mut echoed, via, flow);
                top = false;
            } else {
                put!(echoed, "Via: {via}\r\n");
            }
        }
        for (name, label) in [(Name::From, "From"), (Name::CallId, "Call-ID"), (Name::CSeq, "CSeq")] {
            if let Some(value) = message.first(name) {
                put!(echoed, "{label}: {value}\r\n");
            }
        }
        let mut routes = String::new();
        for route in message.all(Name::RecordRoute) {
            routes.push_str("Record-Route: ");
            routes.push_str(route);
            routes.push_str("\r\n");
        }
        Self {
            echoed: String::from_utf8(echoed).unwrap_or_default().into(),
            routes: routes.into(),
            to: message.first(Name::To).unwrap_or("").into(),
            tagged: message.to_tag().is_some(),
        }
    }

    /// Starts a response. `tag` is added to To unless the request had one.
    pub fn write(&self, out: &mut Vec<u8>, status: u16, reason: &str, tag: Option<&str>) {
        put!(out, "SIP/2.0 {status} {reason}\r\n{}", self.echoed);
        match tag {
            Some(tag) if !self.tagged => {
                put!(out, "To: {};tag={tag}\r\n", self.to);
            }
            _ if self.to.is_empty() => {}
            _ => {
                put!(out, "To: {}\r\n", self.to);
            }
        }
    }

    /// Adds the route of a response that makes a dialog (RFC 3261 §12.1.1).
    pub fn write_routes(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.routes.as_bytes());
    }
}

fn put_top_via(out: &mut Vec<u8>, via: &str, flow: &Flow) {
    let (head, params) = via.find(';').and_then(|at| via.split_at_checked(at)).unwrap_or((via, ""));
    let wants_port = lists::param(params, "rport").is_some();
    let host = super::fields::Via::parse(via).and_then(|via| super::uri::parse_ip(via.host));
    if !wants_port && host == Some(flow.peer.ip()) {
        put!(out, "Via: {via}\r\n");
        return;
    }
    put!(out, "Via: {head}");
    for (name, value) in lists::params(params) {
        match value {
            _ if name.eq_ignore_ascii_case("rport") || name.eq_ignore_ascii_case("received") => {}
            Some(value) => {
                put!(out, ";{name}={value}");
            }
            None => {
                put!(out, ";{name}");
            }
        }
    }
    put!(out, ";received={}", flow.peer.ip());
    if wants_port {
        put!(out, ";rport={}", flow.peer.port());
    }
    put!(out, "\r\n");
}

/// Ends the headers with the length, and adds the body.
pub fn finish(out: &mut Vec<u8>, content_type: &str, body: &str) {
    if body.is_empty() {
        put!(out, "Content-Length: 0\r\n\r\n");
    } else {
        put!(out, "Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    }
}

/// The head of a request.
pub struct RequestHead<'a> {
    pub method: &'a str,
    pub uri: &'a str,
    pub transport: Transport,
    /// Host and port of ours.
    pub sent_by: &'a str,
    pub branch: &'a str,
    pub max_forwards: u32,
    pub from: &'a str,
    pub from_tag: &'a str,
    pub to: &'a str,
    /// Empty before the peer has one.
    pub to_tag: &'a str,
    pub call_id: &'a str,
    pub cseq: u32,
}

impl RequestHead<'_> {
    /// Writes request line and the headers every request has (RFC 3261 §8.1.1).
    pub fn write(&self, out: &mut Vec<u8>) {
        put!(out, "{} {} SIP/2.0\r\n", self.method, self.uri);
        put!(out, "Via: SIP/2.0/{} {};branch={};rport\r\n", self.transport.via(), self.sent_by, self.branch);
        put!(out, "Max-Forwards: {}\r\n", self.max_forwards);
        put!(out, "From: {};tag={}\r\n", self.from, self.from_tag);
        if self.to_tag.is_empty() {
            put!(out, "To: {}\r\n", self.to);
        } else {
            put!(out, "To: {};tag={}\r\n", self.to, self.to_tag);
        }
        put!(out, "Call-ID: {}\r\nCSeq: {} {}\r\n", self.call_id, self.cseq, self.method);
    }
}

/// The usual reason phrase of a status (RFC 3261 §21).
pub fn reason(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        405 => "Method Not Allowed",
        410 => "Gone",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        469 => "Bad Info Package",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        484 => "Address Incomplete",
        485 => "Ambiguous",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        _ => match status / 100 {
            1 => "Progress",
            2 => "Done",
            3 => "Moved",
            4 => "Request Failed",
            5 => "Server Failed",
            _ => "Declined",
        },
    }
}

/// A value for a header of ours, without anything that could end its line.
pub fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
