//! A verb with its subject, settings and arms.

use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Span;
use crate::base::value::{Type, Value};
use crate::step::Name;
use crate::step::args::{Arg, Args, Operand, SubjectArg};
use crate::step::decl::{Circumstances, Decl, Subject, TargetKind, Work, one_of};
use crate::step::registry;
use crate::syntax::ast::{self, Subject as Ast, ValueKind};

use super::body::Falls;
use super::flow::Checker;
use super::model::{Act, Jump, StatementKind};

type Checked = (&'static str, StatementKind, Falls);

impl Checker<'_> {
    pub(super) fn action(&mut self, action: &ast::Action, span: Span) -> Checked {
        let arms = action.arms.as_deref().unwrap_or_default();
        let Some(decl) = registry::find(&action.verb.value) else {
            let known = registry::all().map(|d| d.verb);
            self.report(crate::resolve::unknown("unknown-statement", "statement", &action.verb, known));
            return self.hole("?", arms);
        };
        if matches!(decl.work, Work::Later) {
            return self.later(decl.verb, arms, action.verb.span);
        }
        if let (Subject::Guard, Ast::Guard { policy, target: None }) = (decl.subject, &action.subject) {
            return self.guard(decl, policy, action);
        }
        let subject = self.subject(decl, action);
        let target = target_of(subject.as_ref());
        let before = self.found.len();
        let settings =
            self.settings(decl, &action.settings, target.or_else(|| written_kind(&action.subject)), action.verb.span);
        if is_attended(&action.subject) {
            // Settings that only attended transfers use are no second mistake.
            let later = self.found.split_off(before);
            self.found.extend(later.into_iter().filter(|d| d.rule != "statement-not-available"));
        }
        let resume = settings.as_ref().is_some_and(|s| is_true(decl, s, "resume"));
        let Some(subject) = subject else { return self.hole(decl.verb, arms) };
        let at = Circumstances {
            target,
            outside: self.may_leave(&subject),
            resume,
            ask: matches!(subject, SubjectArg::Ask { .. }),
            extension_arm: arms.iter().flat_map(|a| &a.labels).any(|l| is_extension(decl, l)),
        };
        let reads = std::mem::take(&mut self.reads);
        let (checked, patterns, after) = self.arms(decl, &at, action, span);
        self.reads = reads;
        let Some(settings) = settings else {
            let bodies = checked.into_iter().map(|a| a.body).collect();
            return (decl.verb, StatementKind::Hole(bodies), after);
        };
        let extensions = if at.extension_arm { Arc::clone(&self.symbols.extensions) } else { Arc::from([]) };
        let args = Args { subject, settings, patterns: patterns.into(), extensions };
        let act = Act { decl, args, at, arms: checked };
        let falls = if decl.effects.ends { Falls::No } else { after };
        (decl.verb, StatementKind::Act(Box::new(act)), falls)
    }

    /// `guard strict`: the rest of the step.
    fn guard(&mut self, decl: &'static Decl, policy: &ast::Name, action: &ast::Action) -> Checked {
        if let Some(arm) = action.arms.iter().flatten().next() {
            self.report(
                Diagnostic::error(
                    "outcome-impossible",
                    arm.span,
                    "`guard` without `to` asks nothing and has no outcomes",
                )
                .help(format!("ask about a number: `guard {} to number \"+44..\" {{ .. }}`", policy.value)),
            );
        }
        if let Some(setting) = action.settings.first() {
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
            self.report(unknown);
        }
        found.unwrap_or_else(|| Arc::from(name.value.as_str()))
    }

    fn subject(&mut self, decl: &'static Decl, action: &ast::Action) -> Option<SubjectArg> {
        let what = format!("`{}`", decl.verb);
        match (decl.subject, &action.subject) {
            (Subject::None, Ast::None) => Some(SubjectArg::None),
            (Subject::Prompts, Ast::Value(value)) => self.prompts(value, &what).map(SubjectArg::Prompts),
            (Subject::Duration, Ast::Value(value)) => self.expect(value, Type::Duration, &what).map(SubjectArg::Value),
            (Subject::Variable(types), Ast::Value(value)) => self.variable_subject(decl, types, value),
            (Subject::Named(kind), Ast::Value(value)) => self.site_name(kind, value).map(SubjectArg::Named),
            (Subject::Word(words), Ast::Value(value)) => self.word(words, value, &what).map(SubjectArg::Word),
            (Subject::Pair, Ast::Pair { name, value }) => self.pair(name, value),
            (Subject::Transfer, Ast::Transfer { mode, target }) => {
                let mode_known = self.mode(mode.as_ref());
                let target = self.target(target, false);
                target.filter(|_| mode_known).map(SubjectArg::Target)
            }
            (Subject::Guard, Ast::Guard { policy, target: Some(target) }) => {
                let policy = self.policy(policy);
                let target = self.target(target, true);
                Some(SubjectArg::Ask { policy, target: target? })
            }
            _ => {
                let message = format!("{what} is not written like this");
                let help = format!("for example: {}", decl.example.replace('\n', " "));
                self.report(Diagnostic::error("type-mismatch", action.verb.span, message).help(help));
                None
            }
        }
    }

    fn variable_subject(
        &mut self,
        decl: &'static Decl,
        types: &'static [Type],
        value: &ast::Value,
    ) -> Option<SubjectArg> {
        let ValueKind::Name(name) = &value.value else {
            self.report_kind(&format!("`{}`", decl.verb), "the name of a variable", value);
            return None;
        };
        let Some(slot) = self.scope.slot(name) else {
            let known: Vec<Arc<str>> = self.scope.visible().map(|(n, _)| Arc::clone(n)).collect();
            let name = ast::Name::new(name.clone(), value.span);
            let found = crate::resolve::unknown("unknown-name", "variable", &name, known.iter().map(AsRef::as_ref));
            let help = format!("declare it in the flow's header: `var {}: {}`", name.value, types.first()?.name());
            self.report(if known.is_empty() { found.help(help) } else { found });
            return None;
        };
        let variable = self.scope.variable(slot)?;
        if let Some(ty) = variable.ty.filter(|t| !types.contains(t)) {
            let (place, names) = (variable.span, types.iter().map(|t| t.name()).collect::<Vec<_>>());
            let message = format!("`{}` sets {}, but variable `{name}` is {ty}", decl.verb, one_of(&names));
            self.report(
                Diagnostic::error("type-mismatch", value.span, message)
                    .also(place, "declared here")
                    .help(format!("declare it as `var {name}: {}`", names.first()?)),
            );
        }
        Some(SubjectArg::Variable(slot))
    }

    /// One of the words that a subject or setting knows.
    pub(super) fn word(&mut self, words: &[&'static str], value: &ast::Value, what: &str) -> Option<&'static str> {
        let written = match &value.value {
            ValueKind::Name(name) => name.as_str(),
            _ => {
                self.report_kind(what, &one_of(words), value);
                return None;
            }
        };
        let found = words.iter().find(|w| **w == written).copied();
        if found.is_none() {
            let hint = crate::base::suggest::did_you_mean(written, words.iter().copied());
            let message = format!("{what} does not know `{written}`{hint}");
            self.report(
                Diagnostic::error("type-mismatch", value.span, message).help(format!("write {}", one_of(words))),
            );
        }
        found
    }

    fn pair(&mut self, name: &ast::Name, value: &ast::Value) -> Option<SubjectArg> {
        let typed = self.typed(value)?;
        if typed.ty == Some(Type::Secret) {
            self.report(
                Diagnostic::error(
                    "secret-exposed",
                    value.span,
                    "a secret cannot be tagged: tags are kept in the call's record",
                )
                .help("tag something else, such as the outcome"),
            );
            return None;
        }
        Some(SubjectArg::Pair { name: Arc::from(name.value.as_str()), value: typed.operand })
    }

    fn mode(&mut self, mode: Option<&ast::Name>) -> bool {
        match mode {
            None => true,
            Some(mode) if mode.value == "blind" => true,
            Some(mode) if mode.value == "attended" => {
                self.report_later("`transfer attended`", mode.span, "transfer blind: leave `attended` out");
                false
            }
            Some(mode) => {
                self.report(crate::resolve::unknown("unknown-name", "mode", mode, ["blind", "attended"]));
                false
            }
        }
    }

    pub(super) fn jump_to_flow(&mut self, name: &ast::Name, args: &[ast::Arg]) -> Jump {
        let values: Vec<_> = args.iter().map(|a| (&a.name, self.typed(&a.value), &a.value)).collect();
        let symbols = self.symbols;
        let Some((known, signature)) = symbols.flows.get_key_value(name.value.as_str()) else {
            self.report(crate::resolve::unknown("unknown-target", "flow", name, symbols.flow_names()));
            return Jump::Unknown;
        };
        if signature.is_subflow {
            let message = format!("`{}` is a subflow: it is run, not gone to", name.value);
            self.report(
                Diagnostic::error("type-mismatch", name.span, message).help(format!("write `run {}(..)`", name.value)),
            );
            return Jump::Unknown;
        }
        let mut given: Vec<(Name, Operand)> = Vec::new();
        let mut misnamed = false;
        for (arg, typed, value) in values {
            let Some(param) = signature.params.iter().find(|p| p.name.as_ref() == arg.value) else {
                let names = signature.params.iter().map(|p| p.name.as_ref());
                let mut found = crate::resolve::unknown("wrong-arguments", "parameter", arg, names);
                found.message = format!("flow `{}` has {}", name.value, found.message);
                self.report(found);
                misnamed = true;
                continue;
            };
            if given.iter().any(|(n, _)| n == &param.name) {
                let message = format!("parameter `{}` is given twice", arg.value);
                self.report(Diagnostic::error("wrong-arguments", arg.span, message).help("keep one of the two"));
                continue;
            }
            let what = format!("parameter `{}` of flow `{}`", arg.value, name.value);
            let operand = typed.and_then(|t| match param.ty {
                Some(ty) => self.coerced(t, ty, value, &what),
                None => Some(t.operand),
            });
            given.push((Arc::clone(&param.name), operand.unwrap_or(Operand::Const(Value::Unset))));
        }
        // A misspelt parameter is most likely the one that is missing.
        if !misnamed {
            self.missing_arguments(name, signature, &given);
        }
        Jump::Flow { name: Arc::clone(known), args: given }
    }

    fn missing_arguments(
        &mut self,
        name: &ast::Name,
        signature: &crate::resolve::Signature,
        given: &[(Name, Operand)],
    ) {
        let missing: Vec<&str> = signature
            .params
            .iter()
            .filter(|p| !p.has_default && !given.iter().any(|(n, _)| n == &p.name))
            .map(|p| p.name.as_ref())
            .collect();
        if let Some(first) = missing.first() {
            let message = format!(
                "flow `{}` also needs {}",
                name.value,
                crate::step::decl::one_of(&missing).replace(" or ", " and ")
            );
            let found = Diagnostic::error("wrong-arguments", name.span, message)
                .help(format!("write `-> flow {}({first}: ..)`, or give the parameter a default", name.value));
            self.report(found);
        }
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

fn is_attended(subject: &Ast) -> bool {
    matches!(subject, Ast::Transfer { mode: Some(mode), .. } if mode.value == "attended")
}

fn is_true(decl: &Decl, settings: &[Option<Arg>], key: &str) -> bool {
    let at = decl.setting(key).and_then(|(at, _)| settings.get(at));
    matches!(at, Some(Some(Arg::Value(Operand::Const(Value::Bool(true))))))
}

fn is_extension(decl: &Decl, label: &ast::Label) -> bool {
    let named = matches!(&label.kind, ast::LabelKind::Outcome(name) if name == crate::step::EXTENSION);
    named && decl.outcome(crate::step::EXTENSION).is_some()
}
