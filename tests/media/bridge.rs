//! Two legs connected: who hears what, in which codec, without a gap, and never oneself.

use strowger::base::id::LegId;
use strowger::call::audio::AudioSource;
use strowger::call::media_types::{Codec, Direction};
use strowger::media::MediaEvent;
use strowger::media::engine::Command;

use super::hearing::{distortion, loudness};
use super::world::{A, B, C, Phone, World, assert_one_stream, samples};

fn two(codec_a: Codec, codec_b: Codec) -> (World, Phone, Phone) {
    let mut world = World::new();
    let phone_a = Phone::new("192.0.2.1:4000", codec_a, 500.0);
    let phone_b = Phone::new("192.0.2.2:4002", codec_b, 700.0);
    world.leg(A, &phone_a);
    world.leg(B, &phone_b);
    (world, phone_a, phone_b)
}

fn talk(world: &mut World, a: &mut Phone, b: &mut Phone, packets: usize) {
    for _ in 0..packets {
        let (from_a, from_b) = (a.speak(), b.speak());
        world.arrive(A, a.address, &from_a);
        world.arrive(B, b.address, &from_b);
        world.tick();
    }
}

#[test]
fn each_hears_the_other_in_every_pair_of_codecs() {
    for codec_a in [Codec::Pcmu, Codec::Pcma] {
        for codec_b in [Codec::Pcmu, Codec::Pcma] {
            let (mut world, mut a, mut b) = two(codec_a, codec_b);
            world.command(Command::Connect { a: A, b: B });
            talk(&mut world, &mut a, &mut b, 50);
            for (phone, other) in [(&a, &b), (&b, &a)] {
                let sent = world.to(phone.address);
                assert_eq!(sent.len(), 50, "{codec_a:?} {codec_b:?}");
                assert!(sent.iter().all(|p| p.header.payload_type == if phone.codec == Codec::Pcmu { 0 } else { 8 }));
                assert_one_stream(&sent);
                let heard = samples(&sent);
                assert!((loudness(&heard, other.hz) - 8_000.0).abs() < 200.0, "{codec_a:?} {codec_b:?}");
                assert!(loudness(&heard, phone.hz) < 40.0, "echo of one's own, {codec_a:?} {codec_b:?}");
                assert!(distortion(&heard, other.hz) < 0.002, "{}", distortion(&heard, other.hz));
            }
        }
    }
}

#[test]
fn a_bridge_makes_no_gap_and_one_stream() {
    let (mut world, mut a, mut b) = two(Codec::Pcmu, Codec::Pcma);
    world.command(Command::Play { leg: A, token: 1, sources: vec![AudioSource::DefaultMusic], repeat: false });
    talk(&mut world, &mut a, &mut b, 10);
    world.wait_ms(7);
    world.command(Command::Connect { a: A, b: B });
    world.wait_ms(3);
    talk(&mut world, &mut a, &mut b, 10);
    world.command(Command::Disconnect { a: A, b: B });
    world.wait_ms(9);
    world.command(Command::Play { leg: A, token: 2, sources: vec![AudioSource::DefaultMusic], repeat: false });
    talk(&mut world, &mut a, &mut b, 10);
    let sent = world.to(a.address);
    assert_eq!(sent.len(), 30);
    assert_one_stream(&sent);
    for pair in sent.windows(2) {
        let gap_ms = pair[1].at.since(pair[0].at).as_ms();
        let stamped_ms = pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp) / 8 - 20;
        assert!(gap_ms <= 60 && stamped_ms <= 60, "a gap of {gap_ms} ms, {stamped_ms} ms stamped");
    }
    let marked: Vec<usize> = (0..30).filter(|i| sent[*i].header.marker).collect();
    assert_eq!(marked, [0, 10, 20], "the marker stands where a source begins");
    assert_eq!(world.events, [MediaEvent::PlayStopped { leg: A, token: 1 }]);
}

