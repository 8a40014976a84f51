//! A bench: one core, a clock that only the script moves, and peers that write SIP by hand.

use std::net::SocketAddr;
use std::sync::Arc;

use strowger::base::time::{Micros, Mono};
use strowger::call::media_types::LocalMedia;
use strowger::sip::auth::digest::Algorithm;
use strowger::sip::config::{Config, Listen, TrunkPeer, UserAccount};
use strowger::sip::core::Core;
use strowger::sip::event::SipEvent;
use strowger::sip::flow::{Flow, Transport};

pub const OURS: &str = "10.0.0.1:5060";
pub const CARRIER: &str = "10.0.0.9:5060";
pub const PHONE: &str = "192.168.7.7:40001";
pub const STRANGER: &str = "203.0.113.5:5060";

pub fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub fn udp(peer: &str) -> Flow {
    Flow { transport: Transport::Udp, local: addr(OURS), peer: addr(peer), connection: None }
}

pub fn local_media() -> LocalMedia {
    LocalMedia { address: addr("10.0.0.1:20000") }
}

pub fn trunk(name: &str, address: &str) -> TrunkPeer {
    let address = addr(address);
    TrunkPeer {
        name: name.into(),
        host: address.ip().to_string().into(),
        address,
        transport: Transport::Udp,
        large_over_tcp: false,
        sources: vec![address.ip().into()],
        transfers_allowed: true,
    }
}

pub fn user(name: &str, extension: &str) -> UserAccount {
    UserAccount { name: name.into(), extension: Some(extension.into()), password: format!("secret-{name}").into() }
}

pub fn config() -> Config {
    let listen = [Transport::Udp, Transport::Tcp]
        .map(|transport| Listen { transport, bound: addr(OURS), advertised: addr(OURS) })
        .to_vec();
    let mut config = Config::new("acme.test", listen);
    config.digests = vec![Algorithm::Sha256, Algorithm::Md5];
    config.trunks = vec![trunk("carrier", CARRIER)];
    config.users = vec![user("us_dana", "102"), user("us_ravi", "103")];
    config
}

/// Turns the line ends of a script into those of SIP.
pub fn crlf(text: &str) -> String {
    text.trim_start_matches('\n').replace('\n', "\r\n")
}

pub struct Bench {
    pub core: Core,
    pub now: Mono,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(config())
    }

    pub fn with(config: Config) -> Self {
        Self { core: Core::new(Arc::new(config), [7; 32]), now: Mono(1_000_000) }
    }

    pub fn feed(&mut self, text: &str, from: Flow) -> Vec<String> {
        self.core.receive(self.now, text.as_bytes(), from);
        self.sent()
    }

    /// What was sent since the last look.
    pub fn sent(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.core.next_transmit())
            .map(|transmit| String::from_utf8(transmit.bytes.to_vec()).unwrap())
            .collect()
    }

    pub fn events(&mut self) -> Vec<SipEvent> {
        std::iter::from_fn(|| self.core.next_event()).collect()
    }

    pub fn event(&mut self) -> SipEvent {
        let mut events = self.events();
        assert_eq!(events.len(), 1, "one event expected: {events:?}");
        events.remove(0)
    }

    /// Waits until all that may end has ended, and sees that nothing is kept.
    pub fn assert_idle(&mut self) {
        self.pass(secs(400));
        assert_eq!(self.core.held(), Default::default());
        assert_eq!(self.events(), []);
    }

    /// Lets time pass, doing what is due when it is due; what was sent meanwhile.
    pub fn pass(&mut self, time: Micros) -> Vec<String> {
        let end = self.now + time;
        let mut sent = Vec::new();
        while let Some(due) = self.core.next_deadline().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.core.tick(self.now);
            sent.extend(self.sent());
        }
        self.now = end;
        sent
    }
}

pub fn ms(n: u64) -> Micros {
    Micros::from_ms(n)
}

pub fn secs(n: u64) -> Micros {
    Micros::from_secs(n)
}

pub const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 96\r\n\
a=rtpmap:96 telephone-event/8000\r\n";

/// A request as a peer writes it; `lines` and `body` are added.
pub struct Script {
    pub call_id: String,
    pub from_tag: String,
    pub to_tag: String,
    pub peer: String,
}

impl Script {
    pub fn new(call_id: &str) -> Self {
        Self { call_id: call_id.into(), from_tag: format!("f-{call_id}"), to_tag: String::new(), peer: CARRIER.into() }
    }

    pub fn request(&self, method: &str, cseq: u32, branch: &str, lines: &str, body: &str) -> String {
        let to_tag = if self.to_tag.is_empty() { String::new() } else { format!(";tag={}", self.to_tag) };
        let kind =
            if body.is_empty() || lines.contains("Content-Type") { "" } else { "Content-Type: application/sdp\r\n" };
        let Self { call_id, from_tag, peer, .. } = self;
        format!(
            "{method} sip:100@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {peer};branch=z9hG4bK{call_id}{branch};rport\r\nMax-Forwards: 70\r\n\
             From: \"Alice\" <sip:alice@{peer}>;tag={from_tag}\r\nTo: <sip:100@10.0.0.1>{to_tag}\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq} {method}\r\nContact: <sip:alice@{peer}>\r\n{lines}{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    pub fn invite(&self, branch: &str) -> String {
        self.request("INVITE", 1, branch, "", OFFER)
    }
}

/// The first word or two: `200`, `BYE`.
pub fn words(messages: &[String]) -> Vec<String> {
    messages
        .iter()
        .map(|message| {
            let mut words = message.split_whitespace();
            let first = words.next().unwrap();
            if first == "SIP/2.0" { words.next().unwrap().to_owned() } else { first.to_owned() }
        })
        .collect()
}

pub fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    message.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

pub fn tag_of(message: &str, name: &str) -> String {
    header(message, name).unwrap().split(";tag=").nth(1).unwrap_or("").to_owned()
}

pub fn body(message: &str) -> &str {
    message.split_once("\r\n\r\n").unwrap().1
}

/// A response to a request of ours, as a peer writes it.
pub fn response(request: &str, status: u16, to_tag: &str, lines: &str, body: &str) -> String {
    let pick = |name| header(request, name).unwrap();
    let to = pick("To");
    let to = if to.contains(";tag=") || to_tag.is_empty() { to.to_owned() } else { format!("{to};tag={to_tag}") };
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "SIP/2.0 {status} Whatever\r\nVia: {}\r\nFrom: {}\r\nTo: {to}\r\nCall-ID: {}\r\nCSeq: {}\r\n{lines}{kind}Content-Length: {}\r\n\r\n{body}",
        pick("Via"),
        pick("From"),
        pick("Call-ID"),
        pick("CSeq"),
        body.len()
    )
}
