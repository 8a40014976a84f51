//! Sessions that change: holds from both sides, glare, refusals that leave the old audio running.

use strowger::call::media_types::{Direction, LocalMedia};
use strowger::sip::event::{Cause, SipEvent};

use super::calls_in::{answered_in, established};
use super::calls_out::{LEG, answered};
use super::harness::*;

fn hold_offer(change: &str) -> String {
    match change {
        "0.0.0.0" => OFFER.replace("c=IN IP4 10.0.0.9", "c=IN IP4 0.0.0.0"),
        direction => format!("{OFFER}a={direction}\r\n"),
    }
}

#[test]
fn a_phone_holds_and_resumes_and_nobody_is_asked() {
    for (change, answer, ours) in [
        ("sendonly", "a=recvonly", Direction::RecvOnly),
        ("inactive", "a=inactive", Direction::Inactive),
        ("0.0.0.0", "a=recvonly", Direction::RecvOnly),
    ] {
        let mut bench = Bench::new();
        let (script, leg) = established(&mut bench, "c");
        let sent = bench.feed(&script.request("INVITE", 2, "h1", "", &hold_offer(change)), udp(CARRIER));
        assert_eq!(words(&sent), ["200"]);
        assert!(body(&sent[0]).contains(answer), "{change}: {}", sent[0]);
        let version = |text: &str| body(text).lines().nth(1).unwrap().split(' ').nth(2).unwrap().to_owned();
        assert_eq!(version(&sent[0]), "2", "a changed description has a higher version");
        let events = bench.events();
        let [SipEvent::Media { media, .. }, SipEvent::Held { .. }] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(media.direction, ours);
        bench.feed(&script.request("ACK", 2, "h2", "", ""), udp(CARRIER));
        let sent = bench.feed(&script.request("INVITE", 3, "h3", "", OFFER), udp(CARRIER));
        assert_eq!(version(&sent[0]), "3");
        bench.feed(&script.request("ACK", 3, "h4", "", ""), udp(CARRIER));
        assert_eq!(bench.events().last(), Some(&SipEvent::Resumed { leg }));
        // A refresh that changes nothing is told to nobody and keeps the version.
        let sent = bench.feed(&script.request("INVITE", 4, "h5", "", OFFER), udp(CARRIER));
        assert_eq!(version(&sent[0]), "3");
        assert_eq!(bench.events(), []);
    }
}

#[test]
fn a_hold_by_update_is_answered_in_its_200() {
    let mut bench = Bench::new();
    let (script, _) = established(&mut bench, "c");
    let sent = bench.feed(&script.request("UPDATE", 2, "u1", "", &hold_offer("sendonly")), udp(CARRIER));
    assert_eq!(words(&sent), ["200"]);
    assert!(body(&sent[0]).contains("a=recvonly"));
    assert!(matches!(bench.events().as_slice(), [SipEvent::Media { .. }, SipEvent::Held { .. }]));
    assert!(bench.pass(secs(40)).is_empty(), "no ACK is awaited");
}

#[test]
fn an_offer_we_cannot_take_is_488_and_the_old_audio_goes_on() {
    let mut bench = Bench::new();
    let (script, leg) = established(&mut bench, "c");
    for (n, bad) in [OFFER.replace("8 0 96", "18"), OFFER.replace("m=audio", "m=video")].into_iter().enumerate() {
        let cseq = 2 + n as u32;
        assert_eq!(
            words(&bench.feed(&script.request("INVITE", cseq, &format!("x{n}"), "", &bad), udp(CARRIER))),
            ["488"]
        );
        bench.feed(&script.request("ACK", cseq, &format!("x{n}"), "", ""), udp(CARRIER));
    }
    assert_eq!(bench.events(), []);
    assert!(bench.core.hold(bench.now, leg));
    assert_eq!(words(&bench.sent()), ["INVITE"]);
}

#[test]
fn a_reinvite_while_the_last_one_is_open_is_491() {
    let mut bench = Bench::new();
    let (script, _) = established(&mut bench, "c");
    bench.feed(&script.request("INVITE", 2, "h1", "", ""), udp(CARRIER));
    assert_eq!(words(&bench.feed(&script.request("INVITE", 3, "h2", "", OFFER), udp(CARRIER))), ["491"]);
    assert_eq!(words(&bench.feed(&script.request("UPDATE", 4, "h3", "", OFFER), udp(CARRIER))), ["491"]);
    bench.feed(&script.request("ACK", 2, "h4", "", OFFER), udp(CARRIER));
    assert_eq!(words(&bench.feed(&script.request("INVITE", 5, "h5", "", OFFER), udp(CARRIER))), ["200"]);
}

