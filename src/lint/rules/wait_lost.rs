//! `wait-lost`: a caller who moves to another queue keeps the time already waited.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze::Search;
use crate::graph::{FlowGraph, NodeId};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "wait-lost",
    group: Group::Experience,
    what: "A caller who moves to another queue keeps the time already waited.",
    why: "Whoever was passed on after five minutes would stand behind those who called a minute ago.",
    remedy: "Leave `keep_wait false` out.",
    good: example!("wait-lost", "good"),
    bad: example!("wait-lost", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let queued = |id: &NodeId| nodes::queue(graph, *id).is_some();
    let forgets =
        |id: &NodeId| queued(id) && nodes::act(graph, *id).is_some_and(|a| nodes::is_flag(a, "keep_wait", false));
    if !graph.ids().any(|id| forgets(&id)) {
        return;
    }
    let ways = context.ways(graph);
    let waited = graph.ids().filter(|id| queued(id) && ways.reachable.reached(*id));
    let after = Search::run(graph, waited.flat_map(|id| ways.after.each(id)), |id| ways.after.each(id));
    for (nth, id) in graph.ids().filter(|id| forgets(id) && after.reached(*id)).enumerate() {
        let Some(place) = graph.place(id) else { continue };
        found.push(
            Diagnostic::warning(RULE.name, place.span, "a caller who has waited in a queue begins anew in this one")
                .label("`keep_wait false`")
                .help("leave `keep_wait false` out")
                .path(nodes::path(graph, nth, || after.path(id))),
        );
    }
}
