//! The HTTP API over a loopback socket, with a node that is not there: the gate and the routes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod board;
mod client;
mod events;
mod keys;
mod openapi;
mod orders;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use strowger::api::{
    self, AgentView, Answer, CallView, Directory, Failure, Operations, PartyView, QueueView, Readiness, WaitingView,
};
use strowger::base::id::{CallId, TransferId};
use strowger::call::order::{Order, Refused, Taken, TransferState, TransferView};
use strowger::runtime::events::Events;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const TOKEN: &str = "58xvp0d4h49vfwmrzxgm4vem";
const CALL: CallId = CallId(0xabc);

const TRANSFER: TransferId = TransferId(0x123);
/// What tells the numbers of events of this node from those of another.
const EPOCH: u64 = 0xe;

/// Answers as a node with one call would; `busy` makes it answer nothing.
struct Fake {
    busy: AtomicBool,
    draining: AtomicBool,
    broken_site: AtomicBool,
    /// What became of the next orders; a transfer under way when it is empty.
    answers: Mutex<Vec<Result<Taken, Refused>>>,
    orders: Mutex<Vec<Order>>,
    /// Orders wait for a permit of it each.
    gate: tokio::sync::Semaphore,
    waiting: AtomicUsize,
    transfers: Mutex<Vec<TransferView>>,
    events: Arc<Events>,
}

impl Default for Fake {
    fn default() -> Self {
        Self {
            busy: AtomicBool::default(),
            draining: AtomicBool::default(),
            broken_site: AtomicBool::default(),
            answers: Mutex::default(),
            orders: Mutex::default(),
            gate: tokio::sync::Semaphore::new(1_000),
            waiting: AtomicUsize::default(),
            transfers: Mutex::default(),
            events: Events::new(EPOCH, 8),
        }
    }
}

impl Fake {
    fn unless_busy<T>(&self, answer: T) -> Result<T, Failure> {
        if self.busy.load(Ordering::Relaxed) { Err(Failure::Busy) } else { Ok(answer) }
    }
}

fn view() -> CallView {
    CallView {
        call_id: CALL.to_string(),
        started: 1_000,
        answered: Some(1_100),
        caller: "+442079460111".to_owned(),
        dialed: "100".to_owned(),
        state: "flow",
        flow: Some("main_line".to_owned()),
        step: Some("choose".to_owned()),
        hops: 0,
        parties: vec![PartyView {
            party_id: "p-1".to_owned(),
            role: "caller",
            user_id: None,
            number: "+442079460111".to_owned(),
            state: "up",
            outside: true,
        }],
    }
}

