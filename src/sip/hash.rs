//! Keyed hashes and unguessable tokens, both from the seed the shell gives at start.
//! Not the digest of passwords: that is in `auth`.

use std::hash::Hasher;

/// Hashes what peers send into table keys. Keyed, so that a peer cannot aim at another call's entry.
#[derive(Clone, Copy)]
pub struct KeyedHash {
    k0: u64,
    k1: u64,
}

impl KeyedHash {
    pub fn new(k0: u64, k1: u64) -> Self {
        Self { k0, k1 }
    }

    /// A hash of the parts and of where each ends.
    pub fn of(&self, parts: &[&str]) -> u64 {
        // Deprecated in favour of a hasher without keys of our own; the algorithm (SipHash-2-4) is what we want.
        #[expect(deprecated, reason = "the standard library's only keyed hash, and it is SipHash-2-4")]
        let mut hasher = std::hash::SipHasher::new_with_keys(self.k0, self.k1);
        for part in parts {
            hasher.write(part.as_bytes());
            hasher.write_u8(0xff);
        }
        hasher.finish()
    }
}

/// Makes tags, branches, Call-IDs and nonces that nobody outside can guess (RFC 3261 §19.3).
pub struct Tokens {
    key: KeyedHash,
    counter: u64,
}

impl Tokens {
    pub fn new(k0: u64, k1: u64) -> Self {
        Self { key: KeyedHash::new(k0, k1), counter: 0 }
    }

    pub fn next_u64(&mut self) -> u64 {
        self.counter = self.counter.wrapping_add(1);
        self.key.of(&[&self.counter.to_string()])
    }

    /// Sixteen hex digits.
    pub fn tag(&mut self) -> Box<str> {
        format!("{:016x}", self.next_u64()).into()
    }

    /// A branch with the magic cookie of RFC 3261 §8.1.1.7.
    pub fn branch(&mut self) -> String {
        format!("{}{:016x}", super::wire::fields::MAGIC_COOKIE, self.next_u64())
    }

    /// An even draw below `bound`, for the random waits of RFC 3261 §14.1.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next_u64().checked_rem(bound).unwrap_or(0)
    }
}

/// Splits the seed into four keys.
pub fn keys(seed: &[u8; 32]) -> [u64; 4] {
    let mut keys = [0u64; 4];
    for (key, chunk) in keys.iter_mut().zip(seed.chunks_exact(8)) {
        *key = chunk.iter().fold(0, |acc, byte| (acc << 8) | u64::from(*byte));
    }
    keys
}
