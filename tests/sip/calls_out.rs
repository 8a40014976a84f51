//! Calls that we place: ringing, answers, forks, CANCEL and its races, failures, large requests.

use strowger::base::id::LegId;
use strowger::call::leg::{DivertReason, Diverted};
use strowger::call::media_types::Codec;
use strowger::sip::event::{Cause, Destination, PlaceSpec, SipEvent};
use strowger::sip::flow::Transport;

use super::harness::*;

pub const LEG: LegId = LegId(2);

pub fn spec() -> PlaceSpec {
    PlaceSpec {
        to: Destination::Trunk { trunk: "carrier".into(), user_part: "+442071838750".into() },
        from_user: "100".into(),
        from_display: "Ann \"the\" Caller\r\nX: y".into(),
        anonymous: false,
        p_asserted: None,
        diverted: None,
        referred_by: None,
        context: [].into(),
        max_forwards: 69,
        media: local_media(),
    }
}

pub fn place(bench: &mut Bench) -> String {
    bench.core.place(bench.now, LEG, &spec());
    let mut sent = bench.sent();
    assert_eq!(words(&sent), ["INVITE"]);
    sent.remove(0)
}

pub const CONTACT: &str = "Contact: <sip:target@10.0.0.9:5061>\r\n";

/// A placed call that is answered, with the INVITE and the ACK.
pub fn answered(bench: &mut Bench) -> (String, String) {
    let invite = place(bench);
    let mut sent = bench.feed(&response(&invite, 200, "t1", CONTACT, OFFER), udp(CARRIER));
    assert_eq!(words(&sent), ["ACK"]);
    assert!(matches!(bench.event(), SipEvent::Answered { leg: LEG, .. }));
    (invite, sent.remove(0))
}

#[test]
fn the_invite_says_who_calls_and_breaks_no_line() {
    let mut bench = Bench::new();
    bench.core.place(
        bench.now,
        LEG,
        &PlaceSpec {
            p_asserted: Some("+4420".into()),
            diverted: Some(Diverted { by: "102".into(), reason: DivertReason::Unconditional }),
            referred_by: Some("us_dana".into()),
            ..spec()
        },
    );
    let invite = bench.sent().remove(0);
    assert!(invite.starts_with("INVITE sip:+442071838750@10.0.0.9:5060 SIP/2.0\r\n"), "{invite}");
    let from = header(&invite, "From").unwrap();
    assert!(from.starts_with("\"Ann \\\"the\\\" CallerX: y\" <sip:100@acme.test>;tag="), "{from}");
    assert_eq!(header(&invite, "P-Asserted-Identity"), Some("<sip:+4420@acme.test>"));
    assert_eq!(header(&invite, "Diversion"), Some("<sip:102@acme.test>;reason=unconditional;counter=1"));
    assert_eq!(header(&invite, "Referred-By"), Some("<sip:us_dana@acme.test>"));
    assert_eq!(header(&invite, "Max-Forwards"), Some("69"));
    assert!(header(&invite, "Call-ID").unwrap().ends_with("@acme.test"));
    assert!(!invite.contains("100rel"));
    bench.core.place(bench.now, LegId(4), &PlaceSpec { anonymous: true, ..spec() });
    let invite = bench.sent().remove(0);
    assert!(header(&invite, "From").unwrap().starts_with("\"Anonymous\" <sip:anonymous@anonymous.invalid>"));
    assert_eq!(header(&invite, "Privacy"), Some("id"));
}

#[test]
fn ringing_then_answer_then_the_peer_hangs_up() {
    let mut bench = Bench::new();
    let invite = place(&mut bench);
    assert!(bench.feed(&response(&invite, 100, "", "", ""), udp(CARRIER)).is_empty());
    assert_eq!(bench.events(), []);
    bench.feed(&response(&invite, 180, "t1", CONTACT, ""), udp(CARRIER));
    assert_eq!(bench.event(), SipEvent::Ringing { leg: LEG, early_media: None });
    bench.feed(&response(&invite, 180, "t1", CONTACT, ""), udp(CARRIER));
    assert_eq!(bench.events(), []);
    let sent = bench.feed(&response(&invite, 200, "t1", CONTACT, OFFER), udp(CARRIER));
    assert_eq!(words(&sent), ["ACK"]);
    assert!(sent[0].starts_with("ACK sip:target@10.0.0.9:5061 SIP/2.0\r\n"));
    let SipEvent::Answered { leg: LEG, media } = bench.event() else { panic!() };
    assert_eq!((media.codec, media.dtmf_payload), (Codec::Pcma, Some(96)));
    // The same 2xx again is the ACK again, byte for byte.
    assert_eq!(bench.feed(&response(&invite, 200, "t1", CONTACT, OFFER), udp(CARRIER)), sent);
    let bye = format!(
        "BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKbye\r\nFrom: {};tag=t1\r\nTo: {}\r\nCall-ID: {}\r\n\
         CSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
        header(&invite, "To").unwrap(),
        header(&invite, "From").unwrap(),
        header(&invite, "Call-ID").unwrap()
    );
    assert_eq!(words(&bench.feed(&bye, udp(CARRIER))), ["200"]);
    assert_eq!(bench.event(), SipEvent::Gone { leg: LEG, cause: Cause::Bye });
    bench.assert_idle();
}