#[test]
fn a_reinvite_before_the_first_answer_is_500_with_a_wait() {
    let mut bench = Bench::new();
    let mut script = Script::new("c");
    bench.feed(&script.invite("b1"), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.ring(bench.now, call.leg);
    script.to_tag = tag_of(&bench.sent()[0], "To");
    let sent = bench.feed(&script.request("INVITE", 2, "b2", "", OFFER), udp(CARRIER));
    assert_eq!(words(&sent), ["500"]);
    assert!(header(&sent[0], "Retry-After").unwrap().parse::<u32>().unwrap() <= 10);
}

#[test]
fn a_reinvite_without_ack_ends_the_call() {
    let mut bench = Bench::new();
    let (script, leg) = established(&mut bench, "c");
    bench.feed(&script.request("INVITE", 2, "h1", "", OFFER), udp(CARRIER));
    let sent = words(&bench.pass(ms(32_100)));
    assert_eq!(sent.last().map(String::as_str), Some("BYE"));
    assert_eq!(bench.event(), SipEvent::Gone { leg, cause: Cause::NoAck });
}

#[test]
fn our_hold_and_resume() {
    let mut bench = Bench::new();
    answered(&mut bench);
    bench.core.hold(bench.now, LEG);
    let invite = bench.sent().remove(0);
    assert!(invite.starts_with("INVITE sip:target@10.0.0.9:5061 SIP/2.0"));
    assert!(body(&invite).contains("a=sendonly"));
    assert!(body(&invite).contains("RTP/AVP 8 0 101"), "the codec in use comes first: {invite}");
    assert_eq!(header(&invite, "CSeq"), Some("2 INVITE"));
    let answer = format!("{OFFER}a=recvonly\r\n");
    assert_eq!(words(&bench.feed(&response(&invite, 200, "", "", &answer), udp(CARRIER))), ["ACK"]);
    let events = bench.events();
    let [SipEvent::Media { .. }, SipEvent::Renegotiated { outcome: Ok(media), .. }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(media.direction, Direction::SendOnly);
    bench.core.resume(bench.now, LEG);
    let invite = bench.sent().remove(0);
    assert!(body(&invite).contains("a=sendrecv"));
    bench.feed(&response(&invite, 200, "", "", OFFER), udp(CARRIER));
    assert!(matches!(bench.events().last(), Some(SipEvent::Renegotiated { outcome: Ok(_), .. })));
}

#[test]
fn a_change_that_is_refused_leaves_the_session_and_says_why() {
    let mut bench = Bench::new();
    answered(&mut bench);
    bench.core.renegotiate(bench.now, LEG, &LocalMedia { address: addr("10.0.0.1:30000") });
    let invite = bench.sent().remove(0);
    assert!(body(&invite).contains("m=audio 30000"));
    assert_eq!(words(&bench.feed(&response(&invite, 488, "", "", ""), udp(CARRIER))), ["ACK"]);
    assert_eq!(bench.event(), SipEvent::Renegotiated { leg: LEG, outcome: Err(488) });
    bench.core.hold(bench.now, LEG);
    assert!(body(&bench.sent()[0]).contains("m=audio 20000"));
}

#[test]
fn a_dialog_the_peer_has_lost_is_over() {
    for status in [481, 408] {
        let mut bench = Bench::new();
        answered(&mut bench);
        bench.core.hold(bench.now, LEG);
        let invite = bench.sent().remove(0);
        assert_eq!(words(&bench.feed(&response(&invite, status, "", "", ""), udp(CARRIER))), ["ACK", "BYE"]);
        assert_eq!(bench.event(), SipEvent::Gone { leg: LEG, cause: Cause::DialogLost });
    }
}

#[test]
fn glare_is_491_to_the_peer_and_a_new_try_from_us() {
    let mut bench = Bench::new();
    let (script, leg) = established(&mut bench, "c");
    bench.core.hold(bench.now, leg);
    let invite = bench.sent().remove(0);
    assert_eq!(words(&bench.feed(&script.request("INVITE", 2, "g1", "", OFFER), udp(CARRIER))), ["491"]);
    bench.feed(&script.request("ACK", 2, "g1", "", ""), udp(CARRIER));
    assert_eq!(words(&bench.feed(&response(&invite, 491, "", "", ""), udp(CARRIER))), ["ACK"]);
    // RFC 3261 §14.1: the peer made the Call-ID, so we wait up to 2 seconds.
    let sent = bench.pass(ms(2_010));
    assert_eq!(words(&sent)[..1], ["INVITE"]);
    assert!(body(&sent[0]).contains("a=sendonly"));
    bench.feed(&response(&sent[0], 200, "", "", &format!("{OFFER}a=recvonly\r\n")), udp(CARRIER));
    assert!(matches!(bench.events().last(), Some(SipEvent::Renegotiated { outcome: Ok(_), .. })));
}

#[test]
fn who_made_the_call_id_waits_longer_and_not_for_ever() {
    let mut bench = Bench::new();
    answered(&mut bench);
    bench.core.hold(bench.now, LEG);
    let mut invite = bench.sent().remove(0);
    for _ in 0..5 {
        bench.feed(&response(&invite, 491, "", "", ""), udp(CARRIER));
        assert!(bench.pass(ms(2_090)).is_empty());
        let sent = bench.pass(ms(1_930));
        assert_eq!(words(&sent)[..1], ["INVITE"]);
        invite = sent[0].clone();
    }
    bench.feed(&response(&invite, 491, "", "", ""), udp(CARRIER));
    assert_eq!(bench.event(), SipEvent::Renegotiated { leg: LEG, outcome: Err(491) });
    assert!(bench.pass(secs(10)).is_empty());
}

#[test]
fn a_hold_asked_for_before_the_ack_waits_for_it() {
    let mut bench = Bench::new();
    let (script, leg) = answered_in(&mut bench, "c", "");
    assert!(bench.core.hold(bench.now, leg));
    assert!(bench.sent().is_empty());
    assert_eq!(words(&bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER))), ["INVITE"]);
}

