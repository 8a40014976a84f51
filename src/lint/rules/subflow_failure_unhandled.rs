//! `subflow-failure-unhandled`: what can fail in a subflow has somewhere to go within it.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze;
use crate::graph::{FlowGraph, NodeId, Op};
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::args::Operand;

pub const RULE: Rule = Rule {
    name: "subflow-failure-unhandled",
    group: Group::Liveness,
    what: "An expression of a subflow that can fail has somewhere to go within the subflow.",
    why: "The flow that runs a subflow has arms for the declared outcomes only: a failure would end the call.",
    remedy: "Write `failed -> STEP` in the header of the subflow, or an arm `failed` or `otherwise`.",
    good: example!("subflow-failure-unhandled", "good"),
    bad: example!("subflow-failure-unhandled", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    if !graph.is_subflow() || graph.failed.is_some() {
        return;
    }
    let reachable = &context.ways(graph).reachable;
    for id in graph.ids().filter(|id| reachable.reached(*id)) {
        let Some(place) = graph.place(id).filter(|_| fails(graph, id)) else { continue };
        let message = format!("`{}` can fail here, and nothing in subflow `{}` says what then", place.verb, graph.name);
        found.push(
            Diagnostic::error(RULE.name, place.span, message)
                .label("an expression of it can fail")
                .help("write `failed -> STEP` in the header of the subflow")
                .path(analyze::in_words(graph, &reachable.path(id))),
        );
    }
}

/// Whether the node computes something that can fail, with no arm to take it.
fn fails(graph: &FlowGraph, id: NodeId) -> bool {
    match graph.node(id) {
        Some(Op::Act(act)) if act.failed.is_some() => false,
        _ => analyze::operands(graph, id).into_iter().any(Operand::can_fail),
    }
}
