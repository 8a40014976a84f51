//! Rows to values and back. The columns are what is searched by; the rest is one JSON text.

use rusqlite::{Connection, Transaction, params};
use serde::Serialize;
use serde_json::{Value, json};

use super::StoreError;
use crate::call::leg::Origin;
use crate::call::record::{CallRecord, HangupBy, PartyRecord};
use crate::policy::DecisionRecord;

/// A record as it is read back; times in milliseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoredCall {
    #[serde(rename = "callId")]
    pub call_id: String,
    pub started: i64,
    pub answered: Option<i64>,
    pub ended: i64,
    pub origin: String,
    pub caller: String,
    pub dialed: String,
    pub hops: i64,
    pub cause: String,
    #[serde(rename = "hangupBy")]
    pub hangup_by: String,
    #[serde(flatten)]
    pub detail: Value,
}

/// A decision as it is read back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoredDecision {
    pub at: i64,
    #[serde(flatten)]
    pub decision: Value,
}

pub(super) fn insert_call(transaction: &Transaction<'_>, record: &CallRecord) -> rusqlite::Result<()> {
    let hangup_by = match record.hangup_by {
        HangupBy::Party(n) => format!("p-{:032x}-{n}", record.call_id.0),
        HangupBy::Flow => "flow".to_owned(),
        HangupBy::System => "system".to_owned(),
    };
    let mut insert = transaction.prepare_cached(
        "INSERT INTO calls (call_id, started_ms, answered_ms, ended_ms, origin, caller, dialed, hops, cause, hangup_by, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    insert.execute(params![
        record.call_id.to_string(),
        record.started.0,
        record.answered.map(|w| w.0),
        record.ended.0,
        origin(&record.origin),
        &*record.caller,
        &*record.dialed,
        record.hops,
        record.cause.kind.to_string(),
        hangup_by,
        detail(record).to_string(),
    ])?;
    Ok(())
}

fn detail(record: &CallRecord) -> Value {
    let intervals: Vec<Value> = record
        .intervals
        .iter()
        .map(|i| json!({"kind": i.kind.name(), "from": i.from.0, "to": i.to.0}))
        .collect();
    let tags: serde_json::Map<String, Value> =
        record.tags.iter().map(|(k, v)| (k.to_string(), Value::from(v.as_ref()))).collect();
    json!({
        "flows": record.flows.iter().map(|f| f.as_ref()).collect::<Vec<_>>(),
        "parties": record.parties.iter().map(party).collect::<Vec<_>>(),
        "intervals": intervals,
        "tags": tags,
    })
}

fn party(party: &PartyRecord) -> Value {
    json!({
        "partyId": party.id.to_string(),
        "role": party.role,
        "origin": origin(&party.origin),
        "number": &*party.number,
        "started": party.started.0,
        "ringing": party.ringing.map(|w| w.0),
        "answered": party.answered.map(|w| w.0),
        "ended": party.ended.0,
        "cause": party.cause.kind.to_string(),
        "status": party.cause.status,
        "transferredBy": party.transferred_by.map(|p| p.to_string()),
    })
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Trunk(name) => format!("trunk:{name}"),
        Origin::User(name) => format!("user:{name}"),
    }
}

pub(super) fn insert_decision(
    transaction: &Transaction<'_>,
    decision: &DecisionRecord,
    at_ms: i64,
) -> rusqlite::Result<()> {
    let detail = decision.to_json().map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO decisions (decision_id, call_id, at_ms, verdict, reason, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    insert.execute(params![
        decision.decision_id,
        decision.call_id,
        at_ms,
        decision.verdict,
        decision.reason,
        detail
    ])?;
    Ok(())
}

pub(super) fn calls(connection: &Connection, limit: u32) -> Result<Vec<StoredCall>, StoreError> {
    let mut select = connection.prepare(
        "SELECT call_id, started_ms, answered_ms, ended_ms, origin, caller, dialed, hops, cause, hangup_by, detail
         FROM calls ORDER BY started_ms DESC, call_id LIMIT ?1",
    )?;
    let rows = select.query_map([limit], |row| {
        let detail: String = row.get(10)?;
        Ok(StoredCall {
            call_id: row.get(0)?,
            started: row.get(1)?,
            answered: row.get(2)?,
            ended: row.get(3)?,
            origin: row.get(4)?,
            caller: row.get(5)?,
            dialed: row.get(6)?,
            hops: row.get(7)?,
            cause: row.get(8)?,
            hangup_by: row.get(9)?,
            detail: serde_json::from_str(&detail).unwrap_or(Value::Null),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
}

pub(super) fn decisions(connection: &Connection, limit: u32) -> Result<Vec<StoredDecision>, StoreError> {
    let mut select =
        connection.prepare("SELECT at_ms, detail FROM decisions ORDER BY at_ms DESC, decision_id LIMIT ?1")?;
    let rows = select.query_map([limit], |row| {
        let detail: String = row.get(1)?;
        Ok(StoredDecision { at: row.get(0)?, decision: serde_json::from_str(&detail).unwrap_or(Value::Null) })
    })?;
    Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
}
