//! Datagrams and streams: SIP through one core that lives on, SDP, RTP, HTTP's neighbour the framer.

use strowger::media::rtp;
use strowger::sip::event::SipEvent;
use strowger::sip::sdp::Sdp;
use strowger::sip::transport::framing::Framer;
use strowger::sip::wire::message::Message;

use super::shake::shake;
use crate::sip::harness::{Bench, CARRIER, OFFER, PHONE, STRANGER, Script, local_media, secs, tag_of, udp, words};
use crate::sip::torture;

const SIP_WORDS: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\r\n ",
    "\r\n\r\n",
    ":",
    ";",
    ",",
    "<",
    ">",
    "\"",
    "\\",
    "@",
    "%00",
    "%",
    "=",
    " ",
    "\t",
    "\0",
    "é",
    "[::1]",
    "sip:",
    "sips:",
    "tel:+1",
    "sip:1000@10.0.0.1:5060;lr",
    ";tag=",
    ";branch=z9hG4bK",
    ";rport",
    ";received=",
    "SIP/2.0/UDP",
    "SIP/2.0",
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "REFER",
    "NOTIFY",
    "INFO",
    "UPDATE",
    "PRACK",
    "REGISTER",
    "OPTIONS",
    "200 OK",
    "Via: SIP/2.0/UDP a;branch=z9hG4bKx\r\n",
    "Contact: *\r\n",
    "Contact: <sip:a@b>;expires=0\r\n",
    "CSeq: 4294967295 INVITE\r\n",
    "Content-Length: 99999\r\n",
    "l: 0\r\n",
    "Expires: 0\r\n",
    "Refer-To: <sip:1@x?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>\r\n",
    "Replaces: a;to-tag=b;from-tag=c\r\n",
    "Session-Expires: 90;refresher=uac\r\n",
    "Min-SE: 4294967295\r\n",
    "Require: timer\r\n",
    "Authorization: Digest username=\"us_dana\", realm=\"acme.test\", nonce=\"x\", uri=\"sip:a\", response=\"y\", qop=auth, nc=00000001\r\n",
    "Route: <sip:a;lr>\r\n",
    "Record-Route: <sip:a;lr>\r\n",
    "Content-Type: application/dtmf-relay\r\n",
    "Signal=5\r\nDuration=160\r\n",
    "v=0\r\n",
    "m=audio 0 RTP/AVP 0\r\n",
    "m=audio 4000/2 RTP/AVP 0 8 101 127\r\n",
    "c=IN IP4 0.0.0.0\r\n",
    "c=IN IP6 ::1\r\n",
    "a=rtpmap:101 telephone-event/8000\r\n",
    "a=inactive\r\n",
    "a=ptime:99999999999\r\n",
];

/// What phones and carriers send in a call's life, beside the messages of RFC 4475.
fn samples(alive: &Script) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = torture::all().into_iter().map(|case| case.bytes).collect();
    let script = Script::new("other");
    let texts = [
        script.invite("b1"),
        alive.request("INVITE", 5, "r1", "Session-Expires: 90;refresher=uac\r\nSupported: timer\r\n", OFFER),
        alive.request("UPDATE", 6, "r2", "", OFFER),
        alive.request("INFO", 7, "r3", "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\nDuration=160\r\n"),
        alive.request("REFER", 8, "r4", "Refer-To: <sip:1001@10.0.0.1>\r\nReferred-By: <sip:a@b>\r\n", ""),
        alive.request("OPTIONS", 9, "r5", "", ""),
        script.request("CANCEL", 1, "b1", "", ""),
        script.request("REGISTER", 2, "b2", "Expires: 60\r\n", ""),
    ];
    all.extend(texts.map(String::into_bytes));
    all
}

#[test]
fn sip_is_received() {
    let mut bench = Bench::new();
    let mut alive = Script::new("alive");
    bench.feed(&alive.invite("b1"), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.answer(bench.now, call.leg, &local_media());
    alive.to_tag = tag_of(&bench.sent()[0], "To");
    bench.feed(&alive.request("ACK", 1, "b2", "", ""), udp(CARRIER));
    let mut tries = 0_u32;
    shake(&samples(&alive), SIP_WORDS, |bytes| {
        tries += 1;
        let from = [CARRIER, PHONE, STRANGER][tries as usize % 3];
        bench.core.receive(bench.now, bytes, udp(from));
        for event in bench.events() {
            if let SipEvent::Incoming(other) = event {
                bench.core.reject(bench.now, other.leg, 486, None);
            }
        }
        for sent in bench.sent() {
            let parsed = Message::parse(sent.as_bytes());
            assert!(parsed.is_some_and(|message| message.fault.is_none()), "{sent}");
        }
        if tries.is_multiple_of(64) {
            bench.pass(secs(40));
            bench.events();
            assert!(bench.core.legs() < 200, "{} legs", bench.core.legs());
        }
    });
    bench.pass(secs(400));
    bench.events();
    assert!(bench.core.legs() <= 1, "{} legs are left", bench.core.legs());
    let held = bench.core.held();
    assert!(held.server_transactions + held.client_transactions == 0, "{held:?}");
    assert!(words(&bench.feed(&Script::new("new").invite("b1"), udp(CARRIER))).contains(&"100".to_owned()));
}

#[test]
fn sdp_is_read() {
    let samples: Vec<Vec<u8>> = [
        OFFER,
        "v=0\r\no=mhandley 29739 7272939 IN IP4 192.0.2.3\r\ns=-\r\nc=IN IP4 192.0.2.4\r\nt=0 0\r\nm=audio 49217 RTP/AVP 0 12\r\n\
         m=video 3227 RTP/AVP 31\r\na=rtpmap:31 LPC\r\n",
        "v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP6 ::1/127/3\r\na=sendonly\r\na=fmtp:111 x\r\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    shake(&samples, SIP_WORDS, |bytes| drop(Sdp::parse(&String::from_utf8_lossy(bytes))));
}

#[test]
fn streams_are_framed() {
    let samples: Vec<Vec<u8>> = torture::all().into_iter().map(|case| case.bytes).collect();
    shake(&samples, SIP_WORDS, |bytes| {
        let mut framer = Framer::default();
        for chunk in bytes.chunks(97) {
            framer.push(chunk);
            while let Ok(Some(_)) = framer.next_frame() {}
        }
    });
}

#[test]
fn rtp_is_read() {
    let mut good = vec![0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4];
    good.resize(172, 0xff);
    let mut samples = vec![good.clone()];
    for first in [0x81, 0x90, 0xa0, 0xb3, 0xbf] {
        let mut other = good.clone();
        other[0] = first;
        samples.push(other);
    }
    shake(&samples, &["\0", "\u{1}", "\u{4}", "\0\0\0\u{1}"], |bytes| {
        if let Some(packet) = rtp::parse(bytes) {
            assert!(packet.payload.len() + 12 <= bytes.len());
        }
    });
}
