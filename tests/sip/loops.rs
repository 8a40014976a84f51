//! Calls that come back: loops are 482, spirals are calls, and the count of hops ends the rest (T50).

use strowger::call::leg::{DivertReason, Diverted};
use strowger::sip::event::{PlaceSpec, SipEvent};

use super::calls_out::{LEG, place, spec};
use super::harness::*;

/// The INVITE that a proxy sends on: its own Via above the others, and perhaps another target.
fn sent_on(invite: &str, target: Option<&str>) -> String {
    let (line, rest) = invite.split_once("\r\n").unwrap();
    let line = target.map_or(line.to_owned(), |uri| format!("INVITE {uri} SIP/2.0"));
    format!("{line}\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKproxy\r\n{rest}")
}

#[test]
fn t50_our_own_request_that_comes_back_is_482() {
    let mut bench = Bench::new();
    let invite = place(&mut bench);
    assert_eq!(words(&bench.feed(&sent_on(&invite, None), udp(CARRIER))), ["482"]);
    assert_eq!(bench.events(), []);
    // Also without anybody between.
    assert_eq!(words(&bench.feed(&invite, udp(CARRIER))), ["482"]);
}

#[test]
fn t50_a_spiral_is_a_call() {
    // Somebody dialled a number of ours through the carrier.
    let mut bench = Bench::new();
    let invite = place(&mut bench);
    let spiral = sent_on(&invite, Some("sip:+442071838750@10.0.0.1:5060"));
    assert_eq!(words(&bench.feed(&spiral, udp(CARRIER))), ["100"]);
    assert!(matches!(bench.event(), SipEvent::Incoming(_)));
}

#[test]
fn a_via_that_only_looks_like_ours_is_another_networks() {
    let mut bench = Bench::new();
    let foreign = Script::new("c").invite("b1").replacen(
        "Max-Forwards",
        "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK0123456789abcdef\r\nMax-Forwards",
        1,
    );
    assert_eq!(words(&bench.feed(&foreign, udp(CARRIER))), ["100"]);
}

#[test]
fn t50_a_target_that_the_call_has_left_is_482() {
    // What we say when 100 sends a call on, as the carrier brings it back.
    let mut bench = Bench::new();
    let diverted = Some(Diverted { by: "100".into(), reason: DivertReason::Unconditional });
    bench.core.place(bench.now, LEG, &PlaceSpec { diverted, ..spec() });
    let invite = bench.sent().remove(0);
    let ours = header(&invite, "History-Info").unwrap();
    let away = ours.replace(";mp=1", ";rc=1");
    let cases = [
        (format!("{ours}, <sip:100@10.0.0.1>;index=1.1.1;mp=1.1"), "482"),
        (ours.to_owned(), "482"),
        // The carrier wrote down where it sends the call, and nothing else.
        ("<sip:100@10.0.0.1>;index=1".to_owned(), "100"),
        ("<sip:100@acme.test>;index=1, <sip:100@10.0.0.1>;index=1.1;np=1".to_owned(), "100"),
        // The same user at another address is the same target, not one that was left.
        (away, "100"),
        // Somebody else's 100, and another number of ours: a spiral.
        (ours.replace("acme.test", "other.test"), "100"),
        (ours.replace("sip:100@", "sip:102@"), "100"),
        ("nonsense".to_owned(), "100"),
    ];
    for (n, (history, status)) in cases.into_iter().enumerate() {
        let lines = format!("History-Info: {history}\r\n");
        let text = Script::new(&format!("h{n}")).request("INVITE", 1, "b", &lines, OFFER);
        assert_eq!(words(&bench.feed(&text, udp(CARRIER))), [status], "{history}");
    }
}

#[test]
fn t50_the_last_hop_is_483() {
    let mut bench = Bench::new();
    let text = Script::new("c").invite("b1");
    let last = |n: u32| text.replace("Max-Forwards: 70", &format!("Max-Forwards: {n}"));
    assert_eq!(words(&bench.feed(&last(0), udp(CARRIER))), ["483"]);
    assert_eq!(bench.core.held(), Default::default());
    assert_eq!(words(&bench.feed(&last(1), udp(CARRIER))), ["100"]);
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    assert_eq!(call.max_forwards, 1);
}
