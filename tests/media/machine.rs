//! Who answered: greetings in time, and what is taken for a person or a machine.

use strowger::base::id::LegId;
use strowger::call::media_types::Codec;
use strowger::media::MediaEvent::{self, Screened};
use strowger::media::engine::Command;
use strowger::media::machine::Detector;
use strowger::media::tone::sine;

use super::hearing::tone;
use super::world::{A, Phone, World};

/// What is on the line, and for how many milliseconds.
#[derive(Clone, Copy)]
enum On {
    Speech(usize),
    Silence(usize),
    /// Hertz.
    Tone(f64, usize),
    /// A street: steady noise of this amplitude.
    Noise(f64, usize),
}
use On::{Noise, Silence, Speech, Tone};

/// Something like speech: a voice of 140 Hz with its harmonics, loud and soft four times a second, with noise.
fn samples(line: &[On]) -> Vec<i16> {
    let mut state = 7_u32;
    let mut noise = move |amplitude: f64| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        amplitude * (f64::from(state >> 16) / 32_768.0 - 1.0)
    };
    let mut out: Vec<i16> = Vec::new();
    for on in line {
        let (Speech(ms) | Silence(ms) | Tone(_, ms) | Noise(_, ms)) = *on;
        out.extend((0..ms * 8).map(|i| {
            let t = i as f64 / 8_000.0;
            let value = match *on {
                Speech(_) => {
                    let voice: f64 = (1..=12).map(|n| sine(140.0 * f64::from(n) * t) / f64::from(n)).sum();
                    let loud = 0.55 + 0.45 * sine(4.0 * t);
                    2_500.0 * loud * voice + noise(20.0)
                }
                Silence(_) => noise(30.0),
                Tone(hz, _) => f64::from(tone(hz, 6_000.0, 1, i)[0]),
                Noise(amplitude, _) => noise(amplitude),
            };
            value.round() as i16
        }));
    }
    out
}

/// The verdict and when it is given, in milliseconds.
fn listen(line: &[On]) -> (Option<bool>, usize) {
    let mut detector = Detector::default();
    let samples = samples(line);
    for (n, frame) in samples.chunks_exact(160).enumerate() {
        if let Some(machine) = detector.hear(frame.try_into().unwrap()) {
            return (Some(machine), (n + 1) * 20);
        }
    }
    (None, samples.len() / 8)
}

#[test]
fn persons_and_machines() {
    // What is on the line, whether a machine, and until when at the latest it must be known.
    let rows: &[(&str, &[On], bool, usize)] = &[
        ("hello", &[Silence(300), Speech(500), Silence(3_000)], false, 1_700),
        ("a name and a company", &[Silence(600), Speech(1_700), Silence(3_000)], false, 3_300),
        ("hello, and again", &[Silence(200), Speech(400), Silence(600), Speech(500), Silence(2_000)], false, 2_700),
        ("at once", &[Speech(500), Silence(2_000)], false, 1_500),
        ("nobody says anything", &[Silence(6_000)], false, 4_020),
        ("a click, and nothing", &[Silence(500), Speech(20), Silence(6_000)], false, 4_020),
        ("a machine", &[Silence(500), Speech(8_000)], true, 3_200),
        ("two sentences", &[Silence(500), Speech(1_500), Silence(400), Speech(3_000)], true, 3_300),
        ("a short sentence and a beep", &[Speech(1_200), Silence(500), Tone(1_000.0, 600)], true, 2_100),
        ("a beep of 440 Hz", &[Speech(900), Silence(300), Tone(440.0, 400), Silence(2_000)], true, 1_600),
        ("a beep of 1,400 Hz", &[Speech(900), Silence(300), Tone(1_395.0, 400), Silence(2_000)], true, 1_600),
        ("neither short nor long, then a beep", &[Speech(2_200), Silence(1_200), Tone(850.0, 400)], true, 3_800),
        ("neither short nor long, then nothing", &[Speech(2_200), Silence(3_000)], false, 3_900),
        ("a blip is no beep", &[Speech(600), Silence(300), Tone(1_000.0, 200), Silence(2_000)], false, 2_000),
        ("a tone above beeps", &[Speech(600), Tone(2_100.0, 400), Silence(2_000)], false, 2_000),
        ("a beep and no speech", &[Silence(200), Tone(1_000.0, 500), Silence(6_000)], false, 4_020),
        ("a person in the street", &[Noise(600.0, 1_500), Speech(500), Noise(600.0, 4_000)], false, 4_000),
        ("a fax", &[Silence(500), Tone(2_100.0, 4_000)], true, 3_200),
    ];
    for (what, line, machine, latest_ms) in rows {
        let (verdict, at_ms) = listen(line);
        assert_eq!(verdict, Some(*machine), "{what}: after {at_ms} ms");
        assert!(at_ms <= *latest_ms, "{what}: known after {at_ms} ms, {latest_ms} at the latest");
    }
}

#[test]
fn loud_and_quiet_voices_of_each_law_are_told_alike() {
    for law in [Codec::Pcmu, Codec::Pcma] {
        for gain in [0.3, 1.0, 3.0] {
            for (line, machine) in [(&[Speech(700), Silence(1_500)], false), (&[Speech(4_000), Silence(100)], true)] {
                let mut world = World::new();
                let mut phone = Phone::new("192.0.2.1:4000", law, 0.0);
                world.leg(A, &phone);
                world.command(Command::DetectMachine { leg: A, token: 5 });
                for frame in samples(line).chunks_exact(160) {
                    let loud: Vec<i16> = frame.iter().map(|s| (f64::from(*s) * gain) as i16).collect();
                    let packet = phone.send(&loud);
                    world.arrive(A, phone.address, &packet);
                    world.tick();
                }
                assert_eq!(world.events, [Screened { leg: A, token: 5, machine }], "{law:?}, {gain}");
                assert!(!world.engine.wants_tick());
            }
        }
    }
}

#[test]
fn every_token_comes_back_once() {
    let detect = |token| Command::DetectMachine { leg: A, token };
    let person = |token| Screened { leg: A, token, machine: false };
    let rows: Vec<(&str, Vec<Command>, Vec<MediaEvent>)> = vec![
        ("nobody speaks", vec![detect(1)], vec![person(1)]),
        ("asked twice", vec![detect(1), detect(2)], vec![person(1), person(2)]),
        ("closed", vec![detect(1), Command::Close { leg: A }], vec![person(1)]),
        ("connected meanwhile", vec![detect(1), Command::Connect { a: A, b: LegId(2) }], vec![person(1)]),
        (
            "no such leg",
            vec![Command::DetectMachine { leg: LegId(9), token: 1 }],
            vec![Screened { leg: LegId(9), token: 1, machine: false }],
        ),
    ];
    for (what, commands, expected) in rows {
        let mut world = World::new();
        let phone = Phone::new("192.0.2.1:4000", Codec::Pcmu, 500.0);
        world.leg(A, &phone);
        world.leg(LegId(2), &phone);
        commands.into_iter().for_each(|command| world.command(command));
        (0..300).for_each(|_| world.tick());
        world.command(Command::Close { leg: A });
        world.events.retain(|event| !matches!(event, MediaEvent::Closed { .. }));
        assert_eq!(world.events, expected, "{what}");
    }
}
