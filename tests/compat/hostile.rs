//! What anybody may send to the SIP and RTP ports, while two people talk: each gets the answer of the table or
//! none, and the two talk on.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use super::process::wait_for;
use super::rtp::{Plan, RtpPeer};
use super::server::Server;
use super::sipp::{Running, Sipp};
use super::tone::{CALLER_HZ, TARGET_HZ};
use super::torture::{self, Case};
use super::transfers::{CARRIER, desk, target};

/// From dialling to talking.
const SOON: Duration = Duration::from_secs(15);
/// How long the two talk; every attack is over within it.
const TALK_MS: u32 = 12_000;
/// An answer over loopback, on a machine that builds something beside it.
const PATIENCE: Duration = Duration::from_secs(3);
/// What the server may grow by under attack: the bounded tables of transactions, sources and connections.
const MAX_GROWTH_KIB: u64 = 32 * 1024;

/// Two people who talk through the server, and the server.
struct Talk {
    server: Server,
    caller: RtpPeer,
    callee: RtpPeer,
    clients: [Running; 2],
    memory_kib: u64,
}

impl Talk {
    fn start() -> Self {
        let (server, port) = desk();
        let say = |hz| Plan { tone_hz: Some(hz), ..Plan::default() };
        let callee = RtpPeer::start(CARRIER, say(TARGET_HZ));
        let caller = RtpPeer::start("127.0.0.1", say(CALLER_HZ));
        let far = target(&server, port, "uas_answers", Sipp { rtp_port: callee.port, ..Sipp::default() });
        let near = Sipp { dials: "1200", rtp_port: caller.port, pause_ms: TALK_MS, ..Sipp::default() };
        let near = near.call(server.udp, "uac_hangs_up", server.scratch());
        assert!(caller.hears(TARGET_HZ, SOON), "{}", caller.summary());
        assert!(callee.hears(CALLER_HZ, SOON), "{}", callee.summary());
        let memory_kib = server.memory_kib();
        Self { server, caller, callee, clients: [near, far], memory_kib }
    }

    /// They still hear each other, hang up as people do, and nothing is left.
    fn assert_unharmed(mut self) {
        assert!(self.clients.iter_mut().all(|client| !client.has_ended()), "the attack outlasted the call");
        let both = || (self.caller.hears_now(TARGET_HZ) && self.callee.hears_now(CALLER_HZ)).then_some(());
        let heard = wait_for(PATIENCE, both);
        assert!(heard.is_some(), "{}\n{}", self.caller.summary(), self.callee.summary());
        let grown = self.server.memory_kib().saturating_sub(self.memory_kib);
        for client in self.clients {
            client.finish();
        }
        self.server.assert_quiet();
        assert_eq!(self.server.metric("strowger_faults_total"), 0.0);
        assert!(grown <= MAX_GROWTH_KIB, "{grown} KiB more");
    }
}

/// A sequence of numbers that looks random and is the same each time.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound.max(1)
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.below(256) as u8).collect()
    }

    /// A copy with some bytes flipped, cut out, repeated or cut off.
    pub fn spoil(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(8) {
            let at = self.below(bytes.len());
            match self.below(5) {
                _ if bytes.is_empty() => break,
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes.insert(at, b"\r\n:;,<>\"@ %="[self.below(12)]),
                2 => drop(bytes.remove(at)),
                3 => bytes.truncate(at),
                _ => {
                    let end = bytes.len().min(at + self.below(200));
                    let copy = bytes[at..end].to_vec();
                    bytes.splice(at..at, copy);
                }
            }
        }
        bytes
    }
}

/// The message with a branch and a Call-ID of its own, so that none is taken for the repetition of another.
fn unique(case: &Case, n: usize) -> Vec<u8> {
    let text = String::from_utf8(case.bytes.clone()).unwrap();
    let text = text.replace("branch=z9hG4bKkdjuw", &format!("branch=z9hG4bK{n}kdjuw"));
    text.replace("@192.0.2.2\r\n", &format!("{n}@192.0.2.2\r\n")).into_bytes()
}

