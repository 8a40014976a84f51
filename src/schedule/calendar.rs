//! Holidays: days with names that a site lists, and the public holidays of a country.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use compact_calendar::CompactCalendar;
use jiff::civil::Date;
use opening_hours::localization::{Country, NoLocation};
use opening_hours::{Context, ContextHolidays};

/// What a public holiday is called that the site gives no name.
const UNNAMED: &str = "public holiday";
/// Years that a holiday may be in: what a person means, and few enough to keep a bit for each day.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2200;

/// The holidays that `PH` stands for in one schedule.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Calendar {
    named: BTreeMap<Date, Arc<str>>,
    country: Option<Arc<CompactCalendar>>,
}

/// Whether there are public holidays for this code of a country, as `GB`.
pub fn is_country(code: &str) -> bool {
    code.parse::<Country>().is_ok()
}

/// A day as `2026-12-25`, in the years that a schedule may name.
pub fn parse_date(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|date| text.len() == "2026-12-25".len() && YEARS.contains(&date.year()))
}

impl Calendar {
    /// `country` is a code such as `GB`; one that is not known has no holidays.
    pub fn new(named: BTreeMap<Date, Arc<str>>, country: Option<&str>) -> Self {
        let holidays = country.and_then(|code| code.parse::<Country>().ok()).map(Country::holidays);
        let country = holidays.map(|all| Arc::new(all.get_public().clone()));
        Self { named, country }
    }

    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.country.is_none()
    }

    /// The days that the site lists.
    pub fn named(&self) -> &BTreeMap<Date, Arc<str>> {
        &self.named
    }

    /// The name that the site gives to a holiday.
    pub(super) fn own_name(&self, date: Date) -> Option<&Arc<str>> {
        self.named.get(&date)
    }

    /// The name of the holiday on this day.
    pub fn name(&self, date: Date) -> Option<Arc<str>> {
        let of_country = || self.country.as_ref().is_some_and(|days| civil(date).is_some_and(|d| days.contains(d)));
        self.own_name(date).cloned().or_else(|| of_country().then(|| Arc::from(UNNAMED)))
    }

    /// The same days as the library of opening hours takes them.
    pub(super) fn context(&self) -> Context<NoLocation> {
        let mut days = self.country.as_deref().cloned().unwrap_or_default();
        for date in self.named.keys().filter_map(|date| civil(*date)) {
            days.insert(date);
        }
        Context::default().with_holidays(ContextHolidays::new(Arc::new(days), Arc::default()))
    }
}

/// The day as the library of opening hours has it.
pub(super) fn civil(date: Date) -> Option<NaiveDate> {
    let (month, day) = (u32::try_from(date.month()).ok()?, u32::try_from(date.day()).ok()?);
    NaiveDate::from_ymd_opt(i32::from(date.year()), month, day)
}

/// The days of a year.
pub(super) fn days_of(year: i32) -> impl Iterator<Item = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1);
    std::iter::successors(first, |day| day.succ_opt()).take_while(move |day| day.year() == year)
}
