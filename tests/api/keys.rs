//! `Idempotency-Key`: an order that is sent again is carried out once.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use strowger::api::{Ask, Claimed, Holder, KEPT, Key, Keys, MAX_KEYS};
use strowger::call::order::Refused;
use tokio::time::Instant;

use super::{Asker, CALL, Fake, TOKEN, with_api};

fn hang_up() -> String {
    format!("/calls/{CALL}/hangup")
}

fn cancel(more: &str) -> String {
    format!(r#"{{"callId": "{CALL}"{more}}}"#)
}

fn replayed(head: &str) -> bool {
    head.contains("idempotency-replayed: true")
}

#[test]
fn the_same_order_is_carried_out_once() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let carried_out = || node.orders.lock().unwrap().len();
        let key = "Idempotency-Key: 7f3c-1\r\n";
        let first = api.post("/transfer/cancel", key, &cancel("")).await;
        assert_eq!((first.status, replayed(&first.head), carried_out()), (200, false, 1));
        let again = api.post("/transfer/cancel", key, &cancel("")).await;
        assert_eq!((again.status, replayed(&again.head), carried_out()), (200, true, 1));
        assert_eq!(again.body, first.body);
        for (path, body) in [
            ("/transfer/cancel".to_owned(), cancel(" ")),
            ("/transfer/swap".to_owned(), cancel("")),
            (hang_up(), String::new()),
        ] {
            let other = api.post(&path, key, &body).await;
            assert_eq!((other.status, carried_out()), (422, 1), "{path}");
            assert!(other.body["detail"].as_str().unwrap().contains("another request"), "{}", other.body);
        }
        let another = api.post("/transfer/cancel", "Idempotency-Key: 7f3c-2\r\n", &cancel("")).await;
        assert_eq!((another.status, carried_out()), (200, 2));
        assert_eq!(api.post("/transfer/cancel", "", &cancel("")).await.status, 200);
        assert_eq!(carried_out(), 3, "without a key each is carried out");
    });
}

/// A refusal is an answer as well; that the node is busy is none.
#[test]
fn refusals_are_kept_and_failures_are_not() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        node.answers.lock().unwrap().push(Err(Refused::NotAParty));
        let key = "Idempotency-Key: a\r\n";
        assert_eq!(api.post("/transfer/cancel", key, &cancel("")).await.status, 403);
        let again = api.post("/transfer/cancel", key, &cancel("")).await;
        assert_eq!((again.status, replayed(&again.head)), (403, true));
        assert!(again.head.contains("content-type: application/problem+json"), "{}", again.head);
        node.busy.store(true, Ordering::Relaxed);
        let key = "Idempotency-Key: b\r\n";
        assert_eq!(api.post("/transfer/cancel", key, &cancel("")).await.status, 503);
        node.busy.store(false, Ordering::Relaxed);
        let again = api.post("/transfer/cancel", key, &cancel("")).await;
        assert_eq!((again.status, replayed(&again.head)), (200, false));
    });
}

#[test]
fn who_asks_while_the_first_is_under_way_waits_for_it() {
    let node = Arc::new(Fake { gate: tokio::sync::Semaphore::new(0), ..Fake::default() });
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let key = "Idempotency-Key: a\r\n";
        let body = cancel("");
        let ask = || api.post("/transfer/cancel", key, &body);
        let open = async {
            // The second is sent when the first has reached the node.
            while node.waiting.load(Ordering::Relaxed) == 0 {
                tokio::task::yield_now().await;
            }
            let (again, ()) = tokio::join!(ask(), async { node.gate.add_permits(10) });
            again
        };
        let (first, again) = tokio::join!(ask(), open);
        assert_eq!((first.status, again.status), (200, 200));
        assert_eq!((replayed(&first.head), replayed(&again.head)), (false, true));
        assert_eq!(node.orders.lock().unwrap().len(), 1);
    });
}

