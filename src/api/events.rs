//! `GET /events`: what happens to calls, as server-sent events or, with an upgrade, as WebSocket messages.
//!
//! Both carry the same JSON. Who was away asks again from the last event seen; what is gone by then is told as a gap.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::{Deserialize, Serialize};

use super::connection::Peer;
use super::operations::Operations;
use super::problem::Problem;
use super::transfers::Progress;
use crate::base::id::CallId;
use crate::call::order::{CallEvent, CallEventKind, PartyState, RecordingState};
use crate::runtime::events::{CannotFollow, Followed, Follower, Gap, MAX_FOLLOWERS, Since};

/// Something is sent at least so often, so that both ends notice when the other has gone.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// For the Close of the other end. Shorter than what a node that ends allows for last answers.
const CLOSING: Duration = Duration::from_secs(1);
/// Bytes of a message of a client's: it has nothing to say.
const MAX_MESSAGE_BYTES: usize = 4 * 1024;

/// `?since=&call=`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    since: Option<String>,
    call: Option<String>,
}

/// `GET /events`
pub async fn follow<O: Operations>(
    State(node): State<Arc<O>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    ask: Result<Query<Ask>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let Query(ask) = ask.map_err(|_| bad("since", "the query has two parameters, `since` and `call`, each once"))?;
    let since = since(&headers, ask.since.as_deref())?;
    let call = match ask.call {
        None => None,
        Some(call) => {
            let call = call.parse::<CallId>();
            Some(call.map_err(|_| bad("call", "`call` is the id of a call: `s-` and 32 hex digits"))?)
        }
    };
    let wants_upgrade = headers.contains_key(header::UPGRADE);
    let upgrade = match (wants_upgrade, upgrade) {
        (false, _) => None,
        (true, Ok(upgrade)) => Some(upgrade),
        (true, Err(error)) => {
            let detail = format!("this is no WebSocket handshake (RFC 6455): {error}");
            return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
        }
    };
    let follower = node.events().follow(&since, call).map_err(cannot)?;
    peer.lasts();
    Ok(match upgrade {
        Some(upgrade) => {
            let upgrade = upgrade.max_message_size(MAX_MESSAGE_BYTES).max_frame_size(MAX_MESSAGE_BYTES);
            upgrade.on_upgrade(|socket| messages(socket, follower))
        }
        None => sent_events(follower),
    })
}

fn bad(parameter: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, detail).with("parameter", parameter)
}

fn cannot(why: CannotFollow) -> Problem {
    match why {
        CannotFollow::Full => {
            let detail = format!("{MAX_FOLLOWERS} clients follow the events already; try again");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        }
        CannotFollow::Ahead { last } => {
            bad("since", &format!("the last event so far is {last}; `since` is beyond it")).with("last", last)
        }
    }
}

/// `Last-Event-ID` before `?since=`: a browser that connects again repeats its query.
fn since(headers: &HeaderMap, query: Option<&str>) -> Result<Since, Problem> {
    let header = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("?"));
    let Some(text) = header.filter(|text| !text.is_empty()).or(query) else { return Ok(Since::Now) };
    let number = |text: &str| text.parse::<u64>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    let found = match text.split_once('-') {
        None => number(text).map(Since::Seq),
        Some((epoch, seq)) => {
            let hex = epoch.len() == 16 && epoch.bytes().all(|b| b.is_ascii_hexdigit());
            number(seq).filter(|_| hex).map(|seq| Since::Id { epoch: epoch.to_ascii_lowercase(), seq })
        }
    };
    found.ok_or_else(|| bad("since", "`since` is a number, or the `id` of an event: `EPOCH-SEQ`"))
}

