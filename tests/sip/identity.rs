//! Who the far end sees: the connected line of a call that stands (T52), and what a placed leg's INVITE says of its
//! caller, of who sent it on and of who transferred it (T50, T51, T53, T54).

use std::sync::Arc;

use strowger::base::id::LegId;
use strowger::call::leg::{Caller, DivertReason, Diverted, Presented};
use strowger::runtime::translate;
use strowger::sip::core::identity::MAX_USER_TO_USER_BYTES;
use strowger::sip::event::{Destination, PlaceSpec, SipEvent};

use super::authentication::registered;
use super::calls_in::{answered_in, established};
use super::calls_out::{CONTACT, LEG, answered, place, spec};
use super::harness::*;

/// A call that came in from a peer that takes UPDATE.
fn with_update(bench: &mut Bench) -> (Script, LegId) {
    let mut script = Script::new("u");
    bench.feed(&script.request("INVITE", 1, "b1", "Allow: INVITE, UPDATE\r\n", OFFER), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.answer(bench.now, call.leg, &local_media());
    script.to_tag = tag_of(&bench.sent()[0], "To");
    bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER));
    bench.events();
    (script, call.leg)
}

const TIM: &str = "\"Tim\" <sip:103@acme.test>";

#[test]
fn t52_a_peer_that_takes_update_is_told_by_update() {
    let mut bench = Bench::new();
    let (_, leg) = with_update(&mut bench);
    bench.core.connected(bench.now, leg, "103", "Tim", false);
    let sent = bench.sent();
    assert_eq!(words(&sent), ["UPDATE"]);
    assert_eq!(header(&sent[0], "P-Asserted-Identity"), Some(TIM));
    assert_eq!((header(&sent[0], "Privacy"), body(&sent[0])), (None, ""));
    assert!(bench.feed(&response(&sent[0], 200, "", "", ""), udp(CARRIER)).is_empty());
    // It knows.
    bench.core.connected(bench.now, leg, "103", "Tim", false);
    assert!(bench.sent().is_empty());
    bench.core.connected(bench.now, leg, "104", "Secret", true);
    let sent = bench.sent().remove(0);
    assert!(!sent.contains("104") && !sent.contains("Secret"), "{sent}");
    assert_eq!(header(&sent, "P-Asserted-Identity"), Some("\"Anonymous\" <sip:anonymous@anonymous.invalid>"));
    assert_eq!(header(&sent, "Privacy"), Some("id"));
    assert_eq!(bench.events(), []);
}

#[test]
fn t52_another_peer_is_told_by_a_reinvite_that_changes_nothing() {
    let mut bench = Bench::new();
    let (script, leg) = established(&mut bench, "c");
    let before = bench.feed(&script.request("INVITE", 2, "r", "", OFFER), udp(CARRIER)).remove(0);
    bench.feed(&script.request("ACK", 2, "ra", "", ""), udp(CARRIER));
    bench.core.connected(bench.now, leg, "103", "Tim", false);
    let sent = bench.sent();
    assert_eq!(words(&sent), ["INVITE"]);
    assert_eq!(header(&sent[0], "P-Asserted-Identity"), Some(TIM));
    assert_eq!(body(&sent[0]), body(&before), "the description is the one that the peer has");
    assert_eq!(words(&bench.feed(&response(&sent[0], 200, "", "", OFFER), udp(CARRIER))), ["ACK"]);
    assert_eq!(bench.events(), [], "nobody waits for it");
    bench.core.hold(bench.now, leg);
    assert_eq!(header(&bench.sent()[0], "P-Asserted-Identity"), None);
}

#[test]
fn a_change_under_way_goes_first_and_only_the_newest_name_follows() {
    let mut bench = Bench::new();
    let (_, leg) = with_update(&mut bench);
    bench.core.hold(bench.now, leg);
    let invite = bench.sent().remove(0);
    bench.core.connected(bench.now, leg, "101", "Ann", false);
    bench.core.connected(bench.now, leg, "103", "Tim", false);
    assert!(bench.sent().is_empty());
    let sent = bench.feed(&response(&invite, 200, "", "Allow: UPDATE\r\n", OFFER), udp(CARRIER));
    assert_eq!(words(&sent), ["ACK", "UPDATE"]);
    assert_eq!(header(&sent[1], "P-Asserted-Identity"), Some(TIM));
    bench.core.resume(bench.now, leg);
    assert!(bench.sent().is_empty());
    let sent = bench.feed(&response(&sent[1], 200, "", "", ""), udp(CARRIER));
    assert_eq!(words(&sent), ["INVITE"], "and what was wanted meanwhile comes after it");
    assert!(body(&sent[0]).contains("a=sendrecv"));
}

