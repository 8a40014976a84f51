//! What it costs to relay one RTP packet, beside a thread that only receives and sends.
//!
//! `cargo bench --bench media` prints packets a second through the media thread and its CPU time a
//! packet, for the same codec on both sides and with recoding, and the same of a plain
//! `recv_from`, `send_to` loop in the same run. CPU time is the kernel's own count for that one
//! thread (Linux). What the engine alone takes of it, without sockets, comes last, and for each figure the share of a
//! core of a hundred calls that speak both ways.
#![expect(clippy::print_stdout, reason = "it prints its figures")]
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a benchmark may fail, and reads the clock")]

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use strowger::base::id::LegId;
use strowger::base::time::{Micros, Mono};
use strowger::call::media_types::{Codec, Direction, RemoteMedia};
use strowger::media::engine::{Command, Engine, EngineConfig, Wire};
use strowger::media::sender::StreamStart;
use strowger::media::{MediaConfig, MediaPlane, g711, rtp};

/// Calls at one time; each has two legs and one talker.
const CALLS: usize = 200;
/// How long each figure is measured.
const RUN: Duration = Duration::from_secs(3);
const GOAL_PER_SECOND: f64 = 50_000.0;

fn main() {
    let plain = baseline();
    println!("plain loop:  {plain}");
    for (name, codec) in [("relay:      ", Codec::Pcmu), ("recode:     ", Codec::Pcma)] {
        let relay = relay(codec);
        let ratio = relay.cpu_ns / plain.cpu_ns;
        let verdict = if relay.per_second >= GOAL_PER_SECOND { "above" } else { "BELOW" };
        println!("{name} {relay}, {ratio:.2} of the plain loop, {verdict} the goal of {GOAL_PER_SECOND} packets/s");
    }
    for (name, codec) in [("engine:     ", Codec::Pcmu), ("and recode: ", Codec::Pcma)] {
        let cpu_ns = pure(codec);
        println!("{name} {:>8.3} us a packet, {}", cpu_ns / 1_000.0, share(cpu_ns));
    }
    println!("leg at rest: {} octets and its socket", size_of::<strowger::media::leg::Leg>());
}

/// The share of a core that a hundred calls take: 50 packets a second each way, each.
fn share(cpu_ns: f64) -> String {
    format!("{:.2} % of a core for 100 calls", cpu_ns * 100.0 * 100.0 / 1e9 * 100.0)
}

/// Packets that the engine alone relays in one measurement.
const PURE_PACKETS: u32 = 1_000_000;

/// Counts what leaves, so that the compiler cannot leave the work out.
#[derive(Default)]
struct Sink(u64);

impl Wire for Sink {
    fn send(&mut self, _slot: usize, _to: SocketAddr, datagram: &[u8]) {
        self.0 += std::hint::black_box(datagram).len() as u64;
    }
}

/// Nanoseconds that the engine takes to relay a packet, towards this codec.
fn pure(codec: Codec) -> f64 {
    let mut engine = Engine::new(EngineConfig { dtmf_payload: 101, media_timeout: None });
    let mut events = Vec::new();
    let address = |leg: LegId| SocketAddr::from(([192, 0, 2, leg.0 as u8], 4_000));
    let (a, b) = (LegId(1), LegId(2));
    for (leg, codec) in [(a, Codec::Pcmu), (b, codec)] {
        engine.open(leg, StreamStart { ssrc: 1, sequence: 0, timestamp: 0 }).unwrap();
        let remote = RemoteMedia { address: address(leg), codec, dtmf_payload: None, direction: Direction::SendRecv };
        engine.command(Mono(0), Command::SetRemote { leg, remote }, &mut events);
    }
    engine.command(Mono(0), Command::Connect { a, b }, &mut events);
    let slot = engine.slot(a).unwrap();
    let (mut sink, mut now, mut packet) = (Sink::default(), Mono(1_000_000), [0x7e; 172]);
    let began = Instant::now();
    for n in 0..PURE_PACKETS {
        let header =
            rtp::Header { marker: false, payload_type: 0, sequence: n as u16, timestamp: n.wrapping_mul(160), ssrc: 7 };
        packet[..12].copy_from_slice(&header.to_bytes());
        engine.receive(now, slot, (address(a), &packet), &mut sink, &mut events);
        now = now + Micros::from_ms(20);
    }
    let took = began.elapsed();
    assert_eq!(sink.0, u64::from(PURE_PACKETS) * 172);
    took.as_nanos() as f64 / f64::from(PURE_PACKETS)
}

