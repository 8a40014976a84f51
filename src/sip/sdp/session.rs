//! One leg's side of offer and answer (RFC 3264): what we say, and what was agreed.
//!
//! Every step that can fail leaves the session as it was: a 488 keeps the old audio running (RFC 3261 §14.2).

use std::io::Write as _;
use std::net::IpAddr;

use super::{Media, Sdp};
use crate::call::media_types::{Codec, Direction, LocalMedia, RemoteMedia};
use crate::sip::wire::compose::put;

/// The payload type that we offer for telephone events.
pub const DTMF_PAYLOAD: u8 = 101;

/// One m= line of ours. The order never changes within a dialog (RFC 3264 §8).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    Audio,
    /// Offered to us and refused with port 0, in the words of the offer.
    Refused(Box<str>),
}

/// The description that we sent last and what came of it. A plain value, so that it can outlive the process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Of o=, for the whole dialog.
    pub id: u64,
    /// Of o=, of the last description.
    pub version: u64,
    pub local: LocalMedia,
    pub lines: Vec<Line>,
    pub protocol: Box<str>,
    pub codecs: Vec<Codec>,
    pub dtmf_payload: Option<u8>,
    /// What we want to do; `SendOnly` while we hold the peer.
    pub wish: Direction,
    /// What was agreed.
    pub remote: Option<RemoteMedia>,
    /// The last text after o=, to know when the version must rise.
    pub last: Box<str>,
}

/// There is no codec in common, or no audio at all: 488.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoCommonCodec;

impl Session {
    /// `id` goes into o= and must differ from session to session.
    pub fn new(id: u64, local: LocalMedia) -> Self {
        Self {
            // Some peers read o= numbers as signed 32 bits.
            id: id & 0x3fff_ffff,
            version: 0,
            local,
            lines: vec![Line::Audio],
            protocol: "RTP/AVP".into(),
            codecs: vec![Codec::Pcmu, Codec::Pcma],
            dtmf_payload: Some(DTMF_PAYLOAD),
            wish: Direction::SendRecv,
            remote: None,
            last: "".into(),
        }
    }

    pub fn remote(&self) -> Option<RemoteMedia> {
        self.remote
    }

    pub fn local(&self) -> LocalMedia {
        self.local
    }

    pub fn set_local(&mut self, local: LocalMedia) {
        self.local = local;
    }

    /// Sets what we want; the next offer says it.
    pub fn set_wish(&mut self, wish: Direction) {
        self.wish = wish;
    }

    /// What an offer would give us, without taking it.
    pub fn preview(offer: &Sdp, source: IpAddr) -> Result<RemoteMedia, NoCommonCodec> {
        let (_, media) = offer.audio().ok_or(NoCommonCodec)?;
        remote_of(media, None, source, Direction::SendRecv)
    }

    /// Answers an offer (RFC 3264 §6): one codec, the offer's order of lines, its telephone-event payload type.
    pub fn answer(&mut self, offer: &Sdp, source: IpAddr) -> Result<(String, RemoteMedia), NoCommonCodec> {
        let (at, media) = offer.audio().ok_or(NoCommonCodec)?;
        // The codec in use stays if it can, so that a hold does not change it.
        let remote = remote_of(media, self.remote.map(|remote| remote.codec), source, self.wish)?;
        self.lines = offer
            .media
            .iter()
            .enumerate()
            .map(|(n, media)| if n == at { Line::Audio } else { refuse(media) })
            .collect();
        self.protocol = media.protocol.clone();
        self.codecs = vec![remote.codec];
        self.dtmf_payload = media.dtmf_payload;
        self.remote = Some(remote);
        Ok((self.write(remote.direction), remote))
    }

    /// Makes an offer: everything we speak, the codec in use first.
    pub fn offer(&mut self) -> String {
        let mut codecs = vec![Codec::Pcmu, Codec::Pcma];
        if let Some(remote) = self.remote {
            codecs.sort_by_key(|codec| *codec != remote.codec);
        }
        self.codecs = codecs;
        self.dtmf_payload = self.dtmf_payload.or(Some(DTMF_PAYLOAD));
        self.write(self.wish)
    }

    /// Offers once more what was agreed, so that the peer sees that nothing has changed (RFC 3264 §8).
    pub fn repeat(&mut self) -> String {
        self.write(self.wish)
    }

