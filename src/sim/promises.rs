//! The exchange's promises, checked from outside: after every input, and when all is over. What it
//! finds is what a caller, an auditor or an operator would complain of.

use std::collections::{BTreeMap, BTreeSet};

use super::moment::Moment;
use super::world::{Heard, World};
use crate::base::id::LegId;
use crate::call::record::CallRecord;
use crate::exchange::view::CallView;

/// Broken promises that are kept of one world; one is enough to fail.
const MAX_BROKEN: usize = 20;

/// What has to be remembered between two inputs.
#[derive(Debug, Default)]
pub struct Promises {
    /// Moments of the trace that were looked at.
    seen: usize,
    /// Decisions by id: verdict and number.
    decided: BTreeMap<String, (&'static str, Option<String>)>,
    on_disk: BTreeSet<String>,
    /// Offers of queues that were judged when they were made.
    offered: BTreeSet<LegId>,
}

impl Promises {
    /// Whether a decision on disk allows exactly this number.
    fn is_allowed(&self, number: &str, decision: &str) -> bool {
        let decided = self.decided.get(decision);
        let allowed = decided.is_some_and(|(verdict, to)| *verdict == "allow" && to.as_deref() == Some(number));
        allowed && self.on_disk.contains(decision)
    }
}

impl World {
    /// After every input.
    pub(super) fn watch(&mut self) {
        let mut broken = self.exchange.broken_invariants();
        self.watch_outside(&mut broken);
        let calls = self.exchange.calls();
        self.watch_agents(&calls, &mut broken);
        self.watch_silence(&calls, &mut broken);
        for what in broken {
            if self.broken.len() < MAX_BROKEN {
                self.broken.push(format!("at {} us: {what}", self.now.mono.0));
            }
        }
    }

    /// No outside leg without an allowing decision on disk, for exactly that number.
    fn watch_outside(&mut self, broken: &mut Vec<String>) {
        let promises = &mut self.promises;
        for (_, moment) in self.trace.iter().skip(promises.seen) {
            match moment {
                Moment::Decided { record } => {
                    let entry = (record.verdict, record.request.number.clone());
                    promises.decided.insert(record.decision_id.clone(), entry);
                }
                Moment::Disk { decisions, works: true } => promises.on_disk.extend(decisions.iter().cloned()),
                Moment::Placed { to, outside: Some(outside), .. } if !promises.is_allowed(to, &outside.decision) => {
                    broken.push(format!("`{to}` was called outside without a recorded permission"));
                }
                Moment::Asks { outside, verb, .. } => {
                    let stray = outside.iter().filter(|(to, decision)| !promises.is_allowed(to, decision));
                    broken
                        .extend(stray.map(|(to, _)| format!("`{verb}` may call `{to}` without a recorded permission")));
                }
                _ => {}
            }
        }
        promises.seen = self.trace.len();
    }

    /// A queue offers a call to no agent who is on one, and to each agent one call at a time.
    fn watch_agents(&mut self, calls: &[CallView], broken: &mut Vec<String>) {
        let parties = || calls.iter().flat_map(|c| &c.parties);
        let fresh: Vec<_> = parties()
            .filter(|p| p.role == "agent" && p.state == "ringing" && !self.promises.offered.contains(&p.leg))
            .collect();
        for offer in &fresh {
            let busy = parties().any(|p| {
                let occupied =
                    matches!(p.state, "up" | "offered" | "answering") || p.role == "agent" && p.state == "ringing";
                p.user == offer.user && p.id.call != offer.id.call && occupied
            });
            if busy {
                broken.push(format!("a queue offered a call to `{}`, who has one", offer.number));
            }
        }
        let legs: Vec<LegId> = fresh.iter().map(|p| p.leg).collect();
        self.promises.offered.extend(legs);
    }

    /// Nobody who waits for somebody hears nothing, and who talks hears the other or music.
    fn watch_silence(&self, calls: &[CallView], broken: &mut Vec<String>) {
        for call in calls {
            let subject = call.parties.iter().find(|p| p.leg == call.subject);
            if subject.is_none_or(|p| p.state != "up") {
                continue;
            }
            let heard = self.heard(call.subject);
            let alone = match call.state {
                "deciding" | "ringing" | "queued" => !matches!(heard, Some(Heard::Audio(_)) | None),
                "talking" => matches!(heard, Some(Heard::Nothing)) && !self.holds_or_left(call),
                _ => false,
            };
            if alone {
                broken.push(format!("the party served is {} and hears nothing", call.state));
            }
        }
    }

    /// Whether silence is the subject's own doing, or its peer has just left.
    fn holds_or_left(&self, call: &CallView) -> bool {
        call.parties.iter().any(|p| p.holding && p.leg == call.subject)
            || call.parties.iter().any(|p| p.state == "up" && !self.exists(p.leg))
    }

    /// When every far end has hung up and time has passed: nothing is left of any call.
    pub fn left_over(&self) -> Vec<String> {
        let mut broken = self.broken.clone();
        let exchange = &self.exchange;
        let left = [
            ("calls", exchange.live_calls()),
            ("legs", exchange.live_legs()),
            ("permits", exchange.held_permits()),
            ("timers", exchange.live_timers()),
            ("requests", exchange.open_requests()),
            ("callers in queues", exchange.waiting().iter().map(|(_, n)| n).sum()),
            ("agents who are offered a call", exchange.offered_agents()),
            ("far ends", self.legs.len()),
        ];
        broken.extend(left.iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("{n} {what} are left")));
        let records: Vec<&CallRecord> = self
            .trace
            .iter()
            .filter_map(|(_, m)| match m {
                Moment::Record(record) => Some(&**record),
                _ => None,
            })
            .collect();
        let calls = exchange.counters().calls;
        if u64::try_from(records.len()).ok() != Some(calls) {
            broken.push(format!("{calls} calls have {} records", records.len()));
        }
        let ids: BTreeSet<_> = records.iter().map(|r| r.call_id).collect();
        if ids.len() != records.len() {
            broken.push("a call has two records".to_owned());
        }
        broken.extend(records.iter().filter_map(|r| untrue(r)));
        if exchange.counters().faults > 0 {
            broken.push(format!("{} calls were ended for a fault", exchange.counters().faults));
        }
        broken
    }
}

/// What is wrong with a record by itself.
fn untrue(record: &CallRecord) -> Option<String> {
    let call = record.call_id;
    let (first, last) = (record.intervals.first()?, record.intervals.last()?);
    if first.from != record.started || last.to != record.ended {
        return Some(format!("{call}: the intervals do not cover the call"));
    }
    if record.intervals.windows(2).any(|w| matches!(w, [a, b] if a.to != b.from || a.kind == b.kind)) {
        return Some(format!("{call}: the intervals have a gap, an overlap or a seam"));
    }
    let ids: BTreeSet<_> = record.parties.iter().map(|p| p.id).collect();
    if ids.len() != record.parties.len() {
        return Some(format!("{call}: two parties have one id"));
    }
    let backwards = record.parties.iter().any(|p| p.ended < p.started || p.answered.is_some_and(|a| a < p.started));
    backwards.then(|| format!("{call}: a party ended before it began"))
}
