//! `feature-code-in-number`: a number holds digits only: no `*`, `#`, pause, letter or parameter.

use crate::base::diagnostic::Diagnostic;
use crate::graph::FlowGraph;
use crate::lint::Context;
use crate::lint::numbers;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "feature-code-in-number",
    group: Group::Fraud,
    what: "A number holds digits only: no `*`, `#`, pause, letter or parameter.",
    why: "Feature codes forward lines, and digits behind a pause are dialled where no policy looks. Both are classic ways to steal calls.",
    remedy: "Write the number alone.",
    good: example!("feature-code-in-number", "good"),
    bad: example!("feature-code-in-number", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    numbers::report(RULE.name, context.numbers(graph), numbers::code, found);
}
