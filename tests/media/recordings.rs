//! What is on a recording: each side on its channel, in step, true to time, and whole on disk whatever happens.

use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use strowger::base::id::{LegId, RoomId};
use strowger::call::audio::{AudioSource, Prompt};
use strowger::call::media_types::Codec;
use strowger::media::MediaEvent;
use strowger::media::disk::{self, Disk};
use strowger::media::engine::{Command, RecordOp};
use strowger::media::mend::mend;
use strowger::media::recording::{MAX_FRAMES, Reel, Tape, TapeId};

use super::hearing::{distortion, loudness, tone};
use super::world::{A, B, C, Phone, World};

fn start(name: &str) -> RecordOp {
    RecordOp::Start { name: name.into() }
}

fn record(world: &mut World, op: RecordOp) {
    world.command(Command::Record { leg: A, op });
}

/// What a disk that keeps up would hold: left and right of each recording, and its name.
fn tapes(world: &mut World) -> Vec<(String, Vec<i16>, Vec<i16>)> {
    let mut made: Vec<(String, Vec<i16>, Vec<i16>)> = Vec::new();
    for reel in world.engine.reels() {
        match reel {
            Reel::Begin { name, leg, .. } => {
                assert_eq!(leg, A);
                made.push((name.to_string(), Vec::new(), Vec::new()));
            }
            Reel::Piece { tape, at, samples } => {
                let (_, left, right) = &mut made[tape.0 as usize - 1];
                for side in [&mut *left, &mut *right] {
                    assert!(side.len() <= at as usize, "pieces come in order");
                    side.resize(at as usize, 0);
                }
                left.extend(samples.iter().step_by(2));
                right.extend(samples.iter().skip(1).step_by(2));
            }
            Reel::End { tape, length, full } => {
                assert!(!full);
                let (_, left, right) = &mut made[tape.0 as usize - 1];
                left.resize(length as usize, 0);
                right.resize(length as usize, 0);
            }
        }
    }
    made
}

fn pair() -> (World, Phone, Phone) {
    let mut world = World::new();
    let (a, b) = (Phone::new("192.0.2.1:4000", Codec::Pcmu, 500.0), Phone::new("192.0.2.2:4000", Codec::Pcma, 700.0));
    world.leg(A, &a);
    world.leg(B, &b);
    (world, a, b)
}

fn talk(world: &mut World, a: &mut Phone, b: &mut Phone, packets: usize) {
    for _ in 0..packets {
        let (from_a, from_b) = (a.speak(), b.speak());
        world.wait_ms(5);
        world.arrive(A, a.address, &from_a);
        world.wait_ms(5);
        world.arrive(B, b.address, &from_b);
        world.wait_ms(10);
        world.tick_now();
    }
}

fn prompt(hz: f64, length: usize) -> AudioSource {
    AudioSource::Prompt(Arc::new(Prompt { name: "test".into(), samples: tone(hz, 8_000.0, length, 0).into() }))
}

#[track_caller]
fn assert_only(side: &[i16], hz: f64) {
    assert!((loudness(side, hz) - 8_000.0).abs() < 250.0, "{hz} Hz: {}", loudness(side, hz));
    assert!(distortion(side, hz) < 0.003, "{hz} Hz: {}", distortion(side, hz));
}

