//! `unreachable-step`: every step can run.

use crate::base::diagnostic::Diagnostic;
use crate::graph::FlowGraph;
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
    let reachable = &context.ways(graph).reachable;
    for step in graph.steps.iter().filter(|s| !reachable.reached(s.node)) {
        let message = format!("nothing goes to step `{}`", step.name);
        found.push(
            Diagnostic::warning(RULE.name, step.span, message)
                .label("can never run")
                .help(format!("go to it with `-> {}`, or remove it", step.name)),
        );
    }
}
