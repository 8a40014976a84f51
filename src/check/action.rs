//! A verb with its subject, settings and arms.

use std::sync::Arc;

use crate::base::diagnostic::{Absent, Diagnostic};
use crate::base::span::Span;
use crate::base::value::Value;
use crate::step::Name;
use crate::step::args::{Arg, Args, Operand, SubjectArg};
use crate::step::decl::{Circumstances, Decl, Subject, TargetKind};
use crate::step::registry;
use crate::syntax::ast::{self, Subject as Ast, ValueKind};

use super::body::Falls;
use super::flow::Checker;
use super::model::{Act, Jump, StatementKind};
use super::subject::is_attended;

type Checked = (&'static str, StatementKind, Falls);

impl Checker<'_> {
    pub(super) fn action(&mut self, action: &ast::Action, span: Span) -> Checked {
        let arms = action.arms.as_deref().unwrap_or_default();
        let Some(decl) = registry::find(&action.verb.value) else {
            let known = registry::all().map(|d| d.verb);
            self.report(crate::resolve::unknown("unknown-statement", "statement", &action.verb, known));
            return self.hole("?", arms);
        };
        if let (Subject::Guard, Ast::Guard { policy, target: None }) = (decl.subject, &action.subject) {
            return self.guard(decl, policy, action);
        }
        if let Ast::Transfer { mode, target } = &action.subject
            && target.kind.value == TargetKind::Flow.name()
        {
            return self.transfer_to_flow(mode.as_ref(), &target.value, action);
        }
        let subject = self.subject(decl, action);
        let target = target_of(subject.as_ref());
        let kind = target.or_else(|| written_kind(&action.subject));
        let settings = self.settings(decl, &action.settings, kind, action.verb.span);
        let settings = settings.filter(|s| self.settings_agree(decl, action, s));
        // Out of a conference the flow goes on by itself.
        let resume = settings.as_ref().is_some_and(|s| is_true(decl, s, "resume"));
        let Some(subject) = subject else { return self.hole(decl.verb, arms) };
        let at = Circumstances {
            target,
            targets: subject.targets().iter().map(|t| t.kind).chain(target).collect(),
            outside: self.may_leave(&subject),
            resume: resume || target == Some(TargetKind::Conference),
            ask: matches!(subject, SubjectArg::Ask { .. }),
            extension_arm: arms.iter().flat_map(|a| &a.labels).any(|l| is_extension(decl, l)),
        };
        let reads = std::mem::take(&mut self.reads);
        let (checked, patterns, timed, after) = self.arms(decl, &at, action, span);
        self.reads = reads;
        let Some(settings) = settings else {
            let bodies = checked.into_iter().map(|a| a.body).collect();
            return (decl.verb, StatementKind::Hole(bodies), after);
        };
        let extensions = if at.extension_arm { Arc::clone(&self.symbols.extensions) } else { Arc::from([]) };
        let into = match subject {
            SubjectArg::Variable(slot) => self.scope.variable(slot).and_then(|v| v.ty),
            _ => None,
        };
        let attended = is_attended(&action.subject);
        let (patterns, timed) = (patterns.into(), timed.into());
        let args = Args { subject, attended, into, settings, patterns, timed, extensions };
        let act = Act { decl, args, at, arms: checked };
        let falls = if decl.effects.ends { Falls::No } else { after };
        (decl.verb, StatementKind::Act(Box::new(act)), falls)
    }

    /// `transfer to flow x` is `-> flow x`.
    fn transfer_to_flow(&mut self, mode: Option<&ast::Name>, value: &ast::Value, action: &ast::Action) -> Checked {
        self.mode(mode);
        for setting in &action.settings {
            let message = format!("`transfer to flow` has no setting `{}`", setting.key.value);
            let help = "remove it: the caller goes on in the other flow, and no leg is placed";
            self.report(Diagnostic::error("unknown-setting", setting.key.span, message).help(help));
        }
        for label in action.arms.iter().flatten().flat_map(|arm| &arm.labels) {
            let message = "`transfer to flow` ends this flow: nothing comes after it";
            self.report(Diagnostic::error("outcome-impossible", label.span, message).help("remove the arms"));
        }
        let ValueKind::Name(name) = &value.value else {
            self.report_kind("target `flow`", "the name of a flow", value);
            return ("transfer", StatementKind::Jump(Jump::Unknown), Falls::No);
        };
        let name = ast::Name::new(name.clone(), value.span);
        ("transfer", StatementKind::Jump(self.jump_to_flow(&name, &[], value.span)), Falls::No)
    }

    /// `guard strict`: the rest of the step.
    fn guard(&mut self, decl: &'static Decl, policy: &ast::Name, action: &ast::Action) -> Checked {
        for label in action.arms.iter().flatten().flat_map(|arm| &arm.labels) {
            self.report(
                Diagnostic::error(
                    "outcome-impossible",
                    label.span,
                    "`guard` without `to` asks nothing and has no outcomes",
                )
                .help(format!("ask about a number: `guard {} to number \"+44..\" {{ .. }}`", policy.value)),
            );
        }
        for setting in &action.settings {
            self.report_unknown_setting(decl, setting, None);
        }
        ("guard", StatementKind::Guard(self.policy(policy)), Falls::Yes)
    }

    /// A policy by its id. One that does not exist is reported and kept, so that what it was meant
    /// to guard is not reported as well; such a flow is not run.
    pub(super) fn policy(&mut self, name: &ast::Name) -> Name {
        let found = self.symbols.policies.get(name.value.as_str()).cloned();
        if found.is_none() {
            self.whole = false;
            let known = self.symbols.policies.iter().map(AsRef::as_ref);
            let unknown = crate::resolve::unknown("unknown-name", "policy", name, known);
            let unknown = if self.symbols.policies.is_empty() {
                unknown.help(format!("write it as `policies/{0}.yaml`, with `id: {0}`", name.value))
            } else {
                unknown
            };
            self.report(unknown.absent(Absent::Policy));
        }
        found.unwrap_or_else(|| Arc::from(name.value.as_str()))
    }
}

fn target_of(subject: Option<&SubjectArg>) -> Option<TargetKind> {
    match subject {
        Some(SubjectArg::Target(target) | SubjectArg::Ask { target, .. }) => Some(target.kind),
        _ => None,
    }
}

/// The kind as written, where the target itself is wrong: its settings are still checked.
fn written_kind(subject: &Ast) -> Option<TargetKind> {
    match subject {
        Ast::Transfer { target, .. } => TargetKind::from_name(&target.kind.value),
        _ => None,
    }
}

fn is_true(decl: &Decl, settings: &[Option<Arg>], key: &str) -> bool {
    let at = decl.setting(key).and_then(|(at, _)| settings.get(at));
    matches!(at, Some(Some(Arg::Value(Operand::Const(Value::Bool(true))))))
}

fn is_extension(decl: &Decl, label: &ast::Label) -> bool {
    let named = matches!(&label.kind, ast::LabelKind::Outcome(name) if name == crate::step::EXTENSION);
    named && decl.outcome(crate::step::EXTENSION).is_some()
}
