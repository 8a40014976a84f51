//! The arms of a statement: which outcome takes which, and where it leads.

use std::collections::BTreeSet;

use crate::step::decl::Decl;
use crate::step::outcomes::{FAILED, GROUPS, OTHERWISE};
use crate::syntax::ast::{Arm, Body, Header, Label, LabelKind, Statement, StatementKind};
use crate::syntax::print_flow::inline;

use super::align;
use super::flow::{FlowDiff, Side};
use super::model::Kind;
use super::statement::{self, Scope};

/// How an outcome came to its arm (language.md §6: the most special arm wins).
#[derive(Clone, PartialEq, Eq, Debug)]
enum How {
    Own,
    Group(String),
    Otherwise,
    /// `failed -> step` of the header.
    Header,
    /// By nothing: it cannot occur there, or the flow has a mistake.
    Nothing,
}

impl How {
    fn words(&self) -> String {
        match self {
            How::Own => "its own arm".to_owned(),
            How::Group(group) => format!("`{group}`"),
            How::Otherwise => "`otherwise`".to_owned(),
            How::Header => "`failed` of the flow's header".to_owned(),
            How::Nothing => "nothing".to_owned(),
        }
    }
}

/// A label without what it binds.
fn plain(label: &Label) -> String {
    inline::labels(&[Label { binding: None, ..label.clone() }])
}

fn group_of(decl: Option<&Decl>, name: &str) -> Option<&'static str> {
    if name == "error" && decl.is_none() {
        return Some(FAILED);
    }
    decl?.outcome(name)?.1.group
}

/// The arm that takes an outcome, by its place among the arms.
fn taken(side: &Side<'_>, decl: Option<&Decl>, arms: &[Arm], name: &str) -> (How, Option<usize>) {
    let find = |wanted: &str| arms.iter().position(|arm| arm.labels.iter().any(|l| plain(l) == wanted));
    if let Some(at) = find(name) {
        return (if name == OTHERWISE { How::Otherwise } else { How::Own }, Some(at));
    }
    let group = group_of(decl, name);
    if let Some((group, at)) = group.and_then(|g| Some((g, find(g)?))) {
        return (How::Group(group.to_owned()), Some(at));
    }
    if let Some(at) = find(OTHERWISE) {
        return (How::Otherwise, Some(at));
    }
    let header = side.flow.header.iter().any(|h| matches!(h, Header::Failed(_)));
    if header && (group == Some(FAILED) || name == FAILED) { (How::Header, None) } else { (How::Nothing, None) }
}

/// Everything that an arm of either version is about: each outcome that can occur, each other label.
fn names(
    decl: Option<&Decl>,
    old: &[Arm],
    new: &[Arm],
    possible: impl Fn(&crate::step::decl::Outcome) -> bool,
) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let declared = decl.into_iter().flat_map(|d| d.outcomes).filter(|o| !o.terminal && possible(o));
    let declared: Vec<String> = declared.map(|o| o.name.to_owned()).collect();
    let has_group = |name: &str| decl.is_some_and(|d| d.has_group(name));
    let labels = old.iter().chain(new).flat_map(|arm| &arm.labels).map(plain);
    let special = labels.filter(|l| l != OTHERWISE && !(GROUPS.contains(&l.as_str()) && has_group(l)));
    let both = [old, new].iter().all(|arms| arms.iter().any(|a| a.labels.iter().any(|l| plain(l) == OTHERWISE)));
    for name in declared.into_iter().chain(special).chain(both.then(|| OTHERWISE.to_owned())) {
        if seen.insert(name.clone()) {
            out.push(name);
        }
    }
    out
}

/// Whether the label is a message or timer of a queue rather than a way out.
fn is_way_out(arms: &[Arm], name: &str) -> bool {
    let label = arms.iter().flat_map(|arm| &arm.labels).find(|l| plain(l) == name);
    !matches!(label.map(|l| &l.kind), Some(LabelKind::Every(_) | LabelKind::After(_)))
}

