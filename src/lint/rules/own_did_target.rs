//! `own-did-target`: no call is sent to a number of the site itself.

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::graph::FlowGraph;
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::args::{Operand, TargetValue};
use crate::step::decl::TargetKind;

pub const RULE: Rule = Rule {
    name: "own-did-target",
    group: Group::Fraud,
    what: "No call is sent to a number of the site itself.",
    why: "By `pstn` the call leaves and comes back in: a loop that takes two lines a round, each of them paid for. By `number` it stays inside, and the flow that it starts is hidden behind digits.",
    remedy: "Go to the flow that the number starts: `-> flow NAME`.",
    good: example!("own-did-target", "good"),
    bad: example!("own-did-target", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let plan = &context.site.numbers;
    for target in nodes::acts(graph).flat_map(|(_, act)| nodes::targets(act)) {
        let TargetValue::Dialled(Operand::Const(value)) = &target.value else { continue };
        let Some(number) = value.as_str().filter(|_| matches!(target.kind, TargetKind::Number | TargetKind::Pstn))
        else {
            continue;
        };
        // The prefix of everything, `*`, makes no number the site's own.
        let has_digits = |prefix: &str| prefix.contains(|c: char| c.is_ascii_digit());
        let by_prefix = || plan.prefixes.iter().filter(|(p, _)| has_digits(p) && number.starts_with(p.as_ref()));
        let longest = || by_prefix().max_by_key(|(p, _)| p.len()).map(|(_, entry)| entry);
        let Some(entry) = plan.exact.get(number).or_else(longest) else { continue };
        let message = format!("`{number}` is a number of this site: it starts flow `{}`", entry.flow);
        // `number` stays inside; `pstn` takes a line out and a line back in.
        let (severity, label) = match target.kind {
            TargetKind::Number => (Severity::Warning, "a flow, by way of its number"),
            _ => (Severity::Error, "the call would leave and come back in"),
        };
        found.push(
            Diagnostic::new(RULE.name, severity, target.span, message)
                .label(label)
                .help(format!("write `-> flow {}`", entry.flow)),
        );
    }
}
