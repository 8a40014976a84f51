//! One mistake, one report: what follows from a slip in a flow's header, and a policy that is wrong at many places.

use std::collections::BTreeMap;

use crate::base::diagnostic::{Absent, Diagnostic};
use crate::base::span::Span;
use crate::base::suggest;
use crate::syntax::ast;

/// What stands at the other places of a mistake.
pub const HERE_TOO: &str = "here too";
/// Other places that are shown; the rest is counted.
const SHOWN: usize = 8;
/// What a line of a header answers, if it is written right.
const ANSWERS: [(&str, &str); 2] = [("owner", "missing-owner"), ("guard", "unguarded-external-leg")];

/// Lines of headers that are misspelt: the flow, and the rule that finds the right line missing.
pub(super) fn slips(files: &[ast::File], compiled: &[Diagnostic]) -> Vec<(Span, &'static str)> {
    let unknown = compiled.iter().filter(|d| d.rule == "unknown-setting");
    let meant = unknown.filter_map(|d| {
        let (_, near) = suggest::suggested(&d.message, None)?;
        let rule = ANSWERS.iter().find(|(line, _)| *line == near).map(|(_, rule)| *rule)?;
        Some((d.primary.span, rule))
    });
    let meant: Vec<(Span, &str)> = meant.collect();
    if meant.is_empty() {
        return Vec::new();
    }
    let flows = files.iter().flat_map(|file| &file.items).filter_map(|item| match item {
        ast::Item::Flow(flow) => Some(flow),
        ast::Item::Constant(_) => None,
    });
    let of_flow = |flow: &ast::Flow| {
        let in_header = |place: Span| {
            super::covers(flow.span, place) && !flow.steps.iter().any(|step| super::covers(step.span, place))
        };
        let own = meant.iter().filter(move |(place, _)| in_header(*place));
        own.map(|(_, rule)| (flow.span, *rule)).collect::<Vec<_>>()
    };
    flows.flat_map(of_flow).collect()
}

/// A policy that is not there is told once, with the places that name it.
pub(super) fn gather_policies(found: &mut Vec<Diagnostic>) {
    let mut firsts: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(found.len());
    let mut more: BTreeMap<usize, usize> = BTreeMap::new();
    for finding in found.drain(..) {
        let name = finding.message.split('`').nth(1).filter(|_| finding.absent == Some(Absent::Policy));
        let first = name.and_then(|name| firsts.get(name)).copied();
        match (first, name) {
            (Some(at), _) => {
                let count = more.entry(at).or_default();
                *count += 1;
                if let Some(first) = kept.get_mut(at).filter(|_| *count <= SHOWN) {
                    *first = first.clone().also(finding.primary.span, HERE_TOO);
                }
            }
            (None, name) => {
                if let Some(name) = name {
                    firsts.insert(name.to_owned(), kept.len());
                }
                kept.push(finding);
            }
        }
    }
    for (at, count) in more.into_iter().filter(|(_, count)| *count > SHOWN) {
        if let Some(first) = kept.get_mut(at) {
            let hidden = format!("; {count} other places name it too");
            first.message = match first.message.split_once("; did you mean") {
                Some((what, near)) => format!("{what}{hidden}; did you mean{near}"),
                None => format!("{}{hidden}", first.message),
            };
        }
    }
    *found = kept;
}
