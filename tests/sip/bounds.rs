//! Admission, strangers, memory: what is refused before anything is kept, and how much is kept of the rest.

use std::sync::Arc;

use strowger::base::time::Mono;
use strowger::sip::core::{Core, Gate};
use strowger::sip::event::SipEvent;
use strowger::sip::trace::redact;

use super::harness::*;

#[test]
fn a_closed_gate_refuses_before_anything_is_kept() {
    let mut bench = Bench::new();
    let (script, leg) = super::calls_in::established(&mut bench, "live");
    let before = bench.core.held();
    bench.core.set_gate(Gate::Closed { retry_after_secs: 3 });
    let text = Script::new("new").invite("b1");
    let sent = bench.feed(&text, udp(CARRIER));
    assert_eq!(words(&sent), ["503"]);
    assert_eq!(header(&sent[0], "Retry-After"), Some("3"));
    assert!(!tag_of(&sent[0], "To").is_empty());
    assert_eq!(bench.feed(&text, udp(CARRIER)), sent, "stateless: the same request, the same answer");
    assert!(bench.feed(&Script::new("new").request("ACK", 1, "b1", "", ""), udp(CARRIER)).is_empty());
    assert_eq!(bench.core.held(), before);
    assert_eq!(bench.core.counters().overloaded, 2);
    // Calls in progress go on.
    assert_eq!(words(&bench.feed(&script.request("INVITE", 2, "h", "", OFFER), udp(CARRIER))), ["200"]);
    bench.core.set_gate(Gate::Open);
    assert_eq!(words(&bench.feed(&text, udp(CARRIER))), ["100"]);
    assert!(bench.core.hangup(bench.now, leg, 0));
}

#[test]
fn the_bound_of_legs_is_kept() {
    let mut config = config();
    config.max_legs = 2;
    let mut bench = Bench::with(config);
    for (n, status) in ["100", "100", "503"].into_iter().enumerate() {
        assert_eq!(words(&bench.feed(&Script::new(&format!("c{n}")).invite("b"), udp(CARRIER))), [status]);
    }
}

#[test]
fn strangers_get_no_answer_except_a_challenge_within_bounds() {
    let mut bench = Bench::new();
    for method in ["OPTIONS", "BYE", "CANCEL", "REFER", "INFO", "MESSAGE", "NOPE", "UPDATE"] {
        assert!(bench.feed(&Script::new("x").request(method, 1, method, "", ""), udp(STRANGER)).is_empty(), "{method}");
    }
    assert!(
        bench.feed(&Script::new("x").invite("b").replace("SIP/2.0\r\nVia", "SIP/9.0\r\nVia"), udp(STRANGER)).is_empty()
    );
    let challenged = (0..1_000)
        .filter(|n| !bench.feed(&Script::new(&format!("x{n}")).invite("b"), udp(STRANGER)).is_empty())
        .count();
    assert_eq!(challenged, 400, "the credit of one source");
    assert_eq!(bench.core.held(), Default::default());
    bench.pass(secs(1));
    assert_eq!(words(&bench.feed(&Script::new("later").invite("b"), udp(STRANGER))), ["401"]);
    // Others are not concerned.
    assert_eq!(words(&bench.feed(&Script::new("c").invite("b"), udp(CARRIER))), ["100"]);
    let mut config = config();
    config.users.clear();
    let mut bench = Bench::with(config);
    assert!(bench.feed(&Script::new("c").invite("b"), udp(STRANGER)).is_empty());
}

#[test]
fn a_finished_call_costs_little_and_is_forgotten() {
    let mut bench = Bench::new();
    for n in 0..50 {
        let (script, _) = super::calls_in::established(&mut bench, &format!("c{n}"));
        bench.feed(&script.request("BYE", 2, "bye", "", ""), udp(CARRIER));
        bench.events();
    }
    let held = bench.core.held();
    assert_eq!((held.legs, held.server_transactions), (0, 100));
    assert!(held.message_bytes / 50 < 1_000, "{held:?}");
    bench.assert_idle();
}

#[test]
fn the_same_seed_and_script_give_the_same_bytes() {
    let run = || {
        let mut bench = Bench::new();
        let (script, leg) = super::calls_in::established(&mut bench, "c");
        bench.core.hold(bench.now, leg);
        let mut all = bench.sent();
        all.extend(bench.feed(&script.request("REFER", 2, "r", "Refer-To: <sip:1@x>\r\n", ""), udp(CARRIER)));
        all.extend(bench.pass(secs(100)));
        all
    };
    assert_eq!(run(), run());
    let mut other = Core::new(Arc::new(config()), [8; 32]);
    other.receive(Mono(0), Script::new("c").invite("b1").as_bytes(), udp(CARRIER));
    let SipEvent::Incoming(_) = other.next_event().unwrap() else { panic!() };
}

#[test]
fn the_trace_shows_no_credentials_and_steers_no_terminal() {
    let text = "REGISTER sip:x SIP/2.0\r\nauthorization : Digest response=\"s3cret\"\r\nProxy-Authorization: s3cret\r\nX: \u{1b}[2J\r\n\r\n";
    let shown = redact(text.as_bytes());
    assert!(!shown.contains("s3cret") && !shown.contains('\u{1b}'), "{shown}");
    assert!(shown.contains("REGISTER sip:x"));
}

/// Where another reader may see a line, one is looked for; and what a caller keys may be a PIN.
#[test]
fn the_trace_shows_no_secret_in_disguise() {
    for end in ["\n", "\r", "\r\n", "\n\r"] {
        let text = format!("REGISTER sip:x SIP/2.0\r\nX: y{end}Authorization: Digest response=\"s3cret\"\r\n");
        let shown = redact(text.as_bytes());
        assert!(!shown.contains("s3cret"), "{end:?}: {shown}");
    }
    let info = "INFO sip:x SIP/2.0\r\nContent-Length: 24\r\n\r\nSignal=7\r\nDuration=160\r\n";
    let shown = redact(info.as_bytes());
    assert!(shown.contains("Content-Length") && !shown.contains("Signal"), "{shown}");
    let answer = "SIP/2.0 200 OK\r\nX: y\r\n\r\nv=0\r\ns=-\r\n";
    assert_eq!(redact(answer.as_bytes()), "SIP/2.0 200 OK\nX: y\n\nv=0\ns=-");
}
