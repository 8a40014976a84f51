//! `no-disposition`: from every step the call can come to an end.

use crate::base::diagnostic::Diagnostic;
use crate::graph::FlowGraph;
use crate::graph::analyze;
use crate::lint::Context;
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

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let can_end = &context.ways(graph).can_end;
    let reachable = &context.ways(graph).reachable;
    let trapped = graph.steps.iter().find(|s| reachable.reached(s.node) && !can_end.reached(s.node));
    if let Some(step) = trapped {
        let message = format!("a call that enters step `{}` never comes to an end", step.name);
        found.push(
            Diagnostic::error(RULE.name, step.span, message)
                .label("no way from here leads out")
                .help(if graph.is_subflow() {
                    "add `return`, a transfer or `hangup`"
                } else {
                    "add a transfer, an arrow to another flow, or `hangup`"
                })
                .path(analyze::in_words(graph, &reachable.path(step.node))),
        );
    }
}
