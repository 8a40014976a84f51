//! What one leg received: loss and jitter (RFC 3550 appendices A.1, A.3 and A.8). Counts only.

use super::rtp::Header;
use crate::base::time::Mono;

/// What passed through one leg, from its opening to its close.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct LegStats {
    /// Packets of the peer's stream, telephone-events among them.
    pub received_packets: u64,
    /// Their payload octets.
    pub received_octets: u64,
    /// Packets that the sequence numbers say were sent and that did not arrive.
    pub lost_packets: u64,
    /// The interarrival jitter at the end, in microseconds (RFC 3550 §6.4.1).
    pub jitter_us: u32,
    /// Datagrams that were not taken: malformed, from another source, of a payload not negotiated,
    /// or more than the most a leg takes in a second.
    pub ignored_packets: u64,
    /// Digits beyond the most a caller may send in a second.
    pub dropped_digits: u64,
    pub sent_packets: u64,
    pub sent_octets: u64,
}

/// A jump of sequence numbers up to here is loss; beyond, the sender began anew (RFC 3550 A.1).
const MAX_DROPOUT: u16 = 3_000;
/// A step back up to here is reordering.
const MAX_MISORDER: u16 = 100;

/// The counts of one leg's incoming packets.
#[derive(Clone, Copy, Default, Debug)]
pub struct Reception {
    packets: u64,
    octets: u64,
    /// Expected packets of streams that are over.
    expected_before: u64,
    stream: Option<Stream>,
    /// In sixteenths of a sample, as A.8 keeps it.
    jitter: u32,
}

#[derive(Clone, Copy, Debug)]
struct Stream {
    ssrc: u32,
    highest: u16,
    expected: u64,
    /// Arrival time less timestamp of the latest audio packet, in samples.
    transit: Option<u32>,
}

impl Reception {
    /// Whether the latest packet was of this SSRC.
    pub fn is_of(&self, ssrc: u32) -> bool {
        self.stream.is_some_and(|s| s.ssrc == ssrc)
    }

    /// Takes one packet. `is_audio` is false for telephone-events, whose timestamps stand still
    /// and say nothing of jitter.
    pub fn receive(&mut self, now: Mono, header: &Header, octets: usize, is_audio: bool) {
        self.packets += 1;
        self.octets += octets as u64;
        let new_stream = !self.is_of(header.ssrc);
        let ahead = self.stream.map_or(0, |s| header.sequence.wrapping_sub(s.highest));
        let begins_anew = (MAX_DROPOUT..=u16::MAX - MAX_MISORDER).contains(&ahead);
        let stream = match &mut self.stream {
            Some(stream) if !new_stream && !begins_anew => stream,
            _ => {
                self.expected_before += self.stream.map_or(0, |s| s.expected);
                self.stream.insert(Stream { ssrc: header.ssrc, highest: header.sequence, expected: 1, transit: None })
            }
        };
        if ahead > 0 && ahead < MAX_DROPOUT && stream.highest != header.sequence {
            stream.highest = header.sequence;
            stream.expected += u64::from(ahead);
        }
        if is_audio {
            let arrival = (now.0 / 125) as u32;
            let transit = arrival.wrapping_sub(header.timestamp);
            if let Some(before) = stream.transit.replace(transit) {
                let change = (transit.wrapping_sub(before) as i32).unsigned_abs();
                // RFC 3550 A.8: J += (|D| - J) / 16, in sixteenths and rounded.
                self.jitter = self.jitter.saturating_add(change).saturating_sub((self.jitter + 8) >> 4);
            }
        }
    }

    /// Adds these counts to `stats`.
    pub fn report(&self, stats: &mut LegStats) {
        let expected = self.expected_before + self.stream.map_or(0, |s| s.expected);
        stats.received_packets = self.packets;
        stats.received_octets = self.octets;
        stats.lost_packets = expected.saturating_sub(self.packets);
        stats.jitter_us = (self.jitter >> 4).saturating_mul(125);
    }
}
