//! `step-budget`: a flow has fewer than 200 steps.

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::lint::source::{self, Written};

pub const RULE: Rule = Rule {
    name: "step-budget",
    group: Group::Style,
    what: "A flow has at most 200 steps.",
    why: "Nobody keeps more in mind, and no picture of it can be read.",
    remedy: "Move what belongs together into a flow of its own.",
    good: example!("step-budget", "good"),
    bad: example!("step-budget", "bad"),
    found: Found::OnSource(search),
};

const MOST: usize = 200;

fn search(_: &Context<'_>, written: &Written<'_>, found: &mut Vec<Diagnostic>) {
    let flow = written.flow;
    let count = flow.steps.len();
    if count > MOST {
        let message = format!("flow `{}` has {count} steps", flow.name.value);
        found.push(
            Diagnostic::new(RULE.name, Severity::Info, source::place(flow), message)
                .label(format!("more than {MOST}"))
                .help("move steps that belong together into a flow of their own and go there with `-> flow NAME`"),
        );
    }
}
