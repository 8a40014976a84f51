//! `recursive-subflow`: no subflow comes to run itself.

use crate::base::diagnostic::Diagnostic;
use crate::graph::FlowGraph;
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "recursive-subflow",
    group: Group::Liveness,
    what: "No subflow comes to run itself.",
    why: "Each run waits for the one below it, so that the call could go deeper without end.",
    remedy: "Repeat with a step that has `visits`, or go on in the flow that runs the subflow.",
    good: example!("recursive-subflow", "good"),
    bad: example!("recursive-subflow", "bad"),
    found: Found::OnGraph(search),
};

/// Each cycle is reported once, at its first subflow in the order of the source.
fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let here = |index: &usize| context.graphs.get(*index).is_some_and(|g| std::ptr::eq(g, graph));
    let Some(cycle) = context.calls.cycles.iter().find(|cycle| cycle.first().is_some_and(here)) else { return };
    let Some(start) = cycle.first() else { return };
    let around = context.calls.around(cycle, *start);
    let names: Vec<String> = around.iter().filter_map(|i| context.graphs.get(*i)).map(|g| g.name.to_string()).collect();
    let places: Vec<_> = around
        .iter()
        .zip(around.iter().skip(1))
        .filter_map(|(from, to)| {
            let (_, run) = context.calls.callees(*from).iter().find(|(callee, _)| callee == to)?;
            context.graphs.get(*from)?.place(*run).map(|p| (p.span, to))
        })
        .collect();
    let Some((first, _)) = places.first() else { return };
    let message = match names.as_slice() {
        [_, _] => format!("subflow `{}` runs itself", graph.name),
        _ => format!("subflow `{}` comes to run itself", graph.name),
    };
    let mut diagnostic = Diagnostic::error(RULE.name, *first, message)
        .label("run from here")
        .help("repeat with a step that has `visits`, or return an outcome and go on in the flow")
        .path(names);
    for (place, to) in places.iter().skip(1).filter(|(place, _)| place.file == first.file) {
        let name = context.graphs.get(**to).map_or("", |g| g.name.as_ref());
        diagnostic = diagnostic.also(*place, format!("which runs `{name}`"));
    }
    found.push(diagnostic);
}
