//! Noise: random bytes, mutated messages, oversized ones. Nothing panics, and the call in progress is unharmed.

use proptest::prelude::*;
use strowger::sip::event::SipEvent;

use super::calls_in::established;
use super::harness::*;

fn seeds() -> Vec<String> {
    let script = Script { to_tag: "x".into(), ..Script::new("s") };
    vec![
        Script::new("s").invite("b"),
        script.request("BYE", 2, "b", "", ""),
        script.request("REFER", 2, "b", "Refer-To: <sip:1@x?Replaces=a%3Bto-tag%3Db>\r\n", ""),
        script.request("REGISTER", 2, "b", "Authorization: Digest username=\"a\", nonce=\"b\", nc=1\r\n", ""),
        response(&Script::new("s").invite("b"), 200, "t", "Contact: <sip:a@b>\r\n", OFFER),
        crlf("OPTIONS sip:a SIP/2.0\nv: SIP/2.0/UDP a;branch=z9hG4bK1\nf: a<sip:a@b>\n\n"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_do_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut bench = Bench::new();
        bench.core.receive(bench.now, &bytes, udp(CARRIER));
        prop_assert_eq!(bench.events(), Vec::new());
    }

    #[test]
    fn mutated_messages_never_harm_a_call(
        which in 0usize..6,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..12),
        trunk in any::<bool>(),
    ) {
        let mut bench = Bench::new();
        let (script, leg) = established(&mut bench, "live");
        let mut bytes = seeds()[which].clone().into_bytes();
        for (at, byte, kind) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, b"\r\n:;,<>\"@ %="[usize::from(byte) % 12]),
                2 => { bytes.remove(at); }
                _ => bytes.truncate(at.max(1)),
            }
        }
        bench.core.receive(bench.now, &bytes, udp(if trunk { CARRIER } else { STRANGER }));
        bench.sent();
        bench.pass(secs(70));
        for event in bench.events() {
            prop_assert!(matches!(event, SipEvent::Incoming(_)), "{:?}", event);
        }
        prop_assert_eq!(words(&bench.feed(&script.request("OPTIONS", 2, "o", "", ""), udp(CARRIER))), ["200"]);
        prop_assert!(bench.core.hangup(bench.now, leg, 0));
    }

    #[test]
    fn what_is_answered_is_well_formed(which in 0usize..6, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bench = Bench::new();
        let mut bytes = seeds()[which].clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bench.core.receive(bench.now, &bytes, udp(CARRIER));
        for answer in bench.sent() {
            let parsed = strowger::sip::wire::message::Message::parse(answer.as_bytes());
            prop_assert!(parsed.is_some_and(|message| message.fault.is_none()), "{}", answer);
        }
    }
}

#[test]
fn oversized_messages() {
    let mut bench = Bench::new();
    let huge = "x".repeat(60_000);
    let many: String = (0..5_000).map(|n| format!("X-{n}: y\r\n")).collect();
    let vias: String = (0..1_000).map(|_| "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n").collect();
    let commas = format!("Contact: {}\r\n", ",".repeat(50_000));
    for (n, lines) in [format!("X: {huge}\r\n"), many, vias, commas].into_iter().enumerate() {
        let text = Script::new(&format!("c{n}")).request("INVITE", 1, "b", &lines, OFFER);
        let sent = bench.feed(&text, udp(CARRIER));
        assert_eq!(sent.len(), 1);
        assert!(["100", "400"].contains(&words(&sent)[0].as_str()), "{:?}", words(&sent));
    }
}

#[test]
fn keep_alives_are_silent() {
    let mut bench = Bench::new();
    for bytes in [&b""[..], b"\r\n", b"\r\n\r\n", b"\0", b"jaK", b"\x00\x01\x00\x00\x21\x12\xa4\x42"] {
        bench.core.receive(bench.now, bytes, udp(CARRIER));
        assert!(bench.sent().is_empty());
    }
}
