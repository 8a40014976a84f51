//! The way in: a handle that never blocks, a queue whose fill is known, and the thread's life.

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

use super::plan::Parts;
use super::reader::Reader;
use super::schema::{self, OpenError};
use super::writer::Writer;
use crate::base::id::{CallId, RequestId};
use crate::call::record::CallRecord;
use crate::policy::DecisionRecord;

/// The file of the database, in the state folder of its site.
pub const DATABASE: &str = "records.db";
/// Jobs that the queue is meant to hold. Nothing is dropped above it: new calls are refused at
/// [`BACKLOG`], so what still comes is bounded by the calls that are live.
pub const CAPACITY: usize = 8_192;
/// 80 %: above it `serve` refuses new calls (DESIGN, bounds).
const BACKLOG: usize = CAPACITY / 5 * 4;

/// A group of decisions is on disk, or is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Committed {
    pub request: RequestId,
    /// `false`: the disk failed; the leg they were for must not be placed.
    pub durable: bool,
}

/// Whether records reach the disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    /// Why they do not, in words; `None` while they do.
    pub problem: Option<String>,
    /// Jobs that wait.
    pub waiting: usize,
    /// Call records put on disk since the start.
    pub records: u64,
}

/// What the thread is given.
pub(super) enum Job {
    Decisions {
        request: RequestId,
        records: Vec<DecisionRecord>,
    },
    Call(Box<CallRecord>),
    Journal(Box<JournalRow>),
    Live(LiveRow),
    /// Nobody can read what was kept of this one.
    Forget(String),
    /// Where users can be reached.
    Contacts(Vec<ContactsRow>),
    /// What calls run by from now on.
    Plan {
        digest: u64,
        parts: Parts,
    },
    /// Nothing comes after it.
    Close,
}

/// A journal on its way to disk.
pub(super) struct JournalRow {
    pub call: CallId,
    pub root: CallId,
    pub plan: u64,
    pub bytes: Box<[u8]>,
}

/// What is kept of a live call.
pub(super) struct LiveRow {
    pub call: CallId,
    pub kept: Box<[u8]>,
    pub dialogs: Box<[u8]>,
}

/// The registered telephones of a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactsRow {
    pub user: Arc<str>,
    /// `None`: none is left.
    pub contacts: Option<Box<[u8]>>,
}

/// What the handle and the thread share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Jobs that are not on disk yet.
    pub waiting: AtomicUsize,
    pub records: AtomicU64,
    problem: Mutex<Option<String>>,
}

impl Shared {
    pub fn set_problem(&self, problem: Option<String>) {
        // A poisoned lock only means that a thread panicked between two plain assignments.
        *self.problem.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = problem;
    }

    fn problem(&self) -> Option<String> {
        self.problem.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

/// Gives records to the store. Cheap to clone; no call blocks.
#[derive(Clone, Debug)]
pub struct Handle {
    jobs: mpsc::Sender<Job>,
    shared: Arc<Shared>,
}

impl Handle {
    /// Asks for decisions to be put on disk; answered once through the callback of [`Store::open`].
    pub fn commit(&self, request: RequestId, records: Vec<DecisionRecord>) {
        self.send(Job::Decisions { request, records });
    }

    /// Keeps the record of a call. It is written even if the disk fails for a while.
    pub fn record(&self, record: CallRecord) {
        self.send(Job::Call(Box::new(record)));
    }

    /// Keeps the journal of a call, with its record if that was given right before.
    pub fn journal(&self, call: CallId, root: CallId, plan: u64, bytes: Box<[u8]>) {
        self.send(Job::Journal(Box::new(JournalRow { call, root, plan, bytes })));
    }

    /// Keeps a live call, in place of what was kept of it before, until its record comes.
    pub fn live(&self, call: CallId, kept: Box<[u8]>, dialogs: Box<[u8]>) {
        self.send(Job::Live(LiveRow { call, kept, dialogs }));
    }

    /// Gives up what was kept of a live call that nobody can read.
    pub fn forget(&self, call: String) {
        self.send(Job::Forget(call));
    }

    /// Keeps where users can be reached, in place of what was kept of them before. One job, however many they are.
    pub fn contacts(&self, rows: Vec<ContactsRow>) {
        self.send(Job::Contacts(rows));
    }

    /// Keeps what the plan of this digest consists of, once.
    pub fn plan(&self, digest: u64, parts: Parts) {
        self.send(Job::Plan { digest, parts });
    }

    /// Whether new calls should be refused, because the disk is slower than the calls, or gone.
    pub fn is_backlogged(&self) -> bool {
        self.shared.waiting.load(Ordering::Relaxed) >= BACKLOG
    }

    pub fn health(&self) -> Health {
        Health {
            problem: self.shared.problem(),
            waiting: self.shared.waiting.load(Ordering::Relaxed),
            records: self.shared.records.load(Ordering::Relaxed),
        }
    }

    /// Whether the last write reached the disk.
    pub fn healthy(&self) -> bool {
        self.shared.problem().is_none()
    }

    fn send(&self, job: Job) {
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        if self.jobs.send(job).is_err() {
            self.shared.set_problem(Some("the store has been closed".to_owned()));
        }
    }
}

/// The database and the thread that writes it.
#[derive(Debug)]
pub struct Store {
    handle: Handle,
    reader: Reader,
    thread: Option<JoinHandle<()>>,
}

impl Store {
    /// Opens the database at `path`, makes or upgrades its tables, and starts the thread.
    ///
    /// `committed` is called on that thread, once for each [`Handle::commit`], after the group's
    /// transaction is on disk or has failed. It must not block.
    ///
    /// # Errors
    /// The file cannot be opened or is no database of ours; says what to do.
    pub fn open(path: &Path, committed: impl Fn(Committed) + Send + 'static) -> Result<(Store, Handle), OpenError> {
        let connection = schema::open(path)?;
        let (sender, jobs) = mpsc::channel();
        let shared = Arc::new(Shared::default());
        let writer = Writer::new(connection, jobs, Arc::clone(&shared), Box::new(committed));
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer.run())
            .map_err(|error| OpenError::new(path, &error))?;
        let handle = Handle { jobs: sender, shared };
        let store = Store { handle: handle.clone(), reader: Reader::new(path), thread: Some(thread) };
        Ok((store, handle))
    }

    /// For reading what is stored, from any thread.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Writes what waits and ends the thread. Returns how many records could not be written.
    pub fn close(mut self) -> usize {
        self.finish();
        self.handle.shared.waiting.load(Ordering::Relaxed)
    }

    fn finish(&mut self) {
        if let Some(thread) = self.thread.take() {
            // Fails only if the thread is gone, and then there is nothing left to end.
            let _ = self.handle.jobs.send(Job::Close);
            let _ = thread.join();
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.finish();
    }
}