#[test]
fn left_is_what_is_said_and_right_what_is_heard() {
    let (mut world, mut a, mut b) = pair();
    world.command(Command::Connect { a: A, b: B });
    record(&mut world, start("call"));
    talk(&mut world, &mut a, &mut b, 50);
    // A prompt takes the peer's place, then a room does: 100 ticks each.
    world.command(Command::Play { leg: A, token: 1, sources: vec![prompt(1_100.0, 8_000)], repeat: false });
    talk(&mut world, &mut a, &mut b, 50);
    let mut c = Phone::new("192.0.2.3:4000", Codec::Pcmu, 1_300.0);
    world.leg(C, &c);
    [A, B, C].into_iter().for_each(|leg| world.command(Command::Mix { leg, room: RoomId(1) }));
    for _ in 0..50 {
        let from_c = c.speak();
        world.arrive(C, c.address, &from_c);
        talk(&mut world, &mut a, &mut b, 1);
    }
    record(&mut world, RecordOp::Stop);
    talk(&mut world, &mut a, &mut b, 5);
    let made = tapes(&mut world);
    let [(name, left, right)] = &made[..] else { panic!("{} tapes", made.len()) };
    assert_eq!((name.as_str(), left.len(), right.len()), ("call", 150 * 160, 150 * 160));
    assert_only(&left[800..23_200], 500.0);
    assert_only(&right[800..7_200], 700.0);
    assert_only(&right[8_800..15_200], 1_100.0);
    let room = &right[16_800..23_200];
    assert!(loudness(room, 700.0) > 7_800.0 && loudness(room, 1_300.0) > 7_800.0);
    assert!(loudness(room, 500.0) < 60.0, "not one's own voice");
    assert!(world.engine.reels().next().is_none(), "nothing after the end");
}

#[test]
fn both_sides_are_in_step() {
    let (mut world, mut a, mut b) = pair();
    (a.hz, b.hz) = (900.0, 900.0);
    world.command(Command::Connect { a: A, b: B });
    record(&mut world, start("call"));
    (0..20).for_each(|_| world.tick());
    talk(&mut world, &mut a, &mut b, 20);
    record(&mut world, RecordOp::Stop);
    let (_, left, right) = tapes(&mut world).remove(0);
    let begins = |side: &[i16]| side.iter().position(|s| s.unsigned_abs() > 500).unwrap();
    let (left, right) = (begins(&left), begins(&right));
    assert!(left.abs_diff(right) <= 80, "{left} and {right}");
    // Said 405 and 410 ms after the start, heard there within what the buffer waits and a tick.
    assert!((3_240..3_240 + 400).contains(&left), "{left}");
}

#[test]
fn a_pause_is_silence_of_its_length() {
    let (mut world, mut a, mut b) = pair();
    world.command(Command::Connect { a: A, b: B });
    record(&mut world, start("call"));
    talk(&mut world, &mut a, &mut b, 33);
    record(&mut world, RecordOp::Pause);
    talk(&mut world, &mut a, &mut b, 30);
    record(&mut world, RecordOp::Resume);
    talk(&mut world, &mut a, &mut b, 37);
    world.command(Command::Close { leg: A });
    let (_, left, right) = tapes(&mut world).remove(0);
    assert_eq!((left.len(), right.len()), (16_000, 16_000));
    for side in [&left, &right] {
        let secret = &side[33 * 160..63 * 160];
        assert!(secret.iter().all(|s| *s == 0), "nothing of what was said");
    }
    assert_only(&left[800..33 * 160], 500.0);
    assert_only(&left[63 * 160..], 500.0);
    assert_only(&right[63 * 160..], 700.0);
}

#[test]
fn every_beginning_has_one_end() {
    use RecordOp::{Pause, Resume, Stop};
    let rows: [(&str, Vec<RecordOp>, &[&str]); 5] = [
        ("stopped twice", vec![start("a"), Stop, Stop], &["a"]),
        ("a second finishes the first", vec![start("a"), start("b")], &["a", "b"]),
        ("nothing to stop", vec![Pause, Resume, Stop], &[]),
        ("paused for ever", vec![start("a"), Pause, Pause], &["a"]),
        ("again", vec![start("a"), Stop, start("b"), Stop], &["a", "b"]),
    ];
    for (what, ops, names) in rows {
        let (mut world, ..) = pair();
        for op in ops {
            record(&mut world, op);
            world.tick();
        }
        world.command(Command::Close { leg: A });
        assert!(!world.engine.wants_tick(), "{what}");
        let reels: Vec<Reel> = world.engine.reels().collect();
        let began: Vec<&str> =
            reels.iter().filter_map(|r| if let Reel::Begin { name, .. } = r { Some(&**name) } else { None }).collect();
        let ended = reels.iter().filter(|r| matches!(r, Reel::End { .. })).count();
        assert_eq!((began.as_slice(), ended), (names, names.len()), "{what}");
    }
    let mut world = World::new();
    record(&mut world, start("nobody"));
    assert!(world.engine.reels().next().is_none() && world.events.is_empty());
}

