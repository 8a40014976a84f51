//! `caller-controlled-destination`: the caller does not choose the number that is dialled.

use crate::base::diagnostic::Diagnostic;
use crate::graph::taint::Source;
use crate::graph::{FlowGraph, Op};
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::args::TargetArg;
use crate::step::decl::TargetKind;

pub const RULE: Rule = Rule {
    name: "caller-controlled-destination",
    group: Group::Fraud,
    what: "The caller does not choose the number that is dialled.",
    why: "A caller who can choose the number has your trunks for free. This rule cannot be suppressed.",
    remedy: "Dial constants, extensions (`extension(to)` of a menu), or entries of a list that the caller chooses from by key.",
    good: example!("caller-controlled-destination", "good"),
    bad: example!("caller-controlled-destination", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    for op in &graph.nodes {
        let Op::Act(act) = op else { continue };
        // Asking a policy about a number places nothing.
        for target in act.args.subject.targets().iter().filter(|t| t.kind != TargetKind::Extension) {
            let source = target.operand().and_then(|value| context.taint.operand(&graph.name, value));
            found.extend(source.map(|source| diagnostic(graph, target, source)));
        }
    }
}

fn diagnostic(graph: &FlowGraph, target: &TargetArg, source: Source) -> Diagnostic {
    if matches!(source, Source::Row(_)) {
        let message = "what a table holds as text is dialled here";
        let found = Diagnostic::error(RULE.name, target.span, message).label("no column of type `phone`");
        return found.help("dial a column of type `phone`, as `(row.COLUMN)`");
    }
    let message = "the caller can choose the number that is dialled here";
    let diagnostic = Diagnostic::error(RULE.name, target.span, message);
    let diagnostic = match source {
        Source::Variable(slot) => match graph.variables.get(usize::from(slot.0)) {
            Some(v) => diagnostic
                .label(format!("`{}` holds what the caller sent", v.name))
                .also(v.span, "this variable takes the caller's words"),
            None => diagnostic,
        },
        Source::Row(_) => diagnostic,
        Source::BuiltIn(name) => diagnostic.label(format!("`{name}` is what the caller sent")),
    };
    diagnostic.help("dial constants, or take `extension(to)` in a menu and transfer to `extension (to)`")
}