    /// Takes the answer to our offer.
    pub fn accept(&mut self, answer: &Sdp, source: IpAddr) -> Result<RemoteMedia, NoCommonCodec> {
        let remote = self.preview_answer(answer, source)?;
        self.codecs = vec![remote.codec];
        self.remote = Some(remote);
        Ok(remote)
    }

    /// What an answer (early or final) says, without taking it. An answer's first codec is the one (§7).
    pub fn preview_answer(&self, answer: &Sdp, source: IpAddr) -> Result<RemoteMedia, NoCommonCodec> {
        let (_, media) = answer.audio().ok_or(NoCommonCodec)?;
        remote_of(media, None, source, self.wish)
    }

    /// Goes back to an earlier session after an offer that failed. The version does not: the peer has seen it.
    pub fn restore(&mut self, saved: Self) {
        let version = self.version;
        *self = saved;
        self.version = version;
    }

    fn write(&mut self, direction: Direction) -> String {
        let body = self.body(direction);
        if *body != *self.last {
            // RFC 3264 §8: the version rises by one with each change, and only then.
            self.version += 1;
            self.last = body.clone().into();
        }
        let family = family(self.local.address.ip());
        format!("v=0\r\no=- {} {} IN {family} {}\r\n{body}", self.id, self.version, self.local.address.ip())
    }

    fn body(&self, direction: Direction) -> String {
        let mut out = Vec::with_capacity(256);
        let address = self.local.address.ip();
        put!(out, "s=-\r\nc=IN {} {address}\r\nt=0 0\r\n", family(address));
        for line in &self.lines {
            match line {
                Line::Audio => self.audio(&mut out, direction),
                Line::Refused(text) => {
                    put!(out, "m={text}\r\n");
                }
            }
        }
        String::from_utf8(out).unwrap_or_default()
    }

    fn audio(&self, out: &mut Vec<u8>, direction: Direction) {
        put!(out, "m=audio {} {}", self.local.address.port(), self.protocol);
        for codec in &self.codecs {
            put!(out, " {}", payload(*codec));
        }
        if let Some(payload) = self.dtmf_payload {
            put!(out, " {payload}");
        }
        for codec in &self.codecs {
            put!(out, "\r\na=rtpmap:{} {}/8000", payload(*codec), encoding(*codec));
        }
        if let Some(payload) = self.dtmf_payload {
            put!(out, "\r\na=rtpmap:{payload} telephone-event/8000\r\na=fmtp:{payload} 0-16");
        }
        put!(out, "\r\na=ptime:20\r\na={}\r\n", direction_name(direction));
    }
}

fn refuse(media: &Media) -> Line {
    // A refused line still names a format (RFC 3264 §6); what it names does not matter.
    let formats = media.formats.split(' ').next().filter(|format| !format.is_empty()).unwrap_or("0");
    Line::Refused(format!("{} 0 {} {formats}", media.kind, media.protocol).into())
}

fn remote_of(
    media: &Media,
    prefer: Option<Codec>,
    source: IpAddr,
    wish: Direction,
) -> Result<RemoteMedia, NoCommonCodec> {
    let codec = prefer.filter(|codec| media.codecs.contains(codec)).or_else(|| media.codecs.first().copied());
    Ok(RemoteMedia {
        address: media.socket(source),
        codec: codec.ok_or(NoCommonCodec)?,
        dtmf_payload: media.dtmf_payload,
        direction: both(media.our_direction(), wish),
    })
}

/// What is left of two directions when both must allow it.
fn both(a: Direction, b: Direction) -> Direction {
    let send = sends(a) && sends(b);
    let receive = receives(a) && receives(b);
    match (send, receive) {
        (true, true) => Direction::SendRecv,
        (true, false) => Direction::SendOnly,
        (false, true) => Direction::RecvOnly,
        (false, false) => Direction::Inactive,
    }
}

/// Whether we may send.
pub fn sends(direction: Direction) -> bool {
    matches!(direction, Direction::SendRecv | Direction::SendOnly)
}

fn receives(direction: Direction) -> bool {
    matches!(direction, Direction::SendRecv | Direction::RecvOnly)
}

fn family(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "IP4" } else { "IP6" }
}

fn payload(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => 0,
        Codec::Pcma => 8,
    }
}

fn encoding(codec: Codec) -> &'static str {
    match codec {
        Codec::Pcmu => "PCMU",
        Codec::Pcma => "PCMA",
    }
}

fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::SendRecv => "sendrecv",
        Direction::SendOnly => "sendonly",
        Direction::RecvOnly => "recvonly",
        Direction::Inactive => "inactive",
    }
}
