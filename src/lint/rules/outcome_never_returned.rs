//! `outcome-never-returned`: what a subflow declares, it can return.

use crate::base::diagnostic::Diagnostic;
use crate::graph::{FlowGraph, Op};
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "outcome-never-returned",
    group: Group::Suspicious,
    what: "A subflow can end in each outcome that it declares.",
    why: "Everybody who runs it writes an arm that is never taken, and what they wrote there never happens.",
    remedy: "Return the outcome, or remove it from the subflow's first line and from the arms.",
    good: example!("outcome-never-returned", "good"),
    bad: example!("outcome-never-returned", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    // What could not be read may have been a `return`.
    let Some(results) = graph.results.as_ref().filter(|_| graph.complete) else { return };
    let reachable = &context.ways(graph).reachable;
    let mut returned = vec![false; results.len()];
    for id in graph.ids().filter(|id| reachable.reached(*id)) {
        if let Some(Op::Return { outcome, .. }) = graph.node(id)
            && let Some(flag) = returned.get_mut(usize::from(*outcome))
        {
            *flag = true;
        }
    }
    for (result, _) in results.iter().zip(returned).filter(|(_, returned)| !returned) {
        let message = format!("subflow `{}` declares `{}` and never returns it", graph.name, result.name);
        found.push(
            Diagnostic::warning(RULE.name, result.span, message)
                .label("no `return` of it can run")
                .help(format!("write `return {0}` where it is meant, or remove `{0}`", result.name)),
        );
    }
}
