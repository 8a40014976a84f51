//! Session descriptions (RFC 8866) as far as one audio stream needs them: reading. What to answer is in `session`.

pub mod session;

use std::net::{IpAddr, SocketAddr};

use crate::call::media_types::{Codec, Direction};
use crate::sip::wire::lists;
use crate::sip::wire::message::Message;
use crate::sip::wire::name::Name;
use crate::sip::wire::uri::parse_ip;

/// Streams of one description; we use one and refuse the others by name.
pub const MAX_MEDIA: usize = 16;
/// Bytes of one description.
pub const MAX_SDP_BYTES: usize = 16 * 1024;

/// One m= section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Media {
    /// `audio`, `video`, ..
    pub kind: Box<str>,
    pub port: u16,
    pub protocol: Box<str>,
    /// Payload types as written, in order of preference.
    pub formats: Box<str>,
    /// None if it is a host name, which nobody here resolves.
    pub address: Option<IpAddr>,
    /// As the sender of the description sees it.
    pub direction: Direction,
    /// The payload type of `telephone-event/8000`.
    pub dtmf_payload: Option<u8>,
    /// Known codecs that the section really offers, in its order.
    pub codecs: Vec<Codec>,
}

/// A description.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sdp {
    pub media: Vec<Media>,
}

/// The description that a message carries, alone or inside `multipart/mixed`.
pub fn body_of<'a>(message: &Message<'a>) -> Option<&'a str> {
    let body = std::str::from_utf8(message.body).ok()?;
    let content_type = message.first(Name::ContentType)?;
    if !message.content_type().eq_ignore_ascii_case("multipart/mixed") {
        return (!body.trim().is_empty()).then_some(body);
    }
    let boundary = lists::unquote(lists::param(content_type.split_once(';')?.1, "boundary")?);
    body.split(format!("--{boundary}").as_str()).find_map(|part| {
        let (head, body) = part.split_once("\r\n\r\n")?;
        head.to_ascii_lowercase().contains("application/sdp").then_some(body)
    })
}

/// What the session level says for all sections.
#[derive(Clone, Copy)]
struct Defaults {
    address: Option<IpAddr>,
    direction: Direction,
}

impl Sdp {
    /// Reads a description; none if it has no section or breaks the form of a line that matters.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_SDP_BYTES {
            return None;
        }
        let mut defaults = Defaults { address: None, direction: Direction::SendRecv };
        let mut media: Vec<Media> = Vec::new();
        let mut maps: Vec<(u8, String)> = Vec::new();
        for line in text.lines().map(str::trim_end) {
            let Some((kind, value)) = line.split_once('=') else { continue };
            match kind {
                "m" => {
                    if let Some(last) = media.last_mut() {
                        last.settle(&maps);
                    }
                    maps.clear();
                    if media.len() >= MAX_MEDIA {
                        return None;
                    }
                    media.push(parse_media(value, defaults)?);
                }
                "c" => {
                    let address = parse_connection(value);
                    match media.last_mut() {
                        Some(last) => last.address = address,
                        None => defaults.address = address,
                    }
                }
                "a" => attribute(value, media.last_mut(), &mut defaults, &mut maps),
                _ => {}
            }
        }
        media.last_mut()?.settle(&maps);
        Some(Self { media })
    }

    /// The stream we take: the first open audio section over plain RTP.
    pub fn audio(&self) -> Option<(usize, &Media)> {
        self.media.iter().enumerate().find(|(_, media)| media.is_usable())
    }
}

fn attribute(value: &str, media: Option<&mut Media>, defaults: &mut Defaults, maps: &mut Vec<(u8, String)>) {
    if let Some(direction) = parse_direction(value) {
        match media {
            Some(media) => media.direction = direction,
            None => defaults.direction = direction,
        }
    } else if let Some(map) = value.strip_prefix("rtpmap:")
        && let Some((payload, encoding)) = map.split_once(' ')
        && let Ok(payload) = payload.parse()
        && maps.len() < MAX_MAPS
    {
        maps.push((payload, encoding.trim().to_ascii_lowercase()));
    }
}

/// Payload types are seven bits: there can be no more maps than this in one section.
const MAX_MAPS: usize = 128;

fn parse_media(value: &str, defaults: Defaults) -> Option<Media> {
    let mut words = value.splitn(4, ' ');
    let kind = words.next()?;
    // `49170/2` counts ports; the first is the one.
    let port = words.next()?.split('/').next()?.parse().ok()?;
    let protocol = words.next()?;
    let formats = words.next().unwrap_or("").trim();
    Some(Media {
        kind: kind.into(),
        port,
        protocol: protocol.into(),
        formats: formats.into(),
        address: defaults.address,
        direction: defaults.direction,
        dtmf_payload: None,
        codecs: Vec::new(),
    })
}

fn parse_connection(value: &str) -> Option<IpAddr> {
    let address = value.split(' ').nth(2)?;
    parse_ip(address.split('/').next()?)
}

fn parse_direction(value: &str) -> Option<Direction> {
    match value {
        "sendrecv" => Some(Direction::SendRecv),
        "sendonly" => Some(Direction::SendOnly),
        "recvonly" => Some(Direction::RecvOnly),
        "inactive" => Some(Direction::Inactive),
        _ => None,
    }
}

impl Media {
    /// Finds the codecs once all maps of the section are read. Only static payload types are taken:
    /// every G.711 peer offers them (RFC 3551 §6).
    fn settle(&mut self, maps: &[(u8, String)]) {
        let mapped =
            |payload: u8| maps.iter().find(|(known, _)| *known == payload).map(|(_, encoding)| encoding.as_str());
        let payloads: Vec<u8> = self.formats.split(' ').filter_map(|format| format.parse().ok()).collect();
        for payload in payloads {
            match (payload, mapped(payload)) {
                (0, None) => self.codecs.push(Codec::Pcmu),
                (0, Some(encoding)) if encoding.starts_with("pcmu/8000") => self.codecs.push(Codec::Pcmu),
                (8, None) => self.codecs.push(Codec::Pcma),
                (8, Some(encoding)) if encoding.starts_with("pcma/8000") => self.codecs.push(Codec::Pcma),
                (_, Some(encoding)) if encoding.starts_with("telephone-event/8000") && payload < 128 => {
                    self.dtmf_payload = self.dtmf_payload.or(Some(payload));
                }
                _ => {}
            }
        }
    }

    fn is_usable(&self) -> bool {
        &*self.kind == "audio" && self.port != 0 && matches!(&*self.protocol, "RTP/AVP" | "RTP/AVPF")
    }

    /// Where its audio goes; a host name gives way to the address the signalling came from.
    pub fn socket(&self, fallback: IpAddr) -> SocketAddr {
        SocketAddr::new(self.address.unwrap_or(fallback), self.port)
    }

    /// What the section lets us do: its direction turned round. `c=0.0.0.0` is the hold of RFC 2543.
    pub fn our_direction(&self) -> Direction {
        let silent = self.address.is_some_and(|address| address.is_unspecified());
        match self.direction {
            Direction::SendRecv if silent => Direction::RecvOnly,
            Direction::RecvOnly if silent => Direction::Inactive,
            Direction::SendRecv => Direction::SendRecv,
            Direction::SendOnly => Direction::RecvOnly,
            Direction::RecvOnly => Direction::SendOnly,
            Direction::Inactive => Direction::Inactive,
        }
    }
}