fn options(transport: &str, call_id: &str) -> String {
    format!(
        "OPTIONS sip:user@example.com SIP/2.0\r\nVia: SIP/2.0/{transport} 10.0.0.9;branch=z9hG4bK{call_id}\r\n\
         From: <sip:a@example.net>;tag=1\r\nTo: <sip:user@example.com>\r\nCall-ID: {call_id}\r\nCSeq: 1 OPTIONS\r\n\
         Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
}

/// The statuses of the answers in a text.
fn statuses(text: &str) -> Vec<&str> {
    text.split("SIP/2.0 ").skip(1).filter_map(|answer| answer.get(..3)).collect()
}

/// What a server without the number says after 100.
const NO_SUCH_NUMBER: &str = "404";

/// Whether the answers are those of the table; a call that came in may have been refused meanwhile.
fn as_expected(case: &Case, answers: &[&str]) -> bool {
    match answers.strip_prefix(case.statuses) {
        Some(rest) if case.call => rest.iter().all(|status| *status == NO_SUCH_NUMBER),
        Some(rest) => rest.is_empty(),
        None => false,
    }
}

/// Sends a message and then a question, all from one new socket, and collects what comes before the answer to that.
fn answers_by_udp(server: SocketAddr, message: &[u8], probe: &str) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.send_to(message, server).unwrap();
    socket.send_to(options("UDP", probe).as_bytes(), server).unwrap();
    let (mut answers, mut buffer) = (String::new(), [0; 65_536]);
    loop {
        let len = socket.recv(&mut buffer).unwrap_or_else(|error| panic!("{error}: no answer after\n{answers}"));
        let answer = String::from_utf8_lossy(&buffer[..len]).into_owned();
        if answer.contains(&format!("Call-ID: {probe}\r\n")) {
            return answers;
        }
        answers.push_str(&answer);
    }
}

