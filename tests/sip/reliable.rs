//! Provisional responses that the caller confirms with PRACK (RFC 3262).

use strowger::base::id::LegId;
use strowger::sip::event::{Cause, SipEvent};

use super::calls_out::place;
use super::harness::*;

const REQUIRED: &str = "Require: 100rel\r\n";

fn required(bench: &mut Bench) -> (Script, LegId) {
    let script = Script::new("c");
    assert_eq!(words(&bench.feed(&script.request("INVITE", 1, "b1", REQUIRED, OFFER), udp(CARRIER))), ["100"]);
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    (script, call.leg)
}

fn prack(bench: &mut Bench, script: &Script, cseq: u32, rack: &str, offer: &str) -> Vec<String> {
    let text = script.request("PRACK", cseq, &format!("p{cseq}"), &format!("RAck: {rack}\r\n"), offer);
    bench.feed(&text, udp(CARRIER))
}

fn rseq(text: &str) -> u32 {
    header(text, "RSeq").unwrap().parse().unwrap()
}

#[test]
fn a_caller_that_only_supports_it_hears_plain_ones() {
    let mut bench = Bench::new();
    bench.feed(&Script::new("c").request("INVITE", 1, "b1", "Supported: 100rel\r\n", OFFER), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.ring(bench.now, call.leg);
    let sent = bench.sent();
    assert_eq!((words(&sent), header(&sent[0], "RSeq")), (vec!["180".to_owned()], None));
    assert!(bench.pass(secs(50)).is_empty());
}

#[test]
fn a_180_is_repeated_until_its_prack() {
    let mut bench = Bench::new();
    let (mut script, leg) = required(&mut bench);
    assert!(bench.core.ring(bench.now, leg));
    let ringing = bench.sent().remove(0);
    assert_eq!(header(&ringing, "Require"), Some("100rel"));
    script.to_tag = tag_of(&ringing, "To");
    let first = rseq(&ringing);
    // T1 doubling without a bound: 0.5, 1.5, 3.5 and 7.5 s.
    assert_eq!(bench.pass(secs(8)), vec![ringing.clone(); 4]);
    // Not this one, not this INVITE, not an INVITE at all, nothing at all.
    let wrong =
        [format!("{} 1 INVITE", first + 1), format!("{first} 2 INVITE"), format!("{first} 1 UPDATE"), "x".into()];
    for (n, wrong) in wrong.iter().enumerate() {
        assert_eq!(words(&prack(&mut bench, &script, 2 + n as u32, wrong, "")), ["481"], "{wrong}");
    }
    assert_eq!(words(&prack(&mut bench, &script, 9, &format!("{first} 1 INVITE"), "")), ["200"]);
    assert_eq!(words(&prack(&mut bench, &script, 9, &format!("{first} 1 INVITE"), "")), ["200"], "repeated");
    assert_eq!(words(&prack(&mut bench, &script, 10, &format!("{first} 1 INVITE"), "")), ["481"]);
    assert!(bench.pass(secs(40)).is_empty());
    // The next one has the next number.
    bench.core.ring(bench.now, leg);
    assert_eq!(rseq(&bench.sent()[0]), first + 1);
    bench.core.answer(bench.now, leg, &local_media());
    let sent = bench.sent();
    assert_eq!(words(&sent), ["200"], "a 180 without a description holds nothing up");
    assert!(body(&sent[0]).contains("m=audio 20000"));
    assert_eq!(words(&prack(&mut bench, &script, 11, &format!("{} 1 INVITE", first + 1), "")), ["200"]);
    assert!(bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER)).is_empty());
    assert_eq!(bench.events(), [SipEvent::Confirmed { leg }]);
    assert_eq!(words(&bench.feed(&script.request("BYE", 12, "b3", "", ""), udp(CARRIER))), ["200"]);
    bench.events();
    bench.assert_idle();
}

#[test]
fn one_is_open_at_a_time() {
    let mut bench = Bench::new();
    let (mut script, leg) = required(&mut bench);
    bench.core.ring(bench.now, leg);
    let first = bench.sent().remove(0);
    script.to_tag = tag_of(&first, "To");
    assert!(bench.core.early_media(bench.now, leg, &local_media()));
    assert!(bench.sent().is_empty());
    let sent = prack(&mut bench, &script, 2, &format!("{} 1 INVITE", rseq(&first)), "");
    assert_eq!(words(&sent), ["200", "183"]);
    assert_eq!(rseq(&sent[1]), rseq(&first) + 1);
    assert!(body(&sent[1]).contains("m=audio"));
}

