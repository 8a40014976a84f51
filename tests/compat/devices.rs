//! Several telephones where one is called, and telephones that can do little: two of one user, two behind one number, one
//! without a transfer key, one that wants to hear nothing of its transfer.

use std::time::Duration;

use super::attended::Desk;
use super::baresip::Baresip;
use super::ear::{DANA_HZ, Ear, LEE_HZ, RAVI_HZ};
use super::phones::phone;
use super::rtp::{Plan, RtpPeer};
use super::server::Server;
use super::sipp::Sipp;
use super::tone::{CALLER_HZ, TARGET_HZ};
use super::transfers::{CARRIER, desk, target};

/// From an act to what a phone says of it.
const SOON: Duration = Duration::from_secs(15);
/// From one key to the next.
const KEY: Duration = Duration::from_millis(400);

/// Both ring; who answers has the call, and the other rings no more.
#[test]
fn all_telephones_of_a_user_ring_and_one_has_the_call() {
    let server = Server::start("staff", &[("target", "9")]);
    let mut first = phone(&server, "us_dana", false, DANA_HZ);
    let mut second = Baresip::start_as("cell", "us_dana", "dana-secret", server.udp, false, LEE_HZ, server.scratch());
    assert!(second.registers(SOON));
    let ear = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(CALLER_HZ), ..Plan::default() });
    let caller = Sipp { dials: "1102", rtp_port: ear.port, ..Sipp::default() };
    let caller = caller.call(server.udp, "uac_stays", server.scratch());
    first.event("CALL_INCOMING", SOON);
    second.event("CALL_INCOMING", SOON);
    second.command("accept", "");
    first.event("CALL_CLOSED", SOON);
    assert!(ear.hears(LEE_HZ, SOON), "{}", ear.summary());
    second.hears_from(0, CALLER_HZ);
    assert!(!ear.heard_trace_of(DANA_HZ));
    second.command("hangup", "");
    caller.finish();
    server.assert_quiet();
}

/// A proxy outside rang two, and both answer: the caller talks to the first, the second is let go.
#[test]
fn of_two_who_answer_one_is_kept() {
    let (server, port) = desk();
    let ear = RtpPeer::start(CARRIER, Plan { tone_hz: Some(TARGET_HZ), ..Plan::default() });
    let far = target(&server, port, "uas_forks", Sipp { rtp_port: ear.port, ..Sipp::default() });
    let caller_ear = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(CALLER_HZ), ..Plan::default() });
    let caller = Sipp { dials: "1200", rtp_port: caller_ear.port, pause_ms: 3_000, ..Sipp::default() };
    let caller = caller.call(server.udp, "uac_hangs_up", server.scratch());
    assert!(caller_ear.hears(TARGET_HZ, SOON), "{}", caller_ear.summary());
    caller.finish();
    far.finish();
    server.assert_quiet();
}

/// RFC 4488.
#[test]
fn a_phone_need_not_hear_of_its_transfer() {
    let (server, port) = desk();
    let far = target(&server, port, "uas_answers", Sipp { calls: 2, ..Sipp::default() });
    let caller = Sipp { dials: "1200", pause_ms: 1_500, ..Sipp::default() };
    caller.call(server.udp, "uac_refer_unheard", server.scratch()).finish();
    assert_eq!(server.live_calls(), 1, "the peer and the target");
    server.signal("TERM");
    drop(far);
}

fn press(phone: &mut Baresip, keys: &str) {
    for key in keys.chars() {
        phone.command("sndcode", &key.to_string());
        std::thread::sleep(KEY);
    }
}

/// `*2`, a number, a consultation, `*2`: the caller has whom the user consulted, and so on with `##`.
#[test]
fn a_phone_without_a_transfer_key_transfers_by_its_digits() {
    let mut desk = Desk::opens();
    let mut dana = phone(&desk.server, "us_dana", true, DANA_HZ);
    let mut lee = phone(&desk.server, "us_lee", true, LEE_HZ);
    press(&mut desk.ravi, "*2");
    press(&mut desk.ravi, "102");
    dana.hears_from(0, RAVI_HZ);
    dana.never_heard(0, CALLER_HZ);
    press(&mut desk.ravi, "*2");
    desk.ravi.event("CALL_CLOSED", SOON);
    assert!(desk.ear.hears(DANA_HZ, SOON), "{}", desk.ear.summary());
    dana.hears_from(0, CALLER_HZ);
    press(&mut dana, "##");
    press(&mut dana, "104");
    dana.event("CALL_CLOSED", SOON);
    assert!(desk.ear.hears(LEE_HZ, SOON), "{}", desk.ear.summary());
    lee.hears_from(0, CALLER_HZ);
    lee.command("hangup", "");
    let (record, _) = desk.closes();
    assert_eq!(record["hops"], 3, "{record}");
}
