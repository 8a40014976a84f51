//! Calls that come in: answers, retransmissions, CANCEL, ACK, BYE, and everything inside the dialog.

use strowger::base::id::LegId;
use strowger::call::media_types::{Codec, Direction, RemoteMedia};
use strowger::sip::event::{Cause, SipEvent, Source};

use super::harness::*;

/// A trunk's call that has come in, with the leg it became.
fn incoming(bench: &mut Bench, call_id: &str) -> (Script, LegId) {
    incoming_with(bench, call_id, "")
}

/// The same, its INVITE with these header lines.
fn incoming_with(bench: &mut Bench, call_id: &str, lines: &str) -> (Script, LegId) {
    let script = Script::new(call_id);
    let sent = bench.feed(&script.request("INVITE", 1, "b1", lines, OFFER), udp(CARRIER));
    assert_eq!(words(&sent), ["100"]);
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    (script, call.leg)
}

/// One that is answered, and whose ACK has not come.
pub fn answered_in(bench: &mut Bench, call_id: &str, lines: &str) -> (Script, LegId) {
    let (mut script, leg) = incoming_with(bench, call_id, lines);
    assert!(bench.core.answer(bench.now, leg, &local_media()));
    script.to_tag = tag_of(&bench.sent()[0], "To");
    (script, leg)
}

pub fn established(bench: &mut Bench, call_id: &str) -> (Script, LegId) {
    established_with(bench, call_id, "")
}

/// The same, its INVITE with these header lines.
pub fn established_with(bench: &mut Bench, call_id: &str, lines: &str) -> (Script, LegId) {
    let (script, leg) = answered_in(bench, call_id, lines);
    assert!(bench.feed(&script.request("ACK", 1, "back", "", ""), udp(CARRIER)).is_empty());
    assert_eq!(bench.event(), SipEvent::Confirmed { leg });
    (script, leg)
}

#[test]
fn a_call_is_told_with_all_that_the_exchange_needs() {
    let mut bench = Bench::new();
    let text = Script::new("c").invite("b1").replace("sip:100@10.0.0.1 SIP", "sip:%2B4420@10.0.0.1 SIP");
    bench.feed(&text, udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    assert_eq!(call.leg, LegId(1));
    assert_eq!(call.source, Source::Trunk("carrier".into()));
    assert_eq!(
        (call.to_user.as_str(), call.from_user.as_str(), call.from_display.as_str()),
        ("+4420", "alice", "Alice")
    );
    let offer = RemoteMedia {
        address: addr("10.0.0.9:4000"),
        codec: Codec::Pcma,
        dtmf_payload: Some(96),
        direction: Direction::SendRecv,
    };
    assert_eq!(call.offer, Some(offer));
    assert_eq!(call.max_forwards, 70);
}

#[test]
fn answer_and_hang_up_by_the_caller() {
    let mut bench = Bench::new();
    let (mut script, leg) = incoming(&mut bench, "c");
    bench.core.ring(bench.now, leg);
    bench.core.answer(bench.now, leg, &local_media());
    let sent = bench.sent();
    assert_eq!(words(&sent), ["180", "200"]);
    script.to_tag = tag_of(&sent[1], "To");
    assert_eq!(tag_of(&sent[0], "To"), script.to_tag);
    assert!(body(&sent[1]).contains("m=audio 20000 RTP/AVP 8 96\r\n"), "{}", sent[1]);
    assert!(header(&sent[1], "Via").unwrap().ends_with("received=10.0.0.9;rport=5060"));
    assert!(bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER)).is_empty());
    assert_eq!(bench.event(), SipEvent::Confirmed { leg });
    assert_eq!(words(&bench.feed(&script.request("BYE", 2, "b3", "", ""), udp(CARRIER))), ["200"]);
    assert_eq!(bench.event(), SipEvent::Gone { leg, cause: Cause::Bye });
    assert_eq!(bench.core.legs(), 0);
    // A repeated BYE is answered again; nothing happens a second time.
    assert_eq!(words(&bench.feed(&script.request("BYE", 2, "b3", "", ""), udp(CARRIER))), ["200"]);
    assert_eq!(bench.events(), []);
    assert_eq!(bench.pass(secs(40)), Vec::<String>::new());
    bench.assert_idle();
}

