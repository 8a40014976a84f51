//! Targets: users, agents, queues, extensions and numbers that exist and may be dialled.

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Edit, Fix};
use crate::base::suggest::did_you_mean;
use crate::base::value::{Type, Value};
use crate::step::Name;
use crate::step::args::{Operand, SubjectArg, TargetArg, TargetValue};
use crate::step::decl::TargetKind;
use crate::syntax::ast::{self, ValueKind};

use super::flow::Checker;

impl Checker<'_> {
    /// A target; `ask` where a policy is only asked about it.
    pub(super) fn target(&mut self, target: &ast::Target, ask: bool) -> Option<TargetArg> {
        let Some(kind) = TargetKind::from_name(&target.kind.value) else {
            let known = TargetKind::ALL.iter().map(|k| k.name());
            self.report(crate::resolve::unknown("unknown-name", "kind of target", &target.kind, known));
            return None;
        };
        let value = match kind {
            TargetKind::User | TargetKind::Agent | TargetKind::Queue if ask => {
                self.report(
                    Diagnostic::error(
                        "type-mismatch",
                        target.span,
                        format!("a policy is asked about numbers, not about a {}", kind.name()),
                    )
                    .help("write `guard POLICY to number \"+44..\"`"),
                );
                return None;
            }
            TargetKind::User => self.named("user", &target.value, |s| s.site.users.keys().cloned().collect()),
            TargetKind::Agent => self.agent(&target.value),
            TargetKind::Queue => self.named("queue", &target.value, |s| s.site.queues.keys().cloned().collect()),
            TargetKind::Number | TargetKind::Pstn => self.number_target(kind, &target.value),
            TargetKind::Extension => self.extension_target(&target.value),
            TargetKind::Group | TargetKind::Rota | TargetKind::Device => {
                let message = format!("`{}` is a target of `ring` only", kind.name());
                self.report(
                    Diagnostic::error("type-mismatch", target.kind.span, message)
                        .help("transfer to a `user` or a `queue`"),
                );
                return None;
            }
            TargetKind::Sip | TargetKind::Voicemail | TargetKind::Conference => {
                self.report_later(
                    &format!("target `{}`", kind.name()),
                    target.kind.span,
                    "transfer to a `user`, a `queue` or a `number`",
                );
                return None;
            }
            TargetKind::Flow => {
                let message = "a flow is gone to with an arrow in this version";
                self.report(
                    Diagnostic::error("statement-not-available", target.span, message).help("write `-> flow NAME`"),
                );
                return None;
            }
        }?;
        Some(TargetArg { kind, value, tainted: false, span: target.value.span })
    }

    fn named(
        &mut self,
        kind: &str,
        value: &ast::Value,
        known: fn(&crate::resolve::Symbols<'_>) -> Vec<Name>,
    ) -> Option<TargetValue> {
        let ValueKind::Name(written) = &value.value else {
            let literal = match &value.value {
                ValueKind::Text(text) => text.as_literal(),
                _ => None,
            };
            let message = format!("a {kind} is written by name, without quotes or parentheses");
            let found = Diagnostic::error("type-mismatch", value.span, message);
            let found = match literal {
                Some(name) if is_name(name) => found.help(format!("write `{kind} {name}`")).fix(Fix {
                    title: "remove the quotes".to_owned(),
                    edits: vec![Edit { span: value.span, text: name.to_owned() }],
                    safe: true,
                }),
                _ => found.help(format!(
                    "which {kind} it is must be known before a call comes in; use `switch` to choose one"
                )),
            };
            self.report(found);
            return None;
        };
        let names = known(self.symbols);
        let found = names.iter().find(|n| n.as_ref() == written.as_str()).cloned();
        if found.is_none() {
            let name = ast::Name::new(written.clone(), value.span);
            let found = crate::resolve::unknown("unknown-target", kind, &name, names.iter().map(AsRef::as_ref));
            self.report(if names.is_empty() {
                found.help(format!("add it to the site file, under `{kind}s:`"))
            } else {
                found
            });
        }
        found.map(TargetValue::Named)
    }

    /// A user who serves a queue; any user may be an agent for one call.
    fn agent(&mut self, value: &ast::Value) -> Option<TargetValue> {
        self.named("user", value, |s| s.site.users.keys().cloned().collect())
    }

    fn number_target(&mut self, kind: TargetKind, value: &ast::Value) -> Option<TargetValue> {
        let what = format!("target `{}`", kind.name());
        match &value.value {
            ValueKind::Number(n) => {
                let found = Diagnostic::error("type-mismatch", value.span, "a telephone number is text")
                    .help(format!("write `\"{}\"`", n.0));
                let edits = vec![Edit { span: value.span, text: format!("\"{}\"", n.0) }];
                self.report(found.fix(Fix { title: "put it in quotes".to_owned(), edits, safe: true }));
                return None;
            }
            ValueKind::Name(name) if self.symbols.site.users.contains_key(name.as_str()) => {
                let found = Diagnostic::error("type-mismatch", value.span, format!("`{name}` is a user, not a number"))
                    .help(format!("write `user {name}`"));
                self.report(found);
                return None;
            }
            ValueKind::Name(name) if self.symbols.site.queues.contains_key(name.as_str()) => {
                let found =
                    Diagnostic::error("type-mismatch", value.span, format!("`{name}` is a queue, not a number"))
                        .help(format!("write `queue {name}`"));
                self.report(found);
                return None;
            }
            _ => {}
        }
        let typed = self.typed(value)?;
        if typed.ty == Some(Type::Text) && self.reads_row(&typed.operand) {
            let message = format!("{what} needs a number, and this column of the table is text");
            let found = Diagnostic::error("type-mismatch", value.span, message).label("text");
            self.report(found.help("give the column the type `phone` in the site file"));
            return None;
        }
        match typed.ty {
            None | Some(Type::Text | Type::Phone | Type::Digits) => Some(TargetValue::Dialled(typed.operand)),
            Some(Type::Extension) => {
                let found = Diagnostic::error(
                    "type-mismatch",
                    value.span,
                    format!("{what} needs a number, but this is an extension"),
                )
                .help("write `transfer to extension (..)`");
                self.report(found);
                None
            }
            Some(have) => {
                self.report_type(&what, Type::Phone, have, value);
                None
            }
        }
    }

    fn extension_target(&mut self, value: &ast::Value) -> Option<TargetValue> {
        if let ValueKind::Number(n) = &value.value {
            let found = Diagnostic::error("type-mismatch", value.span, "an extension is text")
                .help(format!("write `\"{}\"`", n.0));
            let edits = vec![Edit { span: value.span, text: format!("\"{}\"", n.0) }];
            self.report(found.fix(Fix { title: "put it in quotes".to_owned(), edits, safe: true }));
            return None;
        }
        let typed = self.typed(value)?;
        if let Operand::Const(Value::Text(text)) = &typed.operand {
            let known = &self.symbols.extensions;
            if known.contains(text) {
                return Some(TargetValue::Dialled(Operand::Const(Value::Extension(Arc::clone(text)))));
            }
            let hint = did_you_mean(text, known.iter().map(AsRef::as_ref));
            let found = Diagnostic::error("unknown-target", value.span, format!("no extension `{text}`{hint}"))
                .help("an extension belongs to a user or a queue of the site file; for others use `number`");
            self.report(found);
            return None;
        }
        match typed.ty {
            None | Some(Type::Extension) => Some(TargetValue::Dialled(typed.operand)),
            Some(have) => {
                self.report_type("target `extension`", Type::Extension, have, value);
                None
            }
        }
    }

    /// Whether a leg to this target may leave the building.
    pub(super) fn may_leave(&self, subject: &SubjectArg) -> bool {
        let SubjectArg::Target(target) = subject else { return false };
        match (target.kind, &target.value) {
            (TargetKind::Pstn, _) => true,
            (TargetKind::Number, TargetValue::Dialled(Operand::Const(value))) => {
                value.as_str().is_none_or(|number| !self.symbols.is_inside(number))
            }
            (TargetKind::Number, _) => true,
            _ => false,
        }
    }
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
