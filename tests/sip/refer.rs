//! REFER, NOTIFY and Replaces: transfers as phones ask for them (T07, T08, T19, T20, T21, T36).

use strowger::sip::event::{Cause, ReferRequest, ReplacesTarget, SipEvent};

use super::calls_in::established;
use super::harness::*;

const TO: &str = "Refer-To: <sip:103@acme.test>\r\n";

fn referred(bench: &mut Bench, script: &Script, cseq: u32, lines: &str) -> ReferRequest {
    assert!(bench.feed(&script.request("REFER", cseq, &format!("r{cseq}"), lines, ""), udp(CARRIER)).is_empty());
    let SipEvent::ReferRequested(request) = bench.event() else { panic!() };
    *request
}

fn ok(bench: &mut Bench, request: &str) -> Vec<String> {
    bench.feed(&response(request, 200, "", "", ""), udp(CARRIER))
}

#[test]
fn t19_the_transferor_hears_202_and_then_the_true_outcome() {
    let mut bench = Bench::new();
    let (script, leg) = established(&mut bench, "c");
    let request = referred(
        &mut bench,
        &script,
        2,
        "Refer-To: \"R\" <sip:%2B4420@acme.test;user=phone>\r\nReferred-By: <sip:alice@x>\r\n",
    );
    assert_eq!((request.leg, request.to_user.as_str()), (leg, "+4420"));
    assert_eq!((request.replaces, request.referred_by.as_deref()), (None, Some("alice")));
    assert!(bench.core.accept_refer(bench.now, request.token));
    let sent = bench.sent();
    assert_eq!(words(&sent), ["202", "NOTIFY"], "the NOTIFY never overtakes the 202");
    assert_eq!(header(&sent[1], "Event"), Some("refer"));
    assert!(header(&sent[1], "Subscription-State").unwrap().starts_with("active;expires="));
    assert_eq!(header(&sent[1], "Content-Type"), Some("message/sipfrag;version=2.0"));
    assert_eq!(body(&sent[1]), "SIP/2.0 100 Trying\r\n");
    // The next one waits for the answer to this one.
    assert!(bench.core.notify_refer(bench.now, request.token, 180));
    assert!(bench.core.notify_refer(bench.now, request.token, 486));
    assert!(bench.core.notify_refer(bench.now, request.token, 180));
    assert!(bench.sent().is_empty());
    let sent = ok(&mut bench, &sent[1]);
    assert_eq!(body(&sent[0]), "SIP/2.0 486 Busy Here\r\n");
    assert_eq!(header(&sent[0], "Subscription-State"), Some("terminated;reason=noresource"));
    ok(&mut bench, &sent[0]);
    assert!(!bench.core.notify_refer(bench.now, request.token, 200));
    assert_eq!(bench.core.legs(), 1, "the call goes on");
    assert_eq!(bench.events(), []);
}

#[test]
fn t19_a_481_to_notify_breaks_nothing() {
    let mut bench = Bench::new();
    let (script, leg) = established(&mut bench, "c");
    let request = referred(&mut bench, &script, 2, TO);
    bench.core.accept_refer(bench.now, request.token);
    let notify = bench.sent().remove(1);
    bench.feed(&response(&notify, 481, "", "", ""), udp(CARRIER));
    assert_eq!(bench.event(), SipEvent::ReferEnded { token: request.token, leg });
    assert!(!bench.core.notify_refer(bench.now, request.token, 200));
    assert_eq!(bench.core.legs(), 1);
}

#[test]
fn t19_the_outcome_reaches_a_phone_that_hung_up_after_the_202() {
    let mut bench = Bench::new();
    let (script, leg) = established(&mut bench, "c");
    let request = referred(&mut bench, &script, 2, TO);
    bench.core.accept_refer(bench.now, request.token);
    let notify = bench.sent().remove(1);
    assert_eq!(words(&bench.feed(&script.request("BYE", 3, "bye", "", ""), udp(CARRIER))), ["200"]);
    assert_eq!(bench.event(), SipEvent::Gone { leg, cause: Cause::Bye });
    assert_eq!(bench.core.legs(), 0);
    ok(&mut bench, &notify);
    assert!(bench.core.notify_refer(bench.now, request.token, 200));
    let sent = bench.sent();
    assert_eq!(body(&sent[0]), "SIP/2.0 200 OK\r\n");
    ok(&mut bench, &sent[0]);
    // Its dialog is over for all else.
    assert_eq!(words(&bench.feed(&script.request("INVITE", 4, "late", "", OFFER), udp(CARRIER))), ["481"]);
    bench.assert_idle();
}

#[test]
fn t07_transfers_disabled_is_603_and_the_call_goes_on() {
    let mut config = config();
    config.trunks[0].transfers_allowed = false;
    let mut bench = Bench::with(config);
    let (script, leg) = established(&mut bench, "c");
    assert_eq!(words(&bench.feed(&script.request("REFER", 2, "r", TO, ""), udp(CARRIER))), ["603"]);
    assert_eq!(bench.events(), []);
    assert!(bench.core.hangup(bench.now, leg, 0));
}

#[test]
fn t07_the_exchange_refuses() {
    let mut bench = Bench::new();
    let (script, _) = established(&mut bench, "c");
    let request = referred(&mut bench, &script, 2, TO);
    assert!(bench.core.refuse_refer(bench.now, request.token, 603));
    assert_eq!(words(&bench.sent()), ["603"]);
    assert!(!bench.core.accept_refer(bench.now, request.token));
    assert_eq!(bench.core.legs(), 1);
}

