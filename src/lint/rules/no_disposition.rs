//! `no-disposition`: from every step the call can come to an end.

use std::collections::BTreeSet;

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze;
use crate::graph::{FlowGraph, NodeId, Op};
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

/// Of what never ends, the last is told, which nothing leads out of, and not all that leads there.
fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let ways = context.ways(graph);
    let is_trapped = |id: NodeId| ways.reachable.reached(id) && !ways.can_end.reached(id);
    if !graph.steps.iter().any(|s| is_trapped(s.node)) {
        return;
    }
    // Between steps, by their places.
    let mut next: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); graph.steps.len()];
    for id in graph.ids().filter(|id| is_trapped(*id)) {
        let Some(after) = graph.place(id).and_then(|p| next.get_mut(p.step.index())) else { continue };
        let enters = |to: NodeId| match graph.node(to) {
            Some(Op::Enter { step, .. }) => Some(step.index()),
            _ => None,
        };
        after.extend(ways.after.each(id).filter_map(enters));
    }
    let next: Vec<Vec<usize>> = next.into_iter().map(|to| to.into_iter().collect()).collect();
    let leads_to = |step: usize| next.get(step).map_or(&[][..], Vec::as_slice);
    let cycles = analyze::groups(next.len(), |step, nth| leads_to(step).get(nth).copied());
    let closed =
        |cycle: &Vec<usize>| cycle.iter().all(|step| leads_to(*step).iter().all(|to| cycle.binary_search(to).is_ok()));
    let mut last: Vec<usize> = cycles.iter().filter(|c| closed(c)).filter_map(|c| c.first().copied()).collect();
    last.extend((0..next.len()).filter(|step| leads_to(*step).is_empty()));
    last.sort_unstable();
    let traps = last.into_iter().filter_map(|at| graph.steps.get(at)).filter(|s| is_trapped(s.node));
    for (nth, step) in traps.enumerate() {
        let message = format!("a call that enters step `{}` never comes to an end", step.name);
        found.push(
            Diagnostic::error(RULE.name, step.span, message)
                .label("no way from here leads out")
                .help(if graph.is_subflow() {
                    "add `return`, a transfer or `hangup`"
                } else {
                    "add a transfer, an arrow to another flow, or `hangup`"
                })
                .path(nodes::path(graph, nth, || ways.reachable.path(step.node))),
        );
    }
}
