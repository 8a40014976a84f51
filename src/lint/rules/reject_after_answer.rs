//! `reject-after-answer`: a call is refused only before it is answered.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze;
use crate::graph::{FlowGraph, Op};
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::decl::Needs;

pub const RULE: Rule = Rule {
    name: "reject-after-answer",
    group: Group::Correctness,
    what: "A call is refused only before it is answered.",
    why: "An answered call cannot be refused any more.",
    remedy: "Use `hangup`, or move `reject` before `answer`.",
    good: example!("reject-after-answer", "good"),
    bad: example!("reject-after-answer", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let reached = context.answered(graph);
    let reachable = &context.ways(graph).reachable;
    for id in graph.ids().filter(|id| reached.reached(*id)) {
        let (Some(Op::Act(act)), Some(place)) = (graph.node(id), graph.place(id)) else { continue };
        if act.decl.needs != Needs::Unanswered {
            continue;
        }
        found.push(
            Diagnostic::error(
                RULE.name,
                place.span,
                format!("`{}` can run after the call was answered", act.decl.verb),
            )
            .label("too late to refuse it")
            .help("use `hangup`, or move it before `answer`")
            .path(analyze::in_words(graph, &reachable.path(id))),
        );
    }
}
