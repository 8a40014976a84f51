//! Tones, comfort noise and hold music, synthesised: ringback and congestion by region, and a tune of our own.
//!
//! Everything is made from arithmetic alone, so that each machine hears the same samples, and made
//! once a process, as loops that join without a click. Nothing here ends or is played; `player` does that.

use std::sync::{Arc, OnceLock};

use super::player::FRAME;
use crate::base::time::{Micros, Mono};
use crate::call::audio::{CONGESTION_MS, Prompt, SAMPLE_RATE_HZ, ToneRegion};

/// Amplitude of each of two tones: about -13 dBm0 together.
const TONE_AMPLITUDE: f64 = 3_600.0;

/// One turn of a cadence: tones together for `on_ms`, then quiet for `off_ms`.
struct Burst {
    on_ms: u32,
    off_ms: u32,
}

/// The ringback of a region, one whole cadence to be repeated.
pub fn ringback(region: ToneRegion) -> Arc<[i16]> {
    static UK: OnceLock<Arc<[i16]>> = OnceLock::new();
    static US: OnceLock<Arc<[i16]>> = OnceLock::new();
    let (made, tones_hz, cadence): (_, _, &[Burst]) = match region {
        ToneRegion::Uk => {
            (&UK, [400.0, 450.0], &[Burst { on_ms: 400, off_ms: 200 }, Burst { on_ms: 400, off_ms: 2_000 }])
        }
        ToneRegion::Us => (&US, [440.0, 480.0], &[Burst { on_ms: 2_000, off_ms: 4_000 }]),
    };
    made.get_or_init(|| cadence_of(&tones_hz, cadence).into()).clone()
}

/// The dial tone of a region: 350 and 440 Hz without a pause in both (ITU-T E.180 supplement 2).
pub fn dial_tone(_: ToneRegion) -> Arc<[i16]> {
    static MADE: OnceLock<Arc<[i16]>> = OnceLock::new();
    // A whole number of both waves, so that it can be repeated without a click.
    MADE.get_or_init(|| cadence_of(&[350.0, 440.0], &[Burst { on_ms: 1_000, off_ms: 0 }]).into()).clone()
}

/// The congestion tone of a region, as long as it is played.
pub fn congestion(region: ToneRegion) -> Arc<[i16]> {
    static UK: OnceLock<Arc<[i16]>> = OnceLock::new();
    static US: OnceLock<Arc<[i16]>> = OnceLock::new();
    let (made, tones_hz, cadence): (_, &[f64], &[Burst]) = match region {
        ToneRegion::Uk => (&UK, &[400.0], &[Burst { on_ms: 400, off_ms: 350 }, Burst { on_ms: 225, off_ms: 525 }]),
        ToneRegion::Us => (&US, &[480.0, 620.0], &[Burst { on_ms: 250, off_ms: 250 }]),
    };
    let length = samples_in(CONGESTION_MS) as usize;
    made.get_or_init(|| cadence_of(tones_hz, cadence).into_iter().cycle().take(length).collect()).clone()
}

/// Amplitude of comfort noise: the root of three above its effective value, which is -65 dB below full scale. A line
/// that is as quiet as a file sounds dead, and people hang up.
const NOISE_AMPLITUDE: i32 = 32;
/// Two seconds, to be repeated: longer than an ear remembers noise.
const NOISE_SAMPLES: usize = 100 * FRAME;

/// The length of a frame.
const FRAME_LENGTH: Micros = Micros::from_ms(20);

/// Comfort noise, to be repeated.
pub fn comfort_noise() -> Arc<[i16]> {
    static MADE: OnceLock<Arc<[i16]>> = OnceLock::new();
    MADE.get_or_init(noise).clone()
}

/// The frame of comfort noise that is due at an instant.
pub fn comfort_noise_at(now: Mono, frame: &mut [i16; FRAME]) {
    let from = (now.0 / FRAME_LENGTH.0 * FRAME as u64 % NOISE_SAMPLES as u64) as usize;
    let noise = comfort_noise();
    for (to, from) in frame.iter_mut().zip(noise.get(from..).unwrap_or_default()) {
        *to = *from;
    }
}

/// White noise by a linear congruential generator (Numerical Recipes, 1992): the same on each machine.
fn noise() -> Arc<[i16]> {
    let next = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let level = (*state >> 16) as i32 % (2 * NOISE_AMPLITUDE + 1);
        Some((level - NOISE_AMPLITUDE) as i16)
    };
    let mut state = 1;
    std::iter::from_fn(|| next(&mut state)).take(NOISE_SAMPLES).collect()
}

