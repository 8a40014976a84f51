//! The text of SIP: names, addresses, URIs, lists, headers, and what is written.

use strowger::sip::transport::framing::{Broken, Frame, Framer, MAX_HEAD_BYTES};
use strowger::sip::wire::address::NameAddr;
use strowger::sip::wire::compose;
use strowger::sip::wire::fields::{CSeq, Replaces, SessionExpires, Via};
use strowger::sip::wire::lists;
use strowger::sip::wire::message::{Message, unfold};
use strowger::sip::wire::name::Name;
use strowger::sip::wire::uri::{Uri, escape_user};

use super::harness::crlf;

#[test]
fn names_in_any_case_and_short() {
    for (text, name) in [
        ("Via", Name::Via),
        ("v", Name::Via),
        ("CALL-ID", Name::CallId),
        ("i", Name::CallId),
        ("Session-Expires", Name::SessionExpires),
        ("x", Name::SessionExpires),
        ("r", Name::ReferTo),
        ("X-Via", Name::Other),
        ("", Name::Other),
        ("a-name-that-is-longer-than-any", Name::Other),
    ] {
        assert_eq!(Name::of(text), name, "{text}");
    }
}

#[test]
fn uris() {
    let uri = Uri::parse("sip:al%69ce:secret@[2001:db8::1]:5070;transport=tcp;lr?Replaces=a%3Bb&x=y").unwrap();
    assert_eq!((uri.user_text().as_str(), uri.host, uri.port), ("alice", "[2001:db8::1]", Some(5070)));
    assert_eq!((uri.param("LR"), uri.param("transport"), uri.param("none")), (Some(""), Some("tcp"), None));
    assert_eq!(uri.header("replaces").as_deref(), Some("a;b"));
    assert_eq!(Uri::parse("sip:+4420;ext=5@x").unwrap().user_text(), "+4420");
    assert_eq!(Uri::parse("sip:2001;phone-context=acme@x").unwrap().user_text(), "2001");
    assert_eq!(Uri::parse("sip:ann;day=monday@x").unwrap().user_text(), "ann;day=monday");
    assert_eq!(Uri::parse("tel:+44-20;ext=5").unwrap().user_text(), "+44-20");
    assert_eq!(Uri::parse("sip:a%00b@x").unwrap().user_text(), "a%00b", "control characters do not travel inward");
    assert_eq!(Uri::parse("sip:a%ffb@x").unwrap().user_text(), "a%ffb");
    for wrong in [
        "",
        "sip:",
        "sip:@x",
        "alice",
        "sip:a@",
        "sip:a@x:port",
        "sip:a@x:99999",
        "sip:a b@x",
        "<sip:a@x>",
        "sip:a@[::g]",
        ":x",
    ] {
        assert_eq!(Uri::parse(wrong), None, "{wrong}");
    }
    assert_eq!(escape_user("a b@c%\r\n"), "a%20b%40c%25%0D%0A");
}

