//! Rooms: who hears whom, through loss and jitter, and what entering and leaving sounds like.

use strowger::base::id::{LegId, RoomId};
use strowger::call::audio::{AudioSource, Prompt};
use strowger::call::media_types::{Codec, Direction};
use strowger::media::MediaEvent;
use strowger::media::engine::Command;
use strowger::media::g711;

use super::hearing::{self, distortion, loudness};
use super::world::{A, B, C, Phone, Sent, World, assert_one_stream, samples};

const ROOM: RoomId = RoomId(7);
const D: LegId = LegId(4);
const E: LegId = LegId(5);

/// Phones in a room, each with a tone of its own.
fn room(codecs: &[Codec]) -> (World, Vec<(LegId, Phone)>) {
    let (mut world, phones) = phones(codecs);
    phones.iter().for_each(|(leg, _)| world.command(Command::Mix { leg: *leg, room: ROOM }));
    (world, phones)
}

fn phones(codecs: &[Codec]) -> (World, Vec<(LegId, Phone)>) {
    let mut world = World::new();
    let mut phones = Vec::new();
    for (n, (leg, codec)) in [A, B, C, D, E].into_iter().zip(codecs).enumerate() {
        let phone = Phone::new(&format!("192.0.2.{}:4000", n + 1), *codec, 500.0 + 200.0 * n as f64);
        world.leg(leg, &phone);
        phones.push((leg, phone));
    }
    (world, phones)
}

/// Everybody speaks for so many packets, each at another time within the 20 ms.
fn talk(world: &mut World, phones: &mut [(LegId, Phone)], packets: usize) {
    for _ in 0..packets {
        for (leg, phone) in phones.iter_mut() {
            let packet = phone.speak();
            world.wait_ms(3);
            world.arrive(*leg, phone.address, &packet);
        }
        world.wait_ms(20 - 3 * phones.len() as u64);
        world.tick_now();
    }
}

/// What a phone hears, short of the time that the first packets wait.
fn heard(world: &World, phone: &Phone) -> Vec<i16> {
    samples(&world.to(phone.address)).split_off(480)
}

#[track_caller]
fn assert_hears(heard: &[i16], phone: &Phone, phones: &[(LegId, Phone)], level: f64) {
    for (_, other) in phones {
        let loud = loudness(heard, other.hz);
        if other.address == phone.address {
            // The law of three voices at once makes a little of the fourth.
            assert!(loud < 100.0, "{}: its own voice, {loud}", phone.hz);
        } else {
            assert!((loud - level).abs() < 0.03 * level, "{} hears {}: {loud}", phone.hz, other.hz);
        }
    }
}

#[test]
fn everybody_hears_the_others_and_not_himself() {
    use Codec::{Pcma, Pcmu};
    let rows: [&[Codec]; 4] = [&[Pcmu, Pcmu], &[Pcmu, Pcma, Pcmu], &[Pcma, Pcma, Pcma, Pcmu], &[Pcmu; 5]];
    for codecs in rows {
        let (mut world, mut phones) = room(codecs);
        talk(&mut world, &mut phones, 53);
        for (_, phone) in &phones {
            let sent = world.to(phone.address);
            assert_eq!(sent.len(), 53, "a packet a tick");
            assert_one_stream(&sent);
            assert_eq!(sent.iter().filter(|p| p.header.marker).count(), 1);
            assert!(sent.iter().all(|p| p.header.payload_type == g711::payload_type(phone.codec)));
            // Four of 8,000 clip; their tones are then a little quieter.
            let level = if codecs.len() > 4 { continue } else { 8_000.0 };
            assert_hears(&heard(&world, phone), phone, &phones, level);
        }
    }
}

#[test]
fn too_loud_is_cut_and_does_not_wrap_round() {
    let (mut world, mut phones) = room(&[Codec::Pcmu; 5]);
    // Four voices in step: 32,000 at the top fits; with the fifth, what A hears is the others' sum.
    for (_, phone) in phones.iter_mut() {
        phone.hz = 400.0;
        phone.amplitude = 16_000.0;
    }
    talk(&mut world, &mut phones, 30);
    let heard = heard(&world, &phones[0].1);
    let top = heard.iter().copied().max().unwrap();
    let bottom = heard.iter().copied().min().unwrap();
    assert_eq!((top, bottom), (32_124, -32_124), "full scale of the mu-law");
    // A sum that wraps jumps from one end to the other; one that is cut never does within one sample of 400 Hz.
    let jump = heard.windows(2).map(|w| (i32::from(w[0]) - i32::from(w[1])).abs()).max().unwrap();
    assert!(jump < 30_000, "{jump}");
    let fundamental = loudness(&heard, 400.0);
    assert!(fundamental > 32_000.0, "{fundamental}");
}