#[test]
fn silence_is_408_after_seven_sendings() {
    let mut bench = Bench::new();
    place(&mut bench);
    // Timer A doubles from T1: 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s; timer B ends it at 32 s.
    assert_eq!(words(&bench.pass(secs(33))), ["INVITE"; 6]);
    assert!(matches!(bench.event(), SipEvent::PlaceFailed { leg: LEG, status: 408, .. }));
    bench.assert_idle();
}

#[test]
fn a_failure_is_acknowledged_and_told() {
    for status in [302, 404, 486, 503, 603] {
        let mut bench = Bench::new();
        let invite = place(&mut bench);
        let answer = response(&invite, status, "t1", "", "");
        let sent = bench.feed(&answer, udp(CARRIER));
        assert_eq!(words(&sent), ["ACK"]);
        assert_eq!(header(&sent[0], "Via"), header(&invite, "Via"));
        assert_eq!(tag_of(&sent[0], "To"), "t1");
        assert!(matches!(bench.event(), SipEvent::PlaceFailed { leg: LEG, status: told, .. } if told == status));
        assert_eq!(words(&bench.feed(&answer, udp(CARRIER))), ["ACK"]);
        assert_eq!(bench.events(), []);
        bench.assert_idle();
    }
}

#[test]
fn cancel_waits_for_a_provisional_response() {
    let mut bench = Bench::new();
    let invite = place(&mut bench);
    assert!(bench.core.hangup(bench.now, LEG, 200));
    assert_eq!(bench.event(), SipEvent::Gone { leg: LEG, cause: Cause::Local });
    assert!(bench.sent().is_empty());
    let sent = bench.feed(&response(&invite, 100, "", "", ""), udp(CARRIER));
    assert_eq!(words(&sent), ["CANCEL"]);
    assert_eq!(header(&sent[0], "Via"), header(&invite, "Via"));
    assert_eq!(header(&sent[0], "Reason"), Some("SIP;cause=200;text=\"Call completed elsewhere\""));
    bench.feed(&response(&sent[0], 200, "t1", "", ""), udp(CARRIER));
    assert_eq!(words(&bench.feed(&response(&invite, 487, "t1", "", ""), udp(CARRIER))), ["ACK"]);
    assert_eq!(bench.events(), []);
    bench.assert_idle();
}

#[test]
fn a_2xx_that_crosses_the_cancel_gets_ack_and_bye() {
    let mut bench = Bench::new();
    let invite = place(&mut bench);
    bench.feed(&response(&invite, 180, "t1", "", ""), udp(CARRIER));
    bench.events();
    bench.core.hangup(bench.now, LEG, 0);
    assert_eq!(words(&bench.sent()), ["CANCEL"]);
    bench.events();
    let sent = bench.feed(&response(&invite, 200, "t1", CONTACT, OFFER), udp(CARRIER));
    assert_eq!(words(&sent), ["ACK", "BYE"]);
    assert_eq!(header(&sent[1], "CSeq"), Some("2 BYE"));
    // Again: only the ACK.
    assert_eq!(words(&bench.feed(&response(&invite, 200, "t1", CONTACT, OFFER), udp(CARRIER))), ["ACK"]);
    assert_eq!(bench.events(), []);
}

#[test]
fn a_cancel_without_any_final_response_is_over_after_64_t1() {
    let mut bench = Bench::new();
    let invite = place(&mut bench);
    bench.feed(&response(&invite, 180, "t1", "", ""), udp(CARRIER));
    bench.core.hangup(bench.now, LEG, 0);
    bench.events();
    bench.assert_idle();
}

#[test]
fn the_first_fork_to_answer_wins_and_the_others_are_ended() {
    let mut bench = Bench::new();
    let invite = place(&mut bench);
    bench.feed(&response(&invite, 183, "t1", "", OFFER), udp(CARRIER));
    let SipEvent::Ringing { early_media: Some(media), .. } = bench.event() else { panic!() };
    assert_eq!(media.address, addr("10.0.0.9:4000"));
    bench.feed(&response(&invite, 183, "t2", "", &OFFER.replace("4000", "5000")), udp(CARRIER));
    assert_eq!(bench.events(), [], "early media of another fork is not for us");
    let sent = bench.feed(&response(&invite, 200, "t2", CONTACT, &OFFER.replace("4000", "5000")), udp(CARRIER));
    assert_eq!(words(&sent), ["ACK"]);
    let SipEvent::Answered { media, .. } = bench.event() else { panic!() };
    assert_eq!(media.address, addr("10.0.0.9:5000"));
    let sent = bench.feed(&response(&invite, 200, "t1", CONTACT, OFFER), udp(CARRIER));
    assert_eq!(words(&sent), ["ACK", "BYE"]);
    assert_eq!(tag_of(&sent[1], "To"), "t1");
    assert_eq!(bench.events(), []);
    assert_eq!(bench.core.legs(), 1);
}

