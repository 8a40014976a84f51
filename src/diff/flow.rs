//! Flows and their steps: which are which, which can be reached, and what is in them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::span::Span;
use crate::call::leg::Name;
use crate::graph::{Act, FlowGraph, Op};
use crate::picture;
use crate::syntax::ast::{self, Flow, Header, Step};

use super::model::{Change, Kind};
use super::statement::Scope;
use super::{Version, align, header, rename};

/// What a flow is called, and whether it is a subflow: the two have names of their own.
type Key<'a> = (bool, &'a str);

pub(super) fn flows(old: Version<'_>, new: Version<'_>, out: &mut Vec<Change>) {
    let (before, after) = (by_name(old.trees), by_name(new.trees));
    for (key, flow) in &before {
        match after.get(key) {
            Some(other) => {
                let mut pair = FlowDiff::new(Side::new(flow, old.graphs), Side::new(other, new.graphs), out);
                pair.compare();
            }
            None => out.push(whole(Kind::FlowRemoved, *key, "is gone", Some(flow.name.span), None)),
        }
    }
    for (key, flow) in &after {
        if !before.contains_key(key) {
            out.push(whole(Kind::FlowAdded, *key, "is new", None, Some(flow.name.span)));
            // Its legs are news, as if all of it had been added to an empty flow.
            let none = BTreeMap::new();
            let empty =
                Flow { header: Vec::new(), steps: Vec::new(), params: Vec::new(), doc: None, ..(*flow).clone() };
            let mut pair = FlowDiff::new(Side::new(&empty, &none), Side::new(flow, new.graphs), out);
            for step in &flow.steps {
                pair.added_step(step, false);
            }
        }
    }
    header::constants(old.trees, new.trees, out);
}

fn by_name(trees: &[ast::File]) -> BTreeMap<Key<'_>, &Flow> {
    let mut out = BTreeMap::new();
    for item in trees.iter().flat_map(|tree| &tree.items) {
        if let ast::Item::Flow(flow) = item {
            // Of two with one name the first is meant.
            out.entry((flow.results.is_some(), flow.name.value.as_str())).or_insert(flow);
        }
    }
    out
}

fn whole(kind: Kind, (subflow, name): Key<'_>, what: &str, old: Option<Span>, new: Option<Span>) -> Change {
    let word = if subflow { "subflow" } else { "flow" };
    Change { kind, flow: name.to_owned(), step: String::new(), message: format!("{word} `{name}` {what}"), old, new }
}

/// One version of a flow.
pub(super) struct Side<'a> {
    pub flow: &'a Flow,
    /// What the compiled flow knows of its statements, by their places.
    acts: BTreeMap<Span, &'a Act>,
    reachable: BTreeSet<String>,
}

impl<'a> Side<'a> {
    fn new(flow: &'a Flow, graphs: &'a BTreeMap<Name, Arc<FlowGraph>>) -> Self {
        let graph = graphs.get(flow.name.value.as_str()).filter(|g| g.about.span == flow.name.span);
        let acts = graph.into_iter().flat_map(|graph| {
            graph.ids().filter_map(|id| match (graph.node(id), graph.place(id)) {
                (Some(Op::Act(act)), Some(place)) => Some((place.span, act.as_ref())),
                _ => None,
            })
        });
        let acts = acts.collect();
        let cards = picture::picture(flow, graph.map(AsRef::as_ref)).cards;
        let reachable = cards.into_iter().filter(|card| card.reachable).map(|card| card.name).collect();
        Self { flow, acts, reachable }
    }

    pub fn act(&self, span: Span) -> Option<&Act> {
        self.acts.get(&span).copied()
    }

    pub fn guards(&self) -> BTreeSet<&'a str> {
        let guard = |header: &'a Header| match header {
            Header::Guard(policy) => Some(policy.value.as_str()),
            _ => None,
        };
        self.flow.header.iter().filter_map(guard).collect()
    }

    fn step(&self, name: &str) -> Option<&'a Step> {
        self.flow.steps.iter().find(|s| s.name.value == name)
    }
}

/// Two versions of one flow.
pub(super) struct FlowDiff<'a, 'o> {
    pub old: Side<'a>,
    pub new: Side<'a>,
    /// Old names of steps to new ones, where they differ.
    renamed: BTreeMap<&'a str, &'a str>,
    /// The step one is in, by its new name.
    pub step: String,
    out: &'o mut Vec<Change>,
}

