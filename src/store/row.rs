//! Records as rows: plain columns for what people search by, JSON for what has parts.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::plan::Parts;
use super::queue::{ContactsRow, JournalRow, LiveRow};
use crate::call::leg::Origin;
use crate::call::record::{CallRecord, HangupBy, Interval, LegEnd, PartyRecord};
use crate::policy::DecisionRecord;

/// A party in the JSON of `calls.parties`. Times are milliseconds since the Unix epoch.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Party {
    id: String,
    role: &'static str,
    origin: String,
    number: String,
    started: i64,
    ringing: Option<i64>,
    answered: Option<i64>,
    ended: i64,
    cause: String,
    sip_status: Option<u16>,
    transferred_by: Option<String>,
    reason: &'static str,
    hangup_by: Option<&'static str>,
}

impl Party {
    fn of(party: &PartyRecord) -> Self {
        Self {
            id: party.id.to_string(),
            role: party.role,
            origin: origin(&party.origin),
            number: party.number.to_string(),
            started: party.started.0,
            ringing: party.ringing.map(|at| at.0),
            answered: party.answered.map(|at| at.0),
            ended: party.ended.0,
            cause: party.cause.kind.to_string(),
            sip_status: party.cause.status,
            transferred_by: party.transferred_by.map(|id| id.to_string()),
            reason: party.reason,
            hangup_by: party.hangup_by.map(LegEnd::name),
        }
    }
}

/// A stretch of time in the JSON of `calls.intervals`.
#[derive(Serialize)]
struct Stretch {
    kind: &'static str,
    from: i64,
    to: i64,
}

impl Stretch {
    fn of(interval: &Interval) -> Self {
        Self { kind: interval.kind.name(), from: interval.from.0, to: interval.to.0 }
    }
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Trunk(name) => format!("trunk:{name}"),
        Origin::User(name) => format!("user:{name}"),
    }
}

fn hangup_by(record: &CallRecord) -> String {
    match record.hangup_by {
        HangupBy::Party(n) => format!("p-{:032x}-{n}", record.call_id.0),
        HangupBy::Flow => "flow".to_owned(),
        HangupBy::System => "system".to_owned(),
    }
}

/// JSON of our own plain values, which cannot fail; if it ever does, the row says so.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// A row that is already there stays as it is: ids are unique, so it is the same record, written
/// again after a commit of which the answer was lost.
pub fn insert_call(connection: &Connection, record: &CallRecord) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO calls (call_id, started, answered, ended, origin, caller, dialed, flows, hops, disposition,
                            cause, sip_status, hangup_by, parties, intervals, tags, root, recordings)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
         ON CONFLICT DO NOTHING",
    )?;
    let cause = record.cause.kind.to_string();
    let disposition = if record.answered.is_some() { "answered" } else { cause.as_str() };
    let parties: Vec<Party> = record.parties.iter().map(Party::of).collect();
    let intervals: Vec<Stretch> = record.intervals.iter().map(Stretch::of).collect();
    let flows: Vec<&str> = record.flows.iter().map(AsRef::as_ref).collect();
    statement.execute(params![
        record.call_id.to_string(),
        record.started.0,
        record.answered.map(|at| at.0),
        record.ended.0,
        origin(&record.origin),
        record.caller.as_ref(),
        record.dialed.as_ref(),
        json(&flows),
        record.hops,
        disposition,
        cause,
        record.cause.status,
        hangup_by(record),
        json(&parties),
        json(&intervals),
        json(&record.tags),
        record.root.to_string(),
        json(&record.recordings),
    ])?;
    forget(connection, &record.call_id.to_string())
}

pub fn insert_decision(connection: &Connection, record: &DecisionRecord, at_ms: i64) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO decisions (decision_id, call_id, at, policy, subject, number, verdict, reason, record)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT DO NOTHING",
    )?;
    statement.execute(params![
        record.decision_id,
        record.call_id,
        at_ms,
        record.revisions.policy,
        record.subject,
        record.request.number,
        record.verdict,
        record.reason,
        json(record),
    ])?;
    Ok(())
}

/// The call is over, or cannot be taken back.
pub fn forget(connection: &Connection, call: &str) -> rusqlite::Result<()> {
    let mut over = connection.prepare_cached("DELETE FROM live WHERE call_id = ?1")?;
    over.execute([call])?;
    Ok(())
}

pub fn put_live(connection: &Connection, live: &LiveRow) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("INSERT OR REPLACE INTO live (call_id, kept, dialogs) VALUES (?1, ?2, ?3)")?;
    statement.execute(params![live.call.to_string(), live.kept.as_ref(), live.dialogs.as_ref()])?;
    Ok(())
}

pub fn put_contacts(connection: &Connection, row: &ContactsRow) -> rusqlite::Result<()> {
    let Some(contacts) = &row.contacts else {
        let mut statement = connection.prepare_cached("DELETE FROM contacts WHERE user = ?1")?;
        return statement.execute([row.user.as_ref()]).map(drop);
    };
    let mut statement =
        connection.prepare_cached("INSERT OR REPLACE INTO contacts (user, contacts) VALUES (?1, ?2)")?;
    statement.execute(params![row.user.as_ref(), contacts.as_ref()]).map(drop)
}

/// A journal is a call's only one, as its record is.
pub fn insert_journal(connection: &Connection, journal: &JournalRow, at_ms: i64) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO journals (call_id, root, at, plan, journal) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
    )?;
    let (call, root) = (journal.call.to_string(), journal.root.to_string());
    statement.execute(params![call, root, at_ms, journal.plan.cast_signed(), journal.bytes.as_ref()])?;
    Ok(())
}

pub fn insert_plan(connection: &Connection, digest: u64, parts: &Parts) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("INSERT INTO plans (digest, parts) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    statement.execute(params![digest.cast_signed(), json(parts)])?;
    Ok(())
}
