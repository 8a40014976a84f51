//! Key presses: one digit of many packets, whichever of them arrive; and digits sent.

use strowger::call::media_types::Codec;
use strowger::media::MediaEvent;
use strowger::media::dtmf::{EventPayload, EventReceiver, digit_of, event_of};
use strowger::media::engine::Command;
use strowger::media::rtp;

use super::world::{A, B, Phone, World, assert_one_stream};

/// A packet as a row: timestamp, marker, event, end, duration.
type Row = (u32, bool, u8, bool, u16);

fn digits(rows: &[Row]) -> String {
    let mut receiver = EventReceiver::default();
    let heard = |(timestamp, marker, event, end, duration): &Row| {
        let payload = EventPayload { event: *event, end: *end, volume: 10, duration: *duration };
        receiver.receive(*timestamp, *marker, &payload.to_bytes())
    };
    rows.iter().filter_map(heard).collect()
}

/// What arrives of the presses, and the digits.
const PRESSES: &[(&str, &[Row], &str)] = &[
    (
        "as sent",
        &[
            (100, true, 5, false, 160),
            (100, false, 5, false, 320),
            (100, false, 5, true, 480),
            (100, false, 5, true, 480),
            (100, false, 5, true, 480),
        ],
        "5",
    ),
    ("the first lost", &[(100, false, 5, false, 320), (100, false, 5, true, 480)], "5"),
    ("only an end arrives", &[(100, false, 5, true, 480)], "5"),
    ("only the last two ends", &[(100, false, 5, true, 480), (100, false, 5, true, 480)], "5"),
    ("all ends lost", &[(100, true, 5, false, 160), (100, false, 5, false, 320)], "5"),
    (
        "all ends lost, then the same key",
        &[
            (100, true, 5, false, 160),
            (100, false, 5, false, 320),
            (1_700, true, 5, false, 160),
            (1_700, false, 5, true, 320),
        ],
        "55",
    ),
    (
        "the same key, with ends and marker lost",
        &[
            (100, true, 5, false, 160),
            (100, false, 5, false, 480),
            (1_700, false, 5, false, 320),
            (1_700, false, 5, true, 480),
        ],
        "55",
    ),
    ("another key at once", &[(100, true, 5, false, 160), (900, false, 6, false, 160)], "56"),
    (
        "an end after the next key began",
        &[
            (100, true, 5, false, 160),
            (900, true, 6, false, 160),
            (100, false, 5, true, 480),
            (900, false, 6, true, 480),
        ],
        "56",
    ),
    (
        "packets in disorder",
        &[(100, false, 5, true, 480), (100, true, 5, false, 160), (100, false, 5, false, 320)],
        "5",
    ),
    ("a duration of zero first", &[(100, true, 5, false, 0), (100, false, 5, true, 480)], "5"),
    (
        "longer than one segment",
        &[
            (100, true, 5, false, 65_000),
            (100, false, 5, false, 65_535),
            (65_635, false, 5, false, 160),
            (65_635, false, 5, true, 8_000),
        ],
        "5",
    ),
    (
        "the timestamp wraps within a segment",
        &[(u32::MAX - 99, true, 5, false, 65_535), (65_435, false, 5, true, 8_000)],
        "5",
    ),
    (
        "a sender that moves the timestamp",
        &[
            (100, true, 5, false, 160),
            (260, false, 5, false, 320),
            (420, false, 5, false, 480),
            (420, false, 5, true, 480),
        ],
        "5",
    ),
    ("after the timestamp wraps", &[(u32::MAX - 500, true, 1, true, 400), (800, true, 2, true, 400)], "12"),
    (
        "an end after two more keys",
        &[
            (100, true, 1, false, 160),
            (900, true, 2, true, 160),
            (1_700, true, 3, true, 160),
            (100, false, 1, true, 400),
        ],
        "123",
    ),
    (
        "a press that ended is not continued a segment later",
        &[(100, true, 5, true, 480), (65_635, false, 5, false, 160)],
        "55",
    ),
    ("a marker begins a press", &[(100, true, 5, false, 160), (260, true, 5, false, 320)], "55"),
    ("flash and signals are no keys", &[(100, true, 16, false, 160), (900, true, 32, true, 160)], ""),
    ("keys and signs", &[(0, true, 10, true, 400), (1_600, true, 11, true, 400), (3_200, true, 15, true, 400)], "*#D"),
];

