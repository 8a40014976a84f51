//! Replaces: REFER with it by a phone that consulted by itself, INVITE with it by a user's other phone.

use std::time::Duration;

use serde_json::Value;

use super::ear::{DANA_HZ, Ear};
use super::follow::{call_in, get, record};
use super::linphone::Linphone;
use super::phones::phone;
use super::process::{free_port, wait_for};
use super::rtp::{Plan, RtpPeer};
use super::server::Server;
use super::sipp::{Running, Sipp};
use super::tone::{CALLER_HZ, TARGET_HZ};

/// From an act to what a phone says of it.
const SOON: Duration = Duration::from_secs(15);

struct Desk {
    caller: Running,
    ravi: Linphone,
    ear: RtpPeer,
    call: String,
    server: Server,
}

/// An outside caller who talks to Ravi.
fn desk() -> Desk {
    let server = Server::start("staff", &[("target", "9")]);
    let mut ravi = Linphone::registered("us_ravi", "ravi-secret", server.udp, server.scratch());
    let ear = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(CALLER_HZ), ..Plan::default() });
    let caller = Sipp { dials: "1103", rtp_port: ear.port, ..Sipp::default() };
    let caller = caller.call(server.udp, "uac_stays", server.scratch());
    ravi.call_is(1, "IncomingReceived");
    ravi.command("answer 1");
    ravi.call_is(1, "StreamsRunning");
    let call = call_in(&server, "talking");
    Desk { caller, ravi, ear, call, server }
}

/// Waits until there is one call, and says who is up in it.
fn one_call(server: &Server) -> Vec<String> {
    let mut seen = Value::Null;
    let found = wait_for(SOON, || {
        seen = get(server, "/calls");
        let [call] = &seen["calls"].as_array().unwrap()[..] else { return None };
        let up = call["parties"].as_array().unwrap().iter().filter(|party| party["state"] == "up");
        let up: Vec<String> = up.map(|party| party["number"].as_str().unwrap().to_owned()).collect();
        (up.len() == 2).then_some(up)
    });
    found.unwrap_or_else(|| panic!("not one call of two: {seen:#}"))
}

/// Ravi holds the caller, calls Dana, and has his two calls become one (RFC 5589 §7).
#[test]
fn a_phone_transfers_after_it_consulted() {
    let Desk { caller, mut ravi, ear, call, server } = desk();
    let mut dana = phone(&server, "us_dana", true, DANA_HZ);
    ravi.command(&format!("call sip:102@{}", server.udp));
    ravi.call_is(1, "Paused");
    ravi.call_is(2, "StreamsRunning");
    let held = ear.moment();
    ear.hears_music_from(held);
    ear.never_heard(0, DANA_HZ);
    dana.never_heard(0, CALLER_HZ);
    assert_eq!(server.live_calls(), 2);
    ravi.command("call-transfer 1 2");
    ravi.logs(&[
        "REFER ",
        "SIP/2.0 202",
        "NOTIFY ",
        "SIP/2.0 100",
        "NOTIFY ",
        "Subscription-State: terminated",
        "SIP/2.0 200",
    ]);
    ravi.call_is(1, "End");
    ravi.call_is(2, "End");
    assert_eq!(one_call(&server), ["+12025550199", "102"]);
    ear.hears_from(held, DANA_HZ);
    dana.hears_from(0, CALLER_HZ);
    dana.command("hangup", "");
    caller.finish();
    server.assert_quiet();
    let talk = record(&server, &call);
    assert_eq!(talk["rootCallId"], call.as_str());
    let records = get(&server, "/records")["records"].as_array().unwrap().clone();
    assert_eq!(records.len(), 2, "{records:#?}");
    assert!(records.iter().all(|record| record["rootCallId"] == call.as_str()), "one root: {records:#?}");
    assert_eq!(talk["parties"][2]["reason"], "attended", "{talk:#}");
}

/// Before Dana has answered (RFC 5589 §7.1, semi-attended): the caller hears her telephone ring, then her.
#[test]
fn a_phone_transfers_to_who_still_rings() {
    let Desk { caller, mut ravi, ear, call, server } = desk();
    let mut dana = phone(&server, "us_dana", false, DANA_HZ);
    ravi.command(&format!("call sip:102@{}", server.udp));
    ravi.call_is(2, "OutgoingRinging");
    dana.event("CALL_INCOMING", SOON);
    ravi.command("call-transfer 1 2");
    ravi.logs(&["REFER ", "SIP/2.0 202"]);
    let rings = ear.moment();
    ear.hears_music_from(rings);
    dana.command("accept", "");
    ear.hears_from(rings, DANA_HZ);
    dana.hears_from(0, CALLER_HZ);
    assert_eq!(one_call(&server), ["+12025550199", "102"]);
    ravi.logs(&["REFER ", "SIP/2.0 202", "Subscription-State: terminated", "SIP/2.0 200"]);
    dana.command("hangup", "");
    caller.finish();
    server.assert_quiet();
    assert_eq!(record(&server, &call)["rootCallId"], call.as_str());
}

