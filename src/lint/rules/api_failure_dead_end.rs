//! `api-failure-dead-end`: a service that does not answer does not end the call without a word.

use crate::base::diagnostic::Diagnostic;
use crate::graph::{Act, Exit, FlowGraph};
use crate::lint::Context;
use crate::lint::cut_off::{self, Words};
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
    for cut in cut_off::all(context, graph, asks, failures) {
        let message = format!("when `{}` ends in `{}` the call ends without a word", cut.act.decl.verb, cut.outcome);
        let help = "let it lead to somebody, or say that it cannot be done now";
        found.extend(cut.finding(graph, &RULE, Words { message, label: "the caller is cut off", help }));
    }
}