#[test]
fn packets_of_every_length_are_heard_whole() {
    for packet_ms in [10, 20, 30, 40, 60] {
        let (mut world, mut phones) = room(&[Codec::Pcmu, Codec::Pcma, Codec::Pcmu]);
        let length = packet_ms * 8;
        for at_ms in (0..1_260).step_by(10) {
            if at_ms % packet_ms == 0 {
                let (leg, phone) = &mut phones[0];
                let packet = phone.say(length);
                world.arrive(*leg, phone.address, &packet);
            }
            if at_ms % 20 == 0 {
                world.tick_now();
            }
            world.wait_ms(10);
        }
        let heard = heard(&world, &phones[1].1);
        assert!((loudness(&heard, 500.0) - 8_000.0).abs() < 200.0, "{packet_ms} ms: {}", loudness(&heard, 500.0));
        assert!(distortion(&heard, 500.0) < 0.002, "{packet_ms} ms: {}", distortion(&heard, 500.0));
    }
}

/// How much of a tone of one second is something else, when its packets come as `when` says, in milliseconds; `None`
/// is never.
fn through(when: impl Fn(u64) -> Option<u64>) -> f64 {
    let (mut world, mut phones) = room(&[Codec::Pcmu, Codec::Pcmu]);
    let (leg, phone) = &mut phones[0];
    let mut arrivals: Vec<(u64, Vec<u8>)> =
        (0..80).map(|n| (when(n), phone.speak())).filter_map(|(at, packet)| Some((at?, packet))).collect();
    arrivals.sort_by_key(|(at, _)| *at);
    let mut arrivals = arrivals.into_iter().peekable();
    for ms in 0..1_600 {
        while let Some((_, packet)) = arrivals.next_if(|(at, _)| *at <= ms) {
            world.arrive(*leg, phone.address, &packet);
        }
        if ms % 20 == 19 {
            world.tick_now();
        }
        world.wait_ms(1);
    }
    distortion(&samples(&world.to(phones[1].1.address))[1_600..9_600], 500.0)
}

#[test]
fn loss_reordering_and_jitter() {
    let clean = |n| Some(n * 20);
    assert!(through(clean) < 0.002, "{}", through(clean));
    // Up to 28 ms late, each another: the buffer's delay.
    assert!(through(|n| Some(n * 20 + n * 13 % 29)) < 0.002);
    assert!(through(|n| Some(n * 20 + if n % 7 == 3 { 25 } else { 0 })) < 0.002, "one overtakes the other");
    // One of twenty lost: a frame at half its strength is 1 to 2 % of the power; silence would be 5 %.
    let lossy = through(|n| (n % 20 != 9).then_some(n * 20));
    assert!((0.002..0.04).contains(&lossy), "{lossy}");
    // A second late in the middle, and then all at once: heard again after it, though the oldest is dropped.
    let (mut world, mut phones) = room(&[Codec::Pcmu, Codec::Pcmu]);
    talk(&mut world, &mut phones[..1], 20);
    let burst: Vec<_> = (0..50).map(|_| phones[0].1.speak()).collect();
    (0..50).for_each(|_| world.tick());
    burst.iter().for_each(|packet| world.arrive(A, phones[0].1.address, packet));
    talk(&mut world, &mut phones[..1], 50);
    let after = samples(&world.to(phones[1].1.address)).split_off(80 * 160);
    assert!(distortion(&after, 500.0) < 0.002, "{}", distortion(&after, 500.0));
}

#[test]
fn a_voice_that_ends_fades_into_silence() {
    let (mut world, mut phones) = room(&[Codec::Pcmu, Codec::Pcmu]);
    talk(&mut world, &mut phones[..1], 20);
    (0..20).for_each(|_| world.tick());
    let power = |packets: &[Sent]| loudness(&samples(packets), 500.0);
    let sent = world.to(phones[1].1.address);
    assert_eq!(sent.len(), 40, "silence is sent as well");
    assert!(power(&sent[10..20]) > 7_000.0);
    assert!(power(&sent[24..]) < 10.0, "no frame is repeated for ever");
}

