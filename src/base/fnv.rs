//! A number for a text, the same on every machine and in every version: FNV-1a, 64 bits. It tells
//! things apart and grants nothing: two texts of one number are not hard to find.

/// A digest of all that was added to it, in order.
#[derive(Clone, Copy, Debug)]
pub struct Fnv(u64);

impl Fnv {
    pub const fn new() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    /// The digest with more behind it.
    #[must_use]
    pub fn and(self, bytes: &[u8]) -> Self {
        Fnv(bytes.iter().fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)))
    }

    pub fn value(self) -> u64 {
        self.0
    }
}

impl Default for Fnv {
    fn default() -> Self {
        Self::new()
    }
}
