//! Call records, journals, decisions, and what the next process goes on from, kept in SQLite. One thread owns the database's only writing
//! connection; nobody else ever waits for the disk.
//!
//! It stores and lists; it counts nothing and decides nothing. What is in the queue is written in
//! groups, one transaction and one fsync each, so that a busy exchange costs as many fsyncs a
//! second as the disk can do and no more.

mod plan;
mod queue;
mod reader;
mod row;
mod schema;
mod writer;

pub use plan::Parts;
pub use queue::{CAPACITY, Committed, ContactsRow, DATABASE, Handle, Health, Store};
pub use reader::{MAX_ROWS, Reader, StoredCall, StoredContacts, StoredDecision, StoredEnd, StoredJournal, StoredLive};
pub use schema::{OpenError, VERSION};
