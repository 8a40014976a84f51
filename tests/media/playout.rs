//! The jitter buffer alone: which sample of which packet is heard when.

use strowger::call::media_types::Codec;
use strowger::media::g711;
use strowger::media::playout::{CAPACITY, Concealment, DELAY, Playout};
use strowger::media::rtp::Header;

enum Step {
    /// A packet from this sample of the stream on, and how many samples.
    Push(u32, usize),
    /// A tick, and how many of its samples come from which part of the stream; `None` is silence.
    Take(&'static [(usize, Option<u32>)]),
}
use Step::{Push, Take};

/// What sample of the stream sounds how: every 20 samples another level, so that a shift shows.
fn level(sample: u32) -> i16 {
    let octet = 0x80 | (sample / 20 % 100 + 1) as u8;
    g711::decode(Codec::Pcma, octet)
}

fn octets(from: u32, count: usize) -> Vec<u8> {
    (from..from + count as u32).map(|s| g711::encode(Codec::Pcma, level(s))).collect()
}

const ROWS: &[(&str, &[Step])] = &[
    (
        "heard after the delay, to its end",
        &[
            Push(0, 160),
            Take(&[(160, None)]),
            Push(160, 160),
            Take(&[(80, None), (80, Some(0))]),
            Take(&[(160, Some(80))]),
            Take(&[(80, Some(240)), (80, None)]),
            Take(&[(160, None)]),
        ],
    ),
    (
        "twice, and the later first",
        &[
            Push(0, 160),
            Push(320, 160),
            Push(160, 160),
            Push(160, 160),
            Take(&[(160, None)]),
            Push(0, 160),
            Take(&[(80, None), (80, Some(0))]),
            Take(&[(160, Some(80))]),
            Take(&[(160, Some(240))]),
            Take(&[(80, Some(400)), (80, None)]),
        ],
    ),
    (
        "too late by a half: the other half is heard",
        &[
            Push(0, 160),
            Take(&[(160, None)]),
            Take(&[(80, None), (80, Some(0))]),
            Take(&[(80, Some(80)), (80, None)]),
            Push(160, 160),
            Take(&[(80, Some(240)), (80, None)]),
        ],
    ),
    (
        "lost: nothing moves",
        &[
            Push(0, 160),
            Take(&[(160, None)]),
            Push(320, 160),
            Take(&[(80, None), (80, Some(0))]),
            Take(&[(80, Some(80)), (80, None)]),
            Take(&[(80, None), (80, Some(320))]),
        ],
    ),
    (
        "after a silence the delay is as it was",
        &[
            Push(0, 160),
            Take(&[(160, None)]),
            Take(&[(80, None), (80, Some(0))]),
            Take(&[(80, Some(80)), (80, None)]),
            Take(&[(160, None)]),
            Take(&[(160, None)]),
            Push(80_000, 160),
            Take(&[(160, None)]),
            Take(&[(80, None), (80, Some(80_000))]),
            Take(&[(80, Some(80_080)), (80, None)]),
        ],
    ),
    (
        "after a short silence too, and it is no catching up",
        &[
            Push(0, 160),
            Take(&[(160, None)]),
            Take(&[(80, None), (80, Some(0))]),
            Take(&[(80, Some(80)), (80, None)]),
            Take(&[(160, None)]),
            Push(800, 160),
            Take(&[(160, None)]),
            Take(&[(80, None), (80, Some(800))]),
            Take(&[(80, Some(880)), (80, None)]),
        ],
    ),
    (
        "more than fits: the oldest goes, down to the delay",
        &[
            Push(0, 480),
            Push(480, 480),
            Push(960, 160),
            Take(&[(80, Some(720)), (80, Some(800))]),
            Take(&[(160, Some(880))]),
            Take(&[(80, Some(1_040)), (80, None)]),
        ],
    ),
    (
        "far back: it began anew",
        &[
            Push(100_000, 160),
            Take(&[(160, None)]),
            Push(0, 160),
            Take(&[(160, None)]),
            Take(&[(80, None), (80, Some(0))]),
            Take(&[(80, Some(80)), (80, None)]),
        ],
    ),
    ("nothing came", &[Take(&[(160, None)]), Push(0, 0), Take(&[(160, None)])]),
];

#[test]
fn what_is_heard_when() {
    // Timestamps wrap in the middle of a row.
    for origin in [7_u32, u32::MAX - 400] {
        for (what, steps) in ROWS {
            let mut playout = Playout::new(Concealment::Silence);
            for (n, step) in steps.iter().enumerate() {
                match step {
                    Push(from, count) => {
                        let timestamp = origin.wrapping_add(*from);
                        let header = Header { marker: false, payload_type: 8, sequence: 0, timestamp, ssrc: 1 };
                        playout.push(&header, Codec::Pcma, &octets(*from, *count));
                    }
                    Take(parts) => {
                        let mut frame = [1; 160];
                        playout.take(&mut frame);
                        let expected: Vec<i16> = parts
                            .iter()
                            .flat_map(|(count, from)| {
                                (0..*count as u32).map(move |i| from.map_or(0, |from| level(from + i)))
                            })
                            .collect();
                        assert_eq!(frame.to_vec(), expected, "{what}, step {n}");
                    }
                }
            }
        }
    }
}

#[test]
fn another_source_and_giant_packets() {
    let mut playout = Playout::new(Concealment::Silence);
    let header = |ssrc, timestamp| Header { marker: false, payload_type: 8, sequence: 0, timestamp, ssrc };
    playout.push(&header(1, 0), Codec::Pcma, &octets(0, 160));
    // Another SSRC starts from nothing; what is longer than fits is cut, and nothing breaks.
    playout.push(&header(2, 3_000_000_000), Codec::Pcma, &octets(0, 1_460));
    let mut heard = Vec::new();
    for _ in 0..20 {
        let mut frame = [0; 160];
        playout.take(&mut frame);
        heard.extend(frame);
    }
    let most = CAPACITY - DELAY as usize;
    let mut expected = vec![0; DELAY as usize];
    expected.extend((0..most as u32).map(level));
    expected.resize(heard.len(), 0);
    assert_eq!(heard, expected);
}
