//! Datagrams from anybody: none panics, none is relayed, the call goes on.

use proptest::prelude::*;
use strowger::base::id::RoomId;
use strowger::call::media_types::Codec;
use strowger::media::engine::{Command, RecordOp};
use strowger::media::recording::Reel;

use super::world::{A, B, Phone, World, assert_one_stream};

fn bridged() -> (World, Phone, Phone) {
    let mut world = World::new();
    let mut a = Phone::new("192.0.2.1:4000", Codec::Pcmu, 500.0);
    let b = Phone::new("192.0.2.2:4002", Codec::Pcma, 700.0);
    world.leg(A, &a);
    world.leg(B, &b);
    world.command(Command::Connect { a: A, b: B });
    let packet = a.speak();
    world.arrive(A, a.address, &packet);
    (world, a, b)
}

#[test]
fn malformed_datagrams_are_ignored_and_the_call_goes_on() {
    let (mut world, mut a, b) = bridged();
    let good = a.clone().speak();
    let mut bad: Vec<Vec<u8>> = (0..12).map(|length| good[..length].to_vec()).collect();
    let with = |octet: u8, rest: usize| {
        let mut packet = good.clone();
        packet[0] = octet;
        packet.truncate(rest);
        packet
    };
    bad.push(with(0x40, 172));
    bad.push(with(0xc0, 172));
    bad.push(with(0x8f, 20));
    bad.push(with(0x9f, 72));
    bad.push([with(0xa0, 172), vec![255]].concat());
    bad.push([with(0x80, 172), vec![0; 60_000]].concat());
    for datagram in &bad {
        world.arrive(A, a.address, datagram);
    }
    assert_eq!(world.to(b.address).len(), 1, "nothing of it is relayed");
    for _ in 0..5 {
        world.wait_ms(20);
        let packet = a.speak();
        world.arrive(A, a.address, &packet);
    }
    let sent = world.to(b.address);
    assert_eq!(sent.len(), 6);
    assert_one_stream(&sent);
}

#[test]
fn a_flood_from_the_peer_is_cut() {
    let (mut world, mut a, b) = bridged();
    for _ in 0..5_000 {
        let packet = a.speak();
        world.arrive(A, a.address, &packet);
    }
    assert_eq!(world.to(b.address).len(), 1_000);
    world.wait_ms(1_000);
    let packet = a.speak();
    world.arrive(A, a.address, &packet);
    assert_eq!(world.to(b.address).len(), 1_001);
}

proptest! {
    /// Whatever comes from the peer's own address, with its own SSRC, the stream that leaves is RTP
    /// and sequence numbers of one leg stay distinct where the peer's do.
    #[test]
    fn random_datagrams_do_no_harm(
        datagrams in prop::collection::vec((any::<bool>(), 0..50_u64, prop::collection::vec(any::<u8>(), 0..64)), 0..60),
    ) {
        let (mut world, a, _) = bridged();
        for (disguised, wait_ms, mut bytes) in datagrams {
            if disguised && bytes.len() > 12 {
                bytes[0] = 0x80;
                bytes[1] = if bytes[1] & 1 == 0 { 0 } else { 101 };
                bytes[8..12].copy_from_slice(&a.ssrc.to_be_bytes());
            }
            world.wait_ms(wait_ms);
            world.arrive(A, a.address, &bytes);
            world.arrive(B, "198.51.100.66:9".parse().unwrap(), &bytes);
        }
        world.command(Command::Close { leg: A });
        prop_assert!(world.network.sent.iter().all(|sent| sent.header.ssrc >> 16 == 0xaaaa));
    }
    /// The same into a room that is recorded and listened to: a packet a tick leaves, and the times stay true.
    #[test]
    fn random_datagrams_do_no_harm_in_a_room(
        datagrams in prop::collection::vec((any::<bool>(), 0..3_u64, prop::collection::vec(any::<u8>(), 0..400)), 0..60),
    ) {
        let (mut world, a, b) = bridged();
        world.command(Command::Record { leg: B, op: RecordOp::Start { name: "room".into() } });
        world.command(Command::DetectMachine { leg: A, token: 1 });
        [A, B].into_iter().for_each(|leg| world.command(Command::Mix { leg, room: RoomId(1) }));
        let before = world.to(b.address).len();
        let mut ticks = 0;
        for (disguised, wait, mut bytes) in datagrams {
            if disguised && bytes.len() > 12 {
                bytes[0] = 0x80;
                bytes[1] = if bytes[1] & 3 == 0 { 101 } else { 0 };
                bytes[8..12].copy_from_slice(&a.ssrc.to_be_bytes());
            }
            world.arrive(A, a.address, &bytes);
            (0..wait).for_each(|_| world.tick());
            ticks += wait;
        }
        let sent = world.to(b.address);
        prop_assert_eq!((sent.len() - before) as u64, ticks);
        assert_one_stream(&sent);
        world.command(Command::Close { leg: B });
        let lengths: Vec<u64> =
            world.engine.reels().filter_map(|r| if let Reel::End { length, .. } = r { Some(length) } else { None }).collect();
        prop_assert_eq!(lengths, [ticks * 160]);
    }
}
