//! Session timers that we start (RFC 4028): what is asked for and agreed, who refreshes, how, and when a call of the dead
//! ends. Those that the peer asks for are in `calls_in`.

use strowger::base::id::LegId;
use strowger::sip::event::{Cause, SipEvent};

use super::calls_in::{established, established_with};
use super::calls_out::{CONTACT, LEG, place};
use super::harness::*;

const KNOWS: &str = "Supported: timer\r\n";
const TAKES_UPDATE: &str = "Supported: timer\r\nAllow: INVITE, UPDATE\r\n";

/// A call that we placed; its 200 says these lines.
fn placed(bench: &mut Bench, lines: &str) -> String {
    let invite = place(bench);
    let sent = bench.feed(&response(&invite, 200, "t1", &format!("{CONTACT}{lines}"), OFFER), udp(CARRIER));
    assert_eq!(words(&sent), ["ACK"]);
    assert!(matches!(bench.event(), SipEvent::Answered { leg: LEG, .. }));
    invite
}

/// Its peer says yes to a refresh: by UPDATE with nothing, by re-INVITE with a description, which is confirmed.
fn refreshed(bench: &mut Bench, request: &str, lines: &str) {
    let invite = request.starts_with("INVITE");
    let answer = if invite { OFFER } else { "" };
    let sent = bench.feed(&response(request, 200, "", &format!("{CONTACT}{lines}"), answer), udp(CARRIER));
    assert_eq!(words(&sent), if invite { vec!["ACK"] } else { vec![] });
    assert_eq!(bench.events(), []);
}

/// The one request that is sent when so much time has passed, and nothing before.
fn due_after(bench: &mut Bench, seconds: u64, method: &str) -> String {
    assert_eq!(words(&bench.pass(ms(seconds * 1_000 - 1))), Vec::<String>::new(), "before {seconds} s");
    let mut sent = bench.pass(ms(1));
    assert_eq!(words(&sent), [method], "after {seconds} s");
    sent.remove(0)
}

#[test]
fn every_invite_of_ours_asks_for_half_an_hour_and_leaves_open_who_refreshes() {
    let mut bench = Bench::new();
    let invite = place(&mut bench);
    assert_eq!(header(&invite, "Session-Expires"), Some("1800"));
    assert_eq!(header(&invite, "Min-SE"), Some("90"));
    assert!(header(&invite, "Supported").unwrap().split(", ").any(|tag| tag == "timer"));
    assert_eq!(header(&invite, "Require"), None, "a phone without session timers is called all the same");
}

#[test]
fn what_the_200_to_our_invite_says_is_what_is_done() {
    // Its lines; after how many seconds which request goes.
    for (lines, after, method) in [
        ("Require: timer\r\nSession-Expires: 1800;refresher=uac\r\nAllow: UPDATE\r\n", 900, "UPDATE"),
        ("Require: timer\r\nSession-Expires: 600;refresher=uac\r\n", 300, "INVITE"),
        ("Session-Expires: 600\r\n", 300, "INVITE"),
        // The peer refreshes, and does not: BYE comes 32 seconds before the end (§10).
        ("Require: timer\r\nSession-Expires: 600;refresher=uas\r\n", 568, "BYE"),
        // It knows of no session timers.
        ("", 900, "INVITE"),
        ("Allow: UPDATE\r\n", 900, "UPDATE"),
    ] {
        let mut bench = Bench::new();
        placed(&mut bench, lines);
        due_after(&mut bench, after, method);
    }
}

