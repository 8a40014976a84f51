//! `silent-failure`: a caller who could not be connected is told so before the call ends.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze::Search;
use crate::graph::{Act, FlowGraph, NodeId, Op};
use crate::lint::Context;
use crate::lint::context::answered;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "silent-failure",
    group: Group::Experience,
    what: "A caller who could not be connected hears something before the call ends.",
    why: "A line that goes dead after ringing is taken for a fault: the caller calls again, and again.",
    remedy: "Play a few words before `hangup`, or offer somebody else.",
    good: example!("silent-failure", "good"),
    bad: example!("silent-failure", "bad"),
    found: Found::OnGraph(search),
};

/// Whether the caller hears nothing at this node and the call goes on.
fn passes_silently(graph: &FlowGraph, id: NodeId) -> bool {
    match graph.node(id) {
        Some(Op::Act(act)) => !act.decl.effects.speaks && !act.decl.effects.ends,
        Some(Op::Enter { .. } | Op::Set { .. } | Op::If { .. } | Op::Switch(_) | Op::Guard { .. }) => true,
        _ => false,
    }
}

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let ends = |id: &NodeId| nodes::act(graph, *id).is_some_and(nodes::hangs_up);
    let is_call = |act: &Act| act.decl.effects.places_leg && nodes::failing_exits(act).next().is_some();
    let calls: Vec<(NodeId, &Act)> = nodes::acts(graph).filter(|(_, act)| is_call(act)).collect();
    if calls.is_empty() || !graph.ids().any(|id| ends(&id)) {
        return;
    }
    // Backwards from each `hangup` over what is silent.
    let before = nodes::before(graph);
    let silent = Search::run(graph, graph.ids().filter(ends), |id| {
        let from = before.get(id.index()).into_iter().flatten();
        from.copied().filter(|id| passes_silently(graph, *id)).collect()
    });
    let lost: Vec<(NodeId, &Act)> =
        calls.into_iter().filter(|(_, act)| nodes::failing_exits(act).any(|(_, e)| silent.reached(e.node))).collect();
    if lost.is_empty() {
        return;
    }
    // Before the answer the caller's own network says what happened.
    let heard = answered(graph, context.entry(&graph.name));
    for (nth, (id, act)) in lost.into_iter().filter(|(id, _)| heard.reached(*id)).enumerate() {
        let mut exits = nodes::failing_exits(act).filter(|(_, e)| silent.reached(e.node));
        let (Some((outcome, exit)), Some(place)) = (exits.next(), graph.place(id)) else { continue };
        let others = exits.count();
        let more = if others > 0 { format!(" (and {others} more outcomes)") } else { String::new() };
        let message = format!("on `{outcome}`{more} the call ends without a word");
        let arm = act.labels.get(usize::from(exit.arm)).map_or(place.span, |(_, span)| *span);
        let mut diagnostic = Diagnostic::warning(RULE.name, arm, message)
            .label("the caller hears nothing and is cut off")
            .help("play a few words before `hangup`, or offer somebody else");
        if arm != place.span {
            diagnostic = diagnostic.also(place.span, "this can fail");
        }
        let path = || heard.path(id).into_iter().chain(silent.path(exit.node).into_iter().rev()).collect();
        found.push(diagnostic.path(nodes::path(graph, nth, path)));
    }
}
