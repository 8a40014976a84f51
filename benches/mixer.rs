//! What a three-way call costs, beside relaying the same packets and beside playing music.
//!
//! `cargo bench --bench mixer` runs the engine without sockets: packets in, a tick, packets out. For one room and for
//! many, recorded or not, it prints the time of a room and tick, its ratio to relaying as many packets and to as many
//! legs with music in the same run, and the share of a core that a hundred of them take.
#![expect(clippy::print_stdout, reason = "it prints its figures")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a benchmark may fail, and reads the clock"
)]

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::Instant;

use strowger::base::id::{LegId, RoomId};
use strowger::base::time::Mono;
use strowger::call::audio::AudioSource;
use strowger::call::media_types::{Codec, Direction, RemoteMedia};
use strowger::media::engine::{Command, Engine, EngineConfig, RecordOp, TICK, Wire};
use strowger::media::sender::StreamStart;
use strowger::media::{g711, rtp};

/// Legs of a room.
const PARTIES: u64 = 3;
/// Ticks of a measurement: ten seconds of audio, less where there are many rooms.
const TICKS: usize = 500;
/// Room-ticks of a measurement with many rooms.
const ROOM_TICKS: usize = 50_000;
/// Ticks before it: memory is touched for the first time, and buffers fill.
const WARM_UP: usize = 10;
/// How often each thing is measured; the best counts.
const RUNS: usize = 3;
/// Ticks a second, for each call.
const PER_SECOND: f64 = 50.0;

fn main() {
    for calls in [1, 100, 1_000] {
        let relay = per_tick(calls, &Shape::Relay);
        let music = per_tick(calls, &Shape::Music);
        println!("{calls:>5} times {PARTIES} relayed packets: {}", figures(relay));
        println!("{calls:>5} legs with music:         {}", figures(music));
        for (name, recorded) in [("", false), (", recorded", true)] {
            let mix = per_tick(calls, &Shape::Rooms { recorded });
            let (to_relay, to_music) = (mix / relay, mix / music);
            let shown = format!("{calls:>5} rooms of {PARTIES}{name}:");
            println!("{shown:<30} {}, {to_relay:.1} of the relay, {to_music:.1} of music", figures(mix));
        }
    }
}

fn figures(ns: f64) -> String {
    // Nanoseconds a second, of a billion, for a hundred calls.
    let share = ns * PER_SECOND * 100.0 / 1e9 * 100.0;
    format!("{ns:>7.0} ns a tick, {share:>5.2} % of a core for 100")
}

enum Shape {
    Relay,
    Music,
    Rooms { recorded: bool },
}

/// Takes what leaves; its length is kept so that the compiler cannot leave the work out.
#[derive(Default)]
struct Sink(usize);

impl Wire for Sink {
    fn send(&mut self, _slot: usize, _to: SocketAddr, datagram: &[u8]) {
        self.0 += black_box(datagram).len();
    }
}

/// Nanoseconds of one tick of one call, the best of some runs.
fn per_tick(calls: usize, shape: &Shape) -> f64 {
    let runs = (0..RUNS).map(|_| run(calls, shape));
    runs.fold(f64::INFINITY, f64::min)
}

fn run(calls: usize, shape: &Shape) -> f64 {
    let mut engine = Engine::new(EngineConfig { dtmf_payload: 101, media_timeout: None });
    let mut events = Vec::new();
    let mut now = Mono(1_000_000);
    let mut talkers = Vec::new();
    for call in 0..calls as u64 {
        // A relayed leg needs a peer: one more hears the others, in turn.
        let legs: Vec<LegId> = (0..=PARTIES).map(|n| LegId(call * 8 + n)).collect();
        let slots: Vec<usize> = legs.iter().map(|leg| open(&mut engine, now, *leg)).collect();
        let mut order = |command| engine.command(now, command, &mut events);
        let talking = match shape {
            Shape::Relay => {
                legs.chunks_exact(2).for_each(|pair| order(Command::Connect { a: pair[0], b: pair[1] }));
                PARTIES as usize
            }
            Shape::Music => {
                order(Command::Play { leg: legs[0], token: 1, sources: vec![AudioSource::DefaultMusic], repeat: true });
                0
            }
            Shape::Rooms { recorded } => {
                for leg in legs.iter().take(PARTIES as usize) {
                    order(Command::Mix { leg: *leg, room: RoomId(call) });
                }
                if *recorded {
                    order(Command::Record { leg: legs[0], op: RecordOp::Start { name: "bench".into() } });
                }
                PARTIES as usize
            }
        };
        talkers.extend(legs.into_iter().zip(slots).take(talking));
    }
    let ticks = if calls == 1 { TICKS } else { (ROOM_TICKS / calls).max(20) };
    let mut sink = Sink::default();
    let mut packet = [0x4f; 172];
    let mut began = Instant::now();
    for tick in 0..(WARM_UP + ticks) as u32 {
        if tick as usize == WARM_UP {
            began = Instant::now();
        }
        for (leg, slot) in &talkers {
            let header = rtp::Header {
                marker: false,
                payload_type: g711::payload_type(Codec::Pcma),
                sequence: tick as u16,
                timestamp: tick * 160,
                ssrc: leg.0 as u32,
            };
            packet[..12].copy_from_slice(&header.to_bytes());
            engine.receive(now, *slot, (address(*leg), &packet), &mut sink, &mut events);
        }
        engine.tick(now, &mut sink, &mut events);
        engine.reels().for_each(|reel| drop(black_box(reel)));
        now = now + TICK;
    }
    let took = began.elapsed();
    assert!(sink.0 > 0 && events.is_empty());
    took.as_nanos() as f64 / ticks as f64 / calls as f64
}

fn address(leg: LegId) -> SocketAddr {
    SocketAddr::from(([10, 0, (leg.0 >> 8) as u8, leg.0 as u8], 4_000))
}

fn open(engine: &mut Engine, now: Mono, leg: LegId) -> usize {
    let slot = engine.open(leg, StreamStart { ssrc: 1, sequence: 0, timestamp: 0 }).unwrap();
    let (codec, direction) = (Codec::Pcma, Direction::SendRecv);
    let remote = RemoteMedia { address: address(leg), codec, dtmf_payload: Some(101), direction };
    engine.command(now, Command::SetRemote { leg, remote }, &mut Vec::new());
    slot
}