#[test]
fn keys_are_not_on_it() {
    let (mut world, mut a, b) = pair();
    world.command(Command::Connect { a: A, b: B });
    record(&mut world, start("call"));
    let mut from_b = b.clone();
    for duration in 1..=10 {
        let key = [5, 10, 0, duration * 20];
        let (said, heard) = (a.packet(101, &key), from_b.packet(101, &key));
        world.arrive(A, a.address, &said);
        world.arrive(B, b.address, &heard);
        world.tick();
    }
    world.command(Command::SendDigits { leg: A, token: 1, digits: "1".into() });
    (0..20).for_each(|_| world.tick());
    record(&mut world, RecordOp::Stop);
    let (_, left, right) = tapes(&mut world).remove(0);
    assert_eq!(left.len(), 30 * 160);
    assert!(left.iter().chain(&right).all(|s| *s == 0));
}

#[test]
fn a_stall_and_a_silent_line_keep_the_time() {
    let (mut world, mut a, mut b) = pair();
    world.command(Command::Connect { a: A, b: B });
    record(&mut world, start("call"));
    talk(&mut world, &mut a, &mut b, 10);
    // No tick for a second, as when the machine sleeps.
    world.wait_ms(1_000);
    talk(&mut world, &mut a, &mut b, 10);
    record(&mut world, RecordOp::Stop);
    let (_, left, right) = tapes(&mut world).remove(0);
    assert!((69 * 160..=71 * 160).contains(&left.len()), "{}", left.len());
    assert_eq!(left.len(), right.len());
    assert!(left[15 * 160..55 * 160].iter().all(|s| *s == 0));
    assert_only(&left[left.len() - 1_200..], 500.0);
}

#[test]
fn the_longest_recording_ends_by_itself() {
    let mut out = Vec::new();
    let mut tape = Tape::begin(strowger::base::time::Mono(0), TapeId(1), A, "long".into(), &mut out);
    let late = strowger::base::time::Mono((MAX_FRAMES + 5) * 20_000);
    tape.tick(late, &[0; 160], &mut out);
    assert!(tape.is_full());
    tape.end(&mut out);
    assert_eq!(out.last(), Some(&Reel::End { tape: TapeId(1), length: MAX_FRAMES * 160, full: true }));
}

/// A file in memory that can be looked at while it is written, and writes only when it is let.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Cursor<Vec<u8>>>>);

impl Memory {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().get_ref().clone()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Memory {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.lock().unwrap().seek(to)
    }
}

/// A disk whose files open when `gate` says so, and what it reports.
fn disk(most_waiting: usize, gate: Receiver<()>) -> (Disk, Memory, Receiver<MediaEvent>) {
    let memory = Memory::default();
    let (events, inbox) = channel();
    let on_disk = memory.clone();
    let open = move |_: &str| -> io::Result<Box<dyn disk::Medium>> {
        let _ = gate.recv();
        Ok(Box::new(on_disk.clone()))
    };
    let report: disk::Report = Arc::new(move |event| {
        let _ = events.send(event);
    });
    (Disk::start(Box::new(open), most_waiting, report).unwrap(), memory, inbox)
}

fn gate() -> (Sender<()>, Receiver<()>) {
    channel()
}

