//! Lists what is stored, newest first. Each question opens a connection of its own that can only
//! read, so that it never stands in the writer's way.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use serde::Serialize;
use serde_json::Value;

use super::plan::Parts;
use crate::base::id::CallId;

/// Rows of one answer.
pub const MAX_ROWS: usize = 1_000;

/// A call record as it is served. Times are milliseconds since the Unix epoch.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StoredCall {
    #[serde(rename = "callId")]
    pub call_id: String,
    /// The call that it began with, through all transfers.
    #[serde(rename = "rootCallId")]
    pub root: String,
    pub started: i64,
    pub answered: Option<i64>,
    pub ended: i64,
    pub origin: String,
    pub caller: String,
    pub dialed: String,
    pub flows: Value,
    pub hops: u32,
    #[serde(flatten)]
    pub end: StoredEnd,
    pub parties: Value,
    pub intervals: Value,
    pub tags: Value,
    pub recordings: Value,
}

/// How a call ended.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StoredEnd {
    pub disposition: String,
    pub cause: String,
    #[serde(rename = "sipStatus")]
    pub sip_status: Option<u16>,
    #[serde(rename = "hangupBy")]
    pub hangup_by: String,
}

/// A decision as it is served: when it was kept, and the record.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StoredDecision {
    pub at: i64,
    #[serde(flatten)]
    pub record: Value,
}

/// A call's journal, and what its plan consisted of, if that is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredJournal {
    pub bytes: Vec<u8>,
    pub parts: Option<Parts>,
}

/// A call that was in progress.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredLive {
    pub call: String,
    pub kept: Vec<u8>,
    /// As it was given.
    pub dialogs: Vec<u8>,
}

/// The telephones that a user had registered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredContacts {
    pub user: String,
    /// As they were given.
    pub contacts: Vec<u8>,
}

/// Reads the database; cheap to clone. Its methods block on the disk.
#[derive(Clone, Debug)]
pub struct Reader {
    path: PathBuf,
}

impl Reader {
    /// Reads the database that a [`Store`](super::Store) has opened at `path`.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The last `limit` calls, at most [`MAX_ROWS`].
    ///
    /// # Errors
    /// What the database said, in words.
    pub fn calls(&self, limit: usize) -> Result<Vec<StoredCall>, String> {
        self.rows(
            "SELECT call_id, started, answered, ended, origin, caller, dialed, flows, hops, disposition, cause,
                    sip_status, hangup_by, parties, intervals, tags, root, recordings
             FROM calls ORDER BY started DESC, call_id DESC LIMIT ?1",
            limit,
            call,
        )
    }

    /// The last `limit` decisions, at most [`MAX_ROWS`].
    ///
    /// # Errors
    /// What the database said, in words.
    pub fn decisions(&self, limit: usize) -> Result<Vec<StoredDecision>, String> {
        let read = |row: &Row<'_>| Ok(StoredDecision { at: row.get(0)?, record: json(row.get(1)?) });
        self.rows("SELECT at, record FROM decisions ORDER BY at DESC, rowid DESC LIMIT ?1", limit, read)
    }

    /// The journal of a call; `None` if there is no such call, or it has none.
    ///
    /// # Errors
    /// What the database said, in words.
    pub fn journal(&self, call: CallId) -> Result<Option<StoredJournal>, String> {
        let answer = || -> rusqlite::Result<Option<StoredJournal>> {
            let connection = self.open()?;
            let question = "SELECT journal, parts FROM journals LEFT JOIN plans ON digest = plan WHERE call_id = ?1";
            let read = |row: &Row<'_>| {
                let parts: Option<String> = row.get(1)?;
                let parts = parts.and_then(|parts| serde_json::from_str(&parts).ok());
                Ok(StoredJournal { bytes: row.get(0)?, parts })
            };
            connection.query_row(question, [call.to_string()], read).optional()
        };
        answer().map_err(|error| format!("the records cannot be read: {error}"))
    }

    /// Calls that were in progress when the process before this one died.
    ///
    /// # Errors
    /// What the database said, in words.
    pub fn live(&self) -> Result<Vec<StoredLive>, String> {
        let read = |row: &Row<'_>| Ok(StoredLive { call: row.get(0)?, kept: row.get(1)?, dialogs: row.get(2)? });
        self.all("SELECT call_id, kept, dialogs FROM live ORDER BY call_id", [], read)
    }

    /// Who was registered when the process before this one ended.
    ///
    /// # Errors
    /// What the database said, in words.
    pub fn contacts(&self) -> Result<Vec<StoredContacts>, String> {
        let read = |row: &Row<'_>| Ok(StoredContacts { user: row.get(0)?, contacts: row.get(1)? });
        self.all("SELECT user, contacts FROM contacts ORDER BY user", [], read)
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(&self.path, flags)
    }

    fn rows<T>(
        &self,
        question: &str,
        limit: usize,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, String> {
        let limit = i64::try_from(limit.min(MAX_ROWS)).unwrap_or(0);
        self.all(question, [limit], read)
    }

    /// Every row that answers the question.
    fn all<T>(
        &self,
        question: &str,
        params: impl rusqlite::Params,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, String> {
        let answer = || -> rusqlite::Result<Vec<T>> {
            let connection = self.open()?;
            let mut statement = connection.prepare(question)?;
            statement.query_map(params, |row| read(row))?.collect()
        };
        answer().map_err(|error| format!("the records cannot be read: {error}"))
    }
}

fn call(row: &Row<'_>) -> rusqlite::Result<StoredCall> {
    Ok(StoredCall {
        call_id: row.get(0)?,
        started: row.get(1)?,
        answered: row.get(2)?,
        ended: row.get(3)?,
        origin: row.get(4)?,
        caller: row.get(5)?,
        dialed: row.get(6)?,
        flows: json(row.get(7)?),
        hops: row.get(8)?,
        end: StoredEnd {
            disposition: row.get(9)?,
            cause: row.get(10)?,
            sip_status: row.get(11)?,
            hangup_by: row.get(12)?,
        },
        parties: camel(json(row.get(13)?)),
        intervals: json(row.get(14)?),
        tags: json(row.get(15)?),
        root: row.get(16)?,
        recordings: json(row.get(17)?),
    })
}

/// Parties as they are spelled now: records of before have three keys otherwise.
fn camel(mut parties: Value) -> Value {
    const SPELLED: [(&str, &str); 3] =
        [("sip_status", "sipStatus"), ("transferred_by", "transferredBy"), ("hangup_by", "hangupBy")];
    for party in parties.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        for (before, now) in SPELLED {
            if let Some(value) = party.remove(before) {
                party.insert(now.to_owned(), value);
            }
        }
    }
    parties
}

/// Our own JSON; a broken row is served as `null` rather than hiding the others.
fn json(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::Null)
}
