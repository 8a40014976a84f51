//! The messages of RFC 4475, sent to a core by a trunk, so that nothing is hidden by the silence that strangers get.

use strowger::sip::event::SipEvent;

use super::harness::{Bench, CARRIER, udp, words};
use super::torture::all;

#[test]
fn each_message_is_answered_by_the_table() {
    let mut wrong = Vec::new();
    for case in all() {
        let mut bench = Bench::new();
        bench.core.receive(bench.now, &case.bytes, udp(CARRIER));
        let statuses = words(&bench.sent());
        let call = bench.events().iter().any(|event| matches!(event, SipEvent::Incoming(_)));
        if statuses != case.statuses || call != case.call {
            wrong.push(format!("{}: answered {statuses:?} (call: {call}), not {:?}", case.name, case.statuses));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_message_of_the_table_draws_an_answer_to_a_stranger_without_users() {
    for case in all() {
        let mut config = super::harness::config();
        config.users.clear();
        let mut bench = Bench::with(config);
        bench.core.receive(bench.now, &case.bytes, udp(super::harness::STRANGER));
        assert_eq!(bench.sent(), Vec::<String>::new(), "{}", case.name);
        assert_eq!(bench.events(), Vec::new(), "{}", case.name);
    }
}

#[test]
fn every_message_cut_anywhere_is_survived_and_the_call_in_progress_is_unharmed() {
    use super::harness::{Script, local_media, tag_of};
    let mut bench = Bench::new();
    let mut script = Script::new("alive");
    bench.feed(&script.invite("b1"), udp(CARRIER));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    bench.core.answer(bench.now, call.leg, &local_media());
    script.to_tag = tag_of(&bench.sent()[0], "To");
    bench.feed(&script.request("ACK", 1, "b2", "", ""), udp(CARRIER));
    bench.events();
    for case in all() {
        for end in (0..case.bytes.len()).step_by(7) {
            bench.core.receive(bench.now, &case.bytes[..end], udp(CARRIER));
        }
    }
    bench.sent();
    for event in bench.events() {
        assert!(matches!(event, SipEvent::Incoming(_)), "{event:?}");
    }
    let sent = bench.feed(&script.request("BYE", 2, "b3", "", ""), udp(CARRIER));
    assert_eq!(words(&sent), ["200"]);
    assert!(bench.events().contains(&SipEvent::Gone { leg: call.leg, cause: strowger::sip::event::Cause::Bye }));
}