impl Operations for Fake {
    fn calls(&self) -> Answer<'_, Result<Vec<CallView>, Failure>> {
        Box::pin(async { self.unless_busy(vec![view()]) })
    }
    fn call(&self, id: CallId) -> Answer<'_, Result<Option<CallView>, Failure>> {
        Box::pin(async move { self.unless_busy((id == CALL).then(view)) })
    }
    fn order(&self, order: Order) -> Answer<'_, Result<Result<Taken, Refused>, Failure>> {
        Box::pin(async move {
            self.waiting.fetch_add(1, Ordering::Relaxed);
            self.gate.acquire().await.unwrap().forget();
            self.orders.lock().unwrap().push(order);
            let next = self.answers.lock().unwrap().pop();
            let taken = Taken { call: CALL, transfer: Some((TRANSFER, TransferState::Transferring)) };
            self.unless_busy(next.unwrap_or(Ok(taken)))
        })
    }
    fn transfer(&self, id: TransferId) -> Answer<'_, Result<Option<TransferView>, Failure>> {
        let found = self.transfers.lock().unwrap().iter().find(|view| view.id == id).cloned();
        Box::pin(async { self.unless_busy(found) })
    }
    fn events(&self) -> &Arc<Events> {
        &self.events
    }
    fn queues(&self) -> Answer<'_, Result<Vec<QueueView>, Failure>> {
        let waiting = WaitingView {
            call_id: CALL.to_string(),
            position: 1,
            priority: 5,
            waited_ms: 4_200,
            offered_to: Some("us_ravi".to_owned()),
        };
        let queue = QueueView {
            name: "sales".to_owned(),
            waiting: vec![waiting],
            agents_ready: 0,
            open: true,
            estimated_wait_ms: Some(95_000),
        };
        Box::pin(async { self.unless_busy(vec![queue]) })
    }
    fn agents(&self) -> Answer<'_, Result<Vec<AgentView>, Failure>> {
        let agent = AgentView {
            user_id: "us_ravi".to_owned(),
            queues: vec!["sales".to_owned()],
            state: "offered",
            call_id: Some(CALL.to_string()),
        };
        Box::pin(async { self.unless_busy(vec![agent]) })
    }
    fn directory(&self) -> Answer<'_, Result<Directory, Failure>> {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let site = Directory { users: names(&["us_dana", "us_ravi"]), queues: names(&["sales", "support"]) };
        Box::pin(async { self.unless_busy(site) })
    }
    fn records(&self, limit: usize) -> Answer<'_, Result<Vec<Value>, Failure>> {
        Box::pin(async move { self.unless_busy(vec![json!({"limit": limit})]) })
    }
    fn decisions(&self, limit: usize) -> Answer<'_, Result<Vec<Value>, Failure>> {
        Box::pin(async move { Err(Failure::Broken(format!("no {limit} decisions"))) })
    }
    fn reload(&self) -> Answer<'_, Result<u64, String>> {
        let broken = self.broken_site.load(Ordering::Relaxed);
        Box::pin(async move { if broken { Err("unknown-key: no key `bad`".to_owned()) } else { Ok(2) } })
    }
    fn readiness(&self) -> Answer<'_, Readiness> {
        let draining = self.draining.load(Ordering::Relaxed);
        let reasons = if draining { vec!["draining".to_owned()] } else { Vec::new() };
        Box::pin(async move { Readiness::unless(reasons) })
    }
    fn metrics(&self) -> Answer<'_, Result<String, Failure>> {
        Box::pin(async { self.unless_busy("# EOF\n".to_owned()) })
    }
}

struct Reply {
    status: u16,
    head: String,
    body: Value,
}

/// Serves `node` on a port of its own while `test` asks.
fn with_api<F: AsyncFnOnce(Asker)>(node: Arc<Fake>, token: Option<&str>, test: F) {
    let executor = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    executor.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = tokio::spawn(api::serve(listener, node, token.map(str::to_owned)));
        test(Asker { address }).await;
        served.abort();
    });
}

struct Asker {
    address: std::net::SocketAddr,
}

impl Asker {
    /// Sends these bytes and reads until the server closes.
    async fn send(&self, request: &str) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = serde_json::from_str(body).unwrap_or(Value::String(body.to_owned()));
        Reply { status, head: head.to_ascii_lowercase(), body }
    }

    /// A request with these header lines beside `Host`.
    async fn ask(&self, method_and_path: &str, headers: &str) -> Reply {
        let host = self.address;
        self.send(&format!("{method_and_path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n")).await
    }

    /// A request with a body, and the right token.
    async fn post(&self, path: &str, headers: &str, body: &str) -> Reply {
        let (host, length) = (self.address, body.len());
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Length: {length}\r\n{headers}\r\n{body}"
        ))
        .await
    }

    /// The same with the right token.
    async fn admin(&self, method_and_path: &str) -> Reply {
        self.ask(method_and_path, &format!("Authorization: Bearer {TOKEN}\r\n")).await
    }
}

