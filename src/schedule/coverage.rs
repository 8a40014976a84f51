//! What a schedule can never do, found before a call does: hours that never open or never close, rules
//! that change nothing, holidays that no rule speaks of.
//!
//! Looked at is a whole year from a fixed reference, and every year that the schedule itself names: a
//! check must say the same on every day that it is run.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use opening_hours::{OpeningHours, RuleKind};

use super::calendar::{Calendar, days_of};
use super::hours::Hours;
use super::rota::Rota;
use super::rules::{Rules, is_whole_day};

/// The year that is looked at: weekly rules are alike in each.
const REFERENCE: i32 = 2026;
/// Years that are looked at; a schedule that names more is looked at in the first of them.
const MAX_YEARS: usize = 4;
/// Rules of one text whose effect is looked at; each costs two looks at every day.
const MAX_PARTS: usize = 24;

/// How much a fault matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weight {
    /// The schedule cannot mean what it says.
    Error,
    /// It works, and most likely not as meant.
    Warning,
    /// It works; what it says has no effect yet.
    Advice,
}

/// What is wrong, and where in the text, in bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    pub weight: Weight,
    pub start: usize,
    pub end: usize,
    pub message: String,
    pub help: String,
}

/// The faults of opening hours, in the text of `open`.
pub fn hours_faults(hours: &Hours) -> Vec<Fault> {
    let text = &*hours.open.text;
    let days = days(text, &hours.calendar);
    let whole = |weight, message: &str, help: &str| Fault {
        weight,
        start: 0,
        end: text.len(),
        message: message.to_owned(),
        help: help.to_owned(),
    };
    let mut found = rules_faults(&hours.open, &hours.calendar, &days);
    let open: Vec<bool> = days.iter().map(|day| !hours.open.open_on(*day).is_empty()).collect();
    if hours.forced_open.is_none() && !open.contains(&true) {
        let help = "write when calls are taken, for example `Mo-Fr 09:00-17:30`";
        found.push(whole(Weight::Error, "these hours are never open", help));
    }
    if hours.forced_closed.is_none() && days.iter().all(|day| is_whole_day(&hours.open.open_on(*day))) {
        let help = "nothing but the arm `open` is ever taken; write when it is closed, or leave the hours out";
        found.push(whole(Weight::Warning, "these hours are never closed", help));
    }
    if !hours.calendar.is_empty() && !names_holidays(text) {
        let help = "add a rule for them, such as `; PH off`";
        found.push(whole(Weight::Warning, "there are holidays, and no rule says what they change", help));
    }
    found
}

/// The faults of each shift of a rota, by its place.
pub fn rota_faults(rota: &Rota) -> Vec<(usize, Fault)> {
    let none = Calendar::default();
    let mut found = Vec::new();
    for (at, shift) in rota.shifts.iter().enumerate() {
        let text = &*shift.on.text;
        let days = days(text, &none);
        if days.iter().all(|day| shift.on.open_on(*day).is_empty()) {
            let message = "nobody is ever on duty in this shift".to_owned();
            let help = "write when they are on duty, for example `Mo-Fr 18:00-24:00`".to_owned();
            found.push((at, Fault { weight: Weight::Error, start: 0, end: text.len(), message, help }));
        } else {
            found.extend(rules_faults(&shift.on, &none, &days).into_iter().map(|fault| (at, fault)));
        }
    }
    found
}

/// The days that are looked at.
fn days(text: &str, calendar: &Calendar) -> Vec<NaiveDate> {
    let written = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() == 4);
    let mut years: BTreeSet<i32> =
        written.filter_map(|y| y.parse().ok()).filter(|y| (1970..=2200).contains(y)).collect();
    years.extend(calendar.named().keys().map(|date| i32::from(date.year())));
    let named = years.into_iter().filter(|year| *year != REFERENCE).take(MAX_YEARS - 1);
    std::iter::once(REFERENCE).chain(named).flat_map(days_of).collect()
}

/// One rule of a text, between `;` or `||`.
struct Part {
    start: usize,
    end: usize,
    /// What stands before it.
    joined_by: &'static str,
}

