//! `unguarded-external-leg`: every path to an outside leg passes a guard.

use crate::base::diagnostic::Diagnostic;
use crate::graph::{FlowGraph, Op};
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

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    for id in graph.ids() {
        let (Some(Op::Act(act)), Some(at)) = (graph.node(id), graph.place(id)) else { continue };
        if !act.at.outside || !act.decl.effects.places_leg {
            continue;
        }
        let Some(path) = context.unguarded_path(graph, id) else { continue };
        let policy = context.site.policy.clone().or_else(|| context.policies.keys().next().cloned());
        let policy = policy.as_deref().unwrap_or("POLICY");
        let message = format!("{} reaches {} with no guard", path.join(" > "), goal(&act.args.subject));
        let help = if graph.is_subflow() {
            format!("write `guard {policy}` in the header of the flow that runs it, or of subflow `{}`", graph.name)
        } else {
            format!("write `guard {policy}` in the header of flow `{}`", graph.name)
        };
        found.push(
            Diagnostic::error(RULE.name, at.span, message)
                .label("an outside leg that no policy decides on")
                .help(help)
                .path(path),
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