/// Where an arm leads, or what takes the outcome in its place.
fn leads(side: &Side<'_>, how: &How, body: Option<&Body>) -> String {
    match body {
        None if *how == How::Header => {
            let failed = side.flow.header.iter().find_map(|header| match header {
                Header::Failed(goto) => Some(format!("`{}`", inline::goto(goto))),
                _ => None,
            });
            failed.unwrap_or_else(|| "nowhere".to_owned())
        }
        None => "nowhere".to_owned(),
        Some(Body::Goto(goto)) => format!("`{}`", inline::goto(goto)),
        Some(Body::Block(block)) => match block.statements.last() {
            Some(Statement { kind: StatementKind::Goto(goto), .. }) => format!("`{}`", inline::goto(goto)),
            Some(last) => format!("`{}`", inline::subject(last)),
            None => "an empty block".to_owned(),
        },
    }
}

impl<'a> FlowDiff<'a, '_> {
    /// Compares the arms of two versions of a statement.
    pub fn arms(
        &mut self,
        decl: Option<&Decl>,
        old: &'a [Arm],
        new: &'a [Arm],
        (a, b): (&'a Statement, &'a Statement),
        scope: &Scope,
    ) {
        let at = |side: &Side<'_>, statement: &Statement| match &statement.kind {
            StatementKind::Action(action) => statement::circumstances(side, statement, action),
            _ => Default::default(),
        };
        let (was, is) = (at(&self.old, a), at(&self.new, b));
        let decl = decl.or_else(|| statement::decl_of(b));
        // An outcome that only one version can have comes with what else changed.
        let names = names(decl, old, new, |o| o.possible(&was) && o.possible(&is));
        let mut done: BTreeSet<(Option<usize>, Option<usize>)> = BTreeSet::new();
        for name in names {
            let (before, i) = taken(&self.old, decl, old, &name);
            let (after, j) = taken(&self.new, decl, new, &name);
            let (from, to) = (i.and_then(|i| old.get(i)), j.and_then(|j| new.get(j)));
            let places = (from.map_or(a.span, |arm| arm.span), to.map_or(b.span, |arm| arm.span));
            // An outcome that goes the same way by another arm is no difference; a key that has none is wrong to press.
            let outcome = decl.is_some_and(|d| d.outcome(&name).is_some());
            if outcome && before != after && from.zip(to).is_some_and(|(a, b)| a.body == b.body) {
                continue;
            }
            let special = |how: &How| matches!(how, How::Own | How::Group(_));
            let what = format!("{}`{name}` of `{}`", prefix(scope), inline::subject(b));
            if special(&before) && !special(&after) {
                if !is_way_out(old, &name) {
                    let message = format!("{what} is gone");
                    self.report(Kind::StatementRemoved, message, Some(places.0), Some(places.1));
                    continue;
                }
                let message = format!(
                    "{what} led to {}; now {} takes it, which leads to {}",
                    leads(&self.old, &before, from.map(|arm| &arm.body)),
                    after.words(),
                    leads(&self.new, &after, to.map(|arm| &arm.body))
                );
                self.report(Kind::Unwired, message, Some(places.0), Some(places.1));
                continue;
            }
            if !special(&before) && special(&after) {
                let message = format!(
                    "{what} has an arm of its own, which leads to {}",
                    leads(&self.new, &after, to.map(|arm| &arm.body))
                );
                self.report(Kind::Wired, message, Some(places.0), Some(places.1));
                // What is in it is new; what it does is said.
                if let Some(arm) = to {
                    self.block(&[], &align::body_items(&arm.body), &mut scope.within(&label(arm)), false);
                }
                continue;
            }
            if let (Some(from), Some(to)) = (from, to) {
                if done.insert((i, j)) {
                    self.arm(&name, from, to, scope);
                }
            } else if before != after {
                let message = format!("{what} was taken by {} and is by {}", before.words(), after.words());
                self.report(Kind::Unwired, message, Some(places.0), Some(places.1));
            }
        }
    }

    fn arm(&mut self, name: &str, old: &'a Arm, new: &'a Arm, scope: &Scope) {
        // Where the outcomes that share an arm are others, only one of them is meant.
        let mut within = scope.within(&if label(old) == label(new) { label(new) } else { format!("`{name}`") });
        self.block(&align::body_items(&old.body), &align::body_items(&new.body), &mut within, true);
    }
}

fn label(arm: &Arm) -> String {
    format!("`{}`", inline::labels(&arm.labels))
}

fn prefix(scope: &Scope) -> String {
    if scope.path.is_empty() { String::new() } else { format!("{}: ", scope.path.join(" > ")) }
}
