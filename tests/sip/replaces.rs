//! INVITE with Replaces (RFC 3891): a registered user takes over a call (T36).

use strowger::base::id::LegId;
use strowger::sip::event::{Destination, PlaceSpec, SipEvent};

use super::authentication::{dana, nonce_of, registered};
use super::calls_in::established;
use super::calls_out::{LEG, spec};
use super::harness::*;
use super::refer::replaces_of;

/// What an INVITE of Dana's phone with these lines is answered.
fn ask(bench: &mut Bench, n: u32, lines: &str) -> String {
    let script = Script { peer: PHONE.into(), ..Script::new(&format!("r{n}")) };
    let sent = bench.feed(&script.request("INVITE", 1, "b1", lines, OFFER), udp(PHONE));
    let login = dana(nonce_of(&sent[0]), 1).line("INVITE");
    words(&bench.feed(&script.request("INVITE", 2, "b2", &format!("{login}{lines}"), OFFER), udp(PHONE))).remove(0)
}

fn replaced(bench: &mut Bench) -> Option<LegId> {
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    strowger::runtime::translate::incoming(&call).replaces
}

#[test]
fn t36_an_invite_with_replaces() {
    let mut bench = Bench::new();
    registered(&mut bench);
    let (script, leg) = established(&mut bench, "c");
    let taken = replaces_of(&script);
    let cases = [
        (format!("Replaces: {taken}x\r\n"), "481"),
        (format!("Replaces: x{taken}\r\n"), "481"),
        (format!("Replaces: {taken};early-only\r\n"), "486"),
        (format!("Replaces: {taken}\r\nReplaces: {taken}\r\n"), "400"),
        ("Replaces: nonsense\r\n".to_owned(), "400"),
        (format!("Replaces: {taken}\r\nJoin: {taken}\r\n"), "400"),
    ];
    for (n, (lines, status)) in cases.into_iter().enumerate() {
        assert_eq!(ask(&mut bench, n as u32, &lines), status, "{lines}");
    }
    assert_eq!(bench.events(), []);
    assert_eq!(ask(&mut bench, 20, &format!("Replaces: {taken}\r\nRequire: replaces\r\n")), "100");
    assert_eq!(replaced(&mut bench), Some(leg));
}

#[test]
fn t36_nobody_outside_takes_over_a_call() {
    let mut bench = Bench::new();
    let (script, _) = established(&mut bench, "c");
    let lines = format!("Replaces: {}\r\n", replaces_of(&script));
    let trunks = Script::new("t").request("INVITE", 1, "b", &lines, OFFER);
    assert_eq!(words(&bench.feed(&trunks, udp(CARRIER))), ["403"]);
    // A password alone is not a phone of the site.
    assert_eq!(ask(&mut bench, 1, &lines), "403");
    registered(&mut bench);
    assert_eq!(ask(&mut bench, 2, &lines), "100");
}

#[test]
fn t36_a_call_that_is_over_is_declined() {
    let mut bench = Bench::new();
    registered(&mut bench);
    let script = Script::new("c");
    bench.feed(&script.invite("b1"), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.answer(bench.now, call.leg, &local_media());
    let script = Script { to_tag: tag_of(&bench.sent()[0], "To"), ..script };
    // Over for us, and only the ACK is awaited before BYE.
    bench.core.hangup(bench.now, call.leg, 0);
    bench.events();
    assert_eq!(ask(&mut bench, 1, &format!("Replaces: {}\r\n", replaces_of(&script))), "603");
    assert_eq!(bench.events(), []);
}

#[test]
fn t36_a_ringing_call_is_taken_only_where_it_was_placed_and_only_if_that_is_meant() {
    let mut bench = Bench::new();
    registered(&mut bench);
    // One that came in and rings is not ours to give.
    let came = Script::new("c");
    bench.feed(&came.invite("b1"), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.ring(bench.now, call.leg);
    let came = Script { to_tag: tag_of(&bench.sent()[0], "To"), ..came };
    assert_eq!(ask(&mut bench, 1, &format!("Replaces: {};early-only\r\n", replaces_of(&came))), "481");
    let to = Destination::Trunk { trunk: "carrier".into(), user_part: "7".into() };
    bench.core.place(bench.now, LEG, &PlaceSpec { to, ..spec() });
    let invite = bench.sent().remove(0);
    let (call_id, ours) = (header(&invite, "Call-ID").unwrap(), tag_of(&invite, "From"));
    let rings = format!("Replaces: {call_id};to-tag={ours};from-tag=t1");
    assert_eq!(ask(&mut bench, 2, &format!("{rings};early-only\r\n")), "481", "it does not ring yet");
    bench.feed(&response(&invite, 180, "t1", "", ""), udp(CARRIER));
    bench.events();
    assert_eq!(ask(&mut bench, 3, &format!("{rings}\r\n")), "481");
    assert_eq!(ask(&mut bench, 4, &format!("{rings};early-only\r\n")), "100");
    assert_eq!(replaced(&mut bench), Some(LEG));
    // Another fork's ringing is nobody's.
    assert_eq!(ask(&mut bench, 5, &format!("{};early-only\r\n", rings.replace("t1", "t2"))), "481");
}
