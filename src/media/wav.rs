//! Prompt files: WAV bytes to 8 kHz mono samples. Opens no file.
//!
//! Linear PCM of 8, 16, 24 or 32 bits, 32-bit float, and G.711 of either law; one or two
//! channels; 8 to 48 kHz.

use std::fmt;
use std::io::Cursor;

use rubato::audioadapter_buffers::owned::InterleavedOwned;
use rubato::{Fft, FixedSync, Resampler};

use super::g711;
use crate::call::audio::SAMPLE_RATE_HZ;
use crate::call::media_types::Codec;

/// The longest prompt: ten minutes. Longer is a wrong file, and it would be kept in memory whole.
pub const MAX_LENGTH_S: u32 = 600;
/// Sample rates that are taken: below there is no speech left, above nobody records prompts.
const MIN_RATE_HZ: u32 = SAMPLE_RATE_HZ;
const MAX_RATE_HZ: u32 = 48_000;
const MAX_CHANNELS: u16 = 2;
/// Frames the resampler takes at a time: short enough to be light, long enough for a sharp filter.
const RESAMPLER_CHUNK: usize = 1_024;

/// Why a file cannot be a prompt, in words for the person who recorded it; names no path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WavError {
    message: String,
}

impl WavError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for WavError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WavError {}

/// The samples of a WAV file at 8 kHz, both channels mixed into one.
///
/// # Errors
///
/// What about the file is not as this module's first lines say, and what to do about it.
pub fn decode(bytes: &[u8]) -> Result<Vec<i16>, WavError> {
    if bytes.is_empty() {
        return Err(WavError::new("the file is empty: record it again"));
    }
    let recording = match g711_law(bytes) {
        Some(law) => read_g711(bytes, law)?,
        None => read_pcm(bytes)?,
    };
    let mono = recording.mono();
    if mono.is_empty() {
        return Err(WavError::new("the file holds no audio: record it again"));
    }
    let resampled = if recording.rate_hz == SAMPLE_RATE_HZ { mono } else { resample(mono, recording.rate_hz)? };
    Ok(resampled.into_iter().map(quantise).collect())
}

/// Samples from -1 to 1, interleaved.
struct Recording {
    rate_hz: u32,
    channels: u16,
    samples: Vec<f32>,
}

impl Recording {
    fn mono(&self) -> Vec<f32> {
        let channels = usize::from(self.channels.max(1));
        self.samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect()
    }
}

fn read_pcm(bytes: &[u8]) -> Result<Recording, WavError> {
    let reader = hound::WavReader::new(Cursor::new(bytes)).map_err(|error| not_readable(bytes, &error))?;
    let spec = reader.spec();
    check_shape(spec.sample_rate, spec.channels, u64::from(reader.duration()))?;
    let samples: Result<Vec<f32>, hound::Error> = match spec.sample_format {
        hound::SampleFormat::Float => reader.into_samples::<f32>().collect(),
        hound::SampleFormat::Int => {
            let full = 2_f32.powi(i32::from(spec.bits_per_sample) - 1);
            reader.into_samples::<i32>().map(|sample| sample.map(|s| s as f32 / full)).collect()
        }
    };
    let samples = samples.map_err(|error| not_readable(bytes, &error))?;
    if samples.iter().any(|sample| !sample.is_finite()) {
        return Err(WavError::new("the file holds samples that are not numbers: export it again as 16-bit PCM"));
    }
    Ok(Recording { rate_hz: spec.sample_rate, channels: spec.channels, samples })
}

fn check_shape(rate_hz: u32, channels: u16, frames: u64) -> Result<(), WavError> {
    if !(MIN_RATE_HZ..=MAX_RATE_HZ).contains(&rate_hz) {
        let message = format!(
            "the sample rate is {rate_hz} Hz, and prompts are of {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz: \
             export the file at 8000 or 16000 Hz"
        );
        return Err(WavError::new(message));
    }
    if !(1..=MAX_CHANNELS).contains(&channels) {
        let message = format!("the file has {channels} channels, and prompts have one or two: export it as mono");
        return Err(WavError::new(message));
    }
    let seconds = frames / u64::from(rate_hz);
    if frames > u64::from(rate_hz) * u64::from(MAX_LENGTH_S) {
        let message = format!(
            "the recording lasts {seconds} s, and prompts last {MAX_LENGTH_S} s at most: shorten it, or loop a part of it"
        );
        return Err(WavError::new(message));
    }
    Ok(())
}

