//! A server that is killed in the middle of calls, and begun anew: who talked, was consulted or waited goes on as before,
//! without having to do anything (T60).

use std::time::Duration;

use serde_json::Value;

use super::attended::{Consultation, Desk};
use super::ear::{DANA_HZ, Ear, RAVI_HZ};
use super::follow::{call_in, get, intervals, reaches, record, step};
use super::phones::phone;
use super::queues::{caller, hangs_up, is_over, is_served, waiting};
use super::server::{Server, serve};
use super::sipp::Sipp;
use super::tone::{CALLER_HZ, prompt_hz};

/// From an act to what a phone says of it.
const SOON: Duration = Duration::from_secs(15);

/// The one record of a call that went through a crash, as it should be.
fn recovered(server: &Server, call: &str) -> Value {
    let record = record(server, call);
    assert_eq!(record["tags"]["recovered"], "after a crash", "{record:#}");
    let records = get(server, "/records");
    let of_it = records["records"].as_array().unwrap().iter().filter(|other| other["rootCallId"] == *call);
    assert_eq!(of_it.count(), 1, "{records:#}");
    let (exact, said) = server.replays(call);
    assert!(exact && said.contains("each as it was"), "{said}");
    record
}

/// Both get a re-INVITE, because the server has other ports for their audio now, and talk on.
#[test]
fn t60_who_talked_talks_on() {
    let mut desk = Desk::opens();
    desk.server.crash();
    let (caller, ravi) = (desk.ear.moment(), desk.ravi.moment());
    desk.ear.hears_from(caller, RAVI_HZ);
    desk.ravi.hears_from(ravi, CALLER_HZ);
    assert_eq!(call_in(&desk.server, "talking"), desk.call);
    hangs_up(&mut desk.ravi);
    desk.hung_up_on();
    let record = recovered(&desk.server, &desk.call);
    assert_eq!(intervals(&record), ["ring", "talk"], "{record:#}");
    assert_eq!(record["hangupBy"], record["parties"][1]["id"], "{record:#}");
}

#[test]
fn t60_a_consultation_can_be_completed() {
    let mut three = Consultation::begins();
    three.server.crash();
    let (caller, ravi, dana) = (three.caller.moment(), three.ravi.moment(), three.dana.moment());
    three.ravi.hears_from(ravi, DANA_HZ);
    three.dana.hears_from(dana, RAVI_HZ);
    three.caller.hears_music_from(caller);
    reaches(&three.server, &three.transfer, "consulting");
    let joined = (three.caller.moment(), three.dana.moment());
    assert_eq!(step(&three.server, &three.transfer, "complete"), "completed");
    three.caller.hears_from(joined.0, DANA_HZ);
    three.dana.hears_from(joined.1, CALLER_HZ);
    three.ravi.event("CALL_CLOSED", SOON);
    hangs_up(&mut three.dana);
    three.server.assert_quiet();
    let record = recovered(&three.server, &three.call);
    assert_eq!(intervals(&record), ["ring", "talk", "hold", "talk"], "{record:#}");
    assert_eq!(record["parties"].as_array().unwrap().len(), 3, "{record:#}");
}

/// Two wait, the second with more priority, for an agent who talks. Their places are the same, and so is their time.
#[test]
fn t60_who_waits_keeps_the_place() {
    let mut server = Server::start("staff", &[("target", "9")]);
    let mut ravi = phone(&server, "us_ravi", true, RAVI_HZ);
    let first = caller(&server, "1700", "+12025550101");
    is_served(&server, "us_ravi", &first, RAVI_HZ);
    let second = caller(&server, "1700", "+12025550102");
    let third = caller(&server, "1701", "+12025550103");
    let places = [third.call.clone(), second.call.clone()];
    second.ear.hears_from(0, prompt_hz("busy"));
    assert_eq!(waiting(&server), places);
    let before = waited_ms(&server);
    server.crash();
    let moments = [&first, &second, &third].map(|caller| caller.ear.moment());
    first.ear.hears_from(moments[0], RAVI_HZ);
    second.ear.hears_from(moments[1], prompt_hz("busy"));
    third.ear.hears_from(moments[2], prompt_hz("busy"));
    assert_eq!(waiting(&server), places);
    let after = waited_ms(&server);
    assert!(after.iter().zip(&before).all(|(after, before)| after > before), "{before:?}, then {after:?}");
    // Who serves has not registered again.
    hangs_up(&mut ravi);
    is_served(&server, "us_ravi", &third, RAVI_HZ);
    hangs_up(&mut ravi);
    is_served(&server, "us_ravi", &second, RAVI_HZ);
    hangs_up(&mut ravi);
    let calls = [first, second, third].map(is_over);
    server.assert_quiet();
    for call in calls {
        let record = recovered(&server, &call);
        let kinds = intervals(&record);
        assert!(kinds.ends_with(&["queue", "talk"]), "{record:#}");
        assert_eq!(kinds.iter().filter(|kind| **kind == "queue").count(), 1, "one wait: {record:#}");
    }
}

/// A telephone that rang is told that nobody calls any more, and is then called anew: it rings once, not twice.
#[test]
fn t60_a_telephone_that_rang_stops() {
    let mut server = Server::start("staff", &[("target", "9")]);
    let mut ravi = phone(&server, "us_ravi", false, RAVI_HZ);
    let waits = caller(&server, "1700", "+12025550101");
    ravi.event("CALL_INCOMING", SOON);
    server.crash();
    ravi.event("CALL_CLOSED", SOON);
    ravi.event("CALL_INCOMING", SOON);
    let moment = waits.ear.moment();
    ravi.command("accept", "");
    waits.ear.hears_from(moment, RAVI_HZ);
    hangs_up(&mut ravi);
    let call = is_over(waits);
    server.assert_quiet();
    recovered(&server, &call);
}

/// A caller whom nobody has answered hears that nobody will, instead of ringback for ever.
#[test]
fn t60_a_caller_who_heard_ringback_is_refused() {
    let mut server = Server::start("staff", &[("target", "9")]);
    let mut ravi = phone(&server, "us_ravi", false, RAVI_HZ);
    let caller = Sipp { dials: "1103", ..Sipp::default() };
    let caller = caller.call(server.udp, "uac_rejected_480", server.scratch());
    ravi.event("CALL_INCOMING", SOON);
    let call = call_in(&server, "ringing");
    server.crash();
    ravi.event("CALL_CLOSED", SOON);
    caller.finish();
    server.assert_quiet();
    let record = recovered(&server, &call);
    assert_eq!(record["disposition"], "error", "{record:#}");
}

/// How long each of those who wait has waited.
fn waited_ms(server: &Server) -> Vec<u64> {
    let queues = get(server, "/queues");
    let waiting = queues["queues"][0]["waiting"].as_array().unwrap().clone();
    waiting.iter().map(|place| place["waitedMs"].as_u64().unwrap()).collect()
}

/// Two would each count permits alone, and both would take the calls of one that died. Other ports are no way out.
#[test]
fn a_second_server_on_the_same_state_is_refused() {
    let mut server = Server::start("staff", &[("target", "9")]);
    let second = || serve(&server.file("")).output().unwrap();
    let refused = second();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(
        said.contains("another process serves this site") && said.contains("set `state:` to another folder"),
        "{said}"
    );
    assert!(refused.stdout.is_empty(), "it never was ready");
    server.assert_quiet();
    // What was killed holds nothing: the next one begins at once.
    server.crash();
    server.assert_quiet();
}