#[test]
fn loss_and_reordering_stay_visible() {
    let (mut world, mut a, b) = two(Codec::Pcmu, Codec::Pcmu);
    world.command(Command::Connect { a: A, b: B });
    let packets: Vec<Vec<u8>> = (0..6).map(|_| a.speak()).collect();
    // The second arrives last but one, the fourth never.
    for i in [0, 2, 1, 4, 5] {
        world.arrive(A, a.address, &packets[i]);
        world.wait_ms(20);
    }
    let sent = world.to(b.address);
    let first = sent[0].header;
    let order: Vec<u16> = sent.iter().map(|p| p.header.sequence.wrapping_sub(first.sequence)).collect();
    assert_eq!(order, [0, 2, 1, 4, 5]);
    let stamps: Vec<u32> = sent.iter().map(|p| p.header.timestamp.wrapping_sub(first.timestamp) / 160).collect();
    assert_eq!(stamps, [0, 2, 1, 4, 5]);
}

#[test]
fn a_packet_from_before_the_bridge_does_not_collide() {
    let (mut world, mut a, b) = two(Codec::Pcmu, Codec::Pcmu);
    let late = a.speak();
    world.command(Command::Connect { a: A, b: B });
    let (second, third) = (a.speak(), a.speak());
    world.arrive(A, a.address, &second);
    world.arrive(A, a.address, &late);
    world.arrive(A, a.address, &third);
    let sent = world.to(b.address);
    assert_eq!(sent.len(), 2);
    assert_one_stream(&sent);
}

#[test]
fn a_sender_that_begins_anew_is_carried_on() {
    // What changes between two packets of the sender.
    type Change = fn(&mut Phone);
    let changes: [(&str, Change); 3] = [
        ("ssrc", |p| p.ssrc = 9),
        ("sequence", |p| p.sequence = p.sequence.wrapping_add(20_000)),
        ("timestamp", |p| p.timestamp = p.timestamp.wrapping_sub(1_000_000)),
    ];
    for (what, change) in changes {
        let (mut world, mut a, mut b) = two(Codec::Pcmu, Codec::Pcmu);
        world.command(Command::Connect { a: A, b: B });
        talk(&mut world, &mut a, &mut b, 5);
        change(&mut a);
        world.wait_ms(100);
        talk(&mut world, &mut a, &mut b, 5);
        let sent = world.to(b.address);
        assert_eq!(sent.len(), 10, "{what}");
        assert_one_stream(&sent);
        assert!(sent[5].header.marker, "{what}");
    }
}

#[test]
fn a_peer_that_wants_no_audio_gets_none() {
    // Our direction, whether B is sent to, whether B is heard.
    let rows = [
        (Direction::SendRecv, true, true),
        (Direction::SendOnly, true, false),
        (Direction::RecvOnly, false, true),
        (Direction::Inactive, false, false),
    ];
    for (direction, sent_to, heard) in rows {
        let (mut world, mut a, mut b) = two(Codec::Pcmu, Codec::Pcmu);
        let mut remote = b.described();
        remote.direction = direction;
        world.remote(B, remote);
        world.command(Command::Connect { a: A, b: B });
        talk(&mut world, &mut a, &mut b, 3);
        assert_eq!(world.to(b.address).len(), if sent_to { 3 } else { 0 }, "{direction:?}");
        assert_eq!(world.to(a.address).len(), if heard { 3 } else { 0 }, "{direction:?}");
    }
    for nowhere in ["0.0.0.0:4002", "192.0.2.2:0"] {
        let (mut world, mut a, mut b) = two(Codec::Pcmu, Codec::Pcmu);
        let mut remote = b.described();
        remote.address = nowhere.parse().unwrap();
        world.remote(B, remote);
        world.command(Command::Connect { a: A, b: B });
        for _ in 0..3 {
            let from_a = a.speak();
            world.arrive(A, a.address, &from_a);
        }
        assert!(world.network.sent.is_empty(), "{nowhere}");
        talk(&mut world, &mut a, &mut b, 1);
    }
}

