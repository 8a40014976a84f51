//! Ringing one target on one or several legs until one answers, or none can.
//!
//! Decides who won and why it failed; placing and ending legs is the exchange's.

use super::cause::{Cause, CauseKind};
use crate::base::id::LegId;

/// What became of the whole attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialled {
    /// This leg answered; every other is to be ended.
    Answered(LegId),
    /// No leg is left; the most telling cause of all.
    Failed(Cause),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Attempt {
    leg: LegId,
    ringing: bool,
    failed: Option<Cause>,
}

/// The legs of one attempt.
#[derive(Clone, Debug, Default)]
pub struct Dial {
    attempts: Vec<Attempt>,
    answered: Option<LegId>,
    timed_out: bool,
}

impl Dial {
    pub fn new(legs: impl IntoIterator<Item = LegId>) -> Self {
        let attempts = legs.into_iter().map(|leg| Attempt { leg, ringing: false, failed: None }).collect();
        Self { attempts, answered: None, timed_out: false }
    }

    pub fn contains(&self, leg: LegId) -> bool {
        self.attempts.iter().any(|a| a.leg == leg)
    }

    /// Legs that are neither answered nor failed.
    pub fn open(&self) -> impl Iterator<Item = LegId> + '_ {
        self.attempts.iter().filter(|a| a.failed.is_none() && self.answered != Some(a.leg)).map(|a| a.leg)
    }

    /// True for the first leg that rings: the moment the caller hears ringback.
    pub fn ringing(&mut self, leg: LegId) -> bool {
        let first = self.attempts.iter().all(|a| !a.ringing);
        match self.attempts.iter_mut().find(|a| a.leg == leg) {
            Some(attempt) if self.answered.is_none() => {
                attempt.ringing = true;
                first
            }
            _ => false,
        }
    }

    /// A leg answered. `None` if another was first or time was up: this one is to be ended.
    pub fn answered(&mut self, leg: LegId) -> Option<Dialled> {
        if self.answered.is_some() || self.timed_out || !self.contains(leg) {
            return None;
        }
        self.answered = Some(leg);
        Some(Dialled::Answered(leg))
    }

    /// A leg failed; some if it was the last.
    pub fn failed(&mut self, leg: LegId, cause: Cause) -> Option<Dialled> {
        let attempt = self.attempts.iter_mut().find(|a| a.leg == leg && a.failed.is_none())?;
        attempt.failed = Some(cause);
        if self.answered.is_some() || self.timed_out || self.attempts.iter().any(|a| a.failed.is_none()) {
            return None;
        }
        Some(Dialled::Failed(self.most_telling()))
    }

    /// The ring time is over; the open legs are to be cancelled. `None` if somebody answered first.
    pub fn timed_out(&mut self) -> Option<Dialled> {
        if self.answered.is_some() || self.timed_out {
            return None;
        }
        self.timed_out = true;
        Some(Dialled::Failed(Cause::new(CauseKind::NoAnswer)))
    }

    /// A person's answer tells more than a network's: declined, then busy, then silence, then the rest.
    fn most_telling(&self) -> Cause {
        let rank = |kind: CauseKind| match kind {
            CauseKind::Declined => 0,
            CauseKind::Busy => 1,
            CauseKind::NoAnswer => 2,
            CauseKind::InvalidNumber => 3,
            CauseKind::Unreachable => 4,
            CauseKind::Offline => 5,
            _ => 6,
        };
        self.attempts
            .iter()
            .filter_map(|a| a.failed)
            .min_by_key(|c| rank(c.kind))
            .unwrap_or(Cause::new(CauseKind::Offline))
    }
}
