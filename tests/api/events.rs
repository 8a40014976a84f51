//! The events of calls: the ring that they are followed in, and both ways over HTTP.

use std::sync::Arc;

use serde_json::{Value, json};
use strowger::base::id::{CallId, DecisionId, PartyId};
use strowger::base::time::Wall;
use strowger::call::order::{CallEvent, CallEventKind, PartyState};
use strowger::runtime::events::{CannotFollow, Events, Followed, Follower, MAX_FOLLOWERS, Since};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Asker, CALL, EPOCH, Fake, TOKEN, with_api};

const OTHER: CallId = CallId(0xdef);

fn began(call: CallId, dialed: &str) -> CallEvent {
    let kind = CallEventKind::Began { caller: "+442079460111".into(), dialed: dialed.into() };
    CallEvent { at: Wall(1_000), call, root: call, kind }
}

fn ring(capacity: usize, events: u64) -> Arc<Events> {
    let ring = Events::new(EPOCH, capacity);
    (1..=events).for_each(|n| ring.push(began(CALL, &n.to_string())));
    ring
}

/// What a follower comes upon until the ring ends, as `3` for an event and `1-2` for a gap.
async fn all(mut follower: Follower) -> String {
    let mut found = Vec::new();
    while let Some(next) = follower.next().await {
        found.push(match next {
            Followed::Event { seq, event } => match &event.kind {
                CallEventKind::Began { dialed, .. } if **dialed == *seq.to_string() => seq.to_string(),
                other => format!("{seq}: {other:?}"),
            },
            Followed::Gap(gap) => match gap.to {
                Some(to) => format!("{}-{to}", gap.from),
                None => format!("{}:{}-", gap.epoch, gap.from),
            },
        });
    }
    found.join(" ")
}

fn block_on<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

#[test]
fn a_follower_gets_what_is_there_and_a_gap_for_the_rest() {
    let id = |epoch: u64, seq| Since::Id { epoch: format!("{epoch:016x}"), seq };
    block_on(async {
        for (capacity, events, since, expected) in [
            (8, 3, Since::Now, "4 5"),
            (8, 3, Since::Seq(0), "1 2 3 4 5"),
            (8, 3, Since::Seq(2), "3 4 5"),
            (8, 3, Since::Seq(3), "4 5"),
            (8, 0, Since::Seq(0), "1 2"),
            (3, 9, Since::Seq(0), "1-8 9 10 11"),
            (3, 9, Since::Seq(8), "9 10 11"),
            (3, 9, id(EPOCH, 7), "8-8 9 10 11"),
            (8, 3, id(EPOCH, 1), "2 3 4 5"),
            (8, 3, id(9, 70), "0000000000000009:71- 1 2 3 4 5"),
            (3, 9, id(9, 70), "0000000000000009:71- 1-8 9 10 11"),
            (300, 298, Since::Seq(296), "297 298 299 300"),
        ] {
            let ring = ring(capacity, events);
            let follower = ring.follow(&since, None).unwrap();
            (events + 1..=events + 2).for_each(|n| ring.push(began(CALL, &n.to_string())));
            ring.close();
            assert_eq!(all(follower).await, expected, "{capacity} {events} {since:?}");
        }
        let many = ring(1_000, 500);
        let follower = many.follow(&Since::Seq(0), None).unwrap();
        many.close();
        assert_eq!(all(follower).await.split(' ').count(), 500, "more than is looked at at once");
    });
}

#[test]
fn a_follower_of_one_call_gets_that_and_what_it_led_to() {
    block_on(async {
        let ring = Events::new(EPOCH, 1_000);
        for n in 1..=300_u64 {
            let event = began(if n % 100 == 0 { CALL } else { OTHER }, &n.to_string());
            let root = if n == 150 { CALL } else { event.root };
            ring.push(CallEvent { root, ..event });
        }
        let follower = ring.follow(&Since::Seq(0), Some(CALL)).unwrap();
        ring.close();
        assert_eq!(all(follower).await, "100 150 200 300");
    });
}

