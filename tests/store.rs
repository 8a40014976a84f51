//! The store: groups, what is read back, upgrades, and a disk that fails.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test opens databases and stops at the first surprise"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use strowger::base::id::{CallId, DecisionId, PartyId, RequestId};
use strowger::base::time::Wall;
use strowger::call::cause::{Cause, CauseKind};
use strowger::call::leg::Origin;
use strowger::call::record::{CallRecord, HangupBy, Interval, IntervalKind, LegEnd, PartyRecord};
use strowger::policy::{Actor, DecisionRecord, Facts, Mode, Policy, RecordContext, Request, To, decide};
use strowger::store::{
    CAPACITY, Committed, ContactsRow, Handle, Parts, Store, StoredContacts, StoredJournal, StoredLive, VERSION,
};

/// Longer than any disk takes; reached only when the test fails.
const SOON: Duration = Duration::from_secs(20);

fn record(n: u128, answered: bool) -> CallRecord {
    let call_id = CallId(n);
    let start = Wall(1_000 * i64::try_from(n).unwrap());
    let end = Wall(start.0 + 900);
    let party = PartyRecord {
        id: PartyId { call: call_id, n: 1 },
        role: "caller",
        origin: Origin::Trunk("carrier".into()),
        number: "+442079460111".into(),
        started: start,
        ringing: None,
        answered: answered.then_some(Wall(start.0 + 100)),
        ended: end,
        cause: Cause { kind: CauseKind::Busy, status: Some(486) },
        transferred_by: None,
        reason: "call",
        hangup_by: Some(LegEnd::Itself),
    };
    CallRecord {
        call_id,
        root: CallId(0xa),
        started: start,
        answered: party.answered,
        ended: end,
        origin: party.origin.clone(),
        caller: party.number.clone(),
        dialed: "100".into(),
        flows: vec!["main_line".into()],
        hops: 2,
        cause: party.cause,
        hangup_by: HangupBy::Party(1),
        parties: vec![party],
        intervals: vec![Interval { kind: IntervalKind::Flow, from: start, to: end }],
        tags: BTreeMap::from([("reason".into(), "vip \"1\"; DROP TABLE calls".into())]),
        recordings: vec!["s-1.wav".into()],
    }
}

fn decision(n: u128) -> DecisionRecord {
    let policy = Policy::default();
    let request = Request {
        to: To::Number("112".to_owned()),
        mode: Mode::Blind,
        actor: Actor::Flow { name: "main_line".to_owned(), guarded: true },
        tainted: false,
        places_leg: true,
        feature: None,
    };
    let decided = decide(&policy, &request, &Facts::default());
    let context = RecordContext {
        decision: DecisionId(n),
        call: CallId(9),
        step: "choose".to_owned(),
        flow_revision: "1".to_owned(),
        policy_revision: policy.revision(),
        latency_us: 3,
    };
    DecisionRecord::new(context, &policy, &request, &decided)
}

fn open(path: &Path) -> (Store, Handle, mpsc::Receiver<Committed>) {
    let (sender, committed) = mpsc::channel();
    let (store, handle) = Store::open(path, move |group| sender.send(group).unwrap()).unwrap();
    (store, handle, committed)
}

#[test]
fn what_is_kept_is_read_back_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.db");
    let (store, handle, committed) = open(&path);
    handle.record(record(1, true));
    handle.record(record(2, false));
    handle.commit(RequestId(7), vec![decision(1), decision(2)]);
    assert_eq!(committed.recv_timeout(SOON).unwrap(), Committed { request: RequestId(7), durable: true });
    let reader = store.reader();
    assert_eq!(store.close(), 0);
    let calls = reader.calls(10).unwrap();
    assert_eq!(calls.iter().map(|c| c.started).collect::<Vec<_>>(), [2_000, 1_000]);
    assert_eq!(reader.calls(1).unwrap().len(), 1);
    let text = serde_json::to_string_pretty(&calls).unwrap();
    crate::syntax::golden("tests/store/calls.json", &(text + "\n"));
    let decisions = reader.decisions(10).unwrap();
    assert_eq!(decisions.len(), 2);
    let first = serde_json::to_value(decisions.first().unwrap()).unwrap();
    assert_eq!(first.get("reason").unwrap(), "EMERGENCY_ALWAYS_ALLOWED");
    assert_eq!(first.get("call_id").unwrap(), &CallId(9).to_string());
    assert!(first.get("at").unwrap().as_i64().unwrap() > 0, "a decision says when it was kept");
}

