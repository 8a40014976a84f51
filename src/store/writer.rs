//! The writer's thread: takes everything that waits, writes it in one transaction, acknowledges.

use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::Connection;

use super::{Acknowledge, State, Write, rows};

/// Writes in one transaction: bounds how long the first of them waits for the last.
const GROUP: usize = 512;
/// Between two tries while the disk refuses.
const RETRY: Duration = Duration::from_millis(200);
/// Tries of a group at the stop, when nobody will come to mend the disk.
const LAST_TRIES: u32 = 5;

pub(super) fn run(mut connection: Connection, inbox: &Receiver<Write>, state: &State, acknowledge: &Acknowledge) {
    let mut stopping = false;
    while !stopping {
        let Ok(first) = inbox.recv() else { return };
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(more) = inbox.try_recv()
        {
            group.push(more);
        }
        stopping = group.iter().any(|w| matches!(w, Write::Stop));
        write_group(&mut connection, group, stopping, state, acknowledge);
    }
}

/// Decisions that cannot be written fail at once: their calls wait. Records are tried until they
/// are written: they have nobody who could ask again.
fn write_group(
    connection: &mut Connection,
    mut group: Vec<Write>,
    stopping: bool,
    state: &State,
    acknowledge: &Acknowledge,
) {
    let taken = group.len();
    let mut tries = 0;
    loop {
        let written = write(connection, &group);
        state.failing.store(written.is_err(), Ordering::Relaxed);
        for item in &group {
            if let Write::Decisions { request, .. } = item {
                acknowledge(*request, written.is_ok());
            }
        }
        let Err(error) = written else { break };
        tracing::error!(%error, "records cannot be written; trying again");
        group.retain(|w| matches!(w, Write::Record(_)));
        tries += 1;
        if group.is_empty() || (stopping && tries >= LAST_TRIES) {
            break;
        }
        std::thread::sleep(RETRY);
    }
    state.waiting.fetch_sub(taken, Ordering::Relaxed);
}

fn write(connection: &mut Connection, group: &[Write]) -> rusqlite::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "the shell reads the wall clock")]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let at_ms = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
    let transaction = connection.transaction()?;
    for item in group {
        match item {
            Write::Decisions { decisions, .. } => {
                for decision in decisions {
                    rows::insert_decision(&transaction, decision, at_ms)?;
                }
            }
            Write::Record(record) => rows::insert_call(&transaction, record)?,
            Write::Stop => {}
        }
    }
    transaction.commit()
}
