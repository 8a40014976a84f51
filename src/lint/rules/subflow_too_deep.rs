//! `subflow-too-deep`: subflows run each other to a bounded depth.

use crate::base::diagnostic::Diagnostic;
use crate::base::limits::MAX_SUBFLOW_DEPTH;
use crate::graph::FlowGraph;
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "subflow-too-deep",
    group: Group::Liveness,
    what: "Subflows run each other at most eight deep.",
    why: "A call that goes deeper cannot be followed by who reads its record, and takes memory for each of them.",
    remedy: "Let the flow run one subflow after the other instead of one within the other.",
    good: example!("subflow-too-deep", "good"),
    bad: example!("subflow-too-deep", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let Some(start) = context.graphs.iter().position(|g| std::ptr::eq(g, graph)) else { return };
    let depth = |index: usize| context.depths.get(index).copied().unwrap_or(0);
    // The outermost is reported: what is run by another is part of a chain that begins there.
    if depth(start) + usize::from(graph.is_subflow()) <= MAX_SUBFLOW_DEPTH || context.is_run(start) {
        return;
    }
    let mut path = vec![graph.name.to_string()];
    let mut first = None;
    let mut at = start;
    while let Some((next, run)) = context.calls.callees(at).iter().copied().max_by_key(|(callee, _)| depth(*callee)) {
        first = first.or(context.graphs.get(at).and_then(|g| g.place(run)).map(|p| p.span));
        path.extend(context.graphs.get(next).map(|g| g.name.to_string()));
        at = next;
    }
    let span = first.unwrap_or(graph.about.span);
    let message =
        format!("subflows run each other {} deep from here, and {MAX_SUBFLOW_DEPTH} is the most", path.len() - 1);
    found.push(
        Diagnostic::error(RULE.name, span, message)
            .label("the first of them")
            .help("let the flow run some of them one after the other")
            .path(path),
    );
}
