//! The thread and its sockets, on loopback: less than a second of real time in all.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use strowger::base::id::LegId;
use strowger::call::audio::{AudioSource, Prompt};
use strowger::call::media_types::{Codec, Direction, RemoteMedia};
use strowger::media::engine::RecordOp;
use strowger::media::{MediaConfig, MediaEvent, MediaHandle, MediaPlane, g711, rtp};

use super::hearing::{self, distortion, loudness};

/// Longer than anything here takes, so that a broken build fails and does not hang.
const PATIENCE: Duration = Duration::from_secs(5);

/// A phone on a real socket.
struct Phone {
    socket: UdpSocket,
    leg: LegId,
    to: std::net::SocketAddr,
    codec: Codec,
    hz: f64,
    sent: u16,
}

impl Phone {
    fn new(media: &MediaHandle, leg: u64, codec: Codec, hz: f64) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let leg = LegId(leg);
        let to = media.open(leg).unwrap().address;
        let address = socket.local_addr().unwrap();
        let direction = Direction::SendRecv;
        media.set_remote(leg, RemoteMedia { address, codec, dtmf_payload: Some(101), direction });
        Self { socket, leg, to, codec, hz, sent: 0 }
    }

    fn speak(&mut self) {
        let samples = hearing::tone(self.hz, 8_000.0, 160, usize::from(self.sent) * 160);
        let header = rtp::Header {
            marker: self.sent == 0,
            payload_type: g711::payload_type(self.codec),
            sequence: self.sent,
            timestamp: u32::from(self.sent) * 160,
            ssrc: 42,
        };
        let octets = samples.into_iter().map(|s| g711::encode(self.codec, s));
        let packet: Vec<u8> = header.to_bytes().into_iter().chain(octets).collect();
        self.socket.send_to(&packet, self.to).unwrap();
        self.sent += 1;
    }

    fn hear(&self) -> (rtp::Header, Vec<i16>) {
        let mut datagram = [0; 2_048];
        let (length, from) = self.socket.recv_from(&mut datagram).expect("a packet");
        assert_eq!(from, self.to, "audio comes from where it is sent to");
        let packet = rtp::parse(&datagram[..length]).unwrap();
        let codec = g711::codec_of(packet.header.payload_type).unwrap();
        assert_eq!(codec, self.codec);
        (packet.header, packet.payload.iter().map(|o| g711::decode(codec, *o)).collect())
    }
}

fn start(config: MediaConfig) -> (MediaPlane, MediaHandle, Receiver<MediaEvent>) {
    let (events, inbox) = channel();
    let (plane, handle) = MediaPlane::start(config, move |event| {
        let _ = events.send(event);
    })
    .unwrap();
    (plane, handle, inbox)
}

#[test]
fn two_phones_hear_each_other_through_the_thread() {
    let (plane, media, events) = start(MediaConfig::default());
    let mut a = Phone::new(&media, 1, Codec::Pcmu, 500.0);
    let mut b = Phone::new(&media, 2, Codec::Pcma, 700.0);
    assert_eq!((a.to.port() % 2, b.to.port() % 2), (0, 0));
    media.connect(a.leg, b.leg);
    let (mut at_a, mut at_b) = (Vec::new(), Vec::new());
    // As fast as the relay answers: nothing in it waits for a clock.
    for _ in 0..50 {
        a.speak();
        at_b.extend(b.hear().1);
        b.speak();
        at_a.extend(a.hear().1);
    }
    for (heard, other, own) in [(&at_a, &b, &a), (&at_b, &a, &b)] {
        assert!((loudness(heard, other.hz) - 8_000.0).abs() < 200.0);
        assert!(loudness(heard, own.hz) < 40.0);
        assert!(distortion(heard, other.hz) < 0.002);
    }
    media.close(a.leg);
    let Ok(MediaEvent::Closed { leg, stats }) = events.recv_timeout(PATIENCE) else { panic!("not closed") };
    assert_eq!((leg, stats.received_packets, stats.sent_packets, stats.lost_packets), (a.leg, 50, 50, 0));
    assert!(UdpSocket::bind(a.to).is_ok(), "the port is free again");
    drop(plane);
    assert!(matches!(events.recv_timeout(PATIENCE), Ok(MediaEvent::Closed { leg: LegId(2), .. })));
    assert!(events.recv_timeout(PATIENCE).is_err(), "the thread has ended");
    assert!(media.open(LegId(3)).is_err());
}

