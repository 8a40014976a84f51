//! The media end of SIPp's calls: a UDP socket that hears, says a tone and presses keys.
//!
//! SIPp's SDP names this socket's port. It answers to wherever RTP comes from (the server sends
//! first), so it needs no SDP, no raw socket and no root; one socket serves any number of calls.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::ear::Ear;
use super::process::wait_for;
use super::tone;

/// Samples of one packet of 20 ms.
const FRAME: usize = 160;
const TICK: Duration = Duration::from_millis(20);
/// Payload types that the scenarios' SDP offers.
const PCMU: u8 = 0;
const TELEPHONE_EVENT: u8 = 101;
/// In the order of their event codes (RFC 4733 §3.2).
const KEYS: &str = "0123456789*#";
/// From the first packet of a stream to the key: the prompt must have begun.
const PRESS_AFTER: Duration = Duration::from_millis(300);
/// Frames kept: a minute of one stream.
const KEPT_FRAMES: usize = 3_000;
/// Frames of a window in which a tone is looked for: 200 ms.
const WINDOW: usize = 10;
/// A window with less of its energy at the tone is distorted, or mixed with something else.
const CLEAN: f64 = 0.9;

/// The share that a tone has at least in a frame in which it is one of two.
const PRESENT: f64 = 0.15;

/// A key as RFC 4733 packets: `ends` is how many of the three end packets arrive, or more of them.
#[derive(Clone, Copy)]
pub struct Press {
    pub key: char,
    pub ends: u32,
}

/// What the socket does by itself.
#[derive(Clone, Copy, Default)]
pub struct Plan {
    /// Said to each stream that is heard.
    pub tone_hz: Option<f64>,
    /// Pressed once in each stream.
    pub press: Option<Press>,
}

struct Frame {
    at: Instant,
    from: SocketAddr,
    samples: Vec<i16>,
}

/// The end of one key press: its event code, and the timestamp that all its packets have.
#[derive(PartialEq, Eq)]
struct Key {
    event: u8,
    ssrc: u32,
    timestamp: u32,
}

