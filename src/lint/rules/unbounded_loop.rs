//! `unbounded-loop`: every cycle of steps has a bound.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze;
use crate::graph::ways::Edges;
use crate::graph::{FlowGraph, NodeId, Op};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::args::Operand;

pub const RULE: Rule = Rule {
    name: "unbounded-loop",
    group: Group::Liveness,
    what: "Every cycle of steps has a bound.",
    why: "A caller, or a script that calls, could keep the line for ever.",
    remedy: "Give a step of the cycle `visits N otherwise -> step`.",
    good: example!("unbounded-loop", "good"),
    bad: example!("unbounded-loop", "bad"),
    found: Found::OnGraph(search),
};

/// A loop that goes on for ever takes the way into a bounded step only so often: without those
/// ways, whatever cycle is left has no bound. The way `otherwise` of a bound stays.
fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let reachable = &context.ways(graph).reachable;
    let can_end = &context.ways(graph).can_end;
    let unbounded = Edges::of(graph, |id, out| match graph.node(id) {
        _ if !reachable.reached(id) => {}
        Some(Op::Enter { bound: Some((_, otherwise)), .. }) => out.push(*otherwise),
        _ => {
            analyze::add_own_successors(graph, id, out);
            out.extend(on_failure(graph, id));
        }
    });
    for (nth, cycle) in analyze::cycles(graph, &unbounded).into_iter().enumerate() {
        let Some(step) = nodes::steps_of(graph, &cycle).next() else { continue };
        // A cycle that nothing leaves needs a way out before it needs a bound: `no-disposition`.
        if !can_end.reached(step.node) {
            continue;
        }
        let around = || nodes::around(graph, &unbounded, &cycle, step.node);
        let message = format!("a call can go round through step `{}` without end", step.name);
        let (label, help) = match step.bound {
            None => ("this step has no bound", format!("bound it: `step {} visits 3 otherwise -> STEP`", step.name)),
            Some(_) => (
                "its bound leads back into the cycle",
                format!("let `otherwise` of step `{}` leave the cycle", step.name),
            ),
        };
        found.push(
            Diagnostic::error(RULE.name, step.span, message)
                .label(label)
                .help(help)
                .path(nodes::path(graph, nth, around)),
        );
    }
}

/// The flow's `failed`, where an expression of the node can fail for its own reasons. That a text may
/// become too long makes no loop: it does not each time.
fn on_failure(graph: &FlowGraph, id: NodeId) -> Option<NodeId> {
    let failed = analyze::header_failed(graph, id)?;
    analyze::operands(graph, id).into_iter().any(Operand::can_fail).then_some(failed)
}
