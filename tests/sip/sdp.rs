//! Offer and answer by themselves.

use strowger::call::media_types::{Codec, Direction, LocalMedia};
use strowger::sip::sdp::Sdp;
use strowger::sip::sdp::session::Session;

use super::harness::{OFFER, addr};

fn session() -> Session {
    Session::new(5, LocalMedia { address: addr("10.0.0.1:20000") })
}

fn answer(offer: &str) -> Option<String> {
    let offer = Sdp::parse(offer)?;
    session().answer(&offer, addr("10.0.0.9:1").ip()).ok().map(|(body, _)| body)
}

#[test]
fn the_answer_keeps_order_and_number_of_lines_and_refuses_all_but_one() {
    let offer = "v=0\r\nc=IN IP4 10.0.0.9\r\nm=video 1 RTP/AVP 31 32\r\nm=audio 4000 RTP/AVP 101 8 0\r\na=rtpmap:101 telephone-event/8000\r\n\
                 m=audio 4002 RTP/AVP 0\r\nm=image 9 udptl t38\r\n";
    let answer = answer(offer).unwrap();
    let lines: Vec<&str> = answer.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(
        lines,
        ["m=video 0 RTP/AVP 31", "m=audio 20000 RTP/AVP 8 101", "m=audio 0 RTP/AVP 0", "m=image 0 udptl t38"]
    );
}

#[test]
fn the_payload_type_of_events_is_the_offerers() {
    assert!(answer(&OFFER.replace("96", "120")).unwrap().contains("a=rtpmap:120 telephone-event/8000"));
    assert!(!answer(&OFFER.replace("telephone-event", "speex")).unwrap().contains("telephone-event"));
}

#[test]
fn codecs_are_taken_by_what_they_are_and_in_the_offers_order() {
    for (formats, maps, codec) in [
        ("0 8", "", Some(Codec::Pcmu)),
        ("8 0", "", Some(Codec::Pcma)),
        ("18 9 8", "", Some(Codec::Pcma)),
        ("0", "a=rtpmap:0 PCMU/8000/1\r\n", Some(Codec::Pcmu)),
        ("0 8", "a=rtpmap:0 G729/8000\r\n", Some(Codec::Pcma)),
        ("18", "", None),
        ("", "", None),
    ] {
        let text = format!("v=0\r\nc=IN IP4 10.0.0.9\r\nm=audio 4000 RTP/AVP {formats}\r\n{maps}");
        let got = Session::preview(&Sdp::parse(&text).unwrap(), addr("1.1.1.1:1").ip()).ok().map(|media| media.codec);
        assert_eq!(got, codec, "{formats} {maps}");
    }
}

#[test]
fn addresses_of_section_session_and_source() {
    for (session_line, media_line, expected) in [
        ("c=IN IP4 10.0.0.9\r\n", "", "10.0.0.9:4000"),
        ("c=IN IP4 10.0.0.9\r\n", "c=IN IP4 10.0.0.8/127\r\n", "10.0.0.8:4000"),
        ("c=IN IP4 phone.example\r\n", "", "1.1.1.1:4000"),
        ("", "", "1.1.1.1:4000"),
        ("c=IN IP6 2001:db8::1\r\n", "", "[2001:db8::1]:4000"),
    ] {
        let text = format!("v=0\r\n{session_line}m=audio 4000 RTP/AVP 0\r\n{media_line}");
        let media = Session::preview(&Sdp::parse(&text).unwrap(), addr("1.1.1.1:1").ip()).unwrap();
        assert_eq!(media.address, addr(expected));
    }
}

#[test]
fn directions_turn_round() {
    for (line, ours) in [
        ("", Direction::SendRecv),
        ("a=sendonly\r\n", Direction::RecvOnly),
        ("a=recvonly\r\n", Direction::SendOnly),
        ("a=inactive\r\n", Direction::Inactive),
    ] {
        for text in
            [format!("v=0\r\n{line}m=audio 4000 RTP/AVP 0\r\n"), format!("v=0\r\nm=audio 4000 RTP/AVP 0\r\n{line}")]
        {
            let media = Session::preview(&Sdp::parse(&text).unwrap(), addr("1.1.1.1:1").ip()).unwrap();
            assert_eq!(media.direction, ours, "{text}");
        }
    }
}

#[test]
fn the_version_rises_with_each_change_and_only_then() {
    let mut session = session();
    let version = |body: &str| body.lines().nth(1).unwrap().split(' ').nth(2).unwrap().parse::<u32>().unwrap();
    let first = session.offer();
    assert_eq!(version(&first), 1);
    assert_eq!(session.offer(), first);
    let saved = session.clone();
    session.set_wish(Direction::SendOnly);
    assert_eq!(version(&session.offer()), 2);
    session.restore(saved);
    // The peer has seen 2; what comes now is another description.
    session.set_wish(Direction::Inactive);
    assert_eq!(version(&session.offer()), 3);
}

#[test]
fn a_failed_answer_changes_nothing() {
    let mut session = session();
    let good = Sdp::parse(OFFER).unwrap();
    let ip = addr("10.0.0.9:1").ip();
    let (first, media) = session.answer(&good, ip).unwrap();
    assert!(session.answer(&Sdp::parse(&OFFER.replace("8 0 96", "18")).unwrap(), ip).is_err());
    assert_eq!(session.remote(), Some(media));
    assert_eq!(session.answer(&good, ip).unwrap().0, first);
}

#[test]
fn nonsense_is_refused() {
    let many = "m=audio 1 RTP/AVP 0\r\n".repeat(17);
    let long = format!("{OFFER}a={}\r\n", "x".repeat(20_000));
    for text in [
        "",
        "v=0\r\n",
        "m=audio\r\n",
        "m=audio x RTP/AVP 0\r\n",
        "m=audio 70000 RTP/AVP 0\r\n",
        &many,
        &long,
        "=\r\n=\r\n",
    ] {
        assert_eq!(Sdp::parse(text), None, "{text:.40}");
    }
}