#[test]
fn a_call_without_an_interval_gets_one_and_we_refresh_it() {
    for (lines, require, after, method) in [
        (TAKES_UPDATE, Some("timer"), 900, "UPDATE"),
        (KNOWS, Some("timer"), 900, "INVITE"),
        // Who does not know session timers must not be required to.
        ("", None, 900, "INVITE"),
        ("Supported: timer\r\nMin-SE: 2400\r\n", Some("timer"), 1_200, "INVITE"),
    ] {
        let mut bench = Bench::new();
        let mut script = Script::new("c");
        bench.feed(&script.request("INVITE", 1, "b1", lines, OFFER), udp(CARRIER));
        let SipEvent::Incoming(call) = bench.event() else { panic!() };
        bench.core.answer(bench.now, call.leg, &local_media());
        let ok = bench.sent().remove(0);
        let expected = format!("{};refresher=uas", after * 2);
        assert_eq!(header(&ok, "Session-Expires"), Some(expected.as_str()), "{lines}");
        assert_eq!(header(&ok, "Require"), require, "{lines}");
        script.to_tag = tag_of(&ok, "To");
        bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER));
        bench.events();
        due_after(&mut bench, after, method);
    }
}

#[test]
fn a_refresh_by_reinvite_says_the_same_description_and_the_roles_stay() {
    let mut bench = Bench::new();
    let (script, _) = established_with(&mut bench, "c", "");
    let ok = bench.feed(&script.request("INVITE", 2, "r", "", OFFER), udp(CARRIER)).remove(0);
    bench.feed(&script.request("ACK", 2, "r2", "", ""), udp(CARRIER));
    for _ in 0..3 {
        let again = due_after(&mut bench, 900, "INVITE");
        assert_eq!(body(&again), body(&ok), "the same version of the same description");
        assert_eq!(header(&again, "Session-Expires"), Some("1800;refresher=uac"));
        refreshed(&mut bench, &again, "");
    }
}

#[test]
fn a_call_on_hold_stays_on_hold_through_its_refresh() {
    let mut bench = Bench::new();
    placed(&mut bench, "");
    assert!(bench.core.hold(bench.now, LEG));
    let hold = bench.sent().remove(0);
    assert!(body(&hold).contains("a=sendonly"));
    let recvonly = format!("{OFFER}a=recvonly\r\n");
    bench.feed(&response(&hold, 200, "", CONTACT, &recvonly), udp(CARRIER));
    bench.events();
    let again = due_after(&mut bench, 900, "INVITE");
    assert!(body(&again).contains("a=sendonly"), "{again}");
    bench.feed(&response(&again, 200, "", CONTACT, &recvonly), udp(CARRIER));
    assert_eq!(bench.events(), []);
    // A peer that holds is refreshed like any other, and goes on holding.
    let mut bench = Bench::new();
    let (script, _) = established_with(&mut bench, "c", KNOWS);
    let sendonly = format!("{OFFER}a=sendonly\r\n");
    bench.feed(&script.request("INVITE", 2, "h", KNOWS, &sendonly), udp(CARRIER));
    bench.feed(&script.request("ACK", 2, "h2", "", ""), udp(CARRIER));
    bench.events();
    let again = due_after(&mut bench, 900, "INVITE");
    bench.feed(&response(&again, 200, "", CONTACT, &sendonly), udp(CARRIER));
    assert_eq!(bench.events(), []);
}

#[test]
fn a_dead_phone_is_found_by_its_refresh() {
    for lines in ["", "Allow: INVITE, UPDATE\r\n"] {
        // Nothing comes back: 64*T1 later the call is over.
        let mut bench = Bench::new();
        let (_, leg) = established_with(&mut bench, "c", lines);
        assert!(bench.pass(secs(899)).is_empty());
        let sent = words(&bench.pass(secs(34)));
        assert_eq!(sent.last().map(String::as_str), Some("BYE"), "{sent:?}");
        assert_eq!(bench.event(), SipEvent::Gone { leg, cause: Cause::DialogLost });
        bench.assert_idle();
    }
    for status in [408, 481] {
        let mut bench = Bench::new();
        let (_, leg) = established_with(&mut bench, "c", "Allow: UPDATE\r\n");
        let update = due_after(&mut bench, 900, "UPDATE");
        assert_eq!(words(&bench.feed(&response(&update, status, "", "", ""), udp(CARRIER))), ["BYE"], "{status}");
        assert_eq!(bench.event(), SipEvent::Gone { leg, cause: Cause::DialogLost });
        bench.assert_idle();
    }
}

