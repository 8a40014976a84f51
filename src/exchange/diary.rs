//! What one call's record will say, written down as it happens.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::tape::{Tape, Wire, fields};
use crate::base::id::CallId;
use crate::base::time::Wall;
use crate::call::record::{Interval, IntervalKind};

/// The intervals tile the call: each begins where the one before it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diary {
    /// The call that it all began with.
    pub root: CallId,
    pub started: Wall,
    pub answered: Option<Wall>,
    pub flows: Vec<Arc<str>>,
    pub tags: BTreeMap<Arc<str>, Arc<str>>,
    /// The language that a flow gave the call; it stays through `run`, queues and other flows.
    pub language: Option<Arc<str>>,
    closed: Vec<Interval>,
    current: (IntervalKind, Wall),
}

/// Intervals kept one by one; a call that changes more often has the rest in its last interval.
const MAX_INTERVALS: usize = 1_000;

/// Notices to one channel that a record keeps; a flow that goes round tells no more by telling more.
const MAX_NOTES: usize = 20;

impl Diary {
    pub fn new(call: CallId, now: Wall) -> Self {
        Self {
            root: call,
            started: now,
            answered: None,
            flows: Vec::new(),
            tags: BTreeMap::new(),
            language: None,
            closed: Vec::new(),
            current: (IntervalKind::Ring, now),
        }
    }

    /// From now on the caller is in this kind of interval. A wall clock that went back does not
    /// make a negative interval: the new one begins where the old one did.
    pub fn enter(&mut self, kind: IntervalKind, now: Wall) {
        let (current, since) = self.current;
        if current == kind || self.closed.len() >= MAX_INTERVALS {
            return;
        }
        let now = now.max(since);
        if now > since {
            self.closed.push(Interval { kind: current, from: since, to: now });
        }
        // What lasted no time leaves no seam between two stretches of one kind.
        let resumed = self.closed.pop_if(|last| last.kind == kind && last.to == now);
        self.current = (kind, resumed.map_or(now, |last| last.from));
    }

    /// A notice to a channel: kept among the tags as `notify.CHANNEL`, the second as
    /// `notify.CHANNEL.2`. No tag of a flow has a dot in its name.
    pub fn note(&mut self, channel: &str, text: &Arc<str>) {
        let name = |n: usize| if n == 1 { format!("notify.{channel}") } else { format!("notify.{channel}.{n}") };
        let free = (1..=MAX_NOTES).map(name).find(|name| !self.tags.contains_key(name.as_str()));
        if let Some(name) = free {
            self.tags.insert(Arc::from(name), text.clone());
        }
    }

    pub fn kind(&self) -> IntervalKind {
        self.current.0
    }

    /// All intervals, the last one ended now, and the end of the call.
    pub fn close(&self, now: Wall) -> (Vec<Interval>, Wall) {
        let (kind, since) = self.current;
        let end = now.max(since);
        let mut intervals = self.closed.clone();
        intervals.push(Interval { kind, from: since, to: end });
        (intervals, end)
    }
}

fields!(Diary: root, started, answered, flows, tags, language, closed, current);
