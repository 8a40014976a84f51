//! RTP and G.711 by tables.

use proptest::prelude::*;
use strowger::call::media_types::Codec;
use strowger::media::g711::{codec_of, decode, encode, payload_type, silence, transcode};
use strowger::media::rtp::{self, Header};

const CODECS: [Codec; 2] = [Codec::Pcmu, Codec::Pcma];

#[test]
fn headers_by_hand() {
    let fixed = |flags: u8| [&[flags, 0x80, 0x12, 0x34, 0, 0, 0, 1, 0xde, 0xad, 0xbe, 0xef][..]].concat();
    // First octet, what follows the header, and the payload or nothing.
    type Row = (&'static str, u8, &'static [u8], Option<&'static [u8]>);
    let rows: [Row; 14] = [
        ("plain", 0x80, &[1, 2, 3], Some(&[1, 2, 3])),
        ("no payload", 0x80, &[], Some(&[])),
        ("version 1", 0x40, &[1, 2, 3], None),
        ("version 0, as STUN", 0x00, &[1, 2, 3], None),
        ("two sources", 0x82, &[0, 0, 0, 1, 0, 0, 0, 2, 9], Some(&[9])),
        ("fifteen sources, one there", 0x8f, &[0, 0, 0, 1], None),
        ("padding", 0xa0, &[7, 8, 0, 2], Some(&[7, 8])),
        ("padding all of it", 0xa0, &[0, 0, 3], Some(&[])),
        ("padding of zero", 0xa0, &[7, 0], None),
        ("padding beyond the packet", 0xa0, &[7, 200], None),
        ("padding, and nothing there", 0xa0, &[], None),
        ("extension", 0x90, &[0xbe, 0xde, 0, 1, 1, 1, 1, 1, 5], Some(&[5])),
        ("extension beyond the packet", 0x90, &[0xbe, 0xde, 0xff, 0xff, 5], None),
        ("all of them", 0xb1, &[0, 0, 0, 1, 0, 0, 0, 0, 5, 6, 1], Some(&[5, 6])),
    ];
    for (what, flags, rest, payload) in rows {
        let packet = [fixed(flags), rest.to_vec()].concat();
        assert_eq!(rtp::parse(&packet).map(|p| p.payload), payload, "{what}");
    }
    let header = rtp::parse(&fixed(0x80)).unwrap().header;
    assert_eq!(header, Header { marker: true, payload_type: 0, sequence: 0x1234, timestamp: 1, ssrc: 0xdead_beef });
    for length in 0..12 {
        assert_eq!(rtp::parse(&fixed(0x80)[..length]), None);
    }
}

proptest! {
    #[test]
    fn a_header_reads_as_written(
        marker: bool, payload_type in 0..128_u8, sequence: u16, timestamp: u32, ssrc: u32, payload: Vec<u8>,
    ) {
        let header = Header { marker, payload_type, sequence, timestamp, ssrc };
        let packet = [header.to_bytes().as_slice(), &payload].concat();
        prop_assert_eq!(rtp::parse(&packet), Some(rtp::Packet { header, payload: &payload }));
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
        if let Some(packet) = rtp::parse(&bytes) {
            prop_assert!(packet.payload.len() + 12 <= bytes.len());
        }
    }
}

#[test]
fn g711_at_known_points() {
    // Law, octet on the line, and the value of G.711's tables 1a to 2b, shifted to 16 bits.
    let rows = [
        (Codec::Pcmu, 0xff, 0),
        (Codec::Pcmu, 0x7f, 0),
        (Codec::Pcmu, 0xfe, 2 << 2),
        (Codec::Pcmu, 0xf0, 30 << 2),
        (Codec::Pcmu, 0xef, 33 << 2),
        (Codec::Pcmu, 0x80, 8_031 << 2),
        (Codec::Pcmu, 0x00, -(8_031 << 2)),
        (Codec::Pcma, 0xd5, 1 << 3),
        (Codec::Pcma, 0x55, -(1 << 3)),
        (Codec::Pcma, 0xd4, 3 << 3),
        (Codec::Pcma, 0xc5, 33 << 3),
        (Codec::Pcma, 0xaa, 4_032 << 3),
        (Codec::Pcma, 0x2a, -(4_032 << 3)),
    ];
    for (codec, octet, value) in rows {
        assert_eq!(decode(codec, octet), value, "{codec:?} {octet:#04x}");
        assert_eq!(decode(codec, encode(codec, value)), value, "{codec:?} {value}");
    }
}

#[test]
fn g711_is_within_half_a_step_and_in_order() {
    for codec in CODECS {
        let mut before = i32::from(i16::MIN);
        for sample in i16::MIN..=i16::MAX {
            let octet = encode(codec, sample);
            let chosen = i32::from(decode(codec, octet));
            let segment = match codec {
                Codec::Pcmu => (!octet >> 4) & 7,
                Codec::Pcma => ((octet ^ 0x55) >> 4) & 7,
            };
            // Half of a segment's step, in 16 bits: 4 and doubling; 8, 8 and doubling.
            let half_step = match codec {
                Codec::Pcmu => 4 << segment,
                Codec::Pcma => 8 << segment.saturating_sub(1),
            };
            // Mu-law has no step beyond 8,159 in 14 bits: what is louder is clipped.
            let clipped = sample.unsigned_abs() > 8_159 << 2;
            let distance = (chosen - i32::from(sample)).abs();
            assert!(distance <= half_step || clipped, "{codec:?} {sample} became {chosen}");
            assert!(chosen >= before, "{codec:?} {sample}");
            before = chosen;
        }
        let back = |octet: &u8| encode(codec, decode(codec, *octet)) == *octet;
        let same = (0..=255).filter(back).count();
        // Mu-law has two zeros, and they are one number.
        assert_eq!(same, if codec == Codec::Pcmu { 255 } else { 256 });
        assert_eq!(codec_of(payload_type(codec)), Some(codec));
        assert!(decode(codec, silence(codec)).abs() <= 8);
    }
}

#[test]
fn recoding_stays_within_a_step() {
    for (from, to) in [(Codec::Pcmu, Codec::Pcma), (Codec::Pcma, Codec::Pcmu)] {
        for octet in 0..=255 {
            let mut recoded = [octet];
            transcode(from, to, &mut recoded);
            let (before, after) = (i32::from(decode(from, octet)), i32::from(decode(to, recoded[0])));
            assert!((before - after).abs() <= 8 + before.abs() / 32, "{from:?} {octet}: {before} became {after}");
        }
        let mut same = [0, 100, 255];
        transcode(from, from, &mut same);
        assert_eq!(same, [0, 100, 255]);
    }
}