#[test]
fn a_decision_is_on_disk_when_it_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.db");
    let (sender, seen) = mpsc::channel();
    let looked = path.clone();
    let count = move |_| {
        // Another connection sees only what is committed.
        let other = rusqlite::Connection::open(&looked).unwrap();
        let rows: i64 = other.query_row("SELECT count(*) FROM decisions", [], |row| row.get(0)).unwrap();
        sender.send(rows).unwrap();
    };
    let (_store, handle) = Store::open(&path, count).unwrap();
    handle.commit(RequestId(1), vec![decision(1)]);
    assert_eq!(seen.recv_timeout(SOON).unwrap(), 1);
    handle.commit(RequestId(2), vec![decision(2), decision(3)]);
    assert_eq!(seen.recv_timeout(SOON).unwrap(), 3);
}

#[test]
fn every_request_is_answered_once_and_groups_share_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.db");
    let (store, handle, committed) = open(&path);
    let total: u32 = 3_000;
    for n in 0..total {
        handle.commit(RequestId(u64::from(n)), vec![decision(u128::from(n))]);
        handle.record(record(u128::from(n), true));
    }
    let answers: Vec<Committed> = (0..total).map(|_| committed.recv_timeout(SOON).unwrap()).collect();
    assert!(answers.iter().all(|a| a.durable));
    assert!(answers.iter().map(|a| a.request.0).eq(0..u64::from(total)), "in the order they were asked");
    let reader = store.reader();
    let health = handle.health();
    assert_eq!(health.problem, None);
    assert_eq!(store.close(), 0);
    assert_eq!(handle.health().records, u64::from(total), "all but the last few were written before");
    assert_eq!(reader.decisions(usize::MAX).unwrap().len(), strowger::store::MAX_ROWS);
    assert!(committed.try_recv().is_err(), "no request is answered twice");
}

#[test]
fn a_record_that_is_there_already_stays_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, handle, _committed) = open(&folder.path().join("records.db"));
    handle.record(record(1, true));
    handle.record(CallRecord { dialed: "999".into(), ..record(1, true) });
    handle.record(record(2, true));
    let reader = store.reader();
    assert_eq!(store.close(), 0);
    let dialed: Vec<String> = reader.calls(10).unwrap().into_iter().map(|c| c.dialed).collect();
    assert_eq!(dialed, ["100", "100"]);
}

#[test]
fn a_database_of_version_1_is_taken_to_this_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch(&crate::syntax::source("tests/store/v1.sql")).unwrap();
    let (store, handle, committed) = open(&path);
    handle.record(record(5, true));
    handle.commit(RequestId(1), vec![decision(1)]);
    handle.journal(CallId(5), CallId(5), 7, Box::from([4]));
    assert!(committed.recv_timeout(SOON).unwrap().durable);
    let reader = store.reader();
    store.close();
    assert!(reader.journal(CallId(5)).unwrap().is_some(), "a table of version 4");
    let calls = reader.calls(10).unwrap();
    assert_eq!(calls.iter().map(|c| c.started).collect::<Vec<_>>(), [5_000, 1_000], "the old record is kept");
    let old = calls.last().unwrap();
    assert_eq!((&old.root, &old.recordings), (&old.call_id, &serde_json::json!([])), "and is a call by itself");
    let party = serde_json::json!([{"role": "caller", "sipStatus": null, "transferredBy": "p-1", "hangupBy": "us"}]);
    assert_eq!(old.parties, party, "in the spelling of today");
    assert_eq!(reader.decisions(10).unwrap().len(), 1);
    let after = rusqlite::Connection::open(&path).unwrap();
    let version: i64 = after.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(usize::try_from(version).unwrap(), VERSION);
}

#[test]
fn what_is_no_database_of_ours_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: &Path| Store::open(path, |_| {}).map(|_| ()).unwrap_err().to_string();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "this is a letter to my bank, and not a database at all, really".repeat(20)).unwrap();
    assert!(refused(&text).contains("not a database"), "{}", refused(&text));
    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE calls (x)").unwrap();
    assert!(refused(&other).contains("another program"), "{}", refused(&other));
    let later = folder.path().join("later.db");
    let connection = rusqlite::Connection::open(&later).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    assert!(refused(&later).contains("later version"), "{}", refused(&later));
    assert!(refused(&folder.path().join("no/such/folder.db")).contains("cannot be opened"));
}

