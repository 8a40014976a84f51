//! Ids of calls, parties, legs, transfers and decisions, and their seeded generator.

use std::fmt;

/// A call. Printed `s-` and 32 lowercase hex digits; the API's `callId`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u128);

/// A party of a call. Printed `p-`, the call's digits, `-n`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartyId {
    pub call: CallId,
    pub n: u32,
}

/// A transfer. Printed `t-` and 32 lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(pub u128);

/// A policy decision. Printed `d-` and 32 lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionId(pub u128);

/// One signalling and media leg. Legs that come in are numbered by the shell (odd), legs that
/// are placed by the exchange (even); a leg keeps its number through every transfer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LegId(pub u64);

/// One request of the exchange, answered by exactly one completion.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(pub u64);

/// A conference of three or more legs on the media plane; unique for the life of the exchange.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RoomId(pub u64);

/// An order of the API, answered by exactly one [`Output::Answer`] of the exchange's port.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OrderId(pub u64);

macro_rules! printed {
    ($type:ty, $prefix:literal) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "-{:032x}"), self.0)
            }
        }
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl std::str::FromStr for $type {
            type Err = InvalidId;
            fn from_str(s: &str) -> Result<Self, InvalidId> {
                let digits = s.strip_prefix(concat!($prefix, "-")).ok_or(InvalidId)?;
                let plain = digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if !plain {
                    return Err(InvalidId);
                }
                u128::from_str_radix(digits, 16).map(Self).map_err(|_| InvalidId)
            }
        }
    };
}

/// The text is not an id of the kind asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidId;

printed!(CallId, "s");
printed!(TransferId, "t");
printed!(DecisionId, "d");

impl fmt::Display for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p-{:032x}-{}", self.call.0, self.n)
    }
}

impl fmt::Debug for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Makes ids from a seed: the same seed gives the same ids in the same order.
///
/// SplitMix64 (Steele, Lea, Flood 2014). Ids name things and grant nothing, so the generator
/// need not be unpredictable; SIP tags and nonces come from the system's source in the shell.
#[derive(Clone, Debug)]
pub struct IdGen {
    state: u64,
}

impl IdGen {
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn next_u128(&mut self) -> u128 {
        (u128::from(self.next_u64()) << 64) | u128::from(self.next_u64())
    }
}
