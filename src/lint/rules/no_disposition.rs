//! `no-disposition`: from every step the call can come to an end.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze;
use crate::graph::{FlowGraph, NodeId, StepInfo};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "no-disposition",
    group: Group::Liveness,
    what: "From every step the call can come to an end.",
    why: "A call that enters such a step can only be ended by the caller.",
    remedy: "Add a way out: a transfer, another flow or `hangup`.",
    good: example!("no-disposition", "good"),
    bad: example!("no-disposition", "bad"),
    found: Found::OnGraph(search),
};

/// Of what never ends, where it goes round and round is told, and not all that leads there.
fn search(_: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let can_end = analyze::can_end(graph);
    let reachable = analyze::reachable(graph);
    let is_trapped = |id: NodeId| reachable.reached(id) && !can_end.reached(id);
    let Some(first) = graph.steps.iter().find(|s| is_trapped(s.node)) else { return };
    let trapped = |id: NodeId| if is_trapped(id) { analyze::successors(graph, id) } else { Vec::new() };
    let inside = |id: NodeId, cycle: &[NodeId]| trapped(id).iter().all(|n| cycle.binary_search(n).is_ok());
    let cycles = analyze::cycles(graph, trapped);
    let last = cycles.iter().filter(|cycle| cycle.iter().all(|id| inside(*id, cycle)));
    let mut traps: Vec<&StepInfo> =
        last.filter_map(|cycle| graph.steps.iter().find(|s| cycle.binary_search(&s.node).is_ok())).collect();
    if traps.is_empty() {
        traps.push(first);
    }
    for (nth, step) in traps.into_iter().enumerate() {
        let message = format!("a call that enters step `{}` never comes to an end", step.name);
        found.push(
            Diagnostic::error(RULE.name, step.span, message)
                .label("no way from here leads out")
                .help(if graph.is_subflow() {
                    "add `return`, a transfer or `hangup`"
                } else {
                    "add a transfer, an arrow to another flow, or `hangup`"
                })
                .path(nodes::path(graph, nth, || reachable.path(step.node))),
        );
    }
}