pub struct RtpPeer {
    pub port: u16,
    socket: UdpSocket,
    heard: Arc<Mutex<Vec<Frame>>>,
    received: Arc<AtomicU64>,
    keys: Arc<Mutex<Vec<Key>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl RtpPeer {
    pub fn start(ip: &str, plan: Plan) -> Self {
        let socket = UdpSocket::bind((ip, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        let port = socket.local_addr().unwrap().port();
        let own = socket.try_clone().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let keys = Arc::new(Mutex::new(Vec::new()));
        let received = Arc::new(AtomicU64::new(0));
        let shared = (heard.clone(), received.clone(), keys.clone());
        let mut worker =
            Worker { socket, plan, heard: shared.0, received: shared.1, keys: shared.2, streams: BTreeMap::new() };
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || worker.run(&stopped));
        Self { port, socket: own, heard, received, keys, stop, thread: Some(thread) }
    }

    /// Waits until the tone was heard clean for 200 ms.
    pub fn hears(&self, hz: f64, within: Duration) -> bool {
        wait_for(within, || self.first_clean(hz)).is_some()
    }

    /// Whether the tone was heard so far at all, even faintly.
    pub fn heard_trace_of(&self, hz: f64) -> bool {
        let heard = self.heard.lock().unwrap();
        let loud = |window: &[Frame]| share(window, hz) > 0.05;
        heard.windows(WINDOW).any(loud)
    }

    /// Frames that came so far, more than are kept.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// The keys that came as telephone-events, each once.
    pub fn keys(&self) -> String {
        self.keys.lock().unwrap().iter().filter_map(|key| KEYS.chars().nth(usize::from(key.event))).collect()
    }

    /// Whether the last 200 ms were that tone, clean, and have just been.
    pub fn hears_now(&self, hz: f64) -> bool {
        let heard = self.heard.lock().unwrap();
        let window = &heard[heard.len().saturating_sub(WINDOW)..];
        window.len() == WINDOW && window[0].at.elapsed() < Duration::from_secs(1) && share(window, hz) > CLEAN
    }

    /// Where the last frame came from: the port of the server's leg.
    pub fn far_end(&self) -> Option<SocketAddr> {
        self.heard.lock().unwrap().last().map(|frame| frame.from)
    }

    /// Sends bytes as if they were RTP, from the address that the server knows.
    pub fn throw(&self, datagram: &[u8], to: SocketAddr) {
        let _ = self.socket.send_to(datagram, to);
    }

    /// The silence between what was heard before the tone and the tone.
    pub fn gap_before(&self, hz: f64) -> Option<Duration> {
        let first = self.first_clean(hz)?;
        let heard = self.heard.lock().unwrap();
        let before = first.checked_sub(1)?;
        Some(heard.get(first)?.at - heard.get(before)?.at)
    }

    /// The longest silence from the first frame of the tone to the last frame.
    pub fn longest_gap_after(&self, hz: f64) -> Option<Duration> {
        let first = self.first_clean(hz)?;
        let heard = self.heard.lock().unwrap();
        heard[first..].windows(2).map(|pair| pair[1].at - pair[0].at).max()
    }

    /// The longest time in which the tone was not heard, alone or among others, from the first frame of it after a
    /// moment to the last one that was heard.
    pub fn longest_without(&self, moment: usize, hz: f64) -> Option<Duration> {
        let heard = self.heard.lock().unwrap();
        let with = |frame: &&Frame| tone::share(&frame.samples, hz) > PRESENT;
        let times: Vec<Instant> = heard.get(moment / FRAME..)?.iter().filter(with).map(|frame| frame.at).collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).max()
    }

    /// Describes what was heard, for a failure: the strongest known tone of each 200 ms.
    pub fn summary(&self) -> String {
        let heard = self.heard.lock().unwrap();
        let known = tone::PROMPTS.iter().copied().chain([("caller", tone::CALLER_HZ), ("target", tone::TARGET_HZ)]);
        let name = |window: &[Frame]| {
            let best = known.clone().map(|(name, hz)| (name, share(window, hz))).max_by(|a, b| a.1.total_cmp(&b.1));
            best.filter(|(_, share)| *share > 0.3).map_or("-".into(), |(name, share)| format!("{name} {share:.2}"))
        };
        let mut names: Vec<String> = heard.chunks(WINDOW).map(name).collect();
        names.dedup();
        format!("{} frames: {}", heard.len(), names.join(", "))
    }

    fn first_clean(&self, hz: f64) -> Option<usize> {
        let heard = self.heard.lock().unwrap();
        heard.windows(WINDOW).position(|window| share(window, hz) > CLEAN)
    }
}

impl Ear for RtpPeer {
    fn samples(&self) -> Vec<i16> {
        self.heard.lock().unwrap().iter().flat_map(|frame| frame.samples.iter().copied()).collect()
    }
}

fn share(window: &[Frame], hz: f64) -> f64 {
    let samples: Vec<i16> = window.iter().flat_map(|frame| frame.samples.iter().copied()).collect();
    tone::share(&samples, hz)
}

impl Drop for RtpPeer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// One stream that comes in, known by its source and SSRC, and the one that goes back to it.
struct Stream {
    began: Instant,
    last: Instant,
    sequence: u16,
    spoken: u64,
    pressed: bool,
}

struct Worker {
    socket: UdpSocket,
    plan: Plan,
    heard: Arc<Mutex<Vec<Frame>>>,
    received: Arc<AtomicU64>,
    keys: Arc<Mutex<Vec<Key>>>,
    streams: BTreeMap<(SocketAddr, u32), Stream>,
}

impl Worker {
    fn run(&mut self, stop: &AtomicBool) {
        let mut next = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            self.receive();
            let now = Instant::now();
            if now >= next {
                next += TICK;
                self.speak(now);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn receive(&mut self) {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = self.socket.recv_from(&mut buffer) {
            let Some((payload_type, ssrc, payload)) = packet(&buffer[..length]) else { continue };
            let now = Instant::now();
            let fresh = Stream { began: now, last: now, sequence: 1, spoken: 0, pressed: false };
            self.streams.entry((from, ssrc)).or_insert(fresh).last = now;
            if let (TELEPHONE_EVENT, [event, flags, ..]) = (payload_type, payload)
                && flags & 0x80 != 0
            {
                let timestamp = u32::from_be_bytes(buffer[4..8].try_into().unwrap());
                let key = Key { event: *event, ssrc, timestamp };
                let mut keys = self.keys.lock().unwrap();
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
            if payload_type == PCMU {
                self.received.fetch_add(1, Ordering::Relaxed);
                let mut heard = self.heard.lock().unwrap();
                if heard.len() < KEPT_FRAMES {
                    let samples = payload.iter().map(|byte| tone::from_ulaw(*byte)).collect();
                    heard.push(Frame { at: now, from, samples });
                }
            }
        }
    }

    fn speak(&mut self, now: Instant) {
        self.streams.retain(|_, stream| now - stream.last < Duration::from_secs(10));
        for ((to, ssrc), stream) in &mut self.streams {
            let own_ssrc = !ssrc;
            if let Some(press) = self.plan.press.filter(|_| !stream.pressed && now - stream.began >= PRESS_AFTER) {
                stream.pressed = true;
                for datagram in press_packets(press, stream, own_ssrc) {
                    let _ = self.socket.send_to(&datagram, to);
                }
            } else if let Some(hz) = self.plan.tone_hz {
                let samples = stream.spoken..stream.spoken + FRAME as u64;
                let payload: Vec<u8> = samples.map(|index| tone::to_ulaw(tone::sample(hz, index))).collect();
                let first = stream.spoken == 0;
                let datagram = rtp(PCMU, first, stream.sequence, stream.spoken as u32, own_ssrc, &payload);
                stream.sequence = stream.sequence.wrapping_add(1);
                stream.spoken += FRAME as u64;
                let _ = self.socket.send_to(&datagram, to);
            }
        }
    }
}

/// Payload type, SSRC and payload of an RTP packet (RFC 3550 §5.1); nothing of anything else.
fn packet(datagram: &[u8]) -> Option<(u8, u32, &[u8])> {
    let version = datagram.first()? >> 6;
    let payload_type = datagram.get(1)? & 0x7f;
    let ssrc = u32::from_be_bytes(datagram.get(8..12)?.try_into().ok()?);
    let contributors = usize::from(datagram[0] & 0x0f) * 4;
    (version == 2).then_some((payload_type, ssrc, datagram.get(12 + contributors..)?))
}

fn rtp(payload_type: u8, marker: bool, sequence: u16, timestamp: u32, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0x80, payload_type | if marker { 0x80 } else { 0 }];
    out.extend(sequence.to_be_bytes());
    out.extend(timestamp.to_be_bytes());
    out.extend(ssrc.to_be_bytes());
    out.extend(payload);
    out
}

/// A key press as RFC 4733 §2.5 sends it: updates with one timestamp, then the end, repeated.
fn press_packets(press: Press, stream: &mut Stream, ssrc: u32) -> Vec<Vec<u8>> {
    let event = KEYS.find(press.key).expect("a key of a telephone") as u8;
    let mut out = Vec::new();
    let updates = 3;
    for n in 0..updates + press.ends {
        let ended = n >= updates;
        let duration = (n.min(updates) as u16 + 1) * FRAME as u16;
        let mut payload = vec![event, if ended { 0x8a } else { 0x0a }];
        payload.extend(duration.to_be_bytes());
        out.push(rtp(TELEPHONE_EVENT, n == 0, stream.sequence, stream.spoken as u32, ssrc, &payload));
        stream.sequence = stream.sequence.wrapping_add(1);
    }
    stream.spoken += u64::from(updates + 1) * FRAME as u64;
    out
}
