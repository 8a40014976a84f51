//! Live calls and transfers over HTTP: orders, what came of them, and the events that told of it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http;
use super::process::wait_for;
use super::server::Server;

/// From a request to its effect.
const SOON: Duration = Duration::from_secs(15);
/// Longest read of a stream that may have nothing to say.
const POLL: Duration = Duration::from_millis(50);

pub fn get(server: &Server, path: &str) -> Value {
    let (status, body) = http::get(server.http, path);
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// The id of the one live call, when it is in this state.
pub fn call_in(server: &Server, state: &str) -> String {
    let mut seen = Value::Null;
    let found = wait_for(SOON, || {
        seen = get(server, "/calls");
        let calls = seen["calls"].as_array().unwrap();
        calls.iter().find(|call| call["state"] == state).map(|call| call["callId"].as_str().unwrap().to_owned())
    });
    found.unwrap_or_else(|| panic!("no call is {state}: {seen:#}"))
}

/// Gives a call to a target, in a user's name, and returns the transfer's id.
pub fn transfer(server: &Server, call: &str, from: &str, to: (&str, &str), mode: &str) -> String {
    let target = json!({"kind": to.0, "id": to.1});
    let body = json!({"callId": call, "fromUserId": from, "target": target, "mode": mode});
    let (status, answer) = http::post(server.http, "/transfer", "", &body.to_string());
    assert_eq!(status, 202, "{body}: {answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["transferId"].as_str().unwrap().to_owned()
}

/// `complete`, `cancel`, `3way` or `swap`; returns the state it led to.
pub fn step(server: &Server, transfer: &str, what: &str) -> String {
    let body = json!({"transferId": transfer}).to_string();
    let (status, answer) = http::post(server.http, &format!("/transfer/{what}"), "", &body);
    assert_eq!(status, 200, "{what}: {answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["state"].as_str().unwrap().to_owned()
}

/// Waits until a transfer is in this state, and returns how it then is.
pub fn reaches(server: &Server, transfer: &str, state: &str) -> Value {
    let mut seen = Value::Null;
    let found = wait_for(SOON, || {
        seen = get(server, &format!("/transfers/{transfer}"));
        (seen["state"] == state).then_some(())
    });
    assert!(found.is_some(), "the transfer never was {state}: {seen:#}");
    seen
}

/// The events of a call from its first to its last, `call.ended`.
pub fn events(server: &Server, call: &str) -> Vec<Value> {
    let mut stream = Stream::open(server, &format!("since=0&call={call}"));
    let mut events = Vec::new();
    while !events.last().is_some_and(|event: &Value| event["kind"] == "call.ended") {
        events.push(stream.next(SOON).unwrap_or_else(|| panic!("no call.ended: {events:#?}")));
    }
    events
}

/// Events as they come.
pub struct Stream {
    socket: TcpStream,
    text: String,
}

impl Stream {
    /// Events of all calls from now on, or what the query asks for.
    pub fn open(server: &Server, query: &str) -> Self {
        let mut socket = TcpStream::connect(server.http).unwrap();
        socket.set_read_timeout(Some(POLL)).unwrap();
        // HTTP/1.0 has no chunks, whose sizes would stand between the lines.
        write!(socket, "GET /events?{query} HTTP/1.0\r\nHost: {}\r\n\r\n", server.http).unwrap();
        Self { socket, text: String::new() }
    }

    /// The next event, unless none comes in time.
    pub fn next(&mut self, within: Duration) -> Option<Value> {
        let (mut part, began) = ([0; 4_096], Instant::now());
        loop {
            while let Some((line, rest)) = self.text.split_once('\n') {
                let event = line.strip_prefix("data: ").map(|json| serde_json::from_str(json).expect(json));
                self.text = rest.to_owned();
                if event.is_some() {
                    return event;
                }
            }
            if began.elapsed() > within {
                return None;
            }
            if let Ok(count) = self.socket.read(&mut part) {
                assert!(count > 0, "the stream ended");
                self.text.push_str(&String::from_utf8_lossy(&part[..count]));
            }
        }
    }
}

/// The kinds of events in their order; of a transfer's the state.
pub fn story(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| match event["kind"].as_str().unwrap() {
            "transfer" => event["state"].as_str().unwrap(),
            kind => kind,
        })
        .collect()
}

/// The states of the transfers of a call that were made in a user's name, in their order.
pub fn states(events: &[Value]) -> Vec<&str> {
    let transfers = events.iter().filter(|event| event["kind"] == "transfer" && !event["fromPartyId"].is_null());
    transfers.map(|event| event["state"].as_str().unwrap()).collect()
}

/// The record of a call that is over. Its intervals tile it.
pub fn record(server: &Server, call: &str) -> Value {
    let found = wait_for(SOON, || {
        let records = get(server, "/records");
        records["records"].as_array().unwrap().iter().find(|record| record["callId"] == call).cloned()
    });
    let record = found.unwrap_or_else(|| panic!("no record of {call}"));
    let mut at = record["started"].clone();
    for interval in record["intervals"].as_array().unwrap() {
        assert_eq!(interval["from"], at, "{record:#}");
        at = interval["to"].clone();
    }
    assert_eq!(at, record["ended"], "{record:#}");
    record
}

/// The kinds of the intervals of a record, in their order.
pub fn intervals(record: &Value) -> Vec<&str> {
    record["intervals"].as_array().unwrap().iter().map(|interval| interval["kind"].as_str().unwrap()).collect()
}
