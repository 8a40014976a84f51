//! One record a call, whose intervals tile it; nothing happens to a call after its record; no call is moved more often
//! than the site allows.

use std::collections::BTreeSet;

use super::{Found, Sight};
use crate::base::id::CallId;
use crate::call::record::CallRecord;
use crate::sim::moment::Moment;

const RECORDS: &str = "records";
const HOPS: &str = "hops";

#[derive(Debug, Default)]
pub struct Calls {
    recorded: BTreeSet<CallId>,
    records: u64,
    /// The largest bound of the sites that were in force: a call keeps the one that it began with.
    max_hops: u32,
}

impl Calls {
    pub fn see(&mut self, moment: &Moment, found: &mut Found) {
        if let Moment::Record(record) = moment {
            self.records += 1;
            if !self.recorded.insert(record.call_id) {
                found.add(RECORDS, format!("{} has two records", record.call_id));
            }
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
        for call in sight.calls {
            if call.hops > self.max_hops {
                found.add(HOPS, format!("{} was moved {} times", call.id, call.hops));
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
