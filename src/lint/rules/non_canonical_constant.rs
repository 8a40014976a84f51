//! `non-canonical-constant`: a number in a flow is written in full: `+`, country code, number.

use crate::base::diagnostic::Diagnostic;
use crate::graph::FlowGraph;
use crate::lint::Context;
use crate::lint::numbers;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "non-canonical-constant",
    group: Group::Fraud,
    what: "A number in a flow is written in full: `+`, country code, number.",
    why: "What is written is what policies decide on and what reviewers read; `00`, `(0)` and national forms mean different things in different places.",
    remedy: "Write the canonical form; the fix does.",
    good: example!("non-canonical-constant", "good"),
    bad: example!("non-canonical-constant", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    numbers::report(RULE.name, context.numbers(graph), |number| numbers::canonical(context, number), found);
}
