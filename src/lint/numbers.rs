//! Telephone numbers that stand in a flow as constants, as the dial plan reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Edit, Fix};
use crate::base::span::Span;
use crate::call::leg::Name;
use crate::graph::{FlowGraph, Op};
use crate::policy::{DialPlan, DialTarget, NumReason, NumberRules, NumberType, Policy, TargetClass};
use crate::resolve::Symbols;
use crate::site::model::Site;
use crate::step::args::{Operand, TargetArg, TargetValue};
use crate::step::decl::TargetKind;

use super::context::Context;

/// A number that a flow dials.
pub(super) struct Constant {
    text: Arc<str>,
    pub span: Span,
    /// Where its text is written: there, or in the constant that is named; nowhere if it is computed.
    pub written: Option<Span>,
    /// The policy whose dial plan reads it.
    policy: Option<Arc<str>>,
    read: Result<DialTarget, NumReason>,
}

impl Constant {
    /// Whether the numbering plan of its country gives it to mobiles alone.
    pub(super) fn is_mobile(&self) -> bool {
        let pstn = self.read.as_ref().ok().and_then(DialTarget::pstn);
        self.text.starts_with('+') && pstn.is_some_and(|p| p.number_type() == NumberType::Mobile)
    }
}

/// Every number of each flow that is dialled and does not belong to the site. Each is read once,
/// however often it is dialled.
pub(super) fn constants(
    site: &Site,
    policies: &BTreeMap<Name, Arc<Policy>>,
    symbols: &Symbols<'_>,
    graphs: &[FlowGraph],
) -> Vec<Vec<Constant>> {
    let mut read: BTreeMap<(Option<&str>, &str), Result<DialTarget, NumReason>> = BTreeMap::new();
    let mut all = Vec::with_capacity(graphs.len());
    for graph in graphs {
        let policy = graph.guards.first().or(graph.step_guards.first()).or(site.policy.as_ref());
        let targets = graph.nodes.iter().flat_map(|op| match op {
            Op::Act(act) => act.args.subject.all_targets(),
            _ => &[],
        });
        let id = policy.map(AsRef::as_ref);
        let mut numbers = Vec::new();
        for target in targets {
            let Some(text) = outside(symbols, target) else { continue };
            let read = read.entry((id, text)).or_insert_with(|| parse(text, id.and_then(|id| policies.get(id))));
            numbers.push(Constant {
                text: Arc::from(text),
                span: target.span,
                written: target.written,
                policy: policy.cloned(),
                read: read.clone(),
            });
        }
        all.push(numbers);
    }
    all
}

/// The number, if it is known and not one of the site's.
fn outside<'a>(symbols: &Symbols<'_>, target: &'a TargetArg) -> Option<&'a str> {
    let TargetValue::Dialled(Operand::Const(value)) = &target.value else { return None };
    let text = value.as_str()?;
    let inside = target.kind == TargetKind::Number && symbols.is_inside(text);
    let is_number = matches!(target.kind, TargetKind::Number | TargetKind::Pstn);
    (!inside && is_number).then_some(text)
}

fn parse(text: &str, policy: Option<&Arc<Policy>>) -> Result<DialTarget, NumReason> {
    match policy {
        Some(policy) => DialTarget::parse(text, &policy.dial_plan, &policy.number),
        None => DialTarget::parse(text, &DialPlan::default(), &NumberRules::default()),
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
pub(super) fn code(number: &Constant) -> Option<Diagnostic> {
    let written = number.written?;
    let reason = number.read.as_ref().err().copied().filter(|r| is_code(*r))?;
    let what = match reason {
        NumReason::FeatureCode => "a feature code: `*` and `#` steer telephone systems instead of calling somebody",
        NumReason::PostDialDigits => "digits after a pause, which are sent where no policy looks",
        NumReason::HiddenChars => "characters that cannot be seen",
        _ => "characters that are not digits",
    };
    let message = format!("`{}` has {what}", number.text.escape_debug());
    Some(Diagnostic::error("", written, message).help("write the number alone, such as `\"+442071838750\"`"))
}

/// The finding about a number that is not written in full.
pub(super) fn canonical(context: &Context<'_>, number: &Constant) -> Option<Diagnostic> {
    // What is put together from pieces is wrong as a whole: `injection-into-dial-string`.
    let written = number.written?;
    let text = number.text.escape_debug();
    match &number.read {
        Ok(target) if target.class() == TargetClass::Pstn && target.canonical() != number.text.as_ref() => {
            let canonical = target.canonical();
            let found = Diagnostic::error("", written, format!("`{text}` is not written in full: it is `{canonical}`"))
                .help(format!("write `\"{canonical}\"`"));
            let edits = vec![Edit { span: written, text: format!("\"{canonical}\"") }];
            Some(found.fix(Fix { title: format!("write `{canonical}`"), edits, safe: true }))
        }
        Ok(_) => None,
        Err(reason) if is_code(*reason) => None,
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
            let found = Diagnostic::error("", written, message);
            Some(match without_trunk_prefix(context, number) {
                Some(canonical) => {
                    let edits = vec![Edit { span: written, text: format!("\"{canonical}\"") }];
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
    let text = number.text.contains("(0)").then(|| number.text.replacen("(0)", "", 1))?;
    let target = parse(&text, number.policy.as_ref().and_then(|id| context.policies.get(id))).ok()?;
    (target.class() == TargetClass::Pstn).then(|| target.canonical().to_owned())
}

/// The findings about a flow's numbers under the name of the rule that reports them: of a constant
/// that is dialled twice, one.
pub(super) fn report(
    rule: &'static str,
    numbers: &[Constant],
    look: impl Fn(&Constant) -> Option<Diagnostic>,
    found: &mut Vec<Diagnostic>,
) {
    let mut told: BTreeSet<Span> = BTreeSet::new();
    for number in numbers {
        let Some(mut wrong) = look(number).filter(|d| told.insert(d.primary.span)) else { continue };
        wrong.rule = rule;
        let elsewhere = number.written.is_some_and(|place| place != number.span);
        found.push(if elsewhere { wrong.also(number.span, "dialled here") } else { wrong });
    }
}
