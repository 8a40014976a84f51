//! No outside leg without a decision that allows exactly its number and was on disk before the leg was placed.

use std::collections::{BTreeMap, BTreeSet};

use super::Found;
use crate::sim::moment::Moment;

const PROMISE: &str = "outside";

#[derive(Debug, Default)]
pub struct Outside {
    /// Decisions by id: verdict and number.
    decided: BTreeMap<String, (&'static str, Option<String>)>,
    on_disk: BTreeSet<String>,
    /// Decisions whose leg was placed: an allowance is for one.
    used: BTreeSet<String>,
}

impl Outside {
    pub fn see(&mut self, moment: &Moment, found: &mut Found) {
        match moment {
            Moment::Decided { record } => {
                let entry = (record.verdict, record.request.number.clone());
                self.decided.insert(record.decision_id.clone(), entry);
            }
            Moment::Disk { decisions, works: true } => self.on_disk.extend(decisions.iter().cloned()),
            Moment::Placed { to, outside: Some(outside), .. } => {
                if !self.is_allowed(to, &outside.decision) {
                    found.add(PROMISE, format!("`{to}` was called outside without a recorded permission"));
                } else if !self.used.insert(outside.decision.clone()) {
                    found.add(PROMISE, format!("`{to}` was called twice by one permission"));
                }
            }
            Moment::Asks { outside, verb, .. } => {
                for (to, _) in outside.iter().filter(|(to, decision)| !self.is_allowed(to, decision)) {
                    found.add(PROMISE, format!("`{verb}` may call `{to}` without a recorded permission"));
                }
            }
            _ => {}
        }
    }

    /// Whether a decision on disk allows exactly this number.
    fn is_allowed(&self, number: &str, decision: &str) -> bool {
        let decided = self.decided.get(decision);
        let allowed = decided.is_some_and(|(verdict, to)| *verdict == "allow" && to.as_deref() == Some(number));
        allowed && self.on_disk.contains(decision)
    }
}
