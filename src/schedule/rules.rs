//! One text of opening hours in OpenStreetMap's syntax, read by the library and held to what a
//! telephone can do.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use opening_hours::{OpeningHours, RuleKind};
use opening_hours_syntax::Error;
use opening_hours_syntax::rules::day::{Date, MonthdayRange};
use opening_hours_syntax::rules::time::Time;
use pest::error::InputLocation;

use super::calendar::Calendar;

/// Characters of one text: forty rules, more than anybody can read.
pub const MAX_TEXT: usize = 1_000;
/// A year that has every day that any year has.
const LEAP_YEAR: i32 = 2028;
/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// A text that was understood.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(super) text: Arc<str>,
    hours: OpeningHours,
}

/// By the text: what it means beside that is the calendar's.
impl PartialEq for Rules {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is not understood; the place is in bytes of the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    pub start: usize,
    pub end: usize,
    pub message: String,
    pub help: String,
}

/// What every mistake in the syntax is answered with.
const EXAMPLE: &str = "for example `Mo-Fr 09:00-17:30; Sa 10:00-13:00; PH off`";

/// Words that people write in full.
const WORDS: [&str; 19] = [
    "Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
    "Nov", "Dec",
];

impl Rules {
    /// Reads a text; `PH` in it stands for the days of the calendar.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn parse(text: &str, calendar: &Calendar) -> Result<Rules, Mistake> {
        let whole = |message: String, help: &str| Mistake { start: 0, end: text.len(), message, help: help.to_owned() };
        if text.trim().is_empty() {
            return Err(whole("opening hours cannot be empty".to_owned(), EXAMPLE));
        }
        if text.len() > MAX_TEXT {
            let message = format!("opening hours have at most {MAX_TEXT} characters, and these have {}", text.len());
            return Err(whole(message, "write fewer rules"));
        }
        let hours: OpeningHours = text.parse().map_err(|error| in_words(text, &error))?;
        for rule in &hours.get_expression().rules {
            if rule.kind == RuleKind::Unknown {
                let help = "write `off` for the times when calls are not taken";
                return Err(whole("a call cannot wait for hours that are `unknown`".to_owned(), help));
            }
            if let Some(day) = rule.day_selector.monthday.iter().find_map(impossible_day) {
                let help = "write a day that the month has";
                return Err(whole(format!("there is no day `{day}`"), help));
            }
            let sun = |time: &Time| time.as_time_event().is_some();
            if rule.time_selector.spans.iter().any(|s| sun(&s.range.start) || sun(&s.range.end)) {
                let help = "write hours of the clock";
                return Err(whole("hours of the sun depend on a place, and a schedule has none".to_owned(), help));
            }
        }
        Ok(Rules { text: Arc::from(text), hours: hours.with_context(calendar.context()) })
    }

    /// Whether it is open at a minute of a day, and the comment of the rule that says so.
    pub(super) fn at(&self, day: NaiveDate, minute: u16) -> (bool, Arc<str>) {
        let ranges = self.hours.schedule_at(day).into_iter();
        let mut found = ranges.filter(|r| minutes(r.range.start) <= minute && minute < minutes(r.range.end));
        match found.next() {
            Some(range) => (range.kind == RuleKind::Open, range.comment),
            None => (false, Arc::default()),
        }
    }

    /// When it is open on a day, in minutes, in order.
    pub(super) fn open_on(&self, day: NaiveDate) -> Vec<(u16, u16)> {
        let ranges = self.hours.schedule_at(day).into_iter().filter(|r| r.kind == RuleKind::Open);
        let mut open: Vec<(u16, u16)> = Vec::new();
        for (start, end) in ranges.map(|r| (minutes(r.range.start), minutes(r.range.end).min(DAY))) {
            match open.last_mut() {
                // Two rules with different comments meet.
                Some(last) if last.1 == start => last.1 = end,
                _ => open.push((start, end)),
            }
        }
        open
    }
}

/// Whether these are the open times of a day that is open throughout.
pub(super) fn is_whole_day(open: &[(u16, u16)]) -> bool {
    open == [(0, DAY)]
}

/// A day that no year has, or not the year that is written: the library would take it for another.
fn impossible_day(range: &MonthdayRange) -> Option<String> {
    let MonthdayRange::Date { start, end } = range else { return None };
    let missing = |date: &Date| match date {
        Date::Fixed { year, month, day } => {
            let in_year = year.map_or(LEAP_YEAR, |year| *year);
            let exists = NaiveDate::from_ymd_opt(in_year, u32::from(*month), u32::from(*day)).is_some();
            (!exists).then(|| date.to_string())
        }
        Date::Weekday { .. } | Date::Easter { .. } => None,
    };
    missing(&start.0).or_else(|| missing(&end.0))
}

fn minutes(time: opening_hours_syntax::ExtendedTime) -> u16 {
    u16::from(time.hour()) * 60 + u16::from(time.minute())
}

fn in_words(text: &str, error: &Error) -> Mistake {
    let (start, message, help) = match error {
        Error::Syntax(found) => {
            let at = match found.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            };
            // From the beginning of the word: `Sa` of `Sat` was understood.
            let before = text.get(..at).unwrap_or("");
            let at = before.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len();
            let here = text.get(at..).unwrap_or("").split(';').next().unwrap_or("").trim_end();
            let message = if here.is_empty() {
                "these opening hours end too early".to_owned()
            } else {
                format!("these opening hours cannot be read from `{here}` on")
            };
            let word: String = here.chars().take_while(char::is_ascii_alphabetic).collect();
            let short =
                WORDS.iter().find(|w| word.len() > w.len() && word.to_lowercase().starts_with(&w.to_lowercase()));
            (at, message, short.map_or(EXAMPLE.to_owned(), |short| format!("write `{short}`; {EXAMPLE}")))
        }
        Error::Overflow { value, expected_bounds } => {
            let (least, most) = (expected_bounds.start(), expected_bounds.end());
            (0, format!("`{value}` is out of bounds"), format!("write a number from {least} to {most}"))
        }
        Error::InvalidExtendedTime { hour, minutes } => {
            (0, format!("`{hour:02}:{minutes:02}` is no time"), "a day ends at `24:00`, a night by `48:00`".to_owned())
        }
        Error::InvertedYearRange { start, end, .. } => (
            0,
            format!("the years end before they begin: `{}-{}`", **start, **end),
            "write the earlier first".to_owned(),
        ),
        Error::InvertedWeekRange { start, end, .. } => (
            0,
            format!("the weeks end before they begin: `{}-{}`", **start, **end),
            "write the earlier first".to_owned(),
        ),
        Error::Unsupported(what) => (0, format!("opening hours with {what} are not understood"), EXAMPLE.to_owned()),
        Error::GrammarUnexpectedToken { .. } | Error::GrammarLogic { .. } => {
            (0, "these opening hours are not understood".to_owned(), EXAMPLE.to_owned())
        }
    };
    let start = if start < text.len() { start } else { text.len().saturating_sub(1) };
    Mistake { start, end: text.len(), message, help }
}