#[test]
fn a_phone_that_says_no_to_a_refresh_is_there() {
    for status in [488, 500, 603] {
        let mut bench = Bench::new();
        established(&mut bench, "c");
        let mut at = 900;
        for _ in 0..6 {
            let invite = due_after(&mut bench, at, "INVITE");
            assert_eq!(words(&bench.feed(&response(&invite, status, "", "", ""), udp(CARRIER))), ["ACK"]);
            at = 450;
        }
        assert_eq!(bench.events(), [], "{status}");
        assert_eq!(bench.core.legs(), 1);
    }
}

#[test]
fn a_refresh_that_is_only_ever_tried_ends_the_call_when_its_time_is_over() {
    let mut bench = Bench::new();
    let (_, leg) = established(&mut bench, "c");
    let invite = due_after(&mut bench, 900, "INVITE");
    bench.feed(&response(&invite, 100, "", "", ""), udp(CARRIER));
    assert_eq!(words(&bench.pass(secs(899))), Vec::<String>::new());
    assert_eq!(words(&bench.pass(secs(2)))[..1], ["BYE"]);
    assert_eq!(bench.event(), SipEvent::Gone { leg, cause: Cause::SessionExpired });
}

#[test]
fn a_refresh_in_glare_is_said_again() {
    let mut bench = Bench::new();
    let (script, _) = established(&mut bench, "c");
    let invite = due_after(&mut bench, 900, "INVITE");
    // Ours is open: theirs is 491, and so is ours.
    assert_eq!(words(&bench.feed(&script.request("INVITE", 2, "g", "", OFFER), udp(CARRIER))), ["491"]);
    bench.feed(&script.request("ACK", 2, "g", "", ""), udp(CARRIER));
    assert_eq!(words(&bench.feed(&response(&invite, 491, "", "", ""), udp(CARRIER))), ["ACK"]);
    // Said anew after 0 to 2 seconds; what follows is the same again until it is answered.
    let sent = bench.pass(secs(2));
    assert!(words(&sent).iter().all(|word| word == "INVITE"), "{sent:?}");
    assert_ne!(header(&sent[0], "CSeq"), header(&invite, "CSeq"));
    refreshed(&mut bench, &sent[0], "");
    assert_eq!(words(&bench.pass(secs(897))), Vec::<String>::new(), "the interval begins anew");
}

#[test]
fn a_change_under_way_when_the_refresh_is_due_is_the_refresh() {
    let mut bench = Bench::new();
    placed(&mut bench, "");
    bench.pass(secs(899));
    assert!(bench.core.hold(bench.now, LEG));
    let hold = bench.sent().remove(0);
    bench.feed(&response(&hold, 100, "", "", ""), udp(CARRIER));
    assert_eq!(words(&bench.pass(secs(5))), Vec::<String>::new(), "one change at a time");
    let recvonly = format!("{OFFER}a=recvonly\r\n");
    let sent = bench.feed(&response(&hold, 200, "", CONTACT, &recvonly), udp(CARRIER));
    assert_eq!(words(&sent), ["ACK"]);
    bench.events();
    let again = due_after(&mut bench, 900, "INVITE");
    // If it fails, the refresh goes by itself.
    bench.feed(&response(&again, 200, "", CONTACT, &recvonly), udp(CARRIER));
    bench.pass(secs(899));
    assert!(bench.core.resume(bench.now, LEG));
    let resume = bench.sent().remove(0);
    bench.feed(&response(&resume, 100, "", "", ""), udp(CARRIER));
    bench.pass(secs(5));
    assert_eq!(words(&bench.feed(&response(&resume, 488, "", "", ""), udp(CARRIER))), ["ACK", "INVITE"]);
}