struct Figures {
    per_second: f64,
    cpu_ns: f64,
    lost: u64,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:>8.0} packets/s, {:>5.2} us CPU a packet, {} lost, {}",
            self.per_second,
            self.cpu_ns / 1_000.0,
            self.lost,
            share(self.cpu_ns)
        )
    }
}

/// One packet to each of `targets` in turn, and then as many back: no more is under way than fits.
fn drive(thread: &str, talkers: &[(UdpSocket, SocketAddr)], listener: &UdpSocket) -> Figures {
    let mut datagram = [0; 2_048];
    let (mut sent, mut back) = (0_u64, 0_u64);
    let cpu = cpu_ns(thread);
    let began = Instant::now();
    let mut sequence = 0_u16;
    while began.elapsed() < RUN {
        sequence = sequence.wrapping_add(1);
        let header = rtp::Header {
            marker: false,
            payload_type: g711::payload_type(Codec::Pcmu),
            sequence,
            timestamp: u32::from(sequence) * 160,
            ssrc: 7,
        };
        let mut packet = [0x7e; 172];
        packet[..12].copy_from_slice(&header.to_bytes());
        for (talker, to) in talkers {
            talker.send_to(&packet, to).unwrap();
            sent += 1;
        }
        for _ in talkers {
            if listener.recv_from(&mut datagram).is_err() {
                break;
            }
            back += 1;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let cpu = cpu_ns(thread) - cpu;
    Figures { per_second: back as f64 / seconds, cpu_ns: cpu as f64 / back as f64, lost: sent - back }
}

fn listener() -> UdpSocket {
    let listener = UdpSocket::bind("127.0.0.1:0").unwrap();
    listener.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    listener
}

fn relay(codec: Codec) -> Figures {
    let (_plane, media) = MediaPlane::start(MediaConfig::default(), |_| {}).unwrap();
    let listener = listener();
    let talkers: Vec<_> = (0..CALLS as u64)
        .map(|n| {
            let (a, b) = (LegId(2 * n), LegId(2 * n + 1));
            let talker = UdpSocket::bind("127.0.0.1:0").unwrap();
            let remote = |address, codec| RemoteMedia {
                address,
                codec,
                dtmf_payload: Some(101),
                direction: Direction::SendRecv,
            };
            let to = media.open(a).unwrap().address;
            media.open(b).unwrap();
            media.set_remote(a, remote(talker.local_addr().unwrap(), Codec::Pcmu));
            media.set_remote(b, remote(listener.local_addr().unwrap(), codec));
            media.connect(a, b);
            (talker, to)
        })
        .collect();
    drive("media", &talkers, &listener)
}

fn baseline() -> Figures {
    let listener = listener();
    let back_to = listener.local_addr().unwrap();
    let echo = UdpSocket::bind("127.0.0.1:0").unwrap();
    let to = echo.local_addr().unwrap();
    let talkers: Vec<_> = (0..CALLS).map(|_| (UdpSocket::bind("127.0.0.1:0").unwrap(), to)).collect();
    let thread = std::thread::Builder::new().name("echo".to_owned()).spawn(move || {
        let mut datagram = [0; 2_048];
        // An empty datagram ends it.
        while let Ok((length @ 1.., _)) = echo.recv_from(&mut datagram) {
            let _ = echo.send_to(datagram.get(..length).unwrap(), back_to);
        }
    });
    let figures = drive("echo", &talkers, &listener);
    listener.send_to(&[], to).unwrap();
    thread.unwrap().join().unwrap();
    figures
}

/// Nanoseconds of CPU that the thread of that name has had (proc(5), schedstat).
fn cpu_ns(thread: &str) -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let of_that_name = tasks.filter_map(|task| {
        let task = task.ok()?.path();
        let name = std::fs::read_to_string(task.join("comm")).ok()?;
        let schedstat = std::fs::read_to_string(task.join("schedstat")).ok()?;
        (name.trim() == thread).then(|| schedstat.split(' ').next()?.parse::<u64>().ok())?
    });
    of_that_name.sum()
}
