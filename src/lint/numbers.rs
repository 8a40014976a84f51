//! Telephone numbers that stand in a flow as constants, as the dial plan reads them.

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Edit, Fix};
use crate::base::span::Span;
use crate::graph::{FlowGraph, Op};
use crate::policy::{DialPlan, DialTarget, NumReason, NumberRules, TargetClass};
use crate::step::args::{Operand, TargetArg, TargetValue};
use crate::step::decl::TargetKind;

use super::context::Context;

/// A number that a flow dials.
pub(super) struct Constant {
    text: Arc<str>,
    /// Where it is written: the target, or the constant that it names.
    span: Span,
    /// Where it is dialled, if that is elsewhere.
    dialled: Option<Span>,
    /// The policy whose dial plan reads it.
    policy: Option<Arc<str>>,
}

/// Every number of a flow that is dialled and does not belong to the site.
pub(super) fn constants(context: &Context<'_>, graph: &FlowGraph) -> Vec<Constant> {
    let policy = graph.guards.first().or(graph.step_guards.first()).or(context.site.policy.as_ref()).cloned();
    let targets = graph.nodes.iter().flat_map(|op| match op {
        Op::Act(act) => act.args.subject.all_targets(),
        _ => &[],
    });
    let mut found: Vec<Constant> = targets.filter_map(|target| constant(context, target, policy.clone())).collect();
    // A constant that is dialled twice is wrong once.
    found.sort_by_key(|number| number.span);
    found.dedup_by_key(|number| number.span);
    found
}

fn constant(context: &Context<'_>, target: &TargetArg, policy: Option<Arc<str>>) -> Option<Constant> {
    let TargetValue::Dialled(Operand::Const(value)) = &target.value else { return None };
    let text: Arc<str> = Arc::from(value.as_str()?);
    let inside = target.kind == TargetKind::Number && context.symbols.is_inside(&text);
    let is_number = matches!(target.kind, TargetKind::Number | TargetKind::Pstn);
    // What is put together from pieces is wrong as a whole: `injection-into-dial-string`.
    let span = target.written?;
    let dialled = Some(target.span).filter(|place| *place != span);
    (!inside && is_number).then_some(Constant { text, span, dialled, policy })
}

fn parse(context: &Context<'_>, number: &Constant) -> Result<DialTarget, NumReason> {
    let policy = number.policy.as_ref().and_then(|p| context.policies.get(p));
    match policy {
        Some(policy) => DialTarget::parse(&number.text, &policy.dial_plan, &policy.number),
        None => DialTarget::parse(&number.text, &DialPlan::default(), &NumberRules::default()),
    }
}

/// Whether the reason is about characters that do more than dial.
fn is_code(reason: NumReason) -> bool {
    matches!(
        reason,
        NumReason::PostDialDigits
            | NumReason::UnknownParam
            | NumReason::NonAsciiDigit
            | NumReason::InjectionChars
            | NumReason::FeatureCode
            | NumReason::NotDiallable
            | NumReason::HiddenChars
            | NumReason::PercentEscape
    )
}

/// The finding about characters that are no digits.
pub(super) fn code(context: &Context<'_>, number: &Constant) -> Option<Diagnostic> {
    let reason = parse(context, number).err().filter(|r| is_code(*r))?;
    let what = match reason {
        NumReason::FeatureCode => "a feature code: `*` and `#` steer telephone systems instead of calling somebody",
        NumReason::PostDialDigits => "digits after a pause, which are sent where no policy looks",
        NumReason::HiddenChars => "characters that cannot be seen",
        _ => "characters that are not digits",
    };
    let message = format!("`{}` has {what}", number.text.escape_debug());
    Some(Diagnostic::error("", number.span, message).help("write the number alone, such as `\"+442071838750\"`"))
}

/// The finding about a number that is not written in full.
pub(super) fn canonical(context: &Context<'_>, number: &Constant) -> Option<Diagnostic> {
    let text = number.text.escape_debug();
    match parse(context, number) {
        Ok(target) if target.class() == TargetClass::Pstn && target.canonical() != number.text.as_ref() => {
            let canonical = target.canonical();
            let found =
                Diagnostic::error("", number.span, format!("`{text}` is not written in full: it is `{canonical}`"))
                    .help(format!("write `\"{canonical}\"`"));
            let edits = vec![Edit { span: number.span, text: format!("\"{canonical}\"") }];
            Some(found.fix(Fix { title: format!("write `{canonical}`"), edits, safe: true }))
        }
        Ok(_) => None,
        Err(reason) if is_code(reason) => None,
        Err(reason) => {
            let why = match reason {
                NumReason::TooLong => "it is too long",
                NumReason::Empty => "it is empty",
                NumReason::NotCanonical => "it is not `+`, a country code and the number within that country",
                NumReason::NotValid => "no numbering plan has it",
                NumReason::AmbiguousPrefix => "its leading zeros can be read in two ways",
                NumReason::CarrierSelect => "it selects a carrier",
                _ => "it cannot be read as one",
            };
            let message = format!("`{text}` is not a telephone number: {why}");
            let found = Diagnostic::error("", number.span, message);
            Some(match without_trunk_prefix(context, number) {
                Some(canonical) => {
                    let edits = vec![Edit { span: number.span, text: format!("\"{canonical}\"") }];
                    found.help(format!("from abroad the `(0)` is not dialled: write `\"{canonical}\"`")).fix(Fix {
                        title: format!("write `{canonical}`"),
                        edits,
                        safe: false,
                    })
                }
                None => found.help("write it in full, such as `\"+442071838750\"`"),
            })
        }
    }
}

/// `+44 (0)20 7183 8750`: what the number is without the `(0)` that only callers at home dial.
fn without_trunk_prefix(context: &Context<'_>, number: &Constant) -> Option<String> {
    let text: Arc<str> = Arc::from(number.text.contains("(0)").then(|| number.text.replacen("(0)", "", 1))?.as_str());
    let target = parse(context, &Constant { text, policy: number.policy.clone(), ..*number }).ok()?;
    (target.class() == TargetClass::Pstn).then(|| target.canonical().to_owned())
}

/// The finding under the name of the rule that reports it.
pub(super) fn named(mut found: Diagnostic, number: &Constant, rule: &'static str) -> Diagnostic {
    found.rule = rule;
    match number.dialled {
        Some(place) => found.also(place, "dialled here"),
        None => found,
    }
}
