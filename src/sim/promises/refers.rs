//! Each REFER of a leg that is there has exactly one answer; one that was accepted has exactly one final NOTIFY, the
//! last; one that was refused has none (RFC 3515).

use std::collections::{BTreeMap, BTreeSet};

use super::Found;
use crate::base::id::LegId;
use crate::call::leg::ReferToken;
use crate::sim::moment::Moment;

const PROMISE: &str = "refers";

#[derive(Debug)]
struct Asked {
    leg: LegId,
    /// The exchange had not heard that the leg is over.
    known: bool,
    answered: Option<u16>,
    /// The final NOTIFY's.
    notified: Option<u16>,
}

#[derive(Debug, Default)]
pub struct Refers {
    asked: BTreeMap<ReferToken, Asked>,
    /// Legs that are there.
    legs: BTreeSet<LegId>,
}

impl Refers {
    pub fn see(&mut self, moment: &Moment, found: &mut Found) {
        match moment {
            Moment::Dialled { leg, .. } | Moment::Placed { leg, .. } => {
                self.legs.insert(*leg);
            }
            Moment::HangsUp { leg }
            | Moment::Ended { leg, .. }
            | Moment::Refused { leg, .. }
            | Moment::TargetFailed { leg, .. } => {
                self.legs.remove(leg);
            }
            Moment::Refers { leg, token, .. } => {
                let known = self.legs.contains(leg);
                self.asked.insert(*token, Asked { leg: *leg, known, answered: None, notified: None });
            }
            Moment::ReferAnswered { token, status, .. } => self.answered(*token, *status, found),
            Moment::Notified { token, status, .. } => self.notified(*token, *status, found),
            _ => {}
        }
    }

    fn answered(&mut self, token: ReferToken, status: u16, found: &mut Found) {
        match self.asked.get_mut(&token) {
            None => found.add(PROMISE, format!("REFER {} was never sent and is answered {status}", token.0)),
            Some(Asked { answered: Some(before), .. }) => {
                found.add(PROMISE, format!("REFER {} is answered {status} after {before}", token.0));
            }
            Some(asked) => asked.answered = Some(status),
        }
    }

    fn notified(&mut self, token: ReferToken, status: u16, found: &mut Found) {
        let n = token.0;
        let Some(asked) = self.asked.get_mut(&token) else {
            found.add(PROMISE, format!("REFER {n} was never sent and has a NOTIFY of {status}"));
            return;
        };
        if asked.answered != Some(ACCEPTED) {
            found.add(PROMISE, format!("REFER {n} has a NOTIFY of {status} and was not accepted"));
        }
        if let Some(before) = asked.notified {
            found.add(PROMISE, format!("REFER {n} has a NOTIFY of {status} after the final {before}"));
        }
        if status >= 200 {
            asked.notified = Some(status);
        }
    }

    /// Whether the leg's silence is its own: it gave its peer away, and that has not failed.
    pub fn excuses(&self, leg: LegId) -> bool {
        let given = |a: &Asked| a.answered == Some(ACCEPTED) && a.notified.is_none_or(|status| status < 300);
        self.asked.values().any(|a| a.leg == leg && given(a))
    }

    /// All is over.
    pub fn close(&self, found: &mut Found) {
        for (token, asked) in &self.asked {
            if asked.answered.is_none() && asked.known {
                found.add(PROMISE, format!("REFER {} has no answer", token.0));
            }
            if asked.answered == Some(ACCEPTED) && asked.notified.is_none() {
                found.add(PROMISE, format!("REFER {} was accepted and has no final NOTIFY", token.0));
            }
        }
    }
}

const ACCEPTED: u16 = 202;