/// The answer is lost with the connection, and is there for the next try.
#[test]
fn an_order_is_carried_out_although_its_client_leaves() {
    use tokio::io::AsyncWriteExt;
    let node = Arc::new(Fake { gate: tokio::sync::Semaphore::new(0), ..Fake::default() });
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let (host, path) = (api.address, hang_up());
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Length: 0\r\nIdempotency-Key: a\r\n\r\n"
        );
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        while node.waiting.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        drop(stream);
        // As many turns as the server needs to notice.
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        node.gate.add_permits(10);
        let again = api.post(&path, "Idempotency-Key: a\r\n", "").await;
        assert_eq!((again.status, replayed(&again.head)), (200, true));
        assert_eq!(node.orders.lock().unwrap().len(), 1);
    });
}

#[test]
fn a_key_is_visible_and_one() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let long = "x".repeat(255);
        for (headers, status) in [
            (format!("Idempotency-Key: {long}\r\n"), 200),
            (format!("Idempotency-Key: {long}x\r\n"), 400),
            ("Idempotency-Key: \r\n".to_owned(), 400),
            ("Idempotency-Key: a b\r\n".to_owned(), 400),
            ("Idempotency-Key: ä\r\n".to_owned(), 400),
            ("Idempotency-Key: a\r\nIdempotency-Key: b\r\n".to_owned(), 400),
        ] {
            let reply = api.post("/transfer/cancel", &headers, &cancel("")).await;
            assert_eq!(reply.status, status, "{headers}");
        }
        let wrong_token = "Authorization: Bearer nonsense\r\nContent-Length: 0\r\nIdempotency-Key: z\r\n";
        assert_eq!(api.ask(&format!("POST {}", hang_up()), wrong_token).await.status, 401);
        assert_eq!(api.post(&hang_up(), "Idempotency-Key: z\r\n", "").await.body["callId"], json!(CALL.to_string()));
    });
}

fn ask(body: &str) -> Ask {
    Ask { method: "POST".to_owned(), path: "/transfer".to_owned(), body: body.to_owned().into() }
}

fn key(name: &str) -> Key {
    (Holder::Admin, name.to_owned())
}

#[test]
fn a_key_is_kept_for_a_day_and_in_the_name_of_its_token() {
    let (keys, now) = (Keys::default(), Instant::now());
    let claim = |name: &str, at: Duration| keys.claim(&key(name), ask("a"), now + at);
    let second = Duration::from_secs(1);
    assert!(matches!(claim("k", Duration::ZERO), Claimed::First { .. }));
    assert!(matches!(claim("k", KEPT - second), Claimed::Again(_)));
    assert!(matches!(keys.claim(&key("k"), ask("b"), now), Claimed::Other));
    let other = (Holder::Local, "k".to_owned());
    assert!(matches!(keys.claim(&other, ask("b"), now), Claimed::First { .. }), "another token's is another key");
    assert!(matches!(claim("k", KEPT), Claimed::First { .. }), "and free again");
}

#[test]
fn of_too_many_keys_the_oldest_is_dropped() {
    let (keys, now) = (Keys::default(), Instant::now());
    let claim = |n: usize| keys.claim(&key(&n.to_string()), ask("a"), now);
    (0..MAX_KEYS).for_each(|n| assert!(matches!(claim(n), Claimed::First { .. })));
    assert!(matches!(claim(1), Claimed::Again(_)), "all of them are there");
    assert!(matches!(claim(MAX_KEYS), Claimed::First { .. }));
    assert!(matches!(claim(2), Claimed::Again(_)));
    assert!(matches!(claim(0), Claimed::First { .. }), "the oldest is not");
}

/// A key that was given up and taken again is not lost with its first claim.
#[test]
fn a_key_that_was_given_up_is_free() {
    let (keys, now) = (Keys::default(), Instant::now());
    let Claimed::First { claim, .. } = keys.claim(&key("k"), ask("a"), now) else { panic!("it is new") };
    keys.give_up(&key("k"), claim);
    let later = now + KEPT / 2;
    assert!(matches!(keys.claim(&key("k"), ask("b"), later), Claimed::First { .. }));
    keys.give_up(&key("k"), claim);
    assert!(matches!(keys.claim(&key("k"), ask("b"), now + KEPT), Claimed::Again(_)), "as long as its second claim");
}
