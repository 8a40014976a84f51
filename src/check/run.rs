//! What flows and subflows are given and give back: arguments, `run` with its arms, `return`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::base::diagnostic::{Absent, Diagnostic};
use crate::base::span::Span;
use crate::base::suggest::did_you_mean;
use crate::base::value::{Type, Value};
use crate::resolve::scope::Hidden;
use crate::resolve::{ResultSignature, Signature};
use crate::step::Name;
use crate::step::args::Operand;
use crate::step::decl::{Decl, one_of};
use crate::step::outcomes::OTHERWISE;
use crate::syntax::ast;

use super::body::{Falls, duplicate_branch, label_text};
use super::flow::Checker;
use super::model::{Arm, Jump, Label, LabelKind, Run, StatementKind};

type Checked = (&'static str, StatementKind, Falls);

/// The subflow that is run: its name as written and what it declares.
#[derive(Clone, Copy)]
struct Callee<'c> {
    name: &'c str,
    results: &'c [ResultSignature],
}

impl Checker<'_> {
    /// `run NAME(..) { .. }`
    pub(super) fn run(
        &mut self,
        decl: &'static Decl,
        action: &ast::Action,
        (name, args): (&ast::Name, &[ast::Arg]),
        span: Span,
    ) -> Checked {
        let arms = action.arms.as_deref().unwrap_or_default();
        for setting in &action.settings {
            self.report_unknown_setting(decl, setting, None);
        }
        let symbols = self.symbols;
        let found = symbols.flow(&name.value, self.flow_name);
        let Some((known, signature)) = found.filter(|(_, s)| s.is_subflow) else {
            self.values_of(args);
            self.report(match found {
                Some((known, _)) => {
                    let message = format!("`{}` is a flow: it is gone to, not run", name.value);
                    let help = format!("write `-> flow {known}`, or make it a subflow that declares its outcomes");
                    Diagnostic::error("type-mismatch", name.span, message).help(help)
                }
                None => {
                    let unknown = crate::resolve::unknown("unknown-target", "subflow", name, symbols.subflow_names());
                    let of_library = format!(".{}", name.value);
                    let unknown = match symbols.subflow_names().find(|known| known.ends_with(&of_library)) {
                        Some(known) => unknown.help(format!("it is of a library: write `{known}`")),
                        None => unknown,
                    };
                    unknown.absent(Absent::Flow)
                }
            });
            return self.hole("run", arms);
        };
        // The reader could not read the first line of the subflow, and has said so.
        if signature.results.is_empty() {
            self.values_of(args);
            return self.hole("run", arms);
        }
        let args = self.arguments(("subflow", "run"), name, signature, args);
        let reads = std::mem::take(&mut self.reads);
        let callee = Callee { name: &name.value, results: &signature.results };
        let head = Span { end: name.span.end, ..span };
        let (arms, falls) = self.result_arms(callee, arms, head);
        self.reads = reads;
        let run = Run { subflow: Arc::clone(known), args, outcomes: signature.results.len(), arms };
        ("run", StatementKind::Run(Box::new(run)), falls)
    }

    fn result_arms(&mut self, callee: Callee<'_>, written: &[ast::Arm], head: Span) -> (Vec<Arm>, Falls) {
        let mut seen: Vec<(LabelKind, Span)> = Vec::new();
        let mut falls = Falls::No;
        let mut arms = Vec::with_capacity(written.len());
        for arm in written {
            let mut labels = Vec::new();
            let mut hidden: Vec<Hidden> = Vec::new();
            for label in &arm.labels {
                let kind = self.result_label(callee, label);
                let bind = label.binding.as_ref().and_then(|name| {
                    let ty = kind.as_ref().and_then(|k| self.result_type(callee, k, label, name, arm.labels.len()));
                    let (slot, shadowed) = self.bind(name, ty);
                    hidden.push(shadowed);
                    slot
                });
                let Some(kind) = kind else { continue };
                if let Some((_, first)) = seen.iter().find(|(k, _)| *k == kind) {
                    self.report(duplicate_branch(&label_text(label), label.span, *first));
                }
                seen.push((kind.clone(), label.span));
                labels.push(Label { kind, bind });
            }
            let (body, after) = self.body(&arm.body, arm);
            for name in hidden.into_iter().rev() {
                self.scope.hide(name);
            }
            falls = falls.max(after);
            arms.push(Arm { labels, body });
        }
        if self.results_unhandled(callee, &seen, head) {
            falls = falls.max(Falls::Unknown);
        }
        (arms, falls)
    }

    fn result_label(&mut self, callee: Callee<'_>, label: &ast::Label) -> Option<LabelKind> {
        let names = || callee.results.iter().map(|r| r.name.as_ref());
        let found = match &label.kind {
            ast::LabelKind::Outcome(name) if name == OTHERWISE => Some(LabelKind::Otherwise),
            ast::LabelKind::Outcome(name) => names().position(|r| r == name).map(LabelKind::Outcome),
            _ => None,
        };
        if found.is_none() {
            let written = label_text(label);
            let hint = did_you_mean(&written, names().chain([OTHERWISE]));
            let message = format!("subflow `{}` has no outcome `{written}`{hint}", callee.name);
            let help =
                format!("it declares {}; an arm can also be `{OTHERWISE}`", one_of(&names().collect::<Vec<_>>()));
            self.report(Diagnostic::error("unknown-outcome", label.span, message).help(help));
        }
        found
    }

    fn result_type(
        &mut self,
        callee: Callee<'_>,
        kind: &LabelKind,
        label: &ast::Label,
        name: &ast::Name,
        labels: usize,
    ) -> Option<Type> {
        self.report_shared_binding(label, name, labels);
        let declared = match kind {
            LabelKind::Outcome(n) => callee.results.get(*n).filter(|r| r.carries),
            _ => None,
        };
        let Some(declared) = declared else {
            let message = format!("`{}` carries no value that `{}` could hold", label_text(label), name.value);
            let help = format!(
                "remove `({0})`, or declare it in the subflow: `{1}({0}: text)`",
                name.value,
                label_text(label)
            );
            self.report(Diagnostic::error("type-mismatch", name.span, message).help(help));
            return None;
        };
        declared.ty
    }

    /// Reports declared outcomes without an arm, and an `otherwise` that nothing is left for.
    fn results_unhandled(&mut self, callee: Callee<'_>, seen: &[(LabelKind, Span)], head: Span) -> bool {
        let named: BTreeSet<usize> = seen
            .iter()
            .filter_map(|(kind, _)| match kind {
                LabelKind::Outcome(index) => Some(*index),
                _ => None,
            })
            .collect();
        let missing: Vec<&str> = callee
            .results
            .iter()
            .enumerate()
            .filter(|(index, _)| !named.contains(index))
            .map(|(_, r)| r.name.as_ref())
            .collect();
        let otherwise = seen.iter().find(|(kind, _)| *kind == LabelKind::Otherwise);
        match (missing.is_empty(), otherwise) {
            (true, Some((_, span))) => {
                let message = format!("every outcome that `{OTHERWISE}` covers has an arm of its own");
                let found = Diagnostic::warning("outcome-impossible", *span, message);
                self.report(found.label("never taken").help("remove this arm"));
                false
            }
            (false, None) => {
                let message =
                    format!("subflow `{}` can end in {}, and no arm says what then", callee.name, one_of(&missing));
                let found = Diagnostic::error("outcome-unhandled", head, message).label("unhandled outcomes");
                self.report(found.help("add an arm such as `otherwise -> step`"));
                true
            }
            _ => false,
        }
    }

    /// `return outcome` or `return outcome(value)`
    pub(super) fn give(&mut self, outcome: &ast::Name, value: Option<&ast::Value>, span: Span) -> Checked {
        let hole = ("return", StatementKind::Hole(Vec::new()), Falls::No);
        let Some(results) = self.results.clone() else {
            self.given_in_vain(value);
            let message = format!("`return` ends a subflow, and `{}` is a flow", self.flow_name);
            let help = "end the call with `hangup`, or go on with an arrow";
            self.report(Diagnostic::error("subflow-boundary", span, message).help(help));
            return hole;
        };
        if results.is_empty() {
            self.given_in_vain(value);
            return hole;
        }
        let Some((index, declared)) = results.iter().enumerate().find(|(_, r)| *r.name == *outcome.value) else {
            self.given_in_vain(value);
            let names: Vec<&str> = results.iter().map(|r| r.name.as_ref()).collect();
            let hint = did_you_mean(&outcome.value, names.iter().copied());
            let message =
                format!("subflow `{}` does not declare the outcome `{}`{hint}", self.flow_name, outcome.value);
            let help =
                format!("it declares {}; what it can end in stands after `->` in its first line", one_of(&names));
            self.report(Diagnostic::error("unknown-outcome", outcome.span, message).help(help));
            return hole;
        };
        let checked = match (value, declared.carries) {
            (None, false) => Some(None),
            (Some(value), true) => {
                let what = format!("outcome `{}`", outcome.value);
                let typed = self.typed(value);
                typed
                    .and_then(|t| match declared.ty {
                        Some(ty) => self.coerced(t, ty, value, &what),
                        None => Some(t.operand),
                    })
                    .map(Some)
            }
            (Some(value), false) => {
                self.typed(value);
                let message = format!("outcome `{}` is declared without a value", outcome.value);
                let help = format!("declare it as `{}(value: text)`, or return it without a value", outcome.value);
                self.report(
                    Diagnostic::error("subflow-arity", value.span, message)
                        .also(declared.span, "declared here")
                        .help(help),
                );
                None
            }
            (None, true) => {
                let message = format!("outcome `{}` carries a value, and none is given", outcome.value);
                let help = format!("write `return {}(..)`", outcome.value);
                self.report(
                    Diagnostic::error("subflow-arity", outcome.span, message)
                        .also(declared.span, "declared here")
                        .help(help),
                );
                None
            }
        };
        match checked {
            Some(value) => ("return", StatementKind::Return { outcome: index, value }, Falls::No),
            None => hole,
        }
    }

    /// `-> flow NAME(..)`
    pub(super) fn jump_to_flow(&mut self, name: &ast::Name, args: &[ast::Arg], span: Span) -> Jump {
        let symbols = self.symbols;
        let Some((known, signature)) = symbols.flow(&name.value, self.flow_name) else {
            self.values_of(args);
            let unknown = crate::resolve::unknown("unknown-target", "flow", name, symbols.flow_names());
            self.report(unknown.absent(Absent::Flow));
            return Jump::Unknown;
        };
        if signature.is_subflow {
            self.values_of(args);
            let message = format!("`{}` is a subflow: it is run, not gone to", name.value);
            self.report(
                Diagnostic::error("type-mismatch", name.span, message).help(format!("write `run {}(..)`", name.value)),
            );
            return Jump::Unknown;
        }
        let args = self.arguments(("flow", "-> flow"), name, signature, args);
        if self.results.is_some() {
            let message = format!("subflow `{}` is left by an arrow, and its caller would never go on", self.flow_name);
            let help = "declare an outcome for it, `return` it, and let the flow that runs the subflow go there";
            self.report(
                Diagnostic::error("subflow-boundary", span, message).label("a subflow ends by `return`").help(help),
            );
            return Jump::Unknown;
        }
        Jump::Flow { name: Arc::clone(known), args }
    }

    /// Reports mistakes in a value that nothing is known to take.
    fn given_in_vain(&mut self, value: Option<&ast::Value>) {
        if let Some(value) = value {
            self.typed(value);
        }
    }

    /// The same of arguments.
    fn values_of(&mut self, args: &[ast::Arg]) {
        for arg in args {
            self.typed(&arg.value);
        }
    }

    /// Arguments by the names of parameters; `(kind, how)` are the words for messages.
    fn arguments(
        &mut self,
        (kind, how): (&str, &str),
        name: &ast::Name,
        signature: &Signature,
        args: &[ast::Arg],
    ) -> Vec<(Name, Operand)> {
        let mut given: Vec<(Name, Operand)> = Vec::new();
        let mut misnamed = false;
        for arg in args {
            let typed = self.typed(&arg.value);
            let arg_name = &arg.name;
            let Some(param) = signature.params.iter().find(|p| *p.name == *arg_name.value) else {
                let names = signature.params.iter().map(|p| p.name.as_ref());
                let mut found = crate::resolve::unknown("subflow-arity", "parameter", arg_name, names);
                found.message = format!("{kind} `{}` has {}", name.value, found.message);
                if signature.params.is_empty() {
                    found =
                        found.help(format!("{kind} `{}` takes no parameters: remove `{}`", name.value, arg_name.value));
                }
                self.report(found);
                misnamed = true;
                continue;
            };
            if given.iter().any(|(n, _)| n == &param.name) {
                let message = format!("parameter `{}` is given twice", arg_name.value);
                self.report(Diagnostic::error("subflow-arity", arg_name.span, message).help("keep one of the two"));
                continue;
            }
            let what = format!("parameter `{}` of {kind} `{}`", arg_name.value, name.value);
            let operand = typed.and_then(|t| match param.ty {
                Some(ty) => self.coerced(t, ty, &arg.value, &what),
                None => Some(t.operand),
            });
            given.push((Arc::clone(&param.name), operand.unwrap_or(Operand::Const(Value::Unset))));
        }
        // A misspelt parameter is most likely the one that is missing.
        if !misnamed {
            self.missing_arguments((kind, how), name, signature, &given);
        }
        given
    }

    fn missing_arguments(
        &mut self,
        (kind, how): (&str, &str),
        name: &ast::Name,
        signature: &Signature,
        given: &[(Name, Operand)],
    ) {
        let missing: Vec<&str> = signature
            .params
            .iter()
            .filter(|p| !p.has_default && !given.iter().any(|(n, _)| n == &p.name))
            .map(|p| p.name.as_ref())
            .collect();
        if let Some(first) = missing.first() {
            let message = format!("{kind} `{}` also needs {}", name.value, one_of(&missing).replace(" or ", " and "));
            let found = Diagnostic::error("subflow-arity", name.span, message)
                .help(format!("write `{how} {}({first}: ..)`, or give the parameter a default", name.value));
            self.report(found);
        }
    }
}
