//! Sends key presses as telephone-events (RFC 4733 §2.5.1), one packet a tick.
//! A pure sequence of payloads; sequence numbers and timestamps are `sender`'s.

use std::collections::VecDeque;

use super::dtmf::{EventPayload, event_of};

/// Digits waiting on one leg: an application that sends more than this means something else.
pub const MAX_WAITING: usize = 128;
/// Samples of one tick.
const TICK_SAMPLES: u16 = 160;
/// Ticks of one press: 100 ms, above the 40 ms that Q.24 lets a receiver ask for.
const PRESS_TICKS: u16 = 5;
/// Ticks between two presses, the repeated end packets among them: 100 ms.
const PAUSE_TICKS: u16 = 5;
/// The final packet is sent three times (RFC 4733 §2.5.1.4).
const END_PACKETS: u16 = 3;
/// -10 dBm0, a usual level.
const VOLUME: u8 = 10;

/// One packet to send now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventPacket {
    /// The first of an event: it takes a new timestamp and the marker bit.
    pub first: bool,
    pub payload: EventPayload,
}

/// What a tick brings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DigitStep {
    Send(EventPacket),
    Pause,
    /// The last digit of this request is over, its pause included.
    Finished(u64),
}

/// The digits one leg still has to send, by request.
#[derive(Clone, Default, Debug)]
pub struct DigitQueue {
    waiting: VecDeque<Item>,
    tick: u16,
}

#[derive(Clone, Copy, Debug)]
enum Item {
    Press(u8),
    Done(u64),
}

impl DigitQueue {
    /// Queues the digits behind what waits; false, and nothing queued, if one of them is no key
    /// or there is no room.
    #[must_use]
    pub fn push(&mut self, token: u64, digits: &str) -> bool {
        let fits = self.waiting.len() + digits.len() <= MAX_WAITING;
        if !fits || digits.chars().any(|d| event_of(d).is_none()) {
            return false;
        }
        self.waiting.extend(digits.chars().filter_map(event_of).map(Item::Press));
        self.waiting.push_back(Item::Done(token));
        true
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Empties the queue; the requests that will never finish.
    pub fn abandon(&mut self) -> impl Iterator<Item = u64> + '_ {
        self.tick = 0;
        self.waiting.drain(..).filter_map(|item| match item {
            Item::Done(token) => Some(token),
            Item::Press(_) => None,
        })
    }

    /// One tick. `None` when there is nothing to do.
    pub fn step(&mut self) -> Option<DigitStep> {
        let event = match *self.waiting.front()? {
            Item::Done(token) => {
                self.waiting.pop_front();
                return Some(DigitStep::Finished(token));
            }
            Item::Press(event) => event,
        };
        let tick = self.tick;
        self.tick += 1;
        if self.tick == PRESS_TICKS + PAUSE_TICKS {
            self.tick = 0;
            self.waiting.pop_front();
        }
        let end = tick + 1 >= PRESS_TICKS;
        if tick + 1 >= PRESS_TICKS + END_PACKETS {
            return Some(DigitStep::Pause);
        }
        let duration = (tick + 1).min(PRESS_TICKS) * TICK_SAMPLES;
        let payload = EventPayload { event, end, volume: VOLUME, duration };
        Some(DigitStep::Send(EventPacket { first: tick == 0, payload }))
    }
}
