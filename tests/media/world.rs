//! An engine in virtual time, with phones that are values and a network that is a list.

use std::net::SocketAddr;

use strowger::base::id::LegId;
use strowger::base::time::{Micros, Mono};
use strowger::call::media_types::{Codec, Direction, RemoteMedia};
use strowger::media::MediaEvent;
use strowger::media::engine::{Command, Engine, EngineConfig, Wire};
use strowger::media::g711;
use strowger::media::rtp::{self, Header};
use strowger::media::sender::StreamStart;

use super::hearing;

pub const A: LegId = LegId(1);
pub const B: LegId = LegId(2);
pub const C: LegId = LegId(3);

/// A packet that left a leg.
#[derive(Clone, Debug)]
pub struct Sent {
    pub at: Mono,
    pub to: SocketAddr,
    pub header: Header,
    pub payload: Vec<u8>,
}

#[derive(Default)]
pub struct Network {
    now: Mono,
    pub sent: Vec<Sent>,
}

impl Wire for Network {
    fn send(&mut self, _slot: usize, to: SocketAddr, datagram: &[u8]) {
        let packet = rtp::parse(datagram).expect("what leaves is RTP");
        self.sent.push(Sent { at: self.now, to, header: packet.header, payload: packet.payload.to_vec() });
    }
}

pub struct World {
    pub engine: Engine,
    pub now: Mono,
    pub network: Network,
    pub events: Vec<MediaEvent>,
}

impl World {
    pub fn new() -> Self {
        Self::with(EngineConfig { dtmf_payload: 101, media_timeout: None })
    }

    pub fn with(config: EngineConfig) -> Self {
        let now = Mono(5_000_000);
        let network = Network { now, sent: Vec::new() };
        Self { engine: Engine::new(config), now, network, events: Vec::new() }
    }

    /// Opens a leg whose numbers wrap soon, towards a phone.
    pub fn leg(&mut self, id: LegId, phone: &Phone) {
        let start = StreamStart { ssrc: 0xaaaa_0000 + id.0 as u32, sequence: 65_530, timestamp: u32::MAX - 400 };
        self.engine.open(id, start).expect("a new leg");
        self.remote(id, phone.described());
    }

    pub fn remote(&mut self, leg: LegId, remote: RemoteMedia) {
        self.command(Command::SetRemote { leg, remote });
    }

    pub fn command(&mut self, command: Command) {
        self.engine.command(self.now, command, &mut self.events);
    }

    /// `bytes` arrive on a leg's port.
    pub fn arrive(&mut self, leg: LegId, from: SocketAddr, bytes: &[u8]) {
        let slot = self.engine.slot(leg).expect("an open leg");
        self.network.now = self.now;
        self.engine.receive(self.now, slot, (from, bytes), &mut self.network, &mut self.events);
    }

    pub fn wait_ms(&mut self, ms: u64) {
        self.now = self.now + Micros::from_ms(ms);
    }

    /// 20 ms pass.
    pub fn tick(&mut self) {
        self.wait_ms(20);
        self.tick_now();
    }

    /// The tick, with the clock as it stands.
    pub fn tick_now(&mut self) {
        self.network.now = self.now;
        self.engine.tick(self.now, &mut self.network, &mut self.events);
    }

    /// What went to an address.
    pub fn to(&self, to: SocketAddr) -> Vec<Sent> {
        self.network.sent.iter().filter(|sent| sent.to == to).cloned().collect()
    }

    pub fn digits(&self, of: LegId) -> String {
        let digit = |event: &MediaEvent| match event {
            MediaEvent::Digit { leg, digit } if *leg == of => Some(*digit),
            _ => None,
        };
        self.events.iter().filter_map(digit).collect()
    }
}

/// A phone: sends a tone, hears what is sent to it.
#[derive(Clone, Debug)]
pub struct Phone {
    pub address: SocketAddr,
    pub codec: Codec,
    pub dtmf_payload: Option<u8>,
    pub hz: f64,
    pub amplitude: f64,
    pub ssrc: u32,
    pub sequence: u16,
    pub timestamp: u32,
    said: usize,
}

impl Phone {
    pub fn new(address: &str, codec: Codec, hz: f64) -> Self {
        let address: SocketAddr = address.parse().unwrap();
        let ssrc = 0xbbbb_0000 + u32::from(address.port());
        let (dtmf_payload, amplitude) = (Some(101), 8_000.0);
        Self { address, codec, dtmf_payload, hz, amplitude, ssrc, sequence: 65_500, timestamp: 77, said: 0 }
    }

    pub fn described(&self) -> RemoteMedia {
        RemoteMedia {
            address: self.address,
            codec: self.codec,
            dtmf_payload: self.dtmf_payload,
            direction: Direction::SendRecv,
        }
    }

    /// The next 20 ms of its tone.
    pub fn speak(&mut self) -> Vec<u8> {
        self.say(160)
    }

    /// The next samples of its tone, in one packet.
    pub fn say(&mut self, samples: usize) -> Vec<u8> {
        let tone = hearing::tone(self.hz, self.amplitude, samples, self.said);
        self.said += samples;
        self.send(&tone)
    }

    /// A packet of these samples.
    pub fn send(&mut self, samples: &[i16]) -> Vec<u8> {
        let payload: Vec<u8> = samples.iter().map(|s| g711::encode(self.codec, *s)).collect();
        let packet = self.packet(g711::payload_type(self.codec), &payload);
        self.timestamp = self.timestamp.wrapping_add(samples.len() as u32);
        packet
    }

    /// A packet at the present timestamp, with the next sequence number.
    pub fn packet(&mut self, payload_type: u8, payload: &[u8]) -> Vec<u8> {
        let header =
            Header { marker: false, payload_type, sequence: self.sequence, timestamp: self.timestamp, ssrc: self.ssrc };
        self.sequence = self.sequence.wrapping_add(1);
        [header.to_bytes().as_slice(), payload].concat()
    }
}

/// The samples of packets, in the order they were sent.
pub fn samples(sent: &[Sent]) -> Vec<i16> {
    let audio = sent.iter().filter_map(|p| Some((g711::codec_of(p.header.payload_type)?, &p.payload)));
    audio.flat_map(|(codec, payload)| payload.iter().map(move |o| g711::decode(codec, *o))).collect()
}

/// Fails unless the stream is one that a receiver can play: one SSRC, each sequence number once and
/// in order, timestamps that never step back or overlap.
#[track_caller]
pub fn assert_one_stream(sent: &[Sent]) {
    for pair in sent.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        assert_eq!(before.header.ssrc, after.header.ssrc, "one SSRC for life");
        assert_eq!(after.header.sequence, before.header.sequence.wrapping_add(1), "sequence numbers are continuous");
        let step = after.header.timestamp.wrapping_sub(before.header.timestamp);
        let audio = g711::codec_of(before.header.payload_type).is_some();
        let least = if audio { before.payload.len() as u32 } else { 0 };
        assert!((least..80_000).contains(&step), "timestamps move on by {step}, at least {least}");
    }
}
