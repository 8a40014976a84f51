//! Turns a sequence of audio sources into samples, frame by frame. Knows neither codec nor clock.

use std::sync::Arc;

use super::tone;
use crate::call::audio::{AudioSource, SAMPLE_RATE_HZ};

/// Samples of one 20 ms frame.
pub const FRAME: usize = 160;

/// One `play` under way.
#[derive(Clone, Debug)]
pub struct Player {
    pub token: u64,
    sources: Vec<Source>,
    repeat: bool,
    /// Index of the source that is heard, and the sample of it that comes next.
    current: usize,
    position: usize,
}

/// A source with its samples at hand.
#[derive(Clone, Debug)]
enum Source {
    Once(Arc<[i16]>),
    Loop(Arc<[i16]>),
    Quiet { samples: usize },
}

impl Player {
    pub fn new(token: u64, sources: Vec<AudioSource>, repeat: bool) -> Self {
        let sources = sources.into_iter().map(Source::from).collect();
        Self { token, sources, repeat, current: 0, position: 0 }
    }

    /// Fills a frame, the rest of a last one with silence. False if nothing was left to play.
    pub fn fill(&mut self, frame: &mut [i16; FRAME]) -> bool {
        let mut filled = 0;
        while filled < FRAME {
            let rest = frame.get_mut(filled..).unwrap_or_default();
            let wrote = self.write(rest);
            if wrote == 0 {
                break;
            }
            filled += wrote;
        }
        frame.get_mut(filled..).unwrap_or_default().fill(0);
        filled > 0
    }

    /// Whether all has been heard.
    pub fn is_over(&self) -> bool {
        self.sources.iter().all(Source::is_empty) || (!self.repeat && self.rest_is_empty())
    }

    fn rest_is_empty(&self) -> bool {
        let mut rest = self.sources.iter().skip(self.current);
        let first = rest.next().is_none_or(|source| source.left(self.position) == 0);
        first && rest.all(Source::is_empty)
    }

    /// Writes what the current source has, moving on when it is over; the samples written.
    fn write(&mut self, out: &mut [i16]) -> usize {
        // At most one turn: a sequence of nothing but empty sources ends instead of spinning.
        for _ in 0..=self.sources.len() {
            let Some(source) = self.sources.get(self.current) else {
                if !self.repeat {
                    return 0;
                }
                (self.current, self.position) = (0, 0);
                continue;
            };
            let wrote = source.write(self.position, out);
            if wrote > 0 {
                self.position = source.after(self.position, wrote);
                return wrote;
            }
            self.current += 1;
            self.position = 0;
        }
        0
    }
}

impl From<AudioSource> for Source {
    fn from(source: AudioSource) -> Self {
        match source {
            AudioSource::Prompt(prompt) => Source::Once(prompt.samples.clone()),
            // Speech is made into samples before it comes here; what could not be is silence.
            AudioSource::Speech(_) => Source::Once([].into()),
            AudioSource::Congestion(region) => Source::Once(tone::congestion(region)),
            AudioSource::DialTone(region) => Source::Loop(tone::dial_tone(region)),
            AudioSource::Ringback(region) => Source::Loop(tone::ringback(region)),
            AudioSource::Music(prompt) => Source::Loop(prompt.samples.clone()),
            AudioSource::DefaultMusic => Source::Loop(tone::hold_music().samples.clone()),
            AudioSource::Pause { length_ms } => {
                let samples = u64::from(length_ms) * u64::from(SAMPLE_RATE_HZ) / 1_000;
                Source::Quiet { samples: usize::try_from(samples).unwrap_or(usize::MAX) }
            }
            AudioSource::Silence => Source::Loop(tone::comfort_noise()),
        }
    }
}

impl Source {
    fn is_empty(&self) -> bool {
        self.left(0) == 0
    }

    /// Samples left from `position`; of what never ends, at least one.
    fn left(&self, position: usize) -> usize {
        match self {
            Source::Once(samples) => samples.len().saturating_sub(position),
            Source::Loop(samples) => samples.len(),
            Source::Quiet { samples } => samples.saturating_sub(position),
        }
    }

    fn after(&self, position: usize, wrote: usize) -> usize {
        match self {
            Source::Once(_) | Source::Quiet { .. } => position + wrote,
            Source::Loop(samples) => (position + wrote) % samples.len().max(1),
        }
    }

    fn write(&self, position: usize, out: &mut [i16]) -> usize {
        match self {
            Source::Once(samples) | Source::Loop(samples) => {
                let from = samples.get(position..).unwrap_or_default();
                out.iter_mut().zip(from).map(|(to, from)| *to = *from).count()
            }
            Source::Quiet { .. } => {
                let count = self.left(position).min(out.len());
                out.iter_mut().take(count).for_each(|to| *to = 0);
                count
            }
        }
    }
}
