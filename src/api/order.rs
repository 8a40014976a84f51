//! Bodies of requests about live calls as orders, and what became of an order as an answer.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::body::{self, Fields, shown, wrong};
use super::operations::Directory;
use super::problem::Problem;
use crate::base::id::{CallId, TransferId};
use crate::base::suggest;
use crate::call::order::{Order, Refused, Taken, Which};
use crate::call::spec::{QueueEntry, Target, TransferMode};

const KINDS: [&str; 5] = ["user", "agent", "queue", "number", "pstn"];
const MODES: [&str; 2] = ["blind", "attended"];
/// Characters of an id of a user, a queue or a number: names have 64 at most, numbers fewer.
const MAX_ID: usize = 64;

/// What a transfer names, to say what is near it when there is no such thing.
pub struct Named {
    pub from: String,
    pub kind: &'static str,
    pub id: String,
}

/// `POST /transfer`
///
/// # Errors
/// 400 for what is no JSON, 422 with a pointer for what is no transfer.
pub fn transfer(bytes: &[u8]) -> Result<(Order, Named), Problem> {
    let value = body::read(bytes)?;
    let mut fields = Fields::of(&value, "")?;
    let call = call_id(&mut fields)?.ok_or_else(|| wrong("/callId", "`callId` is missing"))?;
    let from = fields.text("fromUserId")?;
    bounded("/fromUserId", from)?;
    let mut at = Fields::of(fields.required("target")?, "/target")?;
    let kind = one_of(&mut at, "kind", &KINDS)?;
    let kind = kind.ok_or_else(|| wrong("/target/kind", format!("`kind` is missing; {}", any(&KINDS))))?;
    let id = at.text("id")?;
    bounded("/target/id", id)?;
    at.finish()?;
    let attended = one_of(&mut fields, "mode", &MODES)? == Some("attended");
    fields.finish()?;
    let mode = if attended { TransferMode::Attended } else { TransferMode::Blind };
    let order = Order::Transfer { call, from: Arc::from(from), target: target(kind, id), mode };
    Ok((order, Named { from: from.to_owned(), kind, id: id.to_owned() }))
}

/// `POST /transfer/complete` and its kind: `{callId}` or `{transferId}`.
///
/// # Errors
/// 400 for what is no JSON, 422 with a pointer for what names no transfer.
pub fn which(bytes: &[u8]) -> Result<Which, Problem> {
    let value = body::read(bytes)?;
    let mut fields = Fields::of(&value, "")?;
    let call = call_id(&mut fields)?;
    let transfer = match fields.optional_text("transferId")? {
        None => None,
        Some(text) => Some(text.parse::<TransferId>().map_err(|_| {
            wrong("/transferId", format!("`{}` is no transfer id: `t-` and 32 hex digits", shown(text)))
        })?),
    };
    fields.finish()?;
    match (call, transfer) {
        (Some(call), None) => Ok(Which::Call(call)),
        (None, Some(transfer)) => Ok(Which::Transfer(transfer)),
        (None, None) => Err(wrong("", "`callId` or `transferId` says which transfer is meant; both are missing")),
        (Some(_), Some(_)) => Err(wrong("/transferId", "give `callId` or `transferId`, not both")),
    }
}

fn call_id(fields: &mut Fields<'_>) -> Result<Option<CallId>, Problem> {
    let Some(text) = fields.optional_text("callId")? else { return Ok(None) };
    let bad = || wrong("/callId", format!("`{}` is no call id: `s-` and 32 hex digits", shown(text)));
    text.parse().map(Some).map_err(|_| bad())
}

fn bounded(pointer: &str, text: &str) -> Result<(), Problem> {
    if text.chars().count() <= MAX_ID && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(wrong(pointer, format!("at most {MAX_ID} characters are read, none of them a control character")))
}

fn one_of(fields: &mut Fields<'_>, key: &'static str, words: &[&'static str]) -> Result<Option<&'static str>, Problem> {
    let Some(text) = fields.optional_text(key)? else { return Ok(None) };
    let found = words.iter().find(|word| **word == text).copied();
    found.map(Some).ok_or_else(|| {
        let hint = suggest::did_you_mean(text, words.iter().copied());
        let hint = if hint.is_empty() { format!("; {}", any(words)) } else { hint };
        wrong(&fields.pointer(key), format!("`{key}` cannot be `{}`{hint}", shown(text)))
    })
}

fn any(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    format!("write one of {}", words.join(", "))
}

fn target(kind: &str, id: &str) -> Target {
    let id: Arc<str> = Arc::from(id);
    match kind {
        "user" => Target::User(id),
        "agent" => Target::Agent(id),
        "queue" => Target::Queue(QueueEntry::to(id)),
        // Who holds the token says it, and no caller: it is not tainted.
        "pstn" => Target::Pstn { number: id, tainted: false },
        _ => Target::Number { number: id, tainted: false },
    }
}

/// The answer to an order that was taken.
pub fn taken(taken: Taken) -> Value {
    match taken.transfer {
        Some((transfer, state)) => json!({
            "transferId": transfer.to_string(), "callId": taken.call.to_string(), "state": state.name(),
        }),
        None => json!({"callId": taken.call.to_string()}),
    }
}

/// The answer to an order that was not taken.
pub fn refused(refused: Refused) -> Problem {
    match refused {
        Refused::NoSuchCall => {
            Problem::new(StatusCode::NOT_FOUND, "there is no such live call; calls that are over are in `/records`")
        }
        Refused::NoSuchTransfer => Problem::new(StatusCode::NOT_FOUND, "there is no such transfer"),
        Refused::NotAParty => Problem::new(StatusCode::FORBIDDEN, "the user is no party of this call"),
        Refused::WrongState { state, call, detail } => {
            let doing = state.map(|state| state.name()).or(call);
            Problem::new(StatusCode::CONFLICT, detail.as_ref()).with("state", doing)
        }
        Refused::Denied { reasons, decision } => {
            let reasons: Vec<&str> = reasons.iter().map(AsRef::as_ref).collect();
            let decision = decision.map(|decision| decision.to_string());
            Problem::new(StatusCode::FORBIDDEN, "the site's policy does not allow it; nothing has happened to the call")
                .with("reason", reasons.first().copied())
                .with("reasons", reasons)
                .with("decisionId", decision)
        }
        Refused::Target { outcome, detail } => wrong("/target/id", detail.as_ref()).with("outcome", outcome),
    }
}

/// What is wrong with a name that the site does not have; none, if it has them.
pub fn unknown_name(refused: &Refused, named: &Named, site: &Directory) -> Option<Problem> {
    let (pointer, what, name, known) = match (refused, named.kind) {
        (Refused::NotAParty, _) => ("/fromUserId", "user", &named.from, &site.users),
        (Refused::Target { .. }, "user" | "agent") => ("/target/id", "user", &named.id, &site.users),
        (Refused::Target { .. }, "queue") => ("/target/id", "queue", &named.id, &site.queues),
        _ => return None,
    };
    if known.contains(name) {
        return None;
    }
    let hint = suggest::did_you_mean(name, known.iter().map(String::as_str));
    let problem = wrong(pointer, format!("the site has no {what} `{}`{hint}", shown(name)));
    Some(if pointer == "/target/id" { problem.with("outcome", "not_found") } else { problem })
}
