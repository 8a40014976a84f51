//! A jitter buffer: packets of one stream in, as they come; a frame of 20 ms out at each tick.
//!
//! Used only where streams must meet on one clock: in rooms, in recordings, and to hear who answered.
//! Connected legs are relayed at once and have none. Knows no leg and no clock but its ticks.

use super::g711;
use super::player::FRAME;
use super::rtp::Header;
use crate::call::media_types::Codec;

/// How long the first packet waits, in samples: 30 ms. The loss of one packet of 20 ms is then known
/// for loss when its turn comes, and, with up to 20 ms until the next tick, entering a room makes a gap of 50 ms at
/// most.
pub const DELAY: u32 = 240;
/// Samples that fit: 160 ms, two packets of 60 ms that come together, and the delay. What waits beyond is old: the
/// oldest is dropped, down to the delay.
pub const CAPACITY: usize = 1_280;
/// Samples of one packet that are taken: 130 ms, above the 60 ms that anybody sends.
const MOST_AT_ONCE: usize = CAPACITY - DELAY as usize;
/// A packet so far behind is no late one: its sender began anew. Two seconds.
const ANEW: i32 = 16_000;
/// A sample that did not come. No law decodes to it: the loudest of G.711 is 32,256.
const ABSENT: i16 = i16::MIN;
/// By how much the repeated frame is weakened, in halvings: for the first frame that is missing, and the second.
/// After 40 ms an ear no longer takes repetition for speech, and there is silence.
const FADE: [u32; 2] = [1, 2];

/// What is heard where nothing came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Concealment {
    /// The last frame once more, fading: for ears.
    Repeat,
    /// Silence, as it was: for what was played to a leg.
    Silence,
}

/// One stream on its way to the clock.
#[derive(Clone, Debug)]
pub struct Playout {
    ring: [i16; CAPACITY],
    concealment: Concealment,
    stream: Option<Stream>,
    last: [i16; FRAME],
    /// Frames in a row of which something was missing.
    missing: usize,
}

#[derive(Clone, Copy, Debug)]
struct Stream {
    ssrc: u32,
    /// The timestamp of the sample that is heard next, and its place in the ring.
    next: u32,
    head: usize,
    /// The timestamp after the latest sample that came.
    end: u32,
    /// Nothing was left at the last tick: time stands still until a packet comes.
    starved: bool,
}

impl Playout {
    pub fn new(concealment: Concealment) -> Self {
        Self { ring: [ABSENT; CAPACITY], concealment, stream: None, last: [0; FRAME], missing: 0 }
    }

    /// Takes the audio of one packet, of any length, late, early or twice.
    pub fn push(&mut self, header: &Header, codec: Codec, octets: &[u8]) {
        let octets = octets.get(..MOST_AT_ONCE).unwrap_or(octets);
        if octets.is_empty() {
            return;
        }
        let starts = header.timestamp;
        let stream = match self.stream {
            Some(stream) if stream.ssrc == header.ssrc => stream,
            _ => self.begin(header),
        };
        let ahead = starts.wrapping_sub(stream.next) as i32;
        let ends = ahead.saturating_add(octets.len() as i32);
        let stream = if ahead < -ANEW {
            self.begin(header)
        } else if ends <= 0 {
            return;
        } else if stream.starved || ends > CAPACITY as i32 {
            // Nothing waits, or too much: what comes now is heard after the delay.
            self.skip_to(stream, starts.wrapping_sub(DELAY))
        } else {
            stream
        };
        self.write(stream, starts, codec, octets);
    }

    /// Forgets what waits: this packet is the first.
    fn begin(&mut self, header: &Header) -> Stream {
        self.ring.fill(ABSENT);
        let next = header.timestamp.wrapping_sub(DELAY);
        Stream { ssrc: header.ssrc, next, head: 0, end: next, starved: false }
    }

    fn skip_to(&mut self, stream: Stream, next: u32) -> Stream {
        let skipped = next.wrapping_sub(stream.next) as i32;
        // Time goes back only where nothing waits: the ring is empty.
        let skipped = usize::try_from(skipped).unwrap_or(0).min(CAPACITY);
        self.from(stream.head).take(skipped).for_each(|slot| *slot = ABSENT);
        Stream { next, head: (stream.head + skipped) % CAPACITY, starved: false, ..stream }
    }

    /// The whole ring, from a place in it on.
    fn from(&mut self, place: usize) -> impl Iterator<Item = &mut i16> {
        let (front, back) = self.ring.split_at_mut(place % CAPACITY);
        back.iter_mut().chain(front)
    }

    fn write(&mut self, mut stream: Stream, starts: u32, codec: Codec, octets: &[u8]) {
        let ahead = starts.wrapping_sub(stream.next) as i32;
        let late = usize::try_from(-ahead).unwrap_or(0);
        let place = (stream.head + usize::try_from(ahead).unwrap_or(0)) % CAPACITY;
        self.from(place).zip(octets.iter().skip(late)).for_each(|(slot, octet)| *slot = g711::decode(codec, *octet));
        let ends = starts.wrapping_add(octets.len() as u32);
        if ends.wrapping_sub(stream.end) as i32 > 0 {
            stream.end = ends;
        }
        self.stream = Some(stream);
    }

    /// 20 ms have passed: the frame that is heard.
    pub fn take(&mut self, frame: &mut [i16; FRAME]) {
        let Some(mut stream) = self.stream else {
            frame.fill(0);
            return;
        };
        stream.starved = stream.end.wrapping_sub(stream.next) as i32 <= 0;
        if stream.starved {
            frame.fill(ABSENT);
        } else {
            let slots = self.from(stream.head);
            frame.iter_mut().zip(slots).for_each(|(sample, slot)| *sample = std::mem::replace(slot, ABSENT));
            stream.head = (stream.head + FRAME) % CAPACITY;
            stream.next = stream.next.wrapping_add(FRAME as u32);
        }
        self.stream = Some(stream);
        self.conceal(frame);
    }

    fn conceal(&mut self, frame: &mut [i16; FRAME]) {
        if !frame.contains(&ABSENT) {
            self.missing = 0;
            self.last = *frame;
            return;
        }
        let halvings = FADE.get(self.missing).filter(|_| self.concealment == Concealment::Repeat);
        for (sample, before) in frame.iter_mut().zip(self.last).filter(|(sample, _)| **sample == ABSENT) {
            *sample = halvings.map_or(0, |halvings| before >> halvings);
        }
        self.missing = self.missing.saturating_add(1);
    }
}
