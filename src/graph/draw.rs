//! The graph of a flow's steps as text: JSON, Mermaid and DOT.
//!
//! One box a step, one arrow a way from step to step; what happens inside a step is left out.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::analyze::{self, Search};
use super::model::{FlowGraph, NodeId, Op};

/// An arrow between steps, or out of the flow.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Edge {
    pub from: String,
    pub to: Goal,
    pub label: String,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Goal {
    Step(String),
    Flow(String),
    /// The call ends or is given away, by this verb.
    End(String),
}

/// Every arrow of a flow, by step in the order of the source.
pub fn edges(graph: &FlowGraph) -> Vec<Edge> {
    let mut out = Vec::new();
    for step in &graph.steps {
        let inside = |id: NodeId| {
            let entered = matches!(graph.node(id), Some(Op::Enter { .. })) && id != step.node;
            if entered { Vec::new() } else { analyze::successors(graph, id) }
        };
        let search = Search::run(graph, analyze::successors(graph, step.node), inside);
        let mut seen = BTreeSet::new();
        for id in graph.ids().filter(|id| search.reached(*id)) {
            let to = match graph.node(id) {
                Some(Op::Enter { .. }) => Goal::Step(graph.step_name(id).to_owned()),
                Some(Op::GotoFlow(goto)) => Goal::Flow(goto.flow.to_string()),
                _ if analyze::is_end(graph, id) => Goal::End(graph.place(id).map_or("", |p| p.verb).to_owned()),
                _ => continue,
            };
            let path: Vec<NodeId> = [step.node].into_iter().chain(search.path(id)).collect();
            let words = analyze::in_words(graph, &path);
            let label = words.first().and_then(|w| w.split_once(" (")).map_or("", |(_, l)| l.trim_end_matches(')'));
            let edge = Edge { from: step.name.to_string(), to, label: label.to_owned() };
            if seen.insert(edge.clone()) {
                out.push(edge);
            }
        }
    }
    out
}

/// Mermaid, a flowchart from top to bottom.
pub fn mermaid(graph: &FlowGraph) -> String {
    let mut out = String::from("flowchart TD\n");
    for step in &graph.steps {
        // Writing to a string does not fail.
        let _ = writeln!(out, "  s_{0}[\"{0}\"]", step.name);
    }
    for edge in edges(graph) {
        let to = match &edge.to {
            Goal::Step(name) => format!("s_{name}"),
            Goal::Flow(name) => format!("f_{name}([\"flow {name}\"])"),
            Goal::End(verb) => format!("e_{0}_{verb}((\"{verb}\"))", edge.from),
        };
        let label = edge.label.replace('"', "'");
        let arrow = if label.is_empty() { "-->".to_owned() } else { format!("-->|\"{label}\"|") };
        let _ = writeln!(out, "  s_{} {arrow} {to}", edge.from);
    }
    out
}

/// DOT, for Graphviz.
pub fn dot(graph: &FlowGraph) -> String {
    let mut out = format!("digraph {} {{\n  node [shape=box];\n", graph.name);
    for edge in edges(graph) {
        let to = match &edge.to {
            Goal::Step(name) => name.clone(),
            Goal::Flow(name) => format!("flow {name}"),
            Goal::End(verb) => verb.clone(),
        };
        let label = edge.label.replace('\\', "\\\\").replace('"', "\\\"");
        let _ = writeln!(out, "  \"{}\" -> \"{to}\" [label=\"{label}\"];", edge.from);
    }
    out.push_str("}\n");
    out
}

/// JSON: steps and arrows, version 1.
pub fn json(graph: &FlowGraph) -> String {
    let steps: Vec<_> = graph.steps.iter().map(|s| serde_json::json!({"name": &*s.name, "visits": s.bound})).collect();
    let edges: Vec<_> = edges(graph)
        .into_iter()
        .map(|e| {
            let (kind, to) = match e.to {
                Goal::Step(name) => ("step", name),
                Goal::Flow(name) => ("flow", name),
                Goal::End(verb) => ("end", verb),
            };
            serde_json::json!({"from": e.from, "kind": kind, "to": to, "label": e.label})
        })
        .collect();
    serde_json::json!({"version": 1, "flow": &*graph.name, "steps": steps, "edges": edges}).to_string()
}