/// Pieces of 100 ms, the samples of each its number.
fn pieces(disk: &mut Disk, numbers: std::ops::RangeInclusive<i16>) {
    for n in numbers {
        let samples = [n; 1_600].into();
        disk.take(Reel::Piece { tape: TapeId(1), at: (n as u64 - 1) * 800, samples });
    }
}

fn begin(name: &str) -> Reel {
    Reel::Begin { tape: TapeId(1), leg: A, name: name.into() }
}

fn end(length: u64) -> Reel {
    Reel::End { tape: TapeId(1), length, full: false }
}

fn read(bytes: &[u8]) -> Vec<i16> {
    let reader = hound::WavReader::new(Cursor::new(bytes)).expect("a valid WAV");
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 8_000, 16));
    reader.into_samples().map(Result::unwrap).collect()
}

fn recorded(name: &str, length_ms: u64, problem: Option<&str>) -> MediaEvent {
    MediaEvent::Recorded { leg: A, name: name.into(), length_ms, problem: problem.map(Into::into) }
}

#[test]
fn a_disk_that_is_too_slow_loses_pieces_and_no_time() {
    let (open, gate) = gate();
    let (mut disk, memory, events) = disk(6, gate);
    disk.take(begin("slow"));
    // The disk stands still: of twenty pieces the beginning and five wait, fifteen are dropped.
    pieces(&mut disk, 1..=20);
    // Full: another recording is refused at once, and its pieces are nobody's.
    disk.take(Reel::Begin { tape: TapeId(2), leg: LegId(9), name: "late".into() });
    disk.take(Reel::Piece { tape: TapeId(2), at: 0, samples: [1; 1_600].into() });
    disk.take(Reel::End { tape: TapeId(2), length: 800, full: false });
    let refused = events.recv().unwrap();
    let MediaEvent::Recorded { leg: LegId(9), length_ms: 0, problem: Some(problem), .. } = refused else { panic!() };
    assert_eq!(&*problem, "the disk is too slow: there is no recording");
    disk.take(end(20 * 800));
    open.send(()).unwrap();
    assert_eq!(
        events.recv().unwrap(),
        recorded("slow", 2_000, Some("the disk was too slow: 1500 ms of the recording are silence"))
    );
    let samples = read(&memory.bytes());
    assert_eq!(samples.len(), 20 * 1_600);
    for (n, piece) in samples.chunks(1_600).enumerate() {
        let expected = if n < 5 { n as i16 + 1 } else { 0 };
        assert!(piece.iter().all(|s| *s == expected), "piece {n}");
    }
    drop(disk);
    assert!(events.recv().is_err(), "told once");
}

#[test]
fn the_file_is_whole_while_it_is_written() {
    let (open, gate) = gate();
    open.send(()).unwrap();
    let (mut disk, memory, _events) = disk(1_000, gate);
    disk.take(begin("long"));
    pieces(&mut disk, 1..=120);
    // 12 s are given; after 5 and 10 the header is brought up to date. No sleep: whatever is there is whole.
    let samples = loop {
        let bytes = memory.bytes();
        if bytes.len() > 44 && hound::WavReader::new(Cursor::new(&bytes)).is_ok_and(|r| r.duration() >= 80_000) {
            break hound::WavReader::new(Cursor::new(bytes)).unwrap().duration();
        }
        std::thread::yield_now();
    };
    assert_eq!(samples, 80_000, "ten seconds are safe, should the process die now");
    // Without an end: the media thread is gone, and what there is is kept.
    drop(disk);
    assert_eq!(read(&memory.bytes()).len(), 120 * 1_600);
}

