//! `guard-stale`: what a policy was asked about is what is dialled.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diagnostic::Diagnostic;
use crate::expr::Slot;
use crate::graph::analyze::Search;
use crate::graph::ways::Ways;
use crate::graph::{Act, FlowGraph, NodeId};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::args::{SubjectArg, TargetArg, TargetValue};

pub const RULE: Rule = Rule {
    name: "guard-stale",
    group: Group::Fraud,
    what: "The number that a policy was asked about is the number that is dialled.",
    why: "A flow that asks about one number and dials another has asked for nothing: what it decided on `allowed` does not hold.",
    remedy: "Ask again after the change, or move the question next to the transfer.",
    good: example!("guard-stale", "good"),
    bad: example!("guard-stale", "bad"),
    found: Found::OnGraph(search),
};

fn reads(target: &TargetArg, slot: Slot) -> bool {
    matches!(&target.value, TargetValue::Dialled(value) if nodes::reads(value).contains(&slot))
}

/// A question to a policy.
fn asks(graph: &FlowGraph, id: NodeId) -> Option<&TargetArg> {
    match &nodes::act(graph, id)?.args.subject {
        SubjectArg::Ask { target, .. } => Some(target),
        _ => None,
    }
}

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let mut asked: BTreeMap<Slot, Vec<NodeId>> = BTreeMap::new();
    for id in graph.ids() {
        let Some(TargetValue::Dialled(value)) = asks(graph, id).map(|t| &t.value) else { continue };
        for slot in nodes::reads(value) {
            asked.entry(slot).or_default().push(id);
        }
    }
    let dialled = |slot: Slot| nodes::acts(graph).any(|(_, act)| nodes::targets(act).iter().any(|t| reads(t, slot)));
    asked.retain(|slot, _| dialled(*slot));
    for (slot, questions) in asked {
        changed_since(graph, context.ways(graph), slot, &questions, found);
    }
}

/// Searches from each `allowed` on, over nodes with the variable as it was and with it changed. A new
/// question ends the search: what comes after it was asked.
fn changed_since(graph: &FlowGraph, ways: &Ways, slot: Slot, questions: &[NodeId], found: &mut Vec<Diagnostic>) {
    let count = graph.nodes.len();
    let place = |id: NodeId, changed: bool| id.index() + if changed { count } else { 0 };
    let allowed = |id: &NodeId| {
        let act = nodes::act(graph, *id)?;
        let (at, _) = act.decl.outcome("allowed")?;
        act.exits.get(at).copied().flatten().map(|exit| (exit.node, *id))
    };
    let mut begins: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    for (node, question) in questions.iter().filter_map(allowed) {
        begins.entry(node).or_insert(question);
    }
    let again: BTreeSet<NodeId> = questions.iter().copied().collect();
    let reached = Search::over(2 * count, begins.keys().map(|id| place(*id, false)), |at| {
        let (changed, id) = (at >= count, NodeId::from_index(at % count));
        if again.contains(&id) {
            return Vec::new();
        }
        nodes::ways(graph, ways, id, slot).into_iter().map(|(next, set)| place(next, changed || set)).collect()
    });
    let dials = |act: &Act| nodes::targets(act).iter().any(|t| act.at.outside && reads(t, slot));
    let changed = |id: NodeId| reached.reached_place(place(id, true));
    for (nth, (id, act)) in nodes::acts(graph).filter(|(id, act)| changed(*id) && dials(act)).enumerate() {
        let Some(target) = nodes::targets(act).iter().find(|t| reads(t, slot)) else { continue };
        let since = reached.path_to(place(id, true));
        let first = since.first().and_then(|at| begins.get(&NodeId::from_index(*at % count)));
        let Some(question) = first.copied() else { continue };
        let change = since.windows(2).find_map(|pair| match pair {
            [from, to] if *from < count && *to >= count => graph.place(NodeId::from_index(*from)),
            _ => None,
        });
        let name = graph.variables.get(usize::from(slot.0)).map_or("", |v| v.name.as_ref());
        let message = format!("`{name}` is not what the policy was asked about any more when it is dialled here");
        let mut diagnostic = Diagnostic::error(RULE.name, target.span, message)
            .label("dials the changed value")
            .help("ask the policy again after the change, or ask right before this statement");
        if let Some(place) = graph.place(question) {
            diagnostic = diagnostic.also(place.span, "the policy is asked here");
        }
        if let Some(place) = change {
            diagnostic = diagnostic.also(place.span, "changed here");
        }
        let since = since.into_iter().map(|at| NodeId::from_index(at % count));
        let path = || ways.reachable.path(question).into_iter().chain(since).collect();
        found.push(diagnostic.path(nodes::path(graph, nth, path)));
    }
}