#[test]
fn a_leg_moves_from_one_peer_to_another() {
    let (mut world, mut a, mut b) = two(Codec::Pcmu, Codec::Pcmu);
    let mut c = Phone::new("192.0.2.3:4004", Codec::Pcma, 900.0);
    world.leg(C, &c);
    world.command(Command::Connect { a: A, b: B });
    talk(&mut world, &mut a, &mut b, 5);
    world.command(Command::Connect { a: C, b: A });
    // No longer connected, so that this parts nobody.
    world.command(Command::Disconnect { a: A, b: B });
    world.network.sent.clear();
    for _ in 0..20 {
        let from_c = c.speak();
        world.arrive(C, c.address, &from_c);
        talk(&mut world, &mut a, &mut b, 1);
    }
    assert!(world.to(b.address).is_empty(), "the one left behind hears nothing");
    let heard = samples(&world.to(a.address));
    assert!((loudness(&heard, c.hz) - 8_000.0).abs() < 200.0);
    assert!(loudness(&heard, b.hz) < 40.0);
    assert!(loudness(&samples(&world.to(c.address)), a.hz) > 7_000.0);
}

#[test]
fn a_whisper_goes_before_the_peer_and_ends() {
    let (mut world, mut a, mut b) = two(Codec::Pcmu, Codec::Pcmu);
    world.command(Command::Connect { a: A, b: B });
    talk(&mut world, &mut a, &mut b, 3);
    let whisper = vec![AudioSource::Pause { length_ms: 60 }];
    world.command(Command::Play { leg: B, token: 4, sources: whisper, repeat: false });
    talk(&mut world, &mut a, &mut b, 8);
    let sent = world.to(b.address);
    assert_one_stream(&sent);
    let loud: Vec<bool> = sent.iter().map(|p| loudness(&samples(std::slice::from_ref(p)), a.hz) > 4_000.0).collect();
    assert_eq!(loud, [true, true, true, false, false, false, true, true, true, true, true]);
    assert_eq!(world.events, [MediaEvent::PlayDone { leg: B, token: 4 }]);
}

#[test]
fn closing_one_leg_leaves_the_other_and_reports() {
    let (mut world, mut a, mut b) = two(Codec::Pcmu, Codec::Pcmu);
    world.command(Command::Connect { a: A, b: B });
    talk(&mut world, &mut a, &mut b, 5);
    let _ = a.speak();
    talk(&mut world, &mut a, &mut b, 5);
    world.command(Command::Close { leg: A });
    let [MediaEvent::Closed { leg, stats }] = world.events.as_slice() else { panic!("{:?}", world.events) };
    assert_eq!(*leg, A);
    assert_eq!((stats.received_packets, stats.received_octets, stats.lost_packets), (10, 1_600, 1));
    assert_eq!((stats.sent_packets, stats.sent_octets, stats.ignored_packets), (10, 1_600, 0));
    let from_b = b.speak();
    world.network.sent.clear();
    world.arrive(B, b.address, &from_b);
    assert!(world.network.sent.is_empty());
    // The slot is used again, and its new leg hears nothing of the old.
    world.leg(LegId(9), &a);
    let from_b = b.speak();
    world.arrive(B, b.address, &from_b);
    assert!(world.network.sent.is_empty());
}

#[test]
fn jitter_is_the_mean_deviation_of_arrivals() {
    let (mut world, mut a, _) = two(Codec::Pcmu, Codec::Pcmu);
    for i in 0..400 {
        let packet = a.speak();
        world.arrive(A, a.address, &packet);
        world.wait_ms(if i % 2 == 0 { 15 } else { 25 });
    }
    world.command(Command::Close { leg: A });
    let Some(MediaEvent::Closed { stats, .. }) = world.events.last() else { panic!() };
    assert!((4_500..5_500).contains(&stats.jitter_us), "{}", stats.jitter_us);
}
