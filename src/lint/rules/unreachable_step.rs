//! `unreachable-step`: every step can run.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze::Search;
use crate::graph::{FlowGraph, NodeId};
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "unreachable-step",
    group: Group::Suspicious,
    what: "Every step can run.",
    why: "A step that nothing goes to is left over, or an arrow is missing.",
    remedy: "Remove the step, or go to it.",
    good: example!("unreachable-step", "good"),
    bad: example!("unreachable-step", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    // An arrow that could not be read may have led anywhere.
    if !graph.complete {
        return;
    }
    // Who could come from a statement that never runs is waited for until that is mended.
    let ways = context.ways(graph);
    let in_vain: Vec<NodeId> = graph.steps.iter().filter(|s| s.named_in_vain).map(|s| s.node).collect();
    let begins = in_vain.iter().copied().chain([graph.entry]);
    let waited_for = (!in_vain.is_empty()).then(|| Search::run(graph, begins, |id| ways.after.each(id)));
    let reachable = waited_for.as_ref().unwrap_or(&ways.reachable);
    for step in graph.steps.iter().filter(|s| !reachable.reached(s.node)) {
        let message = format!("nothing goes to step `{}`", step.name);
        found.push(
            Diagnostic::warning(RULE.name, step.span, message)
                .label("can never run")
                .help(format!("go to it with `-> {}`, or remove it", step.name)),
        );
    }
}