#[test]
fn a_peer_that_cannot_be_told_keeps_its_call() {
    for status in [400, 403, 408, 488, 500, 503, 603] {
        let mut bench = Bench::new();
        let (_, leg) = with_update(&mut bench);
        bench.core.connected(bench.now, leg, "103", "Tim", false);
        let update = bench.sent().remove(0);
        assert!(bench.feed(&response(&update, status, "", "", ""), udp(CARRIER)).is_empty(), "{status}");
        assert_eq!((bench.events(), bench.core.legs()), (vec![], 1), "{status}");
        assert!(bench.pass(secs(20)).is_empty(), "{status}");
        assert!(bench.core.hold(bench.now, leg));
        assert_eq!(words(&bench.sent()), ["INVITE"]);
    }
    let mut bench = Bench::new();
    let (_, leg) = with_update(&mut bench);
    bench.core.connected(bench.now, leg, "103", "Tim", false);
    bench.pass(secs(40));
    assert_eq!((bench.events(), bench.core.legs()), (vec![], 1), "silence is no reason to hang up");
}

#[test]
fn a_peer_that_does_not_take_update_after_all_gets_one_reinvite() {
    for status in [405, 501] {
        let mut bench = Bench::new();
        let (_, leg) = with_update(&mut bench);
        bench.core.connected(bench.now, leg, "103", "Tim", false);
        let update = bench.sent().remove(0);
        let sent = bench.feed(&response(&update, status, "", "", ""), udp(CARRIER));
        assert_eq!(words(&sent), ["INVITE"]);
        assert_eq!(header(&sent[0], "P-Asserted-Identity"), Some(TIM));
        assert_eq!(words(&bench.feed(&response(&sent[0], status, "", "", ""), udp(CARRIER))), ["ACK"]);
        assert!(bench.pass(secs(20)).is_empty());
        assert_eq!((bench.events(), bench.core.legs()), (vec![], 1));
    }
}

#[test]
fn a_name_that_met_a_glare_is_told_again_unless_there_is_a_newer_one() {
    let mut bench = Bench::new();
    let (_, leg) = with_update(&mut bench);
    bench.core.connected(bench.now, leg, "101", "Ann", false);
    let update = bench.sent().remove(0);
    bench.feed(&response(&update, 491, "", "", ""), udp(CARRIER));
    let sent = bench.pass(ms(2_010));
    assert_eq!(words(&sent)[..1], ["UPDATE"]);
    assert!(header(&sent[0], "P-Asserted-Identity").unwrap().contains("101"));
    bench.feed(&response(&sent[0], 491, "", "", ""), udp(CARRIER));
    bench.core.connected(bench.now, leg, "103", "Tim", false);
    assert!(bench.sent().is_empty(), "the wait is kept");
    let sent = bench.pass(ms(2_010));
    assert_eq!(words(&sent)[..1], ["UPDATE"]);
    assert_eq!(header(&sent[0], "P-Asserted-Identity"), Some(TIM));
}

#[test]
fn who_answers_is_told_with_the_answer() {
    let mut bench = Bench::new();
    let mut script = Script::new("c");
    bench.feed(&script.invite("b1"), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.ring(bench.now, call.leg);
    bench.core.connected(bench.now, call.leg, "103", "Tim", false);
    bench.core.ring(bench.now, call.leg);
    bench.core.answer(bench.now, call.leg, &local_media());
    let sent = bench.sent();
    assert_eq!(words(&sent), ["180", "180", "200"]);
    let told: Vec<_> = sent.iter().map(|text| header(text, "P-Asserted-Identity")).collect();
    assert_eq!(told, [None, Some(TIM), Some(TIM)]);
    script.to_tag = tag_of(&sent[2], "To");
    assert!(bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER)).is_empty(), "it is told once");
}

