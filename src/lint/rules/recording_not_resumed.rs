//! `recording-not-resumed`: a recording that was paused goes on before somebody takes the call.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze::Search;
use crate::graph::{Act, FlowGraph, NodeId};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::args::SubjectArg;

pub const RULE: Rule = Rule {
    name: "recording-not-resumed",
    group: Group::Suspicious,
    what: "A recording that is paused is resumed, or stopped, before somebody takes the call, on every path.",
    why: "The path on which a caller gives up is easily forgotten: the talk that follows should have been recorded and is not.",
    remedy: "Write `record resume` on each path, or `record stop` where the recording is over.",
    good: example!("recording-not-resumed", "good"),
    bad: example!("recording-not-resumed", "bad"),
    found: Found::OnGraph(search),
};

fn records(act: &Act, word: &str) -> bool {
    act.decl.verb == "record" && matches!(act.args.subject, SubjectArg::Word(w) if w == word)
}

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let ways = context.ways(graph);
    let pauses: Vec<NodeId> = nodes::acts(graph).filter(|(_, act)| records(act, "pause")).map(|(id, _)| id).collect();
    for (nth, pause) in pauses.into_iter().enumerate() {
        let paused = Search::run(graph, ways.after.each(pause), |id| match nodes::act(graph, id) {
            Some(act) if act.decl.verb == "record" || nodes::reaches_person(act) => Vec::new(),
            _ => ways.after.at(id).to_vec(),
        });
        let taken = nodes::acts(graph).find(|(id, act)| paused.reached(*id) && nodes::reaches_person(act));
        let Some((id, act)) = taken else { continue };
        let (Some(place), Some(talk)) = (graph.place(pause), graph.place(id)) else { continue };
        let message = format!("the recording is still paused when `{}` gives the call to somebody", act.decl.verb);
        let path = || [pause].into_iter().chain(paused.path(id)).collect();
        found.push(
            Diagnostic::warning(RULE.name, place.span, message)
                .label("paused here")
                .also(talk.span, "nothing of this talk is recorded")
                .help("write `record resume` on that path, or `record stop` if it should not go on")
                .path(nodes::path(graph, nth, path)),
        );
    }
}