/// Nobody who is slow holds anything up: he misses, is told so, and goes on.
#[test]
fn a_slow_follower_misses_and_goes_on() {
    block_on(async {
        let ring = ring(4, 4);
        let mut slow = ring.follow(&Since::Seq(0), None).unwrap();
        assert!(matches!(slow.next().await, Some(Followed::Event { seq: 1, .. })));
        (5..=20).for_each(|n| ring.push(began(CALL, &n.to_string())));
        ring.close();
        assert_eq!(all(slow).await, "2-16 17 18 19 20");
    });
}

#[test]
fn so_many_may_follow_and_nobody_the_future() {
    let ring = ring(4, 4);
    assert_eq!(ring.follow(&Since::Seq(5), None).unwrap_err(), CannotFollow::Ahead { last: 4 });
    let mut followers: Vec<Follower> = (0..MAX_FOLLOWERS).map(|_| ring.follow(&Since::Now, None).unwrap()).collect();
    assert_eq!(ring.follow(&Since::Now, None).unwrap_err(), CannotFollow::Full);
    followers.pop();
    assert!(ring.follow(&Since::Now, None).is_ok(), "there is room when one has left");
}

/// The stream of `GET /events` after its head, read until it has `wanted` events.
pub struct Stream {
    socket: TcpStream,
    read: Vec<u8>,
}

impl Stream {
    pub async fn open(api: &Asker, path: &str, headers: &str) -> Self {
        let mut socket = TcpStream::connect(api.address).await.unwrap();
        let host = api.address;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n{headers}\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        Self { socket, read: Vec::new() }
    }

    /// What came up to and with this, which is taken out.
    pub async fn until(&mut self, end: &str) -> String {
        loop {
            if let Some(at) = self.read.windows(end.len()).position(|part| part == end.as_bytes()) {
                let rest = self.read.split_off(at + end.len());
                return String::from_utf8(std::mem::replace(&mut self.read, rest)).unwrap();
            }
            let mut part = [0; 4_096];
            let count = self.socket.read(&mut part).await.unwrap();
            assert!(count > 0, "the end came before {end:?}: {}", String::from_utf8_lossy(&self.read));
            self.read.extend_from_slice(&part[..count]);
        }
    }

    /// The next event as its lines; chunk sizes stand on lines of their own.
    pub async fn event(&mut self) -> (String, String, Value) {
        let text = self.until("\n\n").await;
        let line = |key: &str| {
            let found = text.lines().find_map(|line| line.strip_prefix(key));
            found.map(str::to_owned).unwrap_or_default()
        };
        let data = line("data: ");
        (line("id: "), line("event: "), serde_json::from_str(&data).unwrap_or(Value::Null))
    }

    /// The payload of the next WebSocket frame, which the server does not mask, and what kind it is.
    async fn frame(&mut self) -> (u8, Vec<u8>) {
        let mut bytes = async |count: usize| {
            while self.read.len() < count {
                let mut part = [0; 4_096];
                let got = self.socket.read(&mut part).await.unwrap();
                assert!(got > 0, "the end came in a frame");
                self.read.extend_from_slice(&part[..got]);
            }
            let rest = self.read.split_off(count);
            std::mem::replace(&mut self.read, rest)
        };
        let head = bytes(2).await;
        let length = match head[1] {
            126 => {
                let length = bytes(2).await;
                usize::from(u16::from_be_bytes([length[0], length[1]]))
            }
            short => usize::from(short),
        };
        (head[0] & 0x0f, bytes(length).await)
    }
}

fn id(seq: u64) -> String {
    format!("{EPOCH:016x}-{seq}")
}

