//! `silent-cycle`: a call that goes round is heard by the caller.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze;
use crate::graph::subflow::add_silent_successors;
use crate::graph::ways::Edges;
use crate::graph::{FlowGraph, Op};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "silent-cycle",
    group: Group::Liveness,
    what: "A call that goes round in a cycle lets the caller hear something each time.",
    why: "The caller hears a dead line while the flow is busy with itself, and whatever it asks is asked as fast as it can.",
    remedy: "Play something in the cycle, or leave it after the first failure.",
    good: example!("silent-cycle", "good"),
    bad: example!("silent-cycle", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let silent = Edges::of(graph, |id, out| match graph.node(id) {
        // What could not be read may be heard.
        Some(Op::Hole(_)) => {}
        _ => add_silent_successors(graph, id, out),
    });
    let cycles = analyze::cycles(graph, &silent);
    if cycles.is_empty() {
        return;
    }
    let reachable = &context.ways(graph).reachable;
    let can_end = &context.ways(graph).can_end;
    for (nth, cycle) in cycles.into_iter().enumerate() {
        let Some(step) = nodes::steps_of(graph, &cycle).find(|s| reachable.reached(s.node)) else { continue };
        // A cycle that nothing leaves needs a way out before it needs words: `no-disposition`.
        if !can_end.reached(step.node) {
            continue;
        }
        let around = || nodes::around(graph, &silent, &cycle, step.node);
        let message = format!("a call can go round through step `{}` and the caller hears nothing of it", step.name);
        found.push(
            Diagnostic::error(RULE.name, step.span, message)
                .label("nothing is heard in this cycle")
                .help("play something in it, or go elsewhere after the first failure")
                .path(nodes::path(graph, nth, around)),
        );
    }
}
