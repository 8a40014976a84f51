//! What stands before the steps: guards, bounds, `failed`, parameters, variables and constants.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::limits;
use crate::syntax::ast::{self, Constant, Header, Value};
use crate::syntax::print_flow::inline;

use super::flow::{FlowDiff, Side};
use super::model::{Change, Kind};
use super::settings::{self, Amount};

/// Settings of a header that say something and do nothing.
const WORDS: [&str; 3] = ["owner", "version", "labels"];

/// The bounds of a flow with what they are when nothing is written.
fn bounds() -> [(&'static str, Amount); 3] {
    let duration_ms = limits::MAX_DURATION.as_ms();
    [
        ("max_steps", Amount::count(u64::from(limits::MAX_STEPS))),
        ("max_legs", Amount::count(u64::from(limits::MAX_LEGS))),
        ("max_duration", Amount::ms(duration_ms)),
    ]
}

pub(super) fn header(pair: &mut FlowDiff<'_, '_>) {
    pair.step.clear();
    let (old, new) = (pair.old.flow, pair.new.flow);
    let places = (Some(old.name.span), Some(new.name.span));
    if old.doc != new.doc {
        pair.report(Kind::DocChanged, "the flow's description is another", places.0, places.1);
    }
    if old.params != new.params {
        pair.report(Kind::HeaderChanged, "the flow's parameters are others", places.0, places.1);
    }
    if old.results != new.results {
        pair.report(Kind::HeaderChanged, "the subflow's outcomes are others", places.0, places.1);
    }
    written(pair);
    failed(pair);
    values(pair);
    let (before, after) = (pair.old.guards(), pair.new.guards());
    // Which legs that concerns is said of each leg.
    for policy in before.difference(&after) {
        pair.report(Kind::HeaderChanged, format!("`guard {policy}` is gone from the header"), places.0, places.1);
    }
    for policy in after.difference(&before) {
        pair.report(Kind::HeaderChanged, format!("`guard {policy}` is new in the header"), places.0, places.1);
    }
}

fn setting<'f>(side: &Side<'f>, key: &str) -> Option<&'f Value> {
    side.flow.header.iter().find_map(|header| match header {
        Header::Setting(setting) if setting.key.value == key => Some(&setting.value),
        _ => None,
    })
}

fn written(pair: &mut FlowDiff<'_, '_>) {
    let keys: BTreeSet<&str> = [pair.old.flow, pair.new.flow]
        .into_iter()
        .flat_map(|flow| &flow.header)
        .filter_map(|header| match header {
            Header::Setting(setting) => Some(setting.key.value.as_str()),
            _ => None,
        })
        .collect();
    let defaults = bounds();
    for key in keys {
        let default = || defaults.iter().find(|(name, _)| *name == key).map(|(_, amount)| amount.clone());
        let (a, b) = (setting(&pair.old, key), setting(&pair.new, key));
        let (before, after) = (a.map(Amount::of).or_else(default), b.map(Amount::of).or_else(default));
        let Some((kind, words)) = settings::compare(None, key, before.as_ref(), after.as_ref()) else { continue };
        let kind = match kind {
            _ if WORDS.contains(&key) => Kind::DocChanged,
            Kind::StatementChanged | Kind::TextChanged => Kind::HeaderChanged,
            bound => bound,
        };
        let place = |value: Option<&Value>, name: crate::base::span::Span| Some(value.map_or(name, |v| v.span));
        let (old, new) = (place(a, pair.old.flow.name.span), place(b, pair.new.flow.name.span));
        pair.report(kind, words, old, new);
    }
}

fn failed(pair: &mut FlowDiff<'_, '_>) {
    let find = |side: &Side<'_>| {
        side.flow.header.iter().find_map(|header| match header {
            Header::Failed(goto) => Some(goto.clone()),
            _ => None,
        })
    };
    match (find(&pair.old), find(&pair.new)) {
        (Some(a), Some(b)) => pair.rewired("what fails and has no arm", &a, &b),
        (Some(a), None) => {
            let message = format!("`failed {}` is gone: what fails and has no arm leads nowhere", inline::goto(&a));
            pair.report(Kind::Unwired, message, Some(a.span), Some(pair.new.flow.name.span));
        }
        (None, Some(b)) => {
            let message = format!("`failed {}` is new", inline::goto(&b));
            pair.report(Kind::Wired, message, Some(pair.old.flow.name.span), Some(b.span));
        }
        (None, None) => {}
    }
}

/// Variables and constants of the flow, by their lines.
fn values(pair: &mut FlowDiff<'_, '_>) {
    let lines = |side: &Side<'_>| -> BTreeMap<String, (String, crate::base::span::Span)> {
        let each = side.flow.header.iter().filter_map(|header| match header {
            Header::Constant(Constant { name, .. }) => Some((format!("const {}", name.value), header, name.span)),
            Header::Variable { name, .. } => Some((format!("var {}", name.value), header, name.span)),
            _ => None,
        });
        each.map(|(key, header, span)| (key, (inline::header(header), span))).collect()
    };
    let (old, new) = (lines(&pair.old), lines(&pair.new));
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let message = match (old.get(key), new.get(key)) {
            (Some((a, _)), Some((b, _))) if a == b => continue,
            (Some((a, _)), Some((b, _))) => format!("`{a}` is now `{b}`"),
            (Some((a, _)), None) => format!("`{a}` is gone"),
            (None, Some((b, _))) => format!("`{b}` is new"),
            (None, None) => continue,
        };
        let places = (old.get(key).map(|(_, s)| *s), new.get(key).map(|(_, s)| *s));
        pair.report(Kind::HeaderChanged, message, places.0, places.1);
    }
}

/// Constants of the site.
pub(super) fn constants(old: &[ast::File], new: &[ast::File], out: &mut Vec<Change>) {
    fn all(trees: &[ast::File]) -> BTreeMap<&str, &Constant> {
        let each = trees.iter().flat_map(|tree| &tree.items).filter_map(|item| match item {
            ast::Item::Constant(constant) => Some((constant.name.value.as_str(), constant)),
            ast::Item::Flow(_) => None,
        });
        each.collect()
    }
    let (before, after) = (all(old), all(new));
    let names: BTreeSet<&&str> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (a, b) = (before.get(*name), after.get(*name));
        let message = match (a, b) {
            (Some(a), Some(b)) if a.value == b.value => continue,
            (Some(a), Some(b)) => {
                format!("constant `{name}` was {} and is {}", inline::value(&a.value), inline::value(&b.value))
            }
            (Some(_), None) => format!("constant `{name}` is gone"),
            (None, _) => format!("constant `{name}` is new"),
        };
        out.push(Change {
            kind: Kind::HeaderChanged,
            flow: String::new(),
            step: String::new(),
            message,
            old: a.map(|c| c.name.span),
            new: b.map(|c| c.name.span),
        });
    }
}
