//! The database's format: opened, migrated forward, never backward.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::StoreError;

/// One step each from format n to n + 1. A step that has shipped never changes.
const MIGRATIONS: &[&str] = &["
CREATE TABLE calls (
  call_id    TEXT PRIMARY KEY,
  started_ms INTEGER NOT NULL,
  answered_ms INTEGER,
  ended_ms   INTEGER NOT NULL,
  origin     TEXT NOT NULL,
  caller     TEXT NOT NULL,
  dialed     TEXT NOT NULL,
  hops       INTEGER NOT NULL,
  cause      TEXT NOT NULL,
  hangup_by  TEXT NOT NULL,
  detail     TEXT NOT NULL
) STRICT;
CREATE INDEX calls_by_start ON calls (started_ms);
CREATE TABLE decisions (
  decision_id TEXT PRIMARY KEY,
  call_id     TEXT NOT NULL,
  at_ms       INTEGER NOT NULL,
  verdict     TEXT NOT NULL,
  reason      TEXT NOT NULL,
  detail      TEXT NOT NULL
) STRICT;
CREATE INDEX decisions_by_call ON decisions (call_id);
CREATE INDEX decisions_by_time ON decisions (at_ms);
"];

/// How long a reader in another process may hold the database before a write fails.
const BUSY: Duration = Duration::from_secs(5);

pub fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A decision is on disk before its INVITE leaves, also when the power fails.
    connection.pragma_update(None, "synchronous", "FULL")?;
    migrate(&mut connection)?;
    Ok(connection)
}

pub fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for (at, step) in MIGRATIONS.iter().enumerate().skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", i64::try_from(at + 1).unwrap_or(i64::MAX))?;
        transaction.commit()?;
    }
    Ok(())
}
