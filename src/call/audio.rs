//! What a leg can be made to hear, as values that flows and the exchange hold and pass on.
//! Nothing here plays, reads or synthesises; `media` does.

use std::fmt;
use std::sync::Arc;

/// Samples a second of all audio inside the product (G.711's rate).
pub const SAMPLE_RATE_HZ: u32 = 8_000;

/// A recorded announcement: 8 kHz mono linear PCM, decoded once when the site is loaded.
///
/// Two prompts are equal when they have the same name and the same samples.
#[derive(Clone)]
pub struct Prompt {
    /// The name a flow uses.
    pub name: Arc<str>,
    pub samples: Arc<[i16]>,
}

impl Prompt {
    /// How long it lasts, in milliseconds, rounded up: a prompt never ends after its length.
    pub fn length_ms(&self) -> u64 {
        let samples = u64::try_from(self.samples.len()).unwrap_or(u64::MAX);
        samples.saturating_mul(1_000).div_ceil(u64::from(SAMPLE_RATE_HZ))
    }
}

impl PartialEq for Prompt {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && (Arc::ptr_eq(&self.samples, &other.samples) || self.samples == other.samples)
    }
}

impl Eq for Prompt {}

/// Without the samples: a journal that lists half a million numbers helps nobody.
impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prompt({:?}, {} ms)", self.name, self.length_ms())
    }
}

/// Words to be spoken. What turns them into samples is the shell's business.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Speech {
    pub text: Arc<str>,
    /// `None`: the speech program's own.
    pub voice: Option<Arc<str>>,
    /// As `en`.
    pub language: Arc<str>,
}

/// How fast people speak: about fifteen characters a second.
const MS_PER_CHARACTER: u64 = 65;

/// About how long a text takes to be spoken, in milliseconds.
pub fn spoken_ms(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX).saturating_mul(MS_PER_CHARACTER)
}

impl Speech {
    /// About how long it takes, in milliseconds.
    pub fn length_ms(&self) -> u64 {
        spoken_ms(&self.text)
    }
}

/// How long a congestion tone is heard: long enough to be understood, and an end, so that a call goes on behind it.
pub const CONGESTION_MS: u32 = 4_000;

/// Whose tones a caller hears.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ToneRegion {
    /// Ringback of 400 and 450 Hz, 0.4 s on, 0.2 s off, 0.4 s on, 2 s off; congestion of 400 Hz, 0.4 s on, 0.35 s off,
    /// 0.225 s on, 0.525 s off (ITU-T E.180 supplement 2, United Kingdom).
    Uk,
    /// Ringback of 440 and 480 Hz, 2 s on, 4 s off; congestion of 480 and 620 Hz, 0.25 s on, 0.25 s off (ITU-T E.180
    /// supplement 2, United States).
    Us,
}

/// One thing to hear. A sequence of them is played in order.
///
/// `Ringback`, `DialTone`, `Music`, `DefaultMusic` and `Silence` never end by themselves, so that what
/// follows one of them in a sequence is never heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AudioSource {
    /// Once, from its start.
    Prompt(Arc<Prompt>),
    /// Once, from its first word.
    Speech(Arc<Speech>),
    Ringback(ToneRegion),
    /// Dial now: heard until the first digit.
    DialTone(ToneRegion),
    /// The call cannot be completed: what is heard where no announcement is left. It ends after [`CONGESTION_MS`].
    Congestion(ToneRegion),
    /// The site's own hold music, over and over.
    Music(Arc<Prompt>),
    /// The hold music that needs no file: a tune of our own, synthesised.
    DefaultMusic,
    /// Silence that ends, such as between two prompts.
    Pause {
        length_ms: u32,
    },
    /// Comfort noise: quiet, and not dead.
    Silence,
}
