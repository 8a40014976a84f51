//! The stream a leg sends: one SSRC, with sequence numbers and timestamps that stay continuous
//! whatever the packets are made of (a prompt, another leg's stream, digits). Sends nothing itself.

use super::rtp::Header;
use crate::base::time::Mono;

/// Where a stream begins: unpredictable, so that it cannot be forged blindly (RFC 3550 §9.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StreamStart {
    pub ssrc: u32,
    pub sequence: u16,
    pub timestamp: u32,
}

/// How far the timestamp of unbroken local audio may fall behind the clock before it jumps to
/// it: 100 ms, more than a late tick, less than a stall that the listener heard.
const CLOCK_SLACK: u32 = 800;
/// How far a relayed timestamp may be off the clock before it is taken for a sender that began
/// anew under the same SSRC: two seconds.
const RELAY_SLACK: u32 = 16_000;
/// Sequence numbers within these bounds belong to the same relayed stream (RFC 3550 A.1).
const MAX_DROPOUT: i16 = 3_000;
const MAX_MISORDER: i16 = 100;

#[derive(Clone, Copy, Debug)]
pub struct Sender {
    ssrc: u32,
    next_sequence: u16,
    /// The latest timestamp sent, when it was first sent, and the samples it stands for.
    timestamp: u32,
    at: Option<Mono>,
    length: u32,
    source: Source,
    pub packets: u64,
    pub octets: u64,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    None,
    Local,
    Event,
    Relay(Relay),
}

/// How another leg's stream maps to this one: loss and reordering stay visible to the listener.
#[derive(Clone, Copy, Debug)]
struct Relay {
    ssrc: u32,
    highest: u16,
    /// Sequence numbers between the first and the highest; what comes from before the first
    /// would collide with what was sent before it.
    span: u16,
    sequence_offset: u16,
    timestamp_offset: u32,
}

impl Sender {
    pub fn new(start: StreamStart) -> Self {
        Self {
            ssrc: start.ssrc,
            next_sequence: start.sequence,
            timestamp: start.timestamp,
            at: None,
            length: 0,
            source: Source::None,
            packets: 0,
            octets: 0,
        }
    }

    /// The header of a packet of our own audio. The marker stands on the first of a talkspurt
    /// (RFC 3551 §4.1).
    pub fn local(&mut self, now: Mono, payload_type: u8, samples: u32) -> Header {
        let next = self.timestamp.wrapping_add(self.length);
        let behind = self.clock(now).wrapping_sub(next) as i32;
        let unbroken = matches!(self.source, Source::Local) && behind <= CLOCK_SLACK as i32;
        let timestamp = if unbroken { next } else { self.start(now) };
        self.source = Source::Local;
        self.sent(now, timestamp, samples);
        self.header(payload_type, timestamp, !unbroken)
    }

    /// The header of a packet of a telephone-event that we send; all packets of one share the
    /// timestamp of the `first` (RFC 4733 §2.5.1.2).
    pub fn event(&mut self, now: Mono, payload_type: u8, first: bool, duration: u16) -> Header {
        let timestamp = if first { self.start(now) } else { self.timestamp };
        self.source = Source::Event;
        self.sent(now, timestamp, u32::from(duration));
        self.header(payload_type, timestamp, first)
    }

    /// The header of a packet relayed from another leg; `None` for one from before the relay began.
    /// `samples` is zero for a telephone-event.
    pub fn relayed(&mut self, now: Mono, payload_type: u8, from: &Header, samples: u32) -> Option<Header> {
        let Some((mut relay, ahead)) = self.continues(now, from, samples) else {
            return Some(self.begin_relay(now, payload_type, from, samples));
        };
        if ahead < 0 && ahead.unsigned_abs() > relay.span {
            return None;
        }
        let timestamp = from.timestamp.wrapping_add(relay.timestamp_offset);
        let sequence = from.sequence.wrapping_add(relay.sequence_offset);
        if ahead > 0 {
            relay.highest = from.sequence;
            relay.span = relay.span.saturating_add(ahead.unsigned_abs());
            self.source = Source::Relay(relay);
            self.next_sequence = sequence.wrapping_add(1);
            self.sent(now, timestamp, samples);
        }
        Some(Header { marker: from.marker, payload_type, sequence, timestamp, ssrc: self.ssrc })
    }

    /// The relay under way and how far ahead the packet is, if it belongs to it.
    fn continues(&self, now: Mono, from: &Header, samples: u32) -> Option<(Relay, i16)> {
        let Source::Relay(relay) = self.source else { return None };
        if relay.ssrc != from.ssrc {
            return None;
        }
        let ahead = from.sequence.wrapping_sub(relay.highest) as i16;
        if !(-MAX_MISORDER..=MAX_DROPOUT).contains(&ahead) {
            return None;
        }
        // An event keeps the timestamp of its start, however long it lasts.
        let timestamp = from.timestamp.wrapping_add(relay.timestamp_offset);
        let off = (timestamp.wrapping_sub(self.clock(now)) as i32).unsigned_abs();
        (samples == 0 || off <= RELAY_SLACK).then_some((relay, ahead))
    }

    fn begin_relay(&mut self, now: Mono, payload_type: u8, from: &Header, samples: u32) -> Header {
        let timestamp = self.start(now);
        self.source = Source::Relay(Relay {
            ssrc: from.ssrc,
            highest: from.sequence,
            span: 0,
            sequence_offset: self.next_sequence.wrapping_sub(from.sequence),
            timestamp_offset: timestamp.wrapping_sub(from.timestamp),
        });
        self.sent(now, timestamp, samples);
        self.header(payload_type, timestamp, samples > 0 || from.marker)
    }

    /// Counts one packet that left.
    pub fn count(&mut self, payload_octets: usize) {
        self.packets += 1;
        self.octets += payload_octets as u64;
    }

    /// The timestamp of what starts now: by the clock, and never before the end of what was sent.
    fn start(&self, now: Mono) -> u32 {
        let end = self.timestamp.wrapping_add(self.length);
        let clock = self.clock(now);
        if (clock.wrapping_sub(end) as i32) > 0 { clock } else { end }
    }

    fn clock(&self, now: Mono) -> u32 {
        let elapsed = self.at.map_or(0, |at| now.since(at).0 / 125);
        self.timestamp.wrapping_add(elapsed as u32)
    }

    fn sent(&mut self, now: Mono, timestamp: u32, samples: u32) {
        if timestamp != self.timestamp || self.at.is_none() {
            self.at = Some(now);
            self.length = 0;
        }
        self.timestamp = timestamp;
        self.length = self.length.max(samples);
    }

    fn header(&mut self, payload_type: u8, timestamp: u32, marker: bool) -> Header {
        let sequence = self.next_sequence;
        self.next_sequence = sequence.wrapping_add(1);
        Header { marker, payload_type, sequence, timestamp, ssrc: self.ssrc }
    }
}
