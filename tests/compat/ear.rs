//! What is asked of whoever listens: a socket that takes RTP, or a phone that writes down what it hears.

use std::time::Duration;

use super::process::wait_for;
use super::tone::{self, CALLER_HZ, TARGET_HZ};

/// From an act to the sound of it.
const SOON: Duration = Duration::from_secs(15);
/// Samples of the windows in which a sound is looked for: 200 ms.
const WINDOW: usize = 1_600;
/// A window with less of its energy at a tone is distorted, or mixed with something else.
const CLEAN: f64 = 0.9;
/// Less of the energy than this is no trace of a tone.
const TRACE: f64 = 0.05;
/// Each of two voices at the same time has at least so much of the energy; they are equally loud.
const SHARED: f64 = 0.3;
/// What the phones of Ravi, Dana and Lee say.
pub const RAVI_HZ: f64 = 1_580.0;
pub const DANA_HZ: f64 = 1_820.0;
pub const LEE_HZ: f64 = 1_940.0;
/// Everybody who speaks in these tests. Prompts, tones and the hold music are below all of them.
const VOICES: [f64; 5] = [CALLER_HZ, TARGET_HZ, RAVI_HZ, DANA_HZ, LEE_HZ];

/// Somebody who hears. A moment is the number of samples that were heard before it.
pub trait Ear: Sized {
    fn samples(&self) -> Vec<i16>;

    fn moment(&self) -> usize {
        self.samples().len()
    }

    /// Waits for 200 ms of nothing but this tone.
    fn hears_from(&self, moment: usize, hz: f64) {
        self.waits(moment, &format!("{hz} Hz alone"), |window| tone::share(window, hz) > CLEAN);
    }

    /// Waits for 200 ms of these two tones, equally loud, and nothing else.
    fn hears_both_from(&self, moment: usize, first: f64, second: f64) {
        self.waits(moment, &format!("{first} and {second} Hz"), |window| {
            let (first, second) = (tone::share(window, first), tone::share(window, second));
            first > SHARED && second > SHARED && first + second > CLEAN
        });
    }

    /// Waits for 200 ms of sound that is nobody's voice.
    fn hears_music_from(&self, moment: usize) {
        self.waits(moment, "music", is_music);
    }

    /// The tone was not heard since that moment, not even faintly.
    fn never_heard(&self, moment: usize, hz: f64) {
        let samples = self.samples();
        let heard = samples[moment..].chunks_exact(WINDOW).position(|window| tone::share(window, hz) > TRACE);
        assert_eq!(heard, None, "{hz} Hz was heard since {moment}: {}", spoken(&samples));
    }

    fn waits(&self, moment: usize, what: &str, is_it: impl Fn(&[i16]) -> bool) {
        let heard = || {
            let samples = self.samples();
            let later = samples.get(moment..).unwrap_or_default();
            later.windows(WINDOW).step_by(WINDOW / 10).any(&is_it).then_some(())
        };
        assert!(wait_for(SOON, heard).is_some(), "no {what} from {moment} on: {}", spoken(&self.samples()));
    }
}

fn is_music(window: &[i16]) -> bool {
    let energy: f64 = window.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let is_loud = energy / window.len() as f64 > 100.0 * 100.0;
    is_loud && VOICES.iter().all(|hz| tone::share(window, *hz) < TRACE)
}

/// Who was heard in each 200 ms, for a failure.
fn spoken(samples: &[i16]) -> String {
    let window = |window: &[i16]| {
        let voices: Vec<String> = VOICES
            .iter()
            .map(|hz| (hz, tone::share(window, *hz)))
            .filter(|(_, share)| *share > TRACE)
            .map(|(hz, share)| format!("{hz} {share:.2}"))
            .collect();
        match (voices.is_empty(), is_music(window)) {
            (false, _) => voices.join(" + "),
            (true, true) => "music".into(),
            (true, false) => "-".into(),
        }
    };
    let mut all: Vec<String> = samples.chunks(WINDOW).map(window).collect();
    all.dedup();
    format!("{} samples: {}", samples.len(), all.join(", "))
}