#[test]
fn a_wish_that_comes_during_a_change_is_carried_out_after_it() {
    for status in [200, 488, 491] {
        let mut bench = Bench::new();
        answered(&mut bench);
        bench.core.hold(bench.now, LEG);
        let hold = bench.sent().remove(0);
        bench.core.resume(bench.now, LEG);
        assert!(bench.sent().is_empty());
        let answer = if status == 200 { format!("{OFFER}a=recvonly\r\n") } else { String::new() };
        let mut sent = bench.feed(&response(&hold, status, "", "", &answer), udp(CARRIER));
        sent.extend(bench.pass(secs(4)));
        let resume = sent.iter().find(|text| text.starts_with("INVITE")).unwrap();
        assert!(body(resume).contains("a=sendrecv"), "{status}: {resume}");
    }
}

#[test]
fn a_reinvite_without_any_description_leaves_the_session_as_it_was() {
    let mut bench = Bench::new();
    let (script, leg) = established(&mut bench, "c");
    let before = bench.core.card(leg).unwrap().session;
    let sent = bench.feed(&script.request("INVITE", 2, "h1", "", ""), udp(CARRIER));
    assert!(body(&sent[0]).contains("RTP/AVP 8 0 96"), "all that we speak, the codec in use first: {}", sent[0]);
    assert!(bench.feed(&script.request("ACK", 2, "h2", "", ""), udp(CARRIER)).is_empty());
    assert_eq!((bench.events(), bench.core.legs()), (vec![], 1));
    let after = bench.core.card(leg).unwrap().session;
    assert_eq!((after.remote, after.codecs.clone()), (before.remote, before.codecs));
    assert!(after.version > before.version, "the peer has seen our offer");
    // One that cannot be used is another matter: the peer believes in it.
    bench.feed(&script.request("INVITE", 3, "h3", "", ""), udp(CARRIER));
    let bad = OFFER.replace("8 0 96", "18");
    assert_eq!(words(&bench.feed(&script.request("ACK", 3, "h4", "", &bad), udp(CARRIER))), ["BYE"]);
    assert_eq!(bench.event(), SipEvent::Gone { leg, cause: Cause::BadAnswer });
}

/// A call whose session we refresh after 100 seconds, with our answer.
fn refreshed(bench: &mut Bench, lines: &str) -> String {
    let mut script = Script::new("c");
    let lines = format!("Supported: timer\r\nSession-Expires: 200;refresher=uas\r\n{lines}");
    bench.feed(&script.request("INVITE", 1, "b1", &lines, OFFER), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.answer(bench.now, call.leg, &local_media());
    let answer = bench.sent().remove(0);
    script.to_tag = tag_of(&answer, "To");
    bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER));
    bench.events();
    answer
}

#[test]
fn a_refresh_that_update_cannot_carry_goes_by_reinvite() {
    let mut bench = Bench::new();
    let answer = refreshed(&mut bench, "Allow: INVITE, UPDATE\r\n");
    let update = bench.pass(ms(100_100)).remove(0);
    let sent = bench.feed(&response(&update, 405, "", "", ""), udp(CARRIER));
    assert_eq!(words(&sent), ["INVITE"]);
    assert_eq!(header(&sent[0], "Session-Expires"), Some("200;refresher=uac"));
    assert_eq!(body(&sent[0]), body(&answer), "nothing has changed");
}

#[test]
fn a_refresh_that_met_a_glare_follows_it() {
    let mut bench = Bench::new();
    refreshed(&mut bench, "");
    let invite = bench.pass(ms(100_010)).remove(0);
    bench.feed(&response(&invite, 491, "", "", ""), udp(CARRIER));
    let sent = bench.pass(ms(2_010));
    assert_eq!(words(&sent)[..1], ["INVITE"], "the peer gives up long before the next interval");
    bench.feed(&response(&sent[0], 200, "", "Session-Expires: 200;refresher=uac\r\n", OFFER), udp(CARRIER));
    assert_eq!(bench.events(), []);
    assert!(bench.pass(secs(99)).is_empty());
}
