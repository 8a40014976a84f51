//! `timezone:` and `hours:`: when calls are taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::base::span::{Span, Spanned};
use crate::base::suggest;
use crate::call::leg::Name;
use crate::schedule::{self, Calendar, Fault, Hours, Rules, Weight, Zone};
use crate::syntax::document::Node;
use crate::syntax::reader::{self, Fields};

use super::names;

/// The rule of everything that a schedule says and cannot do.
pub const RULE: &str = "schedule-gap-overlap";

/// Texts of opening hours that are looked at for what they can never do; each costs a few milliseconds.
/// More than any site has, and few enough that a hostile file is read in seconds.
const MAX_LOOKS: usize = 200;

/// How many texts may still be looked at.
pub struct Looks(usize);

impl Default for Looks {
    fn default() -> Self {
        Self(MAX_LOOKS)
    }
}

impl Looks {
    /// Whether so many more may be looked at; counts them.
    pub fn take(&mut self, texts: usize) -> bool {
        let left = self.0.checked_sub(texts);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}

/// The site's time zone; UTC where none is written.
pub fn zone(top: &mut Fields<'_, '_>) -> Zone {
    timezone(top).unwrap_or_default()
}

/// The value of `timezone`.
pub fn timezone(fields: &mut Fields<'_, '_>) -> Option<Zone> {
    let name = fields.text("timezone")?;
    let zone = Zone::named(&name.value);
    if zone.is_none() {
        let known = Zone::names();
        let hint = suggest::did_you_mean(&name.value, known.iter().map(String::as_str));
        let message = format!("no time zone `{}`{hint}", reader::shorten(&name.value));
        let help = "write a name of the IANA database, such as `Europe/London`";
        fields.out().push(Diagnostic::error("unknown-name", name.span, message).help(help));
    }
    zone
}

pub fn hours(top: &mut Fields<'_, '_>, zone: &Zone, looks: &mut Looks) -> BTreeMap<Name, Hours> {
    let mut all = BTreeMap::new();
    for entry in names::bounded(top, "hours") {
        let name = names::name(&entry.key, "schedule", top.out());
        let shown = name.clone().unwrap_or_else(|| Arc::from(reader::shorten(&entry.key.value)));
        let hours = one(&shown, &entry.value, zone, looks, top.out());
        if let (Some(name), Some(hours)) = (name, hours) {
            all.insert(name, hours);
        }
    }
    all
}

fn one(name: &str, node: &Node, zone: &Zone, looks: &mut Looks, out: &mut Vec<Diagnostic>) -> Option<Hours> {
    let mut fields = Fields::new(node, format!("schedule {name}"), out);
    let zone = timezone(&mut fields).unwrap_or_else(|| zone.clone());
    let calendar = calendar(&mut fields);
    let open = fields.required_text("open");
    let forced_open = fields.text("forced_open");
    let forced_closed = fields.text("forced_closed");
    fields.finish();
    let mut read = |text: Spanned<String>| rules(&text, &calendar, out).map(|rules| (text, rules));
    let forced_open = forced_open.map(&mut read);
    let forced_closed = forced_closed.map(&mut read);
    let (text, open) = read(open?)?;
    // One that could not be read was reported; what follows from it is not.
    let forced = |read: Option<Option<(Spanned<String>, Rules)>>| match read {
        Some(None) => Err(()),
        Some(Some((_, rules))) => Ok(Some(rules)),
        None => Ok(None),
    };
    let (forced_open, forced_closed) = (forced(forced_open).ok()?, forced(forced_closed).ok()?);
    let hours = Hours { zone, calendar, open, forced_open, forced_closed };
    if looks.take(1) {
        out.extend(schedule::hours_faults(&hours).into_iter().map(|fault| finding(fault, &text)));
    }
    Some(hours)
}

/// `country: GB` and `holidays: {"2026-12-25": Christmas Day}`.
fn calendar(fields: &mut Fields<'_, '_>) -> Calendar {
    let country = fields.text("country").filter(|country| {
        let known = schedule::is_country(&country.value);
        if !known {
            let message = format!("no public holidays are known for `{}`", reader::shorten(&country.value));
            let help = "write the code of a country, such as `GB`, or list the days under `holidays:`";
            fields.out().push(Diagnostic::error("unknown-name", country.span, message).help(help));
        }
        known
    });
    let mut named = BTreeMap::new();
    for entry in names::bounded(fields, "holidays") {
        let name = reader::text(&entry.value, fields.out()).filter(|name| {
            let empty = name.value.trim().is_empty();
            if empty {
                let help = "write what callers can be told, such as `Christmas Day`";
                fields.out().push(Diagnostic::error("bad-name", name.span, "a holiday needs a name").help(help));
            }
            !empty
        });
        let Some(date) = schedule::parse_date(&entry.key.value) else {
            let message = format!("`{}` is no day", reader::shorten(&entry.key.value));
            let help = "write the year, the month and the day, such as `\"2026-12-25\"`";
            fields.out().push(Diagnostic::error("bad-date", entry.key.span, message).help(help));
            continue;
        };
        if let Some(name) = name {
            named.insert(date, Arc::from(name.value));
        }
    }
    Calendar::new(named, country.as_ref().map(|c| c.value.as_str()))
}

/// Reads a text of opening hours; its mistake is reported at its place in the text.
pub fn rules(text: &Spanned<String>, calendar: &Calendar, out: &mut Vec<Diagnostic>) -> Option<Rules> {
    match Rules::parse(&text.value, calendar) {
        Ok(rules) => Some(rules),
        Err(mistake) => {
            let place = within(text, mistake.start, mistake.end);
            out.push(Diagnostic::error("bad-hours", place, mistake.message).help(mistake.help));
            None
        }
    }
}

/// A fault of a schedule at its place in the file.
pub fn finding(fault: Fault, text: &Spanned<String>) -> Diagnostic {
    let severity = match fault.weight {
        Weight::Error => Severity::Error,
        Weight::Warning => Severity::Warning,
        Weight::Advice => Severity::Info,
    };
    Diagnostic::new(RULE, severity, within(text, fault.start, fault.end), fault.message).help(fault.help)
}

/// Part of a text that stands in the file as it is, in quotes or without; of one with escapes or line
/// breaks, the whole.
fn within(text: &Spanned<String>, start: usize, end: usize) -> Span {
    let length = text.span.end.saturating_sub(text.span.start);
    let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    let quote = match length.checked_sub(at(text.value.len())) {
        Some(0) => 0,
        Some(2) => 1,
        _ => return text.span,
    };
    let begin = text.span.start.saturating_add(quote);
    Span { start: begin.saturating_add(at(start)), end: begin.saturating_add(at(end)), ..text.span }
}