#[test]
fn files_are_the_owners_alone_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = folder.path().join("state").join("recordings");
    let (events, inbox) = channel();
    let report: disk::Report = Arc::new(move |event| {
        let _ = events.send(event);
    });
    let mut disk = Disk::start(disk::folder(recordings.clone()), 100, report).unwrap();
    let mut run = |name: &str| {
        disk.take(begin(name));
        pieces(&mut disk, 1..=3);
        disk.take(end(2_400));
        inbox.recv().unwrap()
    };
    assert_eq!(run("2026-call_1.wav"), recorded("2026-call_1.wav", 300, None));
    let MediaEvent::Recorded { problem: Some(problem), length_ms: 0, .. } = run("2026-call_1.wav") else { panic!() };
    assert!(problem.starts_with("there is no recording: ") && problem.contains("exists"), "{problem}");
    for name in ["", ".", "..", "../up", "a/b", "a\\b", ".hidden", "new\nline", &"x".repeat(300)] {
        let MediaEvent::Recorded { problem: Some(problem), .. } = run(name) else { panic!("{name}") };
        assert!(problem.contains("is no name of a recording"), "{problem}");
    }
    let file = recordings.join("2026-call_1.wav");
    assert_eq!(read(&std::fs::read(&file).unwrap()).len(), 4_800);
    assert_eq!(std::fs::read_dir(&recordings).unwrap().count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&recordings), mode(&file)), (0o700, 0o600));
    }
}

/// Writes for a while, and is full.
struct Small(Memory, usize);

impl Write for Small {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.1 {
            return Err(io::Error::other("no room left"));
        }
        self.1 -= bytes.len();
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Small {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_full_disk_is_told_in_words() {
    let (events, inbox) = channel();
    let report: disk::Report = Arc::new(move |event| {
        let _ = events.send(event);
    });
    let open = |_: &str| -> io::Result<Box<dyn disk::Medium>> { Ok(Box::new(Small(Memory::default(), 8_000))) };
    let mut disk = Disk::start(Box::new(open), 1_000, report).unwrap();
    disk.take(begin("full"));
    pieces(&mut disk, 1..=10);
    disk.take(end(8_000));
    assert_eq!(
        inbox.recv().unwrap(),
        recorded("full", 200, Some("the recording ends after 200 ms: no room left")),
        "the beginning is kept"
    );
}

/// T60: what had reached the file when its writer was killed can be heard.
#[test]
fn t60_a_recording_without_an_end_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s-1.wav");
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let begun = |samples: i16| {
        let file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
        let mut writer = hound::WavWriter::new(file, spec).unwrap();
        (0..samples).for_each(|sample| writer.write_sample(sample).unwrap());
        // What dies writes nothing more.
        std::mem::forget(writer);
    };
    let read = || -> Vec<i16> {
        let mut reader = hound::WavReader::open(&path).unwrap();
        assert_eq!(reader.spec(), spec);
        reader.samples().map(Result::unwrap).collect()
    };
    begun(10_000);
    assert_eq!(read(), [0; 0], "its head says that there is nothing");
    for _ in 0..2 {
        mend(folder.path(), "s-1.wav").unwrap();
        let there = read();
        assert!(there.len() > 6_000 && there.len().is_multiple_of(2), "{}", there.len());
        assert!(there.iter().copied().eq((0..10_000).take(there.len())));
    }
    // Half a sample, then nothing at all.
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let before = read_len(&whole);
    mend(folder.path(), "s-1.wav").unwrap();
    assert_eq!(read().len(), before - 2);
    begun(10);
    assert!(std::fs::read(&path).unwrap().len() < 44);
    mend(folder.path(), "s-1.wav").unwrap();
    assert_eq!(read(), [0; 0]);
    // Nothing else is touched.
    let letter = "a letter, of more than the forty-four octets that a head has".repeat(2);
    std::fs::write(folder.path().join("letter"), &letter).unwrap();
    for name in ["letter", "missing.wav", "../letter"] {
        assert!(mend(folder.path(), name).is_err(), "{name}");
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("letter")).unwrap(), letter);
}

/// Samples of a file that is whole.
fn read_len(file: &[u8]) -> usize {
    (file.len() - 44) / 2
}
