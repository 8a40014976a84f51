//! `voicemail-as-success`: a mobile's voice mail does not take the call from whoever stands behind it.

use std::collections::BTreeSet;

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::base::span::Span;
use crate::graph::{Act, FlowGraph};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::args::Arg;

pub const RULE: Rule = Rule {
    name: "voicemail-as-success",
    group: Group::Suspicious,
    what: "A mobile that is rung before somebody else must accept the call by a key.",
    why: "Its voice mail answers after a few seconds; to the exchange that is an answer, and nobody else is rung. Of `transfer` this is information.",
    remedy: "Ring it with `accept \"1\"`, and tell who answers to press it by `whisper`.",
    good: example!("voicemail-as-success", "good"),
    bad: example!("voicemail-as-success", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let mobiles: BTreeSet<Span> = context.numbers(graph).iter().filter(|n| n.is_mobile()).map(|n| n.span).collect();
    if mobiles.is_empty() {
        return;
    }
    for (_, act) in nodes::acts(graph) {
        let gated = nodes::setting(act, "accept").is_some()
            || matches!(nodes::setting(act, "machine"), Some(Arg::Word("decline")));
        if gated || !has_fallback(graph, act) {
            continue;
        }
        let severity = if act.decl.verb == "ring" { Severity::Warning } else { Severity::Info };
        for target in nodes::targets(act).iter().filter(|target| mobiles.contains(&target.span)) {
            found.push(
                Diagnostic::new(
                    RULE.name,
                    severity,
                    target.span,
                    "the voice mail of this mobile would count as an answer",
                )
                .label("no `accept`")
                .help("write `ring .. accept \"1\" whisper say \"Press 1 to take the call.\"`"),
            );
        }
    }
}

/// Whether somebody or something else is tried when nobody answers.
fn has_fallback(graph: &FlowGraph, act: &Act) -> bool {
    let exit = nodes::failing_exits(act).find(|(outcome, _)| *outcome == "no_answer");
    exit.is_some_and(|(_, exit)| !nodes::act(graph, exit.node).is_some_and(nodes::hangs_up))
}