#[test]
fn an_answer_only_in_the_183_stands() {
    let mut bench = Bench::new();
    let invite = place(&mut bench);
    bench.feed(&response(&invite, 183, "t1", "", OFFER), udp(CARRIER));
    bench.events();
    bench.feed(&response(&invite, 200, "t1", CONTACT, ""), udp(CARRIER));
    assert!(matches!(bench.event(), SipEvent::Answered { .. }));
}

#[test]
fn an_answer_that_cannot_be_used_ends_the_call() {
    let mut bench = Bench::new();
    let invite = place(&mut bench);
    let sent = bench.feed(&response(&invite, 200, "t1", CONTACT, &OFFER.replace("8 0 96", "18")), udp(CARRIER));
    assert_eq!(words(&sent), ["ACK", "BYE"]);
    assert!(matches!(bench.event(), SipEvent::PlaceFailed { status: 488, .. }));
}

#[test]
fn a_destination_that_is_not_there_fails_at_once() {
    let mut bench = Bench::new();
    let nowhere = [
        (Destination::Trunk { trunk: "none".into(), user_part: "1".into() }, 404),
        (Destination::Contact { user: "us_dana".into(), contact: strowger::sip::registrar::ContactId(9) }, 480),
    ];
    for (to, expected) in nowhere {
        bench.core.place(bench.now, LEG, &PlaceSpec { to, ..spec() });
        assert!(matches!(bench.event(), SipEvent::PlaceFailed { status, .. } if status == expected));
    }
    assert!(bench.sent().is_empty());
}

#[test]
fn a_large_invite_goes_over_tcp_and_falls_back() {
    let mut config = config();
    config.trunks[0].large_over_tcp = true;
    let mut bench = Bench::with(config);
    let large = PlaceSpec { p_asserted: Some("7".repeat(1_000)), ..spec() };
    bench.core.place(bench.now, LEG, &large);
    let over_tcp = bench.core.next_transmit().unwrap();
    assert_eq!(over_tcp.flow.transport, Transport::Tcp);
    assert!(String::from_utf8_lossy(&over_tcp.bytes).contains("Via: SIP/2.0/TCP "));
    bench.core.connect_failed(bench.now, addr(CARRIER));
    let over_udp = bench.core.next_transmit().unwrap();
    assert_eq!(over_udp.flow.transport, Transport::Udp);
    assert_eq!(bench.events(), []);
    let invite = String::from_utf8(over_udp.bytes.to_vec()).unwrap();
    assert!(invite.contains("Via: SIP/2.0/UDP "));
    bench.feed(&response(&invite, 200, "t1", CONTACT, OFFER), udp(CARRIER));
    assert!(matches!(bench.event(), SipEvent::Answered { .. }));
    // A small one stays on UDP.
    bench.core.place(bench.now, LegId(4), &spec());
    assert_eq!(std::iter::from_fn(|| bench.core.next_transmit()).last().unwrap().flow.transport, Transport::Udp);
}

#[test]
fn a_trunk_over_tcp_that_is_not_there_is_503() {
    let mut config = config();
    config.trunks[0].transport = Transport::Tcp;
    let mut bench = Bench::with(config);
    bench.core.place(bench.now, LEG, &spec());
    assert_eq!(bench.sent().len(), 1);
    assert!(bench.pass(secs(5)).is_empty(), "no repetition on TCP");
    bench.core.connect_failed(bench.now, addr(CARRIER));
    assert!(matches!(bench.event(), SipEvent::PlaceFailed { status: 503, .. }));
    assert_eq!(bench.core.held().client_transactions, 0);
}

#[test]
fn a_bye_that_nobody_answers_is_repeated_and_forgotten() {
    let mut bench = Bench::new();
    answered(&mut bench);
    assert!(bench.core.hangup(bench.now, LEG, 0));
    assert_eq!(words(&bench.sent()), ["BYE"]);
    bench.events();
    // Timer E: 0.5, 1.5, 3.5, 7.5, then every 4 s until 64*T1.
    assert_eq!(words(&bench.pass(secs(33))).len(), 10);
    bench.assert_idle();
}

#[test]
fn responses_that_are_not_for_us_are_dropped() {
    let mut bench = Bench::new();
    let invite = place(&mut bench);
    let ours = response(&invite, 200, "t1", CONTACT, OFFER);
    let via = header(&invite, "Via").unwrap();
    for wrong in [
        ours.replace("z9hG4bK", "z9hG4bKx"),
        ours.replace("INVITE", "BYE"),
        ours.replacen("Via: ", "Via: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bK1\r\nVia: ", 1),
        ours.replacen(via, &format!("{via}, SIP/2.0/UDP 10.9.9.9"), 1),
    ] {
        assert!(bench.feed(&wrong, udp(CARRIER)).is_empty(), "{wrong}");
        assert_eq!(bench.events(), []);
    }
}
