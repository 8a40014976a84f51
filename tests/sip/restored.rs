//! Calls that outlive their process (T60): a card of a leg makes the leg again in another core.

use std::sync::Arc;

use strowger::base::id::LegId;
use strowger::call::media_types::LocalMedia;
use strowger::runtime::cards;
use strowger::sip::core::Core;
use strowger::sip::core::restore::RESTORED_SEQ_GAP;
use strowger::sip::dialog::Card;
use strowger::sip::event::{Cause, SipEvent};
use strowger::sip::flow::{ConnectionId, Flow, Transport};

use super::calls_in::{established, established_with};
use super::calls_out::{LEG, answered, place};
use super::harness::*;

/// The next process: another core, with another seed.
fn next_process() -> Bench {
    Bench { core: Core::new(Arc::new(config()), [9; 32]), ..Bench::new() }
}

fn restored(bench: &Bench, leg: LegId) -> (Bench, Card) {
    let card = bench.core.card(leg).unwrap();
    // As it is kept.
    let (twice, invite) = ([(leg, card.clone()), (leg, card.clone())], (udp(CARRIER), Arc::from(*b"INVITE")));
    let kept = cards::write(&twice, std::slice::from_ref(&invite));
    assert_eq!(cards::read(&kept).unwrap(), (twice.to_vec(), vec![invite]));
    assert_eq!(cards::read(&kept[..kept.len() - 1]), None);
    let mut next = next_process();
    assert!(next.core.restore(next.now, leg, card.clone()));
    assert!(next.sent().is_empty() && next.events().is_empty());
    (next, card)
}

/// A call with a route, held by its peer.
fn routed(bench: &mut Bench) -> (Script, LegId) {
    let mut script = Script::new("c");
    let routes = "Record-Route: <sip:10.0.0.33:5070;lr>\r\nRecord-Route: <sip:far.example;lr>\r\n";
    bench.feed(&script.request("INVITE", 1, "b1", routes, OFFER), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.answer(bench.now, call.leg, &local_media());
    script.to_tag = tag_of(&bench.sent()[0], "To");
    bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER));
    bench.feed(&script.request("INVITE", 2, "h1", "", &format!("{OFFER}a=sendonly\r\n")), udp(CARRIER));
    bench.feed(&script.request("ACK", 2, "h2", "", ""), udp(CARRIER));
    bench.events();
    (script, call.leg)
}

#[test]
fn t60_our_bye_finds_the_peer_of_the_last_process() {
    let mut bench = Bench::new();
    let (script, leg) = routed(&mut bench);
    bench.core.hold(bench.now, leg);
    let hold = bench.sent().remove(0);
    bench.feed(&response(&hold, 200, "", "", OFFER), udp(CARRIER));
    let (mut next, _) = restored(&bench, leg);
    assert!(next.core.hangup(next.now, leg, 0));
    let transmit = next.core.next_transmit().unwrap();
    assert_eq!(transmit.flow.peer, addr("10.0.0.33:5070"));
    let bye = String::from_utf8(transmit.bytes.to_vec()).unwrap();
    assert!(bye.starts_with("BYE sip:alice@10.0.0.9:5060 SIP/2.0\r\n"), "{bye}");
    assert!(bye.contains("Route: <sip:10.0.0.33:5070;lr>\r\nRoute: <sip:far.example;lr>\r\n"), "{bye}");
    assert_eq!(header(&bye, "Call-ID"), Some("c"));
    assert_eq!((tag_of(&bye, "From"), tag_of(&bye, "To")), (script.to_tag.clone(), script.from_tag.clone()));
    // One request was sent before; what else the dead process may have sent is passed over.
    assert_eq!(header(&hold, "CSeq"), Some("1 INVITE"));
    assert_eq!(header(&bye, "CSeq"), Some(&*format!("{} BYE", 2 + RESTORED_SEQ_GAP)));
    assert_eq!(next.event(), SipEvent::Gone { leg, cause: Cause::Local });
    next.feed(&response(&bye, 200, "", "", ""), udp(CARRIER));
    next.assert_idle();
}