#[test]
fn a_leg_that_is_not_confirmed_is_told_when_it_is() {
    let mut bench = Bench::new();
    let (script, leg) = answered_in(&mut bench, "c", "");
    bench.core.connected(bench.now, leg, "103", "Tim", false);
    assert!(bench.sent().is_empty());
    let sent = bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER));
    assert_eq!(words(&sent), ["INVITE"]);
    assert_eq!(header(&sent[0], "P-Asserted-Identity"), Some(TIM));
    // A placed one.
    let invite = place(&mut bench);
    bench.core.connected(bench.now, LEG, "103", "Tim", false);
    assert!(bench.sent().is_empty());
    let sent = bench.feed(&response(&invite, 200, "t1", &format!("{CONTACT}Allow: UPDATE\r\n"), OFFER), udp(CARRIER));
    assert_eq!(words(&sent), ["ACK", "UPDATE"]);
    assert_eq!(header(&sent[1], "P-Asserted-Identity"), Some(TIM));
}

#[test]
fn a_placed_leg_that_was_called_by_that_name_hears_nothing_new() {
    let mut bench = Bench::new();
    answered(&mut bench);
    let spec = spec();
    bench.core.connected(bench.now, LEG, &spec.from_user, &spec.from_display, false);
    assert!(bench.sent().is_empty());
    bench.core.connected(bench.now, LEG, "103", "Tim", false);
    assert_eq!(words(&bench.sent()), ["INVITE"]);
}

fn presented() -> Presented {
    Presented {
        caller: Caller { number: "+442079460000".into(), name: "Ann".into(), anonymous: false },
        referred_by: Some("us_dana".into()),
        diverted: Some(Diverted { by: "102".into(), reason: DivertReason::NoAnswer }),
        context: [("account".into(), Arc::from("A \"7\"\\\n")), ("brief".into(), Arc::from("wünscht"))].into(),
        max_forwards: 7,
    }
}

fn trunk() -> Destination {
    Destination::Trunk { trunk: "carrier".into(), user_part: "+442071838750".into() }
}

fn invite_of(bench: &mut Bench, to: Destination, presented: &Presented) -> String {
    bench.core.place(bench.now, LEG, &translate::place(to, presented, local_media()));
    let invite = bench.sent().remove(0);
    bench.core.hangup(bench.now, LEG, 0);
    bench.events();
    invite
}

#[test]
fn t50_t53_a_trunk_is_told_who_calls_who_diverted_and_who_transferred() {
    for (reason, diversion, history) in [
        (DivertReason::NoAnswer, "no-answer", "?Reason=SIP%3Bcause%3D408"),
        (DivertReason::UserBusy, "user-busy", "?Reason=SIP%3Bcause%3D486"),
        (DivertReason::Deflection, "deflection", ""),
        (DivertReason::Unconditional, "unconditional", ""),
    ] {
        let mut bench = Bench::new();
        let diverted = Some(Diverted { by: "102".into(), reason });
        let invite = invite_of(&mut bench, trunk(), &Presented { diverted, ..presented() });
        assert!(header(&invite, "From").unwrap().starts_with("\"Ann\" <sip:+442079460000@acme.test>;tag="));
        assert_eq!(header(&invite, "P-Asserted-Identity"), Some("<sip:+442079460000@acme.test>"));
        assert_eq!(header(&invite, "Referred-By"), Some("<sip:us_dana@acme.test>"));
        let expected = format!("<sip:102@acme.test>;reason={diversion};counter=1");
        assert_eq!(header(&invite, "Diversion"), Some(&*expected));
        let expected =
            format!("<sip:102@acme.test{history}>;index=1, <sip:+442071838750@10.0.0.9:5060>;index=1.1;mp=1");
        assert_eq!(header(&invite, "History-Info"), Some(&*expected));
        assert_eq!(header(&invite, "Max-Forwards"), Some("7"));
        assert_eq!(header(&invite, "User-to-User"), None, "facts stay in the site");
    }
    let mut bench = Bench::new();
    let plain = Presented { diverted: None, referred_by: None, ..presented() };
    let invite = invite_of(&mut bench, trunk(), &plain);
    for name in ["Diversion", "History-Info", "Referred-By", "Privacy"] {
        assert_eq!(header(&invite, name), None);
    }
}

