//! What happens to a call between its INVITE and its BYE: PRACK, UPDATE, late offers, refreshes, glare; and what the
//! target of a transfer is told.

use std::time::Duration;

use super::server::Server;
use super::sipp::Sipp;
use super::transfers::{desk, target};

/// Half of the shortest session interval, and time to spare.
const REFRESHED: Duration = Duration::from_secs(90);

/// A caller and a number that stays.
fn calls(scenario: &str, dials: &str) {
    let server = Server::start("desk", &[("target", "9")]);
    Sipp { dials, ..Sipp::default() }.call(server.udp, scenario, server.scratch()).finish();
    server.assert_quiet();
}

#[test]
fn a_caller_that_requires_it_confirms_what_rings() {
    let (server, port) = desk();
    let far = target(&server, port, "uas_answers", Sipp { pause_ms: 1_000, ..Sipp::default() });
    let caller = Sipp { dials: "1202", ..Sipp::default() };
    caller.call(server.udp, "uac_prack", server.scratch()).finish();
    far.finish();
    server.assert_quiet();
}

#[test]
fn a_caller_that_never_confirms_is_refused() {
    let (server, port) = desk();
    let far = target(&server, port, "uas_cancelled_late", Sipp { timeout: REFRESHED, ..Sipp::default() });
    let caller = Sipp { dials: "1204", timeout: REFRESHED, ..Sipp::default() };
    caller.call(server.udp, "uac_no_prack", server.scratch()).finish();
    far.finish();
    server.assert_quiet();
}

#[test]
fn a_caller_holds_by_update() {
    calls("uac_update", "1001");
}

#[test]
fn a_caller_leaves_the_offer_to_the_server() {
    calls("uac_late_offer", "1001");
}

/// Both wait for the same half interval, so they wait together.
#[test]
fn the_server_refreshes_the_session_and_meets_a_glare() {
    let server = Server::start("desk", &[("target", "9")]);
    let caller = || Sipp { dials: "1001", timeout: REFRESHED, ..Sipp::default() };
    let waiting = ["uac_refreshed", "uac_glare"].map(|name| caller().call(server.udp, name, server.scratch()));
    waiting.into_iter().for_each(super::sipp::Running::finish);
    server.assert_quiet();
}

#[test]
fn the_target_of_a_flow_sees_who_sent_the_call_on() {
    let (server, port) = desk();
    let far = target(&server, port, "uas_diverted", Sipp::default());
    let caller = Sipp { dials: "1200", pause_ms: 2_000, ..Sipp::default() };
    caller.call(server.udp, "uac_hangs_up", server.scratch()).finish();
    far.finish();
    server.assert_quiet();
}
