//! What plays is what is heard, and each token comes back once.

use std::sync::Arc;

use strowger::call::audio::{AudioSource, Prompt, ToneRegion};
use strowger::call::media_types::Codec;
use strowger::media::MediaEvent::{self, PlayDone, PlayStopped};
use strowger::media::engine::Command;
use strowger::media::{g711, tone};

use super::hearing::{self, loudness};
use super::world::{A, B, Phone, World, assert_one_stream, samples};

fn prompt(hz: f64, length: usize) -> AudioSource {
    let samples = hearing::tone(hz, 9_000.0, length, 0).into();
    AudioSource::Prompt(Arc::new(Prompt { name: "test".into(), samples }))
}

fn play(token: u64, sources: Vec<AudioSource>, repeat: bool) -> Command {
    Command::Play { leg: A, token, sources, repeat }
}

fn world() -> (World, Phone) {
    let mut world = World::new();
    let a = Phone::new("192.0.2.1:4000", Codec::Pcma, 500.0);
    world.leg(A, &a);
    (world, a)
}

fn run(world: &mut World, ticks: usize) {
    (0..ticks).for_each(|_| world.tick());
}

#[test]
fn a_prompt_is_heard_sample_by_sample() {
    let (mut world, a) = world();
    let AudioSource::Prompt(first) = prompt(400.0, 1_000) else { panic!() };
    let AudioSource::Prompt(second) = prompt(600.0, 777) else { panic!() };
    let sources = vec![AudioSource::Prompt(first.clone()), AudioSource::Prompt(second.clone())];
    world.command(play(7, sources, false));
    run(&mut world, 20);
    let sent = world.to(a.address);
    assert_eq!(sent.len(), 12, "1,777 samples, the last frame filled up");
    assert_one_stream(&sent);
    let law = |s: &i16| g711::decode(Codec::Pcma, g711::encode(Codec::Pcma, *s));
    let mut expected: Vec<i16> = first.samples.iter().chain(second.samples.iter()).map(law).collect();
    expected.resize(12 * 160, law(&0));
    assert_eq!(samples(&sent), expected);
    assert_eq!(world.events, [PlayDone { leg: A, token: 7 }]);
    assert!(!world.engine.wants_tick(), "an idle leg costs no tick");
}

#[test]
fn what_follows_joins_without_a_gap() {
    let (mut world, a) = world();
    world.command(play(1, vec![prompt(400.0, 320)], false));
    run(&mut world, 2);
    assert_eq!(world.events, [PlayDone { leg: A, token: 1 }]);
    world.command(play(2, vec![prompt(600.0, 320)], false));
    run(&mut world, 3);
    let sent = world.to(a.address);
    assert_one_stream(&sent);
    assert_eq!(sent.len(), 4);
    assert_eq!(sent[3].header.timestamp.wrapping_sub(sent[0].header.timestamp), 480);
    assert_eq!(sent.iter().filter(|p| p.header.marker).count(), 1);
}

