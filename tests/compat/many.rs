//! Many transfers by API at one time: none is lost, and nothing is left. What a transfer and a relayed call cost the
//! server is printed: `tests/load/run attended` and `relay` read it from here, with more of both.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::follow::{Stream, get};
use super::http;
use super::process::free_port;
use super::rtp::{Plan, RtpPeer};
use super::server::Server;
use super::sipp::{Running, Sipp};
use super::tone::{CALLER_HZ, TARGET_HZ};
use super::transfers::{CARRIER, desk, target};

/// Longer than all of it takes.
const LONG: Duration = Duration::from_secs(300);
/// From one event to the next while anything is live.
const SOON: Duration = Duration::from_secs(20);
/// Calls at one time.
const IN_FLIGHT: u32 = 50;

/// How long a target rings: with 100 new calls a second there are always as many as may be.
const TARGET_RINGS_MS: u32 = 1_000;

/// So many as the environment says, or as a test needs.
fn number(variable: &str, usual: u32) -> u32 {
    std::env::var(variable).map_or(usual, |text| text.parse().expect(variable))
}

/// A SIPp that is registered as the phone of a user, and takes every call after it has rung so long.
fn phones(server: &Server, user: &str, password: &str, calls: u32, pause_ms: u32) -> Running {
    let port = free_port("127.0.0.1");
    let one = Sipp { port, from: user, password, ..Sipp::default() };
    one.call(server.udp, "uac_registers", server.scratch()).finish();
    let all = Sipp { port, calls, limit: 1_000, pause_ms, timeout: LONG, ..Sipp::default() };
    all.answer("uas_answers", server.scratch())
}

/// A call and its transfer.
#[derive(Default)]
struct Progress {
    answered: usize,
    transfer: Option<String>,
    completed: bool,
}

fn post(server: &Server, path: &str, body: &Value, expected: u16) -> Value {
    let (status, answer) = http::post(server.http, path, "", &body.to_string());
    assert_eq!(status, expected, "{path} {body}: {answer}");
    serde_json::from_str(&answer).unwrap()
}

/// What is to be done about an event of a call.
fn act(server: &Server, mode: &str, at: &mut Progress, event: &Value) {
    let call = &event["callId"];
    match event["kind"].as_str().unwrap() {
        "party.answered" => {
            at.answered += 1;
            match (at.answered, &at.transfer) {
                // The caller and the agent: a caller whom the flow does not answer is up when the agent is.
                (2, None) => {
                    let target = json!({"kind": "user", "id": "us_dana"});
                    let body = json!({"callId": call, "fromUserId": "us_ravi", "target": target, "mode": mode});
                    let answer = post(server, "/transfer", &body, 202);
                    at.transfer = Some(answer["transferId"].as_str().unwrap().to_owned());
                }
                (3, Some(transfer)) if mode == "attended" => {
                    let answer = post(server, "/transfer/complete", &json!({"transferId": transfer}), 200);
                    assert_eq!(answer["state"], "completed", "{answer}");
                }
                _ => {}
            }
        }
        // What the flow did before.
        "transfer" if event["fromPartyId"].is_null() => {}
        "transfer" if event["state"] == "completed" => {
            assert!(!std::mem::replace(&mut at.completed, true), "completed twice: {event}");
            post(server, &format!("/calls/{}/hangup", call.as_str().unwrap()), &json!({}), 200);
        }
        "transfer" => {
            let state = event["state"].as_str().unwrap();
            assert!(["transferring", "consulting"].contains(&state), "{event}");
        }
        _ => {}
    }
}

