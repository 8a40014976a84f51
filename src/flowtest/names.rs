//! Whether a script names things that the site has: a test that waits for a prompt with a slip in
//! its name would only say that it was never heard, and one that says how nobody's phone behaves
//! would pass for the wrong reason.

use std::collections::BTreeSet;

use super::pins;
use super::runner::Failure;
use super::script::{Script, Sound, StepKind};
use crate::base::span::{Span, Spanned};
use crate::base::suggest::did_you_mean;
use crate::base::value::Value;
use crate::exchange::Plan;
use crate::graph::{Act, Op};
use crate::policy::DialTarget;
use crate::sim::services::{About, Mock};
use crate::step::args::{Arg, Args, Operand, SubjectArg, TargetArg, TargetValue};
use crate::step::served;

/// The first name that the site does not have.
pub fn unknown(plan: &Plan, script: &Script) -> Option<Failure> {
    let site = &plan.site;
    let users: Vec<&str> = site.users.keys().map(AsRef::as_ref).collect();
    let queues: Vec<&str> = site.queues.keys().map(AsRef::as_ref).collect();
    let mut prompts: Vec<&str> = site.prompts.keys().map(AsRef::as_ref).collect();
    prompts.extend(["music", "ringback"]);
    if let Some(user) = script.call.by.as_ref()
        && !users.contains(&user.value.as_ref())
    {
        return Some(missing("user", &user.value, &users, user.span));
    }
    if let Some(user) = script.registered.iter().flatten().find(|u| !users.contains(&u.value.as_ref())) {
        return Some(missing("user", &user.value, &users, user.span));
    }
    let called = script.far_ends.iter().map(|(who, _)| who).chain(&script.never);
    if let Some(failure) = called.into_iter().find_map(|who| never_called(plan, &users, who)) {
        return Some(failure);
    }
    if let Some(failure) = script.mocks.iter().find_map(|mock| never_asked(plan, mock)) {
        return Some(failure);
    }
    if let Some(failure) = script.pins.iter().find_map(|pin| pins::unknown(plan, pin)) {
        return Some(failure);
    }
    let stores: Vec<&str> = site.declared.credentials.keys().map(AsRef::as_ref).collect();
    if let Some((store, _)) = script.credentials.iter().find(|(name, _)| !stores.contains(&name.value.as_str())) {
        return Some(missing("credential store", &store.value, &stores, store.span));
    }
    if let Some(failure) = unknown_skill(plan, &users, script) {
        return Some(failure);
    }
    script.steps.iter().find_map(|step| match &step.kind {
        StepKind::Hears { sound: Sound::Named(name), .. } if !prompts.contains(&name.as_str()) => {
            Some(missing("prompt", name, &prompts, step.span))
        }
        StepKind::Hears { sound: Sound::Named(name), language: Some(language) } => {
            let spoken: Vec<&str> = site.prompts.get(name.as_str())?.keys().map(AsRef::as_ref).collect();
            let hint = did_you_mean(language, spoken.iter().copied());
            let message = || format!("prompt `{name}` has no recording in `{language}`{hint}");
            (!spoken.contains(&language.as_str())).then(|| Failure::new(step.span, message()))
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
    Failure::new(span, format!("the site has no {kind} `{name}`{hint}"))
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '+' || c.is_ascii_digit())
}

/// An agent that the site does not have, or a skill that no queue asks for.
fn unknown_skill(plan: &Plan, users: &[&str], script: &Script) -> Option<Failure> {
    let asked = skills_asked(plan);
    script.skills.iter().find_map(|(agent, skills)| {
        if !users.contains(&agent.value.as_ref()) {
            return Some(missing("user", &agent.value, users, agent.span));
        }
        let stray = skills.iter().find(|skill| !asked.contains(skill.value.as_ref()))?;
        let hint = did_you_mean(&stray.value, asked.iter().map(String::as_str));
        let message = format!("no flow of the site asks for the skill `{}`{hint}", stray.value);
        Some(Failure::new(stray.span, message).help("take it out of `skills`"))
    })
}

/// Skills that flows want of an agent.
fn skills_asked(plan: &Plan) -> BTreeSet<String> {
    let acts = plan.flows.values().flat_map(|graph| graph.nodes.iter()).filter_map(|op| match op {
        Op::Act(act) => Some(act),
        _ => None,
    });
    let listed = acts.filter_map(|act| match act.args.setting(act.decl, "skills") {
        Some(Arg::Value(Operand::Const(Value::List(items)))) => Some(items),
        _ => None,
    });
    listed.flat_map(|items| items.iter()).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Why nobody of this name can ever be called: it is no user, or no number as it is dialled.
fn never_called(plan: &Plan, users: &[&str], who: &Spanned<String>) -> Option<Failure> {
    let name = who.value.as_str();
    if users.contains(&name) {
        return None;
    }
    if !is_number(name) {
        return Some(missing("user", name, users, who.span));
    }
    if let Some(user) = plan.site.user_of_extension(name) {
        let message = format!("`{name}` is the extension of `{}`; did you mean `{}`?", user.name, user.name);
        return Some(Failure::new(who.span, message));
    }
    let read = |policy: &crate::policy::Policy| DialTarget::parse(name, &policy.dial_plan, &policy.number).ok();
    let readings: BTreeSet<String> =
        plan.policies.values().filter_map(|policy| Some(read(policy)?.canonical().to_owned())).collect();
    if readings.contains(name) || plan.policies.is_empty() {
        return None;
    }
    let failure = match readings.first() {
        Some(other) => Failure::new(who.span, format!("`{name}` is dialled as `{other}`; did you mean `{other}`?"))
            .help("write a number as it leaves the building"),
        None => Failure::new(who.span, format!("`{name}` is no number that a policy of the site can read"))
            .help("write a user of the site, or a number as it leaves the building, such as `+442071838750`"),
    };
    Some(failure)
}

/// Why nothing of the site can ever ask for what a mock answers.
fn never_asked(plan: &Plan, mock: &Spanned<Mock>) -> Option<Failure> {
    let (key, verb) = (&mock.value, mock.value.verb);
    let asking: Vec<(&str, &Act)> = plan.flows.values().flat_map(|graph| statements(graph, verb)).collect();
    let served = |act: &&Act| served::is_answered_by_a_service(act.decl, &act.args);
    if let About::Step(step) = &key.about {
        let steps: Vec<&str> = plan.flows.values().flat_map(|f| &f.steps).map(|s| s.name.as_ref()).collect();
        if !steps.contains(&step.as_ref()) {
            return Some(missing("step", step, &steps, mock.span));
        }
    }
    let here = asking.iter().filter(|(step, _)| match &key.about {
        About::Step(wanted) => wanted.as_ref() == *step,
        _ => true,
    });
    let here: Vec<&Act> = here.map(|(_, act)| *act).collect();
    if here.is_empty() {
        let hint = did_you_mean(&key.to_string(), steps_with(verb, &asking).iter().map(String::as_str));
        let place = match &key.about {
            About::Step(step) => format!("step `{step}` has no `{verb}`"),
            _ => format!("no flow of the site has a `{verb}`"),
        };
        return Some(Failure::new(mock.span, format!("{place}{hint}")).help("take the key out of `mocks`"));
    }
    if !here.iter().any(served) {
        let message = format!("`{key}` asks no service: it rings, and who is called answers");
        let help = "say in `far_ends` how those behave who are called, such as `us_dana: busy`, and what they press who \
                    are asked first: `us_dana: {answers: 2s, presses: \"1\"}`; a refusal is `policies: refuse`";
        return Some(Failure::new(mock.span, message).help(help));
    }
    let About::Subject(subject) = &key.about else { return None };
    let subjects: Option<BTreeSet<String>> = here.into_iter().map(|act| written_subject(&act.args)).collect();
    let subjects = subjects.filter(|all| !all.contains(subject.as_ref()))?;
    let hint = did_you_mean(subject, subjects.iter().map(String::as_str));
    let all: Vec<String> = subjects.iter().map(|s| format!("`{verb} {s}`")).collect();
    let message = format!("no `{verb}` of the site is about `{subject}`{hint}");
    Some(Failure::new(mock.span, message).help(format!("the site has {}", all.join(", "))))
}

fn statements<'g>(graph: &'g crate::graph::FlowGraph, verb: &str) -> Vec<(&'g str, &'g Act)> {
    let acts = graph.ids().filter_map(|id| match graph.node(id) {
        Some(Op::Act(act)) if act.decl.verb == verb => Some((graph.step_name(id), &**act)),
        _ => None,
    });
    acts.collect()
}

/// Keys that name a step which has this verb.
fn steps_with(verb: &str, asking: &[(&str, &Act)]) -> Vec<String> {
    asking.iter().map(|(step, _)| format!("{verb} in {step}")).collect()
}

/// What a statement is about, as a mock names it; `None` where only the call will tell.
fn written_subject(args: &Args) -> Option<String> {
    match &args.subject {
        SubjectArg::Named(name) => Some(name.to_string()),
        SubjectArg::Word(word) => Some((*word).to_owned()),
        SubjectArg::Web { method, url } => Some(format!("{method} {}", constant(url)?)),
        SubjectArg::Target(target) => target_in_words(target),
        SubjectArg::Targets { targets, .. } => {
            let words: Option<Vec<String>> = targets.iter().map(target_in_words).collect();
            Some(words?.join(", "))
        }
        _ => None,
    }
}

fn target_in_words(target: &TargetArg) -> Option<String> {
    let value = match &target.value {
        TargetValue::Named(name) => name.to_string(),
        TargetValue::Dialled(value) => constant(value)?,
    };
    Some(format!("{} {value}", target.kind.name()))
}

fn constant(operand: &Operand) -> Option<String> {
    match operand {
        Operand::Const(value @ (Value::Text(_) | Value::Phone(_) | Value::Extension(_) | Value::Digits(_))) => {
            value.as_str().map(str::to_owned)
        }
        _ => None,
    }
}
