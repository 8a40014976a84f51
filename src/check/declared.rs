//! Names of what the site file declares for its flows: opening hours, tables.

use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::expr::Read;
use crate::resolve::Symbols;
use crate::site::table::Column;
use crate::step::Name;
use crate::step::args::Operand;
use crate::step::decl::{Decl, Named, Subject};
use crate::syntax::ast::{self, ValueKind};

use super::flow::Checker;

fn declared(symbols: &Symbols<'_>, kind: Named) -> Vec<Name> {
    let declared = &symbols.site.declared;
    match kind {
        Named::Credentials => declared.credentials.keys().cloned().collect(),
        Named::Hours => declared.hours.keys().cloned().collect(),
        Named::Rota => declared.rotas.keys().cloned().collect(),
        Named::Group => declared.groups.keys().cloned().collect(),
        Named::Table => declared.tables.keys().cloned().collect(),
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

    /// A bare name of this kind that the site file declares.
    pub(super) fn site_name(&mut self, kind: Named, value: &ast::Value) -> Option<Name> {
        let ValueKind::Name(written) = &value.value else {
            let message = format!("the name of {} is written without quotes or parentheses", kind.phrase());
            let help = format!("write one of the names under `{}:` in the site file", kind.key());
            self.report(Diagnostic::error("type-mismatch", value.span, message).help(help));
            return None;
        };
        let names = declared(self.symbols, kind);
        let found = names.iter().find(|name| name.as_ref() == written.as_str()).cloned();
        if found.is_none() {
            let name = ast::Name::new(written.clone(), value.span);
            let found = crate::resolve::unknown("unknown-name", kind.word(), &name, names.iter().map(AsRef::as_ref));
            let help = format!("declare it in the site file, under `{}:`", kind.key());
            self.report(if names.is_empty() { found.help(help) } else { found });
        }
        found
    }
}