#[test]
fn a_peer_that_wants_a_longer_interval_is_asked_again_once() {
    let mut bench = Bench::new();
    let first = place(&mut bench);
    let sent = bench.feed(&response(&first, 422, "t0", "Min-SE: 3600\r\n", ""), udp(CARRIER));
    assert_eq!(words(&sent), ["ACK", "INVITE"]);
    let again = &sent[1];
    assert_eq!(header(again, "Session-Expires"), Some("3600"));
    assert_eq!(header(again, "Min-SE"), Some("3600"));
    assert_eq!(header(again, "CSeq"), Some("2 INVITE"));
    for same in ["Call-ID", "From", "To", "Contact"] {
        assert_eq!(header(again, same), header(&first, same), "{same}");
    }
    assert_ne!(header(again, "Via"), header(&first, "Via"));
    assert_eq!(body(again), body(&first));
    assert_eq!(bench.events(), []);
    bench.feed(&response(again, 180, "t1", CONTACT, ""), udp(CARRIER));
    assert_eq!(bench.event(), SipEvent::Ringing { leg: LEG, early_media: None });
    let lines = format!("{CONTACT}Session-Expires: 3600;refresher=uac\r\n");
    let sent = bench.feed(&response(again, 200, "t1", &lines, OFFER), udp(CARRIER));
    assert_eq!(header(&sent[0], "CSeq"), Some("2 ACK"));
    assert!(matches!(bench.event(), SipEvent::Answered { leg: LEG, .. }));
    let refresh = due_after(&mut bench, 1_800, "INVITE");
    assert_eq!(header(&refresh, "CSeq"), Some("3 INVITE"));
    assert_eq!(header(&refresh, "Min-SE"), Some("3600"));
}

#[test]
fn a_422_that_cannot_be_met_is_a_refusal() {
    // Twice, without an interval, one that we exceed already, one beyond a day.
    let mut bench = Bench::new();
    let first = place(&mut bench);
    let sent = bench.feed(&response(&first, 422, "t0", "Min-SE: 3600\r\n", ""), udp(CARRIER));
    bench.feed(&response(&sent[1], 422, "t0", "Min-SE: 7200\r\n", ""), udp(CARRIER));
    assert!(matches!(bench.event(), SipEvent::PlaceFailed { leg: LEG, status: 422, .. }));
    bench.assert_idle();
    for lines in ["", "Min-SE: 1800\r\n", "Min-SE: 86401\r\n", "Min-SE: much\r\n"] {
        let mut bench = Bench::new();
        let invite = place(&mut bench);
        assert_eq!(words(&bench.feed(&response(&invite, 422, "t0", lines, ""), udp(CARRIER))), ["ACK"], "{lines}");
        assert!(matches!(bench.event(), SipEvent::PlaceFailed { leg: LEG, status: 422, .. }), "{lines}");
        bench.assert_idle();
    }
}

#[test]
fn a_call_that_was_given_up_is_not_placed_again() {
    let mut bench = Bench::new();
    let invite = place(&mut bench);
    bench.feed(&response(&invite, 100, "", "", ""), udp(CARRIER));
    assert!(bench.core.hangup(bench.now, LEG, 0));
    bench.sent();
    assert_eq!(bench.event(), SipEvent::Gone { leg: LEG, cause: Cause::Local });
    let sent = bench.feed(&response(&invite, 422, "t0", "Min-SE: 3600\r\n", ""), udp(CARRIER));
    assert_eq!(words(&sent), ["ACK"]);
    assert_eq!(bench.events(), []);
}