/// So many callers, each of whom Ravi gives to Dana.
fn transfers(mode: &str, calls: u32) {
    let server = Server::start("staff", &[("target", "9")]);
    let ravi = phones(&server, "us_ravi", "ravi-secret", calls, 20);
    let dana = phones(&server, "us_dana", "dana-secret", calls, TARGET_RINGS_MS);
    let mut stream = Stream::open(&server, "since=0");
    let (cpu, began) = (server.cpu_s(), Instant::now());
    let callers = Sipp { dials: "1103", calls, limit: IN_FLIGHT, rate: 100, timeout: LONG, ..Sipp::default() };
    let callers = callers.call(server.udp, "uac_stays", server.scratch());
    let mut all: BTreeMap<String, Progress> = BTreeMap::new();
    let mut ended = 0;
    let mut most = 0;
    while ended < calls {
        let event = stream.next(SOON).unwrap_or_else(|| panic!("{ended} of {calls} calls ended, then nothing"));
        let call = event["callId"].as_str().unwrap_or_else(|| panic!("{event}")).to_owned();
        ended += u32::from(event["kind"] == "call.ended");
        act(&server, mode, all.entry(call).or_default(), &event);
        most = most.max(all.len() as u32 - ended);
    }
    let (cpu, took) = (server.cpu_s() - cpu, began.elapsed().as_secs_f64());
    [callers, ravi, dana].into_iter().for_each(Running::finish);
    server.assert_quiet();
    assert!(most >= IN_FLIGHT * 9 / 10, "only {most} calls at one time");
    assert_eq!(server.records(), u64::from(calls), "one record each");
    for progress in all.values() {
        let view = get(&server, &format!("/transfers/{}", progress.transfer.as_ref().expect("a transfer")));
        assert_eq!(view["state"], "completed", "{view:#}");
    }
    let thousand = cpu / f64::from(calls) * 1_000.0;
    eprintln!("{mode}: {calls} in {took:.1} s, at most {most} at one time: {thousand:.2} CPU s per 1,000");
}

#[test]
fn blind_transfers_are_not_lost() {
    transfers("blind", number("STROWGER_TRANSFERS", 200));
}

#[test]
fn attended_transfers_are_not_lost() {
    transfers("attended", number("STROWGER_TRANSFERS", 200));
}

/// Two sockets say tones through the server, in so many calls.
#[test]
fn many_calls_are_relayed() {
    let calls = number("STROWGER_RELAYED", 20);
    let seconds = number("STROWGER_RELAYED_S", 3);
    let (server, port) = desk();
    let caller = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(CALLER_HZ), ..Plan::default() });
    let far = RtpPeer::start(CARRIER, Plan { tone_hz: Some(TARGET_HZ), ..Plan::default() });
    let many = Sipp { calls, limit: calls, rate: 20, timeout: LONG, ..Sipp::default() };
    let targets = target(&server, port, "uas_answers", Sipp { rtp_port: far.port, ..many.clone() });
    let callers = Sipp { dials: "1203", rtp_port: caller.port, ..many };
    let callers = callers.call(server.udp, "uac_stays", server.scratch());
    let talking = || {
        let calls = get(&server, "/calls");
        calls["calls"].as_array().unwrap().iter().filter(|call| call["state"] == "talking").count()
    };
    let all = super::process::wait_for(LONG, || (talking() == calls as usize).then_some(()));
    assert!(all.is_some(), "{} of {calls} talk", talking());
    std::thread::sleep(Duration::from_secs(1));
    let heard = (caller.received(), far.received());
    let (cpu, began) = (server.cpu_s(), Instant::now());
    std::thread::sleep(Duration::from_secs(u64::from(seconds)));
    let (cpu, took) = (server.cpu_s() - cpu, began.elapsed().as_secs_f64());
    let heard = (caller.received() - heard.0, far.received() - heard.1);
    for call in get(&server, "/calls")["calls"].as_array().unwrap() {
        post(&server, &format!("/calls/{}/hangup", call["callId"].as_str().unwrap()), &json!({}), 200);
    }
    callers.finish();
    targets.finish();
    server.assert_quiet();
    let expected = f64::from(calls) * took * 50.0;
    for heard in [heard.0, heard.1] {
        let share = heard as f64 / expected;
        assert!((0.9..1.1).contains(&share), "{heard} packets of {expected:.0} came through");
    }
    let hundred = cpu / took / f64::from(calls) * 100.0 * 100.0;
    eprintln!("relay: {calls} calls for {took:.1} s: {hundred:.2} % of a core per 100 calls, both ways");
}
