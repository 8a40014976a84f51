//! `unguarded-external-leg`: every path to an outside leg passes a guard.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze::{self, Search};
use crate::graph::{FlowGraph, NodeId, Op};
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::args::{Operand, SubjectArg};

pub const RULE: Rule = Rule {
    name: "unguarded-external-leg",
    group: Group::Fraud,
    what: "Every path to an outside leg passes a guard.",
    why: "An outside leg costs money; one that no policy decides on is how toll fraud is done. This rule cannot be suppressed.",
    remedy: "Write `guard POLICY` in the header of the flow, or before the statement in its step.",
    good: example!("unguarded-external-leg", "good"),
    bad: example!("unguarded-external-leg", "bad"),
    found: Found::OnGraph(search),
};

/// Searches for a path that meets no guard: over nodes, each without and with a guard of its step
/// in reach. Entering a step ends the reach of the last one's guards.
fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    if !graph.guards.is_empty() {
        return;
    }
    let count = graph.nodes.len();
    let place = |id: NodeId, guarded: bool| id.index() + if guarded { count } else { 0 };
    let reached = Search::over(2 * count, [place(graph.entry, false)], |at| {
        let (guarded, index) = (at >= count, at % count);
        let id = NodeId::from_index(index);
        let guarded = match graph.node(id) {
            Some(Op::Guard { .. }) => true,
            Some(Op::Enter { .. }) => false,
            _ => guarded,
        };
        analyze::successors(graph, id).into_iter().map(|next| place(next, guarded)).collect()
    });
    for id in graph.ids().filter(|id| reached.reached_place(place(*id, false))) {
        let (Some(Op::Act(act)), Some(at)) = (graph.node(id), graph.place(id)) else { continue };
        if !act.at.outside || !act.decl.effects.places_leg {
            continue;
        }
        let path: Vec<NodeId> =
            reached.path_to(place(id, false)).into_iter().map(|p| NodeId::from_index(p % count)).collect();
        let policy = context.site.policy.clone().or_else(|| context.policies.keys().next().cloned());
        let policy = policy.as_deref().unwrap_or("POLICY");
        let message = format!("this call can leave the building by {} without a guard", goal(&act.args.subject));
        found.push(
            Diagnostic::error(RULE.name, at.span, message)
                .label("an outside leg that no policy decides on")
                .help(format!("write `guard {policy}` in the header of flow `{}`", graph.name))
                .path(analyze::in_words(graph, &path)),
        );
    }
}

/// The target in words: `` `+442071838750` ``, or its kind.
fn goal(subject: &SubjectArg) -> String {
    match (subject, subject.targets()) {
        (SubjectArg::Phone { .. }, _) => "a call back".to_owned(),
        (_, [target]) => match target.operand() {
            Some(Operand::Const(value)) => format!("`{value}`"),
            Some(_) => format!("a `{}` target that the flow computes", target.kind.name()),
            None => format!("a `{}`", target.kind.name()),
        },
        _ => "this statement".to_owned(),
    }
}