#[test]
fn t60_a_restored_leg_goes_on_where_it_was() {
    let mut bench = Bench::new();
    let (script, leg) = routed(&mut bench);
    let (mut next, card) = restored(&bench, leg);
    assert_eq!(next.core.legs(), 1);
    let version = |text: &str| body(text).lines().nth(1).unwrap().to_owned();
    assert!(next.core.renegotiate(next.now, leg, &LocalMedia { address: addr("10.0.0.1:31000") }));
    let invite = next.sent().remove(0);
    assert!(body(&invite).contains("m=audio 31000"));
    let origin = format!("o=- {} {} IN IP4 10.0.0.1", card.session.id, card.session.version + 1);
    assert_eq!(version(&invite), origin, "the same description, one version on");
    assert_eq!(words(&next.feed(&response(&invite, 200, "", "", OFFER), udp(CARRIER))), ["ACK"]);
    let events = next.events();
    // The card knew that the peer held us.
    let [SipEvent::Media { .. }, SipEvent::Resumed { .. }, SipEvent::Renegotiated { outcome: Ok(_), .. }] =
        events.as_slice()
    else {
        panic!("{events:?}")
    };
    // And it answers what its peer asks.
    assert_eq!(words(&next.feed(&script.request("INVITE", 3, "n1", "", OFFER), udp(CARRIER))), ["200"]);
    next.feed(&script.request("ACK", 3, "n2", "", ""), udp(CARRIER));
    assert_eq!(words(&next.feed(&script.request("INFO", 2, "n3", "", ""), udp(CARRIER))), ["500"], "an old number");
    let refer = script.request("REFER", 4, "n4", "Refer-To: <sip:103@acme.test>\r\n", "");
    assert!(next.feed(&refer, udp(CARRIER)).is_empty());
    assert!(matches!(next.event(), SipEvent::ReferRequested(_)));
    // From wherever it is: nobody is registered yet.
    let sent = next.feed(&script.request("BYE", 5, "n5", "", ""), udp(STRANGER));
    assert_eq!(words(&sent), ["200", "603"]);
    assert!(next.events().contains(&SipEvent::Gone { leg, cause: Cause::Bye }));
    next.assert_idle();
}

#[test]
fn t60_a_placed_leg_too() {
    let mut bench = Bench::new();
    let (invite, _) = answered(&mut bench);
    let (mut next, _) = restored(&bench, LEG);
    next.core.hold(next.now, LEG);
    let hold = next.sent().remove(0);
    assert!(hold.starts_with("INVITE sip:target@10.0.0.9:5061 SIP/2.0\r\n"));
    assert_eq!(header(&hold, "Call-ID"), header(&invite, "Call-ID"));
    assert_eq!(tag_of(&hold, "To"), "t1");
}

#[test]
fn t60_numbers_go_on_above_what_was_restored() {
    let mut bench = Bench::new();
    for n in 0..4 {
        established(&mut bench, &format!("c{n}"));
    }
    let (mut next, card) = restored(&bench, LegId(7));
    let (_, leg) = established(&mut next, "new");
    assert_eq!(leg, LegId(9));
    // Each leg and each dialog once.
    let now = next.now;
    assert!(!next.core.restore(now, LegId(7), bench.core.card(LegId(1)).unwrap()));
    assert!(!next.core.restore(now, LegId(11), card));
    assert!(next.core.restore(now, LegId(1), bench.core.card(LegId(1)).unwrap()));
    assert_eq!(established(&mut next, "newer").1, LegId(11));
    // Nor that of a leg which is in the records of such a call, and is not made again.
    next.core.reserve(LegId(21));
    next.core.reserve(LegId(40));
    assert_eq!(established(&mut next, "newest").1, LegId(23));
}

