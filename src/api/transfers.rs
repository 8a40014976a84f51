//! Routes that do something to live calls: transfers, and the end of a call.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::operations::Operations;
use super::order;
use super::problem::Problem;
use crate::base::id::{CallId, TransferId};
use crate::call::order::{Order, TransferView, Which};
use crate::call::spec::TransferMode;

/// Bytes of an order: names and ids, many times over.
pub const MAX_ORDER_BYTES: usize = 4 * 1024;

type Node<O> = State<Arc<O>>;
type Bytes = Result<axum::body::Bytes, BytesRejection>;

/// A transfer as it is served. Times are milliseconds since the Unix epoch.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    call_id: String,
    #[serde(flatten)]
    progress: Progress,
}

/// How far a transfer is: what its events say, too.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    transfer_id: String,
    mode: &'static str,
    /// The transferor; none for a flow.
    from_party_id: Option<String>,
    target: String,
    state: &'static str,
    outcome: Option<&'static str>,
    reason: Option<String>,
    began: i64,
    changed: i64,
}

impl Progress {
    pub fn of(view: &TransferView) -> Self {
        Self {
            transfer_id: view.id.to_string(),
            mode: match view.mode {
                TransferMode::Blind => "blind",
                TransferMode::Attended => "attended",
            },
            from_party_id: view.from.map(|party| party.to_string()),
            target: view.target.to_string(),
            state: view.state.name(),
            outcome: view.outcome,
            reason: view.reason.as_ref().map(ToString::to_string),
            began: view.began.0,
            changed: view.changed.0,
        }
    }
}

/// `POST /transfer`
pub async fn begin<O: Operations>(State(node): Node<O>, bytes: Bytes) -> Result<Response, Problem> {
    let (order, named) = order::transfer(&body(bytes)?)?;
    let refused = match node.order(order).await? {
        Ok(taken) => return Ok((StatusCode::ACCEPTED, Json(order::taken(taken))).into_response()),
        Err(refused) => refused,
    };
    let site = node.directory().await?;
    Err(order::unknown_name(&refused, &named, &site).unwrap_or_else(|| order::refused(refused)))
}

/// `POST /transfer/complete`
pub async fn complete<O: Operations>(node: Node<O>, bytes: Bytes) -> Result<Response, Problem> {
    about(node, bytes, Order::Complete).await
}

/// `POST /transfer/cancel`
pub async fn cancel<O: Operations>(node: Node<O>, bytes: Bytes) -> Result<Response, Problem> {
    about(node, bytes, Order::Cancel).await
}

/// `POST /transfer/3way`
pub async fn three_way<O: Operations>(node: Node<O>, bytes: Bytes) -> Result<Response, Problem> {
    about(node, bytes, Order::ThreeWay).await
}

/// `POST /transfer/swap`
pub async fn swap<O: Operations>(node: Node<O>, bytes: Bytes) -> Result<Response, Problem> {
    about(node, bytes, Order::Swap).await
}

async fn about<O: Operations>(
    State(node): Node<O>,
    bytes: Bytes,
    what: fn(Which) -> Order,
) -> Result<Response, Problem> {
    let which = order::which(&body(bytes)?)?;
    let taken = node.order(what(which)).await?.map_err(order::refused)?;
    Ok(Json(order::taken(taken)).into_response())
}

/// `GET /transfers/{id}`
pub async fn view<O: Operations>(
    State(node): Node<O>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let unknown =
        || Problem::new(StatusCode::NOT_FOUND, "there is no such transfer, live or among the last that are over");
    let id: TransferId = id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(unknown)?;
    let view = node.transfer(id).await?.ok_or_else(unknown)?;
    Ok(Json(Transfer { call_id: view.call.to_string(), progress: Progress::of(&view) }).into_response())
}

/// `POST /calls/{id}/hangup`
pub async fn hang_up<O: Operations>(
    State(node): Node<O>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let unknown = || order::refused(crate::call::order::Refused::NoSuchCall);
    let call: CallId = id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(unknown)?;
    let taken = node.order(Order::HangUp { call }).await?.map_err(order::refused)?;
    Ok(Json(order::taken(taken)).into_response())
}

fn body(bytes: Bytes) -> Result<axum::body::Bytes, Problem> {
    bytes.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("at most {MAX_ORDER_BYTES} bytes of body are read"))
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "the body cannot be read"),
    })
}
