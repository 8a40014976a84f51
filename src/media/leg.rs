//! One leg: what it takes from a datagram, and the packets it makes. No map of legs, no socket.

use std::net::SocketAddr;

use super::digits::{DigitQueue, DigitStep};
use super::dtmf::EventReceiver;
use super::g711;
use super::latch::{Latch, Verdict};
use super::player::{FRAME, Player};
use super::reception::{LegStats, Reception};
use super::rtp::{self, HEADER_LEN, Header, Packet};
use super::sender::{Sender, StreamStart};
use crate::base::id::LegId;
use crate::base::limits::MAX_DIGITS_PER_SECOND;
use crate::base::time::{Micros, Mono};
use crate::call::media_types::{Codec, Direction, RemoteMedia};

/// Payload octets that are relayed: a whole Ethernet frame, far above the 160 of 20 ms of G.711.
pub const MAX_PAYLOAD: usize = 1_460;

/// Packets of its peer that a leg takes in one second: ten times what 10 ms packets make. A flood
/// from a peer, or two legs described as each other's, ends here and not in the CPU.
pub const MAX_PACKETS_PER_SECOND: u32 = 1_000;

/// A packet under construction; one for all legs, so that no packet is allocated.
pub struct Scratch {
    octets: [u8; HEADER_LEN + MAX_PAYLOAD],
}

impl Default for Scratch {
    fn default() -> Self {
        Self { octets: [0; HEADER_LEN + MAX_PAYLOAD] }
    }
}

impl Scratch {
    /// The payload's place, `length` octets of it; `None` if that is too many.
    fn payload(&mut self, length: usize) -> Option<&mut [u8]> {
        self.octets.get_mut(HEADER_LEN..HEADER_LEN + length)
    }

    /// Writes the header before a payload of `length` octets.
    fn packet(&mut self, header: Header, length: usize) -> Option<&[u8]> {
        *self.octets.first_chunk_mut::<HEADER_LEN>()? = header.to_bytes();
        self.octets.get(..HEADER_LEN + length)
    }
}

/// A packet of the peer's stream.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    pub packet: Packet<'a>,
    pub kind: Kind,
    /// The key whose press begins with this packet.
    pub digit: Option<char>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Audio(Codec),
    Event,
}

/// What a tick of one leg comes to.
#[derive(Debug)]
pub enum Turn<'a> {
    /// A packet and where it goes.
    Send(SocketAddr, &'a [u8]),
    /// A frame that the peer does not want or that cannot be sent.
    Quiet,
    /// The digits of this request are sent.
    Digits(u64),
    Idle,
}

/// One leg. Idle it is a few hundred octets; what plays and what is dialed is boxed.
pub struct Leg {
    pub id: LegId,
    /// Index of the leg it is connected to.
    pub peer: Option<usize>,
    /// Whether the engine's list of legs to tick holds it.
    pub ticking: bool,
    pub player: Option<Box<Player>>,
    digits: Option<Box<DigitQueue>>,
    remote: Option<Remote>,
    sender: Sender,
    reception: Reception,
    events: EventReceiver,
    ignored: u64,
    dropped_digits: u64,
    second: Second,
    /// When the peer was last heard, or when it was last negotiated with.
    heard_at: Mono,
    timeout_reported: bool,
}

/// What arrived in the second that is counted in.
#[derive(Default)]
struct Second {
    since: Mono,
    packets: u32,
    digits: u32,
}

struct Remote {
    latch: Latch,
    codec: Codec,
    dtmf_payload: Option<u8>,
    direction: Direction,
}

impl Leg {
    pub fn new(id: LegId, start: StreamStart) -> Self {
        Self {
            id,
            peer: None,
            ticking: false,
            player: None,
            digits: None,
            remote: None,
            sender: Sender::new(start),
            reception: Reception::default(),
            events: EventReceiver::default(),
            ignored: 0,
            dropped_digits: 0,
            second: Second::default(),
            heard_at: Mono(0),
            timeout_reported: false,
        }
    }

