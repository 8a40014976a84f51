//! The names of a whole site: flows, constants, users, queues, policies, prompts, extensions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::diagnostic::{Absent, Diagnostic, Edit, Fix};
use crate::base::span::Span;
use crate::base::suggest::closest;
use crate::base::value::{Type, Value};
use crate::expr::Compiler;
use crate::site::model::{Fallback, Site};
use crate::step::Name;
use crate::syntax::ast;

use super::library::{self, library_of};

/// A parameter of a flow, as callers of the flow see it.
#[derive(Clone, Debug)]
pub struct ParamSignature {
    pub name: Name,
    pub ty: Option<Type>,
    pub has_default: bool,
}

/// One declared outcome of a subflow.
#[derive(Clone, Debug)]
pub struct ResultSignature {
    pub name: Name,
    /// Whether it carries a value.
    pub carries: bool,
    /// The value's type, where it could be read.
    pub ty: Option<Type>,
    pub span: Span,
}

/// What other flows know of a flow.
#[derive(Clone, Debug)]
pub struct Signature {
    pub params: Vec<ParamSignature>,
    /// A subflow: it is run, never gone to.
    pub is_subflow: bool,
    /// What a subflow can end in; empty for a flow.
    pub results: Vec<ResultSignature>,
    /// The place of its name.
    pub span: Span,
}

/// A value with a name that the whole site sees.
#[derive(Clone, Debug)]
pub struct Constant {
    pub value: Value,
    /// The place of its name.
    pub span: Span,
    /// The place of its value.
    pub written: Span,
}

/// Everything a flow may name besides its own steps and variables.
pub struct Symbols<'a> {
    pub site: &'a Site,
    /// The ids of the site's policies.
    pub policies: &'a BTreeSet<Name>,
    pub flows: BTreeMap<Name, Signature>,
    /// Filled in by `check` once the values are read.
    pub constants: BTreeMap<Name, Constant>,
    pub compiler: Compiler,
    /// Every extension of the site, in order.
    pub extensions: Arc<[Arc<str>]>,
}

/// Gathers the names of a site; reports flows of the same name, and flows that the site file names and that are not there.
pub fn symbols<'a>(
    site: &'a Site,
    policies: &'a BTreeSet<Name>,
    files: &[ast::File],
    found: &mut Vec<Diagnostic>,
) -> Symbols<'a> {
    let mut flows: BTreeMap<Name, Signature> = BTreeMap::new();
    for flow in files.iter().flat_map(|f| &f.items).filter_map(as_flow) {
        let name: Name = Arc::from(flow.name.value.as_str());
        if let Some(first) = flows.get(&name) {
            found.push(duplicate("flow", &name, flow.name.span, first.span));
            continue;
        }
        flows.insert(name, signature(flow));
    }
    let users = site.users.values().filter_map(|u| u.extension.clone());
    let queues = site.queues.values().filter_map(|q| q.extension.clone());
    let extensions: BTreeSet<Arc<str>> = users.chain(queues).collect();
    let symbols = Symbols {
        site,
        policies,
        flows,
        constants: BTreeMap::new(),
        compiler: Compiler::new(),
        extensions: extensions.into_iter().collect(),
    };
    library::check_names(site, found);
    symbols.check_numbers(found);
    symbols
}

fn as_flow(item: &ast::Item) -> Option<&ast::Flow> {
    match item {
        ast::Item::Flow(flow) => Some(flow),
        ast::Item::Constant(_) => None,
    }
}

fn signature(flow: &ast::Flow) -> Signature {
    let params = flow.params.iter().map(|p| ParamSignature {
        name: Arc::from(p.name.value.as_str()),
        ty: Type::from_name(&p.type_name.value),
        has_default: p.default.is_some(),
    });
    Signature {
        params: params.collect(),
        is_subflow: flow.results.is_some(),
        results: results(flow),
        span: flow.name.span,
    }
}

/// The outcomes that a subflow declares, in the order of the source.
pub fn results(flow: &ast::Flow) -> Vec<ResultSignature> {
    let results = flow.results.iter().flatten().map(|r| ResultSignature {
        name: Arc::from(r.name.value.as_str()),
        carries: r.value.is_some(),
        ty: r.value.as_ref().and_then(|(_, ty)| Type::from_name(&ty.value)),
        span: r.name.span,
    });
    results.collect()
}

/// Two things of one kind with one name: shows both.
pub fn duplicate(kind: &str, name: &str, second: Span, first: Span) -> Diagnostic {
    let found = Diagnostic::error("duplicate-name", second, format!("there are two {kind}s named `{name}`"))
        .label("named again here")
        .help(format!("rename one of the two {kind}s"));
    if first.file == second.file {
        found.also(first, "first named here")
    } else {
        found.help(format!("the other is in another file; rename one of the two {kind}s"))
    }
}

