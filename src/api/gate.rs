//! What every request must pass before a route sees it: size, host, origin, token, time.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::connection::Peer;
use super::problem::Problem;

/// Bytes of a body: no request of this API has a large one.
const MAX_BODY_BYTES: u64 = 64 * 1024;
/// Bytes of all header fields together.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// How long an answer may take until it begins; a stream of events goes on from there. A reload reads and checks every file of the site.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
const RELOAD_TIMEOUT: Duration = Duration::from_secs(60);
/// What a probe or a scraper on the same machine may ask without a token.
const OPEN_ON_LOOPBACK: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// How this listener judges requests.
#[derive(Debug)]
pub struct Gate {
    pub token: Option<String>,
    /// Bound to loopback: only names of this machine are a right `Host` then.
    pub on_loopback: bool,
}

pub async fn pass(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let allowed = sizes(request.headers())
        .and_then(|()| host(request.headers(), gate.on_loopback))
        .and_then(|host| origin(request.headers(), host))
        .and_then(|()| token(&gate, &request, peer.address.ip()));
    let mut response = match allowed {
        Ok(holder) => {
            request.extensions_mut().insert(holder);
            in_time(request, next).await
        }
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn in_time(request: Request, next: Next) -> Response {
    let limit = if request.uri().path() == "/reload" { RELOAD_TIMEOUT } else { ANSWER_TIMEOUT };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = format!("no answer within {} s; try again", limit.as_secs());
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response()
        }
    }
}

fn sizes(headers: &HeaderMap) -> Result<(), Problem> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > MAX_HEADER_BYTES {
        let detail = format!("the header fields have {bytes} bytes; at most {MAX_HEADER_BYTES} are read");
        return Err(Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, detail));
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if length.is_some_and(|length| length > MAX_BODY_BYTES) {
        let detail = format!("at most {MAX_BODY_BYTES} bytes of body are read");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    Ok(())
}

/// The host of a request. On loopback a browser that was led here by a name of somebody else's
/// (DNS rebinding) is turned away.
fn host(headers: &HeaderMap, on_loopback: bool) -> Result<&str, Problem> {
    let bad = |detail: &str| Problem::new(StatusCode::BAD_REQUEST, detail);
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(bad("a request has one `Host`"));
    };
    let host = host.to_str().map_err(|_| bad("`Host` is not readable"))?;
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, _)) => v6,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let ours = name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok();
    if name.is_empty() || (on_loopback && !ours) {
        return Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "this listener answers to `localhost` and to addresses only",
        ));
    }
    Ok(host)
}

/// A page of another site may not use this API with what a browser knows.
fn origin(headers: &HeaderMap, host: &str) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let same = origin.to_str().ok().and_then(|o| o.split_once("://")).is_some_and(|(_, from)| from == host);
    if same { Ok(()) } else { Err(Problem::new(StatusCode::FORBIDDEN, "`Origin` is another site")) }
}

/// In whose name a request is made: keys of one are not those of another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Holder {
    /// Somebody on this machine, where no token is asked for.
    Local,
    /// Of the admin token.
    Admin,
}

fn token(gate: &Gate, request: &Request, peer: IpAddr) -> Result<Holder, Problem> {
    if peer.is_loopback() && OPEN_ON_LOOPBACK.contains(&request.uri().path()) {
        return Ok(Holder::Local);
    }
    let Some(expected) = gate.token.as_deref() else {
        // A site without tokens is for its own machine (DESIGN, security): beyond it, nobody may ask.
        if peer.is_loopback() && gate.on_loopback {
            return Ok(Holder::Local);
        }
        let detail = "the site has no admin token, so nobody may ask; add `tokens: {admin: generated}`";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    };
    let given = request.headers().get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let given = given.and_then(|v| v.split_at_checked(7)).filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"bearer "));
    match given {
        Some((_, given)) if same_secret(given, expected.as_bytes()) => Ok(Holder::Admin),
        Some(_) => Err(Problem::new(StatusCode::UNAUTHORIZED, "the token is not the admin token of this site")),
        None => {
            let detail = "send the admin token: `Authorization: Bearer TOKEN`";
            Err(Problem::new(StatusCode::UNAUTHORIZED, detail))
        }
    }
}

/// Compares without telling by its time how much of a guess was right.
fn same_secret(given: &[u8], expected: &[u8]) -> bool {
    let differing = given.iter().zip(expected).fold(0_u8, |all, (a, b)| all | (a ^ b));
    given.len() == expected.len() && std::hint::black_box(differing) == 0
}
