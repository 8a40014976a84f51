//! `var-used-before-set`: a variable is set on every path before it is used.

use crate::base::diagnostic::Diagnostic;
use crate::expr::Slot;
use crate::graph::analyze::{self, Search};
use crate::graph::ways::Ways;
use crate::graph::{Act, FlowGraph, NodeId, Op};
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "var-used-before-set",
    group: Group::Correctness,
    what: "A variable is set on every path before it is used.",
    why: "It would have no value, and the statement that uses it would fail.",
    remedy: "Give it a first value in the header, or set it on the path that the message shows.",
    good: example!("var-used-before-set", "good"),
    bad: example!("var-used-before-set", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let ways = context.ways(graph);
    for (index, variable) in graph.variables.iter().enumerate().filter(|(_, v)| !v.is_set) {
        let Ok(slot) = u16::try_from(index).map(Slot) else { continue };
        let unset = Search::run(graph, [graph.entry], |id| while_unset(graph, ways, slot, id));
        for id in graph.ids().filter(|id| unset.reached(*id)) {
            let Some(place) = graph.place(id) else { continue };
            let Some((_, span)) = place.reads.iter().find(|(s, _)| *s == slot) else { continue };
            let message = format!("variable `{}` may have no value here", variable.name);
            // The way on which the statement sets it is not the one to show.
            let ok =
                |act: &Act, at: usize| act.into == Some(slot) && act.decl.outcome("ok").is_some_and(|(n, _)| n == at);
            let path =
                analyze::in_words_by(graph, &unset.path(id), |op, at| !matches!(op, Op::Act(act) if ok(act, at)));
            found.push(
                Diagnostic::error(RULE.name, *span, message)
                    .label("used here")
                    .also(variable.span, "declared here, without a first value")
                    .help(format!("set it on this path, or declare it with a value: `var {} = ..`", variable.name))
                    .path(path),
            );
        }
    }
}

/// Where control goes from a node with the variable still unset.
fn while_unset(graph: &FlowGraph, ways: &Ways, slot: Slot, id: NodeId) -> Vec<NodeId> {
    match graph.node(id) {
        Some(Op::Set { slot: set, .. }) if *set == slot => graph.failed.into_iter().collect(),
        Some(Op::Act(act)) if act.into == Some(slot) => {
            let ok = act.decl.outcome("ok").map(|(at, _)| at);
            let others = act.exits.iter().enumerate().filter(|(at, _)| Some(*at) != ok).filter_map(|(_, e)| *e);
            others.chain(act.failed).map(|e| e.node).collect()
        }
        // What a statement that is wrong would have set is not known.
        Some(Op::Hole(_)) => Vec::new(),
        _ => ways.after.at(id).to_vec(),
    }
}
