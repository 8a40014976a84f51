//! `play-before-answer`: nothing is played before the call is answered.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze;
use crate::graph::{FlowGraph, Op};
use crate::lint::Context;
use crate::lint::context::unanswered;
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
    let reached = unanswered(graph, context.entry(&graph.name));
    let mut silent = Vec::new();
    for id in graph.ids().filter(|id| reached.reached(*id)) {
        let (Some(Op::Act(act)), Some(place)) = (graph.node(id), graph.place(id)) else { continue };
        if act.decl.needs == Needs::Answered {
            silent.push((place.span, act.decl.verb, id));
        }
    }
    for (span, verb, id) in &silent {
        let path = reached.path(*id);
        // What follows a finding is found again only when that one is mended.
        if path.iter().any(|on| on != id && silent.iter().any(|(_, _, other)| other == on)) {
            continue;
        }
        found.push(
            Diagnostic::error(RULE.name, *span, format!("`{verb}` can run before the call is answered"))
                .label("the caller would hear ringback instead")
                .help("put `answer` before it")
                .path(analyze::in_words(graph, &path)),
        );
    }
}
