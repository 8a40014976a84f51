//! Blind transfer by a flow, with each way it can end.

use std::time::Duration;

use super::process::free_port;
use super::rtp::{Plan, RtpPeer};
use super::server::Server;
use super::sipp::{Running, Sipp};
use super::tone::{CALLER_HZ, TARGET_HZ, prompt_hz};

/// The carrier's address: the server's trunk `carrier` is this one.
pub const CARRIER: &str = "127.0.0.2";
/// From dialling to what is awaited.
const SOON: Duration = Duration::from_secs(15);
/// The silence allowed when two legs are joined.
const BRIDGE_GAP: Duration = Duration::from_millis(60);

/// A server whose carrier is a SIPp that will be at the returned port.
pub fn desk() -> (Server, u16) {
    let port = free_port(CARRIER);
    (Server::start("desk", &[("target", &port.to_string())]), port)
}

pub fn target(server: &Server, port: u16, scenario: &str, more: Sipp<'_>) -> Running {
    let running = Sipp { ip: CARRIER, port, ..more }.answer(scenario, server.scratch());
    // SIPp says nothing when it listens; a UDP port that cannot be bound any more is taken by it.
    let taken = || std::net::UdpSocket::bind((CARRIER, port)).is_err().then_some(());
    super::process::wait_for(Duration::from_secs(5), taken).expect("SIPp listens");
    running
}

/// The target of number 1200 ends so, and the flow takes that arm, known by its prompt.
#[test]
fn each_outcome_takes_its_arm() {
    for (scenario, prompt) in [
        ("uas_refuses_486", "busy"),
        ("uas_refuses_603", "declined"),
        ("uas_refuses_404", "invalid"),
        ("uas_refuses_480", "failed"),
        ("uas_cancelled", "no_answer"),
    ] {
        let (server, port) = desk();
        let far = target(&server, port, scenario, Sipp::default());
        let ear = RtpPeer::start("127.0.0.1", Plan::default());
        let caller = Sipp { dials: "1200", rtp_port: ear.port, ..Sipp::default() };
        caller.call(server.udp, "uac_until_bye", server.scratch()).finish();
        assert!(ear.hears(prompt_hz(prompt), SOON), "{scenario}: {}", ear.summary());
        far.finish();
        server.assert_quiet();
        assert_eq!(server.records(), 1, "{scenario}");
    }
}

#[test]
fn a_target_that_says_nothing_is_no_answer() {
    let (server, port) = desk();
    let far = target(&server, port, "uas_silent", Sipp { pause_ms: 6_000, ..Sipp::default() });
    let ear = RtpPeer::start("127.0.0.1", Plan::default());
    let caller = Sipp { dials: "1200", rtp_port: ear.port, ..Sipp::default() };
    caller.call(server.udp, "uac_until_bye", server.scratch()).finish();
    assert!(ear.hears(prompt_hz("no_answer"), SOON), "{}", ear.summary());
    far.finish();
    server.assert_quiet();
}

#[test]
fn a_number_that_the_policy_does_not_allow_is_never_dialled() {
    let (server, port) = desk();
    let mut far = target(&server, port, "uas_answers", Sipp::default());
    let ear = RtpPeer::start("127.0.0.1", Plan::default());
    let caller = Sipp { dials: "1201", rtp_port: ear.port, ..Sipp::default() };
    caller.call(server.udp, "uac_until_bye", server.scratch()).finish();
    assert!(ear.hears(prompt_hz("denied"), SOON), "{}", ear.summary());
    assert!(!far.has_ended(), "the carrier got a call");
    server.assert_quiet();
}