#[test]
fn every_token_comes_back_once() {
    let long = || vec![prompt(400.0, 8_000)];
    let done = |token| PlayDone { leg: A, token };
    let stopped = |token| PlayStopped { leg: A, token };
    type Case = (&'static str, Vec<Command>, Vec<MediaEvent>);
    let rows: Vec<Case> = vec![
        ("to its end", vec![play(1, long(), false)], vec![done(1)]),
        ("nothing to play", vec![play(1, vec![], false)], vec![done(1)]),
        ("nothing to play, over and over", vec![play(1, vec![], true)], vec![done(1)]),
        ("empty prompts, over and over", vec![play(1, vec![prompt(400.0, 0), prompt(400.0, 0)], true)], vec![done(1)]),
        ("replaced", vec![play(1, long(), false), play(2, long(), false)], vec![stopped(1), done(2)]),
        ("stopped", vec![play(1, long(), false), Command::Stop { leg: A }], vec![stopped(1)]),
        (
            "stopped twice",
            vec![play(1, long(), true), Command::Stop { leg: A }, Command::Stop { leg: A }],
            vec![stopped(1)],
        ),
        ("connected", vec![play(1, long(), true), Command::Connect { a: B, b: A }], vec![stopped(1)]),
        ("connected to nobody", vec![play(1, long(), false), Command::Connect { a: A, b: A }], vec![done(1)]),
        ("over and over", vec![play(1, vec![prompt(400.0, 100)], true)], vec![]),
        ("a pause", vec![play(1, vec![AudioSource::Pause { length_ms: 500 }], false)], vec![done(1)]),
        ("silence for ever", vec![play(1, vec![AudioSource::Silence, prompt(400.0, 1)], false)], vec![]),
        (
            "no such leg",
            vec![Command::Play { leg: super::world::C, token: 1, sources: long(), repeat: false }],
            vec![PlayStopped { leg: super::world::C, token: 1 }],
        ),
    ];
    for (what, commands, expected) in rows {
        let (mut world, a) = world();
        world.leg(B, &a);
        commands.into_iter().for_each(|command| world.command(command));
        run(&mut world, 60);
        assert_eq!(world.events, expected, "{what}");
        world.events.clear();
        world.command(Command::Close { leg: A });
        let open: Vec<_> = world.events.iter().filter(|e| !matches!(e, MediaEvent::Closed { .. })).collect();
        let never_ended = expected.is_empty();
        assert_eq!(open.len(), usize::from(never_ended), "{what}: {open:?}");
    }
}

#[test]
fn a_prompt_ends_on_time_where_nobody_listens() {
    let (mut world, a) = world();
    let mut remote = a.described();
    remote.direction = strowger::call::media_types::Direction::RecvOnly;
    world.remote(A, remote);
    world.command(play(1, vec![prompt(400.0, 1_600)], false));
    run(&mut world, 9);
    assert_eq!(world.events, []);
    run(&mut world, 1);
    assert_eq!(world.events, [PlayDone { leg: A, token: 1 }]);
    assert!(world.network.sent.is_empty());
}

#[test]
fn a_loop_joins_its_end_to_its_start() {
    let (mut world, a) = world();
    // Ten turns in 200 samples: the loop is one unbroken tone.
    let AudioSource::Prompt(music) = prompt(400.0, 200) else { panic!() };
    world.command(play(1, vec![AudioSource::Music(music)], false));
    run(&mut world, 50);
    let heard = samples(&world.to(a.address));
    assert!(hearing::distortion(&heard, 400.0) < 0.002);
    let (mut world, a) = self::world();
    world.command(play(1, vec![prompt(400.0, 100), prompt(400.0, 100)], true));
    run(&mut world, 50);
    assert!(hearing::distortion(&samples(&world.to(a.address)), 400.0) < 0.002);
}

#[test]
fn a_late_tick_joins_and_a_stall_is_a_gap() {
    for (late_ms, gap) in [(60, 0), (400, 400 * 8)] {
        let (mut world, a) = world();
        world.command(play(1, vec![AudioSource::Silence], false));
        run(&mut world, 2);
        world.wait_ms(late_ms);
        run(&mut world, 2);
        let sent = world.to(a.address);
        let step = sent[2].header.timestamp.wrapping_sub(sent[1].header.timestamp);
        assert_eq!(step, 160 + gap, "{late_ms} ms late");
        assert_eq!(sent[2].header.marker, gap > 0);
    }
}

#[test]
fn ringback_has_the_tones_and_cadence_of_its_region() {
    // Region, tones, and (from, length, rings) in milliseconds.
    let rows = [
        (
            ToneRegion::Uk,
            [400.0, 450.0],
            vec![(0, 400, true), (400, 200, false), (600, 400, true), (1_000, 2_000, false), (3_000, 400, true)],
        ),
        (ToneRegion::Us, [440.0, 480.0], vec![(0, 2_000, true), (2_000, 4_000, false), (6_000, 2_000, true)]),
    ];
    for (region, tones, cadence) in rows {
        let (mut world, a) = world();
        world.command(play(1, vec![AudioSource::Ringback(region)], false));
        run(&mut world, 450);
        let heard = samples(&world.to(a.address));
        for (from, length, rings) in cadence {
            let part = &heard[from * 8..(from + length) * 8];
            for hz in tones {
                let loud = loudness(part, hz);
                assert!(
                    if rings { (3_000.0..4_000.0).contains(&loud) } else { loud < 20.0 },
                    "{region:?} {from}: {loud}"
                );
            }
            assert!(loudness(part, 1_000.0) < 100.0);
        }
    }
}

#[test]
fn hold_music_is_music() {
    let music = tone::hold_music();
    assert_eq!(music.length_ms(), 8_000);
    let loudest = music.samples.iter().map(|s| s.unsigned_abs()).max().unwrap();
    assert!((5_000..30_000).contains(&loudest), "neither a whisper nor clipped: {loudest}");
    // Nowhere quiet for a tenth of a second, and no click: nothing jumps further than the tune itself does.
    for part in music.samples.chunks(800) {
        let power = part.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / 800.0;
        assert!(power.sqrt() > 300.0);
    }
    let around = music.samples.iter().zip(music.samples.iter().cycle().skip(1));
    let jump = around.map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs()).max().unwrap();
    assert!(jump < 6_000, "{jump}");
    // The first chord is C: its keynote is there, and a note outside it is not.
    let first = &music.samples[..4_000];
    assert!(loudness(first, 130.81) > 10.0 * loudness(first, 184.99));
}

#[test]
fn congestion_has_the_tones_and_cadence_of_its_region_and_an_end() {
    type Row = (ToneRegion, &'static [f64], &'static [(usize, usize, bool)]);
    let rows: [Row; 2] = [
        (
            ToneRegion::Uk,
            &[400.0],
            &[(0, 400, true), (400, 350, false), (750, 225, true), (975, 525, false), (1_500, 400, true)],
        ),
        (ToneRegion::Us, &[480.0, 620.0], &[(0, 250, true), (250, 250, false), (500, 250, true), (3_750, 250, false)]),
    ];
    for (region, tones, cadence) in rows {
        let (mut world, a) = world();
        world.command(play(1, vec![AudioSource::Congestion(region)], false));
        run(&mut world, 200);
        assert_eq!(world.events, [PlayDone { leg: A, token: 1 }], "after four seconds");
        let heard = samples(&world.to(a.address));
        assert_eq!(heard.len(), 32_000);
        for (from, length, on) in cadence {
            let part = &heard[from * 8..(from + length) * 8];
            for hz in tones {
                let loud = loudness(part, *hz);
                assert!(
                    if *on { (3_000.0..4_000.0).contains(&loud) } else { loud < 20.0 },
                    "{region:?} {from}: {loud}"
                );
            }
            assert!(loudness(part, 1_000.0) < 100.0);
        }
    }
}

#[test]
fn silence_is_comfort_noise() {
    let (mut world, a) = world();
    world.command(play(1, vec![AudioSource::Silence], false));
    run(&mut world, 200);
    let heard = samples(&world.to(a.address));
    assert_eq!(heard.len(), 32_000, "a packet every 20 ms");
    let effective = (heard.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / heard.len() as f64).sqrt();
    let dbov = 20.0 * (effective / 32_768.0).log10();
    assert!((-67.0..-63.0).contains(&dbov), "{dbov}");
    for hz in [50.0, 400.0, 1_000.0, 3_000.0] {
        assert!(loudness(&heard, hz) < 2.0, "no tone in it");
    }
}