#[test]
fn one_press_is_one_digit() {
    for (what, packets, expected) in PRESSES {
        assert_eq!(digits(packets), *expected, "{what}");
    }
}

#[test]
fn short_payloads_are_no_events() {
    let mut receiver = EventReceiver::default();
    for length in 0..4 {
        assert_eq!(receiver.receive(100, true, &[5, 0, 0][..length.min(3)]), None);
    }
}

#[test]
fn every_key_has_its_code() {
    for event in 0..=15 {
        assert_eq!(event_of(digit_of(event).unwrap()), Some(event));
    }
    assert_eq!((digit_of(16), event_of('x'), event_of('a')), (None, None, None));
}

fn press(world: &mut World, phone: &mut Phone, payload_type: u8, event: u8) {
    for tick in 1..=5_u16 {
        let payload = EventPayload { event, end: tick >= 3, volume: 10, duration: tick.min(3) * 160 };
        let packet = phone.packet(payload_type, &payload.to_bytes());
        world.arrive(A, phone.address, &packet);
        world.wait_ms(20);
    }
    phone.timestamp += 1_600;
}

#[test]
fn a_digit_is_reported_and_carried_on_with_the_peers_payload_type() {
    // What B takes; what A's phone sends with; whether B gets it.
    for (b_takes, a_sends, carried) in [(Some(96), 101, true), (None, 101, false), (Some(101), 97, true)] {
        let mut world = World::new();
        let mut a = Phone::new("192.0.2.1:4000", Codec::Pcmu, 500.0);
        // The phone keeps our 101 for its own direction, or names another for both.
        a.dtmf_payload = Some(97);
        let mut b = Phone::new("192.0.2.2:4002", Codec::Pcma, 700.0);
        b.dtmf_payload = b_takes;
        world.leg(A, &a);
        world.leg(B, &b);
        world.command(Command::Connect { a: A, b: B });
        let speech = a.speak();
        world.arrive(A, a.address, &speech);
        world.wait_ms(20);
        press(&mut world, &mut a, a_sends, 7);
        let speech = a.speak();
        world.arrive(A, a.address, &speech);
        assert_eq!(world.digits(A), "7");
        let sent = world.to(b.address);
        let events: Vec<_> = sent.iter().filter(|p| p.header.payload_type != 8).collect();
        assert_eq!(events.len(), if carried { 5 } else { 0 });
        assert!(events.iter().all(|p| Some(p.header.payload_type) == b_takes && p.payload.len() == 4));
        assert!(events.windows(2).all(|p| p[0].header.timestamp == p[1].header.timestamp));
        assert_eq!(sent.len(), events.len() + 2);
        if carried {
            assert_one_stream(&sent);
        }
    }
}

#[test]
fn an_event_that_was_not_negotiated_is_ignored() {
    let mut world = World::new();
    let mut a = Phone::new("192.0.2.1:4000", Codec::Pcmu, 500.0);
    a.dtmf_payload = None;
    world.leg(A, &a);
    press(&mut world, &mut a, 101, 7);
    assert_eq!(world.digits(A), "");
}

#[test]
fn a_flood_of_digits_is_cut_and_counted() {
    let mut world = World::new();
    let mut a = Phone::new("192.0.2.1:4000", Codec::Pcmu, 500.0);
    world.leg(A, &a);
    for i in 0..50_u8 {
        let payload = EventPayload { event: i % 10, end: true, volume: 10, duration: 80 };
        let packet = a.packet(101, &payload.to_bytes());
        world.arrive(A, a.address, &packet);
        a.timestamp += 160;
    }
    assert_eq!(world.digits(A).len(), 20);
    world.wait_ms(1_000);
    press(&mut world, &mut a, 101, 7);
    assert_eq!(world.digits(A).len(), 21);
    world.command(Command::Close { leg: A });
    let Some(MediaEvent::Closed { stats, .. }) = world.events.last() else { panic!() };
    assert_eq!(stats.dropped_digits, 30);
}