/// One event, or one gap, as both ways send it.
struct Line {
    id: String,
    kind: &'static str,
    json: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shape<'e> {
    seq: u64,
    epoch: &'e str,
    /// Milliseconds since the Unix epoch.
    at: i64,
    call_id: String,
    root_call_id: String,
    kind: &'static str,
    #[serde(flatten)]
    more: More<'e>,
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum More<'e> {
    Began { caller: &'e str, dialed: &'e str },
    Ended { cause: &'e str, by: &'e str },
    Party { party_id: String, role: &'e str, number: &'e str },
    Transfer(Progress),
    Decision { decision_id: String, allowed: bool, reason: &'e str },
    Recording { party_id: String, name: &'e str },
}

#[derive(Serialize)]
struct GapShape<'e> {
    epoch: &'e str,
    kind: &'static str,
    from: u64,
    to: Option<u64>,
}

fn line(epoch: &str, found: &Followed) -> Line {
    match found {
        Followed::Gap(gap) => of_gap(epoch, gap),
        Followed::Event { seq, event } => of_event(epoch, *seq, event),
    }
}

fn of_gap(epoch: &str, gap: &Gap) -> Line {
    let shape = GapShape { epoch: &gap.epoch, kind: "gap", from: gap.from, to: gap.to };
    // Who connects again after it asks from its end: of another start, from the beginning of this one.
    let id = format!("{epoch}-{}", gap.to.unwrap_or(0));
    Line { id, kind: "gap", json: serde_json::to_string(&shape).unwrap_or_default() }
}

fn of_event(epoch: &str, seq: u64, event: &CallEvent) -> Line {
    let (kind, more) = match &event.kind {
        CallEventKind::Began { caller, dialed } => ("call.began", More::Began { caller, dialed }),
        CallEventKind::Ended { cause, by } => ("call.ended", More::Ended { cause, by }),
        CallEventKind::Party { party, role, number, state } => {
            (party_kind(*state), More::Party { party_id: party.to_string(), role, number })
        }
        CallEventKind::Recording { party, name, state } => {
            (recording_kind(*state), More::Recording { party_id: party.to_string(), name })
        }
        CallEventKind::Transfer(view) => ("transfer", More::Transfer(Progress::of(view))),
        CallEventKind::Decided { decision, allowed, reason } => {
            ("decision", More::Decision { decision_id: decision.to_string(), allowed: *allowed, reason })
        }
    };
    let shape = Shape {
        seq,
        epoch,
        at: event.at.0,
        call_id: event.call.to_string(),
        root_call_id: event.root.to_string(),
        kind,
        more,
    };
    Line { id: format!("{epoch}-{seq}"), kind, json: serde_json::to_string(&shape).unwrap_or_default() }
}

fn party_kind(state: PartyState) -> &'static str {
    match state {
        PartyState::Placed => "party.placed",
        PartyState::Ringing => "party.ringing",
        PartyState::Answered => "party.answered",
        PartyState::Held => "party.held",
        PartyState::Retrieved => "party.retrieved",
        PartyState::Left => "party.left",
    }
}

fn recording_kind(state: RecordingState) -> &'static str {
    match state {
        RecordingState::Started => "recording.started",
        RecordingState::Paused => "recording.paused",
        RecordingState::Resumed => "recording.resumed",
        RecordingState::Stopped => "recording.stopped",
    }
}

/// Server-sent events (WHATWG HTML, 9.2). It begins with the id to come back to, before anything happens.
fn sent_events(follower: Follower) -> Response {
    let begin = (follower, true);
    let stream = stream::unfold(begin, async |(mut follower, begins)| {
        if begins {
            let event = heartbeat(&follower);
            return Some((Ok::<_, Infallible>(event), (follower, false)));
        }
        let event = match tokio::time::timeout(HEARTBEAT, follower.next()).await {
            Ok(Some(found)) => {
                let line = line(follower.epoch(), &found);
                Event::default().id(line.id).event(line.kind).data(line.json)
            }
            Ok(None) => return None,
            Err(_) => heartbeat(&follower),
        };
        Some((Ok(event), (follower, false)))
    });
    Sse::new(stream).into_response()
}

/// No event, but the id of the last one that was passed over.
fn heartbeat(follower: &Follower) -> Event {
    Event::default().id(format!("{}-{}", follower.epoch(), follower.seen())).comment("")
}

/// The same as WebSocket messages, until either end has enough.
async fn messages(mut socket: WebSocket, mut follower: Follower) {
    loop {
        tokio::select! {
            biased;
            message = socket.recv() => match message {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Text(_) | Message::Binary(_))) => {
                    return close(socket, close_code::UNSUPPORTED, "nothing is read here").await;
                }
                Some(Ok(Message::Close(_))) => return closed(socket).await,
                Some(Err(_)) | None => return,
            },
            found = tokio::time::timeout(HEARTBEAT, follower.next()) => {
                let message = match found {
                    Ok(Some(found)) => Message::Text(line(follower.epoch(), &found).json.into()),
                    Ok(None) => return close(socket, close_code::AWAY, "the node has ended").await,
                    Err(_) => Message::Ping(Default::default()),
                };
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    // Who has gone is told nothing.
    if socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await.is_ok() {
        closed(socket).await;
    }
}

/// Ends a connection after a Close of either end: a Close that came is answered by one with the same code (RFC 6455
/// §5.5.1), which goes out with the next read; one that was sent has its answer then (§7.1.1). What else still comes is
/// of no interest.
async fn closed(mut socket: WebSocket) {
    let over = async { while let Some(Ok(_)) = socket.recv().await {} };
    // Who does not answer is not waited for.
    let _ = tokio::time::timeout(CLOSING, over).await;
}
