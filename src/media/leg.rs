//! One leg: what it takes from a datagram, and the packets it makes. No map of legs, no socket.

use std::net::SocketAddr;

use super::digits::{DigitQueue, DigitStep};
use super::dtmf::EventReceiver;
use super::g711;
use super::latch::{Latch, Verdict};
use super::machine::Detector;
use super::mixer::Sum;
use super::player::{FRAME, Player};
use super::playout::{Concealment, Playout};
use super::reception::{LegStats, Reception};
use super::recording::{Reel, Tape};
use super::rtp::{self, HEADER_LEN, Header, Packet};
use super::sender::{Sender, StreamStart};
use super::tone;
use crate::base::id::{LegId, RoomId};
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

/// Whom a leg hears and is heard by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    Nobody,
    /// The leg in this slot; packets are passed on as they come.
    Peer(usize),
    /// Everybody in there, on the tick.
    Room(RoomId),
}

/// What a leg says, on the tick: for rooms, recordings, and to hear who answered.
pub struct Voice {
    playout: Playout,
    frame: [i16; FRAME],
}

/// Who answered is being found out.
pub struct Screening {
    pub token: u64,
    detector: Detector,
}

/// One leg. Idle it is a few hundred octets; what plays, what is dialed and what needs a clock is boxed.
pub struct Leg {
    pub id: LegId,
    pub link: Link,
    /// Whether the engine's list of legs to tick holds it.
    pub ticking: bool,
    pub player: Option<Box<Player>>,
    pub tape: Option<Box<Tape>>,
    pub screening: Option<Box<Screening>>,
    voice: Option<Box<Voice>>,
    digits: Option<Box<DigitQueue>>,
    remote: Option<Remote>,
    sender: Sender,
    reception: Reception,
    events: EventReceiver,
    refused: Refused,
    second: Second,
    /// When the peer was last heard, or when it was last negotiated with.
    heard_at: Mono,
    timeout_reported: bool,
}

/// What was not taken.
#[derive(Default)]
struct Refused {
    packets: u64,
    digits: u64,
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
            link: Link::Nobody,
            ticking: false,
            player: None,
            tape: None,
            screening: None,
            voice: None,
            digits: None,
            remote: None,
            sender: Sender::new(start),
            reception: Reception::default(),
            events: EventReceiver::default(),
            refused: Refused::default(),
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
            self.refused.packets += 1;
            // Comfort noise and the like is not audio, and its sender is there.
            if self.remote.as_ref().is_some_and(|remote| remote.latch.destination() == from) {
                self.heard_at = now;
                self.timeout_reported = false;
            }
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
            Kind::Audio(codec) => {
                if let Some(voice) = &mut self.voice {
                    voice.playout.push(&header, codec, packet.payload);
                }
                None
            }
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
        self.refused.digits += u64::from(!admitted);
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
        record(&mut self.tape, &header, place);
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
        self.send_frame(now, &frame, scratch)
    }

    /// Makes the packet of what everybody else in the room says. Quiet while something plays to the leg alone.
    pub fn mix<'s>(&mut self, now: Mono, room: &Sum, scratch: &'s mut Scratch) -> Turn<'s> {
        if self.player.is_some() || self.is_dialing() {
            return Turn::Quiet;
        }
        let mut frame = [0; FRAME];
        if room.is_alone() {
            tone::comfort_noise_at(now, &mut frame);
        } else {
            room.without(self.voice().unwrap_or(&[0; FRAME]), &mut frame);
        }
        self.send_frame(now, &frame, scratch)
    }

    fn send_frame<'s>(&mut self, now: Mono, frame: &[i16; FRAME], scratch: &'s mut Scratch) -> Turn<'s> {
        let Some((to, codec)) = self.remote.as_ref().and_then(|r| Some((r.destination()?, r.codec))) else {
            return Turn::Quiet;
        };
        let header = self.sender.local(now, g711::payload_type(codec), FRAME as u32);
        let encode = |place: &mut [u8]| {
            for (octet, sample) in place.iter_mut().zip(frame) {
                *octet = g711::encode(codec, *sample);
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
        record(&mut self.tape, &header, place);
        scratch.packet(header, length).map_or(Turn::Quiet, |packet| Turn::Send(to, packet))
    }

    /// What the leg says in this tick, if anybody wants to know.
    pub fn voice(&self) -> Option<&[i16; FRAME]> {
        self.voice.as_ref().map(|voice| &voice.frame)
    }

    /// 20 ms have passed: what was said in them.
    pub fn listen(&mut self) {
        if let Some(Voice { playout, frame }) = self.voice.as_deref_mut() {
            playout.take(frame);
        }
    }

    /// Keeps what is said from now on until the next tick.
    pub fn attend(&mut self) {
        self.voice.get_or_insert_with(|| Box::new(Voice::new()));
    }

    /// Finds out who answered; the request that this ends.
    pub fn screen(&mut self, token: u64) -> Option<u64> {
        let screening = Screening { token, detector: Detector::default() };
        let before = self.screening.replace(Box::new(screening));
        self.attend();
        before.map(|before| before.token)
    }

    /// Hears the tick's frame; the request and whether a machine answered, once it can be told.
    pub fn screened(&mut self) -> Option<(u64, bool)> {
        let (screening, voice) = (self.screening.as_mut()?, self.voice.as_ref()?);
        let machine = screening.detector.hear(&voice.frame)?;
        let token = screening.token;
        self.screening = None;
        Some((token, machine))
    }

    /// 20 ms have passed: they go onto the recording.
    pub fn record(&mut self, now: Mono, out: &mut Vec<Reel>) {
        if let (Some(tape), Some(voice)) = (&mut self.tape, &self.voice) {
            tape.tick(now, &voice.frame, out);
        }
        if let Some(tape) = self.tape.take_if(|tape| tape.is_full()) {
            tape.end(out);
        }
    }

    /// The tick is over: whether another means anything to the leg. What only ticks need is let go, so that a call that
    /// is merely relayed again costs no more than before.
    pub fn settle(&mut self) -> bool {
        let clocked = self.tape.is_some() || self.screening.is_some() || matches!(self.link, Link::Room(_));
        if !clocked {
            self.voice = None;
        }
        self.ticking = clocked || self.player.is_some() || self.is_dialing();
        self.ticking
    }

    /// Whether the peer owes us audio and has sent nothing for `limit`. True once for each silence. A phone that holds
    /// owes none: most send nothing then, whether they said that they would (`sendonly`) or not.
    pub fn times_out(&mut self, now: Mono, limit: Micros) -> bool {
        let owes = self.remote.as_ref().is_some_and(|remote| remote.direction == Direction::SendRecv);
        let silent = owes && !self.timeout_reported && now.since(self.heard_at) >= limit;
        self.timeout_reported |= silent;
        silent
    }

    pub fn stats(&self) -> LegStats {
        let mut stats = LegStats {
            ignored_packets: self.refused.packets,
            dropped_digits: self.refused.digits,
            sent_packets: self.sender.packets,
            sent_octets: self.sender.octets,
            ..LegStats::default()
        };
        self.reception.report(&mut stats);
        stats
    }
}

impl Voice {
    fn new() -> Self {
        Self { playout: Playout::new(Concealment::Repeat), frame: [0; FRAME] }
    }
}

/// What leaves for the leg is what it hears: digits aside, it goes onto its recording.
fn record(tape: &mut Option<Box<Tape>>, header: &Header, octets: &[u8]) {
    if let (Some(tape), Some(codec)) = (tape, g711::codec_of(header.payload_type)) {
        tape.hear(header, codec, octets);
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
