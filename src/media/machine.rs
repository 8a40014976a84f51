//! Who answered: a person or an answering machine, from the first seconds of what is said.
//!
//! A person says a short word and waits; a machine says sentences, and beeps. Pure: frames of samples in, one verdict
//! out. What is said is not understood, and nothing is learned.

use super::player::FRAME;
use crate::call::audio::SAMPLE_RATE_HZ;

const fn frames(ms: u32) -> u32 {
    ms / 20
}

/// A greeting up to here is a person's: a name and a company. Machines rarely get by with less than two sentences.
const SHORT_GREETING: u32 = frames(1_800);
/// Who still speaks after so long speaks to nobody in particular.
const LONG_GREETING: u32 = frames(2_500);
/// The silence after a short greeting that is an invitation to answer: above the pause between two sentences.
const PAUSE: u32 = frames(800);
/// After a greeting that is neither short nor long: time enough for a beep or a second sentence.
const LONG_PAUSE: u32 = frames(1_600);
/// Nobody speaks: it cannot be told, and a person who listens must not be taken for a machine.
const NOTHING_SAID: u32 = frames(4_000);
/// Speech is at least so many frames in a row; a click is shorter.
const SYLLABLE: u32 = frames(60);
/// A steady tone of so many frames is a beep; no vowel is held so long and so even.
const BEEP: u32 = frames(300);
/// Where beeps lie. Fax and modem tones are above.
const BEEP_HZ: std::ops::RangeInclusive<f64> = 350.0..=1_400.0;
/// By how much the tone may stray within a beep.
const BEEP_STRAY: f64 = 0.03;
/// The share of a frame's power that is in one tone, if it is one.
const TONE_SHARE: f64 = 0.85;
/// The quietest speech, about -41 dBov; telephone lines are quieter by 10 dB.
const QUIETEST: f64 = 300.0;
/// How far speech stands out of the noise: 12 dB.
const ABOVE_NOISE: f64 = 4.0;
/// The noise is taken to grow by 1 % a frame at most: within a second it follows a noisy street, and a word does not
/// raise it.
const NOISE_RISE: f64 = 1.01;

/// What a frame is.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Sound {
    Silence,
    Speech,
    Tone(f64),
}

/// Listens from the answer on.
#[derive(Clone, Debug)]
pub struct Detector {
    frame: u32,
    noise: f64,
    /// Frames of speech in a row.
    run: u32,
    /// The first and the latest frame of what was said.
    said: Option<(u32, u32)>,
    /// Since when there is silence.
    silent_since: u32,
    tone: Option<(f64, u32)>,
}

impl Default for Detector {
    fn default() -> Self {
        let noise = QUIETEST / ABOVE_NOISE;
        Self { frame: 0, noise, run: 0, said: None, silent_since: 0, tone: None }
    }
}

impl Detector {
    /// Takes the next 20 ms; true for a machine, false for a person, once it can be told.
    pub fn hear(&mut self, samples: &[i16; FRAME]) -> Option<bool> {
        let sound = self.classify(samples);
        self.frame += 1;
        if sound != Sound::Silence {
            self.silent_since = self.frame;
        }
        self.run = if sound == Sound::Speech { self.run + 1 } else { 0 };
        if self.run >= SYLLABLE {
            let first = self.said.map_or(self.frame - self.run, |(first, _)| first);
            self.said = Some((first, self.frame));
        }
        let beeps = self.beeps(sound);
        let Some((first, latest)) = self.said else {
            return (self.frame >= NOTHING_SAID).then_some(false);
        };
        let (greeting, silence) = (latest - first, self.frame - self.silent_since);
        let enough = if greeting <= SHORT_GREETING { PAUSE } else { LONG_PAUSE };
        if beeps || greeting > LONG_GREETING { Some(true) } else { (silence >= enough).then_some(false) }
    }

    fn beeps(&mut self, sound: Sound) -> bool {
        self.tone = match (sound, self.tone) {
            (Sound::Tone(hz), Some((first, length))) if (hz / first - 1.0).abs() <= BEEP_STRAY => {
                Some((first, length + 1))
            }
            (Sound::Tone(hz), _) => Some((hz, 1)),
            _ => None,
        };
        self.tone.is_some_and(|(_, length)| length >= BEEP)
    }

    fn classify(&mut self, samples: &[i16; FRAME]) -> Sound {
        let power: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / FRAME as f64;
        let loud = power.sqrt();
        let threshold = QUIETEST.max(self.noise * ABOVE_NOISE);
        self.noise = loud.clamp(1.0, self.noise * NOISE_RISE);
        if loud < threshold {
            return Sound::Silence;
        }
        tone(samples).filter(|hz| BEEP_HZ.contains(hz)).map_or(Sound::Speech, Sound::Tone)
    }
}

/// The frequency of samples that are a single tone.
///
/// In a pure tone each sample and the one after next make up the one between times twice the cosine; the best such
/// cosine gives the frequency, and the share of the power at that frequency says whether it was a tone at all.
fn tone(samples: &[i16; FRAME]) -> Option<f64> {
    let (mut product, mut square) = (0.0, 0.0);
    for three in samples.windows(3) {
        let [before, here, after] = three else { continue };
        let here = f64::from(*here);
        product += here * (f64::from(*before) + f64::from(*after));
        square += here * here;
    }
    let cosine = product / (2.0 * square);
    if !(-1.0..=1.0).contains(&cosine) {
        return None;
    }
    let turn = cosine.acos();
    let (mut last, mut older) = (0.0, 0.0);
    let mut power = 0.0;
    for sample in samples {
        let sample = f64::from(*sample);
        power += sample * sample;
        (last, older) = (sample + 2.0 * cosine * last - older, last);
    }
    let of_tone = 2.0 * (last * last + older * older - 2.0 * cosine * last * older) / FRAME as f64;
    (of_tone >= TONE_SHARE * power).then(|| turn * f64::from(SAMPLE_RATE_HZ) / std::f64::consts::TAU)
}
