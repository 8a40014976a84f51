//! The checks of a site's flows, and the one way from syntax trees to flows that run.
//!
//! Rules that need no more than one statement are found by `resolve` and `check`; rules about what
//! can happen on a path are searches over the graph, one file each in `rules`. Every rule has its
//! page (`pages`). What a site makes of findings, by levels, exceptions and a baseline, is `judge`.

pub mod baseline;
mod context;
mod cut_off;
pub mod edits;
pub mod in_yaml;
mod judge;
mod languages;
mod levels;
mod longest;
mod nodes;
mod numbers;
pub mod pages;
mod places;
pub mod registry;
mod remedies;
mod rules;
mod shape;
pub mod source;
pub mod suppress;
mod workers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::diagnostic::{self, Absent, Diagnostic, Severity};
use crate::base::span::Span;
use crate::call::leg::Name;
use crate::check;
use crate::expr;
use crate::graph::subflow::{Calls, link, note_effects};
use crate::graph::taint::Taint;
use crate::graph::{self, FlowGraph, Flows};
use crate::policy::Policy;
use crate::resolve;
use crate::site::model::Site;
use crate::syntax::ast;

pub use context::Context;
pub use judge::{Held, HeldBy, Judged, Terms, judge};
pub use places::{Fingerprint, Places};
pub use remedies::Remedies;
use source::Written;
pub use workers::{InOrder, Workers};

/// Compiles every flow of a site and reports all that is wrong with any of them, in the order of
/// the source.
///
/// `policies` are the site's by id. The flows are fit to be run only when no finding is an error:
/// one that has an error in itself is refused by [`crate::interp::Frame::new`] as well.
pub fn compile(site: &Site, policies: &BTreeMap<Name, Arc<Policy>>, files: &[ast::File]) -> (Flows, Vec<Diagnostic>) {
    compile_by(&InOrder, Aim::Flows, site, policies, files)
}

/// What flows are compiled for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aim {
    /// What is wrong with them: their revisions, which only records name, are not computed.
    Findings,
    /// To be run.
    Flows,
}

/// As [`compile`], with the flows shared out among `workers`; what is found does not depend on them.
pub fn compile_by(
    workers: &impl Workers,
    aim: Aim,
    site: &Site,
    policies: &BTreeMap<Name, Arc<Policy>>,
    files: &[ast::File],
) -> (Flows, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let ids: BTreeSet<Name> = policies.keys().cloned().collect();
    let mut symbols = resolve::symbols(site, &ids, files, &mut found);
    check::check_constants(&mut symbols, files, &mut found);
    let mut flows: Vec<&ast::Flow> = Vec::new();
    for item in files.iter().flat_map(|f| &f.items) {
        let ast::Item::Flow(flow) = item else { continue };
        flows.push(flow);
    }
    let checked = workers.each(&flows, |flow| {
        let mut found = Vec::new();
        let checked = check::check_flow(flow, &symbols, &mut found);
        let mut lowered = graph::lower(checked);
        if aim == Aim::Flows {
            lowered.revision = graph::revision(flow, &lowered);
        }
        (lowered, found)
    });
    let (mut graphs, each): (Vec<FlowGraph>, Vec<Vec<Diagnostic>>) = checked.into_iter().unzip();
    found.extend(each.into_iter().flatten());
    let calls = Calls::of(&graphs);
    note_effects(&mut graphs, &calls);
    let taint = Taint::of(&graphs);
    for graph in &mut graphs {
        taint.note_targets(graph);
    }
    let context = Context::new(site, policies, &symbols, &graphs, &taint, &calls);
    let written = workers.each(&flows, |flow| Written::of(flow));
    found.extend(search(workers, &context, &registry::Whole { files, written: &written, graphs: &graphs }));
    diagnostic::sort(&mut found);
    let flows = link(graphs, &calls);
    (flows, found)
}

/// The rules that are searches: each flow by itself, as its graph and as it is written, then all flows together.
fn search(workers: &impl Workers, context: &Context<'_>, whole: &registry::Whole<'_>) -> Vec<Diagnostic> {
    let on_graphs = workers.each(whole.graphs, |graph| {
        let mut found = Vec::new();
        for rule in registry::all() {
            if let registry::Found::OnGraph(search) = rule.found {
                search(context, graph, &mut found);
            }
        }
        found
    });
    let on_source = workers.each(whole.written, |flow| {
        let mut found = Vec::new();
        for rule in registry::all() {
            if let registry::Found::OnSource(search) = rule.found {
                search(context, flow, &mut found);
            }
        }
        found
    });
    let mut on_site = Vec::new();
    for rule in registry::all() {
        if let registry::Found::OnSite(search) = rule.found {
            search(context, whole, &mut on_site);
        }
    }
    on_graphs.into_iter().chain(on_source).flatten().chain(on_site).collect()
}

/// Joins what reading the sources found with what compiling found, without what only follows from
/// a mistake that the reader has reported: a second report of its place, names of a flow whose
/// header could not be read whole, steps that have lost their name, the missing end of a step that could not be read at all, and what
/// may be used in it.
pub fn join(files: &[ast::File], read: Vec<Diagnostic>, compiled: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let broken: Vec<Span> = files.iter().flat_map(|f| &f.items).filter_map(|i| broken_header(i, &read)).collect();
    let unread: BTreeSet<Span> = files.iter().flat_map(|f| &f.items).flat_map(|i| unread_steps(i, &read)).collect();
    let follows = |d: &Diagnostic| {
        let place = d.primary.span;
        // A warning hides nothing: an error that is not shown must have been shown as another error.
        read.iter().any(|r| r.severity == Severity::Error && covers(r.primary.span, place))
            || (needs_header(d) && broken.iter().any(|flow| covers(*flow, place)))
            || (d.rule == "step-falls-through" && unread.contains(&place))
            || (d.rule == "unused-variable" && !unread.is_empty())
    };
    let mut all: Vec<Diagnostic> = compiled.into_iter().filter(|d| !follows(d)).collect();
    all.extend(read);
    diagnostic::sort(&mut all);
    all
}

/// What a header that could not be read whole may answer, or the name of a step without one.
fn needs_header(found: &Diagnostic) -> bool {
    // Its guards are unknown too: that a leg has none would be told of a flow that has one.
    matches!(found.rule, expr::rule::UNKNOWN_NAME | "missing-owner" | "unguarded-external-leg")
        || found.absent == Some(Absent::Step)
}

fn covers(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

/// The names of steps whose end the reader could not read: it found an error behind the last statement, or there is
/// none.
fn unread_steps<'a>(item: &'a ast::Item, read: &'a [Diagnostic]) -> impl Iterator<Item = Span> + 'a {
    let steps = match item {
        ast::Item::Flow(flow) => flow.steps.as_slice(),
        ast::Item::Constant(_) => &[],
    };
    let broken = |step: &&ast::Step| {
        let end = step.body.statements.last().map_or(0, |last| last.span.end);
        read.iter().any(|d| covers(step.span, d.primary.span) && d.primary.span.start >= end)
    };
    steps.iter().filter(broken).map(|s| s.name.span)
}

/// The flow's span, if the reader found an error between its steps: in its header, most likely.
fn broken_header(item: &ast::Item, read: &[Diagnostic]) -> Option<Span> {
    let ast::Item::Flow(flow) = item else { return None };
    let between = |d: &Diagnostic| {
        let place = d.primary.span;
        d.severity == Severity::Error && covers(flow.span, place) && !flow.steps.iter().any(|s| covers(s.span, place))
    };
    read.iter().any(between).then_some(flow.span)
}