#[test]
fn routes_answer_in_their_shapes() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let calls = api.admin("GET /calls").await;
        assert_eq!(calls.status, 200);
        let expected = json!({
            "callId": "s-00000000000000000000000000000abc", "started": 1000, "answered": 1100,
            "caller": "+442079460111", "dialed": "100", "state": "flow", "flow": "main_line", "step": "choose",
            "hops": 0, "parties": [{"partyId": "p-1", "role": "caller", "userId": null, "number": "+442079460111",
            "state": "up", "outside": true}],
        });
        assert_eq!(calls.body, json!({"calls": [expected.clone()]}));
        assert!(calls.head.contains("cache-control: no-store"), "{}", calls.head);
        assert_eq!(api.admin(&format!("GET /calls/{CALL}")).await.body, expected);
        assert_eq!(api.admin("GET /records").await.body, json!({"records": [{"limit": 100}]}));
        assert_eq!(api.admin("GET /records?limit=7").await.body, json!({"records": [{"limit": 7}]}));
        let waiting = json!({"callId": CALL.to_string(), "position": 1, "priority": 5, "waitedMs": 4200,
            "offeredTo": "us_ravi"});
        let queue =
            json!({"name": "sales", "waiting": [waiting], "agentsReady": 0, "open": true, "estimatedWaitMs": 95_000});
        assert_eq!(api.admin("GET /queues").await.body, json!({"queues": [queue]}));
        let agent = json!({"userId": "us_ravi", "queues": ["sales"], "state": "offered", "callId": CALL.to_string()});
        assert_eq!(api.admin("GET /agents").await.body, json!({"agents": [agent]}));
        assert_eq!(api.admin("POST /reload").await.body, json!({"revision": 2}));
        assert_eq!(api.ask("GET /healthz", "").await.body, json!({"status": "ok"}));
        assert_eq!(api.ask("GET /readyz", "").await.body, json!({"ready": true, "reasons": []}));
        let metrics = api.ask("GET /metrics", "").await;
        assert_eq!((metrics.status, metrics.body), (200, json!("# EOF\n")));
        assert!(metrics.head.contains("content-type: application/openmetrics-text"), "{}", metrics.head);
        node.draining.store(true, Ordering::Relaxed);
        let readiness = api.ask("GET /readyz", "").await;
        assert_eq!((readiness.status, readiness.body), (503, json!({"ready": false, "reasons": ["draining"]})));
        assert_eq!(api.ask("GET /healthz", "").await.status, 200, "it is alive while it drains");
    });
}

#[test]
fn problems_say_what_and_why() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        for (what, status) in [
            ("GET /calls/s-00000000000000000000000000000def", 404),
            ("GET /calls/nonsense", 404),
            ("GET /nothing", 404),
            ("DELETE /calls", 405),
            ("GET /reload", 405),
            ("GET /records?limit=0", 400),
            ("GET /records?limit=1001", 400),
            ("GET /records?limit=x", 400),
            ("GET /records?lmit=1", 400),
            ("GET /decisions", 500),
        ] {
            let reply = api.admin(what).await;
            assert_eq!(reply.status, status, "{what}");
            assert!(reply.head.contains("content-type: application/problem+json"), "{what}: {}", reply.head);
            assert_eq!(reply.body.get("status"), Some(&json!(status)), "{what}");
            assert!(reply.body.get("detail").and_then(Value::as_str).is_some_and(|d| d.len() > 10), "{what}");
        }
        node.broken_site.store(true, Ordering::Relaxed);
        let refused = api.admin("POST /reload").await;
        assert_eq!((refused.status, refused.body.get("findings")), (422, Some(&json!("unknown-key: no key `bad`"))));
        node.busy.store(true, Ordering::Relaxed);
        for path in
            ["/calls", "/calls/s-00000000000000000000000000000abc", "/records", "/metrics", "/queues", "/agents"]
        {
            let busy = api.admin(&format!("GET {path}")).await;
            assert_eq!(busy.status, 503, "{path}");
            assert!(busy.head.contains("retry-after: 1"), "{path}: {}", busy.head);
        }
    });
}