#[test]
fn the_200_waits_for_the_prack_of_its_description() {
    let mut bench = Bench::new();
    let (mut script, leg) = required(&mut bench);
    bench.core.early_media(bench.now, leg, &local_media());
    let progress = bench.sent().remove(0);
    script.to_tag = tag_of(&progress, "To");
    assert!(bench.core.answer(bench.now, leg, &local_media()));
    assert!(bench.sent().is_empty());
    let sent = prack(&mut bench, &script, 2, &format!("{} 1 INVITE", rseq(&progress)), "");
    assert_eq!(words(&sent), ["200", "200"]);
    assert_eq!(header(&sent[0], "CSeq"), Some("2 PRACK"));
    assert_eq!((header(&sent[1], "CSeq"), body(&sent[1])), (Some("1 INVITE"), ""), "RFC 3262 §5: it was said");
    bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER));
    assert_eq!(bench.event(), SipEvent::Confirmed { leg });
}

#[test]
fn a_prack_may_offer_again() {
    let mut bench = Bench::new();
    let (mut script, leg) = required(&mut bench);
    bench.core.early_media(bench.now, leg, &local_media());
    let progress = bench.sent().remove(0);
    script.to_tag = tag_of(&progress, "To");
    let rack = format!("{} 1 INVITE", rseq(&progress));
    let sent = prack(&mut bench, &script, 2, &rack, &OFFER.replace("4000", "4002"));
    assert_eq!(words(&sent), ["200"]);
    assert!(body(&sent[0]).contains("m=audio 20000 RTP/AVP 8 96"));
    let SipEvent::Media { media, .. } = bench.event() else { panic!() };
    assert_eq!(media.address, addr("10.0.0.9:4002"));
}

#[test]
fn without_a_prack_the_call_is_refused() {
    for answered in [false, true] {
        let mut bench = Bench::new();
        let (_, leg) = required(&mut bench);
        bench.core.early_media(bench.now, leg, &local_media());
        if answered {
            bench.core.answer(bench.now, leg, &local_media());
        }
        bench.sent();
        assert_eq!(words(&bench.pass(ms(31_900))), ["183"; 6]);
        let sent = bench.pass(ms(200));
        assert_eq!(words(&sent), ["504"]);
        assert_eq!(bench.event(), SipEvent::Gone { leg, cause: Cause::NoAck });
        bench.assert_idle();
    }
}

#[test]
fn a_call_whose_200_waits_can_still_be_taken_back_and_hung_up() {
    for cancelled in [true, false] {
        let mut bench = Bench::new();
        let (script, leg) = required(&mut bench);
        bench.core.early_media(bench.now, leg, &local_media());
        bench.core.answer(bench.now, leg, &local_media());
        bench.sent();
        let (sent, cause) = if cancelled {
            (bench.feed(&script.request("CANCEL", 1, "b1", "", ""), udp(CARRIER)), Cause::Cancelled)
        } else {
            bench.core.hangup(bench.now, leg, 0);
            (bench.sent(), Cause::Local)
        };
        assert_eq!(words(&sent).last().map(String::as_str), Some(if cancelled { "487" } else { "480" }));
        assert_eq!(bench.event(), SipEvent::Gone { leg, cause });
        bench.assert_idle();
    }
}

#[test]
fn a_call_without_an_offer_rings_in_silence() {
    let mut bench = Bench::new();
    bench.feed(&Script::new("c").request("INVITE", 1, "b1", REQUIRED, ""), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    assert!(!bench.core.ring(bench.now, call.leg), "RFC 3262 §5: it would have to offer");
    bench.core.answer(bench.now, call.leg, &local_media());
    let sent = bench.sent();
    assert_eq!(words(&sent), ["200"]);
    assert!(body(&sent[0]).contains("m=audio"));
}

#[test]
fn it_is_for_invites_and_we_do_not_ask_for_it() {
    let mut bench = Bench::new();
    let options = Script::new("o").request("OPTIONS", 1, "b", REQUIRED, "");
    assert_eq!(words(&bench.feed(&options, udp(CARRIER))), ["420"]);
    let abilities = bench.feed(&Script::new("o").request("OPTIONS", 1, "b2", "", ""), udp(CARRIER)).remove(0);
    assert!(header(&abilities, "Supported").unwrap().contains("100rel"));
    assert!(header(&abilities, "Allow").unwrap().contains("PRACK"));
    let invite = place(&mut bench);
    assert!(!invite.contains("100rel"), "{invite}");
}