#[test]
fn addresses() {
    let address = NameAddr::parse("\"A \\\" <sip:x>\" <sip:a@b;p=1?h=2>;tag=t;q=\"a;b\"").unwrap();
    assert_eq!((address.display_text().as_str(), address.uri), ("A \" <sip:x>", "sip:a@b;p=1?h=2"));
    assert_eq!((address.tag(), address.param("q")), (Some("t"), Some("\"a;b\"")));
    let bare = NameAddr::parse("sip:a@b;tag=t").unwrap();
    assert_eq!((bare.uri, bare.tag(), bare.address), ("sip:a@b", Some("t"), "sip:a@b"));
    for wrong in [
        "",
        "\"a <sip:b>",
        "a, b <sip:c>",
        "<sip:a",
        "< sip:a@b >",
        "sip:a?x=y",
        "<>",
        "x",
        "<sip:a@b>x",
        "<sip:a@b>;;",
    ] {
        assert_eq!(NameAddr::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn lists_and_parameters() {
    let all: Vec<_> = lists::split("<sip:a,b>;x=\"1,2\" , b,,c", b',').collect();
    assert_eq!(all, ["<sip:a,b>;x=\"1,2\"", "b", "", "c"]);
    assert_eq!(lists::param(";a=1; B = 2 ;c", "b"), Some("2"));
    assert_eq!(lists::param(";a=1;c", "c"), Some(""));
    assert_eq!(lists::unquote("\"a\\\"b\\\\\""), "a\"b\\");
}

#[test]
fn vias_numbers_and_the_rest() {
    let via = Via::parse("SIP / 2.0 / UDP  host : 5060 ; branch = z9hG4bKx;rport").unwrap();
    assert_eq!((via.host, via.branch(), via.param("rport")), ("host", Some("z9hG4bKx"), Some("")));
    for wrong in ["", "SIP/2.0/UDP", "SIP/2.0 host", "X/2.0/UDP h", "SIP/2.0/UDP h:x", "SIP/2.0/U(P h"] {
        assert_eq!(Via::parse(wrong), None, "{wrong}");
    }
    assert_eq!(Via::parse("SIP/2.0/UDP h;branch=z9hG4bK").unwrap().branch(), None);
    assert_eq!(CSeq::parse("0009  INVITE").map(|cseq| cseq.number), Some(9));
    for wrong in ["", "1", "x INVITE", "2147483648 INVITE", "-1 INVITE", "1 INV ITE"] {
        assert_eq!(CSeq::parse(wrong), None, "{wrong}");
    }
    assert_eq!(SessionExpires::parse("90;refresher=uas").map(|x| x.seconds), Some(90));
    let replaces = Replaces::parse("a@b;to-tag=1;from-tag=2;early-only").unwrap();
    assert!((replaces.call_id.as_str(), replaces.early_only) == ("a@b", true));
    assert_eq!(Replaces::parse("a@b;to-tag=1"), None);
}

#[test]
fn folds_are_spaces_and_lone_line_ends_are_faults() {
    let folded = crlf("OPTIONS sip:a SIP/2.0\nSubject: one\n two\n\tthree\nl: 0\n\nbody");
    let bytes = unfold(folded.as_bytes());
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.fault, None);
    assert_eq!(message.first(Name::ContentLength), Some("0"));
    for wrong in ["X: a\nb\r\n", "X: a\rb\r\n", "X\r\n", ": y\r\n", "X Y: z\r\n"] {
        let text = format!("OPTIONS sip:a SIP/2.0\r\n{wrong}\r\n");
        assert!(Message::parse(text.as_bytes()).unwrap().fault.is_some(), "{wrong:?}");
    }
}

#[test]
fn frames_of_a_stream_in_any_pieces() {
    let one = crlf("INVITE sip:a SIP/2.0\nl: 4\n\nbody");
    let two = crlf("BYE sip:a SIP/2.0\nContent-Length: 0\n\n");
    let stream = format!("\r\n{one}\r\n\r\n{two}{one}");
    let expected = [one.clone(), "ping".into(), two, one];
    for size in [1, 2, 3, 7, 1_000] {
        let mut framer = Framer::default();
        let mut found = Vec::new();
        for piece in stream.as_bytes().chunks(size) {
            framer.push(piece);
            while let Some(frame) = framer.next_frame().unwrap() {
                found.push(match frame {
                    Frame::Message(bytes) => String::from_utf8(bytes).unwrap(),
                    Frame::Ping => "ping".into(),
                });
            }
        }
        assert_eq!(found, expected, "{size}");
    }
}

#[test]
fn a_stream_that_is_not_sip_is_broken() {
    let endless = format!("X: {}", "y".repeat(MAX_HEAD_BYTES));
    for text in [
        "A sip:a SIP/2.0\r\n\r\n",
        "A sip:a SIP/2.0\r\nl: x\r\n\r\n",
        "A sip:a SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\n",
        "A sip:a SIP/2.0\r\nl: 99999999\r\n\r\n",
        &endless,
    ] {
        let mut framer = Framer::default();
        framer.push(text.as_bytes());
        assert_eq!(framer.next_frame(), Err(Broken), "{text:.60}");
    }
}

/// A person who reads a trace is told what was wrong, not that something was.
#[test]
fn every_refusal_has_its_own_reason() {
    for status in [405, 413, 414, 415, 416, 422, 469, 485, 501, 502, 504] {
        let vague = compose::reason(if status < 500 { 499 } else { 599 });
        assert_ne!(compose::reason(status), vague, "{status}");
    }
}