#[test]
fn only_the_right_token_opens() {
    with_api(Arc::new(Fake::default()), Some(TOKEN), async |api: Asker| {
        let wrong = [
            String::new(),
            "Authorization: Bearer wrong\r\n".to_owned(),
            format!("Authorization: Bearer {TOKEN}x\r\n"),
            "Authorization: Bearer 58xvp0d4h49vfwmrzxgm4ve\r\n".to_owned(),
            "Authorization: Bearer \r\n".to_owned(),
            format!("Authorization: Basic {TOKEN}\r\n"),
            format!("Authorization: {TOKEN}\r\n"),
        ];
        for path in ["GET /calls", "GET /records", "GET /decisions", "POST /reload", "GET /nothing"] {
            for headers in &wrong {
                let reply = api.ask(path, headers).await;
                assert_eq!(reply.status, 401, "{path} {headers}");
                assert!(reply.head.contains("www-authenticate: bearer"), "{}", reply.head);
            }
        }
        assert_eq!(api.ask("GET /calls", &format!("authorization: bearer {TOKEN}\r\n")).await.status, 200);
    });
}

#[test]
fn a_site_without_tokens_answers_its_own_machine() {
    with_api(Arc::new(Fake::default()), None, async |api: Asker| {
        assert_eq!(api.ask("GET /calls", "").await.status, 200);
        assert_eq!(api.ask("POST /reload", "").await.status, 200);
        assert_eq!(api.ask("POST /reload", "Origin: http://evil.example\r\n").await.status, 403);
    });
}

#[test]
fn browsers_of_other_sites_are_turned_away() {
    with_api(Arc::new(Fake::default()), Some(TOKEN), async |api: Asker| {
        let port = api.address.port();
        let get = |host: &str, more: &str| format!("GET /healthz HTTP/1.1\r\n{host}Connection: close\r\n{more}\r\n");
        for (host, status) in [
            (format!("Host: localhost:{port}\r\n"), 200),
            (format!("Host: 127.0.0.1:{port}\r\n"), 200),
            (format!("Host: [::1]:{port}\r\n"), 200),
            (format!("Host: rebound.example:{port}\r\n"), 421),
            ("Host: \r\n".to_owned(), 421),
            (String::new(), 400),
            ("Host: localhost\r\nHost: evil.example\r\n".to_owned(), 400),
        ] {
            assert_eq!(api.send(&get(&host, "")).await.status, status, "{host}");
        }
        let host = format!("Host: localhost:{port}\r\n");
        let same = format!("Origin: http://localhost:{port}\r\n");
        assert_eq!(api.send(&get(&host, &same)).await.status, 200);
        for origin in ["http://evil.example", "null", "http://localhost:1"] {
            assert_eq!(api.send(&get(&host, &format!("Origin: {origin}\r\n"))).await.status, 403, "{origin}");
        }
    });
}

#[test]
fn what_is_too_large_or_not_http_is_refused() {
    with_api(Arc::new(Fake::default()), Some(TOKEN), async |api: Asker| {
        let long = format!("X-Long: {}\r\n", "a".repeat(20_000));
        assert_eq!(api.ask("GET /healthz", &long).await.status, 431);
        let many: String = (0..200).map(|n| format!("X-{n}: 1\r\n")).collect();
        assert_eq!(api.ask("GET /healthz", &many).await.status, 431);
        let body = format!("Authorization: Bearer {TOKEN}\r\nContent-Length: 9999999\r\n");
        assert_eq!(api.ask("POST /reload", &body).await.status, 413);
        assert_eq!(api.send("\u{1}\u{2}\u{3} nonsense\r\n\r\n").await.status, 400);
        assert_eq!(api.ask("GET /healthz", "").await.status, 200, "and it still answers");
    });
}

/// A scraper takes no histogram whose last bucket is not the infinite one.
#[test]
fn the_last_bucket_of_a_histogram_has_no_bound() {
    let snapshot = strowger::runtime::metrics::Snapshot::default();
    let text = api::print_metrics(snapshot, strowger::store::Health { problem: None, waiting: 0, records: 0 }).unwrap();
    let last = text.lines().rfind(|line| line.starts_with("strowger_turn_seconds_bucket"));
    assert_eq!(last, Some("strowger_turn_seconds_bucket{le=\"+Inf\"} 0"));
}
