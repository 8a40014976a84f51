//! `voicemail-as-success`: a mobile's voice mail does not take the call from whoever stands behind it.

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::base::value::Value;
use crate::graph::{Act, FlowGraph};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::policy::{DialTarget, NumberType};
use crate::step::args::{Arg, Operand, TargetArg};
use crate::step::decl::TargetKind;

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
    for (_, act) in nodes::acts(graph) {
        let gated = nodes::setting(act, "accept").is_some()
            || matches!(nodes::setting(act, "machine"), Some(Arg::Word("decline")));
        if gated || !has_fallback(graph, act) {
            continue;
        }
        let severity = if act.decl.verb == "ring" { Severity::Warning } else { Severity::Info };
        for target in nodes::targets(act).iter().filter(|target| is_mobile(context, graph, target)) {
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

fn is_mobile(context: &Context<'_>, graph: &FlowGraph, target: &TargetArg) -> bool {
    let Some(Operand::Const(Value::Text(number) | Value::Phone(number))) = target.operand() else { return false };
    if !matches!(target.kind, TargetKind::Number | TargetKind::Pstn) || !number.starts_with('+') {
        return false;
    }
    let named = graph.guards.first().or(graph.step_guards.first()).or(context.site.policy.as_ref());
    let policy = named.and_then(|name| context.policies.get(name)).map(Arc::clone).unwrap_or_default();
    let read = DialTarget::parse(number, &policy.dial_plan, &policy.number);
    read.is_ok_and(|target| target.pstn().is_some_and(|p| p.number_type() == NumberType::Mobile))
}