fn cadence_of(tones_hz: &[f64], cadence: &[Burst]) -> Vec<i16> {
    let mut samples = Vec::new();
    for burst in cadence {
        let on = samples_in(burst.on_ms);
        samples.extend((0..on).map(|i| {
            let sum: f64 = tones_hz.iter().map(|hz| sine(turns(*hz, i))).sum();
            quantise(sum * TONE_AMPLITUDE * edge(i, on))
        }));
        samples.extend((0..samples_in(burst.off_ms)).map(|_| 0));
    }
    samples
}

/// The steps of the tune: a note every quarter of a second.
const STEP_MS: u32 = 250;
/// How long a note rings on: it overlaps the ones after it.
const RING_STEPS: u32 = 6;
/// A bar of each chord, as semitones above C3: C, A minor, F, G, each broken upwards and back.
const BARS: [[i32; 8]; 4] = [
    [0, 12, 16, 19, 24, 19, 16, 12],
    [-3, 12, 16, 21, 24, 21, 16, 12],
    [-7, 9, 12, 17, 21, 17, 12, 9],
    [-5, 11, 14, 19, 23, 19, 14, 11],
];
const C3_HZ: f64 = 130.812_782_65;
/// Amplitude of a note as it is struck; six ring at most, so that nothing clips.
const NOTE_AMPLITUDE: f64 = 2_600.0;

/// The hold music that needs no file: broken chords, eight seconds, to be repeated.
pub fn hold_music() -> Arc<Prompt> {
    static MADE: OnceLock<Arc<Prompt>> = OnceLock::new();
    MADE.get_or_init(|| Arc::new(Prompt { name: "hold music".into(), samples: tune() })).clone()
}

fn tune() -> Arc<[i16]> {
    let notes: Vec<i32> = BARS.iter().flatten().copied().collect();
    let step = samples_in(STEP_MS);
    let length = step as usize * notes.len();
    let mut mix = vec![0.0; length];
    let mut start = 0;
    for semitones in notes {
        let hz = C3_HZ * semitone_ratio(semitones);
        let ring = step * RING_STEPS;
        let mut strength = NOTE_AMPLITUDE;
        for i in 0..ring {
            let turn = turns(hz, i);
            // A soft timbre: the tone, and a little of its octave.
            let value = sine(turn) + 0.3 * sine(2.0 * turn);
            // What rings past the end of the loop rings on at its start.
            if let Some(slot) = mix.get_mut((start + i as usize) % length) {
                *slot += value * strength * edge(i, ring);
            }
            // Half as loud after about a third of a second.
            strength *= 0.999_74;
        }
        start += step as usize;
    }
    mix.into_iter().map(quantise).collect()
}

/// 2 to the power of `n` twelfths, by repeated multiplication.
fn semitone_ratio(n: i32) -> f64 {
    const UP: f64 = 1.059_463_094_359_295_3;
    let factor = if n < 0 { 1.0 / UP } else { UP };
    (0..n.unsigned_abs()).fold(1.0, |ratio, _| ratio * factor)
}

fn samples_in(ms: u32) -> u32 {
    ms * (SAMPLE_RATE_HZ / 1_000)
}

fn turns(hz: f64, sample: u32) -> f64 {
    hz * f64::from(sample) / f64::from(SAMPLE_RATE_HZ)
}

/// A rise and fall of 5 ms, so that nothing clicks.
fn edge(sample: u32, length: u32) -> f64 {
    let from_end = sample.min(length.saturating_sub(1).saturating_sub(sample));
    (f64::from(from_end) / 40.0).min(1.0)
}

fn quantise(value: f64) -> i16 {
    value.round().clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16
}

/// The sine of `turns` whole turns.
///
/// By its power series about the nearest zero, good to one part in ten million: the C library's
/// differs from machine to machine in the last bit.
pub fn sine(turns: f64) -> f64 {
    let half_turns = 2.0 * (turns - turns.floor());
    let (fraction, sign) = if half_turns < 1.0 { (half_turns, 1.0) } else { (half_turns - 1.0, -1.0) };
    let x = std::f64::consts::PI * if fraction > 0.5 { 1.0 - fraction } else { fraction };
    let square = x * x;
    let series = 1.0
        - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0 * (1.0 - square / 72.0 * (1.0 - square / 110.0))));
    sign * x * series
}
