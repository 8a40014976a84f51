//! Targets: users, agents, queues, extensions and numbers that exist and may be dialled.

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Edit, Fix};
use crate::base::span::Span;
use crate::base::suggest::did_you_mean;
use crate::base::value::{Type, Value};
use crate::step::args::{Operand, SubjectArg, TargetArg, TargetValue};
use crate::step::decl::{Named, TargetKind, one_of};
use crate::step::{Name, RING_TARGETS};
use crate::syntax::ast::{self, ValueKind};

use super::flow::Checker;

/// What a target is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Transfer,
    Ring,
    /// A policy is only asked about it.
    Ask,
}

impl Checker<'_> {
    /// A target that exists, of a kind that fits.
    pub(super) fn target(&mut self, target: &ast::Target, purpose: Purpose) -> Option<TargetArg> {
        let Some(kind) = TargetKind::from_name(&target.kind.value) else {
            let known = TargetKind::ALL.iter().map(|k| k.name());
            self.report(crate::resolve::unknown("unknown-name", "kind of target", &target.kind, known));
            return None;
        };
        if let Some(found) = unfit(kind, purpose, target) {
            self.report(found);
            return None;
        }
        let named = |name: Option<Name>| name.map(TargetValue::Named);
        let value = match kind {
            // Any user may be an agent for one call.
            TargetKind::User | TargetKind::Agent => named(self.user(&target.value)),
            TargetKind::Queue => named(self.site_name(Named::Queue, &target.value)),
            TargetKind::Group => named(self.site_name(Named::Group, &target.value)),
            TargetKind::Rota => named(self.site_name(Named::Rota, &target.value)),
            TargetKind::Device => named(self.site_name(Named::Device, &target.value)),
            TargetKind::Voicemail => named(self.site_name(Named::Mailbox, &target.value)),
            TargetKind::Conference => named(self.site_name(Named::Room, &target.value)),
            TargetKind::Number | TargetKind::Pstn => self.number_target(kind, &target.value),
            TargetKind::Extension => self.extension_target(&target.value),
            TargetKind::Sip => self.sip_target(&target.value),
            TargetKind::Flow => None,
        }?;
        let written = self.written(&target.value);
        Some(TargetArg { kind, value, tainted: false, span: target.value.span, written })
    }

    /// Where the text of a target stands: here, or where its constant is defined. A text that is
    /// computed stands nowhere.
    fn written(&self, value: &ast::Value) -> Option<Span> {
        match &value.value {
            ValueKind::Text(text) => text.as_literal().map(|_| value.span),
            ValueKind::Expr(source) => self.constant_written(source.trim()),
            _ => None,
        }
    }

    /// `sip "sip:desk@pbx.example"`: the address of somebody else's exchange.
    fn sip_target(&mut self, value: &ast::Value) -> Option<TargetValue> {
        let operand = self.expect(value, Type::Text, "target `sip`")?;
        if let Operand::Const(Value::Text(address)) = &operand
            && !is_sip_address(address)
        {
            let message = format!("`{address}` is no SIP address");
            let help = "write it whole, such as `\"sip:desk@pbx.example\"`";
            self.report(Diagnostic::error("value-out-of-range", value.span, message).help(help));
            return None;
        }
        Some(TargetValue::Dialled(operand))
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

    /// Whether a leg to one of these targets may leave the building. A rota can hold numbers.
    pub(super) fn may_leave(&self, subject: &SubjectArg) -> bool {
        let leaves = |target: &TargetArg| match (target.kind, &target.value) {
            (TargetKind::Pstn | TargetKind::Rota | TargetKind::Sip, _) => true,
            (TargetKind::Number, TargetValue::Dialled(Operand::Const(value))) => {
                value.as_str().is_none_or(|number| !self.symbols.is_inside(number))
            }
            (TargetKind::Number, _) => true,
            _ => false,
        };
        matches!(subject, SubjectArg::Phone { .. }) || subject.targets().iter().any(leaves)
    }
}

/// Why a target of this kind cannot stand there.
fn unfit(kind: TargetKind, purpose: Purpose, target: &ast::Target) -> Option<Diagnostic> {
    let is_number = matches!(kind, TargetKind::Number | TargetKind::Pstn | TargetKind::Extension | TargetKind::Sip);
    let only_rung = matches!(kind, TargetKind::Group | TargetKind::Rota | TargetKind::Device);
    let (message, help) = match purpose {
        Purpose::Ask if !is_number => (
            format!("a policy is asked about numbers, not about a {}", kind.name()),
            "write `guard POLICY to number \"+44..\"`".to_owned(),
        ),
        Purpose::Transfer if only_rung => (
            format!("`{}` is a target of `ring` only", kind.name()),
            format!("write `ring {} ..`, or transfer to a `user` or a `queue`", kind.name()),
        ),
        Purpose::Ring if !RING_TARGETS.contains(&kind) => {
            let kinds: Vec<&str> = RING_TARGETS.iter().map(|k| k.name()).collect();
            (
                format!("a {} cannot be rung", kind.name()),
                format!("write `transfer to {} ..`; `ring` is for {}", kind.name(), one_of(&kinds)),
            )
        }
        _ => return None,
    };
    let span = if purpose == Purpose::Ask { target.span } else { target.kind.span };
    Some(Diagnostic::error("type-mismatch", span, message).help(help))
}

/// `sip:user@host`, without blanks and what could be a header.
fn is_sip_address(text: &str) -> bool {
    let rest = text.strip_prefix("sip:").or_else(|| text.strip_prefix("sips:"));
    let hostile = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '?' | ',');
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(hostile))
}
