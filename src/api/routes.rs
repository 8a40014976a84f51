//! Paths, methods and what they answer.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;

use super::connection::{Bounded, Peer};
use super::events;
use super::gate::{self, Gate};
use super::idempotency::{self, Keys};
use super::operations::Operations;
use super::problem::Problem;
use super::transfers::{self, MAX_ORDER_BYTES};
use crate::base::id::CallId;

/// What can be asked, for programs and their authors: every route is in it (a test).
const OPENAPI: &str = include_str!("openapi.json");
/// Rows of one answer.
pub const MAX_ROWS: usize = 1_000;
const DEFAULT_ROWS: usize = 100;

type Node<O> = State<Arc<O>>;

/// Answers requests on `listener` until the events end or the future is dropped.
///
/// `token` is the admin token; without one only callers on the same machine are answered.
pub async fn serve<O: Operations>(listener: TcpListener, operations: Arc<O>, token: Option<String>) {
    let on_loopback = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    let gate = Arc::new(Gate { token, on_loopback });
    let events = Arc::clone(operations.events());
    let service = router(operations, gate).into_make_service_with_connect_info::<Peer>();
    let served = axum::serve(Bounded::new(listener), service);
    if let Err(error) = served.with_graceful_shutdown(async move { events.closed().await }).await {
        tracing::error!(%error, "the HTTP API has ended");
    }
}

fn router<O: Operations>(operations: Arc<O>, gate: Arc<Gate>) -> Router {
    let orders = Router::new()
        .route("/transfer", post(transfers::begin::<O>))
        .route("/transfer/complete", post(transfers::complete::<O>))
        .route("/transfer/cancel", post(transfers::cancel::<O>))
        .route("/transfer/3way", post(transfers::three_way::<O>))
        .route("/transfer/swap", post(transfers::swap::<O>))
        .route("/calls/{id}/hangup", post(transfers::hang_up::<O>))
        .route_layer(axum::middleware::from_fn_with_state(Arc::new(Keys::default()), idempotency::keep))
        .layer(DefaultBodyLimit::max(MAX_ORDER_BYTES));
    Router::new()
        .merge(orders)
        .route("/transfers/{id}", get(transfers::view::<O>))
        .route("/events", get(events::follow::<O>))
        .route("/queues", get(queues::<O>))
        .route("/agents", get(agents::<O>))
        .route("/healthz", get(async || Json(json!({"status": "ok"}))))
        .route("/readyz", get(readyz::<O>))
        .route("/metrics", get(metrics::<O>))
        .route("/calls", get(calls::<O>))
        .route("/calls/{id}", get(call::<O>))
        .route("/records", get(records::<O>))
        .route("/decisions", get(decisions::<O>))
        .route("/reload", post(reload::<O>))
        .route("/openapi.json", get(async || ([(header::CONTENT_TYPE, "application/json")], OPENAPI)))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::middleware::from_fn_with_state(gate, gate::pass))
        .with_state(operations)
}

async fn readyz<O: Operations>(State(node): Node<O>) -> Response {
    let readiness = node.readiness().await;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

async fn metrics<O: Operations>(State(node): Node<O>) -> Result<Response, Problem> {
    let text = node.metrics().await?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

async fn calls<O: Operations>(State(node): Node<O>) -> Result<Response, Problem> {
    let calls = node.calls().await?;
    Ok(Json(json!({"calls": calls})).into_response())
}

async fn call<O: Operations>(
    State(node): Node<O>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let unknown =
        || Problem::new(StatusCode::NOT_FOUND, "there is no such live call; calls that are over are in `/records`");
    let id: CallId = id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(unknown)?;
    let call = node.call(id).await?.ok_or_else(unknown)?;
    Ok(Json(call).into_response())
}

async fn queues<O: Operations>(State(node): Node<O>) -> Result<Response, Problem> {
    let queues = node.queues().await?;
    Ok(Json(json!({"queues": queues})).into_response())
}

async fn agents<O: Operations>(State(node): Node<O>) -> Result<Response, Problem> {
    let agents = node.agents().await?;
    Ok(Json(json!({"agents": agents})).into_response())
}

/// `?limit=`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    limit: Option<usize>,
}

impl Page {
    fn limit(page: Result<Query<Page>, QueryRejection>) -> Result<usize, Problem> {
        let limit = page.ok().map(|Query(page)| page.limit.unwrap_or(DEFAULT_ROWS));
        limit.filter(|limit| (1..=MAX_ROWS).contains(limit)).ok_or_else(|| {
            let detail = format!("the query has one parameter, `limit`, from 1 to {MAX_ROWS}");
            Problem::new(StatusCode::BAD_REQUEST, detail).with("parameter", "limit")
        })
    }
}

async fn records<O: Operations>(
    State(node): Node<O>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let records = node.records(Page::limit(page)?).await?;
    Ok(Json(json!({"records": records})).into_response())
}

async fn decisions<O: Operations>(
    State(node): Node<O>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let decisions = node.decisions(Page::limit(page)?).await?;
    Ok(Json(json!({"decisions": decisions})).into_response())
}

async fn reload<O: Operations>(State(node): Node<O>) -> Result<Response, Problem> {
    match node.reload().await {
        Ok(revision) => Ok(Json(json!({"revision": revision})).into_response()),
        Err(why) => {
            let detail = "the site is not taken; the running one stays";
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with("findings", why))
        }
    }
}

async fn unknown_path(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(100).collect();
    Problem::new(StatusCode::NOT_FOUND, format!("there is nothing at `{path}`"))
}

async fn wrong_method(method: Method) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("`{method}` is not for this path"))
}
