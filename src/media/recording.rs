//! The recording of one leg: what it says on the left, what it hears on the right, on one clock.
//!
//! Pure: it makes pieces of samples, each with its place in time. `disk` writes them; a piece that gets lost on the
//! way is silence of the same length.

use std::sync::Arc;

use super::player::FRAME;
use super::playout::{Concealment, Playout};
use super::rtp::Header;
use crate::base::id::LegId;
use crate::base::time::{Micros, Mono};
use crate::call::media_types::Codec;

/// The length of a frame.
const FRAME_LENGTH: Micros = Micros::from_ms(20);
/// Frames of one piece: 100 ms. A piece a frame would wake the disk's thread five times as often.
pub const PIECE_FRAMES: usize = 5;
/// Frames by which the ticks may be behind the clock before the rest is taken for a stall: as many as the media
/// thread makes up for, one piece.
const SLACK_FRAMES: u64 = PIECE_FRAMES as u64;
/// The longest recording: twelve hours, far beyond any call, a third of what fits into a WAV file.
pub const MAX_FRAMES: u64 = 12 * 3_600 * 50;

/// One recording, unique for the life of the media plane.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TapeId(pub u64);

/// What the disk is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reel {
    Begin {
        tape: TapeId,
        leg: LegId,
        name: Arc<str>,
    },
    /// Samples, left and right in turn, from sample `at` of each channel on. What is between the pieces is silence.
    Piece {
        tape: TapeId,
        at: u64,
        samples: Box<[i16]>,
    },
    /// The recording lasts `length` samples of each channel. `full`: it was ended by [`MAX_FRAMES`].
    End {
        tape: TapeId,
        length: u64,
        full: bool,
    },
}

/// What a leg's recording knows.
#[derive(Clone, Debug)]
pub struct Tape {
    id: TapeId,
    began: Mono,
    /// Frames that are over.
    frames: u64,
    paused: bool,
    heard: Playout,
    /// The piece under way, and its first frame.
    piece: Vec<i16>,
    piece_from: u64,
}

impl Tape {
    pub fn begin(now: Mono, id: TapeId, leg: LegId, name: Arc<str>, out: &mut Vec<Reel>) -> Self {
        out.push(Reel::Begin { tape: id, leg, name });
        let heard = Playout::new(Concealment::Silence);
        Self { id, began: now, frames: 0, paused: false, heard, piece: Vec::new(), piece_from: 0 }
    }

    /// While paused both channels are silent, for as long as it lasts: card numbers are not kept.
    pub fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// A packet of audio left for the leg.
    pub fn hear(&mut self, header: &Header, codec: Codec, octets: &[u8]) {
        self.heard.push(header, codec, octets);
    }

    /// 20 ms have passed, in which the leg said this.
    pub fn tick(&mut self, now: Mono, said: &[i16; FRAME], out: &mut Vec<Reel>) {
        let mut heard = [0; FRAME];
        self.heard.take(&mut heard);
        let due = now.since(self.began).0 / FRAME_LENGTH.0;
        if due > self.frames.saturating_add(SLACK_FRAMES) {
            self.cut(out);
            self.frames = due;
        }
        if self.is_full() {
            return;
        }
        if self.paused {
            self.cut(out);
        } else {
            if self.piece.is_empty() {
                self.piece_from = self.frames;
                self.piece.reserve_exact(PIECE_FRAMES * FRAME * 2);
            }
            self.piece.extend(said.iter().zip(&heard).flat_map(|(left, right)| [*left, *right]));
        }
        self.frames += 1;
        if self.piece.len() >= PIECE_FRAMES * FRAME * 2 {
            self.cut(out);
        }
    }

    pub fn is_full(&self) -> bool {
        self.frames >= MAX_FRAMES
    }

    pub fn end(mut self, out: &mut Vec<Reel>) {
        self.cut(out);
        let length = self.frames.min(MAX_FRAMES) * FRAME as u64;
        out.push(Reel::End { tape: self.id, length, full: self.is_full() });
    }

    /// Hands out the piece under way.
    fn cut(&mut self, out: &mut Vec<Reel>) {
        if self.piece.is_empty() {
            return;
        }
        let samples = std::mem::take(&mut self.piece).into_boxed_slice();
        out.push(Reel::Piece { tape: self.id, at: self.piece_from * FRAME as u64, samples });
    }
}