#[test]
fn ringing_never_follows_the_answer() {
    let mut bench = Bench::new();
    let (_, leg) = incoming(&mut bench, "c");
    assert!(bench.core.answer(bench.now, leg, &local_media()));
    assert!(!bench.core.ring(bench.now, leg));
    assert!(!bench.core.answer(bench.now, leg, &local_media()));
    assert!(!bench.core.reject(bench.now, leg, 486, None));
    assert_eq!(words(&bench.sent()), ["200"]);
}

#[test]
fn an_invite_again_gets_the_last_answer_again_and_no_second_call() {
    let mut bench = Bench::new();
    let (script, leg) = incoming(&mut bench, "c");
    assert_eq!(words(&bench.feed(&script.invite("b1"), udp(CARRIER))), ["100"]);
    bench.core.ring(bench.now, leg);
    bench.sent();
    assert_eq!(words(&bench.feed(&script.invite("b1"), udp(CARRIER))), ["180"]);
    bench.core.answer(bench.now, leg, &local_media());
    bench.sent();
    // RFC 6026 §7.1: absorbed; the dialog repeats the 2xx by its own timer.
    assert_eq!(words(&bench.feed(&script.invite("b1"), udp(CARRIER))), Vec::<String>::new());
    assert_eq!(bench.events(), []);
}

#[test]
fn a_merged_request_is_482() {
    let mut bench = Bench::new();
    let (script, _) = incoming(&mut bench, "c");
    assert_eq!(words(&bench.feed(&script.invite("other"), udp(CARRIER))), ["482"]);
}

#[test]
fn a_2xx_is_repeated_until_its_ack_and_then_the_call_is_ended() {
    let mut bench = Bench::new();
    let (_, leg) = incoming(&mut bench, "c");
    bench.core.answer(bench.now, leg, &local_media());
    bench.sent();
    // RFC 3261 §13.3.1.4: T1 doubling up to T2, until 64*T1: at 0.5, 1.5, 3.5, 7.5, then every 4 seconds.
    assert_eq!(words(&bench.pass(ms(31_900))).len(), 10);
    assert_eq!(bench.events(), []);
    let sent = bench.pass(ms(200));
    assert_eq!(words(&sent), ["BYE"]);
    assert_eq!(bench.event(), SipEvent::Gone { leg, cause: Cause::NoAck });
    bench.feed(&response(&sent[0], 200, "", "", ""), udp(CARRIER));
    bench.assert_idle();
}

#[test]
fn cancel_before_the_answer_gets_200_and_the_invite_487() {
    let mut bench = Bench::new();
    let (script, leg) = incoming(&mut bench, "c");
    bench.core.ring(bench.now, leg);
    bench.sent();
    let sent = bench.feed(&script.request("CANCEL", 1, "b1", "", ""), udp(CARRIER));
    assert_eq!(words(&sent), ["200", "487"]);
    assert_eq!(tag_of(&sent[0], "To"), tag_of(&sent[1], "To"));
    assert_eq!(bench.event(), SipEvent::Gone { leg, cause: Cause::Cancelled });
    // Timer G repeats the 487 until the ACK, which nothing answers.
    assert_eq!(words(&bench.pass(ms(1_600))), ["487", "487"]);
    let mut ack = Script::new("c");
    ack.to_tag = tag_of(&sent[1], "To");
    assert!(bench.feed(&ack.request("ACK", 1, "b1", "", ""), udp(CARRIER)).is_empty());
    assert_eq!(bench.pass(secs(40)), Vec::<String>::new());
    bench.assert_idle();
}

#[test]
fn cancel_after_our_200_changes_nothing() {
    let mut bench = Bench::new();
    let (script, leg) = incoming(&mut bench, "c");
    bench.core.answer(bench.now, leg, &local_media());
    bench.sent();
    assert_eq!(words(&bench.feed(&script.request("CANCEL", 1, "b1", "", ""), udp(CARRIER))), ["200"]);
    assert_eq!(bench.events(), []);
    assert_eq!(bench.core.legs(), 1);
}

