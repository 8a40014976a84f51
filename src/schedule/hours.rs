//! Opening hours of a site at one instant.

use std::sync::Arc;

use super::calendar::{Calendar, civil};
use super::rules::Rules;
use super::zone::Zone;
use crate::base::time::Wall;

/// Opening hours with a name: rules, holidays, and times that override both.
#[derive(Clone, Debug)]
pub struct Hours {
    pub zone: Zone,
    pub calendar: Calendar,
    pub open: Rules,
    pub forced_open: Option<Rules>,
    /// Closes whatever the rest says.
    pub forced_closed: Option<Rules>,
}

/// What opening hours say of an instant: the outcomes of `hours NAME`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    Open,
    ForcedOpen,
    Closed,
    /// Closed on a holiday, and its name.
    Holiday(Arc<str>),
    ForcedClosed,
}

impl State {
    pub fn is_open(&self) -> bool {
        matches!(self, State::Open | State::ForcedOpen)
    }

    /// The outcome of this state (language.md §5).
    pub fn outcome(&self) -> &'static str {
        match self {
            State::Open => "open",
            State::ForcedOpen => "forced_open",
            State::Closed => "closed",
            State::Holiday(_) => "holiday",
            State::ForcedClosed => "forced_closed",
        }
    }
}

impl Hours {
    /// The state at an instant; closed where the calendar does not reach.
    pub fn state(&self, at: Wall) -> State {
        let Some(local) = self.zone.local(at) else { return State::Closed };
        let Some(day) = civil(local.date) else { return State::Closed };
        let minute = u16::from(local.hour) * 60 + u16::from(local.minute);
        let holds = |rules: &Option<Rules>| rules.as_ref().is_some_and(|r| r.at(day, minute).0);
        if holds(&self.forced_closed) {
            return State::ForcedClosed;
        }
        if holds(&self.forced_open) {
            return State::ForcedOpen;
        }
        let (open, comment) = self.open.at(day, minute);
        if open {
            return State::Open;
        }
        // `PH off "Bank holiday"` names what the site's list does not.
        let by_rule = || (!comment.is_empty()).then(|| Arc::clone(&comment));
        let Some(general) = self.calendar.name(local.date) else { return State::Closed };
        State::Holiday(self.calendar.own_name(local.date).cloned().or_else(by_rule).unwrap_or(general))
    }

    /// The name of today's holiday, open or closed.
    pub fn holiday(&self, at: Wall) -> Option<Arc<str>> {
        match self.state(at) {
            State::Holiday(name) => Some(name),
            _ => self.calendar.name(self.zone.local(at)?.date),
        }
    }
}
