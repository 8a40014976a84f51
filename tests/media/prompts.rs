//! Prompt files: every shape of WAV that people have, and words for those that cannot be taken.

use std::io::Cursor;

use hound::{SampleFormat, WavSpec, WavWriter};
use proptest::prelude::*;
use strowger::call::media_types::Codec;
use strowger::media::{g711, wav};

use super::hearing::{self, distortion, loudness};

const HZ: f64 = 440.0;

/// Half a second of a tone at half scale, the second channel silent unless it is the only one.
fn file(rate: u32, channels: u16, bits: u16, format: SampleFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let spec = WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format: format };
    let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
    for i in 0..rate / 2 {
        let value = 0.5 * strowger::media::tone::sine(HZ * f64::from(i) / f64::from(rate));
        for channel in 0..channels {
            let value = if channel == 1 { 0.0 } else { value };
            match format {
                SampleFormat::Float => writer.write_sample(value as f32).unwrap(),
                SampleFormat::Int => writer.write_sample((value * f64::from(1_u32 << (bits - 1))) as i32).unwrap(),
            }
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

#[test]
fn every_shape_becomes_the_same_tone() {
    let shapes = [
        (8, SampleFormat::Int),
        (16, SampleFormat::Int),
        (24, SampleFormat::Int),
        (32, SampleFormat::Int),
        (32, SampleFormat::Float),
    ];
    for rate in [8_000, 11_025, 16_000, 22_050, 44_100, 47_999, 48_000] {
        for (bits, format) in shapes {
            for channels in [1, 2] {
                // All shapes at one rate, one shape at all rates: the rest are the same code.
                if rate != 16_000 && bits != 16 {
                    continue;
                }
                let what = format!("{rate} Hz, {channels} channels, {bits} bits {format:?}");
                let samples = wav::decode(&file(rate, channels, bits, format)).expect(&what);
                assert!((3_995..=4_005).contains(&samples.len()), "{what}: {} samples", samples.len());
                let middle = &samples[400..3_600];
                let expected = 16_384.0 / f64::from(channels);
                assert!((loudness(middle, HZ) / expected - 1.0).abs() < 0.02, "{what}: {}", loudness(middle, HZ));
                let bound = if bits == 8 { 0.001 } else { 1e-4 };
                assert!(distortion(middle, HZ) < bound, "{what}: {}", distortion(middle, HZ));
            }
        }
    }
}

#[test]
fn eight_kilohertz_pass_unchanged_and_nothing_folds_back() {
    let mut bytes = Cursor::new(Vec::new());
    let spec = WavSpec { channels: 1, sample_rate: 8_000, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
    let samples = hearing::tone(1_234.0, 32_767.0, 500, 3);
    samples.iter().for_each(|s| writer.write_sample(*s).unwrap());
    writer.finalize().unwrap();
    assert_eq!(wav::decode(&bytes.into_inner()).unwrap(), samples);
    // 6 kHz cannot be heard at 8 kHz; folded back it would be 2 kHz.
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, WavSpec { sample_rate: 16_000, ..spec }).unwrap();
    (0..16_000).for_each(|i| {
        writer.write_sample((16_000.0 * strowger::media::tone::sine(0.375 * f64::from(i))) as i16).unwrap()
    });
    writer.finalize().unwrap();
    let heard = wav::decode(&bytes.into_inner()).unwrap();
    assert!(loudness(&heard[800..7_200], 2_000.0) < 16.0);
}

/// A WAV of any format tag around any data.
fn raw(tag: u16, channels: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    let mut format = Vec::new();
    format.extend(tag.to_le_bytes());
    format.extend(channels.to_le_bytes());
    format.extend(rate.to_le_bytes());
    format.extend((rate * u32::from(channels) * u32::from(bits / 8)).to_le_bytes());
    format.extend((channels * (bits / 8)).to_le_bytes());
    format.extend(bits.to_le_bytes());
    format.extend([0, 0]);
    let chunk = |name: &[u8; 4], body: &[u8]| [name.as_slice(), &(body.len() as u32).to_le_bytes(), body].concat();
    let body = [b"WAVE".to_vec(), chunk(b"fmt ", &format), chunk(b"fact", &[0; 4]), chunk(b"data", data)].concat();
    chunk(b"RIFF", &body)
}

#[test]
fn g711_files_are_read() {
    let samples = hearing::tone(HZ, 9_000.0, 800, 0);
    for (tag, law) in [(6, Codec::Pcma), (7, Codec::Pcmu)] {
        let octets: Vec<u8> = samples.iter().map(|s| g711::encode(law, *s)).collect();
        let expected: Vec<i16> = octets.iter().map(|o| g711::decode(law, *o)).collect();
        assert_eq!(wav::decode(&raw(tag, 1, 8_000, 8, &octets)).unwrap(), expected);
    }
}

#[test]
fn what_cannot_be_taken_is_said_in_words() {
    let good = file(8_000, 1, 16, SampleFormat::Int);
    let minutes = vec![0; 8_000 * 601];
    let rows: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", vec![], "the file is empty: record it again"),
        ("no audio", raw(1, 1, 8_000, 16, &[]), "the file holds no audio: record it again"),
        (
            "MP3",
            b"ID3\x04 something".to_vec(),
            "this is not a WAV file (no RIFF tag found): convert it to WAV, 16-bit PCM",
        ),
        (
            "cut off",
            good[..good.len() / 2].to_vec(),
            "the file ends in the middle of its audio: copy or export it again",
        ),
        ("cut in its header", good[..30].to_vec(), "the file ends in the middle of its audio: copy or export it again"),
        (
            "192 kHz",
            raw(1, 1, 192_000, 16, &[0; 8]),
            "the sample rate is 192000 Hz, and prompts are of 8000 to 48000 Hz: export the file at 8000 or 16000 Hz",
        ),
        (
            "5.1",
            raw(1, 6, 48_000, 16, &[0; 24]),
            "the file has 6 channels, and prompts have one or two: export it as mono",
        ),
        (
            "an hour",
            raw(1, 1, 8_000, 8, &minutes),
            "the recording lasts 601 s, and prompts last 600 s at most: shorten it, or loop a part of it",
        ),
        ("GSM", raw(0x31, 1, 8_000, 16, &[0; 64]), "the audio is compressed (WAV format 49): export it as 16-bit PCM"),
        (
            "MP3 in WAV",
            raw(0x55, 1, 8_000, 16, &[0; 64]),
            "the audio is compressed (WAV format 85): export it as 16-bit PCM",
        ),
        (
            "not numbers",
            raw(3, 1, 8_000, 32, &f32::NAN.to_le_bytes()),
            "the file holds samples that are not numbers: export it again as 16-bit PCM",
        ),
    ];
    for (what, bytes, message) in rows {
        let error = wav::decode(&bytes).expect_err(what);
        assert_eq!(error.to_string(), message, "{what}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(mut at in 0..60_usize, value: u8, cut in 0..200_usize) {
        let mut bytes = raw(7, 1, 8_000, 8, &[1; 100]);
        for tag in [1, 7] {
            bytes[20] = tag;
            at = at.min(bytes.len() - 1);
            bytes[at] = value;
            bytes.truncate(cut.max(61));
            let _ = wav::decode(&bytes);
        }
    }
}
