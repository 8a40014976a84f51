//! `unreachable-step`: every step can run.

use crate::base::diagnostic::Diagnostic;
use crate::graph::FlowGraph;
use crate::graph::analyze::{self, Search};
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

fn search(_: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    // An arrow that could not be read may have led anywhere.
    if !graph.complete {
        return;
    }
    // Who could come from a statement that never runs is waited for until that is mended.
    let begins = graph.steps.iter().filter(|s| s.named_in_vain).map(|s| s.node).chain([graph.entry]);
    let reachable = Search::run(graph, begins, |id| analyze::successors(graph, id));
    for step in graph.steps.iter().filter(|s| !reachable.reached(s.node)) {
        let message = format!("nothing goes to step `{}`", step.name);
        found.push(
            Diagnostic::warning(RULE.name, step.span, message)
                .label("can never run")
                .help(format!("go to it with `-> {}`, or remove it", step.name)),
        );
    }
}
