//! `unused-variable`: every variable, parameter and constant is used.

use std::collections::BTreeSet;

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, Whole, example};
use crate::lint::source::{self, Written};
use crate::syntax::ast::{self, Header};

pub const RULE: Rule = Rule {
    name: "unused-variable",
    group: Group::Style,
    what: "Every variable, parameter and constant is used.",
    why: "What is never read is left over, or was meant to be used.",
    remedy: "Remove it, or use it; a name that begins with `_` says that it is meant to be unused.",
    good: example!("unused-variable", "good"),
    bad: example!("unused-variable", "bad"),
    found: Found::OnSite(search),
};

fn search(_: &Context<'_>, whole: &Whole<'_>, found: &mut Vec<Diagnostic>) {
    let mut anywhere: BTreeSet<&str> = BTreeSet::new();
    for written in whole.written {
        let (flow, used) = (written.flow, words(written));
        for param in flow.params.iter().filter(|p| !used.contains(p.name.value.as_str())) {
            report("parameter", &param.name, "is never used", found);
        }
        for header in &flow.header {
            match header {
                Header::Constant(c) if !used.contains(c.name.value.as_str()) => {
                    report("constant", &c.name, "is never used", found);
                }
                Header::Variable { name, .. } if !used.contains(name.value.as_str()) => {
                    report("variable", name, "is never read", found);
                }
                _ => {}
            }
        }
        anywhere.extend(used);
    }
    let constants: Vec<&ast::Constant> = whole.files.iter().flat_map(|f| &f.items).filter_map(constant).collect();
    anywhere.extend(constants.iter().flat_map(|c| source::items(&c.value)).flat_map(code_words));
    // What a library defines, other sites and flows to come may use.
    let own = constants.iter().filter(|c| !c.name.value.contains('.'));
    for constant in own.filter(|c| !anywhere.contains(c.name.value.as_str())) {
        report("constant", &constant.name, "is never used", found);
    }
}

fn constant(item: &ast::Item) -> Option<&ast::Constant> {
    match item {
        ast::Item::Constant(constant) => Some(constant),
        ast::Item::Flow(_) => None,
    }
}

/// Every word in the code of a flow: what may be the use of a name.
fn words<'a>(written: &Written<'a>) -> BTreeSet<&'a str> {
    let constants = written.flow.header.iter().filter_map(|h| match h {
        Header::Constant(constant) => Some(&constant.value),
        _ => None,
    });
    let of_constants = constants.flat_map(source::items);
    written.values.iter().copied().chain(of_constants).flat_map(code_words).collect()
}

fn code_words(value: &ast::Value) -> impl Iterator<Item = &str> {
    let parts = source::code(value).into_iter();
    parts.flat_map(|code| code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
}

/// The name of what belongs to a library without the library's.
fn own_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn report(kind: &str, name: &ast::Name, what: &str, found: &mut Vec<Diagnostic>) {
    let own = own_name(&name.value);
    if own.starts_with('_') {
        return;
    }
    found.push(
        Diagnostic::new(RULE.name, Severity::Info, name.span, format!("{kind} `{}` {what}", name.value))
            .help(format!("remove it, or name it `_{own}` if it is meant to be unused")),
    );
}
