//! baresip as a phone: registers, calls, presses a key, is transferred, is an agent, transfers.

use std::time::Duration;

use super::baresip::Baresip;
use super::ear::{DANA_HZ, LEE_HZ, RAVI_HZ};
use super::rtp::{Plan, RtpPeer};
use super::server::Server;
use super::sipp::Sipp;
use super::tone::{self, CALLER_HZ, TARGET_HZ, prompt_hz};
use super::transfers::{CARRIER, desk, target};

/// From a command to what it causes.
const SOON: Duration = Duration::from_secs(15);
/// 200 ms of samples.
const WINDOW: usize = 1_600;
/// The silence allowed while a caller waits.
const GAP: Duration = Duration::from_millis(60);

/// A registered phone.
pub fn phone(server: &Server, user: &str, answers: bool, hz: f64) -> Baresip {
    let password = if user == "us_ravi" { "ravi-secret" } else { "dana-secret" };
    let phone = Baresip::start(user, password, server.udp, answers, hz, server.scratch());
    assert!(phone.registers(SOON), "{user} is registered");
    phone
}

fn heard_clean(samples: &[i16], hz: f64) -> bool {
    samples.chunks_exact(WINDOW).any(|window| tone::share(window, hz) > 0.9)
}

#[test]
fn a_phone_with_a_wrong_password_is_refused() {
    let server = Server::start("desk", &[("target", "9")]);
    let phone = Baresip::start("us_ravi", "wrong", server.udp, false, RAVI_HZ, server.scratch());
    assert!(!phone.registers(SOON), "a wrong password");
}

/// The walking call, with a softphone.
#[test]
fn a_phone_calls_presses_a_key_and_is_transferred() {
    let (server, port) = desk();
    let ear = RtpPeer::start(CARRIER, Plan { tone_hz: Some(TARGET_HZ), ..Plan::default() });
    let far = target(&server, port, "uas_answers", Sipp { rtp_port: ear.port, ..Sipp::default() });
    let mut ravi = phone(&server, "us_ravi", false, RAVI_HZ);
    ravi.command("dial", &format!("sip:1003@{}", server.udp));
    ravi.event("CALL_ESTABLISHED", SOON);
    std::thread::sleep(Duration::from_millis(700));
    ravi.command("sndcode", "1");
    assert!(ear.hears(RAVI_HZ, SOON), "{}", ear.summary());
    std::thread::sleep(Duration::from_millis(700));
    ravi.command("hangup", "");
    far.finish();
    let heard = ravi.heard();
    assert!(heard_clean(&heard, prompt_hz("welcome")), "the prompt");
    assert!(heard_clean(&heard, TARGET_HZ), "the target");
    assert!(!heard_clean(&heard, RAVI_HZ), "itself");
    server.assert_quiet();
}

#[test]
fn a_phone_is_called() {
    let server = Server::start("desk", &[("target", "9")]);
    let dana = phone(&server, "us_dana", true, DANA_HZ);
    let ear = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(CALLER_HZ), ..Plan::default() });
    let caller = Sipp { dials: "1102", rtp_port: ear.port, pause_ms: 2_000, ..Sipp::default() };
    caller.call(server.udp, "uac_hangs_up", server.scratch()).finish();
    assert!(ear.hears(DANA_HZ, SOON), "{}", ear.summary());
    assert!(heard_clean(&dana.heard(), CALLER_HZ), "the caller");
    server.assert_quiet();
}

/// Ravi is offered the call first and does not take it; Dana does. The caller hears sound throughout.
#[test]
fn a_queue_moves_on_to_the_next_agent() {
    let server = Server::start("desk", &[("target", "9")]);
    let mut ravi = phone(&server, "us_ravi", false, RAVI_HZ);
    let _dana = phone(&server, "us_dana", true, DANA_HZ);
    let ear = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(CALLER_HZ), ..Plan::default() });
    let caller = Sipp { dials: "1700", rtp_port: ear.port, pause_ms: 7_000, ..Sipp::default() };
    let call = caller.call(server.udp, "uac_hangs_up", server.scratch());
    ravi.event("CALL_INCOMING", SOON);
    ravi.event("CALL_CLOSED", SOON);
    assert!(ear.hears(DANA_HZ, SOON), "{}", ear.summary());
    call.finish();
    let gap = ear.longest_gap_after(prompt_hz("welcome")).expect("a prompt");
    assert!(gap <= GAP, "{gap:?} of silence: {}", ear.summary());
    server.assert_quiet();
}

#[test]
fn a_caller_who_leaves_the_queue_frees_the_agent() {
    let server = Server::start("desk", &[("target", "9")]);
    let mut ravi = phone(&server, "us_ravi", false, RAVI_HZ);
    let caller = Sipp { dials: "1700", pause_ms: 2_000, ..Sipp::default() };
    let call = caller.call(server.udp, "uac_hangs_up", server.scratch());
    ravi.event("CALL_INCOMING", SOON);
    call.finish();
    ravi.event("CALL_CLOSED", SOON);
    server.assert_quiet();
}

/// Ravi calls Dana and transfers her to Lee by REFER: she talks to Lee, and Ravi is free.
#[test]
fn a_phone_transfers_its_peer() {
    let server = Server::start("desk", &[("target", "9")]);
    let dana = phone(&server, "us_dana", true, DANA_HZ);
    let lee = phone(&server, "us_lee", true, LEE_HZ);
    let mut ravi = phone(&server, "us_ravi", false, RAVI_HZ);
    ravi.command("dial", &format!("sip:1102@{}", server.udp));
    ravi.event("CALL_ESTABLISHED", SOON);
    std::thread::sleep(Duration::from_secs(1));
    ravi.command("transfer", &format!("sip:104@{}", server.udp));
    ravi.event("CALL_CLOSED", SOON);
    std::thread::sleep(Duration::from_secs(1));
    assert!(heard_clean(&lee.heard(), DANA_HZ), "Lee hears Dana");
    let heard = dana.heard();
    assert!(heard_clean(&heard, RAVI_HZ), "Dana hears Ravi first");
    assert!(heard_clean(&heard, LEE_HZ), "Dana hears Lee then");
    server.assert_quiet();
}