#[test]
fn server_sent_events_have_their_shapes() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let mut stream = Stream::open(&api, "/events", "").await;
        let head = stream.until("\r\n\r\n").await.to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(head.contains("content-type: text/event-stream"), "{head}");
        assert_eq!(stream.event().await, (id(0), String::new(), Value::Null), "from where to come back");
        let party = |state| CallEventKind::Party {
            party: PartyId { call: CALL, n: 2 },
            role: "target",
            number: "103".into(),
            state,
        };
        let decided = CallEventKind::Decided { decision: DecisionId(5), allowed: false, reason: "NOT_ALLOWED".into() };
        let ended = CallEventKind::Ended { cause: "normal", by: "flow".into() };
        let began = CallEventKind::Began { caller: "\"<b>\r\n".into(), dialed: "100".into() };
        let more = |kind: &CallEventKind| match kind {
            CallEventKind::Began { .. } => json!({"caller": "\"<b>\r\n", "dialed": "100"}),
            CallEventKind::Party { .. } => {
                json!({"partyId": PartyId { call: CALL, n: 2 }.to_string(), "role": "target", "number": "103"})
            }
            CallEventKind::Decided { .. } => {
                json!({"decisionId": DecisionId(5).to_string(), "allowed": false, "reason": "NOT_ALLOWED"})
            }
            _ => json!({"cause": "normal", "by": "flow"}),
        };
        for (at, (kind, name)) in [
            (began, "call.began"),
            (party(PartyState::Placed), "party.placed"),
            (party(PartyState::Ringing), "party.ringing"),
            (party(PartyState::Answered), "party.answered"),
            (party(PartyState::Held), "party.held"),
            (party(PartyState::Retrieved), "party.retrieved"),
            (party(PartyState::Left), "party.left"),
            (decided, "decision"),
            (ended, "call.ended"),
        ]
        .into_iter()
        .enumerate()
        {
            let mut expected = more(&kind);
            node.events.push(CallEvent { at: Wall(7), call: OTHER, root: CALL, kind });
            let seq = at as u64 + 1;
            for (key, value) in [
                ("seq", json!(seq)),
                ("epoch", json!(format!("{EPOCH:016x}"))),
                ("at", json!(7)),
                ("callId", json!(OTHER.to_string())),
                ("rootCallId", json!(CALL.to_string())),
                ("kind", json!(name)),
            ] {
                expected[key] = value;
            }
            assert_eq!(stream.event().await, (id(seq), name.to_owned(), expected));
        }
        node.events.close();
        assert!(stream.until("0\r\n\r\n").await.len() < 20, "the stream ends with the node");
    });
}

/// A client that comes back gets what it missed, or is told how much of it is gone.
#[test]
fn a_stream_goes_on_where_it_was_left() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        (1..=11).for_each(|n| node.events.push(began(CALL, &n.to_string())));
        let kinds = async |path: &str, headers: &str, count: usize| {
            let mut stream = Stream::open(&api, path, headers).await;
            stream.until("\r\n\r\n").await;
            stream.event().await;
            let mut found = Vec::new();
            for _ in 0..count {
                let (id, kind, data) = stream.event().await;
                let gap = format!("gap {}-{}", data["from"], data["to"]);
                found.push(if kind == "gap" { gap } else { data["dialed"].as_str().unwrap().to_owned() });
                assert!(id.contains('-'), "{id}");
            }
            found.join(" ")
        };
        assert_eq!(kinds("/events?since=9", "", 2).await, "10 11");
        assert_eq!(kinds(&format!("/events?since={}", id(10)), "", 1).await, "11");
        let last = format!("Last-Event-ID: {}\r\n", id(9));
        assert_eq!(kinds("/events?since=0", &last, 2).await, "10 11", "a browser repeats its query");
        assert_eq!(kinds("/events?since=0", "", 9).await, "gap 1-3 4 5 6 7 8 9 10 11");
        let other = "/events?since=00000000000000ff-40";
        assert_eq!(kinds(other, "", 3).await, "gap 41-null gap 1-3 4");
        node.events.push(began(OTHER, "12"));
        assert_eq!(kinds(&format!("/events?since=9&call={OTHER}"), "", 1).await, "12");
        for (query, parameter) in [
            ("since=x", "since"),
            ("since=99", "since"),
            ("since=-1", "since"),
            ("since=+1", "since"),
            ("since=zz00000000000000-1", "since"),
            ("call=x", "call"),
            ("cal=x", "since"),
        ] {
            let reply = api.admin(&format!("GET /events?{query}")).await;
            assert_eq!((reply.status, &reply.body["parameter"]), (400, &json!(parameter)), "{query}");
        }
    });
}

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

