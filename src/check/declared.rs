//! Names of what the site file declares for its flows: opening hours, tables.

use crate::base::diagnostic::Diagnostic;
use crate::resolve::Symbols;
use crate::step::Name;
use crate::step::decl::Named;
use crate::syntax::ast::{self, ValueKind};

use super::flow::Checker;

fn declared(symbols: &Symbols<'_>, kind: Named) -> Vec<Name> {
    let declared = &symbols.site.declared;
    match kind {
        Named::Hours => declared.hours.keys().cloned().collect(),
    }
}

impl Checker<'_> {
    /// A bare name of this kind that the site file declares.
    pub(super) fn site_name(&mut self, kind: Named, value: &ast::Value) -> Option<Name> {
        let ValueKind::Name(written) = &value.value else {
            let message = format!("{} are written by name, without quotes or parentheses", kind.word());
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
