//! The thread that writes: takes what waits, writes it as one transaction, tells who asked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::Connection;

use super::plan::Parts;
use super::queue::{Committed, ContactsRow, Job, JournalRow, LiveRow, Shared};
use super::row;
use crate::base::id::{CallId, RequestId};
use crate::call::record::CallRecord;
use crate::policy::DecisionRecord;

/// Jobs of one transaction: enough to share an fsync, few enough that nobody waits long for it.
const MAX_GROUP: usize = 512;
/// How long records that nobody waits for may gather. A decision never waits for them.
const GATHER: Duration = Duration::from_millis(50);
/// Between two tries while the disk fails.
const RETRY: Duration = Duration::from_secs(1);
/// Tries to write what is left when the process ends.
const LAST_TRIES: u32 = 3;

type Callback = Box<dyn Fn(Committed) + Send>;

pub(super) struct Writer {
    connection: Connection,
    jobs: Receiver<Job>,
    shared: Arc<Shared>,
    committed: Callback,
    /// Records not on disk yet, oldest first.
    #[expect(clippy::vec_box, reason = "a job carries its record in a box, which is kept as it came")]
    calls: Vec<Box<CallRecord>>,
    #[expect(clippy::vec_box, reason = "as the calls")]
    journals: Vec<Box<JournalRow>>,
    plans: Vec<(u64, Parts)>,
    /// The newest of each call.
    live: BTreeMap<CallId, LiveRow>,
    /// Jobs that those stand for.
    live_jobs: usize,
    forgotten: Vec<String>,
    /// Each job's.
    contacts: Vec<Vec<ContactsRow>>,
    decisions: Vec<(RequestId, Vec<DecisionRecord>)>,
    closing: bool,
}

impl Writer {
    pub fn new(connection: Connection, jobs: Receiver<Job>, shared: Arc<Shared>, committed: Callback) -> Self {
        let (journals, plans, live) = (Vec::new(), Vec::new(), BTreeMap::new());
        let (calls, decisions) = (Vec::new(), Vec::new());
        Self {
            connection,
            jobs,
            shared,
            committed,
            calls,
            journals,
            plans,
            live,
            live_jobs: 0,
            forgotten: Vec::new(),
            contacts: Vec::new(),
            decisions,
            closing: false,
        }
    }

    pub fn run(mut self) {
        let mut failing = false;
        while !self.closing {
            self.gather(failing);
            failing = !self.write();
        }
        for _ in 1..LAST_TRIES {
            if self.write() {
                break;
            }
            std::thread::sleep(RETRY);
        }
    }

    /// Waits for the first job, then takes all that is there, up to a group.
    fn gather(&mut self, failing: bool) {
        if self.kept() == 0 {
            match self.jobs.recv() {
                Ok(job) => self.take(job),
                Err(_) => self.closing = true,
            }
        }
        let patience = if failing { RETRY } else { GATHER };
        let until = now() + patience;
        while self.decisions.is_empty() && !self.closing && (failing || self.kept() < MAX_GROUP) {
            match self.jobs.recv_timeout(until.saturating_sub(now())) {
                Ok(job) => self.take(job),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => self.closing = true,
            }
        }
        while self.kept() + self.decisions.len() < MAX_GROUP {
            match self.jobs.try_recv() {
                Ok(job) => self.take(job),
                Err(_) => break,
            }
        }
    }

    /// What waits and is kept until it is on disk.
    fn kept(&self) -> usize {
        let (calls, live) = (self.calls.len() + self.journals.len(), self.live_jobs + self.forgotten.len());
        calls + live + self.plans.len() + self.contacts.len()
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Decisions { request, records } => self.decisions.push((request, records)),
            Job::Call(record) => self.calls.push(record),
            Job::Journal(journal) => self.journals.push(journal),
            Job::Live(row) => {
                self.live.insert(row.call, row);
                self.live_jobs += 1;
            }
            Job::Forget(call) => self.forgotten.push(call),
            Job::Contacts(rows) => self.contacts.push(rows),
            Job::Plan { digest, parts } => self.plans.push((digest, parts)),
            Job::Close => self.closing = true,
        }
    }

    /// One transaction. Returns whether it is on disk; if not, decisions are refused at once (a leg
    /// without a recorded decision is not placed), and calls are kept for the next try.
    fn write(&mut self) -> bool {
        let (calls, kept) = (self.calls.len(), self.kept());
        if kept + self.decisions.len() == 0 {
            return true;
        }
        let result = self.transaction();
        let durable = result.is_ok();
        self.shared.set_problem(result.err().map(|error| format!("records cannot be written: {error}")));
        let mut done = self.decisions.len();
        if durable {
            done += kept;
            self.shared.records.fetch_add(u64::try_from(calls).unwrap_or(0), Ordering::Relaxed);
            self.calls.clear();
            self.journals.clear();
            self.plans.clear();
            self.live.clear();
            self.live_jobs = 0;
            self.forgotten.clear();
            self.contacts.clear();
        }
        for (request, _) in self.decisions.drain(..) {
            (self.committed)(Committed { request, durable });
        }
        self.shared.waiting.fetch_sub(done, Ordering::Relaxed);
        durable
    }

    fn transaction(&mut self) -> rusqlite::Result<()> {
        let at_ms = i64::try_from(now().as_millis()).unwrap_or(i64::MAX);
        let transaction = self.connection.transaction()?;
        for record in self.decisions.iter().flat_map(|(_, records)| records) {
            row::insert_decision(&transaction, record, at_ms)?;
        }
        // A call that is over meanwhile is deleted again below.
        for live in self.live.values() {
            row::put_live(&transaction, live)?;
        }
        for record in &self.calls {
            row::insert_call(&transaction, record)?;
        }
        for call in &self.forgotten {
            row::forget(&transaction, call)?;
        }
        for row in self.contacts.iter().flatten() {
            row::put_contacts(&transaction, row)?;
        }
        for (digest, parts) in &self.plans {
            row::insert_plan(&transaction, *digest, parts)?;
        }
        for journal in &self.journals {
            row::insert_journal(&transaction, journal, at_ms)?;
        }
        transaction.commit()
    }
}

/// Time since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the store is shell: it dates decisions and bounds its waits")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
