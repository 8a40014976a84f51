//! Somebody hangs up in the middle of a transfer by API, or the target is a queue, or the policy says no: what real
//! phones hear of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::attended::{Consultation, Desk};
use super::ear::{DANA_HZ, Ear, LEE_HZ, RAVI_HZ};
use super::follow::{call_in, intervals, reaches, record, states, step};
use super::http;
use super::phones::phone;
use super::rtp::{Plan, RtpPeer};
use super::server::Server;
use super::sipp::Sipp;
use super::tone::{CALLER_HZ, prompt_hz};

/// From an act to what a phone says of it.
const SOON: Duration = Duration::from_secs(15);

/// The transferor hangs up in a consultation: caller and target talk (T27).
#[test]
fn a_transferor_who_hangs_up_leaves_two_who_talk() {
    let mut desk = Desk::opens();
    let mut dana = phone(&desk.server, "us_dana", true, DANA_HZ);
    let transfer = desk.transfer("user", "us_dana", "attended");
    dana.hears_from(0, RAVI_HZ);
    let joined = desk.ear.moment();
    desk.ravi.command("hangup", "");
    desk.ear.hears_from(joined, DANA_HZ);
    dana.hears_from(0, CALLER_HZ);
    reaches(&desk.server, &transfer, "completed");
    dana.command("hangup", "");
    desk.closes();
}

/// Before the target answers, by hanging up or by order: a blind transfer from then on (T28, T31).
#[test]
fn a_transferor_need_not_wait_for_the_answer() {
    for by_order in [false, true] {
        let mut desk = Desk::opens();
        let mut lee = phone(&desk.server, "us_lee", false, LEE_HZ);
        let transfer = desk.transfer("user", "us_lee", "attended");
        lee.event("CALL_INCOMING", SOON);
        if by_order {
            assert_eq!(step(&desk.server, &transfer, "complete"), "transferring");
            desk.ravi.event("CALL_CLOSED", SOON);
        } else {
            desk.ravi.command("hangup", "");
        }
        reaches(&desk.server, &transfer, "transferring");
        let rings = desk.ear.moment();
        desk.ear.hears_music_from(rings);
        lee.command("accept", "");
        desk.ear.hears_from(rings, LEE_HZ);
        lee.hears_from(0, CALLER_HZ);
        lee.never_heard(0, RAVI_HZ);
        reaches(&desk.server, &transfer, "completed");
        lee.command("hangup", "");
        let (_, events) = desk.closes();
        assert_eq!(states(&events), ["consulting", "transferring", "completed"]);
    }
}

/// The two of the site may talk on; when one of them leaves, it is over (T29).
#[test]
fn a_caller_who_hangs_up_leaves_the_two_of_the_site() {
    let Consultation { mut caller, mut ravi, mut dana, call, transfer, server } = Consultation::begins();
    caller.command("hangup", "");
    caller.event("CALL_CLOSED", SOON);
    reaches(&server, &transfer, "abandoned");
    let after = (ravi.moment(), dana.moment());
    ravi.hears_from(after.0, DANA_HZ);
    dana.hears_from(after.1, RAVI_HZ);
    ravi.command("hangup", "");
    dana.event("CALL_CLOSED", SOON);
    server.assert_quiet();
    record(&server, &call);
}

/// The transferor is free at once, and not offered the call again; the caller hears the queue's music (T42, T45).
#[test]
fn a_queue_is_a_target() {
    let mut desk = Desk::opens();
    let transfer = desk.transfer("queue", "sales", "blind");
    desk.ravi.event("CALL_CLOSED", SOON);
    reaches(&desk.server, &transfer, "queued");
    let waits = desk.ear.moment();
    desk.ear.hears_from(waits, prompt_hz("busy"));
    let mut dana = phone(&desk.server, "us_dana", true, DANA_HZ);
    desk.ear.hears_from(waits, DANA_HZ);
    dana.hears_from(0, CALLER_HZ);
    reaches(&desk.server, &transfer, "completed");
    dana.command("hangup", "");
    let (record, events) = desk.closes();
    assert_eq!(states(&events).last(), Some(&"completed"));
    assert_eq!(intervals(&record), ["ring", "talk", "queue", "talk"], "{record:#}");
    let agents: Vec<&Value> = record["parties"].as_array().unwrap().iter().filter(|p| p["role"] == "agent").collect();
    assert_eq!(agents.len(), 1, "Ravi was offered it again: {record:#}");
}

/// Who may not transfer outside gets a reason, and the two talk on as if nothing had been asked (T01).
#[test]
fn a_transfer_that_is_denied_is_not_heard() {
    let server = Server::start("staff", &[("target", "9")]);
    let mut lee = phone(&server, "us_lee", true, LEE_HZ);
    let ear = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(CALLER_HZ), ..Plan::default() });
    let caller = Sipp { dials: "1104", rtp_port: ear.port, ..Sipp::default() };
    let caller = caller.call(server.udp, "uac_stays", server.scratch());
    ear.hears_from(0, LEE_HZ);
    let call = call_in(&server, "talking");
    let before = ear.moment();
    let target = json!({"kind": "pstn", "id": "+12025550123"});
    let body = json!({"callId": call, "fromUserId": "us_lee", "target": target, "mode": "blind"}).to_string();
    let (status, answer) = http::post(server.http, "/transfer", "", &body);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((status, answer["reason"].as_str()), (403, Some("PSTN_BLIND_TRANSFER_NOT_PERMITTED")), "{answer:#}");
    ear.hears_from(ear.moment(), LEE_HZ);
    let gap = ear.longest_without(before, LEE_HZ).expect("Lee");
    assert!(gap <= super::attended::GAP, "{gap:?} without Lee");
    lee.command("hangup", "");
    caller.finish();
    server.assert_quiet();
    assert_eq!(record(&server, &call)["hops"], 1, "the flow's alone");
}
