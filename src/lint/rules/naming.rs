//! `naming`: names are written in `snake_case`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::base::span::Span;
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::lint::source::Written;
use crate::syntax::ast::{self, GotoTarget, Header};

pub const RULE: Rule = Rule {
    name: "naming",
    group: Group::Style,
    what: "Flows, steps and variables are named in `snake_case`.",
    why: "One way of writing makes names easy to remember and to search for.",
    remedy: "Write small letters, with `_` between words; the fix does it for steps.",
    good: example!("naming", "good"),
    bad: example!("naming", "bad"),
    found: Found::OnSource(search),
};

fn search(_: &Context<'_>, written: &Written<'_>, found: &mut Vec<Diagnostic>) {
    let flow = written.flow;
    let kind = if flow.results.is_some() { "subflow" } else { "flow" };
    report(kind, &flow.name, found);
    for param in &flow.params {
        report("parameter", &param.name, found);
    }
    for header in &flow.header {
        match header {
            Header::Constant(constant) => report("constant", &constant.name, found),
            Header::Variable { name, .. } => report("variable", name, found),
            _ => {}
        }
    }
    let wrong: Vec<&ast::Name> = flow.steps.iter().map(|s| &s.name).filter(|n| !is_snake(&n.value)).collect();
    if wrong.is_empty() {
        return;
    }
    let mut uses: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for goto in written.arrows() {
        if let GotoTarget::Step(step) = &goto.target {
            uses.entry(&step.value).or_default().push(step.span);
        }
    }
    let names: BTreeSet<&str> = flow.steps.iter().map(|s| s.name.value.as_str()).collect();
    for name in wrong {
        let better = snake(&name.value);
        report("step", name, found);
        // A name that another step has already would be one name for two.
        if names.contains(better.as_str()) {
            continue;
        }
        let uses = uses.get(name.value.as_str()).into_iter().flatten().copied();
        let mut edits: Vec<Edit> =
            [name.span].into_iter().chain(uses).map(|span| Edit { span, text: better.clone() }).collect();
        edits.sort_by_key(|e| e.span);
        if let Some(diagnostic) = found.pop() {
            let title = format!("rename the step to `{better}`");
            found.push(diagnostic.fix(Fix { title, edits, safe: true }));
        }
    }
}

fn report(kind: &str, name: &ast::Name, found: &mut Vec<Diagnostic>) {
    if is_snake(&name.value) {
        return;
    }
    let message = format!("{kind} `{}` is not named in `snake_case`", name.value);
    found.push(
        Diagnostic::new(RULE.name, Severity::Info, name.span, message)
            .help(format!("name it `{}`", snake(&name.value))),
    );
}

fn is_snake(name: &str) -> bool {
    !name.chars().any(|c| c.is_ascii_uppercase())
}

/// `lookUpCustomer` as `look_up_customer`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut small = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && small {
            out.push('_');
        }
        small = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(c.to_ascii_lowercase());
    }
    out
}
