//! Five callers and two agents: who is served when, by whom, and what is heard meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::baresip::Baresip;
use super::ear::{DANA_HZ, Ear, RAVI_HZ};
use super::follow::{get, intervals, record};
use super::phones::phone;
use super::process::wait_for;
use super::rtp::{Plan, RtpPeer};
use super::server::Server;
use super::sipp::{Running, Sipp};
use super::tone::{CALLER_HZ, prompt_hz};

/// From an act to what it causes.
const SOON: Duration = Duration::from_secs(15);
/// `wrap_up` of the site's queue.
const WRAP_UP_MS: i64 = 2_000;
/// Reading of the clock at both ends of the rest.
const CLOCK_MS: i64 = 5;

pub struct Caller {
    pub ear: RtpPeer,
    running: Running,
    pub call: String,
}

fn live(server: &Server) -> Vec<Value> {
    get(server, "/calls")["calls"].as_array().unwrap().clone()
}

/// Calls the queue, and is in it.
pub fn caller(server: &Server, number: &str, from: &str) -> Caller {
    let ear = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(CALLER_HZ), ..Plan::default() });
    let running = Sipp { dials: number, from, rtp_port: ear.port, ..Sipp::default() };
    let running = running.call(server.udp, "uac_stays", server.scratch());
    let found = wait_for(SOON, || {
        let calls = live(server);
        let call = calls.iter().find(|call| call["caller"] == from && call["state"] != "flow")?;
        Some(call["callId"].as_str().unwrap().to_owned())
    });
    Caller { ear, running, call: found.unwrap_or_else(|| panic!("{from} is in no call: {:#?}", live(server))) }
}

pub fn waiting(server: &Server) -> Vec<String> {
    let queues = get(server, "/queues");
    let waiting = queues["queues"][0]["waiting"].as_array().unwrap().clone();
    waiting.iter().map(|place| place["callId"].as_str().unwrap().to_owned()).collect()
}

/// Which agent each caller talks to now.
fn served(server: &Server) -> BTreeMap<String, String> {
    let calls = live(server);
    let pairs = calls.iter().filter(|call| call["state"] == "talking").map(|call| {
        let parties = call["parties"].as_array().unwrap().iter();
        let mut agents = parties.filter(|party| party["state"] == "up" && party["role"] == "agent");
        let agent = agents.next().unwrap_or_else(|| panic!("no agent: {call:#}"))["userId"].as_str().unwrap();
        assert!(agents.next().is_none(), "two agents: {call:#}");
        (agent.to_owned(), call["callId"].as_str().unwrap().to_owned())
    });
    let mut found = BTreeMap::new();
    for (agent, call) in pairs {
        let other = found.insert(agent.clone(), call.clone());
        assert_eq!(other, None, "{agent} has two calls");
    }
    found
}

pub fn is_served(server: &Server, agent: &str, caller: &Caller, hz: f64) {
    let found = wait_for(SOON, || (served(server).get(agent) == Some(&caller.call)).then_some(()));
    assert!(found.is_some(), "{agent} serves not {}: {:?}", caller.call, served(server));
    caller.ear.hears_from(0, hz);
}

pub fn hangs_up(phone: &mut Baresip) {
    phone.command("hangup", "");
    phone.event("CALL_CLOSED", SOON);
}

#[test]
fn five_callers_are_served_by_two_agents() {
    let server = Server::start("staff", &[("target", "9")]);
    let mut ravi = phone(&server, "us_ravi", true, RAVI_HZ);
    let mut dana = phone(&server, "us_dana", true, DANA_HZ);
    let first = caller(&server, "1700", "+12025550101");
    let found = wait_for(SOON, || served(&server).keys().next().cloned());
    // The longest idle is who registered first, or the other: both are right.
    let ravi_was_first = found.expect("an agent") == "us_ravi";
    let second = caller(&server, "1700", "+12025550102");
    let (of_ravi, of_dana) = if ravi_was_first { (&first, &second) } else { (&second, &first) };
    is_served(&server, "us_ravi", of_ravi, RAVI_HZ);
    is_served(&server, "us_dana", of_dana, DANA_HZ);
    let third = caller(&server, "1700", "+12025550103");
    let fourth = caller(&server, "1700", "+12025550104");
    let fifth = caller(&server, "1701", "+12025550105");
    for waits in [&third, &fourth, &fifth] {
        waits.ear.hears_from(0, prompt_hz("busy"));
    }
    assert_eq!(waiting(&server), [&*fifth.call, &*third.call, &*fourth.call], "by priority, then by wait");
    hangs_up(&mut ravi);
    is_served(&server, "us_ravi", &fifth, RAVI_HZ);
    assert_eq!(waiting(&server), [&*third.call, &*fourth.call]);
    hangs_up(&mut dana);
    is_served(&server, "us_dana", &third, DANA_HZ);
    hangs_up(&mut ravi);
    is_served(&server, "us_ravi", &fourth, RAVI_HZ);
    hangs_up(&mut ravi);
    hangs_up(&mut dana);
    let calls: Vec<String> = [first, second, third, fourth, fifth].into_iter().map(is_over).collect();
    server.assert_quiet();
    let records: Vec<Value> = calls.iter().map(|call| record(&server, call)).collect();
    check(&records);
}

pub fn is_over(caller: Caller) -> String {
    caller.running.finish();
    caller.call
}

/// Each caller was served once, and each agent rested between two callers.
fn check(records: &[Value]) {
    let mut agents: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
    for record in records {
        let parties = record["parties"].as_array().unwrap().iter();
        let served: Vec<&Value> = parties.filter(|p| p["role"] == "agent" && !p["answered"].is_null()).collect();
        let [agent] = served[..] else { panic!("not one agent: {record:#}") };
        let times = (agent["started"].as_i64().unwrap(), agent["ended"].as_i64().unwrap());
        agents.entry(agent["number"].as_str().unwrap().to_owned()).or_default().push(times);
        let kinds = intervals(record);
        assert!(kinds.ends_with(&["queue", "talk"]), "{record:#}");
        assert_eq!(record["disposition"], "answered", "{record:#}");
    }
    assert_eq!(agents.len(), 2, "{agents:?}");
    for (agent, mut times) in agents {
        times.sort_unstable();
        for pair in times.windows(2) {
            let rest = pair[1].0 - pair[0].1;
            assert!(rest >= WRAP_UP_MS - CLOCK_MS, "{agent} rested {rest} ms: {times:?}");
        }
    }
}
