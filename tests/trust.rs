//! Trust in the linter: it is held to an oracle that walks every path, to the executor itself, to
//! defects planted in flows that are right, and to changes that change nothing.
//!
//! All is seeded and bounded. `STROWGER_TRUST_N` is the effort: 1 in the suite, 20 for every graph
//! of six steps, 100 for a million steps of the executor (`tests/run trust 100`). `STROWGER_TRUST_SEED` is
//! other chance than the suite's.

#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and what was counted is shown by `--nocapture`"
)]

mod alphabet;
mod author;
mod calls;
mod defects;
mod execute;
mod family;
mod inject;
mod morph;
mod oracle;
mod plants;
mod sites;
mod tree;
mod walk;

/// How many times the usual work is done.
fn effort() -> usize {
    number("STROWGER_TRUST_N").unwrap_or(1).max(1) as usize
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// The seeded dice (xorshift64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let seed = seed + 1_000 * number("STROWGER_TRUST_SEED").unwrap_or(0);
        Self(0x9e37_79b9_7f4a_7c15 ^ seed.wrapping_mul(0xbf58_476d_1ce4_e5b9).max(1))
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % bound.max(1)
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}