#[test]
fn t60_only_a_call_that_stands_has_a_card() {
    let mut bench = Bench::new();
    bench.feed(&Script::new("c").invite("b1"), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    assert_eq!(bench.core.card(call.leg), None);
    bench.core.answer(bench.now, call.leg, &local_media());
    assert_eq!(bench.core.card(call.leg), None);
    bench.sent();
    place(&mut bench);
    assert_eq!(bench.core.card(LEG), None);
    assert_eq!(bench.core.card(LegId(99)), None);
}

#[test]
fn t60_the_session_timer_runs_on() {
    let mut bench = Bench::new();
    let lines = "Supported: timer\r\nAllow: INVITE, UPDATE\r\nSession-Expires: 200;refresher=uas\r\n";
    let (_, leg) = established_with(&mut bench, "c", lines);
    let card = bench.core.card(leg).unwrap();
    let (mut next, _) = restored(&bench, leg);
    assert_eq!(words(&next.pass(ms(1))), ["UPDATE"], "nobody knows when it was refreshed last");
    // Where the peer refreshes, it is waited for.
    let mut next = next_process();
    next.core.restore(next.now, leg, Card { refresh: Some((120, false)), ..card });
    assert!(next.pass(secs(87)).is_empty());
    assert_eq!(words(&next.pass(secs(2)))[..1], ["BYE"]);
    assert_eq!(next.event(), SipEvent::Gone { leg, cause: Cause::SessionExpired });
}

#[test]
fn t60_a_phone_behind_a_connection_is_called_back_on_a_new_one() {
    let mut bench = Bench::new();
    let (script, leg) = established(&mut bench, "c");
    let over_tcp = Flow { transport: Transport::Tcp, connection: Some(ConnectionId(3)), ..udp(CARRIER) };
    bench.feed(&script.request("OPTIONS", 2, "o", "", ""), over_tcp);
    let (mut next, card) = restored(&bench, leg);
    assert_eq!(card.flow.connection, None);
    next.core.hangup(next.now, leg, 0);
    let transmit = next.core.next_transmit().unwrap();
    assert_eq!((transmit.flow.transport, transmit.flow.connection), (Transport::Tcp, None));
    // A socket that this process does not have gives way to one that it has; without any there is no leg.
    let mut next = next_process();
    let moved = Flow { local: addr("10.0.0.2:5060"), ..udp(CARRIER) };
    assert!(next.core.restore(next.now, leg, Card { flow: moved, ..card.clone() }));
    next.core.hangup(next.now, leg, 0);
    assert_eq!(next.core.next_transmit().unwrap().flow.local, addr(OURS));
    let six = Flow { local: addr("[::1]:5060"), peer: addr("[::2]:5060"), ..udp(CARRIER) };
    assert!(!next_process().core.restore(next.now, leg, Card { flow: six, ..card }));
}

/// A telephone rings when the process dies. The next one makes it stop, or hangs up if somebody has answered meanwhile.
#[test]
fn t60_a_telephone_that_rang_is_told_that_nobody_calls_any_more() {
    let rings = || {
        let mut bench = Bench::new();
        let invite = place(&mut bench);
        assert!(bench.feed(&response(&invite, 180, "far", "", ""), udp(CARRIER)).is_empty());
        let (flow, kept) = bench.core.unanswered(LEG).unwrap();
        let mut next = next_process();
        next.core.take_back(next.now, flow, kept);
        assert_eq!(next.sent(), std::slice::from_ref(&invite), "as if it had been lost");
        (next, invite)
    };
    let (mut next, invite) = rings();
    let sent = next.feed(&response(&invite, 180, "far", "", ""), udp(CARRIER));
    assert_eq!(words(&sent), ["CANCEL"]);
    assert_eq!(header(&sent[0], "Via"), header(&invite, "Via"));
    assert!(next.feed(&response(&sent[0], 200, "far", "", ""), udp(CARRIER)).is_empty());
    assert_eq!(words(&next.feed(&response(&invite, 487, "far", "", ""), udp(CARRIER))), ["ACK"]);
    assert!(next.events().is_empty(), "no leg of this process");
    let (mut next, invite) = rings();
    let sent = next.feed(&response(&invite, 200, "far", "", OFFER), udp(CARRIER));
    assert_eq!(words(&sent), ["ACK", "BYE"]);
    assert!(next.feed(&response(&sent[1], 200, "", "", ""), udp(CARRIER)).is_empty());
    assert!(next.events().is_empty());
    // A leg that has answered, or failed, is not taken back; nor is one by a socket that is not there any more.
    let mut bench = Bench::new();
    answered(&mut bench);
    assert_eq!(bench.core.unanswered(LEG), None);
    let mut bench = Bench::new();
    place(&mut bench);
    let (flow, kept) = bench.core.unanswered(LEG).unwrap();
    let mut next = next_process();
    next.core.take_back(next.now, Flow { local: addr("10.9.9.9:1"), ..flow }, kept);
    assert!(next.sent().is_empty());
}

/// A caller heard ringback when the process died: the next one ends it, instead of nobody for ever.
#[test]
fn t60_a_caller_whom_nobody_had_answered_is_refused() {
    let mut bench = Bench::new();
    let script = Script::new("c");
    bench.feed(&script.invite("b1"), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.ring(bench.now, call.leg);
    let ringing = bench.sent().remove(0);
    let (flow, kept) = bench.core.unanswered(call.leg).unwrap();
    let mut next = next_process();
    next.core.take_back(next.now, flow, kept);
    let refused = next.sent().remove(0);
    assert!(refused.starts_with("SIP/2.0 480 "), "{refused}");
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        assert_eq!(header(&refused, name), header(&ringing, name));
    }
    assert_eq!(next.pass(ms(500)), std::slice::from_ref(&refused), "until it is acknowledged");
    let script = Script { to_tag: tag_of(&refused, "To"), ..script };
    next.feed(&script.request("ACK", 1, "b1", "", ""), udp(CARRIER));
    assert_eq!(next.pass(secs(3)), [""; 0]);
    assert!(next.events().is_empty());
}
