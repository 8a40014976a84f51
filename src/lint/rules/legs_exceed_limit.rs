//! `legs-exceed-limit`: a flow does not ring more targets than it may place legs.

use crate::base::diagnostic::Diagnostic;
use crate::graph::FlowGraph;
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "legs-exceed-limit",
    group: Group::Suspicious,
    what: "A statement rings no more targets than the flow may place legs.",
    why: "A flow places at most `max_legs` legs, 6 unless its header says otherwise: who stands behind them in the list is never rung.",
    remedy: "Ring fewer, or write a larger `max_legs` in the header.",
    good: example!("legs-exceed-limit", "good"),
    bad: example!("legs-exceed-limit", "bad"),
    found: Found::OnGraph(search),
};

fn search(_: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let limit = usize::try_from(graph.limits.max_legs).unwrap_or(usize::MAX);
    for (_, act) in nodes::acts(graph) {
        let targets = nodes::targets(act);
        let Some(beyond) = targets.get(limit) else { continue };
        let message =
            format!("{} targets are rung, and flow `{}` places at most {limit} legs", targets.len(), graph.name);
        found.push(
            Diagnostic::warning(RULE.name, beyond.span, message)
                .label("from here on nobody is rung")
                .help(format!("ring fewer, or write `max_legs {}` in the header", targets.len())),
        );
    }
}