#[test]
fn an_answer_after_the_cancel_is_a_late_one_and_does_nothing() {
    let mut bench = Bench::new();
    let (script, leg) = incoming(&mut bench, "c");
    bench.feed(&script.request("CANCEL", 1, "b1", "", ""), udp(CARRIER));
    assert!(!bench.core.answer(bench.now, leg, &local_media()));
    assert!(!bench.core.hangup(bench.now, leg, 0));
    assert!(bench.sent().is_empty());
}

#[test]
fn cancel_of_nothing_is_481() {
    let mut bench = Bench::new();
    assert_eq!(words(&bench.feed(&Script::new("c").request("CANCEL", 1, "bx", "", ""), udp(CARRIER))), ["481"]);
}

#[test]
fn hanging_up_before_the_ack_waits_for_it() {
    let mut bench = Bench::new();
    let (mut script, leg) = incoming(&mut bench, "c");
    bench.core.answer(bench.now, leg, &local_media());
    script.to_tag = tag_of(&bench.sent()[0], "To");
    assert!(bench.core.hangup(bench.now, leg, 0));
    assert_eq!(bench.event(), SipEvent::Gone { leg, cause: Cause::Local });
    assert!(bench.sent().is_empty(), "RFC 3261 §15: no BYE before the ACK");
    assert_eq!(words(&bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER))), ["BYE"]);
    assert_eq!(bench.events(), []);
}

