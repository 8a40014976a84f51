//! `hold-without-retrieve`: whoever is put on hold is taken off it on every path.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze::Search;
use crate::graph::ways::Ways;
use crate::graph::{Act, FlowGraph, NodeId};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "hold-without-retrieve",
    group: Group::Suspicious,
    what: "After `hold` comes `unhold`, somebody who takes the call, or its end, on every path.",
    why: "Words end a hold by themselves, so nobody stays on it; but a path without `unhold` is mostly one that was forgotten, such as that of a transfer that failed.",
    remedy: "Write `unhold` where the path goes on with the caller.",
    good: example!("hold-without-retrieve", "good"),
    bad: example!("hold-without-retrieve", "bad"),
    found: Found::OnGraph(search),
};

/// Outcomes after which the caller has talked to somebody.
const TALKED: [&str; 2] = ["answered", "ended"];

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let ways = context.ways(graph);
    let holds: Vec<NodeId> = nodes::acts(graph).filter(|(_, act)| act.decl.verb == "hold").map(|(id, _)| id).collect();
    for (nth, hold) in holds.into_iter().enumerate() {
        let held = Search::run(graph, ways.after.each(hold), |id| while_held(graph, ways, id));
        let Some((id, act)) = nodes::acts(graph).find(|(id, act)| held.reached(*id) && speaks_to_caller(act)) else {
            continue;
        };
        let (Some(place), Some(speaks)) = (graph.place(hold), graph.place(id)) else { continue };
        let message = format!("the caller is still on hold when `{}` comes", act.decl.verb);
        let path = || [hold].into_iter().chain(held.path(id)).collect();
        found.push(
            Diagnostic::warning(RULE.name, place.span, message)
                .label("put on hold here")
                .also(speaks.span, "spoken to here without `unhold`")
                .help("write `unhold` on that path")
                .path(nodes::path(graph, nth, path)),
        );
    }
}

/// Where the call goes and the caller is still on hold.
fn while_held(graph: &FlowGraph, ways: &Ways, id: NodeId) -> Vec<NodeId> {
    let Some(act) = nodes::act(graph, id) else { return ways.after.at(id).to_vec() };
    if act.decl.verb == "unhold" || act.decl.verb == "hold" || speaks_to_caller(act) {
        return Vec::new();
    }
    let talked: Vec<NodeId> = TALKED
        .iter()
        .filter_map(|name| act.decl.outcome(name))
        .filter_map(|(at, _)| Some(act.exits.get(at).copied().flatten()?.node))
        .collect();
    ways.after.each(id).filter(|next| !talked.contains(next)).collect()
}

/// Whether the flow itself speaks to the caller: whoever rings or queues hears music or ringing.
fn speaks_to_caller(act: &Act) -> bool {
    act.decl.effects.speaks && !nodes::is_background(act) && !nodes::reaches_person(act)
}
