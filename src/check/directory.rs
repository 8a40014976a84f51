//! Names that stand bare in a flow: of queues, mailboxes, stores, rooms, and what else a site has.

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Edit, Fix};
use crate::resolve::Symbols;
use crate::step::Name;
use crate::step::decl::Named;
use crate::syntax::ast::{self, ValueKind};

use super::flow::Checker;

/// What a site declares of a kind; `None` where it declares none of it and any name is right: a
/// mailbox, a slot, a room and a channel are made by their use.
fn declared(symbols: &Symbols<'_>, kind: Named) -> Option<Vec<Name>> {
    match kind {
        Named::Queue => Some(symbols.site.queues.keys().cloned().collect()),
        Named::Mailbox | Named::Slot | Named::Room | Named::Channel => None,
        // A site cannot declare these yet.
        Named::Credentials | Named::Hours | Named::Rota | Named::Group | Named::Device => None,
    }
}

impl Checker<'_> {
    /// A name of this kind, which exists where the site declares such names.
    pub(super) fn named(&mut self, kind: Named, value: &ast::Value) -> Option<Name> {
        self.known_name(kind.word(), value, declared(self.symbols, kind))
    }

    /// A user's name.
    pub(super) fn user(&mut self, value: &ast::Value) -> Option<Name> {
        let users = self.symbols.site.users.keys().cloned().collect();
        self.known_name("user", value, Some(users))
    }

    fn known_name(&mut self, kind: &str, value: &ast::Value, known: Option<Vec<Name>>) -> Option<Name> {
        let ValueKind::Name(written) = &value.value else {
            self.report_unnamed(kind, value);
            return None;
        };
        let Some(names) = known else { return Some(Arc::from(written.as_str())) };
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
        found
    }

    fn report_unnamed(&mut self, kind: &str, value: &ast::Value) {
        let literal = match &value.value {
            ValueKind::Text(text) => text.as_literal(),
            _ => None,
        };
        let message = format!("a {kind} is written by name, without quotes or parentheses");
        let found = Diagnostic::error("type-mismatch", value.span, message);
        self.report(match literal {
            Some(name) if is_name(name) => found.help(format!("write `{name}`")).fix(Fix {
                title: "remove the quotes".to_owned(),
                edits: vec![Edit { span: value.span, text: name.to_owned() }],
                safe: true,
            }),
            _ => found
                .help(format!("which {kind} it is must be known before a call comes in; use `switch` to choose one")),
        });
    }

    /// A list of names or texts, or of users.
    pub(super) fn names(&mut self, value: &ast::Value, what: &str, are_users: bool) -> Option<Vec<Name>> {
        let ValueKind::List(items) = &value.value else {
            self.report_kind(what, "a list such as `[a, b]`", value);
            return None;
        };
        let each: Vec<Option<Name>> = items
            .iter()
            .map(|item| match &item.value {
                _ if are_users => self.user(item),
                ValueKind::Name(name) => Some(Arc::from(name.as_str())),
                ValueKind::Text(text) if text.as_literal().is_some() => text.as_literal().map(Arc::from),
                _ => {
                    self.report_kind(what, "names such as `[a, b]`", item);
                    None
                }
            })
            .collect();
        each.into_iter().collect()
    }
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
