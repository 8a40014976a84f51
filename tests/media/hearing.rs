//! What an ear can tell: how loud a tone is in some samples, and how much of them is something else.

use strowger::media::tone::sine;

/// Samples of a tone.
pub fn tone(hz: f64, amplitude: f64, samples: usize, from: usize) -> Vec<i16> {
    (from..from + samples).map(|i| (amplitude * sine(hz * i as f64 / 8_000.0)).round() as i16).collect()
}

/// The amplitude of `hz` in samples of 8 kHz (Goertzel's filter).
pub fn loudness(samples: &[i16], hz: f64) -> f64 {
    let turn = std::f64::consts::TAU * hz / 8_000.0;
    let (mut before, mut last) = (0.0, 0.0);
    for sample in samples {
        let next = f64::from(*sample) + 2.0 * turn.cos() * last - before;
        (before, last) = (last, next);
    }
    let power = last * last + before * before - 2.0 * turn.cos() * last * before;
    2.0 * power.max(0.0).sqrt() / samples.len() as f64
}

/// The share of the power of `samples` that is not the tone: zero is pure.
pub fn distortion(samples: &[i16], hz: f64) -> f64 {
    let power: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64;
    let tone = loudness(samples, hz).powi(2) / 2.0;
    (1.0 - tone / power).max(0.0)
}

#[test]
fn the_ear_tells_tones_apart() {
    let heard = tone(500.0, 8_000.0, 1_600, 0);
    assert!((loudness(&heard, 500.0) - 8_000.0).abs() < 10.0);
    assert!(loudness(&heard, 700.0) < 10.0);
    assert!(distortion(&heard, 500.0) < 1e-4);
    assert!(distortion(&heard, 700.0) > 0.9);
}
