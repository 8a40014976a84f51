//! G.711: mu-law and A-law (ITU-T G.711, tables 1a to 2b), to and from 16-bit linear samples.
//!
//! The tables are worked out by the compiler from the definition: segments that double in step,
//! sixteen steps each. Linear values are left-aligned in 16 bits (14 bits mu-law, 13 bits A-law).

use crate::call::media_types::Codec;

/// The octet of silence, to fill a frame.
pub const fn silence(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => 0xff,
        Codec::Pcma => 0xd5,
    }
}

/// RFC 3551 §6, table 4.
pub const fn payload_type(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => 0,
        Codec::Pcma => 8,
    }
}

/// The codec of a static payload type.
pub const fn codec_of(payload_type: u8) -> Option<Codec> {
    match payload_type {
        0 => Some(Codec::Pcmu),
        8 => Some(Codec::Pcma),
        _ => None,
    }
}

pub fn decode(codec: Codec, octet: u8) -> i16 {
    let table = match codec {
        Codec::Pcmu => &MU_LINEAR,
        Codec::Pcma => &A_LINEAR,
    };
    table.get(usize::from(octet)).copied().unwrap_or(0)
}

pub fn encode(codec: Codec, sample: i16) -> u8 {
    match codec {
        Codec::Pcmu => mu_encode(sample),
        Codec::Pcma => a_encode(sample),
    }
}

/// Recodes octets in place from one law to the other; the same law is left alone.
///
/// By way of the linear value. G.711 §4 allows it; octets that went mu, A, mu come back at most
/// one step away, as its tables 3 and 4 do.
pub fn transcode(from: Codec, to: Codec, octets: &mut [u8]) {
    let table = match (from, to) {
        (Codec::Pcmu, Codec::Pcma) => &MU_TO_A,
        (Codec::Pcma, Codec::Pcmu) => &A_TO_MU,
        _ => return,
    };
    for octet in octets {
        *octet = table.get(usize::from(*octet)).copied().unwrap_or(0);
    }
}

/// The bias that makes every mu-law segment start at a power of two: 33 in 14 bits, here in 16.
const MU_BIAS: i32 = 33 << 2;
/// The largest magnitude before the bias would overflow the last segment.
const MU_CLIP: i32 = 32_635;

const fn mu_decode(octet: u8) -> i16 {
    let plain = !octet;
    let segment = (plain >> 4) & 7;
    let step = (plain & 15) as i32;
    let magnitude = (((step << 3) + MU_BIAS) << segment) - MU_BIAS;
    if plain & 0x80 != 0 { -magnitude as i16 } else { magnitude as i16 }
}

const fn mu_encode(sample: i16) -> u8 {
    let wide = sample as i32;
    let (sign, magnitude) = if wide < 0 { (0x80, -wide) } else { (0, wide) };
    let clipped = if magnitude > MU_CLIP { MU_CLIP } else { magnitude };
    let biased = clipped + MU_BIAS;
    // The segment is where the highest bit stands: bit 7 is segment 0.
    let segment = 24 - biased.leading_zeros() as i32;
    let step = (biased >> (segment + 3)) & 15;
    !(sign | (segment << 4) as u8 | step as u8)
}

const fn a_decode(octet: u8) -> i16 {
    // Even bits are inverted on the line (G.711 table 1a, note 2).
    let plain = octet ^ 0x55;
    let segment = ((plain >> 4) & 7) as i32;
    let step = ((plain & 15) as i32) << 4;
    let magnitude = if segment == 0 { step + 8 } else { (step + 0x108) << (segment - 1) };
    if plain & 0x80 != 0 { magnitude as i16 } else { -magnitude as i16 }
}

const fn a_encode(sample: i16) -> u8 {
    let wide = sample as i32;
    // One's complement, so that -1 and 0 fall on either side of the middle.
    let (sign, magnitude) = if wide < 0 { (0, !wide) } else { (0x80, wide) };
    let segment = if magnitude < 256 { 0 } else { 24 - magnitude.leading_zeros() as i32 };
    let shift = if segment == 0 { 4 } else { segment + 3 };
    let step = (magnitude >> shift) & 15;
    (sign | (segment << 4) as u8 | step as u8) ^ 0x55
}

/// All 256 values of an expression in `$octet`, worked out by the compiler.
macro_rules! table {
    ($of:ty, $octet:ident, $value:expr) => {{
        let mut table: [$of; 256] = [0; 256];
        let mut $octet: u8 = 0;
        loop {
            #[expect(clippy::indexing_slicing, reason = "an octet cannot leave a table of 256")]
            {
                table[$octet as usize] = $value;
            }
            if $octet == 255 {
                break table;
            }
            $octet += 1;
        }
    }};
}

static MU_LINEAR: [i16; 256] = table!(i16, octet, mu_decode(octet));
static A_LINEAR: [i16; 256] = table!(i16, octet, a_decode(octet));
static MU_TO_A: [u8; 256] = table!(u8, octet, a_encode(mu_decode(octet)));
static A_TO_MU: [u8; 256] = table!(u8, octet, mu_encode(a_decode(octet)));
