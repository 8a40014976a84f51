//! `repeated-post`: an order that a flow may send twice says that it is the same order.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze;
use crate::graph::ways::Edges;
use crate::graph::{FlowGraph, NodeId};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::args::SubjectArg;

pub const RULE: Rule = Rule {
    name: "repeated-post",
    group: Group::Suspicious,
    what: "A `post` that a call can come to twice has `once`.",
    why: "A service that gets the same order twice carries it out twice; by `once` it can tell.",
    remedy: "Write `once` with a text that is the same for the same order, such as `once \"${session.id}\"`.",
    good: example!("repeated-post", "good"),
    bad: example!("repeated-post", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let posts = |id: &NodeId| {
        let Some(act) = nodes::act(graph, *id) else { return false };
        let is_post = matches!(&act.args.subject, SubjectArg::Web { method, .. } if *method == "post");
        is_post && nodes::setting(act, "once").is_none()
    };
    if !graph.ids().any(|id| posts(&id)) {
        return;
    }
    let ways = context.ways(graph);
    let all = Edges::of(graph, |id, out| {
        if ways.reachable.reached(id) {
            out.extend(ways.after.each(id));
        }
    });
    for cycle in analyze::cycles(graph, &all) {
        for (nth, id) in cycle.iter().copied().filter(posts).enumerate() {
            let Some(place) = graph.place(id) else { continue };
            let around = || nodes::around(graph, &all, &cycle, id);
            found.push(
                Diagnostic::warning(RULE.name, place.span, "a call can come here twice and post the same again")
                    .label("no `once`")
                    .help("write `once` with a text that is the same for the same order, such as `once \"${session.id}\"`")
                    .path(nodes::path(graph, nth, around)),
            );
        }
    }
}