fn parts(text: &str) -> Vec<Part> {
    let mut found = Vec::new();
    let (mut start, mut joined_by, mut quoted) = (0, "", false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ';' if !quoted => {
                found.push(Part { start, end: at, joined_by });
                (start, joined_by) = (at + 1, ";");
            }
            '|' if !quoted && text.get(at..at + 2) == Some("||") => {
                found.push(Part { start, end: at, joined_by });
                (start, joined_by) = (at + 2, "||");
            }
            _ => {}
        }
    }
    found.push(Part { start, end: text.len(), joined_by });
    for part in &mut found {
        let inner = text.get(part.start..part.end).unwrap_or("");
        part.start += inner.len() - inner.trim_start().len();
        part.end = part.start + inner.trim().len();
    }
    found.retain(|part| part.start < part.end);
    found
}

/// Rules that change nothing on any day.
fn rules_faults(rules: &Rules, calendar: &Calendar, days: &[NaiveDate]) -> Vec<Fault> {
    let text = &*rules.text;
    let parts = parts(text);
    if parts.len() > MAX_PARTS {
        return Vec::new();
    }
    let all: Vec<Vec<(u16, u16)>> = days.iter().map(|day| rules.open_on(*day)).collect();
    let fault = |at: usize| part_fault(text, &parts, at, calendar, days, &all);
    (0..parts.len()).filter_map(fault).collect()
}

fn part_fault(
    text: &str,
    parts: &[Part],
    at: usize,
    calendar: &Calendar,
    days: &[NaiveDate],
    all: &[Vec<(u16, u16)>],
) -> Option<Fault> {
    let part = parts.get(at)?;
    let own = text.get(part.start..part.end)?;
    let (claims, closes) = claim(own, calendar)?;
    let claimed: Vec<Vec<(u16, u16)>> = days.iter().map(|day| claims.open_on(*day)).collect();
    let fault = |weight, message: String, help: &str| {
        Some(Fault { weight, start: part.start, end: part.end, message, help: help.to_owned() })
    };
    if claimed.iter().all(Vec::is_empty) {
        if calendar.is_empty() && names_holidays(own) {
            let help = "say which days are holidays: add `country: GB`, or list them under `holidays:`";
            return fault(Weight::Advice, format!("`{own}` applies on no day: no holidays are known"), help);
        }
        let help = "remove the rule, or correct its days";
        return fault(Weight::Warning, format!("`{own}` applies on no day of the year"), help);
    }
    if parts.len() == 1 || !changes_nothing(text, parts, at, calendar, days, all) {
        return None;
    }
    if !closes {
        let help = "remove the rule, or change its hours";
        return fault(Weight::Warning, format!("`{own}` changes nothing: other rules decide these times"), help);
    }
    // To say when it is closed does no harm; to say it where it is open all the same does.
    let opened = claimed.iter().zip(all).any(|(claimed, open)| overlap(claimed, open));
    if opened {
        let help = "a later rule opens these times again; write this one after it";
        return fault(Weight::Warning, format!("`{own}` changes nothing: it is overridden"), help);
    }
    None
}

/// The times that a rule speaks of, as if it opened them, and whether it closes them.
fn claim(own: &str, calendar: &Calendar) -> Option<(Rules, bool)> {
    let mut rules = (*own.parse::<OpeningHours>().ok()?.get_expression()).clone().rules;
    let closes = rules.last()?.kind == RuleKind::Closed;
    for rule in &mut rules {
        rule.kind = RuleKind::Open;
    }
    let opened = opening_hours_syntax::rules::OpeningHoursExpression { rules }.to_string();
    Some((Rules::parse(&opened, calendar).ok()?, closes))
}

fn changes_nothing(
    text: &str,
    parts: &[Part],
    left_out: usize,
    calendar: &Calendar,
    days: &[NaiveDate],
    all: &[Vec<(u16, u16)>],
) -> bool {
    let mut rest = String::with_capacity(text.len());
    for part in parts.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, part)| part) {
        if !rest.is_empty() {
            rest.push_str(if part.joined_by == "||" { " || " } else { "; " });
        }
        rest.push_str(text.get(part.start..part.end).unwrap_or(""));
    }
    let Ok(rules) = Rules::parse(&rest, calendar) else { return false };
    days.iter().zip(all).all(|(day, open)| rules.open_on(*day) == *open)
}

fn overlap(one: &[(u16, u16)], other: &[(u16, u16)]) -> bool {
    one.iter().any(|(start, end)| other.iter().any(|(first, last)| start < last && first < end))
}

/// Whether a rule names holidays, outside of its comments.
fn names_holidays(text: &str) -> bool {
    let code = text.split('"').step_by(2);
    code.flat_map(|t| t.split(|c: char| !c.is_ascii_alphabetic())).any(|word| matches!(word, "PH" | "SH"))
}