#[test]
fn t54_a_hidden_caller_stays_hidden_whoever_sends_the_call_on() {
    let mut bench = Bench::new();
    let anonymous = Caller { number: "+442079460000".into(), name: "Ann".into(), anonymous: true };
    let invite = invite_of(&mut bench, trunk(), &Presented { caller: anonymous.clone(), ..presented() });
    assert!(!invite.contains("442079460000") && !invite.contains("Ann"), "{invite}");
    assert!(header(&invite, "From").unwrap().starts_with("\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag="));
    assert_eq!(header(&invite, "Privacy"), Some("id"));
    assert_eq!(header(&invite, "P-Asserted-Identity"), None);
    assert_eq!(header(&invite, "Referred-By"), Some("<sip:us_dana@acme.test>"));
    assert!(header(&invite, "Diversion").unwrap().starts_with("<sip:102@acme.test>"));
    // Even if somebody has asserted it.
    let asserted = PlaceSpec { anonymous: true, p_asserted: Some("+442079460000".into()), ..spec() };
    bench.core.place(bench.now, LegId(4), &asserted);
    assert_eq!(header(&bench.sent()[0], "P-Asserted-Identity"), None);
    bench.core.hangup(bench.now, LegId(4), 0);
    bench.events();
    // A caller who transferred or diverted the call is one and the same person.
    let own = Presented {
        caller: anonymous,
        referred_by: Some("+442079460000".into()),
        diverted: Some(Diverted { by: "+442079460000".into(), reason: DivertReason::Deflection }),
        ..presented()
    };
    let invite = invite_of(&mut bench, trunk(), &own);
    assert!(!invite.contains("442079460000"), "{invite}");
    assert_eq!(header(&invite, "Referred-By"), Some("<sip:anonymous@anonymous.invalid>"));
}

#[test]
fn a_registered_phone_is_told_the_facts_as_hex() {
    let mut bench = Bench::new();
    let contact = registered(&mut bench);
    let to = Destination::Contact { user: "us_dana".into(), contact };
    let invite = invite_of(&mut bench, to.clone(), &presented());
    let hex = header(&invite, "User-to-User").unwrap().strip_suffix(";encoding=hex").unwrap();
    let bytes: Vec<u8> = hex.as_bytes().chunks(2).map(pair).collect();
    assert_eq!(String::from_utf8(bytes).unwrap(), r#"{"account":"A \"7\"\\\u000a","brief":"wünscht"}"#);
    assert_eq!(header(&invite, "P-Asserted-Identity"), None, "From says it, and nobody else vouches");
    // `rc`: another address of the user who diverted it, not another user.
    assert!(header(&invite, "History-Info").unwrap().ends_with("<sip:102@192.168.7.7:40001>;index=1.1;rc=1"));
    let none = invite_of(&mut bench, to.clone(), &Presented { context: [].into(), ..presented() });
    assert_eq!(header(&none, "User-to-User"), None);
    // What does not fit is left out whole; what fits after it stays.
    let facts = [("a", 100), ("b", 1_000), ("c", 100), ("d", 100)];
    let context = facts.map(|(key, length)| (key.into(), Arc::from("x".repeat(length)))).into();
    let invite = invite_of(&mut bench, to, &Presented { context, ..presented() });
    let hex = header(&invite, "User-to-User").unwrap().strip_suffix(";encoding=hex").unwrap();
    assert!(hex.len() <= 2 * MAX_USER_TO_USER_BYTES, "{}", hex.len());
    let json: String = hex.as_bytes().chunks(2).map(|two| char::from(pair(two))).collect();
    assert_eq!(json, format!("{{\"a\":\"{0}\",\"c\":\"{0}\"}}", "x".repeat(100)));
}

fn pair(two: &[u8]) -> u8 {
    u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()
}

#[test]
fn names_break_no_line_wherever_they_stand() {
    let mut bench = Bench::new();
    let evil = "1\r\nX-Evil: yes";
    let spec = PlaceSpec {
        p_asserted: Some(evil.into()),
        referred_by: Some(evil.into()),
        diverted: Some(Diverted { by: evil.into(), reason: DivertReason::UserBusy }),
        ..spec()
    };
    bench.core.place(bench.now, LEG, &spec);
    let invite = bench.sent().remove(0);
    assert_eq!(header(&invite, "X-Evil"), None, "{invite}");
    let (_, leg) = with_update(&mut bench);
    bench.core.connected(bench.now, leg, evil, evil, false);
    assert_eq!(header(&bench.sent()[0], "X-Evil"), None);
}
