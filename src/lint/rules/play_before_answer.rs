//! `play-before-answer`: nothing is played before the call is answered.

use crate::base::diagnostic::Diagnostic;
use crate::graph::{FlowGraph, Op};
use crate::lint::Context;
use crate::lint::context::unanswered_until_heard;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::decl::Needs;

pub const RULE: Rule = Rule {
    name: "play-before-answer",
    group: Group::Correctness,
    what: "Nothing is played before the call is answered.",
    why: "The caller would hear ringback, and nothing of it.",
    remedy: "Put `answer` before it on every path.",
    good: example!("play-before-answer", "good"),
    bad: example!("play-before-answer", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let reached = unanswered_until_heard(graph, context.ways(graph), context.entry(&graph.name));
    for id in graph.ids().filter(|id| reached.reached(*id)) {
        let (Some(Op::Act(act)), Some(place)) = (graph.node(id), graph.place(id)) else { continue };
        if act.decl.needs != Needs::Answered {
            continue;
        }
        found.push(
            Diagnostic::error(
                RULE.name,
                place.span,
                format!("`{}` can run before the call is answered", act.decl.verb),
            )
            .label("the caller would hear ringback instead")
            .help("put `answer` before it")
            .path(context.unanswered_path(graph, &reached, id)),
        );
    }
}
