//! One caller and a flow: answered, prompted, asked for keys, hung up on.

use std::time::Duration;

use super::rtp::{Plan, Press, RtpPeer};
use super::server::Server;
use super::sipp::Sipp;
use super::tone::prompt_hz;

/// From dialling to the end of the first prompt.
const PROMPT: Duration = Duration::from_secs(10);

fn desk() -> Server {
    Server::start("desk", &[("target", "9")])
}

#[test]
fn a_prompt_is_heard_and_the_flow_hangs_up() {
    let server = desk();
    let ear = RtpPeer::start("127.0.0.1", Plan::default());
    Sipp { dials: "1000", rtp_port: ear.port, ..Sipp::default() }
        .call(server.udp, "uac_until_bye", server.scratch())
        .finish();
    assert!(ear.hears(prompt_hz("welcome"), PROMPT), "{}", ear.summary());
    server.assert_quiet();
    assert_eq!(server.records(), 1);
}

#[test]
fn a_call_by_tcp_is_answered() {
    let server = desk();
    let caller = Sipp { dials: "1001", tcp: true, ..Sipp::default() };
    caller.call(server.tcp(), "uac_hangs_up", server.scratch()).finish();
    server.assert_quiet();
    assert_eq!(server.records(), 1);
}

/// The flow plays `five` only if exactly the digits `5` arrived.
#[test]
fn a_key_by_rfc_4733_arrives_once_however_many_end_packets_do() {
    let server = desk();
    for ends in [1, 3, 6] {
        let ear = RtpPeer::start("127.0.0.1", Plan { press: Some(Press { key: '5', ends }), ..Plan::default() });
        Sipp { dials: "1002", rtp_port: ear.port, ..Sipp::default() }
            .call(server.udp, "uac_until_bye", server.scratch())
            .finish();
        assert!(ear.hears(prompt_hz("five"), PROMPT), "{ends} end packets: {}", ear.summary());
    }
    server.assert_quiet();
}

#[test]
fn a_key_by_sip_info_arrives_once() {
    let server = desk();
    let ear = RtpPeer::start("127.0.0.1", Plan::default());
    Sipp { dials: "1002", rtp_port: ear.port, digit: '5', ..Sipp::default() }
        .call(server.udp, "uac_info", server.scratch())
        .finish();
    assert!(ear.hears(prompt_hz("five"), PROMPT), "{}", ear.summary());
    server.assert_quiet();
}

#[test]
fn silence_at_a_menu_takes_its_arm() {
    let server = desk();
    let ear = RtpPeer::start("127.0.0.1", Plan::default());
    Sipp { dials: "1003", rtp_port: ear.port, ..Sipp::default() }
        .call(server.udp, "uac_until_bye", server.scratch())
        .finish();
    assert!(ear.hears(prompt_hz("silent"), PROMPT), "{}", ear.summary());
    server.assert_quiet();
}

#[test]
fn a_call_is_rejected_with_the_status_of_its_reason() {
    let server = desk();
    for (number, status) in [("1404", "404"), ("1486", "486"), ("1603", "603"), ("5555", "404")] {
        let caller = Sipp { dials: number, ..Sipp::default() };
        caller.call(server.udp, &format!("uac_rejected_{status}"), server.scratch()).finish();
    }
    server.assert_quiet();
}

#[test]
fn a_caller_may_hold_and_come_back() {
    let server = desk();
    let caller = Sipp { dials: "1001", ..Sipp::default() };
    caller.call(server.udp, "uac_hold", server.scratch()).finish();
    server.assert_quiet();
}

#[test]
fn a_caller_may_hang_up_at_any_moment() {
    let server = desk();
    for pause_ms in [1, 50, 200, 600, 1_200] {
        // Not 1000, which hangs up by itself.
        for number in ["1001", "1002", "1003"] {
            let caller = Sipp { dials: number, pause_ms, ..Sipp::default() };
            caller.call(server.udp, "uac_hangs_up", server.scratch()).finish();
        }
    }
    server.assert_quiet();
    assert_eq!(server.records(), 15);
}