fn not_readable(bytes: &[u8], error: &hound::Error) -> WavError {
    WavError::new(match error {
        hound::Error::FormatError(what) if !bytes.starts_with(b"RIFF") => {
            format!("this is not a WAV file ({what}): convert it to WAV, 16-bit PCM")
        }
        hound::Error::FormatError(what) => format!("the WAV header is broken ({what}): export the file again"),
        hound::Error::IoError(_) => "the file ends in the middle of its audio: copy or export it again".to_owned(),
        hound::Error::Unsupported => match format_tag(bytes) {
            Some(tag) => format!("the audio is compressed (WAV format {tag}): export it as 16-bit PCM"),
            None => "the WAV format is not known: export the file as 16-bit PCM".to_owned(),
        },
        _ => "the samples are wider than their header says: export the file as 16-bit PCM".to_owned(),
    })
}

/// The contents of the first RIFF chunk of that name, as much of them as is there.
fn chunk<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let mut rest = bytes.get(12..)?;
    loop {
        let (id, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        if id == name {
            return after.get(..length.min(after.len()));
        }
        // Chunks are padded to an even length.
        rest = after.get(length.checked_add(length % 2)?..)?;
    }
}

fn format_tag(bytes: &[u8]) -> Option<u16> {
    let (tag, _) = chunk(bytes, b"fmt ")?.split_first_chunk::<2>()?;
    Some(u16::from_le_bytes(*tag))
}

/// The law of a G.711 WAV, which `hound` does not read: formats 6 and 7 (RFC 2361 §A.5).
fn g711_law(bytes: &[u8]) -> Option<Codec> {
    if !bytes.starts_with(b"RIFF") {
        return None;
    }
    match format_tag(bytes)? {
        6 => Some(Codec::Pcma),
        7 => Some(Codec::Pcmu),
        _ => None,
    }
}

fn read_g711(bytes: &[u8], law: Codec) -> Result<Recording, WavError> {
    let broken = || WavError::new("the WAV header is broken (G.711 without shape or audio): export the file again");
    let (shape, _) = chunk(bytes, b"fmt ").and_then(<[u8]>::split_first_chunk::<8>).ok_or_else(broken)?;
    let [_, _, c0, c1, r0, r1, r2, r3] = *shape;
    let (channels, rate_hz) = (u16::from_le_bytes([c0, c1]), u32::from_le_bytes([r0, r1, r2, r3]));
    let octets = chunk(bytes, b"data").ok_or_else(broken)?;
    check_shape(rate_hz, channels, octets.len() as u64 / u64::from(channels.max(1)))?;
    let samples = octets.iter().map(|octet| f32::from(g711::decode(law, *octet)) / 32_768.0).collect();
    Ok(Recording { rate_hz, channels, samples })
}

fn resample(samples: Vec<f32>, rate_hz: u32) -> Result<Vec<f32>, WavError> {
    let frames = samples.len();
    let resampled = || -> Option<Vec<f32>> {
        let mut resampler =
            Fft::<f32>::new(rate_hz as usize, SAMPLE_RATE_HZ as usize, RESAMPLER_CHUNK, 1, FixedSync::Input).ok()?;
        let input = InterleavedOwned::new_from(samples, 1, frames).ok()?;
        Some(resampler.process_all(&input, frames, None).ok()?.take_data())
    };
    resampled().ok_or_else(|| {
        WavError::new(format!("the sample rate {rate_hz} Hz cannot be converted: export the file at 8000 or 16000 Hz"))
    })
}

fn quantise(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16
}
