//! The seeded dice, what it does to samples, and the loop that is bounded by time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use super::tokens::shuffle;

/// The usual length of a loop: the whole hermetic suite has 20 seconds.
const USUAL: Duration = Duration::from_millis(400);
/// A single sample that takes longer is a hang, even in the dev profile on a busy machine; a long
/// run gives way to others, and waits for them.
const HANG: Duration = Duration::from_secs(2);

pub struct Dice(u64);

impl Dice {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound.max(1)
    }

    /// One of the samples with some of it flipped, cut, repeated, or taken from another; `words` are what matters
    /// to the reader, so that the damage goes deeper than its first line.
    pub fn spoil(&mut self, samples: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
        let mut bytes = samples[self.below(samples.len())].clone();
        for _ in 0..=self.below(6) {
            let at = self.below(bytes.len() + 1);
            let end = bytes.len().min(at + 1 + self.below(60));
            match self.below(9) {
                0 if at < end => bytes[at] ^= 1 << self.below(8),
                1 => bytes.insert(at, self.below(256) as u8),
                2 => drop(bytes.drain(at..end)),
                3 => bytes.truncate(at),
                4 => {
                    let piece = bytes[at..end].repeat(1 + self.below(20));
                    bytes.splice(at..at, piece);
                }
                5 => {
                    let other = &samples[self.below(samples.len())];
                    let from = self.below(other.len());
                    let to = other.len().min(from + self.below(400));
                    bytes.splice(at..at, other[from..to].iter().copied());
                }
                6 => {
                    let word = words[self.below(words.len())].as_bytes();
                    bytes.splice(at..end, word.iter().copied());
                }
                _ => {
                    let word = words[self.below(words.len())].as_bytes();
                    bytes.splice(at..at, word.iter().copied());
                }
            }
        }
        bytes
    }
}

/// Feeds `read` with spoilt samples until the time is over. A panic or a hang shows the sample.
pub fn shake(samples: &[Vec<u8>], words: &[&str], mut read: impl FnMut(&[u8])) {
    assert!(!samples.is_empty());
    let given = std::env::var("STROWGER_FUZZ_SECS").ok().and_then(|text| text.parse().ok()).map(Duration::from_secs);
    // A longer run is another run.
    let mut dice = Dice(0x2545_f491_4f6c_dd1d ^ given.map_or(0, |time| time.as_secs() << 20));
    let (began, mut tries, mut slowest) = (Instant::now(), 0_u64, Duration::ZERO);
    while began.elapsed() < given.unwrap_or(USUAL) {
        let bytes = if tries % 2 == 0 { dice.spoil(samples, words) } else { shuffle(samples, &mut dice) };
        let at = Instant::now();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| read(&bytes))) {
            eprintln!("try {tries}, spoilt sample:\n{}", String::from_utf8_lossy(&bytes).escape_debug());
            std::panic::resume_unwind(panic);
        }
        slowest = slowest.max(at.elapsed());
        let hang = if given.is_some() { HANG * 10 } else { HANG };
        assert!(at.elapsed() < hang, "{:?} for:\n{}", at.elapsed(), String::from_utf8_lossy(&bytes).escape_debug());
        tries += 1;
    }
    if given.is_some() {
        eprintln!("{tries} tries, the slowest took {slowest:?}");
    }
}

/// The files of a folder, and of those in it, with names that end so.
pub fn files(folder: &str, end: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), end, &mut found);
    found.sort();
    assert!(!found.is_empty(), "{folder}/**{end}");
    found.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn walk(folder: &Path, end: &str, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, end, found);
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
}
