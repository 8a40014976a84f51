//! What is done with flows beyond reading them: they are lowered, run, mended.

use strowger::base::diagnostic::{Diagnostic, Fix, Severity};
use strowger::base::span::FileId;
use strowger::fmt::{self, Form};
use strowger::graph::{FlowGraph, Op, analyze};
use strowger::interp::{Frame, StartError};
use strowger::lint;
use strowger::syntax::ast::File;
use strowger::syntax::parse::parse_flow;
use strowger::syntax::yaml::parse_yaml_flow;

use super::dice::shake;
use super::readers::{FLOW_WORDS, YAML_WORDS, flows, shown, yaml_flows};
use crate::flow::site::{policies, site};

/// Every index of a graph is one, and what is whole has no hole that can be come to.
fn sound(graph: &FlowGraph, is_clean: bool) {
    let count = graph.nodes.len();
    assert_eq!(graph.places.len(), count, "{}", graph.name);
    assert!(graph.entry.index() < count);
    for id in graph.ids() {
        for next in analyze::successors(graph, id) {
            assert!(next.index() < count, "{}: {next:?} of {count}", graph.name);
        }
        let place = graph.place(id).unwrap();
        assert!(graph.step(place.step).is_some() || graph.steps.is_empty(), "{}", graph.name);
    }
    let reachable = analyze::reachable(graph);
    let open = graph.ids().find(|id| reachable.reached(*id) && matches!(graph.node(*id), Some(Op::Fall | Op::Hole(_))));
    assert!(open.is_none() || !is_clean, "{}: node {open:?} leads nowhere, and nothing is said", graph.name);
    assert!(graph.complete || !is_clean, "{}: not whole, and nothing is said", graph.name);
    let begun = Frame::new(std::sync::Arc::new(graph.clone()), &[]);
    let is_right = if graph.complete { !matches!(begun, Err(StartError::Incomplete)) } else { begun.is_err() };
    assert!(is_right, "{}: a flow is begun if and only if it is whole", graph.name);
}

fn lowered(text: &str, form: Form, read: fn(FileId, &str) -> (File, Vec<Diagnostic>)) {
    let (tree, read) = read(FileId(0), text);
    let files = [tree];
    let (flows, compiled) = lint::compile(&site(), &policies(), &files);
    let found = lint::join(&files, read, compiled);
    let is_clean = found.iter().all(|d| d.severity != Severity::Error);
    flows.graphs.values().for_each(|graph| sound(graph, is_clean));
    shown(text.as_bytes(), &found);
    if is_clean {
        // The other form is the same flow, with its settings as they stood.
        let order = |_: &str| -> &'static [&'static str] { &[] };
        let other = if form == Form::Flow { Form::Yaml } else { Form::Flow };
        let there = fmt::convert(text, form, other, &order).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let (tree, read) = match other {
            Form::Flow => parse_flow(FileId(0), &there.text),
            Form::Yaml => parse_yaml_flow(FileId(0), &there.text),
        };
        assert_eq!(read, [], "{text}");
        let (again, found) = lint::compile(&site(), &policies(), &[tree]);
        assert!(found.iter().all(|d| d.severity != Severity::Error), "{text}\n{}\n{found:?}", there.text);
        for (name, graph) in &flows.graphs {
            assert_eq!(graph.revision, again.graphs[name].revision, "{name}\n{text}\n{}", there.text);
        }
    }
}

#[test]
fn flows_are_lowered() {
    shake(&flows(), FLOW_WORDS, |bytes| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            lowered(text, Form::Flow, parse_flow);
        }
    });
}

#[test]
fn yaml_flows_are_lowered() {
    shake(&yaml_flows(), YAML_WORDS, |bytes| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            lowered(text, Form::Yaml, parse_yaml_flow);
        }
    });
}

/// A text with the edits of a fix made; they lie within it, on whole characters, and apart.
fn mended(text: &str, fix: &Fix) -> String {
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|e| e.span);
    let mut out = String::new();
    let mut at = 0;
    for edit in &edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        assert!(at <= start && start <= end, "{}: edits overlap in {text}", fix.title);
        out.push_str(text.get(at..start).unwrap_or_else(|| panic!("{}: {edit:?} in {text}", fix.title)));
        out.push_str(&edit.text);
        at = end;
    }
    out + text.get(at..).unwrap()
}

fn findings(text: &str) -> (usize, Vec<Diagnostic>) {
    let (tree, read) = parse_flow(FileId(0), text);
    let errors = read.iter().filter(|d| d.severity == Severity::Error).count();
    let files = [tree];
    let (_, compiled) = lint::compile(&site(), &policies(), &files);
    (errors, lint::join(&files, read, compiled))
}

/// A fix that is called safe mends what it is for and breaks nothing that could be read.
#[test]
fn fixes_of_spoilt_flows_mend() {
    shake(&flows(), FLOW_WORDS, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let (unread, found) = findings(text);
        for (fix, one) in found.iter().filter_map(|d| Some((d.fix.as_ref()?, d))) {
            let text_after = mended(text, fix);
            let (after, left) = findings(&text_after);
            if fix.safe {
                assert!(after <= unread, "{}: breaks\n{text}\n--\n{text_after}", fix.title);
                let same = |d: &&Diagnostic| d.rule == one.rule && d.message == one.message;
                let count = |list: &[Diagnostic]| list.iter().filter(same).count();
                let mends = count(&left) < count(&found);
                assert!(mends, "{}: mends nothing in\n{text}\n--\n{text_after}", fix.title);
            }
        }
    });
}
