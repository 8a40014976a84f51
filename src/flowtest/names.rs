//! Whether a script names things that the site has: a test that waits for a prompt with a slip in
//! its name would only say that it was never heard.

use super::runner::Failure;
use super::script::{Script, StepKind};
use crate::base::span::Span;
use crate::base::suggest::did_you_mean;
use crate::exchange::Plan;
use crate::sim::services::About;

/// The first name that the site does not have.
pub fn unknown(plan: &Plan, script: &Script) -> Option<Failure> {
    let site = &plan.site;
    let users: Vec<&str> = site.users.keys().map(AsRef::as_ref).collect();
    let queues: Vec<&str> = site.queues.keys().map(AsRef::as_ref).collect();
    let mut prompts: Vec<&str> = site.prompts.keys().map(AsRef::as_ref).collect();
    prompts.extend(["music", "ringback"]);
    if let Some(user) = script.call.by.as_deref()
        && !users.contains(&user)
    {
        return Some(missing("user", user, &users, script.call.to.span));
    }
    if let Some(user) = script.registered.iter().flatten().find(|u| !users.contains(&&***u)) {
        return Some(missing("user", user, &users, script.name.span));
    }
    let steps: Vec<&str> = plan.flows.values().flat_map(|f| &f.steps).map(|s| s.name.as_ref()).collect();
    let stray = script.mocks.iter().find_map(|mock| match &mock.value.about {
        About::Step(step) if !steps.contains(&step.as_ref()) => Some(missing("step", step, &steps, mock.span)),
        _ => None,
    });
    if stray.is_some() {
        return stray;
    }
    script.steps.iter().find_map(|step| match &step.kind {
        StepKind::Hears(name) if !prompts.contains(&name.as_str()) => {
            Some(missing("prompt", name, &prompts, step.span))
        }
        StepKind::InQueue(name) if !queues.contains(&name.as_str()) => Some(missing("queue", name, &queues, step.span)),
        // What is no user may be any number outside.
        StepKind::TalksTo(name) if !users.contains(&name.as_str()) && !is_number(name) => {
            Some(missing("user", name, &users, step.span))
        }
        _ => None,
    })
}

fn missing(kind: &str, name: &str, known: &[&str], span: Span) -> Failure {
    let hint = did_you_mean(name, known.iter().copied());
    Failure { span, message: format!("the site has no {kind} `{name}`{hint}") }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '+' || c.is_ascii_digit())
}