#[test]
fn digits_sent_are_digits_received() {
    let mut world = World::new();
    let mut a = Phone::new("192.0.2.1:4000", Codec::Pcmu, 500.0);
    a.dtmf_payload = Some(98);
    world.leg(A, &a);
    world.command(Command::SendDigits { leg: A, token: 1, digits: "11*".into() });
    world.command(Command::SendDigits { leg: A, token: 2, digits: "D".into() });
    for _ in 0..45 {
        world.tick();
    }
    let sent = world.to(a.address);
    assert_eq!(sent.len(), 4 * 7);
    assert_one_stream(&sent);
    let mut receiver = EventReceiver::default();
    let heard: String =
        sent.iter().filter_map(|p| receiver.receive(p.header.timestamp, p.header.marker, &p.payload)).collect();
    assert_eq!(heard, "11*D");
    for press in sent.chunks(7) {
        let events: Vec<_> = press.iter().map(|p| EventPayload::parse(&p.payload).unwrap()).collect();
        assert_eq!(events.iter().map(|e| e.duration).collect::<Vec<_>>(), [160, 320, 480, 640, 800, 800, 800]);
        assert_eq!(events.iter().map(|e| e.end).collect::<Vec<_>>(), [false, false, false, false, true, true, true]);
        assert!(press.iter().all(|p| p.header.payload_type == 98 && p.header.timestamp == press[0].header.timestamp));
        assert!(press[0].header.marker && press[1..].iter().all(|p| !p.header.marker));
    }
    let step = sent[7].header.timestamp.wrapping_sub(sent[0].header.timestamp);
    assert_eq!(step, 1_600, "200 ms from press to press");
    let done = [MediaEvent::DigitsSent { leg: A, token: 1 }, MediaEvent::DigitsSent { leg: A, token: 2 }];
    assert_eq!(world.events, done);
}

#[test]
fn digits_that_cannot_be_sent_fail_once() {
    let mut world = World::new();
    let mut a = Phone::new("192.0.2.1:4000", Codec::Pcmu, 500.0);
    world.leg(A, &a);
    let failed = |token| MediaEvent::DigitsFailed { leg: A, token };
    world.command(Command::SendDigits { leg: A, token: 1, digits: "1x".into() });
    world.command(Command::SendDigits { leg: A, token: 2, digits: "1".repeat(500).into() });
    world.command(Command::SendDigits { leg: A, token: 3, digits: "12".into() });
    a.dtmf_payload = None;
    world.remote(A, a.described());
    world.command(Command::SendDigits { leg: A, token: 4, digits: "1".into() });
    world.command(Command::Close { leg: A });
    world.command(Command::SendDigits { leg: A, token: 5, digits: "1".into() });
    world.events.retain(|e| !matches!(e, MediaEvent::Closed { .. }));
    assert_eq!(world.events, [failed(1), failed(2), failed(4), failed(3), failed(5)]);
}

#[test]
fn speech_is_not_mixed_into_digits_sent() {
    let mut world = World::new();
    let mut a = Phone::new("192.0.2.1:4000", Codec::Pcmu, 500.0);
    let b = Phone::new("192.0.2.2:4002", Codec::Pcmu, 700.0);
    world.leg(A, &a);
    world.leg(B, &b);
    world.command(Command::Connect { a: A, b: B });
    world.command(Command::SendDigits { leg: B, token: 1, digits: "9".into() });
    for _ in 0..20 {
        let packet = a.speak();
        world.arrive(A, a.address, &packet);
        world.tick();
    }
    let sent = world.to(b.address);
    assert_one_stream(&sent);
    let kinds: Vec<u8> = sent.iter().map(|p| p.header.payload_type).collect();
    assert_eq!(kinds.iter().filter(|k| **k == 101).count(), 7);
    assert_eq!(kinds.last(), Some(&0));
    assert!(rtp::HEADER_LEN == 12 && sent.len() > 15);
}
