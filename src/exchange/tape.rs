//! Values as bytes and back, for the journal of a call: small numbers in a byte, ids as the difference to the last one
//! of their kind. What is written and in which order is elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::id::{LegId, RequestId};
use crate::base::time::{Micros, Mono};

/// Values of one list that are read back; a longer one is no list of ours.
const MAX_ITEMS: u64 = 4_096;

/// What the newest ids of one call were: the next ones are near them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Last {
    pub leg: u64,
    pub request: u64,
    pub timer: u64,
    /// The time of the turn.
    pub mono: u64,
}

/// Bytes that are written at the end and read from the start.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    pub bytes: Vec<u8>,
    at: usize,
    pub last: Last,
    /// Where the newest key was written, to be hidden later.
    pub key_at: Option<usize>,
    /// Something was asked for that is not there.
    pub torn: bool,
}

/// A value that can be put on a tape and taken from it.
pub trait Wire: Sized {
    fn put(&self, tape: &mut Tape);

    /// `None`: the bytes are no such value.
    fn take(tape: &mut Tape) -> Option<Self>;
}

/// A struct as its parts, one after the other.
macro_rules! fields {
    ($type:ident: $($field:ident),+ $(,)?) => {
        impl Wire for $type {
            fn put(&self, tape: &mut Tape) {
                $(self.$field.put(tape);)+
            }
            fn take(tape: &mut Tape) -> Option<Self> {
                Some($type { $($field: Wire::take(tape)?),+ })
            }
        }
    };
}

/// A kind without parts, by its place in a list that only grows.
macro_rules! kinds {
    ($type:ty: $($kind:path),+ $(,)?) => {
        impl Wire for $type {
            fn put(&self, tape: &mut Tape) {
                let kinds = [$($kind),+];
                let at = kinds.iter().position(|kind| kind == self).and_then(|at| u8::try_from(at).ok());
                tape.byte(at.unwrap_or(u8::MAX));
            }
            fn take(tape: &mut Tape) -> Option<Self> {
                [$($kind),+].get(usize::from(tape.next_byte()?)).copied()
            }
        }
    };
}

pub(crate) use {fields, kinds};

impl Tape {
    pub fn reading(bytes: Vec<u8>, last: Last) -> Self {
        Self { bytes, last, ..Self::default() }
    }

    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub fn next_byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied()?;
        self.at = self.at.saturating_add(1);
        Some(byte)
    }

    /// So many bytes as they are.
    pub fn next_bytes(&mut self, count: usize) -> Option<&[u8]> {
        let end = self.at.checked_add(count)?;
        let bytes = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    /// How much has not been read.
    pub fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow (as LEB128).
    pub fn number(&mut self, number: u64) {
        let mut rest = number;
        loop {
            let low = u8::try_from(rest & 0x7f).unwrap_or(0);
            rest >>= 7;
            if rest == 0 {
                self.byte(low);
                return;
            }
            self.byte(low | 0x80);
        }
    }

    pub fn next_number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.next_byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A number of either sign, small ones in a byte.
    pub fn signed(&mut self, number: i64) {
        self.number((number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned());
    }

    pub fn next_signed(&mut self) -> Option<i64> {
        let number = self.next_number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// A number near another one.
    pub fn near(&mut self, number: u64, last: u64) {
        self.signed(number.wrapping_sub(last).cast_signed());
    }

    pub fn next_near(&mut self, last: u64) -> Option<u64> {
        Some(last.wrapping_add(self.next_signed()?.cast_unsigned()))
    }
}

impl Wire for u8 {
    fn put(&self, tape: &mut Tape) {
        tape.byte(*self);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        tape.next_byte()
    }
}

impl Wire for u64 {
    fn put(&self, tape: &mut Tape) {
        tape.number(*self);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        tape.next_number()
    }
}

impl Wire for u32 {
    fn put(&self, tape: &mut Tape) {
        tape.number(u64::from(*self));
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        u32::try_from(tape.next_number()?).ok()
    }
}

impl Wire for u16 {
    fn put(&self, tape: &mut Tape) {
        tape.number(u64::from(*self));
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        u16::try_from(tape.next_number()?).ok()
    }
}

impl Wire for i64 {
    fn put(&self, tape: &mut Tape) {
        tape.signed(*self);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        tape.next_signed()
    }
}

impl Wire for usize {
    fn put(&self, tape: &mut Tape) {
        tape.number(u64::try_from(*self).unwrap_or(u64::MAX));
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        usize::try_from(tape.next_number()?).ok()
    }
}

/// Ids by chance are as long as they are.
impl Wire for u128 {
    fn put(&self, tape: &mut Tape) {
        tape.bytes.extend_from_slice(&self.to_le_bytes());
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(u128::from_le_bytes(tape.next_bytes(16)?.try_into().ok()?))
    }
}

impl Wire for bool {
    fn put(&self, tape: &mut Tape) {
        tape.byte(u8::from(*self));
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        match tape.next_byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Wire for Arc<str> {
    fn put(&self, tape: &mut Tape) {
        self.len().put(tape);
        tape.bytes.extend_from_slice(self.as_bytes());
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        let length = usize::take(tape)?;
        Some(Arc::from(std::str::from_utf8(tape.next_bytes(length)?).ok()?))
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, tape: &mut Tape) {
        self.is_some().put(tape);
        if let Some(value) = self {
            value.put(tape);
        }
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(if bool::take(tape)? { Some(T::take(tape)?) } else { None })
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, tape: &mut Tape) {
        self.len().put(tape);
        for item in self {
            item.put(tape);
        }
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        let count = tape.next_number().filter(|count| *count <= MAX_ITEMS)?;
        (0..count).map(|_| T::take(tape)).collect()
    }
}

impl<T: Wire> Wire for BTreeMap<Arc<str>, T> {
    fn put(&self, tape: &mut Tape) {
        self.len().put(tape);
        for (name, value) in self {
            name.put(tape);
            value.put(tape);
        }
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(Vec::take(tape)?.into_iter().collect())
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn put(&self, tape: &mut Tape) {
        self.0.put(tape);
        self.1.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some((A::take(tape)?, B::take(tape)?))
    }
}

impl Wire for Micros {
    fn put(&self, tape: &mut Tape) {
        self.0.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        u64::take(tape).map(Micros)
    }
}

/// As the distance to the turn's time.
impl Wire for Mono {
    fn put(&self, tape: &mut Tape) {
        tape.near(self.0, tape.last.mono);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        tape.next_near(tape.last.mono).map(Mono)
    }
}

impl Wire for LegId {
    fn put(&self, tape: &mut Tape) {
        tape.near(self.0, tape.last.leg);
        tape.last.leg = self.0;
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        tape.last.leg = tape.next_near(tape.last.leg)?;
        Some(LegId(tape.last.leg))
    }
}

impl Wire for RequestId {
    fn put(&self, tape: &mut Tape) {
        tape.near(self.0, tape.last.request);
        tape.last.request = self.0;
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        tape.last.request = tape.next_near(tape.last.request)?;
        Some(RequestId(tape.last.request))
    }
}
