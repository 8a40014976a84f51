//! What the site declares for its flows to name: hours, rotas, groups, PINs, tables.

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::base::span::Span;
use crate::base::value::Value;
use crate::site::declared::{Credentials, Declared};
use crate::site::table::Table;
use crate::syntax::duration;

use super::model::Kind;
use super::site::Pair;

/// New numbers of one table that are named; the rest is counted.
const NUMBERS_SHOWN: usize = 3;

pub(super) fn declared(pair: &mut Pair<'_>, old: &Declared, new: &Declared) {
    differs(pair, "`timezone`", Some(old.zone.name()), Some(new.zone.name()));
    pair.each("hours", &old.hours, &new.hours, no_place, |pair, name, a, b| {
        let what = |key: &str| format!("hours `{name}`: `{key}`");
        differs(pair, &what("timezone"), Some(a.zone.name()), Some(b.zone.name()));
        differs(pair, &what("open"), Some(&a.open), Some(&b.open));
        differs(pair, &what("forced_open"), a.forced_open.as_ref(), b.forced_open.as_ref());
        differs(pair, &what("forced_closed"), a.forced_closed.as_ref(), b.forced_closed.as_ref());
        pair.word(&format!("hours `{name}`: its calendar of holidays"), &a.calendar, &b.calendar, Default::default());
    });
    pair.each("rota", &old.rotas, &new.rotas, no_place, |pair, name, a, b| {
        let known: BTreeSet<String> = a.shifts.iter().flat_map(|s| &s.who).map(ToString::to_string).collect();
        let all: BTreeSet<String> = b.shifts.iter().flat_map(|s| &s.who).map(ToString::to_string).collect();
        let numbers: Vec<&String> = all.difference(&known).filter(|who| who.starts_with('+')).collect();
        destinations(pair, &format!("rota `{name}`"), &numbers);
        if numbers.is_empty() {
            pair.word(
                &format!("rota `{name}`"),
                &(&a.shifts, a.zone.name()),
                &(&b.shifts, b.zone.name()),
                Default::default(),
            );
        }
    });
    pair.each("group", &old.groups, &new.groups, no_place, |pair, name, a, b| {
        pair.word(&format!("group `{name}`"), a, b, Default::default());
    });
    pair.each("credentials", &old.credentials, &new.credentials, no_place, credentials);
    pair.each("table", &old.tables, &new.tables, no_place, table);
}

fn no_place<T>(_: &T) -> Span {
    Span::default()
}

/// A value that is shown as it is written.
fn differs<T: PartialEq + Display>(pair: &mut Pair<'_>, what: &str, a: Option<T>, b: Option<T>) {
    if a != b {
        let show = |value: Option<T>| value.map_or("not there".to_owned(), |v| format!("`{v}`"));
        pair.report(Kind::SiteChanged, format!("{what} was {} and is {}", show(a), show(b)), None, None);
    }
}

/// Numbers outside that flows may now call.
fn destinations(pair: &mut Pair<'_>, what: &str, numbers: &[&String]) {
    if numbers.is_empty() {
        return;
    }
    let shown: Vec<String> = numbers.iter().take(NUMBERS_SHOWN).map(|n| format!("`{n}`")).collect();
    let rest = numbers.len().saturating_sub(NUMBERS_SHOWN);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    let message = format!("{what} has a number that it did not have: {}{more}", shown.join(", "));
    pair.report(Kind::DestinationChanged, message, None, None);
}

fn credentials(pair: &mut Pair<'_>, name: &str, a: &Credentials, b: &Credentials) {
    let what = |key: &str| format!("credentials `{name}`: `{key}`");
    let wrong = (u64::from(a.max_wrong), u64::from(b.max_wrong));
    pair.bound(&what("max_wrong"), wrong, u64::to_string, Default::default());
    pair.bound(&what("locked_for"), (a.locked_for_ms, b.locked_for_ms), |ms| duration::print(*ms), Default::default());
    pair.word(&what("pins"), &a.pins, &b.pins, Default::default());
}

fn table(pair: &mut Pair<'_>, name: &str, a: &Table, b: &Table) {
    let phones = |table: &Table| -> BTreeSet<String> {
        let key = table.columns.get(table.key).map(|column| &column.name);
        let cells = table.rows().flat_map(|(_, row)| match row {
            Value::Map(cells) => cells.iter(),
            _ => [].iter(),
        });
        // What a row is found by is a number that is there already.
        let cells = cells.filter(|(column, cell)| matches!(cell, Value::Phone(_)) && Some(column) != key);
        cells.map(|(_, cell)| cell.to_string()).collect()
    };
    let (known, all) = (phones(a), phones(b));
    let numbers: Vec<&String> = all.difference(&known).collect();
    destinations(pair, &format!("table `{name}`"), &numbers);
    let rest =
        |t: &Table| (t.columns.clone(), t.key, t.rows().map(|(k, v)| (k.clone(), v.clone())).collect::<Vec<_>>());
    if numbers.is_empty() {
        pair.word(&format!("table `{name}`"), &rest(a), &rest(b), Default::default());
    }
}