#[test]
fn a_refresh_is_raised_too_and_not_for_ever() {
    let mut bench = Bench::new();
    established_with(&mut bench, "c", TAKES_UPDATE);
    let mut update = due_after(&mut bench, 900, "UPDATE");
    for n in 1..=5 {
        let asked = format!("{}", 1_800 + n);
        let sent = bench.feed(&response(&update, 422, "", &format!("Min-SE: {asked}\r\n"), ""), udp(CARRIER));
        assert_eq!(words(&sent), ["UPDATE"]);
        assert_eq!(header(&sent[0], "Min-SE"), Some(asked.as_str()));
        update = sent[0].clone();
    }
    let sent = bench.feed(&response(&update, 422, "", "Min-SE: 4000\r\n", ""), udp(CARRIER));
    assert_eq!(words(&sent), Vec::<String>::new());
    assert_eq!(bench.core.legs(), 1, "it answers, so it is there");
}

#[test]
fn a_late_offer_and_a_change_by_the_peer_keep_the_timer() {
    let mut bench = Bench::new();
    let mut script = Script::new("c");
    bench.feed(&script.request("INVITE", 1, "b1", "", ""), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.answer(bench.now, call.leg, &local_media());
    let ok = bench.sent().remove(0);
    assert_eq!(header(&ok, "Session-Expires"), Some("1800;refresher=uas"));
    script.to_tag = tag_of(&ok, "To");
    bench.feed(&script.request("ACK", 1, "b2", "", OFFER), udp(CARRIER));
    bench.events();
    bench.pass(secs(600));
    // A re-INVITE of a phone without session timers is a sign of life.
    let sent = bench.feed(&script.request("INVITE", 2, "b3", "", OFFER), udp(CARRIER));
    assert_eq!(header(&sent[0], "Session-Expires"), Some("1800;refresher=uas"));
    bench.feed(&script.request("ACK", 2, "b4", "", ""), udp(CARRIER));
    let again = due_after(&mut bench, 900, "INVITE");
    assert!(!body(&again).is_empty());
}

#[test]
fn an_update_before_the_answer_starts_no_timer() {
    let mut bench = Bench::new();
    let mut script = Script::new("c");
    bench.feed(&script.request("INVITE", 1, "b1", TAKES_UPDATE, OFFER), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.ring(bench.now, call.leg);
    script.to_tag = tag_of(&bench.sent()[0], "To");
    let lines = "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n";
    let sent = bench.feed(&script.request("UPDATE", 2, "u", lines, ""), udp(CARRIER));
    assert_eq!(words(&sent), ["200"]);
    assert_eq!(header(&sent[0], "Session-Expires"), None);
    let sent = words(&bench.pass(secs(200)));
    assert!(sent.iter().all(|word| word == "180"), "{sent:?}");
    bench.core.answer(bench.now, call.leg, &local_media());
    assert_eq!(header(&bench.sent()[0], "Session-Expires"), Some("1800;refresher=uas"));
}

#[test]
fn the_fork_that_wins_has_the_timer_and_the_others_leave_none() {
    let mut bench = Bench::new();
    let invite = place(&mut bench);
    let lines = |seconds: u32| format!("{CONTACT}Session-Expires: {seconds};refresher=uac\r\n");
    bench.feed(&response(&invite, 200, "t1", &lines(600), OFFER), udp(CARRIER));
    let sent = bench.feed(&response(&invite, 200, "t2", &lines(100), OFFER), udp(CARRIER));
    assert_eq!(words(&sent), ["ACK", "BYE"]);
    bench.feed(&response(&sent[1], 200, "", "", ""), udp(CARRIER));
    bench.events();
    due_after(&mut bench, 300, "INVITE");
}

#[test]
fn a_call_that_is_over_leaves_no_timer() {
    let mut bench = Bench::new();
    for n in 0..20 {
        let (script, _) = established(&mut bench, &format!("c{n}"));
        bench.feed(&script.request("BYE", 2, "bye", "", ""), udp(CARRIER));
        bench.events();
    }
    assert_eq!(bench.core.legs(), 0);
    bench.pass(secs(64));
    assert_eq!(bench.core.held().timers, 0);
    assert!(!bench.core.hangup(bench.now, LegId(1), 0));
}
