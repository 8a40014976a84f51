//! `duplicate-subtree`: no two steps do the same.

use std::collections::BTreeMap;

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::lint::shape;
use crate::lint::source::{self, Written};
use crate::syntax::ast;

pub const RULE: Rule = Rule {
    name: "duplicate-subtree",
    group: Group::Style,
    what: "No two steps do the same and lead to what does the same.",
    why: "What is written twice is changed once.",
    remedy: "Keep one of the steps and go there from both places.",
    good: example!("duplicate-subtree", "good"),
    bad: example!("duplicate-subtree", "bad"),
    found: Found::OnSource(search),
};

/// Statements and arms of a step that is worth writing once; `step bye { hangup }` is not.
const LEAST: usize = 3;
/// How far apart what makes two steps differ may be, in steps.
const ROUNDS: usize = 8;

/// Steps are alike if they are written alike and their arrows lead to steps that are alike: each
/// round looks one step further.
fn search(_: &Context<'_>, written: &Written<'_>, found: &mut Vec<Diagnostic>) {
    let flow = written.flow;
    let mut same_as: BTreeMap<&str, &str> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let mut first: BTreeMap<u128, &str> = BTreeMap::new();
        let mut now: BTreeMap<&str, &str> = BTreeMap::new();
        for (step, statements) in written.steps() {
            let name = step.name.value.as_str();
            let shape = shape::of(step, statements, &same_as);
            let one = *first.entry(shape).or_insert(name);
            if one != name {
                now.insert(name, one);
            }
        }
        if now.len() == same_as.len() {
            break;
        }
        same_as = now;
    }
    if same_as.is_empty() {
        return;
    }
    let places: BTreeMap<&str, &ast::Step> = flow.steps.iter().map(|s| (s.name.value.as_str(), s)).collect();
    for (step, _) in written.steps().filter(|(_, statements)| source::size(statements) >= LEAST) {
        let Some(one) = same_as.get(step.name.value.as_str()) else { continue };
        let message = format!("step `{}` does the same as step `{one}`", step.name.value);
        let mut diagnostic = Diagnostic::new(RULE.name, Severity::Info, step.name.span, message)
            .label("the same again")
            .help(format!("go to `{one}` instead, and remove this step"));
        if let Some(other) = places.get(one) {
            diagnostic = diagnostic.also(other.name.span, "first written here");
        }
        found.push(diagnostic);
    }
}