#[test]
fn entering_and_collapsing_make_no_gap_and_no_double_packet() {
    use Codec::{Pcma, Pcmu};
    let (mut world, mut phones) = phones(&[Pcmu, Pcma, Pcmu]);
    world.command(Command::Connect { a: A, b: B });
    talk(&mut world, &mut phones, 20);
    for leg in [A, B, C] {
        world.command(Command::Mix { leg, room: ROOM });
    }
    talk(&mut world, &mut phones, 20);
    assert_eq!(world.engine.rooms(), 1);
    world.command(Command::Connect { a: A, b: B });
    assert_eq!(world.engine.rooms(), 1, "C is still in there");
    world.command(Command::Close { leg: C });
    assert_eq!(world.engine.rooms(), 0);
    talk(&mut world, &mut phones[..2], 20);
    assert!(!world.engine.wants_tick(), "a relayed call costs no tick");
    for (listener, speaker) in [(0, 1), (1, 0)] {
        let sent = world.to(phones[listener].1.address);
        assert_eq!(sent.len(), 60, "one packet for 20 ms, whoever makes it");
        assert_one_stream(&sent);
        for pair in sent.windows(2) {
            let gap_ms = pair[1].at.since(pair[0].at).as_ms();
            let stamped_ms = pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp) / 8;
            assert!(gap_ms <= 60 && stamped_ms <= 60, "{gap_ms} ms, {stamped_ms} ms stamped");
        }
        let marked: Vec<usize> = (0..60).filter(|i| sent[*i].header.marker).collect();
        assert_eq!(marked, [0, 20, 40], "the marker stands where a source begins");
        // The ear's gap: 5 ms in which the other cannot be heard, in a row.
        let heard = samples(&sent);
        let other = phones[speaker].1.hz;
        let quiet = heard.chunks(40).map(|part| part.iter().all(|s| s.unsigned_abs() < 500));
        let (mut run, mut longest) = (0, 0);
        for quiet in quiet {
            run = if quiet { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        assert!(longest * 5 <= 50, "{other} Hz was gone for {} ms", longest * 5);
    }
}

#[test]
fn whoever_leaves_is_neither_heard_nor_hears() {
    let other = RoomId(8);
    let leave: [(&str, Vec<Command>); 4] = [
        ("another room", vec![Command::Mix { leg: C, room: other }]),
        ("connected", vec![Command::Connect { a: D, b: C }]),
        ("closed", vec![Command::Close { leg: C }]),
        (
            "twice in and out",
            vec![
                Command::Mix { leg: C, room: other },
                Command::Mix { leg: C, room: ROOM },
                Command::Mix { leg: C, room: ROOM },
                Command::Close { leg: C },
            ],
        ),
    ];
    for (what, commands) in leave {
        let (mut world, mut phones) = phones(&[Codec::Pcmu; 4]);
        [A, B, C].into_iter().for_each(|leg| world.command(Command::Mix { leg, room: ROOM }));
        talk(&mut world, &mut phones, 10);
        let closed = commands.iter().any(|c| matches!(c, Command::Close { .. }));
        commands.into_iter().for_each(|command| world.command(command));
        if closed {
            phones.remove(2);
        }
        talk(&mut world, &mut phones, 5);
        world.network.sent.clear();
        talk(&mut world, &mut phones, 30);
        let at_a = samples(&world.to(phones[0].1.address));
        assert!(loudness(&at_a, 900.0) < 20.0, "{what}: {}", loudness(&at_a, 900.0));
        assert!((loudness(&at_a, 700.0) - 8_000.0).abs() < 200.0, "{what}");
        let at_c = samples(&world.to("192.0.2.3:4000".parse().unwrap()));
        assert!(at_c.is_empty() || loudness(&at_c, 500.0) < 20.0, "{what}");
        [A, B, C, D].into_iter().for_each(|leg| world.command(Command::Close { leg }));
        assert_eq!(world.engine.rooms(), 0, "{what}: a room with nobody in it is gone");
        assert!(world.engine.is_empty());
    }
}

#[test]
fn a_prompt_is_for_one_alone_and_the_room_comes_back() {
    let (mut world, mut phones) = room(&[Codec::Pcmu; 3]);
    let tone = hearing::tone(1_700.0, 8_000.0, 8_000, 0).into();
    let prompt = AudioSource::Prompt(std::sync::Arc::new(Prompt { name: "beep".into(), samples: tone }));
    talk(&mut world, &mut phones, 10);
    world.network.sent.clear();
    world.command(Command::Play { leg: C, token: 1, sources: vec![prompt.clone()], repeat: false });
    talk(&mut world, &mut phones, 50);
    let at_c = samples(&world.to(phones[2].1.address));
    assert!(loudness(&at_c, 1_700.0) > 7_800.0 && loudness(&at_c, 500.0) < 20.0);
    let at_a = samples(&world.to(phones[0].1.address));
    assert!(loudness(&at_a, 900.0) > 7_800.0, "C is still heard");
    assert!(loudness(&at_a, 1_700.0) < 20.0, "C's prompt is not");
    assert_eq!(world.events, [MediaEvent::PlayDone { leg: C, token: 1 }]);
    world.command(Command::Play { leg: C, token: 2, sources: vec![prompt.clone()], repeat: true });
    talk(&mut world, &mut phones, 5);
    world.command(Command::Stop { leg: C });
    // Harmless: they are in a room, and not connected.
    world.command(Command::Disconnect { a: C, b: A });
    talk(&mut world, &mut phones, 1);
    world.network.sent.clear();
    talk(&mut world, &mut phones, 30);
    let sent = world.to(phones[2].1.address);
    assert_eq!(sent.len(), 30);
    assert!(loudness(&samples(&sent), 500.0) > 7_800.0);
    // A player that runs is stopped by entering.
    world.command(Command::Play { leg: C, token: 3, sources: vec![prompt], repeat: true });
    world.command(Command::Mix { leg: C, room: ROOM });
    let stopped = |token| MediaEvent::PlayStopped { leg: C, token };
    assert_eq!(world.events[1..], [stopped(2), stopped(3)]);
}

#[test]
fn keys_are_events_and_never_audio() {
    let (mut world, mut phones) = room(&[Codec::Pcmu, Codec::Pcmu]);
    talk(&mut world, &mut phones[1..], 10);
    world.network.sent.clear();
    let (leg, phone) = &mut phones[0];
    for duration in 1..=10_u8 {
        let packet = phone.packet(101, &[5, if duration > 8 { 0x80 } else { 0 } | 10, 0, duration * 20]);
        world.arrive(*leg, phone.address, &packet);
        world.tick();
    }
    assert_eq!(world.digits(A), "5");
    let heard = samples(&world.to(phones[1].1.address));
    assert_eq!(heard.len(), 1_600);
    assert!(heard.iter().all(|s| s.unsigned_abs() < 10), "silence while the key is down");
    // And out: the room waits while digits are sent to its member.
    world.command(Command::SendDigits { leg: B, token: 9, digits: "12".into() });
    world.network.sent.clear();
    (0..21).for_each(|_| world.tick());
    let sent = world.to(phones[1].1.address);
    assert_eq!(sent.iter().filter(|p| p.header.payload_type == 101).count(), 14);
    assert!(world.events.contains(&MediaEvent::DigitsSent { leg: B, token: 9 }));
}

#[test]
fn nobody_else_there_is_quiet_and_not_dead() {
    let (mut world, mut phones) = room(&[Codec::Pcmu]);
    talk(&mut world, &mut phones, 50);
    let heard = samples(&world.to(phones[0].1.address));
    assert_eq!(heard.len(), 8_000);
    let power = heard.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / 8_000.0;
    assert!((10.0..30.0).contains(&power.sqrt()), "-65 dBov is 18: {}", power.sqrt());
    // On hold: nothing comes from it, and nothing is sent where nothing is wanted.
    let mut held = phones[0].1.described();
    held.direction = Direction::Inactive;
    world.remote(A, held);
    world.network.sent.clear();
    talk(&mut world, &mut phones, 5);
    assert!(world.network.sent.is_empty());
    world.command(Command::Mix { leg: LegId(99), room: ROOM });
    assert_eq!(world.engine.rooms(), 1, "nobody by that number");
}

#[test]
fn strangers_are_not_in_the_room() {
    let (mut world, mut phones) = room(&[Codec::Pcmu, Codec::Pcmu]);
    talk(&mut world, &mut phones, 10);
    // From another address with A's SSRC, and from A's own beside its stream with another SSRC.
    let mut stranger = phones[0].1.clone();
    stranger.hz = 1_900.0;
    let mut beside = stranger.clone();
    beside.ssrc += 1;
    for _ in 0..30 {
        let (strange, forged) = (stranger.speak(), beside.speak());
        world.arrive(A, "198.51.100.66:7000".parse().unwrap(), &strange);
        world.arrive(A, beside.address, &forged);
        talk(&mut world, &mut phones, 1);
    }
    let at_b = heard(&world, &phones[1].1);
    assert!(loudness(&at_b, 1_900.0) < 20.0);
    assert!((loudness(&at_b, 500.0) - 8_000.0).abs() < 200.0);
    // Moved by a new negotiation, with another codec: heard from there, and no longer from before.
    let mut moved = Phone::new("203.0.113.5:6000", Codec::Pcma, 1_500.0);
    world.remote(A, moved.described());
    world.network.sent.clear();
    for _ in 0..40 {
        let (new, old) = (moved.speak(), phones[0].1.speak());
        world.arrive(A, moved.address, &new);
        world.arrive(A, phones[0].1.address, &old);
        world.tick();
    }
    let at_b = heard(&world, &phones[1].1);
    let (new, old) = (loudness(&at_b, 1_500.0), loudness(&at_b, 500.0));
    // The fifth harmonic of 1,500 Hz, which the laws make a little of, is heard at 500 Hz.
    assert!(new > 7_800.0 && old < 100.0, "{new} {old}");
    let to_a = world.to(moved.address);
    assert!(to_a.len() == 40 && to_a.iter().all(|p| p.header.payload_type == 8));
}
