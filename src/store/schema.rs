//! The tables, and the way from every earlier form of them to this one.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

/// How long to wait for another process that holds the file (a backup, an `sqlite3` at a terminal).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Marks a database of ours (`PRAGMA application_id`): "strw".
const APPLICATION_ID: i32 = 0x7374_7277;

/// Each step takes the tables to the version of its place, from 1. Never changed, only added to:
/// databases in the field have run them.
const STEPS: [&str; 6] = [
    "CREATE TABLE calls (
        call_id     TEXT PRIMARY KEY NOT NULL,
        started     INTEGER NOT NULL,           -- all times: milliseconds since the Unix epoch
        answered    INTEGER,
        ended       INTEGER NOT NULL,
        origin      TEXT NOT NULL,              -- trunk:NAME or user:NAME
        caller      TEXT NOT NULL,
        dialed      TEXT NOT NULL,
        flows       TEXT NOT NULL,              -- JSON, as all of the last four
        hops        INTEGER NOT NULL,
        disposition TEXT NOT NULL,              -- answered, or why it was not
        cause       TEXT NOT NULL,
        sip_status  INTEGER,
        hangup_by   TEXT NOT NULL,              -- a party, flow or system
        parties     TEXT NOT NULL,
        intervals   TEXT NOT NULL,
        tags        TEXT NOT NULL
    ) STRICT;
    CREATE INDEX calls_by_start ON calls (started);",
    "CREATE TABLE decisions (
        decision_id TEXT PRIMARY KEY NOT NULL,
        call_id     TEXT NOT NULL,
        at          INTEGER NOT NULL,
        policy      TEXT NOT NULL,
        subject     TEXT NOT NULL,
        number      TEXT,
        verdict     TEXT NOT NULL,
        reason      TEXT NOT NULL,
        record      TEXT NOT NULL               -- the whole of it, as JSON
    ) STRICT;
    CREATE INDEX decisions_by_time ON decisions (at);
    CREATE INDEX decisions_by_call ON decisions (call_id);",
    // A call of before was never split: it is its own root.
    "ALTER TABLE calls ADD COLUMN root TEXT NOT NULL DEFAULT '';
    ALTER TABLE calls ADD COLUMN recordings TEXT NOT NULL DEFAULT '[]';
    UPDATE calls SET root = call_id;
    CREATE INDEX calls_by_root ON calls (root);",
    // What a call can be run again from. A plan stands once for all calls that ran by it.
    "CREATE TABLE journals (
        call_id     TEXT PRIMARY KEY NOT NULL,
        root        TEXT NOT NULL,
        at          INTEGER NOT NULL,           -- when it was kept
        plan        INTEGER NOT NULL,           -- the digest in plans
        journal     BLOB NOT NULL
    ) STRICT;
    CREATE INDEX journals_by_time ON journals (at);
    CREATE TABLE plans (
        digest      INTEGER PRIMARY KEY NOT NULL,
        parts       TEXT NOT NULL               -- JSON: the digests of the site, and of each flow and policy
    ) STRICT;",
    // What is kept of calls in progress, should the process die.
    "CREATE TABLE live (
        call_id     TEXT PRIMARY KEY NOT NULL,
        kept        BLOB NOT NULL,
        dialogs     BLOB NOT NULL               -- what signalling keeps of each leg that is up
    ) STRICT, WITHOUT ROWID;",
    // Where users can be reached: telephones need not register again with the next process.
    "CREATE TABLE contacts (
        user        TEXT PRIMARY KEY NOT NULL,
        contacts    BLOB NOT NULL               -- as signalling keeps them, each with its end
    ) STRICT, WITHOUT ROWID;",
];

/// The version of the tables that this build writes.
pub const VERSION: usize = STEPS.len();

/// Why the database cannot be used, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenError {
    message: String,
}

impl OpenError {
    pub(super) fn new(path: &Path, why: &dyn fmt::Display) -> Self {
        Self { message: format!("the records in `{}` cannot be opened: {why}", path.display()) }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for OpenError {}

/// Opens the database for writing; makes it, or takes it to [`VERSION`].
pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    let failed = |error: rusqlite::Error| OpenError::new(path, &error);
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    check_owner(&connection, path)?;
    // WAL: readers never wait for the writer. FULL: a commit is on disk when it returns, which is
    // what a decision promises.
    connection.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "full").map_err(failed)?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

fn check_owner(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |error: rusqlite::Error| OpenError::new(path, &error);
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(failed)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    if id == APPLICATION_ID || tables == 0 {
        return Ok(());
    }
    Err(OpenError::new(path, &"it is the database of another program; move it away, or set `state:` to another folder"))
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |error: rusqlite::Error| OpenError::new(path, &error);
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    let version = usize::try_from(version).unwrap_or(usize::MAX);
    if version > VERSION {
        let why = format!(
            "it was made by a later version of this program (tables {version}, this one knows {VERSION}); \
             run that version, or move the file away"
        );
        return Err(OpenError::new(path, &why));
    }
    for (at, step) in STEPS.iter().enumerate().skip(version) {
        // One transaction a step: a machine that stops in the middle goes on from the last whole one.
        let transaction = connection.transaction().map_err(failed)?;
        transaction.execute_batch(step).map_err(failed)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
        transaction.pragma_update(None, "user_version", i64::try_from(at + 1).unwrap_or(i64::MAX)).map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    Ok(())
}