#[test]
fn a_disk_that_fails_refuses_decisions_and_keeps_records() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.db");
    let (store, handle, committed) = open(&path);
    handle.commit(RequestId(1), vec![decision(1)]);
    assert!(committed.recv_timeout(SOON).unwrap().durable);
    assert!(handle.healthy());
    // A table that is gone fails every insert, as a full disk would.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("ALTER TABLE calls RENAME TO hidden").unwrap();
    handle.record(record(1, true));
    handle.commit(RequestId(2), vec![decision(2)]);
    assert_eq!(committed.recv_timeout(SOON).unwrap(), Committed { request: RequestId(2), durable: false });
    assert!(handle.health().problem.unwrap().contains("cannot be written"));
    // The refused decision is counted out just after it was told.
    let told = Instant::now();
    while handle.health().waiting > 1 && told.elapsed() < SOON {
        std::thread::yield_now();
    }
    assert_eq!(handle.health().waiting, 1, "the record is kept");
    other.execute_batch("ALTER TABLE hidden RENAME TO calls").unwrap();
    let waiting = Instant::now();
    while !handle.healthy() && waiting.elapsed() < SOON {
        std::thread::yield_now();
    }
    let reader = store.reader();
    assert_eq!((handle.healthy(), store.close()), (true, 0));
    assert_eq!(reader.calls(10).unwrap().len(), 1, "and written when the disk is back");
    assert_eq!(reader.decisions(10).unwrap().len(), 1, "a refused decision is not written later");
}

#[test]
fn a_backlog_is_seen_before_the_queue_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.db");
    // The thread waits in the callback, as it would for a slow disk.
    let (release, wait) = mpsc::channel::<()>();
    let (entered, reached) = mpsc::channel();
    let (store, handle) = Store::open(&path, move |_| {
        entered.send(()).unwrap();
        let _ = wait.recv();
    })
    .unwrap();
    // Dropped before the store, which waits for its thread: a failure must not hang.
    let release = release;
    handle.commit(RequestId(1), Vec::new());
    reached.recv_timeout(SOON).unwrap();
    for n in 0..CAPACITY / 5 * 4 - 2 {
        handle.record(record(u128::try_from(n).unwrap(), true));
    }
    assert!(!handle.is_backlogged());
    handle.record(record(1_000_000, true));
    assert!(handle.is_backlogged());
    drop(release);
    assert_eq!(store.close(), 0, "nothing is dropped");
    assert!(!handle.is_backlogged());
}

#[test]
fn a_journal_is_read_back_with_what_its_plan_consisted_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.db");
    let (store, handle, _committed) = open(&path);
    let parts = Parts {
        site: "0a".to_owned(),
        flows: BTreeMap::from([("main".to_owned(), "0b".to_owned())]),
        policies: BTreeMap::new(),
    };
    handle.plan(u64::MAX, parts.clone());
    handle.plan(u64::MAX, parts.clone());
    handle.record(record(1, true));
    handle.journal(CallId(1), CallId(0xa), u64::MAX, Box::from([1, 2, 3]));
    handle.journal(CallId(2), CallId(2), 7, Box::from([4]));
    let reader = store.reader();
    assert_eq!(store.close(), 0);
    assert_eq!(reader.journal(CallId(1)).unwrap(), Some(StoredJournal { bytes: vec![1, 2, 3], parts: Some(parts) }));
    assert_eq!(reader.journal(CallId(2)).unwrap(), Some(StoredJournal { bytes: vec![4], parts: None }));
    assert_eq!(reader.journal(CallId(3)).unwrap(), None);
}

#[test]
fn a_live_call_is_kept_until_its_record_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.db");
    let (store, handle, _committed) = open(&path);
    handle.live(CallId(1), Box::from([1]), Box::from([7]));
    handle.live(CallId(1), Box::from([2]), Box::from([8]));
    handle.live(CallId(2), Box::from([3]), Box::from([9]));
    handle.live(CallId(3), Box::from([4]), Box::from([]));
    handle.forget(CallId(3).to_string());
    let reader = store.reader();
    assert_eq!(store.close(), 0, "every job is counted out");
    let kept = |n: u128, kept: u8, dialogs: u8| StoredLive {
        call: CallId(n).to_string(),
        kept: vec![kept],
        dialogs: vec![dialogs],
    };
    assert_eq!(reader.live().unwrap(), [kept(1, 2, 8), kept(2, 3, 9)], "the newest of each");
    // The next process, in which one of them ends.
    let (store, handle, _committed) = open(&path);
    handle.record(record(1, true));
    let reader = store.reader();
    assert_eq!(store.close(), 0);
    assert_eq!(reader.live().unwrap(), [kept(2, 3, 9)]);
}

#[test]
fn where_users_can_be_reached_is_kept_as_it_was_told_last() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.db");
    let (store, handle, _committed) = open(&path);
    let row = |user: &str, contacts: Option<u8>| ContactsRow {
        user: user.into(),
        contacts: contacts.map(|byte| Box::from([byte])),
    };
    handle.contacts(vec![row("us_dana", Some(1)), row("us_ravi", Some(2)), row("us_lee", None)]);
    handle.contacts(vec![row("us_dana", Some(3)), row("us_ravi", None)]);
    let reader = store.reader();
    assert_eq!(store.close(), 0, "every job is counted out");
    assert_eq!(reader.contacts().unwrap(), [StoredContacts { user: "us_dana".into(), contacts: vec![3] }]);
}
