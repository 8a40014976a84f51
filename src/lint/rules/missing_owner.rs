//! `missing-owner`: a flow says what it is for and whose it is.

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::lint::source::{self, Written};
use crate::syntax::ast;

pub const RULE: Rule = Rule {
    name: "missing-owner",
    group: Group::Style,
    what: "A flow says what it is for and whose it is.",
    why: "Somebody has to be asked before it is changed, and when it does what nobody expected.",
    remedy: "Write `/// what it is for` above the flow, and `owner \"team\"` in its header.",
    good: example!("missing-owner", "good"),
    bad: example!("missing-owner", "bad"),
    found: Found::OnSource(search),
};

fn search(_: &Context<'_>, written: &Written<'_>, found: &mut Vec<Diagnostic>) {
    let flow = written.flow;
    let is_owner = |h: &ast::Header| matches!(h, ast::Header::Setting(s) if s.key.value == "owner");
    // A subflow belongs to whoever runs it.
    let has_owner = flow.results.is_some() || flow.header.iter().any(is_owner);
    let has_doc = flow.doc.as_deref().is_some_and(|d| !d.trim().is_empty());
    let name = &flow.name.value;
    let (message, help) = match (has_owner, has_doc) {
        (true, true) => return,
        (false, true) => (format!("flow `{name}` has no owner"), "write `owner \"team\"` in its header"),
        (true, false) => (format!("flow `{name}` does not say what it is for"), "write a line `/// ..` above it"),
        (false, false) => (
            format!("flow `{name}` says neither what it is for nor whose it is"),
            "write a line `/// ..` above it, and `owner \"team\"` in its header",
        ),
    };
    found.push(Diagnostic::new(RULE.name, Severity::Info, source::place(flow), message).help(help));
}
