//! `wait-without-timeout`: a parked call does not wait for hours.

use crate::base::diagnostic::Diagnostic;
use crate::graph::FlowGraph;
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "wait-without-timeout",
    group: Group::Suspicious,
    what: "A parked call comes back after a time that the flow says.",
    why: "Without `timeout` it stays as long as a flow may run; a caller whom everybody forgot hears music for hours.",
    remedy: "Write `timeout`, and let its arm go to somebody.",
    good: example!("wait-without-timeout", "good"),
    bad: example!("wait-without-timeout", "bad"),
    found: Found::OnGraph(search),
};

fn search(_: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let parks = nodes::acts(graph).filter(|(_, act)| act.decl.verb == "park");
    for (id, _) in parks.filter(|(_, act)| nodes::setting(act, "timeout").is_none()) {
        let Some(place) = graph.place(id) else { continue };
        let longest = crate::syntax::duration::print(graph.limits.max_duration_ms);
        found.push(
            Diagnostic::warning(RULE.name, place.span, format!("a parked caller can be left here for {longest}"))
                .label("no `timeout`")
                .help("write `timeout 2m`, and let its arm go to somebody"),
        );
    }
}
