//! `guard-stale`: what a policy was asked about is what is dialled, and not long after.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::expr::Slot;
use crate::graph::analyze::Search;
use crate::graph::ways::Ways;
use crate::graph::{Act, FlowGraph, NodeId};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::args::{Operand, SubjectArg, TargetArg, TargetValue};

pub const RULE: Rule = Rule {
    name: "guard-stale",
    group: Group::Fraud,
    what: "The number that a policy was asked about is the number that is dialled, not changed and not more than a minute later.",
    why: "A flow that asks about one number and dials another has asked for nothing: what it decided on `allowed` does not hold.",
    remedy: "Ask again after the change, or move the question next to the transfer.",
    good: example!("guard-stale", "good"),
    bad: example!("guard-stale", "bad"),
    found: Found::OnGraph(search),
};

/// A policy's answer is as good as the moment: what is dialled after a longer wait is asked about again.
const LONGEST_WAIT_MS: u64 = 60_000;

/// What a question and a dialled number have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Variable(Slot),
    Number(Arc<str>),
}

impl Key {
    /// Whether the target is this number, or computed from this variable.
    fn is_read_by(&self, target: &TargetArg) -> bool {
        Key::all(target).contains(self)
    }

    fn all(target: &TargetArg) -> Vec<Key> {
        match &target.value {
            TargetValue::Dialled(Operand::Const(value)) => {
                value.as_str().map(|n| Key::Number(n.into())).into_iter().collect()
            }
            TargetValue::Dialled(value) => nodes::reads(value).into_iter().map(Key::Variable).collect(),
            _ => Vec::new(),
        }
    }
}

/// A question to a policy.
fn asks(graph: &FlowGraph, id: NodeId) -> Option<&TargetArg> {
    match &nodes::act(graph, id)?.args.subject {
        SubjectArg::Ask { target, .. } => Some(target),
        _ => None,
    }
}

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let mut asked: BTreeMap<Key, Vec<NodeId>> = BTreeMap::new();
    for id in graph.ids() {
        for key in asks(graph, id).into_iter().flat_map(Key::all) {
            asked.entry(key).or_default().push(id);
        }
    }
    let dialled = |key: &Key| nodes::acts(graph).any(|(_, act)| nodes::targets(act).iter().any(|t| key.is_read_by(t)));
    asked.retain(|key, _| dialled(key));
    for (key, questions) in asked {
        stale_since(graph, context.ways(graph), &key, &questions, found);
    }
}

/// Whether leaving a statement by some exit means that the caller has waited, or talked, for long.
fn waits_long(graph: &FlowGraph, id: NodeId, to: NodeId) -> bool {
    let Some(act) = nodes::act(graph, id) else { return false };
    let longer = |key: &str| nodes::known(act, key).and_then(nodes::duration_ms).is_none_or(|ms| ms > LONGEST_WAIT_MS);
    match (act.decl.verb, &act.args.subject) {
        ("wait", SubjectArg::Value(Operand::Const(value))) => nodes::duration_ms(value) > Some(LONGEST_WAIT_MS),
        ("park", _) => longer("timeout"),
        ("conference", _) => true,
        _ if nodes::queue(graph, id).is_some() => longer("max_wait"),
        // They have talked.
        _ => ["answered", "ended"].iter().filter_map(|name| act.decl.outcome(name)).any(|(at, _)| {
            act.decl.effects.places_leg && act.exits.get(at).copied().flatten().is_some_and(|exit| exit.node == to)
        }),
    }
}

/// Where control goes, and whether what the policy said is worth nothing there.
fn onward(graph: &FlowGraph, ways: &Ways, id: NodeId, key: &Key) -> Vec<(NodeId, bool)> {
    let onward = match key {
        Key::Variable(slot) => nodes::ways(graph, ways, id, *slot),
        Key::Number(_) => ways.after.each(id).map(|next| (next, false)).collect(),
    };
    onward.into_iter().map(|(next, set)| (next, set || waits_long(graph, id, next))).collect()
}

/// Searches from each `allowed` on, over nodes with the answer as it was and with it stale. A new
/// question ends the search: what comes after it was asked.
fn stale_since(graph: &FlowGraph, ways: &Ways, key: &Key, questions: &[NodeId], found: &mut Vec<Diagnostic>) {
    let count = graph.nodes.len();
    let place = |id: NodeId, stale: bool| id.index() + if stale { count } else { 0 };
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
        let (stale, id) = (at >= count, NodeId::from_index(at % count));
        if again.contains(&id) {
            return Vec::new();
        }
        onward(graph, ways, id, key).into_iter().map(|(next, now)| place(next, stale || now)).collect()
    });
    let dials = |act: &Act| nodes::targets(act).iter().any(|t| act.at.outside && key.is_read_by(t));
    let stale = |id: NodeId| reached.reached_place(place(id, true));
    for (nth, (id, act)) in nodes::acts(graph).filter(|(id, act)| stale(*id) && dials(act)).enumerate() {
        let Some(target) = nodes::targets(act).iter().find(|t| key.is_read_by(t)) else { continue };
        let since = reached.path_to(place(id, true));
        let first = since.first().and_then(|at| begins.get(&NodeId::from_index(*at % count)));
        let Some(question) = first.copied() else { continue };
        let turn = since.windows(2).find_map(|pair| match pair {
            [from, to] if *from < count && *to >= count => {
                Some((NodeId::from_index(*from), NodeId::from_index(*to % count)))
            }
            _ => None,
        });
        let waited = turn.is_some_and(|(from, to)| waits_long(graph, from, to));
        let mut diagnostic = report(graph, key, target, waited);
        if let Some(place) = graph.place(question) {
            diagnostic = diagnostic.also(place.span, "the policy is asked here");
        }
        if let Some(place) = turn.and_then(|(from, _)| graph.place(from)) {
            diagnostic = diagnostic.also(place.span, if waited { "a long wait here" } else { "changed here" });
        }
        let since = since.into_iter().map(|at| NodeId::from_index(at % count));
        let path = || ways.reachable.path(question).into_iter().chain(since).collect();
        found.push(diagnostic.path(nodes::path(graph, nth, path)));
    }
}

fn report(graph: &FlowGraph, key: &Key, target: &TargetArg, waited: bool) -> Diagnostic {
    let name = match key {
        Key::Variable(slot) => graph.variables.get(usize::from(slot.0)).map_or("", |v| v.name.as_ref()),
        Key::Number(number) => number,
    };
    let (message, label) = if waited {
        let message = format!("the policy was asked about `{name}` long before it is dialled here");
        (message, "what it said may not hold any more")
    } else {
        let message = format!("`{name}` is not what the policy was asked about any more when it is dialled here");
        (message, "dials the changed value")
    };
    Diagnostic::error(RULE.name, target.span, message)
        .label(label)
        .help("ask the policy again, right before this statement")
}
