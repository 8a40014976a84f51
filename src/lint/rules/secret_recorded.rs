//! `secret-recorded`: nobody keys a secret while the call is recorded.

use crate::base::diagnostic::Diagnostic;
use crate::base::value::Type;
use crate::graph::analyze::{self, Search};
use crate::graph::{Act, FlowGraph, NodeId};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::args::SubjectArg;

pub const RULE: Rule = Rule {
    name: "secret-recorded",
    group: Group::Suspicious,
    what: "Nobody keys a secret while the call is recorded.",
    why: "The tones of a PIN or a card number are in the recording, for everybody who may listen to it.",
    remedy: "Write `record pause` before the secret is asked for, and `record resume` after it.",
    good: example!("secret-recorded", "good"),
    bad: example!("secret-recorded", "bad"),
    found: Found::OnGraph(search),
};

/// What the statement makes of the recording; `None`: it stays as it is.
fn recording(act: &Act) -> Option<bool> {
    match act.args.subject {
        SubjectArg::Word("start" | "resume") if act.decl.verb == "record" => Some(true),
        SubjectArg::Word("stop" | "pause") if act.decl.verb == "record" => Some(false),
        _ => None,
    }
}

/// Over nodes, each while nothing and while the call is recorded.
fn search(_: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let asks = |act: &Act| act.into.is_some() && act.args.into == Some(Type::Secret);
    let begins = nodes::acts(graph).any(|(_, act)| recording(act) == Some(true));
    if !begins || !nodes::acts(graph).any(|(_, act)| asks(act)) {
        return;
    }
    let count = graph.nodes.len();
    let reached = Search::over(2 * count, [graph.entry.index()], |at| {
        let (on, id) = (at >= count, NodeId::from_index(at % count));
        let on = nodes::act(graph, id).and_then(recording).unwrap_or(on);
        analyze::successors(graph, id).into_iter().map(|next| next.index() + if on { count } else { 0 }).collect()
    });
    let recorded = |id: NodeId| reached.reached_place(id.index() + count);
    for (nth, (id, _)) in nodes::acts(graph).filter(|(id, act)| recorded(*id) && asks(act)).enumerate() {
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
