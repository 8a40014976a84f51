//! Tones: made, coded as G.711 µ-law, and found again with a Goertzel filter. The codec is written
//! here a second time on purpose: the server's own would hide the server's mistakes.

use std::path::Path;

/// Samples a second everywhere in these tests.
pub const RATE: u32 = 8_000;
const AMPLITUDE: f64 = 8_000.0;

/// Every prompt of the test site, and the tone by which it is known. No two are harmonics.
pub const PROMPTS: [(&str, f64); 9] = [
    ("welcome", 500.0),
    ("busy", 620.0),
    ("no_answer", 740.0),
    ("declined", 860.0),
    ("invalid", 980.0),
    ("denied", 1_100.0),
    ("failed", 1_220.0),
    ("silent", 1_340.0),
    ("five", 1_460.0),
];
/// What a test's caller and its target say.
pub const CALLER_HZ: f64 = 1_700.0;
pub const TARGET_HZ: f64 = 2_100.0;

pub fn prompt_hz(name: &str) -> f64 {
    PROMPTS.iter().find(|(prompt, _)| *prompt == name).expect("a prompt of the test site").1
}

/// The sample of a sine at `index`.
pub fn sample(hz: f64, index: u64) -> i16 {
    let phase = std::f64::consts::TAU * hz * index as f64 / f64::from(RATE);
    (phase.sin() * AMPLITUDE) as i16
}

pub fn write_wav(path: &Path, hz: f64, seconds: u32) {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for index in 0..u64::from(seconds * RATE) {
        writer.write_sample(sample(hz, index)).unwrap();
    }
    writer.finalize().unwrap();
}

pub fn read_wav(path: &Path) -> Vec<i16> {
    let mut reader = hound::WavReader::open(path).unwrap();
    assert_eq!(reader.spec().sample_rate, RATE, "{}", path.display());
    reader.samples::<i16>().map(Result::unwrap).collect()
}

/// The share of the energy of `samples` that is at `hz`: 1 is a clean tone, 0 is none of it.
pub fn share(samples: &[i16], hz: f64) -> f64 {
    let omega = std::f64::consts::TAU * hz / f64::from(RATE);
    let coefficient = 2.0 * omega.cos();
    let (mut s1, mut s2, mut energy) = (0.0, 0.0, 0.0);
    for sample in samples {
        let x = f64::from(*sample);
        energy += x * x;
        (s1, s2) = (x + coefficient * s1 - s2, s1);
    }
    let power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
    if energy < samples.len() as f64 * 100.0 { 0.0 } else { 2.0 * power / (energy * samples.len() as f64) }
}

/// G.711 µ-law (ITU-T G.711, table 2a).
pub fn to_ulaw(sample: i16) -> u8 {
    const BIAS: i32 = 0x84;
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = i32::from(sample).abs().min(32_635) + BIAS;
    let exponent = (7..15).rev().find(|bit| (magnitude >> bit) & 1 == 1).unwrap_or(7) - 7;
    let mantissa = (magnitude >> (exponent + 3)) & 0x0f;
    !(sign | (exponent << 4) | mantissa) as u8
}

pub fn from_ulaw(byte: u8) -> i16 {
    let byte = !byte;
    let (exponent, mantissa) = (i32::from((byte >> 4) & 7), i32::from(byte & 0x0f));
    let magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84;
    (if byte & 0x80 == 0 { magnitude } else { -magnitude }) as i16
}

#[test]
fn a_tone_survives_the_codec_and_is_told_from_others() {
    let coded: Vec<i16> = (0..800).map(|i| from_ulaw(to_ulaw(sample(700.0, i)))).collect();
    assert!(share(&coded, 700.0) > 0.99, "{}", share(&coded, 700.0));
    assert!(share(&coded, 860.0) < 0.01, "{}", share(&coded, 860.0));
    assert!(share(&[0; 800], 700.0) == 0.0);
}
