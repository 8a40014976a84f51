//! Records and decisions in SQLite, on a thread of its own. Writes are committed in groups; a
//! decision is acknowledged when it is on disk, a record is never dropped.

mod rows;
mod schema;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use crate::base::id::RequestId;
use crate::call::record::CallRecord;
use crate::policy::DecisionRecord;

pub use rows::{StoredCall, StoredDecision};

/// Writes that may wait. Full for four fifths, new calls are refused; live calls still fit, so
/// that nothing is dropped.
const QUEUE: usize = 50_000;
const BACKLOG: usize = QUEUE / 5 * 4;

/// Why the store cannot be opened or read.
#[derive(Debug)]
pub enum StoreError {
    Sqlite(rusqlite::Error),
    /// The file was written by a newer version.
    TooNew { found: i64, known: i64 },
    Io(std::io::Error),
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StoreError::Sqlite(error) => write!(f, "the record database: {error}"),
            StoreError::TooNew { found, known } => {
                write!(f, "the record database has format {found}, but this version knows only up to {known}")
            }
            StoreError::Io(error) => write!(f, "the record database: {error}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::Sqlite(error)
    }
}

/// One thing to write.
#[derive(Debug)]
enum Write {
    Decisions { request: RequestId, decisions: Vec<DecisionRecord> },
    Record(Box<CallRecord>),
    Stop,
}

#[derive(Debug, Default)]
struct State {
    waiting: AtomicUsize,
    failing: AtomicBool,
}

/// Called on the writer's thread when decisions are on disk (`true`) or could not be put there.
pub type Acknowledge = Box<dyn Fn(RequestId, bool) + Send>;

/// The open store. Dropping it writes what waits and ends the thread.
#[derive(Debug)]
pub struct Store {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

/// Gives the store something to write. Cheap to clone, never waits.
#[derive(Clone, Debug)]
pub struct Handle {
    writes: Sender<Write>,
    state: Arc<State>,
}

impl Store {
    /// Opens or creates the database and migrates it to this version's format.
    ///
    /// # Errors
    /// What SQLite or the system says; a file of a newer version is refused.
    pub fn open(path: &Path, acknowledge: Acknowledge) -> Result<(Store, Handle), StoreError> {
        let connection = schema::open(path)?;
        let (writes, inbox): (Sender<Write>, Receiver<Write>) = channel();
        let state = Arc::new(State::default());
        let shared = state.clone();
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer::run(connection, &inbox, &shared, &acknowledge))
            .map_err(StoreError::Io)?;
        let handle = Handle { writes, state };
        Ok((Store { handle: handle.clone(), thread: Some(thread) }, handle))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // The writer may be gone already: then there is nothing to wait for.
        let _ = self.handle.writes.send(Write::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Handle {
    /// Puts decisions on disk; acknowledged by the store's callback.
    pub fn commit(&self, request: RequestId, decisions: Vec<DecisionRecord>) {
        self.write(Write::Decisions { request, decisions });
    }

    pub fn record(&self, record: CallRecord) {
        self.write(Write::Record(Box::new(record)));
    }

    /// Whether so much waits that no new call should be admitted, or the disk refuses writes.
    pub fn is_backlogged(&self) -> bool {
        self.waiting() > BACKLOG || !self.is_healthy()
    }

    /// Whether the last write went to disk.
    pub fn is_healthy(&self) -> bool {
        !self.state.failing.load(Ordering::Relaxed)
    }

    pub fn waiting(&self) -> usize {
        self.state.waiting.load(Ordering::Relaxed)
    }

    fn write(&self, write: Write) {
        self.state.waiting.fetch_add(1, Ordering::Relaxed);
        if self.writes.send(write).is_err() {
            self.state.waiting.fetch_sub(1, Ordering::Relaxed);
            self.state.failing.store(true, Ordering::Relaxed);
        }
    }
}

/// The newest records first, at most `limit`.
///
/// # Errors
/// What SQLite says.
pub fn calls(path: &Path, limit: u32) -> Result<Vec<StoredCall>, StoreError> {
    rows::calls(&schema::open_to_read(path)?, limit)
}

/// The newest decisions first, at most `limit`.
///
/// # Errors
/// What SQLite says.
pub fn decisions(path: &Path, limit: u32) -> Result<Vec<StoredDecision>, StoreError> {
    rows::decisions(&schema::open_to_read(path)?, limit)
}
