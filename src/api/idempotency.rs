//! `Idempotency-Key`: an order that is sent again, because its answer was lost, is not carried out again.
//!
//! The first answer under a key is kept and given again, to whoever asks the same in the name of the same token. In
//! memory only: a node that starts anew has no live call that an old order could be about.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;
use tokio::time::Instant;

use super::gate::Holder;
use super::problem::Problem;
use super::transfers::MAX_ORDER_BYTES;

/// How long an answer is given again: longer than any client goes on trying.
pub const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Answers kept at one time; the oldest is dropped for a new one. At most [`MAX_ORDER_BYTES`] of request and as much of
/// answer each, mostly a tenth of that.
pub const MAX_KEYS: usize = 8_192;
/// Characters of a key.
const MAX_KEY: usize = 255;
/// Bytes of an answer: none of these routes has a long one.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
const REPLAYED: &str = "idempotency-replayed";

/// An answer that can be given again.
#[derive(Clone, Debug)]
pub struct Kept {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl IntoResponse for Kept {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// A key, in the name of whoever holds the token.
pub type Key = (Holder, String);

/// What was asked under a key: only the same is answered the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    pub method: String,
    pub path: String,
    pub body: Bytes,
}

#[derive(Debug)]
struct Entry {
    /// Tells this claim of the key from a later one.
    claim: u64,
    ask: Ask,
    until: Instant,
    answer: watch::Receiver<Option<Kept>>,
}

#[derive(Debug, Default)]
struct Book {
    entries: BTreeMap<Key, Entry>,
    /// Claims in their order, those of keys that were given up among them.
    order: VecDeque<(u64, Key)>,
    last: u64,
}

/// What a key stands for.
#[derive(Debug)]
pub enum Claimed {
    /// It is new: whoever claimed it carries the request out, and tells the answer.
    First { claim: u64, answer: watch::Sender<Option<Kept>> },
    /// The same was asked before: its answer, as soon as it is there.
    Again(watch::Receiver<Option<Kept>>),
    /// Something else was asked under it.
    Other,
}

/// The keys in use.
#[derive(Debug, Default)]
pub struct Keys {
    book: Mutex<Book>,
}

impl Keys {
    /// Takes a key for a request at `now`.
    pub fn claim(&self, key: &Key, ask: Ask, now: Instant) -> Claimed {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.expire(now);
        match book.entries.get(key) {
            Some(entry) if entry.ask == ask => return Claimed::Again(entry.answer.clone()),
            Some(_) => return Claimed::Other,
            None => {}
        }
        let (answer, answered) = watch::channel(None);
        book.last = book.last.saturating_add(1);
        let claim = book.last;
        book.order.push_back((claim, key.clone()));
        book.entries.insert(key.clone(), Entry { claim, ask, until: now + KEPT, answer: answered });
        Claimed::First { claim, answer }
    }

    /// Nothing came of it: the next one under this key is the first again.
    pub fn give_up(&self, key: &Key, claim: u64) {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).remove(key, claim);
    }
}

impl Book {
    fn remove(&mut self, key: &Key, claim: u64) {
        if self.entries.get(key).is_some_and(|entry| entry.claim == claim) {
            self.entries.remove(key);
        }
    }

    /// Drops what is too old, and the oldest of too many.
    fn expire(&mut self, now: Instant) {
        while let Some((claim, key)) = self.order.front() {
            let old = self.entries.get(key).is_none_or(|entry| entry.claim != *claim || entry.until <= now);
            if !old && self.order.len() < MAX_KEYS {
                break;
            }
            if let Some((claim, key)) = self.order.pop_front() {
                self.remove(&key, claim);
            }
        }
    }
}

/// Carries a request with a key out once, and answers every other of its kind with what came of it.
pub async fn keep(State(keys): State<Arc<Keys>>, request: Request, next: Next) -> Response {
    let key = match key(request.headers()) {
        Ok(Some(key)) => key,
        Ok(None) => return next.run(request).await,
        Err(problem) => return problem.into_response(),
    };
    let holder = request.extensions().get::<Holder>().copied().unwrap_or(Holder::Local);
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_ORDER_BYTES).await else {
        let detail = format!("at most {MAX_ORDER_BYTES} bytes of body are read");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail).into_response();
    };
    let path = parts.uri.path_and_query().map_or(parts.uri.path(), |all| all.as_str()).to_owned();
    let ask = Ask { method: parts.method.to_string(), path, body: body.clone() };
    let key = (holder, key);
    match keys.claim(&key, ask, Instant::now()) {
        Claimed::Other => {
            let detail = "this `Idempotency-Key` was used for another request; take a new one for each";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).into_response()
        }
        Claimed::Again(mut answer) => match answer.wait_for(Option::is_some).await.map(|kept| kept.clone()) {
            Ok(Some(mut kept)) => {
                kept.headers.insert(REPLAYED, HeaderValue::from_static("true"));
                kept.into_response()
            }
            _ => lost().into_response(),
        },
        Claimed::First { claim, answer } => {
            let request = Request::from_parts(parts, Body::from(body));
            // A task of its own: the order is carried out, and its answer kept, although who sent it may hang up.
            let task = tokio::spawn(async move {
                let kept = first(request, next).await;
                if kept.status.is_server_error() {
                    keys.give_up(&key, claim);
                }
                answer.send_replace(Some(kept.clone()));
                kept
            });
            task.await.map_or_else(|_| lost().into_response(), IntoResponse::into_response)
        }
    }
}

async fn first(request: Request, next: Next) -> Kept {
    let (parts, body) = next.run(request).await.into_parts();
    match to_bytes(body, MAX_ANSWER_BYTES).await {
        Ok(body) => Kept { status: parts.status, headers: parts.headers, body },
        Err(_) => Kept { status: StatusCode::INTERNAL_SERVER_ERROR, headers: HeaderMap::new(), body: Bytes::new() },
    }
}

fn lost() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer to the first request of this key is lost")
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut all = headers.get_all("idempotency-key").iter();
    let (key, more) = (all.next(), all.next());
    let Some(key) = key else { return Ok(None) };
    let text = key.to_str().ok().filter(|key| {
        (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) && more.is_none()
    });
    text.map(|text| Some(text.to_owned())).ok_or_else(|| {
        let detail = format!("`Idempotency-Key` is given once and has 1 to {MAX_KEY} visible ASCII characters");
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })
}