/// Two tones, one each way: each side hears the other clean, never itself, and no gap.
#[test]
fn both_sides_hear_each_other() {
    let (server, port) = desk();
    let caller_ear = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(CALLER_HZ), ..Plan::default() });
    let target_ear = RtpPeer::start(CARRIER, Plan { tone_hz: Some(TARGET_HZ), ..Plan::default() });
    let far = target(&server, port, "uas_answers", Sipp { rtp_port: target_ear.port, ..Sipp::default() });
    let caller = Sipp { dials: "1200", rtp_port: caller_ear.port, pause_ms: 3_000, ..Sipp::default() };
    let call = caller.call(server.udp, "uac_hangs_up", server.scratch());
    assert!(caller_ear.hears(TARGET_HZ, SOON), "{}", caller_ear.summary());
    assert!(target_ear.hears(CALLER_HZ, SOON), "{}", target_ear.summary());
    call.finish();
    far.finish();
    assert!(!caller_ear.heard_trace_of(CALLER_HZ), "the caller hears itself: {}", caller_ear.summary());
    assert!(!target_ear.heard_trace_of(TARGET_HZ), "the target hears itself: {}", target_ear.summary());
    let gap = caller_ear.gap_before(TARGET_HZ).expect("hold audio before the bridge");
    assert!(gap <= BRIDGE_GAP, "{gap:?} of silence when the two were joined");
    let gap = caller_ear.longest_gap_after(TARGET_HZ).expect("speech");
    assert!(gap <= BRIDGE_GAP, "{gap:?} of silence in the conversation");
    server.assert_quiet();
    assert_eq!(server.records(), 1);
}

/// A key that the caller's phone sends by INFO reaches the other side as a telephone-event, once.
#[test]
fn a_key_by_info_reaches_the_other_side() {
    let (server, port) = desk();
    let ear = RtpPeer::start(CARRIER, Plan { tone_hz: Some(TARGET_HZ), ..Plan::default() });
    let far = target(&server, port, "uas_answers", Sipp { rtp_port: ear.port, ..Sipp::default() });
    let caller = Sipp { dials: "1200", pause_ms: 3_000, digit: '7', ..Sipp::default() };
    caller.call(server.udp, "uac_info_hangs_up", server.scratch()).finish();
    far.finish();
    assert_eq!(ear.keys(), "7");
    server.assert_quiet();
}

#[test]
fn the_far_end_may_hang_up_first() {
    let (server, port) = desk();
    let far = target(&server, port, "uas_hangs_up", Sipp::default());
    Sipp { dials: "1200", ..Sipp::default() }.call(server.udp, "uac_until_bye", server.scratch()).finish();
    far.finish();
    server.assert_quiet();
}

/// The caller was answered and hangs up while the target rings: the target is cancelled at once (T16).
#[test]
fn a_caller_who_hangs_up_cancels_the_target() {
    let (server, port) = desk();
    let far = target(&server, port, "uas_cancelled", Sipp::default());
    let caller = Sipp { dials: "1203", pause_ms: 600, ..Sipp::default() };
    caller.call(server.udp, "uac_hangs_up", server.scratch()).finish();
    far.finish();
    server.assert_quiet();
}

/// The caller was not answered yet, hears 180 from the target, and cancels.
#[test]
fn a_caller_who_cancels_cancels_the_target() {
    let (server, port) = desk();
    let far = target(&server, port, "uas_cancelled", Sipp::default());
    let caller = Sipp { dials: "1202", pause_ms: 400, ..Sipp::default() };
    caller.call(server.udp, "uac_cancel", server.scratch()).finish();
    far.finish();
    server.assert_quiet();
}

/// A caller leaves at the instant when the target answers: whatever wins, nothing stays (T17).
#[test]
fn hanging_up_races_with_the_answer() {
    let (server, port) = desk();
    let calls = 40;
    let far = Sipp { pause_ms: 300, calls, ..Sipp::default() };
    let far = target(&server, port, "uas_answers_or_cancelled", far);
    for pause_ms in [290, 300, 310, 320] {
        let caller = Sipp { dials: "1203", pause_ms, calls: calls / 4, rate: 20, ..Sipp::default() };
        caller.call(server.udp, "uac_hangs_up", server.scratch()).finish();
    }
    server.assert_quiet();
    // A caller who was quicker than the server's INVITE has called nobody there.
    far.stop();
    assert_eq!(server.records(), u64::from(calls));
}
