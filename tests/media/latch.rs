//! Who is believed to be the peer, and who is not.

use std::net::SocketAddr;

use strowger::base::id::LegId;
use strowger::base::time::Micros;
use strowger::call::media_types::{Codec, Direction, RemoteMedia};
use strowger::media::MediaEvent;
use strowger::media::engine::{Command, EngineConfig};

use super::world::{A, B, C, Phone, World};

/// One thing that happens to leg A. `Packet` is the next of a phone's stream, from an address.
enum Step {
    /// Stream 0 is the phone's, others are somebody else's; how many packets, 20 ms apart.
    Packets(&'static str, u32, usize),
    WaitMs(u64),
    /// Renegotiated with this address in the description.
    Describe(&'static str),
}
use Step::{Describe, Packets, WaitMs};

const PRIVATE: &str = "10.0.0.5:4000";
const PUBLIC: &str = "192.0.2.1:61000";
const ATTACKER: &str = "198.51.100.66:7000";

/// Plays the steps against a leg described at [`PRIVATE`]; packets heard at each step, and where audio for the
/// peer goes in the end.
fn play(steps: &[Step]) -> (Vec<usize>, SocketAddr) {
    let mut world = World::new();
    let b = Phone::new("192.0.2.2:4002", Codec::Pcmu, 700.0);
    let mut streams: Vec<Phone> = (0..4_u32)
        .map(|n| {
            let mut phone = Phone::new(PRIVATE, Codec::Pcmu, 500.0);
            phone.ssrc += n;
            phone
        })
        .collect();
    world.leg(A, &streams[0]);
    world.leg(B, &b);
    world.command(Command::Connect { a: A, b: B });
    let mut heard = Vec::new();
    for step in steps {
        let before = world.network.sent.len();
        match step {
            Packets(from, stream, count) => {
                for _ in 0..*count {
                    let packet = streams[*stream as usize].speak();
                    world.arrive(A, from.parse().unwrap(), &packet);
                    world.wait_ms(20);
                }
            }
            WaitMs(ms) => world.wait_ms(*ms),
            Describe(address) => {
                let mut remote = streams[0].described();
                remote.address = address.parse().unwrap();
                world.remote(A, remote);
            }
        }
        heard.push(world.network.sent.len() - before);
    }
    world.network.sent.clear();
    let mut b = b;
    let packet = b.speak();
    world.arrive(B, b.address, &packet);
    (heard, world.network.sent[0].to)
}

/// What happens, packets heard at each step, and where packets for the peer go in the end.
const LOCK: &[(&str, &[Step], &[usize], &str)] = &[
    ("nothing heard: as described", &[], &[], PRIVATE),
    ("as described, at once", &[Packets(PRIVATE, 0, 3)], &[3], PRIVATE),
    ("behind a NAT: believed with the second packet", &[Packets(PUBLIC, 0, 4)], &[3], PUBLIC),
    ("one stray packet moves nothing", &[Packets(ATTACKER, 1, 1)], &[0], PRIVATE),
    (
        "a stray packet between does not add up",
        &[Packets(PUBLIC, 0, 1), Packets(ATTACKER, 1, 1), Packets(PUBLIC, 0, 2)],
        &[0, 0, 1],
        PUBLIC,
    ),
    (
        "hijack after the lock, described source",
        &[Packets(PRIVATE, 0, 5), Packets(ATTACKER, 1, 200), Packets(PRIVATE, 0, 5)],
        &[5, 0, 5],
        PRIVATE,
    ),
    (
        "hijack after the lock, learned source",
        &[Packets(PUBLIC, 0, 5), Packets(ATTACKER, 1, 200), Packets(PUBLIC, 0, 5)],
        &[4, 0, 5],
        PUBLIC,
    ),
    (
        "hijack with the peer's SSRC, but another address",
        &[Packets(PUBLIC, 0, 5), WaitMs(10_000), Packets(ATTACKER, 0, 100)],
        &[4, 0, 0],
        PUBLIC,
    ),
    (
        "never for ever: a silent peer is not replaced either",
        &[Packets(PUBLIC, 0, 5), WaitMs(600_000), Packets(ATTACKER, 1, 50)],
        &[4, 0, 0],
        PUBLIC,
    ),
    (
        "forged packets from the peer's address beside its stream",
        &[
            Packets(PUBLIC, 0, 5),
            Packets(PUBLIC, 1, 1),
            Packets(PUBLIC, 0, 1),
            Packets(PUBLIC, 1, 1),
            Packets(PUBLIC, 0, 1),
        ],
        &[4, 0, 1, 0, 1],
        PUBLIC,
    ),
    (
        "the peer begins a new stream after a pause",
        &[Packets(PUBLIC, 0, 5), WaitMs(100), Packets(PUBLIC, 1, 5)],
        &[4, 0, 5],
        PUBLIC,
    ),
    (
        "a stray was first: the described source still claims the leg",
        &[Packets(ATTACKER, 1, 10), Packets(PRIVATE, 0, 5), Packets(ATTACKER, 1, 5)],
        &[9, 5, 0],
        PRIVATE,
    ),
    ("but not once the learned one has settled", &[Packets(PUBLIC, 0, 60), Packets(PRIVATE, 1, 5)], &[59, 0], PUBLIC),
    (
        "renegotiation reopens it",
        &[Packets(PUBLIC, 0, 5), Describe("10.0.0.9:5000"), Packets("192.0.2.9:62000", 1, 3)],
        &[4, 0, 2],
        "192.0.2.9:62000",
    ),
    (
        "a refresh without change keeps the source, without a gap",
        &[Packets(PUBLIC, 0, 5), Describe(PRIVATE), Packets(PUBLIC, 0, 3)],
        &[4, 0, 3],
        PUBLIC,
    ),
    ("a refresh without change and nothing since", &[Packets(PUBLIC, 0, 5), Describe(PRIVATE)], &[4, 0], PUBLIC),
    ("moved, and nothing heard since", &[Packets(PUBLIC, 0, 5), Describe("10.0.0.9:5000")], &[4, 0], "10.0.0.9:5000"),
];

#[test]
fn the_lock() {
    for (what, steps, heard, to) in LOCK {
        let (got, destination) = play(steps);
        assert_eq!(got, *heard, "{what}");
        assert_eq!(destination, to.parse().unwrap(), "{what}");
    }
}

#[test]
fn what_no_leg_negotiated_moves_no_lock() {
    let mut world = World::new();
    let a = Phone::new(PRIVATE, Codec::Pcmu, 500.0);
    world.leg(A, &a);
    let mut other = a.clone();
    // Comfort noise, G.722, dynamic types, and RTCP's sender report as a payload type.
    for payload_type in [13, 9, 96, 127, 72] {
        for _ in 0..5 {
            let packet = other.packet(payload_type, &[0; 160]);
            world.arrive(A, ATTACKER.parse().unwrap(), &packet);
        }
    }
    world.command(Command::Close { leg: A });
    let Some(MediaEvent::Closed { stats, .. }) = world.events.last() else { panic!() };
    assert_eq!((stats.received_packets, stats.ignored_packets), (0, 25));
}

#[test]
fn silence_is_reported_once_and_only_where_audio_is_owed() {
    let mut world = World::with(EngineConfig { dtmf_payload: 101, media_timeout: Some(Micros::from_secs(5)) });
    let mut a = Phone::new(PRIVATE, Codec::Pcmu, 500.0);
    world.leg(A, &a);
    // Whom we only send to, who only said that it would send (most phones that hold send nothing), and neither.
    for (leg, direction) in [(B, Direction::SendOnly), (C, Direction::RecvOnly), (LegId(4), Direction::Inactive)] {
        world.leg(leg, &a);
        world.remote(leg, RemoteMedia { direction, ..a.described() });
    }
    let run = |world: &mut World, seconds: u64| (0..seconds * 50).for_each(|_| world.tick());
    run(&mut world, 4);
    let packet = a.speak();
    world.arrive(A, a.address, &packet);
    run(&mut world, 4);
    assert_eq!(world.events, []);
    run(&mut world, 20);
    assert_eq!(world.events, [MediaEvent::Timeout { leg: A }]);
    let packet = a.speak();
    world.arrive(A, a.address, &packet);
    run(&mut world, 20);
    assert_eq!(world.events, vec![MediaEvent::Timeout { leg: A }; 2]);
    // A phone that holds no more owes audio from then on.
    world.events.clear();
    world.remote(C, a.described());
    run(&mut world, 4);
    assert_eq!(world.events, []);
    run(&mut world, 4);
    assert_eq!(world.events, [MediaEvent::Timeout { leg: C }]);
}

#[test]
fn comfort_noise_is_a_sign_of_life_and_a_strangers_packets_are_none() {
    let mut world = World::with(EngineConfig { dtmf_payload: 101, media_timeout: Some(Micros::from_secs(5)) });
    let mut a = Phone::new(PRIVATE, Codec::Pcmu, 500.0);
    world.leg(A, &a);
    let packet = a.speak();
    world.arrive(A, a.address, &packet);
    for _ in 0..10 {
        (0..150).for_each(|_| world.tick());
        let noise = a.packet(13, &[60]);
        world.arrive(A, a.address, &noise);
    }
    assert_eq!(world.events, []);
    for _ in 0..2 {
        (0..150).for_each(|_| world.tick());
        let noise = a.packet(13, &[60]);
        world.arrive(A, ATTACKER.parse().unwrap(), &noise);
    }
    assert_eq!(world.events, [MediaEvent::Timeout { leg: A }]);
}