/// Nothing of this kind has this name; `rule` is `unknown-target` where control would go there.
pub fn unknown<'n>(
    rule: &'static str,
    kind: &str,
    name: &ast::Name,
    known: impl IntoIterator<Item = &'n str>,
) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    let Some(near) = closest(&name.value, known.iter().copied()) else {
        let message = format!("no {kind} `{}`", name.value);
        return Diagnostic::error(rule, name.span, message).help(listed(kind, &known));
    };
    let message = format!("no {kind} `{}`; did you mean `{near}`?", name.value);
    let edits = vec![Edit { span: name.span, text: near.to_owned() }];
    Diagnostic::error(rule, name.span, message)
        .label(format!("no such {kind}"))
        .help(format!("write `{near}`"))
        .fix(Fix { title: format!("write `{near}`"), edits, safe: false })
}

/// Names shown before the rest is only counted.
const NAMES_SHOWN: usize = 8;

fn listed(kind: &str, known: &[&str]) -> String {
    if known.is_empty() && kind == "flow" {
        return "no file below `flows/` holds a flow yet: write `flow main { .. }` into `flows/main.flow`".to_owned();
    }
    if known.is_empty() {
        return format!("there is no {kind} yet: define one");
    }
    let shown: Vec<String> = known.iter().take(NAMES_SHOWN).map(|n| format!("`{n}`")).collect();
    let rest = known.len().saturating_sub(NAMES_SHOWN);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("known here: {}{more}", shown.join(", "))
}

impl Symbols<'_> {
    /// Every flow that the site file names.
    fn check_numbers(&self, found: &mut Vec<Diagnostic>) {
        let plan = &self.site.numbers;
        for (number, entry) in plan.exact.iter().chain(&plan.prefixes) {
            let what = || (format!("number `{number}`"), "a number is bound to a flow");
            self.check_entry(&entry.flow, entry.span, &what, found);
        }
        let transfers = &self.site.transfers;
        if let Fallback::Flow(flow) = &transfers.fallback {
            let what = || ("the fallback of transfers".to_owned(), "a fallback is a flow");
            self.check_entry(flow, transfers.fallback_place, &what, found);
        }
    }

    /// A flow that calls begin with: it is there, and can begin by itself.
    fn check_entry(
        &self,
        name: &Name,
        span: Span,
        what: &dyn Fn() -> (String, &'static str),
        found: &mut Vec<Diagnostic>,
    ) {
        let Some(flow) = self.flows.get(name) else {
            let name = ast::Name::new(name.to_string(), span);
            found.push(unknown("unknown-target", "flow", &name, self.flow_names()).absent(Absent::Flow));
            return;
        };
        let missing = flow.params.iter().find(|p| !p.has_default);
        if flow.is_subflow {
            let message = format!("`{name}` is a subflow; {}", what().1);
            found.push(Diagnostic::error("type-mismatch", span, message));
        } else if let Some(param) = missing {
            let message = format!("{} starts flow `{name}`, whose parameter `{}` has no default", what().0, param.name);
            let help = format!("give `{}` a default in the flow", param.name);
            found.push(Diagnostic::error("subflow-arity", span, message).help(help));
        }
    }

    /// The flow or subflow that a name means in a flow: one of its own library first.
    pub fn flow(&self, name: &str, within: &str) -> Option<(&Name, &Signature)> {
        let own = library_of(within).and_then(|library| self.flows.get_key_value(&*format!("{library}.{name}")));
        own.or_else(|| self.flows.get_key_value(name))
    }

    /// The constant of the site's files that a name means in a flow: one of its own library first.
    pub fn constant(&self, name: &str, within: &str) -> Option<&Constant> {
        let own = library_of(within).and_then(|library| self.constants.get(&*format!("{library}.{name}")));
        own.or_else(|| self.constants.get(name))
    }

    /// The subflows that can be run.
    pub fn subflow_names(&self) -> impl Iterator<Item = &str> {
        self.flows.iter().filter(|(_, f)| f.is_subflow).map(|(name, _)| name.as_ref())
    }

    /// The flows that an arrow can go to.
    pub fn flow_names(&self) -> impl Iterator<Item = &str> {
        self.flows.iter().filter(|(_, f)| !f.is_subflow).map(|(name, _)| name.as_ref())
    }

    /// Whether a number that a flow names stays inside the site.
    pub fn is_inside(&self, number: &str) -> bool {
        self.site.numbers.flow(number).is_some() || self.extensions.iter().any(|e| e.as_ref() == number)
    }
}
