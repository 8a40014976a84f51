//! Many calls, one after the other and at one time: no failure, and nothing left behind.

use std::time::Duration;

use super::rtp::{Plan, Press, RtpPeer};
use super::server::Server;
use super::sipp::Sipp;
use super::transfers::{desk, target};

/// Longer than a thousand calls take.
const LONG: Duration = Duration::from_secs(240);

/// So many calls through the menu (number 1003, key 1) and a blind transfer to the carrier. The
/// keys come by RFC 4733, or by SIP INFO.
fn menu_and_transfer(server: &Server, port: u16, calls: u32, limit: u32, rate: u32, by_info: bool) {
    let before = server.records();
    let press = (!by_info).then_some(Press { key: '1', ends: 3 });
    let ear = RtpPeer::start("127.0.0.1", Plan { press, ..Plan::default() });
    let many = Sipp { pause_ms: 20, calls, limit, rate, timeout: LONG, ..Sipp::default() };
    let far = target(server, port, "uas_hangs_up", many.clone());
    let caller = Sipp { dials: "1003", rtp_port: ear.port, ..many };
    let scenario = if by_info { "uac_info" } else { "uac_until_bye" };
    caller.call(server.udp, scenario, server.scratch()).finish();
    far.finish();
    server.assert_quiet();
    assert_eq!(server.records() - before, u64::from(calls), "one record each");
}

#[test]
fn a_thousand_calls_one_after_the_other() {
    let (server, port) = desk();
    menu_and_transfer(&server, port, 1_000, 1, 200, true);
}

#[test]
fn a_hundred_calls_at_one_time_by_info() {
    let (server, port) = desk();
    menu_and_transfer(&server, port, 300, 100, 100, true);
}

#[test]
fn a_hundred_calls_at_one_time_by_rfc_4733() {
    let (server, port) = desk();
    menu_and_transfer(&server, port, 300, 100, 100, false);
}
