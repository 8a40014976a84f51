//! Telephone-events (RFC 4733): the payload, and one digit out of many packets of one key press.
//! Sending is in `digits`; in-band tones are not listened for.

/// Octets of one event in a payload (RFC 4733 §2.3).
pub const PAYLOAD_LEN: usize = 4;

/// How far back a packet may belong to an event before the latest: two seconds of reordering.
const REORDER_SAMPLES: u32 = 16_000;
/// The duration of a full segment of a long event (RFC 4733 §2.5.1.3).
const SEGMENT_SAMPLES: u32 = 0xffff;

/// One event as a packet carries it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventPayload {
    /// 0 to 15 are the keys.
    pub event: u8,
    pub end: bool,
    /// Attenuation in dB, 0 to 63.
    pub volume: u8,
    /// In samples since the packet's timestamp.
    pub duration: u16,
}

impl EventPayload {
    /// Reads the first event of a payload; `None` if it is too short.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (fields, _) = payload.split_first_chunk::<PAYLOAD_LEN>()?;
        let [event, flags, d0, d1] = *fields;
        Some(Self { event, end: flags & 0x80 != 0, volume: flags & 0x3f, duration: u16::from_be_bytes([d0, d1]) })
    }

    pub fn to_bytes(self) -> [u8; PAYLOAD_LEN] {
        let [d0, d1] = self.duration.to_be_bytes();
        [self.event, (u8::from(self.end) << 7) | (self.volume & 0x3f), d0, d1]
    }
}

/// The key of an event code (RFC 4733 §3.2, table 3); `None` for flash and signals.
pub fn digit_of(event: u8) -> Option<char> {
    Some(match event {
        0..=9 => char::from(b'0' + event),
        10 => '*',
        11 => '#',
        12..=15 => char::from(b'A' + (event - 12)),
        _ => return None,
    })
}

/// The event code of a key: `0` to `9`, `*`, `#`, `A` to `D`.
pub fn event_of(digit: char) -> Option<u8> {
    Some(match digit {
        '0'..='9' => digit as u8 - b'0',
        '*' => 10,
        '#' => 11,
        'A'..='D' => digit as u8 - b'A' + 12,
        _ => return None,
    })
}

/// Tells key presses apart in the packets of one stream (one SSRC).
///
/// An event is known by its timestamp, and counts once, on the first packet of it that arrives,
/// whichever that is: packets before it, or all three that end it, may be lost. Two packets with
/// different timestamps are still one press when the second continues the first: the next
/// segment of a long event, or (seen in the wild) a sender that moves the timestamp with every
/// packet while the duration grows.
#[derive(Clone, Copy, Default, Debug)]
pub struct EventReceiver {
    latest: Option<Press>,
    /// The timestamp before the latest one, whose end packets may still be on their way.
    earlier: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Press {
    event: u8,
    timestamp: u32,
    duration: u16,
    ended: bool,
}

impl EventReceiver {
    /// Takes one packet; the digit if it is the first of a new press.
    pub fn receive(&mut self, timestamp: u32, marker: bool, payload: &[u8]) -> Option<char> {
        let got = EventPayload::parse(payload)?;
        let digit = digit_of(got.event)?;
        let new = match &mut self.latest {
            Some(press) if press.timestamp == timestamp => {
                press.duration = press.duration.max(got.duration);
                press.ended |= got.end;
                return None;
            }
            Some(press) if is_late(press.timestamp, timestamp) || self.earlier == Some(timestamp) => return None,
            Some(press) => !press.is_continued_by(got, timestamp, marker),
            None => true,
        };
        self.earlier = self.latest.map(|press| press.timestamp);
        self.latest = Some(Press { event: got.event, timestamp, duration: got.duration, ended: got.end });
        new.then_some(digit)
    }
}

fn is_late(latest: u32, timestamp: u32) -> bool {
    let back = latest.wrapping_sub(timestamp);
    back > 0 && back <= REORDER_SAMPLES
}

impl Press {
    fn is_continued_by(&self, got: EventPayload, timestamp: u32, marker: bool) -> bool {
        if self.ended || marker || self.event != got.event {
            return false;
        }
        let forward = timestamp.wrapping_sub(self.timestamp);
        let next_segment = forward == SEGMENT_SAMPLES;
        // A second press starts with a short duration; the same press only grows, and by no
        // more than the time that has passed.
        let grown = u32::from(got.duration).wrapping_sub(u32::from(self.duration));
        let moving_timestamp = got.duration > self.duration && grown == forward;
        next_segment || moving_timestamp
    }
}