    /// A negotiation is over: the peer's description as it now stands.
    pub fn set_remote(&mut self, now: Mono, to: RemoteMedia) {
        let latch = match self.remote.take() {
            Some(mut before) => {
                before.latch.reopen(to.address);
                before.latch
            }
            None => Latch::new(to.address),
        };
        let RemoteMedia { codec, dtmf_payload, direction, .. } = to;
        self.remote = Some(Remote { latch, codec, dtmf_payload, direction });
        self.heard_at = now;
        self.timeout_reported = false;
    }

    /// Takes one datagram; what was heard, if it belongs to the peer's stream.
    ///
    /// `own_dtmf_payload` is the payload type of our own offers: an answerer should keep it but
    /// may announce another for its own direction (RFC 3264 §5.1), so both are listened for.
    pub fn hear<'a>(
        &mut self,
        now: Mono,
        from: SocketAddr,
        datagram: &'a [u8],
        own_dtmf_payload: u8,
    ) -> Option<Heard<'a>> {
        let heard = self.take(now, from, datagram, own_dtmf_payload);
        if heard.is_none() {
            self.ignored += 1;
        }
        heard
    }

    fn take<'a>(&mut self, now: Mono, from: SocketAddr, datagram: &'a [u8], own_dtmf_payload: u8) -> Option<Heard<'a>> {
        let remote = self.remote.as_mut().filter(|r| r.receives())?;
        let packet = rtp::parse(datagram)?;
        let header = packet.header;
        let kind = match g711::codec_of(header.payload_type) {
            Some(codec) => Kind::Audio(codec),
            None => {
                let negotiated = remote.dtmf_payload?;
                [negotiated, own_dtmf_payload].contains(&header.payload_type).then_some(Kind::Event)?
            }
        };
        let new_stream = match remote.latch.receive(now, from, &header) {
            Verdict::Accept => false,
            Verdict::AcceptNew => true,
            Verdict::Ignore => return None,
        };
        if !self.admit_packet(now) {
            return None;
        }
        if new_stream && !self.reception.is_of(header.ssrc) {
            self.events = EventReceiver::default();
        }
        self.reception.receive(now, &header, packet.payload.len(), matches!(kind, Kind::Audio(_)));
        self.heard_at = now;
        self.timeout_reported = false;
        let digit = match kind {
            Kind::Event => self.events.receive(header.timestamp, header.marker, packet.payload),
            Kind::Audio(_) => None,
        };
        Some(Heard { packet, kind, digit: digit.filter(|_| self.admit_digit()) })
    }

    /// Whether one more packet is within the bound of this second.
    fn admit_packet(&mut self, now: Mono) -> bool {
        if now.since(self.second.since) >= Micros::from_secs(1) {
            self.second = Second { since: now, ..Second::default() };
        }
        self.second.packets += 1;
        self.second.packets <= MAX_PACKETS_PER_SECOND
    }

    /// Whether one more digit is within the bound of the packet's second.
    fn admit_digit(&mut self) -> bool {
        self.second.digits += 1;
        let admitted = self.second.digits <= MAX_DIGITS_PER_SECOND;
        self.dropped_digits += u64::from(!admitted);
        admitted
    }

    /// Makes the packet that carries on, to this leg's peer, what another leg heard. `None` when
    /// the peer does not want it, or hears something of ours instead.
    pub fn relay<'s>(
        &mut self,
        now: Mono,
        heard: &Heard<'_>,
        scratch: &'s mut Scratch,
    ) -> Option<(SocketAddr, &'s [u8])> {
        if self.player.is_some() || self.is_dialing() {
            return None;
        }
        let remote = self.remote.as_ref()?;
        let to = remote.destination()?;
        let octets = heard.packet.payload;
        let place = scratch.payload(octets.len())?;
        place.copy_from_slice(octets);
        let (payload_type, samples) = match heard.kind {
            Kind::Audio(codec) => {
                g711::transcode(codec, remote.codec, place);
                (g711::payload_type(remote.codec), octets.len())
            }
            Kind::Event => (remote.dtmf_payload?, 0),
        };
        let samples = u32::try_from(samples).unwrap_or(u32::MAX);
        let header = self.sender.relayed(now, payload_type, &heard.packet.header, samples)?;
        self.sender.count(octets.len());
        Some((to, scratch.packet(header, octets.len())?))
    }

    /// Queues digits; false if the peer takes none, or for the reasons of [`DigitQueue::push`].
    #[must_use]
    pub fn dial(&mut self, token: u64, digits: &str) -> bool {
        let takes_events = self.remote.as_ref().and_then(Remote::event_destination).is_some();
        takes_events && self.digits.get_or_insert_default().push(token, digits)
    }

    pub fn is_dialing(&self) -> bool {
        self.digits.as_ref().is_some_and(|d| !d.is_empty())
    }

    /// Gives up the digits not yet sent; the requests that will not finish.
    pub fn abandon_digits(&mut self) -> Vec<u64> {
        self.digits.take().map(|mut d| d.abandon().collect()).unwrap_or_default()
    }

    /// One step of a tick: a digit's packet, or else a frame of what plays. Call it again after
    /// [`Turn::Digits`], which takes no time.
    pub fn turn<'s>(&mut self, now: Mono, scratch: &'s mut Scratch) -> Turn<'s> {
        match self.digits.as_mut().and_then(|d| d.step()) {
            Some(DigitStep::Finished(token)) => return Turn::Digits(token),
            Some(DigitStep::Pause) => return Turn::Quiet,
            Some(DigitStep::Send(event)) => {
                let Some((to, payload_type)) = self.remote.as_ref().and_then(Remote::event_destination) else {
                    return Turn::Quiet;
                };
                let octets = event.payload.to_bytes();
                let header = self.sender.event(now, payload_type, event.first, event.payload.duration);
                return self.send(to, header, scratch, |place| place.copy_from_slice(&octets), octets.len());
            }
            None => self.digits = None,
        }
        let mut frame = [0; FRAME];
        if !self.player.as_mut().is_some_and(|player| player.fill(&mut frame)) {
            return Turn::Idle;
        }
        let Some((to, codec)) = self.remote.as_ref().and_then(|r| Some((r.destination()?, r.codec))) else {
            return Turn::Quiet;
        };
        let header = self.sender.local(now, g711::payload_type(codec), FRAME as u32);
        let encode = |place: &mut [u8]| {
            for (octet, sample) in place.iter_mut().zip(frame) {
                *octet = g711::encode(codec, sample);
            }
        };
        self.send(to, header, scratch, encode, FRAME)
    }

    fn send<'s>(
        &mut self,
        to: SocketAddr,
        header: Header,
        scratch: &'s mut Scratch,
        write: impl FnOnce(&mut [u8]),
        length: usize,
    ) -> Turn<'s> {
        let Some(place) = scratch.payload(length) else { return Turn::Quiet };
        write(place);
        self.sender.count(length);
        scratch.packet(header, length).map_or(Turn::Quiet, |packet| Turn::Send(to, packet))
    }

    /// Whether the peer owes us audio and has sent nothing for `limit`. True once for each silence.
    pub fn times_out(&mut self, now: Mono, limit: Micros) -> bool {
        let owes = self.remote.as_ref().is_some_and(Remote::receives);
        let silent = owes && !self.timeout_reported && now.since(self.heard_at) >= limit;
        self.timeout_reported |= silent;
        silent
    }

    pub fn stats(&self) -> LegStats {
        let mut stats = LegStats {
            ignored_packets: self.ignored,
            dropped_digits: self.dropped_digits,
            sent_packets: self.sender.packets,
            sent_octets: self.sender.octets,
            ..LegStats::default()
        };
        self.reception.report(&mut stats);
        stats
    }
}

impl Remote {
    /// Whether the peer may send to us.
    fn receives(&self) -> bool {
        matches!(self.direction, Direction::SendRecv | Direction::RecvOnly)
    }

    /// Where packets go, if the peer wants any. The unspecified address is the old way to say
    /// hold (RFC 3264 §8.4), port 0 means no stream.
    fn destination(&self) -> Option<SocketAddr> {
        let wants = matches!(self.direction, Direction::SendRecv | Direction::SendOnly);
        let to = self.latch.destination();
        (wants && !to.ip().is_unspecified() && to.port() != 0).then_some(to)
    }

    fn event_destination(&self) -> Option<(SocketAddr, u8)> {
        Some((self.destination()?, self.dtmf_payload?))
    }
}
