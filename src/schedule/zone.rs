//! Time zones: the local time of an instant, and the instant of a local time.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;

use crate::base::time::Wall;

/// A time zone by its name in the IANA database, as `Europe/London`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

/// What clocks on the wall show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Local {
    pub date: Date,
    pub hour: u8,
    pub minute: u8,
    /// `monday` to `sunday`
    pub weekday: &'static str,
}

/// A moment as a test may write it: an instant, or what clocks show in a zone that is named later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    Exact(Wall),
    Local(DateTime),
}

impl Moment {
    /// Reads `2026-03-02T10:00:00Z` (any offset), `2026-03-02T10:00` or `2026-03-02`.
    pub fn parse(text: &str) -> Option<Moment> {
        let instant = text.parse::<Timestamp>().ok().map(|at| Moment::Exact(Wall(at.as_millisecond())));
        instant.or_else(|| text.parse::<DateTime>().ok().map(Moment::Local))
    }

    /// The instant, in a zone.
    ///
    /// A local time that the clocks skip in spring is read with the offset before the change, so that it is an
    /// hour later on the clock; of one that they show twice in autumn, the first is meant.
    pub fn in_zone(self, zone: &Zone) -> Option<Wall> {
        match self {
            Moment::Exact(wall) => Some(wall),
            Moment::Local(local) => {
                let at = zone.0.to_ambiguous_timestamp(local).compatible().ok()?;
                Some(Wall(at.as_millisecond()))
            }
        }
    }
}

impl Zone {
    /// The zone of that name.
    pub fn named(name: &str) -> Option<Zone> {
        TimeZone::get(name).ok().map(Zone)
    }

    /// Every name, for "did you mean".
    pub fn names() -> Vec<String> {
        jiff::tz::db().available().map(|name| name.to_string()).collect()
    }

    /// Its name, as `Europe/London`.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What clocks show there; `None` for an instant that no calendar has.
    pub fn local(&self, at: Wall) -> Option<Local> {
        let local = self.0.to_datetime(Timestamp::from_millisecond(at.0).ok()?);
        Some(Local {
            date: local.date(),
            hour: u8::try_from(local.hour()).ok()?,
            minute: u8::try_from(local.minute()).ok()?,
            weekday: match local.weekday() {
                Weekday::Monday => "monday",
                Weekday::Tuesday => "tuesday",
                Weekday::Wednesday => "wednesday",
                Weekday::Thursday => "thursday",
                Weekday::Friday => "friday",
                Weekday::Saturday => "saturday",
                Weekday::Sunday => "sunday",
            },
        })
    }
}