/// Ravi goes on with the call on another phone of his (RFC 3891).
#[test]
fn a_user_goes_on_on_another_phone() {
    let Desk { caller, mut ravi, ear, call, server } = desk();
    // A telephone that says nothing leaves the caller's ear without anybody to answer: the music is somebody.
    ravi.command("call-pause 1");
    ravi.call_is(1, "Paused");
    ear.hears_music_from(0);
    ravi.command("call-resume 1");
    call_in(&server, "talking");
    let dialog = dialog_of(&ravi.log(), "SIP/2.0 200 Ok");
    let other = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(TARGET_HZ), ..Plan::default() });
    let port = free_port("127.0.0.1");
    let phone =
        Sipp { port, dials: "103", from: "us_ravi", password: "ravi-secret", replaces: &dialog, ..Sipp::default() };
    let phone = Sipp { rtp_port: other.port, ..phone };
    phone.call(server.udp, "uac_registers", server.scratch()).finish();
    let phone = phone.call(server.udp, "uac_replaces", server.scratch());
    ear.hears_from(0, TARGET_HZ);
    other.hears_from(0, CALLER_HZ);
    ravi.call_is(1, "End");
    assert_eq!(one_call(&server).len(), 2);
    let hangup = super::http::post(server.http, &format!("/calls/{call}/hangup"), "", "");
    assert_eq!(hangup.0, 200, "{}", hangup.1);
    phone.finish();
    caller.finish();
    server.assert_quiet();
    assert_eq!(record(&server, &call)["rootCallId"], call.as_str());
}

/// Dana picks up what rings for Ravi, with whom she serves a queue.
#[test]
fn a_colleague_picks_up_what_rings() {
    let server = Server::start("staff", &[("target", "9")]);
    let ravi = Linphone::registered("us_ravi", "ravi-secret", server.udp, server.scratch());
    let ear = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(CALLER_HZ), ..Plan::default() });
    let caller = Sipp { dials: "1800", rtp_port: ear.port, ..Sipp::default() };
    let caller = caller.call(server.udp, "uac_stays", server.scratch());
    ravi.call_is(1, "IncomingReceived");
    ear.hears_music_from(0);
    let dialog = dialog_of(&ravi.log(), "SIP/2.0 180 Ringing") + ";early-only";
    let other = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(TARGET_HZ), ..Plan::default() });
    let phone = Sipp { port: free_port("127.0.0.1"), dials: "103", rtp_port: other.port, ..Sipp::default() };
    let phone = Sipp { from: "us_dana", password: "dana-secret", replaces: &dialog, ..phone };
    phone.call(server.udp, "uac_registers", server.scratch()).finish();
    let phone = phone.call(server.udp, "uac_replaces", server.scratch());
    ear.hears_from(0, TARGET_HZ);
    other.hears_from(0, CALLER_HZ);
    ravi.call_is(1, "Released");
    let call = call_in(&server, "talking");
    let hangup = super::http::post(server.http, &format!("/calls/{call}/hangup"), "", "");
    assert_eq!(hangup.0, 200, "{}", hangup.1);
    phone.finish();
    caller.finish();
    server.assert_quiet();
    record(&server, &call);
}

/// The dialog of the INVITE that a phone answered so, as Replaces names it to the server.
fn dialog_of(log: &str, answer: &str) -> String {
    let mut answers = log.match_indices(answer).map(|(at, _)| &log[at..]);
    let is_invite = |text: &&str| field(text, "CSeq: ").is_some_and(|cseq| cseq.ends_with("INVITE"));
    let answer = answers.find(is_invite).expect("it answered an INVITE");
    let tag = |name| field(answer, name).and_then(|value| value.split(";tag=").nth(1)).expect(name);
    // The server made the call: From is its end, and RFC 3891 calls its own end `to-tag`.
    let id = field(answer, "Call-ID: ").or_else(|| field(answer, "Call-Id: ")).expect("Call-ID");
    format!("{id};to-tag={};from-tag={}", tag("From: "), tag("To: "))
}

fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}