#[test]
fn a_prompt_is_paced_by_the_clock() {
    let (_plane, media, events) = start(MediaConfig::default());
    let a = Phone::new(&media, 1, Codec::Pcmu, 500.0);
    let samples = hearing::tone(400.0, 8_000.0, 1_600, 0).into();
    let prompt = Arc::new(Prompt { name: "test".into(), samples });
    #[expect(clippy::disallowed_methods, reason = "the pace of packets is what is measured")]
    let began = Instant::now();
    media.play(a.leg, 5, vec![AudioSource::Prompt(prompt)], false);
    let packets: Vec<_> = (0..10).map(|_| a.hear()).collect();
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(170) && took < Duration::from_secs(2), "{took:?}");
    assert_eq!(events.recv_timeout(PATIENCE), Ok(MediaEvent::PlayDone { leg: a.leg, token: 5 }));
    let heard: Vec<i16> = packets.into_iter().flat_map(|(_, samples)| samples).collect();
    assert!(distortion(&heard, 400.0) < 0.002);
}

#[test]
fn ports_stay_in_their_range_and_run_out_in_words() {
    // Found by asking the system, so that the test needs no port of its own.
    let probe = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().clamp(2_000, 60_000);
    let range = probe..=probe + 19;
    let (_plane, media, _events) = start(MediaConfig { ports: Some(range.clone()), ..MediaConfig::default() });
    let mut ports = Vec::new();
    let error = loop {
        match media.open(LegId(ports.len() as u64)) {
            Ok(local) => ports.push(local.address.port()),
            Err(error) => break error,
        }
    };
    assert!(!ports.is_empty() && ports.iter().all(|p| p % 2 == 0 && range.contains(p)), "{ports:?}");
    let first = probe + probe % 2;
    let last = probe + 19;
    let expected = format!("every even port from {probe} to {last} is in use: give RTP a wider range");
    assert_eq!(error.to_string(), expected);
    assert!(ports.len() <= usize::from((last - first) / 2 + 1));
    let odd = MediaConfig { ports: Some(10_001..=10_001), ..MediaConfig::default() };
    assert!(MediaPlane::start(odd, |_| {}).is_err());
}

#[test]
fn the_advertised_address_is_not_the_bound_one() {
    let advertise = Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)));
    let (_plane, media, _events) = start(MediaConfig { advertise, ..MediaConfig::default() });
    assert_eq!(Some(media.open(LegId(1)).unwrap().address.ip()), advertise);
}

#[test]
fn a_recording_lands_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let record = |config: MediaConfig| {
        let (_plane, media, events) = start(config);
        let leg = LegId(1);
        media.open(leg).unwrap();
        media.record(leg, RecordOp::Start { name: "call-1.wav".into() });
        media.close(leg);
        events.iter().find(|event| matches!(event, MediaEvent::Recorded { .. })).unwrap()
    };
    let told = record(MediaConfig { recordings: Some(folder.path().join("recordings")), ..MediaConfig::default() });
    let MediaEvent::Recorded { leg: LegId(1), problem: None, .. } = told else { panic!("{told:?}") };
    let file = folder.path().join("recordings").join("call-1.wav");
    assert!(hound::WavReader::open(file).is_ok());
    let told = record(MediaConfig::default());
    let MediaEvent::Recorded { problem: Some(problem), .. } = told else { panic!("{told:?}") };
    assert_eq!(&*problem, "there is no folder for recordings: there is no recording");
}
