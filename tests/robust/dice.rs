//! The seeded dice, and what it does to the bytes of samples.

use std::path::Path;

pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(0x2545_f491_4f6c_dd1d ^ seed)
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound.max(1)
    }

    /// A sample with some of it flipped, cut, repeated, or taken from another; `words` are what matters
    /// to the reader, so that the damage goes deeper than its first line.
    pub fn spoil(&mut self, sample: &[u8], other: &[u8], words: &[&str]) -> Vec<u8> {
        let mut bytes = sample.to_vec();
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
