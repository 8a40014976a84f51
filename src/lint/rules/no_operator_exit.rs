//! `no-operator-exit`: from every menu a person is at most two keys away.

use std::collections::VecDeque;

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::graph::ways::Ways;
use crate::graph::{FlowGraph, NodeId};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "no-operator-exit",
    group: Group::Experience,
    what: "From every menu a person is at most two keys away.",
    why: "A caller whose wish is not in the menu has nobody to ask. In a flow that connects to nobody at all this is only information.",
    remedy: "Add a key such as `0` that goes to somebody, or let `otherwise` go there.",
    good: example!("no-operator-exit", "good"),
    bad: example!("no-operator-exit", "bad"),
    found: Found::OnGraph(search),
};

/// Keys that a caller may have to press to reach a person.
const MOST: usize = 2;

/// What control passes when it leaves this node by a key: one more to press.
fn keys(graph: &FlowGraph, from: NodeId, to: NodeId) -> usize {
    let Some(act) = nodes::act(graph, from).filter(|act| nodes::asks_caller(act)) else { return 0 };
    // Whoever keys nothing at all goes this way as well.
    let waits = nodes::failing_exits(act).map(|(_, exit)| exit).chain(act.failed).any(|exit| exit.node == to);
    usize::from(!waits)
}

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let is_menu = |id: &NodeId| nodes::act(graph, *id).is_some_and(|act| act.decl.verb == "menu");
    let menus: Vec<NodeId> = graph.ids().filter(is_menu).collect();
    if menus.is_empty() || !graph.complete {
        return;
    }
    let far = distances(graph, context.ways(graph));
    let too_far = |id: &NodeId| far.get(id.index()).copied().flatten().is_none_or(|keys| keys > MOST);
    let menus: Vec<NodeId> = menus.into_iter().filter(too_far).collect();
    if menus.is_empty() {
        return;
    }
    let reachable = &context.ways(graph).reachable;
    let has_people = nodes::acts(graph).any(|(_, act)| nodes::reaches_person(act));
    let severity = if has_people { Severity::Warning } else { Severity::Info };
    for (nth, id) in menus.into_iter().filter(|id| reachable.reached(*id)).enumerate() {
        let Some(place) = graph.place(id) else { continue };
        let message = match far.get(id.index()).copied().flatten() {
            Some(keys) => format!("from this menu it takes {keys} keys to reach a person"),
            None => "from this menu a caller can reach nobody".to_owned(),
        };
        found.push(
            Diagnostic::new(RULE.name, severity, place.span, message)
                .label("no way to a person")
                .help("add a key that goes to somebody, such as `0 -> operator`, or let `otherwise` go there")
                .path(nodes::path(graph, nth, || reachable.path(id))),
        );
    }
}

/// From each node the fewest keys to a person, or to a flow that may have one; backwards from all of
/// them at once, nearer ones first.
fn distances(graph: &FlowGraph, ways: &Ways) -> Vec<Option<usize>> {
    let mut far: Vec<Option<usize>> = vec![None; graph.nodes.len()];
    let arrives = |id: &NodeId| match nodes::act(graph, *id) {
        Some(act) => nodes::reaches_person(act),
        None => nodes::leaves_flow(graph, *id),
    };
    let mut waiting: VecDeque<(NodeId, usize)> = graph.ids().filter(arrives).map(|id| (id, 0)).collect();
    while let Some((id, keys_left)) = waiting.pop_front() {
        match far.get_mut(id.index()) {
            Some(entry) if entry.is_none_or(|k| k > keys_left) => *entry = Some(keys_left),
            _ => continue,
        }
        for from in ways.before.each(id) {
            match keys(graph, from, id) {
                0 => waiting.push_front((from, keys_left)),
                more => waiting.push_back((from, keys_left + more)),
            }
        }
    }
    far
}
