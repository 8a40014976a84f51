//! Transfer by a party: REFER, its answer and its NOTIFYs.

use super::server::Server;
use super::sipp::Sipp;
use super::transfers::{desk, target};

/// The peer answers, and so does the target; both are calls to the carrier.
#[test]
fn a_party_transfers_its_peer() {
    let (server, port) = desk();
    let far = target(&server, port, "uas_answers", Sipp { calls: 2, ..Sipp::default() });
    let caller = Sipp { dials: "1200", pause_ms: 1_500, ..Sipp::default() };
    caller.call(server.udp, "uac_refer", server.scratch()).finish();
    // The two at the carrier now talk to each other, and go on until the site is shut down.
    assert_eq!(server.live_calls(), 1, "the peer and the target");
    server.signal("TERM");
    drop(far);
}

/// The first call is answered, the one that REFER asks for is refused; the first goes on (T13).
#[test]
fn a_transfer_that_fails_leaves_the_call_as_it_was() {
    let (server, port) = desk();
    let far = target(&server, port, "uas_answers_first_only", Sipp { calls: 2, ..Sipp::default() });
    let caller = Sipp { dials: "1200", pause_ms: 1_500, ..Sipp::default() };
    caller.call(server.udp, "uac_refer_fails", server.scratch()).finish();
    far.finish();
    server.assert_quiet();
}

/// The trunk of 127.0.0.3 has no `transfers: guarded` (T07).
#[test]
fn a_trunk_that_may_not_transfer_gets_603() {
    let (server, port) = desk();
    let far = target(&server, port, "uas_answers", Sipp::default());
    let caller = Sipp { ip: "127.0.0.3", dials: "1200", pause_ms: 1_500, ..Sipp::default() };
    caller.call(server.udp, "uac_refer_refused", server.scratch()).finish();
    far.finish();
    server.assert_quiet();
}

#[test]
fn a_refer_without_one_target_gets_400() {
    for scenario in ["uac_refer_without_target", "uac_refer_two_targets"] {
        let (server, port) = desk();
        let far = target(&server, port, "uas_answers", Sipp::default());
        let caller = Sipp { dials: "1200", pause_ms: 1_500, ..Sipp::default() };
        caller.call(server.udp, scenario, server.scratch()).finish();
        far.finish();
        server.assert_quiet();
    }
}

#[test]
fn requests_outside_a_call_are_answered() {
    let server = Server::start("desk", &[("target", "9")]);
    for scenario in ["uac_options", "uac_unknown_method"] {
        Sipp::default().call(server.udp, scenario, server.scratch()).finish();
    }
    server.assert_quiet();
}
