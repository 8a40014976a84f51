//! Libraries: flows of a folder whose names begin with the library's, as `bank.verify_pin`.
//!
//! Only names of definitions change here. What a flow of a library names is looked up in the
//! library first ([`super::Symbols::flow`], [`super::Symbols::constant`]).

use crate::base::diagnostic::Diagnostic;
use crate::expr::names;
use crate::site::model::Site;
use crate::syntax::ast;

/// `bank` of `bank.verify_pin`: the library that a name belongs to.
pub fn library_of(name: &str) -> Option<&str> {
    name.split_once('.').map(|(library, _)| library)
}

/// Gives what a file of a library defines the library's name.
pub fn qualify(file: &mut ast::File, library: &str) {
    for item in &mut file.items {
        let name = match item {
            ast::Item::Flow(flow) => &mut flow.name,
            ast::Item::Constant(constant) => &mut constant.name,
        };
        name.value = format!("{library}.{}", name.value);
    }
}

/// Reports libraries whose name an expression reads as something else.
pub(super) fn check_names(site: &Site, found: &mut Vec<Diagnostic>) {
    for (name, library) in &site.libraries {
        if names::root(name).is_some() {
            let message = format!("`{name}` cannot be the name of a library: in expressions it is built in");
            let help = format!("rename it, for example `{name}_library`");
            found.push(Diagnostic::error("reserved-name", library.span, message).help(help));
        }
    }
}
