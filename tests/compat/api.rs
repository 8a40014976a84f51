//! Live calls over HTTP: looked at, followed, ended.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use super::follow::{events, get, story};
use super::http;
use super::process::wait_for;
use super::server::Server;
use super::sipp::Sipp;

/// From a request to its effect.
const SOON: Duration = Duration::from_secs(10);

fn desk() -> Server {
    Server::start("desk", &[("target", "9")])
}

#[test]
fn what_is_not_there_cannot_be_transferred() {
    let server = desk();
    let target = json!({"kind": "user", "id": "us_ravi"});
    let call = "s-00000000000000000000000000000001";
    let body = json!({"callId": call, "fromUserId": "us_dana", "target": target});
    assert_eq!(http::post(server.http, "/transfer", "", &body.to_string()).0, 404);
    let which = json!({"transferId": "t-00000000000000000000000000000001"}).to_string();
    for path in ["complete", "cancel", "3way", "swap"] {
        assert_eq!(http::post(server.http, &format!("/transfer/{path}"), "", &which).0, 404, "{path}");
    }
    assert_eq!(http::post(server.http, &format!("/calls/{call}/hangup"), "", "").0, 404);
    let key = "Idempotency-Key: one\r\n";
    let first = http::post(server.http, "/transfer", key, &body.to_string());
    assert_eq!(http::post(server.http, "/transfer", key, &body.to_string()), first);
    assert_eq!(http::post(server.http, "/transfer", key, "{}").0, 422);
    server.assert_quiet();
}

#[test]
fn queues_and_agents_are_seen() {
    let server = desk();
    let queues = get(&server, "/queues");
    assert_eq!(
        queues["queues"][0],
        json!({"name": "sales", "waiting": [], "agentsReady": 0, "open": false, "estimatedWaitMs": null})
    );
    let agents = get(&server, "/agents");
    let ravi = json!({"userId": "us_ravi", "queues": ["sales"], "state": "offline", "callId": null});
    assert_eq!(agents["agents"].as_array().unwrap().iter().find(|a| a["userId"] == "us_ravi"), Some(&ravi));
}

/// A call is followed from its first event to its last, which its hang-up over HTTP is.
#[test]
fn a_call_is_followed_and_ended() {
    let server = desk();
    let live = Sipp { dials: "1001", ..Sipp::default() }.call(server.udp, "uac_until_bye", server.scratch());
    let calls = || get(&server, "/calls")["calls"].as_array().unwrap().first().cloned();
    let call = wait_for(SOON, calls).expect("a live call");
    let id = call["callId"].as_str().unwrap();
    assert_eq!(http::post(server.http, &format!("/calls/{id}/hangup"), "", "").0, 200);
    live.finish();
    let events = events(&server, id);
    let story = story(&events);
    assert_eq!((story.first(), story.last()), (Some(&"call.began"), Some(&"call.ended")), "{story:?}");
    server.assert_quiet();
}

/// Nobody who follows keeps the process from its end.
#[test]
fn a_drain_ends_the_streams() {
    let mut server = desk();
    let mut stream = TcpStream::connect(server.http).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    write!(stream, "GET /events HTTP/1.1\r\nHost: {}\r\n\r\n", server.http).unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    server.signal("TERM");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "the stream has its end: {rest}");
    assert!(server.ended(SOON).expect("it ends").success());
}