#[test]
fn our_bye_goes_to_the_contact_with_the_route_of_the_dialog() {
    let mut bench = Bench::new();
    let script = Script::new("c");
    let routes = "Record-Route: <sip:10.0.0.33:5070;lr>\r\nRecord-Route: <sip:far.example;lr>\r\n";
    bench.feed(&script.request("INVITE", 1, "b1", routes, OFFER), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.answer(bench.now, call.leg, &local_media());
    let answer = bench.sent().remove(0);
    assert!(answer.contains(routes));
    let ack = Script { to_tag: tag_of(&answer, "To"), ..script };
    bench.feed(&ack.request("ACK", 1, "b2", "", ""), udp(CARRIER));
    bench.core.hangup(bench.now, call.leg, 486);
    let transmit = bench.core.next_transmit().unwrap();
    assert_eq!(transmit.flow.peer, addr("10.0.0.33:5070"));
    let bye = String::from_utf8(transmit.bytes.to_vec()).unwrap();
    assert!(bye.starts_with("BYE sip:alice@10.0.0.9:5060 SIP/2.0\r\n"), "{bye}");
    assert!(bye.contains("Route: <sip:10.0.0.33:5070;lr>\r\nRoute: <sip:far.example;lr>\r\n"), "{bye}");
    assert_eq!(header(&bye, "Reason"), Some("SIP;cause=486"));
}

#[test]
fn a_strict_router_gets_its_own_uri_on_the_request_line() {
    let mut bench = Bench::new();
    let script = Script::new("c");
    bench.feed(&script.request("INVITE", 1, "b1", "Record-Route: <sip:10.0.0.33>\r\n", OFFER), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.answer(bench.now, call.leg, &local_media());
    let ack = Script { to_tag: tag_of(&bench.sent()[0], "To"), ..script };
    bench.feed(&ack.request("ACK", 1, "b2", "", ""), udp(CARRIER));
    bench.core.hangup(bench.now, call.leg, 0);
    let bye = bench.sent().remove(0);
    assert!(bye.starts_with("BYE sip:10.0.0.33 SIP/2.0\r\n"), "{bye}");
    assert_eq!(header(&bye, "Route"), Some("<sip:alice@10.0.0.9:5060>"));
}

#[test]
fn numbers_may_have_gaps_but_never_go_back() {
    let mut bench = Bench::new();
    let (script, _) = established(&mut bench, "c");
    assert_eq!(words(&bench.feed(&script.request("OPTIONS", 50, "o1", "", ""), udp(CARRIER))), ["200"]);
    assert_eq!(words(&bench.feed(&script.request("INFO", 49, "o2", "", ""), udp(CARRIER))), ["500"]);
    assert_eq!(words(&bench.feed(&script.request("INFO", 50, "o3", "", ""), udp(CARRIER))), ["500"]);
    assert_eq!(words(&bench.feed(&script.request("BYE", 9_999, "o4", "", ""), udp(CARRIER))), ["200"]);
}

#[test]
fn unknown_methods_and_extensions_inside_a_call_leave_it_alone() {
    let mut bench = Bench::new();
    let (script, leg) = established(&mut bench, "c");
    let cases = [
        ("NEWMETHOD", "", "501"),
        ("PRACK", "RAck: 1 1 INVITE\r\n", "481"),
        ("MESSAGE", "", "405"),
        ("REGISTER", "", "405"),
        ("NOTIFY", "Event: refer\r\n", "481"),
        ("OPTIONS", "Require: 100rel\r\n", "420"),
        ("INFO", "Info-Package: nope\r\n", "469"),
    ];
    for (n, (method, lines, status)) in cases.into_iter().enumerate() {
        let sent = bench.feed(&script.request(method, 7 + n as u32, &format!("b{n}"), lines, ""), udp(CARRIER));
        assert_eq!(words(&sent), [status], "{method}");
    }
    assert_eq!(bench.core.legs(), 1);
    assert_eq!(bench.events(), []);
    assert!(bench.core.hangup(bench.now, leg, 0));
}

#[test]
fn digits_by_info_in_both_forms() {
    let mut bench = Bench::new();
    let (script, leg) = established(&mut bench, "c");
    let cases = [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", Some('5')),
        ("application/dtmf-relay", "Signal= *\r\nDuration= 100\r\n", Some('*')),
        ("application/dtmf-relay", "signal=11\n", Some('#')),
        ("application/dtmf", "7", Some('7')),
        ("application/dtmf", "10", Some('*')),
        ("application/dtmf-relay", "Signal=a", Some('A')),
        ("application/dtmf-relay", "Signal=55", None),
        ("application/dtmf-relay", "", None),
        ("application/dtmf", "x", None),
    ];
    for (n, (kind, text, digit)) in cases.into_iter().enumerate() {
        let lines = format!("Content-Type: {kind}\r\n");
        let cseq = 10 + n as u32;
        let sent = bench.feed(&script.request("INFO", cseq, &format!("i{n}"), &lines, text), udp(CARRIER));
        assert_eq!(words(&sent), ["200"], "{text}");
        let expected: Vec<_> = digit.into_iter().map(|digit| SipEvent::Digit { leg, digit }).collect();
        assert_eq!(bench.events(), expected, "{text}");
        // The same INFO again is the same digit.
        bench.feed(&script.request("INFO", cseq, &format!("i{n}"), &lines, text), udp(CARRIER));
        assert_eq!(bench.events(), []);
    }
    let sent = bench.feed(&script.request("INFO", 90, "ix", "Content-Type: text/plain\r\n", "hello"), udp(CARRIER));
    assert_eq!(words(&sent), ["415"]);
}

#[test]
fn an_offer_without_a_codec_of_ours_is_488() {
    let mut bench = Bench::new();
    for offer in [
        OFFER.replace("8 0 96", "18 96"),
        OFFER.replace("m=audio", "m=video"),
        OFFER.replace("RTP/AVP", "RTP/SAVP"),
        OFFER.replace("4000", "0"),
    ] {
        assert_eq!(
            words(&bench.feed(&Script::new("c").request("INVITE", 1, "b1", "", &offer), udp(CARRIER))),
            ["488"],
            "{offer}"
        );
    }
    assert_eq!(words(&bench.feed(&Script::new("c").request("INVITE", 1, "b1", "", "v=0\r\n"), udp(CARRIER))), ["400"]);
    assert_eq!(bench.core.held(), Default::default());
}

#[test]
fn a_late_offer_is_answered_in_the_ack() {
    let mut bench = Bench::new();
    let mut script = Script::new("c");
    bench.feed(&script.request("INVITE", 1, "b1", "", ""), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    assert_eq!(call.offer, None);
    bench.core.answer(bench.now, call.leg, &local_media());
    let sent = bench.sent();
    assert!(body(&sent[0]).contains("m=audio 20000 RTP/AVP 0 8 101\r\n"));
    script.to_tag = tag_of(&sent[0], "To");
    bench.feed(&script.request("ACK", 1, "b2", "", OFFER), udp(CARRIER));
    let events = bench.events();
    let [SipEvent::Media { media, .. }, SipEvent::Confirmed { .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((media.codec, media.dtmf_payload), (Codec::Pcma, Some(96)));
}

#[test]
fn a_late_offer_without_an_answer_ends_the_call() {
    let mut bench = Bench::new();
    let mut script = Script::new("c");
    bench.feed(&script.request("INVITE", 1, "b1", "", ""), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.answer(bench.now, call.leg, &local_media());
    script.to_tag = tag_of(&bench.sent()[0], "To");
    assert_eq!(words(&bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER))), ["BYE"]);
    assert_eq!(bench.event(), SipEvent::Gone { leg: call.leg, cause: Cause::BadAnswer });
}

#[test]
fn early_media_says_the_answer_that_the_200_repeats() {
    let mut bench = Bench::new();
    let (_, leg) = incoming(&mut bench, "c");
    assert!(bench.core.early_media(bench.now, leg, &local_media()));
    assert!(bench.core.ring(bench.now, leg));
    assert!(bench.core.answer(bench.now, leg, &local_media()));
    let sent = bench.sent();
    assert_eq!(words(&sent), ["183", "180", "200"]);
    assert_eq!(body(&sent[0]), body(&sent[1]));
    assert_eq!(body(&sent[0]), body(&sent[2]));
    assert!(!body(&sent[0]).is_empty());
}

#[test]
fn a_ringing_call_says_so_every_minute() {
    let mut bench = Bench::new();
    let (_, leg) = incoming(&mut bench, "c");
    bench.core.ring(bench.now, leg);
    bench.sent();
    assert_eq!(words(&bench.pass(secs(181))), ["180", "180", "180"]);
}

#[test]
fn a_refusal_is_sent_with_its_status() {
    let mut bench = Bench::new();
    let (_, leg) = incoming(&mut bench, "c");
    assert!(bench.core.reject(bench.now, leg, 503, Some(7)));
    let sent = bench.sent();
    assert_eq!(words(&sent), ["503"]);
    assert_eq!(header(&sent[0], "Retry-After"), Some("7"));
    assert_eq!(bench.event(), SipEvent::Gone { leg, cause: Cause::Local });
    let (_, leg) = incoming(&mut bench, "r");
    assert!(bench.core.reject(bench.now, leg, 302, None));
    assert_eq!(words(&bench.sent()), ["480"], "a redirection would name no address");
    bench.events();
    let (_, leg) = incoming(&mut bench, "d");
    assert!(bench.core.hangup(bench.now, leg, 0));
    assert_eq!(words(&bench.sent()), ["480"]);
}

#[test]
fn a_phone_that_moved_is_found_where_it_is_now() {
    let mut bench = Bench::new();
    let (script, leg) = established(&mut bench, "c");
    let moved = "10.0.0.9:6000";
    let text = script.request("OPTIONS", 5, "o1", "", "");
    bench.core.receive(bench.now, text.as_bytes(), udp(moved));
    assert_eq!(bench.core.next_transmit().unwrap().flow.peer, addr(moved));
    assert!(bench.core.hangup(bench.now, leg, 0));
}

#[test]
fn a_stranger_inside_nobodys_dialog_hears_nothing_and_a_trunk_hears_481() {
    let mut bench = Bench::new();
    let script = Script { to_tag: "none".into(), ..Script::new("c") };
    for method in ["BYE", "INVITE", "INFO", "OPTIONS", "REFER", "UPDATE", "NOTIFY"] {
        let text = script.request(method, 2, &format!("s{method}"), "", "");
        assert_eq!(words(&bench.feed(&text, udp(CARRIER))), ["481"], "{method}");
        assert_eq!(words(&bench.feed(&text, udp(STRANGER))), Vec::<String>::new(), "{method}");
    }
    assert_eq!(bench.core.held(), Default::default());
}

#[test]
fn session_timers_of_the_peer_are_kept() {
    let mut bench = Bench::new();
    let mut script = Script::new("c");
    let lines = "Supported: timer\r\nSession-Expires: 120\r\n";
    bench.feed(&script.request("INVITE", 1, "b1", lines, OFFER), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.answer(bench.now, call.leg, &local_media());
    let sent = bench.sent();
    assert_eq!(header(&sent[0], "Session-Expires"), Some("120;refresher=uac"));
    assert_eq!(header(&sent[0], "Require"), Some("timer"));
    script.to_tag = tag_of(&sent[0], "To");
    bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER));
    bench.events();
    bench.pass(secs(70));
    let sent = bench.feed(&script.request("UPDATE", 2, "b3", lines, ""), udp(CARRIER));
    assert_eq!(words(&sent), ["200"]);
    assert_eq!(header(&sent[0], "Session-Expires"), Some("120;refresher=uac"));
    assert!(bench.pass(secs(80)).is_empty());
    // RFC 4028 §10: a third of the interval, at most 32 seconds, before it expires.
    let sent = bench.pass(ms(8_100));
    assert_eq!(words(&sent), ["BYE"]);
    assert_eq!(bench.event(), SipEvent::Gone { leg: call.leg, cause: Cause::SessionExpired });
}

#[test]
fn we_refresh_where_the_peer_asks_us_to() {
    let mut bench = Bench::new();
    let lines = "Supported: timer\r\nAllow: INVITE, UPDATE\r\nSession-Expires: 200;refresher=uas\r\n";
    established_with(&mut bench, "c", lines);
    let sent = bench.pass(ms(100_100));
    assert_eq!(words(&sent), ["UPDATE"]);
    assert_eq!(header(&sent[0], "Session-Expires"), Some("200;refresher=uac"));
    bench.feed(&response(&sent[0], 200, "", "Session-Expires: 200;refresher=uac\r\n", ""), udp(CARRIER));
    assert_eq!(words(&bench.pass(ms(100_100))), ["UPDATE"]);
    assert_eq!(bench.events(), []);
}

#[test]
fn a_session_interval_that_is_too_short_is_422() {
    let mut bench = Bench::new();
    let lines = "Supported: timer\r\nSession-Expires: 30\r\n";
    let sent = bench.feed(&Script::new("c").request("INVITE", 1, "b1", lines, OFFER), udp(CARRIER));
    assert_eq!(words(&sent), ["422"]);
    assert_eq!(header(&sent[0], "Min-SE"), Some("90"));
}

#[test]
fn a_refresh_without_an_interval_gets_ours() {
    let mut bench = Bench::new();
    let (script, _) = established_with(&mut bench, "c", "Supported: timer\r\nSession-Expires: 120\r\n");
    let sent = bench.feed(&script.request("UPDATE", 2, "b3", "", ""), udp(CARRIER));
    assert_eq!(header(&sent[0], "Session-Expires"), Some("1800;refresher=uas"));
    assert_eq!(header(&sent[0], "Require"), None);
    assert!(bench.pass(secs(899)).is_empty());
    assert_eq!(words(&bench.pass(secs(1))), ["INVITE"]);
}

#[test]
fn a_call_that_begins_on_hold_is_told_when_it_resumes() {
    let mut bench = Bench::new();
    let mut script = Script::new("c");
    bench.feed(&script.request("INVITE", 1, "b1", "", &format!("{OFFER}a=sendonly\r\n")), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.answer(bench.now, call.leg, &local_media());
    script.to_tag = tag_of(&bench.sent()[0], "To");
    bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER));
    bench.feed(&script.request("UPDATE", 2, "b3", "", OFFER), udp(CARRIER));
    assert_eq!(bench.events().last(), Some(&SipEvent::Resumed { leg: call.leg }));
}

#[test]
fn a_description_inside_a_multipart_body_is_found() {
    let mut bench = Bench::new();
    let body = format!(
        "--x\r\nContent-Type: application/isup\r\n\r\nbinary\r\n--x\r\nContent-Type: application/sdp\r\n\r\n{OFFER}--x--\r\n"
    );
    let lines = "Content-Type: multipart/mixed; boundary=\"x\"\r\n";
    assert_eq!(words(&bench.feed(&Script::new("c").request("INVITE", 1, "b1", lines, &body), udp(CARRIER))), ["100"]);
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    assert!(call.offer.is_some());
}