#[test]
fn t08_what_a_refer_must_have() {
    let mut bench = Bench::new();
    let (script, _) = established(&mut bench, "c");
    let cases = [
        ("", "400"),
        ("Refer-To: <sip:103@acme.test>\r\nRefer-To: <sip:102@acme.test>\r\n", "400"),
        ("Refer-To: <sip:103@acme.test>, <sip:102@acme.test>\r\n", "400"),
        ("Refer-To: 103\r\n", "400"),
        ("Refer-To: <sip:>\r\n", "400"),
        ("Refer-To: <http://acme.test/>\r\n", "416"),
        ("Refer-To: <sip:2002@acme.test;method=BYE>\r\n", "501"),
        ("Refer-To: <sip:103@acme.test;method=MESSAGE>\r\n", "501"),
        ("Refer-To: <sip:103@acme.test?Replaces=nonsense>\r\n", "400"),
        ("Refer-To: <sip:103@acme.test>\r\nRequire: explicitsub\r\n", "420"),
    ];
    for (n, (lines, status)) in cases.into_iter().enumerate() {
        let text = script.request("REFER", 2 + n as u32, &format!("r{n}"), lines, "");
        assert_eq!(words(&bench.feed(&text, udp(CARRIER))), [status], "{lines}");
    }
    assert_eq!(bench.events(), []);
    assert_eq!(words(&bench.feed(&Script::new("x").request("REFER", 1, "out", TO, ""), udp(CARRIER))), ["403"]);
}

#[test]
fn t20_a_late_reinvite_of_the_transferor_is_answered_and_leaves_nothing_stuck() {
    let mut bench = Bench::new();
    let (script, leg) = established(&mut bench, "c");
    let request = referred(&mut bench, &script, 2, TO);
    bench.core.accept_refer(bench.now, request.token);
    let notify = bench.sent().remove(1);
    ok(&mut bench, &notify);
    bench.core.notify_refer(bench.now, request.token, 503);
    let last = bench.sent().remove(0);
    ok(&mut bench, &last);
    assert_eq!(words(&bench.feed(&script.request("INVITE", 3, "late", "", OFFER), udp(CARRIER))), ["200"]);
    bench.core.hangup(bench.now, leg, 0);
    bench.feed(&script.request("ACK", 3, "late-ack", "", ""), udp(CARRIER));
    assert_eq!(bench.events(), [SipEvent::Gone { leg, cause: Cause::Local }]);
    bench.assert_idle();
}

#[test]
fn t21_no_notify_for_a_phone_that_wants_none() {
    let mut bench = Bench::new();
    let (script, _) = established(&mut bench, "c");
    let request = referred(&mut bench, &script, 2, &format!("{TO}Refer-Sub: false\r\nRequire: norefersub\r\n"));
    bench.core.accept_refer(bench.now, request.token);
    let sent = bench.sent();
    assert_eq!(words(&sent), ["202"]);
    assert_eq!(header(&sent[0], "Refer-Sub"), Some("false"));
    assert!(!bench.core.notify_refer(bench.now, request.token, 200));
    assert!(bench.sent().is_empty());
}

#[test]
fn an_undecided_refer_is_answered_by_itself() {
    let mut bench = Bench::new();
    let (script, leg) = established(&mut bench, "c");
    let request = referred(&mut bench, &script, 2, TO);
    let sent = bench.pass(ms(10_010));
    assert_eq!(words(&sent), ["500"]);
    assert_eq!(bench.event(), SipEvent::ReferEnded { token: request.token, leg });
    let request = referred(&mut bench, &script, 3, TO);
    let sent = bench.feed(&script.request("BYE", 4, "bye", "", ""), udp(CARRIER));
    assert_eq!(words(&sent), ["200", "603"]);
    assert!(bench.events().contains(&SipEvent::ReferEnded { token: request.token, leg }));
    assert!(!bench.core.accept_refer(bench.now, request.token));
    bench.assert_idle();
}

#[test]
fn a_second_refer_of_a_dialog_names_its_subscription() {
    let mut bench = Bench::new();
    let (script, _) = established(&mut bench, "c");
    let first = referred(&mut bench, &script, 2, TO);
    let second = referred(&mut bench, &script, 3, TO);
    bench.core.accept_refer(bench.now, first.token);
    bench.core.accept_refer(bench.now, second.token);
    let sent = bench.sent();
    assert_eq!(header(&sent[1], "Event"), Some("refer"));
    assert_eq!(header(&sent[3], "Event"), Some("refer;id=3"));
}

/// Replaces as the other end of the leg would write it.
pub fn replaces_of(script: &Script) -> String {
    format!("{};to-tag={};from-tag={}", script.call_id, script.to_tag, script.from_tag)
}

#[test]
fn an_attended_transfer_names_a_leg_of_ours_or_none() {
    let mut bench = Bench::new();
    let (script, _) = established(&mut bench, "c");
    let (consult, consulted) = established(&mut bench, "d");
    let escaped = replaces_of(&consult).replace(';', "%3B").replace('=', "%3D");
    let request = referred(&mut bench, &script, 2, &format!("Refer-To: <sip:103@acme.test?Replaces={escaped}>\r\n"));
    assert_eq!(request.replaces, Some(ReplacesTarget::Leg(consulted)));
    assert_eq!(request.to_uri, "sip:103@acme.test");
    let other = escaped.replace("to-tag%3D", "to-tag%3Dx");
    let request = referred(&mut bench, &script, 3, &format!("Refer-To: <sip:103@acme.test?Replaces={other}>\r\n"));
    assert_eq!(request.replaces, Some(ReplacesTarget::Unknown));
}
