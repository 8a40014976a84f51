//! Names that stand bare in a flow: what the site file declares for its flows, such as opening
//! hours and queues, and what is made by its use, such as a mailbox.

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Edit, Fix};
use crate::expr::Read;
use crate::resolve::Symbols;
use crate::site::table::Column;
use crate::step::Name;
use crate::step::args::Operand;
use crate::step::decl::{Decl, Named, Subject};
use crate::syntax::ast::{self, ValueKind};

use super::flow::Checker;

/// What the site declares of a kind; `None` where any name is right, because such a thing is made
/// by its use or a site cannot declare it yet.
fn declared(symbols: &Symbols<'_>, kind: Named) -> Option<Vec<Name>> {
    let declared = &symbols.site.declared;
    match kind {
        Named::Credentials => Some(declared.credentials.keys().cloned().collect()),
        Named::Group => Some(declared.groups.keys().cloned().collect()),
        Named::Hours => Some(declared.hours.keys().cloned().collect()),
        Named::Queue => Some(symbols.site.queues.keys().cloned().collect()),
        Named::Rota => Some(declared.rotas.keys().cloned().collect()),
        Named::Table => Some(declared.tables.keys().cloned().collect()),
        Named::Mailbox | Named::Slot | Named::Room | Named::Channel | Named::Device => None,
    }
}

impl Checker<'_> {
    /// The columns of the row that an arm of `lookup` binds.
    pub(super) fn row_columns(&self, decl: &'static Decl, action: &ast::Action) -> Option<Arc<[Column]>> {
        let (Subject::Named(Named::Table), ast::Subject::Value(value)) = (decl.subject, &action.subject) else {
            return None;
        };
        let ValueKind::Name(name) = &value.value else { return None };
        self.symbols.site.declared.tables.get(name.as_str()).map(|table| Arc::clone(&table.columns))
    }

    /// Whether an expression reads a row of a table.
    pub(super) fn reads_row(&self, operand: &Operand) -> bool {
        let Operand::Expr(expr) = operand else { return false };
        expr.reads().iter().any(|read| matches!(read, Read::Slot(slot) if self.scope.columns(*slot).is_some()))
    }

    /// A bare name of this kind, which exists where the site declares such names.
    pub(super) fn site_name(&mut self, kind: Named, value: &ast::Value) -> Option<Name> {
        let rule = if kind == Named::Queue { "unknown-target" } else { "unknown-name" };
        self.known_name(rule, kind.word(), kind.key(), value, declared(self.symbols, kind))
    }

    /// A user's name.
    pub(super) fn user(&mut self, value: &ast::Value) -> Option<Name> {
        let users = self.symbols.site.users.keys().cloned().collect();
        self.known_name("unknown-target", "user", Some("users"), value, Some(users))
    }

    fn known_name(
        &mut self,
        rule: &'static str,
        word: &str,
        key: Option<&str>,
        value: &ast::Value,
        known: Option<Vec<Name>>,
    ) -> Option<Name> {
        let ValueKind::Name(written) = &value.value else {
            self.report_unnamed(word, key, value, known.as_deref());
            return None;
        };
        let Some(names) = known else { return Some(Arc::from(written.as_str())) };
        let found = names.iter().find(|n| n.as_ref() == written.as_str()).cloned();
        if found.is_none() {
            let name = ast::Name::new(written.clone(), value.span);
            let found = crate::resolve::unknown(rule, word, &name, names.iter().map(AsRef::as_ref));
            self.report(match key {
                Some(key) if names.is_empty() => found.help(format!("declare it in the site file, under `{key}:`")),
                _ => found,
            });
        }
        found
    }

    /// `known` are the names that there are, if that is known.
    fn report_unnamed(&mut self, word: &str, key: Option<&str>, value: &ast::Value, known: Option<&[Name]>) {
        let literal = match &value.value {
            ValueKind::Text(text) => text.as_literal(),
            _ => None,
        };
        let message = if word.ends_with('s') {
            format!("{word} are written by name, without quotes or parentheses")
        } else {
            format!("a {word} is written by name, without quotes or parentheses")
        };
        let found = Diagnostic::error("type-mismatch", value.span, message);
        self.report(match (literal, key) {
            (Some(name), _) if is_name(name) => {
                let title = "remove the quotes".to_owned();
                let edits = vec![Edit { span: value.span, text: name.to_owned() }];
                // Where there is nothing of that name, one mistake would be made another.
                let safe = known.is_none_or(|names| names.iter().any(|known| known.as_ref() == name));
                found.help(format!("write `{name}`")).fix(Fix { title, edits, safe })
            }
            (None, None) => found
                .help(format!("which {word} it is must be known before a call comes in; use `switch` to choose one")),
            (_, Some(key)) => found.help(format!(
                "write one of the names under `{key}:` in the site file; use `switch` to choose one by the call"
            )),
            _ => found.help("write a name of letters, digits and `_`"),
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
                ValueKind::Name(name) => Some(self.skill(name, item)),
                ValueKind::Text(text) if text.as_literal().is_some() => {
                    text.as_literal().map(|name| self.skill(name, item))
                }
                _ => {
                    self.report_kind(what, "names such as `[a, b]`", item);
                    None
                }
            })
            .collect();
        each.into_iter().collect()
    }
}

impl Checker<'_> {
    /// A skill; one that nobody has would have every caller leave the queue.
    fn skill(&mut self, name: &str, place: &ast::Value) -> Name {
        let known = self.symbols.site.skills();
        if !known.contains(name) {
            let written = ast::Name::new(name.to_owned(), place.span);
            let found = crate::resolve::unknown("unknown-name", "skill", &written, known.iter().map(AsRef::as_ref));
            let give = format!("give it to a user in the site file: `skills: [{name}]`");
            self.report(if known.is_empty() { found.help(give) } else { found });
        }
        Name::from(name)
    }
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
