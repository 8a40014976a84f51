//! What happened how often in explored worlds: kinds of calls, kinds of transfers and what became of them, endings of
//! calls. A simulator that never does a thing says nothing about it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::moment::Moment;
use crate::base::id::{CallId, OrderId, TransferId};
use crate::base::time::Mono;
use crate::call::cause::Cause;
use crate::call::leg::ReferToken;
use crate::call::order::{CallEventKind, Order, Refused, TransferState, TransferView};
use crate::call::spec::TransferMode;
use crate::exchange::view::CallView;
use crate::site::model::Site;

/// Counts by kind of thing, then by thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    counts: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// Kinds of transfers by what became of them.
    transfers: BTreeMap<(String, String), u64>,
}

/// Who called, and what was dialled.
pub const CALLS: &str = "calls";
/// The cause in the record.
pub const ENDINGS: &str = "endings";
/// Who transferred, and how.
pub const TRANSFERS: &str = "transfers";
/// How transfers ended.
pub const STATES: &str = "terminal states";
/// Why those failed that did.
pub const OUTCOMES: &str = "outcomes";
/// States that calls came to be in.
pub const CALL_STATES: &str = "states of calls";
/// Why legs were there, by the records.
pub const LEGS: &str = "legs";
/// What else happened, by the way.
pub const MOMENTS: &str = "moments";

impl Distribution {
    fn count(&mut self, dimension: &'static str, what: impl Into<String>) {
        let n = self.counts.entry(dimension).or_default().entry(what.into()).or_default();
        *n = n.saturating_add(1);
    }

    /// `why` is empty where the state says it all.
    fn transfer(&mut self, kind: &str, state: &str, why: &str) {
        self.count(TRANSFERS, kind);
        self.count(STATES, state);
        // That the caller left is a state, and counted there.
        match why {
            "" | "caller_abandoned" => {}
            key if key.chars().count() == 1 => self.count(MOMENTS, "left a queue by a key"),
            why => self.count(OUTCOMES, why),
        }
        let became = format!("{state} {why}").trim_end().to_owned();
        let n = self.transfers.entry((kind.to_owned(), became)).or_default();
        *n = n.saturating_add(1);
    }

    /// Adds what happened in other worlds.
    pub fn add(&mut self, other: &Distribution) {
        for (dimension, counts) in &other.counts {
            let mine = self.counts.entry(dimension).or_default();
            for (what, n) in counts {
                *mine.entry(what.clone()).or_default() += n;
            }
        }
        for (key, n) in &other.transfers {
            *self.transfers.entry(key.clone()).or_default() += n;
        }
    }

    pub fn get(&self, dimension: &str, what: &str) -> u64 {
        self.counts.get(dimension).and_then(|counts| counts.get(what)).copied().unwrap_or(0)
    }

    pub fn total(&self, dimension: &str) -> u64 {
        self.counts.get(dimension).map_or(0, |counts| counts.values().sum())
    }

    /// What there is less of than this share of its dimension, in words.
    pub fn rarer_than(&self, percent: u64, dimension: &str) -> Vec<String> {
        let total = self.total(dimension);
        let counts = self.counts.get(dimension).into_iter().flatten();
        let rare = counts.filter(|(_, n)| n.saturating_mul(100) < total.saturating_mul(percent));
        rare.map(|(what, n)| format!("{dimension}: `{what}` is {n} of {total}")).collect()
    }
}

/// A table a dimension, then the transfers by kind and outcome.
impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (dimension, counts) in &self.counts {
            let total = self.total(dimension).max(1);
            writeln!(f, "{dimension}: {total}")?;
            for (what, n) in counts {
                let permille = n.saturating_mul(1000) / total;
                writeln!(f, "  {n:>9} {:>3}.{} %  {what}", permille / 10, permille % 10)?;
            }
        }
        writeln!(f, "transfers by outcome:")?;
        for ((kind, outcome), n) in &self.transfers {
            writeln!(f, "  {n:>9}  {kind:<22} {outcome}")?;
        }
        Ok(())
    }
}

/// Counts while a world runs.
#[derive(Debug, Default)]
pub struct Tally {
    distribution: Distribution,
    seen: usize,
    /// Flows' transfers that failed in the turn at hand, by call: those that were begun, and all.
    begun: BTreeMap<CallId, u32>,
    ended: Vec<(CallId, String)>,
    /// What REFERs ask for, until they are answered.
    refers: BTreeMap<ReferToken, &'static str>,
    /// Orders of transfers without an answer yet.
    asked: BTreeMap<OrderId, TransferMode>,
    /// Transfers of the events: the newest view of each.
    views: BTreeMap<TransferId, TransferView>,
    /// Orders that began one.
    ordered: BTreeMap<TransferId, OrderId>,
    /// In which state each call was last.
    states: BTreeMap<CallId, &'static str>,
    /// Transfers that all three came to talk in.
    three: BTreeSet<TransferId>,
}

impl Tally {
    /// `trace` is the whole trace of the world, of which only what is new is counted.
    pub fn look(&mut self, trace: &[(Mono, Moment)], site: &Site) {
        for (_, moment) in trace.iter().skip(self.seen) {
            self.see(moment, site);
        }
        self.seen = trace.len();
        self.turn_over();
    }

    /// `calls` are those that are live.
    pub fn look_at(&mut self, calls: &[CallView]) {
        for call in calls {
            if self.states.insert(call.id, call.state) != Some(call.state) {
                self.distribution.count(CALL_STATES, call.state);
            }
        }
    }

