//! One record a call, whose intervals tile it, with talk in it if there was talk; nothing happens to a call after its
//! record; no call is moved more often than the site allows, by its own count or by ours.

use std::collections::{BTreeMap, BTreeSet};

use super::{Found, Sight};
use crate::base::id::{CallId, TransferId};
use crate::base::time::{Micros, Mono};
use crate::call::order::CallEventKind;
use crate::call::record::{CallRecord, IntervalKind};
use crate::exchange::view::CallView;
use crate::sim::moment::Moment;
use crate::sim::world::Heard;

const RECORDS: &str = "records";
const HOPS: &str = "hops";

/// Talk that is shorter may have no interval of its own, which counts milliseconds.
const TALK: Micros = Micros::from_secs(1);

#[derive(Debug, Default)]
pub struct Calls {
    recorded: BTreeSet<CallId>,
    records: u64,
    /// The largest bound of the sites that were in force: a call keeps the one that it began with.
    max_hops: u32,
    /// Transfers that were begun, by call.
    transfers: BTreeMap<CallId, BTreeSet<TransferId>>,
    /// Since when the party served and another hear each other.
    talking: BTreeMap<CallId, Mono>,
    /// Calls that had their talk.
    talked: BTreeSet<CallId>,
}

impl Calls {
    pub fn see(&mut self, moment: &Moment, found: &mut Found) {
        if let Moment::Event(event) = moment
            && let CallEventKind::Transfer(view) = &event.kind
        {
            self.transfers.entry(view.call).or_default().insert(view.id);
        }
        if let Moment::Record(record) = moment {
            self.records += 1;
            if !self.recorded.insert(record.call_id) {
                found.add(RECORDS, format!("{} has two records", record.call_id));
            }
            let talk = record.intervals.iter().any(|i| i.kind == IntervalKind::Talk);
            if self.talked.remove(&record.call_id) && !talk {
                found.add(RECORDS, format!("{} had talk that its record does not show", record.call_id));
            }
            self.transfers.remove(&record.call_id);
            if let Some(what) = untrue(record) {
                found.add(RECORDS, format!("{}: {what}", record.call_id));
            }
        } else if let Some(call) = call_of(moment)
            && self.recorded.contains(&call)
        {
            found.add(RECORDS, format!("{call} has its record and goes on"));
        }
    }

    pub fn look(&mut self, sight: &Sight<'_>, max_hops: u32, found: &mut Found) {
        self.max_hops = self.max_hops.max(max_hops);
        self.talking.retain(|id, _| sight.calls.iter().any(|call| call.id == *id && talks(sight, call)));
        for call in sight.calls {
            let transfers = self.transfers.get(&call.id).map_or(0, BTreeSet::len);
            if call.hops > self.max_hops || u32::try_from(transfers).is_ok_and(|n| n > self.max_hops) {
                found.add(HOPS, format!("{} was moved {} times, by {transfers} transfers", call.id, call.hops));
            }
            if talks(sight, call) {
                let since = *self.talking.entry(call.id).or_insert(sight.now);
                if sight.now.since(since) >= TALK {
                    self.talked.insert(call.id);
                }
            }
            if self.recorded.contains(&call.id) {
                found.add(RECORDS, format!("{} has its record and is still there", call.id));
            }
        }
    }

    /// All is over; `lost` are calls that the exchange forgot when it was begun anew.
    pub fn close(&self, admitted: u64, lost: &BTreeSet<CallId>, found: &mut Found) {
        let owed = lost.iter().filter(|call| !self.recorded.contains(call)).count();
        if admitted != self.records + u64::try_from(owed).unwrap_or(0) {
            found.add(RECORDS, format!("{admitted} calls have {} records, {owed} were lost", self.records));
        }
    }
}

/// Whether the party that is served and another hear each other, and nothing else is going on.
fn talks(sight: &Sight<'_>, call: &CallView) -> bool {
    let hears = |l: &&super::Line<'_>| l.leg == call.subject && matches!(l.heard, Heard::Peer(_));
    call.state == "talking" && !call.parties.iter().any(|p| p.holding) && sight.lines.iter().any(|l| hears(&l))
}

/// The call that something happens to.
fn call_of(moment: &Moment) -> Option<CallId> {
    match moment {
        Moment::Step { call, .. }
        | Moment::Took { call, .. }
        | Moment::Asks { call, .. }
        | Moment::Told { call, .. } => Some(*call),
        _ => None,
    }
}

/// What is wrong with a record by itself.
fn untrue(record: &CallRecord) -> Option<&'static str> {
    let covers = match (record.intervals.first(), record.intervals.last()) {
        (Some(first), Some(last)) => first.from == record.started && last.to == record.ended,
        _ => record.started == record.ended,
    };
    if !covers {
        return Some("the intervals do not cover the call");
    }
    if record.intervals.iter().any(|i| i.to < i.from) {
        return Some("an interval ends before it begins");
    }
    if record.intervals.windows(2).any(|w| matches!(w, [a, b] if a.to != b.from || a.kind == b.kind)) {
        return Some("the intervals have a gap, an overlap or a seam");
    }
    let ids: BTreeSet<_> = record.parties.iter().map(|p| p.id).collect();
    if ids.len() != record.parties.len() {
        return Some("two parties have one id");
    }
    if record.parties.iter().any(|p| p.ended < p.started || p.answered.is_some_and(|a| a < p.started)) {
        return Some("a party ended before it began");
    }
    // One that came from another call when the two were joined may be older than this one.
    if record.parties.iter().any(|p| p.ended > record.ended) {
        return Some("a party outlasts its call");
    }
    None
}
