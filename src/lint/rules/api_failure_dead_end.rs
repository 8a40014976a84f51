//! `api-failure-dead-end`: a service that does not answer does not end the call without a word.

use crate::base::diagnostic::Diagnostic;
use crate::graph::{Act, Exit, FlowGraph};
use crate::lint::Context;
use crate::lint::cut_off::{self, CutOff};
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::outcomes::FAILED;

pub const RULE: Rule = Rule {
    name: "api-failure-dead-end",
    group: Group::Experience,
    what: "A service that does not answer does not end the call without a word.",
    why: "Services fail on the days on which everybody calls; the caller still wants what the call was for.",
    remedy: "Let the failure lead to somebody, or say that it cannot be done now.",
    good: example!("api-failure-dead-end", "good"),
    bad: example!("api-failure-dead-end", "bad"),
    found: Found::OnGraph(search),
};

/// Statements that ask something outside the call.
const SERVICES: [&str; 3] = ["http", "lookup", "verify"];

/// The failures, and a service that refuses.
fn failures(act: &Act) -> Vec<(&'static str, Exit)> {
    let exits = act.decl.outcomes.iter().zip(&act.exits);
    exits
        .filter(|(o, _)| o.group == Some(FAILED) || o.name == "rejected")
        .filter_map(|(o, e)| Some((o.name, (*e)?)))
        .collect()
}

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let asks = |act: &Act| SERVICES.contains(&act.decl.verb);
    for CutOff { id, act, outcome, exit, path, .. } in cut_off::all(context, graph, asks, failures) {
        let Some(place) = graph.place(id) else { continue };
        let message = format!("when `{}` ends in `{outcome}` the call ends without a word", act.decl.verb);
        let arm = act.labels.get(usize::from(exit.arm)).map_or(place.span, |(_, span)| *span);
        let mut diagnostic = Diagnostic::warning(RULE.name, arm, message)
            .label("the caller is cut off")
            .help("let it lead to somebody, or say that it cannot be done now");
        if arm != place.span {
            diagnostic = diagnostic.also(place.span, "this can fail");
        }
        found.push(diagnostic.path(path));
    }
}