impl<'a, 'o> FlowDiff<'a, 'o> {
    fn new(old: Side<'a>, new: Side<'a>, out: &'o mut Vec<Change>) -> Self {
        let renamed = rename::renamed(old.flow, new.flow);
        Self { old, new, renamed, step: String::new(), out }
    }

    pub fn report(&mut self, kind: Kind, message: impl Into<String>, old: Option<Span>, new: Option<Span>) {
        let (flow, step) = (self.new.flow.name.value.clone(), self.step.clone());
        self.out.push(Change { kind, flow, step, message: message.into(), old, new });
    }

    /// The name that a step of the old version has in the new one.
    pub fn today<'n>(&self, old: &'n str) -> &'n str
    where
        'a: 'n,
    {
        self.renamed.get(old).copied().unwrap_or(old)
    }

    fn compare(&mut self) {
        header::header(self);
        self.entry();
        let (old, new) = (self.old.flow, self.new.flow);
        for step in &old.steps {
            let name = self.today(&step.name.value).to_owned();
            match self.new.step(&name) {
                Some(other) => self.both(step, other),
                None => {
                    self.step.clone_from(&step.name.value);
                    self.report(Kind::StepRemoved, "the step is gone", Some(step.name.span), None);
                }
            }
        }
        let kept: BTreeSet<String> = old.steps.iter().map(|s| self.today(&s.name.value).to_owned()).collect();
        for step in new.steps.iter().filter(|s| !kept.contains(&s.name.value)) {
            self.added_step(step, true);
        }
        self.step.clear();
    }

    fn entry(&mut self) {
        let (Some(old), Some(new)) = (self.old.flow.steps.first(), self.new.flow.steps.first()) else { return };
        if self.today(&old.name.value) != new.name.value {
            let message = format!("calls began at step `{}` and begin at `{}`", old.name.value, new.name.value);
            self.report(Kind::EntryChanged, message, Some(old.name.span), Some(new.name.span));
        }
    }

    /// A step of the new version only; its outside legs are news of their own.
    pub fn added_step(&mut self, step: &'a Step, say: bool) {
        self.step.clone_from(&step.name.value);
        if say {
            self.report(Kind::StepAdded, "the step is new", None, Some(step.name.span));
        }
        let mut scope = self.scope();
        self.block(&[], &align::items(&step.body), &mut scope, false);
    }

    fn scope(&self) -> Scope {
        let owned = |set: BTreeSet<&str>| set.into_iter().map(str::to_owned).collect();
        Scope { old: owned(self.old.guards()), new: owned(self.new.guards()), path: Vec::new() }
    }

    fn both(&mut self, old: &'a Step, new: &'a Step) {
        self.step.clone_from(&new.name.value);
        let places = (Some(old.name.span), Some(new.name.span));
        if old.name != new.name {
            let message = format!("step `{}` is now called `{}`", old.name.value, new.name.value);
            self.report(Kind::StepRenamed, message, places.0, places.1);
        }
        if old.doc != new.doc {
            self.report(Kind::DocChanged, "the step's description is another", places.0, places.1);
        }
        if self.old.reachable.contains(&old.name.value) && !self.new.reachable.contains(&new.name.value) {
            self.report(Kind::Unreachable, "no call can come to this step any more", places.0, places.1);
        }
        self.visits(old, new);
        let mut scope = self.scope();
        self.block(&align::items(&old.body), &align::items(&new.body), &mut scope, true);
    }

    fn visits(&mut self, old: &Step, new: &Step) {
        let places = (Some(old.name.span), Some(new.name.span));
        match (&old.visits, &new.visits) {
            (None, None) => {}
            (Some((max, _)), None) => {
                let message = format!("`visits {}` is gone: nothing bounds how often a call comes here", max.value);
                self.report(Kind::BoundRemoved, message, Some(max.span), places.1);
            }
            (None, Some((max, _))) => {
                let message = format!("`visits {}` is new", max.value);
                self.report(Kind::BoundAdded, message, places.0, Some(max.span));
            }
            (Some((a, from)), Some((b, to))) => {
                if a.value != b.value {
                    let kind = if b.value > a.value { Kind::BoundRaised } else { Kind::BoundLowered };
                    let message = format!("`visits` was {} and is {}", a.value, b.value);
                    self.report(kind, message, Some(a.span), Some(b.span));
                }
                self.rewired("when its visits are used up, the step", from, to);
            }
        }
    }
}
