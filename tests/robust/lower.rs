//! From a tree to a graph: whole where nothing is wrong, with every index in it, and the same from either spelling.

use std::collections::BTreeSet;

use strowger::base::diagnostic::has_errors;
use strowger::fmt;
use strowger::graph::{FlowGraph, Op, analyze};
use strowger::interp::{Frame, StartError};

use super::check::noted;
use super::corpus::{Kind, Sample, other};
use super::shake::{Notes, shake_flows};

/// Every index of a graph is one, and what is whole has no hole that can be come to.
fn sound(graph: &FlowGraph, is_clean: bool) {
    let count = graph.nodes.len();
    let name = &graph.name;
    assert_eq!(graph.places.len(), count, "places of {name}");
    assert!(graph.entry.index() < count, "entry of {name}");
    assert!(graph.failed.is_none_or(|node| node.index() < count), "failed of {name}");
    for id in graph.ids() {
        for next in analyze::successors(graph, id) {
            assert!(next.index() < count, "an index of {name}: {next:?} of {count}");
        }
        let place = graph.place(id).unwrap();
        assert!(graph.step(place.step).is_some() || graph.steps.is_empty(), "the step of a place of {name}");
    }
    for (at, step) in graph.steps.iter().enumerate() {
        let enters = matches!(graph.node(step.node), Some(Op::Enter { step, .. }) if step.index() == at);
        assert!(enters, "the entry of step {} of {name}", step.name);
    }
    let reachable = analyze::reachable(graph);
    let open = graph.ids().find(|id| reachable.reached(*id) && matches!(graph.node(*id), Some(Op::Fall | Op::Hole(_))));
    assert!(open.is_none() || !is_clean, "a node that leads nowhere, and nothing is said: {name}: {open:?}");
    assert!(graph.complete || !is_clean, "not whole, and nothing is said: {name}");
    within_steps(graph);
    let begun = Frame::new(std::sync::Arc::new(graph.clone()), &[]);
    let is_right = if graph.complete { !matches!(begun, Err(StartError::Incomplete)) } else { begun.is_err() };
    assert!(is_right, "begun if and only if it is whole: {name}");
}

/// Control goes from a step to another only through the other's entry, and is in the step that its place tells.
fn within_steps(graph: &FlowGraph) {
    for id in graph.ids() {
        let own = graph.place(id).unwrap().step;
        let header = analyze::header_failed(graph, id);
        for next in analyze::successors(graph, id) {
            let there = graph.place(next).unwrap().step;
            let is_entry = matches!(graph.node(next), Some(Op::Enter { .. }));
            assert!(there == own || is_entry || header == Some(next), "into the midst of a step: {}", graph.name);
        }
    }
    // Whatever can be come to is come to through the entry of its own step.
    let reachable = analyze::reachable(graph);
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    for (at, step) in graph.steps.iter().enumerate() {
        let mut next = vec![step.node];
        while let Some(id) = next.pop() {
            if graph.place(id).unwrap().step.index() == at && seen.insert(id.index()) {
                next.extend(analyze::successors(graph, id));
            }
        }
    }
    let lost = graph.ids().find(|id| reachable.reached(*id) && !seen.contains(&id.index()));
    assert!(graph.steps.is_empty() || lost.is_none(), "not within its step: {}: {lost:?}", graph.name);
}

/// Which ops follow which.
fn ops(graph: &FlowGraph, notes: &mut Notes) {
    for id in graph.ids() {
        let verb = graph.place(id).unwrap().verb;
        for next in analyze::successors(graph, id) {
            notes.saw((verb, graph.place(next).unwrap().verb));
        }
    }
}

#[test]
fn flows_are_lowered() {
    let order = |_: &str| -> &'static [&'static str] { &[] };
    shake_flows(Kind::Both, |corpus, sample, notes| {
        let Ok(text) = std::str::from_utf8(&sample.bytes) else { return };
        let Sample { at, form, .. } = *sample;
        let home = corpus.home(sample);
        let compiled = home.compiled(at, form, text);
        noted(&compiled, notes);
        notes.found(&compiled.compiled);
        let is_clean = !has_errors(&compiled.found());
        for graph in compiled.flows.graphs.values() {
            sound(graph, is_clean);
            ops(graph, notes);
        }
        if !is_clean {
            return;
        }
        notes.count("run");
        // The other form is the same flow, with its settings as they stood.
        let there = fmt::convert(text, form, other(form), &order).unwrap_or_else(|e| panic!("not converted: {e}"));
        let again = home.compiled(at, other(form), &there.text);
        let found = again.found();
        assert!(!has_errors(&found), "errors in the other spelling: {}\n{found:?}", there.text);
        for (name, graph) in &compiled.flows.graphs {
            assert_eq!(graph.revision, again.flows.graphs[name].revision, "revision of {name} in {}", there.text);
        }
    });
}
