//! Whose packets a leg listens to, and where its own go: the lock on one source.
//!
//! A phone behind a NAT sends from another address than its session description says, so a leg
//! learns the source from the first packets after each negotiation (RFC 4961, RFC 7362 §4). Then it
//! is locked, by address and SSRC, until the next negotiation: whoever else finds the port is
//! neither heard nor sent to. A leg that learned for ever could be hijacked in mid-call.

use std::net::SocketAddr;

use super::rtp::Header;
use crate::base::time::{Micros, Mono};

/// Packets in sequence that a source other than the described one must send to be believed
/// (RFC 3550 §6.2.1, MIN_SEQUENTIAL).
const SEQUENTIAL: u8 = 2;
/// Packets after a lock on an undescribed source during which the described one may still claim
/// the leg, should a stray have been first: a second of speech.
const SETTLING: u32 = 50;
/// How long the locked SSRC must be silent before another from the same address replaces it: longer
/// than the jitter of a live stream, so that forged packets beside it are not heard.
const SSRC_SILENCE: Micros = Micros::from_ms(100);

/// The lock of one leg.
#[derive(Clone, Copy, Debug)]
pub struct Latch {
    described: SocketAddr,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// `known` is the source of before a renegotiation that changed no address.
    Open {
        candidate: Option<Candidate>,
        known: Option<SocketAddr>,
    },
    Locked {
        source: SocketAddr,
        ssrc: u32,
        last: Mono,
        packets: u32,
    },
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    source: SocketAddr,
    ssrc: u32,
    next_sequence: u16,
    packets: u8,
}

/// What to do with a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It belongs to the stream.
    Accept,
    /// It begins a stream: another source or SSRC than before.
    AcceptNew,
    Ignore,
}

impl Latch {
    pub fn new(described: SocketAddr) -> Self {
        Self { described, state: State::Open { candidate: None, known: None } }
    }

    /// After a (re)negotiation: learns anew. Packets still go to the known source if the
    /// description has not changed, so that a session refresh makes no gap.
    pub fn reopen(&mut self, described: SocketAddr) {
        let known = (described == self.described).then(|| self.destination()).filter(|to| *to != described);
        *self = Self { described, state: State::Open { candidate: None, known } };
    }

    /// Where packets for the peer go.
    pub fn destination(&self) -> SocketAddr {
        match self.state {
            State::Open { known, .. } => known.unwrap_or(self.described),
            State::Locked { source, .. } => source,
        }
    }

    pub fn receive(&mut self, now: Mono, from: SocketAddr, header: &Header) -> Verdict {
        let described = from == self.described;
        match &mut self.state {
            State::Open { known, .. } if described || *known == Some(from) => self.lock(now, from, header.ssrc),
            State::Open { candidate, .. } => {
                let packets = match candidate {
                    Some(c) if c.source == from && c.ssrc == header.ssrc && c.next_sequence == header.sequence => {
                        c.packets.saturating_add(1)
                    }
                    _ => 1,
                };
                if packets >= SEQUENTIAL {
                    return self.lock(now, from, header.ssrc);
                }
                let next_sequence = header.sequence.wrapping_add(1);
                *candidate = Some(Candidate { source: from, ssrc: header.ssrc, next_sequence, packets });
                Verdict::Ignore
            }
            State::Locked { source, ssrc, last, packets } if *source == from => {
                if *ssrc == header.ssrc {
                    *last = now;
                    *packets = packets.saturating_add(1);
                    Verdict::Accept
                } else if now.since(*last) >= SSRC_SILENCE {
                    self.lock(now, from, header.ssrc)
                } else {
                    Verdict::Ignore
                }
            }
            State::Locked { packets, .. } if described && *packets < SETTLING => self.lock(now, from, header.ssrc),
            State::Locked { .. } => Verdict::Ignore,
        }
    }

    fn lock(&mut self, now: Mono, source: SocketAddr, ssrc: u32) -> Verdict {
        self.state = State::Locked { source, ssrc, last: now, packets: 1 };
        Verdict::AcceptNew
    }
}