#[test]
fn a_websocket_carries_the_same() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        (1..=9).for_each(|n| node.events.push(began(CALL, &n.to_string())));
        let mut socket = Stream::open(&api, "/events?since=0", UPGRADE).await;
        let head = socket.until("\r\n\r\n").await.to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 101"), "{head}");
        // RFC 6455 §1.3 has this pair.
        assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        let text = async |socket: &mut Stream| {
            let (kind, payload) = socket.frame().await;
            assert_eq!(kind, 1, "a text");
            serde_json::from_slice::<Value>(&payload).unwrap()
        };
        let gap = json!({"kind": "gap", "epoch": format!("{EPOCH:016x}"), "from": 1, "to": 1});
        assert_eq!(text(&mut socket).await, gap);
        let second = text(&mut socket).await;
        assert_eq!((&second["seq"], &second["kind"]), (&json!(2), &json!("call.began")));
        for seq in 3..=9 {
            assert_eq!(text(&mut socket).await["seq"], json!(seq));
        }
        node.events.push(began(CALL, "10"));
        assert_eq!(text(&mut socket).await["seq"], json!(10));
        // A masked text of one byte: there is nothing to say here.
        socket.socket.write_all(&[0x81, 0x81, 0, 0, 0, 0, b'x']).await.unwrap();
        let (kind, payload) = socket.frame().await;
        assert_eq!((kind, u16::from_be_bytes([payload[0], payload[1]])), (8, 1003));
        let mut last = Stream::open(&api, "/events", UPGRADE).await;
        last.until("\r\n\r\n").await;
        node.events.close();
        let (kind, payload) = last.frame().await;
        assert_eq!((kind, u16::from_be_bytes([payload[0], payload[1]])), (8, 1001), "the node goes away");
    });
}

/// A masked Close of a client, with this code.
fn close_frame(code: u16) -> Vec<u8> {
    let [high, low] = code.to_be_bytes();
    vec![0x88, 0x82, 0, 0, 0, 0, high, low]
}

/// RFC 6455 §5.5.1: a Close is answered by a Close, before and while something is sent, and then the connection ends.
#[test]
fn a_close_is_answered() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        for (code, events) in [(1000, 0), (1001, 3)] {
            let mut socket = Stream::open(&api, "/events", UPGRADE).await;
            socket.until("\r\n\r\n").await;
            (0..events).for_each(|_| node.events.push(began(CALL, "1")));
            socket.socket.write_all(&close_frame(code)).await.unwrap();
            let last = loop {
                match socket.frame().await {
                    (1, _) => {}
                    other => break other,
                }
            };
            assert_eq!(last, (8, code.to_be_bytes().to_vec()));
            assert_eq!(socket.socket.read(&mut [0; 16]).await.unwrap(), 0, "and that is the end");
        }
        // The client's answer to a Close of ours ends the connection, without another word.
        let mut socket = Stream::open(&api, "/events", UPGRADE).await;
        socket.until("\r\n\r\n").await;
        node.events.close();
        assert_eq!(socket.frame().await.0, 8);
        socket.socket.write_all(&close_frame(1001)).await.unwrap();
        assert_eq!(socket.socket.read(&mut [0; 16]).await.unwrap(), 0);
    });
}

#[test]
fn a_handshake_is_judged_as_any_request() {
    with_api(Arc::new(Fake::default()), Some(TOKEN), async |api: Asker| {
        let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
        for (headers, status) in [
            (UPGRADE.to_owned(), 401),
            (format!("{bearer}{UPGRADE}Origin: http://evil.example\r\n"), 403),
            (format!("{bearer}Upgrade: websocket\r\n"), 400),
            (format!("{bearer}{}", UPGRADE.replace("13", "12")), 400),
        ] {
            let mut socket = TcpStream::connect(api.address).await.unwrap();
            let request = format!("GET /events HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", api.address);
            socket.write_all(request.as_bytes()).await.unwrap();
            let mut stream = Stream { socket, read: Vec::new() };
            let head = stream.until("\r\n\r\n").await;
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{headers}: {head}");
        }
    });
}