#[test]
fn rfc_4475_by_udp_is_answered_by_the_table() {
    let talk = Talk::start();
    let mut wrong = Vec::new();
    for (n, case) in torture::all().iter().enumerate() {
        let text = answers_by_udp(talk.server.udp, &unique(case, n), &format!("probe{n}"));
        let answers = statuses(&text);
        if !as_expected(case, &answers) {
            wrong.push(format!("{}: {answers:?}, not {:?}", case.name, case.statuses));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    talk.assert_unharmed();
}

/// Where the end of a message is not certain, a stream is closed without an answer (RFC 3261 §18.3): anything
/// after it would be read as the attacker likes.
const WITHOUT_END: [&str; 3] = ["ncl", "mcl01", "inv2543"];
/// The message is longer than what came: the rest is awaited.
const LONGER: &str = "clerr";
/// Two messages: the second is read too.
const TWO: &str = "dblreq";

#[test]
fn rfc_4475_by_tcp_is_answered_by_the_table() {
    let talk = Talk::start();
    let mut wrong = Vec::new();
    for (n, case) in torture::all().iter().enumerate() {
        let probe = format!("tcpprobe{n}");
        let patience = if case.name == LONGER { Duration::from_millis(300) } else { PATIENCE };
        let (text, closed) = answers_by_tcp(talk.server.tcp(), &unique(case, 1000 + n), &probe, patience);
        let probed = text.contains(&format!("Call-ID: {probe}\r\n"));
        let mut answers = statuses(&text);
        if probed {
            let at = text.split("SIP/2.0 ").skip(1).position(|answer| answer.contains(&probe)).unwrap();
            answers.truncate(at);
        }
        let fine = match case.name {
            name if WITHOUT_END.contains(&name) => answers.is_empty() && closed,
            LONGER => answers.is_empty() && !probed && !closed,
            TWO => answers.starts_with(&["401", "100"]) && probed,
            _ => as_expected(case, &answers) && probed,
        };
        if !fine {
            wrong.push(format!("{}: {answers:?} (closed: {closed}), not {:?}", case.name, case.statuses));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    talk.assert_unharmed();
}

/// What comes on a new connection until the probe is answered, it is closed, or the time is over.
fn answers_by_tcp(server: SocketAddr, message: &[u8], probe: &str, patience: Duration) -> (String, bool) {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(patience)).unwrap();
    stream.write_all(message).unwrap();
    // The server may have closed it by now.
    let _ = stream.write_all(options("TCP", probe).as_bytes());
    let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return (String::from_utf8_lossy(&all).into_owned(), true),
            Ok(len) => all.extend(&buffer[..len]),
            Err(error) => {
                let closed = error.kind() == std::io::ErrorKind::ConnectionReset;
                return (String::from_utf8_lossy(&all).into_owned(), closed);
            }
        }
        let text = String::from_utf8_lossy(&all).into_owned();
        if text.split("SIP/2.0 ").any(|answer| answer.contains(probe) && answer.ends_with("\r\n\r\n")) {
            return (text, false);
        }
    }
}

/// Thousands of datagrams that are nearly SIP, or nothing at all, from a trunk and from strangers.
#[test]
fn noise_by_udp_is_survived() {
    let talk = Talk::start();
    let began = Instant::now();
    let mut dice = Dice::new(0x5eed_5177);
    let sockets = ["127.0.0.1:0", "127.0.0.3:0", "127.0.0.66:0"].map(|at| UdpSocket::bind(at).unwrap());
    let samples = torture::all();
    for n in 0..6_000 {
        let sample = &samples[dice.below(samples.len())];
        let bytes = match dice.below(10) {
            0 => {
                let len = dice.below(1_500);
                dice.bytes(len)
            }
            1 => [&sample.bytes[..], &vec![b'x'; dice.below(60_000)]].concat(),
            2 => sample.bytes[..dice.below(sample.bytes.len())].to_vec(),
            _ => dice.spoil(&sample.bytes),
        };
        let _ = sockets[dice.below(3)].send_to(&bytes[..bytes.len().min(65_000)], talk.server.udp);
        if n % 100 == 0 {
            // At a pace that the socket's buffer holds, so that all of it is read.
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    answers_by_udp(talk.server.udp, b"\r\n\r\n", "afterwards");
    talk.assert_unharmed();
}

/// A stranger, one that is neither trunk nor phone, gets no answer to anything but a call or a REGISTER.
#[test]
fn strangers_get_silence_or_a_challenge() {
    let talk = Talk::start();
    let socket = UdpSocket::bind("127.0.0.66:0").unwrap();
    for (n, case) in torture::all().iter().enumerate() {
        socket.send_to(&unique(case, 2_000 + n), talk.server.udp).unwrap();
    }
    // When this has been answered, all of that has been.
    answers_by_udp(talk.server.udp, b"", "afterwards");
    socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut buffer = [0; 65_536];
    while let Ok(len) = socket.recv(&mut buffer) {
        let answer = String::from_utf8_lossy(&buffer[..len]);
        assert!(answer.starts_with("SIP/2.0 401 "), "{answer}");
        assert!(answer.contains("INVITE\r\n") || answer.contains("REGISTER\r\n"), "{answer}");
    }
    talk.assert_unharmed();
}

/// Streams that are garbage, half messages, slow, or promise more than they bring; and two hundred at a time.
#[test]
fn hostile_streams_are_survived() {
    let talk = Talk::start();
    let mut dice = Dice::new(0x7c9);
    let connect = || TcpStream::connect(talk.server.tcp()).unwrap();
    let whole = options("TCP", "whole");
    let head = |length: &str| whole.replace("Content-Length: 0", &format!("Content-Length: {length}"));
    let mut held: Vec<TcpStream> = (0..200).map(|_| connect()).collect();
    for (n, stream) in held.iter_mut().enumerate() {
        let len = dice.below(5_000);
        let bytes = match n % 6 {
            0 => dice.bytes(len),
            1 => whole.as_bytes()[..dice.below(whole.len())].to_vec(),
            2 => head("4294967295").into_bytes(),
            3 => head("99999999999999999999999").into_bytes(),
            4 => dice.spoil(whole.as_bytes()),
            _ => [whole.as_bytes(), &vec![b'x'; 100_000]].concat(),
        };
        let _ = stream.write_all(&bytes);
    }
    // A slow sender gets its answer all the same.
    let mut slow = connect();
    for part in whole.as_bytes().chunks(8) {
        slow.write_all(part).unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
    slow.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut buffer = [0; 4096];
    let len = slow.read(&mut buffer).unwrap();
    assert!(buffer[..len].starts_with(b"SIP/2.0 200 "), "{}", String::from_utf8_lossy(&buffer[..len]));
    // What promised more than any message may have is closed at once.
    for at in [2, 3] {
        held[at].set_read_timeout(Some(PATIENCE)).unwrap();
        let read = held[at].read(&mut buffer);
        assert!(matches!(&read, Ok(0)) || read.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset));
    }
    drop(held);
    talk.assert_unharmed();
}

/// Datagrams at both legs' RTP ports: from strangers, and from the very address that the other end speaks from.
#[test]
fn hostile_rtp_is_survived() {
    let talk = Talk::start();
    let mut dice = Dice::new(0xa0d10);
    let stranger = UdpSocket::bind("127.0.0.66:0").unwrap();
    let mut good = vec![0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4];
    good.resize(172, 0xff);
    for n in 0..2_000 {
        let mut bytes = if n % 4 == 0 { dice.bytes(200) } else { dice.spoil(&good) };
        // From the peer's own address only what cannot be its audio: anything else would rightly be heard.
        let own = n % 20 == 0;
        if own && let Some(first) = bytes.first_mut() {
            *first &= 0x3f;
        }
        for leg in [&talk.caller, &talk.callee] {
            let to = leg.far_end().expect("it hears");
            if own {
                leg.throw(&bytes, to);
            } else {
                let _ = stranger.send_to(&bytes, to);
            }
        }
        if n % 50 == 0 {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    for length in [0, 1, 11, 12, 13, 1_500, 60_000] {
        for (leg, first) in [(&talk.caller, 0x9f), (&talk.callee, 0xbf)] {
            let mut bytes = vec![0xff; length];
            if let Some(octet) = bytes.first_mut() {
                *octet = first;
            }
            leg.throw(&bytes, leg.far_end().expect("it hears"));
        }
    }
    talk.assert_unharmed();
}

/// Callers who take their call back in the very moment in which it is answered, at many calls a second.
#[test]
fn a_call_taken_back_while_it_is_answered_leaves_nothing() {
    const CALLS: u32 = 600;
    let (server, _) = desk();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let ours = socket.local_addr().unwrap();
    let send = |method: &str, n: u32| {
        let text = format!(
            "{method} sip:1004@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {ours};branch=z9hG4bKback{n}\r\n\
             From: <sip:4000@{ours}>;tag=f{n}\r\nTo: <sip:1004@{to}>\r\nCall-ID: back-{n}\r\nCSeq: 1 {method}\r\n\
             Contact: <sip:4000@{ours}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
            to = server.udp
        );
        socket.send_to(text.as_bytes(), server.udp).unwrap();
    };
    let began = Instant::now();
    let calls = (0..CALLS).map(|n| (2_000 * n, "INVITE", n));
    // Within a millisecond of the 200 after which the flow answers.
    let taken_back = (0..CALLS).map(|n| (2_000 * n + 199_000 + (n * 37) % 2_000, "CANCEL", n));
    let mut script: Vec<(u32, &str, u32)> = calls.chain(taken_back).collect();
    script.sort_unstable();
    for (at_us, method, n) in script {
        let at = Duration::from_micros(at_us.into());
        std::thread::sleep(at.saturating_sub(began.elapsed()));
        send(method, n);
    }
    server.assert_quiet();
}
