//! `secret-recorded`: nobody keys a secret while the call is recorded.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::base::diagnostic::Diagnostic;
use crate::base::value::Type;
use crate::graph::analyze::Search;
use crate::graph::ways::Ways;
use crate::graph::{Act, FlowGraph, NodeId};
use crate::lint::Context;
use crate::lint::context::goal;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, Whole, example};
use crate::step::args::SubjectArg;

pub const RULE: Rule = Rule {
    name: "secret-recorded",
    group: Group::Suspicious,
    what: "Nobody keys a secret while the call is recorded.",
    why: "The tones of a PIN or a card number are in the recording, for everybody who may listen to it.",
    remedy: "Write `record pause` before the secret is asked for, and `record resume` after it.",
    good: example!("secret-recorded", "good"),
    bad: example!("secret-recorded", "bad"),
    found: Found::OnSite(search),
};

/// What the statement makes of the recording; `None`: it stays as it is.
fn recording(act: &Act) -> Option<bool> {
    match act.args.subject {
        SubjectArg::Word("start" | "resume") if act.decl.verb == "record" => Some(true),
        SubjectArg::Word("stop" | "pause") if act.decl.verb == "record" => Some(false),
        _ => None,
    }
}

fn asks_secret(act: &Act) -> bool {
    act.into.is_some() && act.args.into == Some(Type::Secret)
}

/// A recording goes on in the flow that the call goes to, and in what it runs: each flow is searched
/// from an entry without one, and from an entry with one if a call can come so.
fn search(context: &Context<'_>, whole: &Whole<'_>, found: &mut Vec<Diagnostic>) {
    let acts = || whole.graphs.iter().flat_map(|g| nodes::acts(g).map(|(_, act)| act));
    if !acts().any(|act| recording(act) == Some(true)) || !acts().any(asks_secret) {
        return;
    }
    let index: BTreeMap<&str, usize> = whole.graphs.iter().enumerate().map(|(at, g)| (g.name.as_ref(), at)).collect();
    let mut entered: BTreeSet<usize> = BTreeSet::new();
    let mut waiting: VecDeque<usize> = (0..whole.graphs.len()).collect();
    while let Some(at) = waiting.pop_front() {
        let Some(graph) = whole.graphs.get(at) else { continue };
        let reached = while_recorded(graph, context.ways(graph), entered.contains(&at));
        for id in graph.ids().filter(|id| reached.reached_place(id.index() + graph.nodes.len())) {
            let goal = graph.node(id).and_then(|op| goal(graph, op)).and_then(|name| index.get(name.as_ref()));
            if let Some(to) = goal.copied().filter(|to| entered.insert(*to)) {
                waiting.push_back(to);
            }
        }
    }
    for (at, graph) in whole.graphs.iter().enumerate() {
        report(graph, &while_recorded(graph, context.ways(graph), entered.contains(&at)), found);
    }
}

/// Over nodes, each while nothing and while the call is recorded.
fn while_recorded(graph: &FlowGraph, ways: &Ways, entered: bool) -> Search {
    let count = graph.nodes.len();
    let begins = [Some(graph.entry.index()), entered.then_some(graph.entry.index() + count)];
    Search::over(2 * count, begins.into_iter().flatten(), |at| {
        let (on, id) = (at >= count, NodeId::from_index(at % count));
        let on = nodes::act(graph, id).and_then(recording).unwrap_or(on);
        ways.after.each(id).map(move |next| next.index() + if on { count } else { 0 })
    })
}

fn report(graph: &FlowGraph, reached: &Search, found: &mut Vec<Diagnostic>) {
    let count = graph.nodes.len();
    let recorded = |id: NodeId| reached.reached_place(id.index() + count);
    for (nth, (id, _)) in nodes::acts(graph).filter(|(id, act)| recorded(*id) && asks_secret(act)).enumerate() {
        let Some(place) = graph.place(id) else { continue };
        let path =
            || reached.path_to(id.index() + count).into_iter().map(|at| NodeId::from_index(at % count)).collect();
        found.push(
            Diagnostic::warning(RULE.name, place.span, "a secret is keyed while the call is recorded")
                .label("its tones are in the recording")
                .help("write `record pause` before it and `record resume` after it")
                .path(nodes::path(graph, nth, path)),
        );
    }
}