    /// Everything until now.
    pub fn distribution(&self) -> Distribution {
        let mut all = self.distribution.clone();
        // What has no end was forgotten with the exchange that began it.
        for view in self.views.values().filter(|view| view.state.is_final()) {
            let why = if BRIDGED.contains(&view.state) { None } else { view.outcome };
            all.transfer(&self.kind_of(view), view.state.name(), why.unwrap_or_default());
        }
        all
    }

    fn see(&mut self, moment: &Moment, site: &Site) {
        let counts = &mut self.distribution;
        match moment {
            Moment::Dialled { by, to, .. } => {
                let who = if by.is_some() { "phone" } else { "trunk" };
                counts.count(CALLS, format!("{who} to {}", dialled(to, site)));
            }
            Moment::Record(record) => {
                counts.count(ENDINGS, record.cause.kind.to_string());
                self.states.remove(&record.call_id);
                for party in &record.parties {
                    counts.count(LEGS, party.reason);
                }
            }
            // Messages to who waits are arms that time takes, and no outcome.
            Moment::Took { verb: "enqueue", outcome: None, .. } => {}
            Moment::Took { verb: "transfer" | "enqueue", outcome, label, call } => {
                let outcome = outcome.as_ref().unwrap_or(label);
                // What ended was bridged before.
                if &**outcome != "ended" {
                    self.ended.push((*call, outcome.to_string()));
                }
            }
            Moment::Refers { token, to, attended, .. } => {
                let queue = site.queue_of_extension(to).is_some();
                let how = if queue { "phone to queue" } else { "phone blind" };
                self.refers.insert(*token, if *attended { "phone attended" } else { how });
            }
            Moment::ReferAnswered { token, status, .. } => {
                let kind = self.refers.remove(token).filter(|_| *status != 202);
                if let Some(kind) = kind {
                    counts.transfer(kind, "refused", &Cause::from_status(*status).kind.to_string());
                }
            }
            Moment::Ordered { id, order } => {
                if let Order::Transfer { mode, .. } = &**order {
                    self.asked.insert(*id, *mode);
                }
            }
            Moment::Event(event) => {
                if let CallEventKind::Transfer(view) = &event.kind {
                    if view.state == TransferState::Conference {
                        self.three.insert(view.id);
                    }
                    if view.from.is_none() && view.state.is_final() {
                        let n = self.begun.entry(view.call).or_default();
                        *n = n.saturating_add(1);
                    }
                    self.views.insert(view.id, (**view).clone());
                }
            }
            Moment::OrderAnswered { id, result: Ok(taken) } => {
                if let Some((transfer, _)) = taken.transfer {
                    self.ordered.entry(transfer).or_insert(*id);
                }
                counts.count(MOMENTS, "order taken");
            }
            Moment::OrderAnswered { id, result: Err(refused) } => {
                counts.count(MOMENTS, "order refused");
                if let Some(mode) = self.asked.remove(id) {
                    counts.transfer(&format!("api {}", mode_name(mode)), "refused", refusal(refused));
                }
            }
            Moment::Talk { .. } => counts.count(MOMENTS, "talk"),
            Moment::Holds { .. } => counts.count(MOMENTS, "hold"),
            Moment::Restarted => counts.count(MOMENTS, "restart"),
            Moment::Disk { works: false, .. } => counts.count(MOMENTS, "disk failed"),
            Moment::Decided { record } => counts.count(MOMENTS, format!("decided {}", record.reason)),
            _ => {}
        }
    }

    /// Statements that ended without a transfer that was begun had theirs refused.
    fn turn_over(&mut self) {
        for (call, outcome) in std::mem::take(&mut self.ended) {
            match self.begun.get_mut(&call).filter(|n| **n > 0) {
                Some(n) => *n -= 1,
                None => {
                    let queue = matches!(outcome.as_str(), "no_agents" | "full" | "closed" | "ewt_exceeded");
                    let kind = if queue { "flow to queue" } else { "flow blind" };
                    self.distribution.transfer(kind, "refused", &outcome);
                }
            }
        }
        self.begun.clear();
    }

    fn kind_of(&self, view: &TransferView) -> String {
        let asked = match (&view.from, self.ordered.contains_key(&view.id)) {
            (_, true) => "api",
            (Some(_), false) => "phone",
            (None, false) => "flow",
        };
        if self.three.contains(&view.id) {
            return "three-way".to_owned();
        }
        let how = if view.target.starts_with("queue ") { "to queue" } else { mode_name(view.mode) };
        format!("{asked} {how}")
    }
}

const BRIDGED: [TransferState; 2] = [TransferState::Completed, TransferState::Conference];

fn mode_name(mode: TransferMode) -> &'static str {
    if mode == TransferMode::Blind { "blind" } else { "attended" }
}

/// Why an order of a transfer was not taken, in one word.
fn refusal(refused: &Refused) -> &'static str {
    match refused {
        Refused::NoSuchCall | Refused::NoSuchTransfer => "unknown",
        Refused::NotAParty => "not a party",
        Refused::WrongState { .. } => "wrong state",
        Refused::Denied { .. } => "denied",
        Refused::Target { outcome, .. } => outcome,
    }
}

fn dialled(to: &str, site: &Site) -> &'static str {
    if site.numbers.flow(to).is_some() {
        "flow"
    } else if site.user_of_extension(to).is_some() {
        "user"
    } else if site.queue_of_extension(to).is_some() {
        "queue"
    } else {
        "number"
    }
}
