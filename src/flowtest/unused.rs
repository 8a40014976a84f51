//! What a test says of the world and its call never met: an answer that nobody asked for, a far end
//! that nobody called. A test that passes without it says more than it proves.

use super::pins;
use super::runner::Failure;
use super::script::Script;
use crate::base::id::LegId;
use crate::base::span::Span;
use crate::base::suggest::{closest, did_you_mean};
use crate::call::audio::AudioSource;
use crate::exchange::Plan;
use crate::graph::Op;
use crate::sim::services::About;
use crate::sim::{Moment, World};

/// What of the script the call has not met, in the order of the file's keys.
pub fn unmet(plan: &Plan, script: &Script, world: &World) -> Vec<Failure> {
    let mut found = Vec::new();
    for (who, end) in &script.far_ends {
        let called = |m: &Moment| matches!(m, Moment::Placed { to, .. } if **to == *who.value);
        if !happened(world, called) {
            let message = format!("nobody called `{}`, so that how it behaves was not met", who.value);
            let help = "take it out of `far_ends`, or let the call come there; what `ring` and other services do is \
                        said in `mocks`";
            found.push(Failure::new(who.span, message).help(help));
            continue;
        }
        let legs = legs_of(world, &who.value);
        if end.asked.presses.is_some()
            && !happened(world, |m| matches!(m, Moment::Presses { leg, .. } if legs.contains(leg)))
        {
            let message = format!("`{}` was not asked for a key, so that it pressed none", who.value);
            let help = "take `presses` out, or let a `transfer` with `accept` come there";
            found.push(Failure::new(who.span, message).help(help));
        }
        if end.asked.machine && !happened(world, |m| matches!(m, Moment::Listens { leg } if legs.contains(leg))) {
            let message = format!("nobody listened who answered at `{}`, so that `machine` changed nothing", who.value);
            let help = "take it out, or write `machine decline` where it is called";
            found.push(Failure::new(who.span, message).help(help));
        }
    }
    for (said, place) in script.mocks.iter().zip(&world.services.mocks) {
        let answers = u32::try_from(said.value.first.len()).unwrap_or(u32::MAX);
        if place.asked == 0 {
            found.push(not_asked(&place.to_string(), place.verb, &place.about, said.span, world));
        } else if said.value.then.is_none() && place.asked < answers {
            let times = if place.asked == 1 { "once".to_owned() } else { format!("{} times", place.asked) };
            let message = format!("`{place}` was asked for {times}, and has {answers} answers");
            let help = "take the answers out that nobody asks for, or let the call come there again";
            found.push(Failure::new(said.span, message).help(help));
        }
    }
    for (store, _) in &script.credentials {
        let asked = |m: &Moment| matches!(m, Moment::Asks { verb: "verify", subject, .. } if **subject == *store.value);
        if !happened(world, asked) {
            let message = format!("the call never asked `{}` about a PIN", store.value);
            found.push(
                Failure::new(store.span, message).help("take it out of `credentials`, or let the call come there"),
            );
        }
    }
    for pin in script.pins.iter().filter(|pin| !pins::is_met(plan, &pin.value, world)) {
        let help = "take it out of `mocks`, or let the call come there";
        found.push(Failure::new(pin.span, "the call never came to this statement").help(help));
    }
    if let Some((agent, _)) = script.skills.first()
        && !waited_for_skills(plan, world)
    {
        let message = "the call waited for no agent with a skill, so that `skills` changed nothing";
        found.push(Failure::new(agent.span, message).help("take it out, or let the call come there"));
    }
    let decided = happened(world, |m| matches!(m, Moment::Decided { .. }));
    let sayings = [("disk: fails", script.disk_fails), ("policies: refuse", script.policies_refuse)];
    for (saying, place) in sayings {
        if let Some(place) = place.filter(|_| !decided) {
            let message = format!("no policy was asked, so that `{saying}` changed nothing");
            let help = "take it out, or let the call come to a number outside";
            found.push(Failure::new(place, message).help(help));
        }
    }
    found
}

/// What the call asked for that a mock which it did not ask for may have meant: the hint of a test that failed for
/// another reason.
pub fn slip(script: &Script, world: &World) -> Option<String> {
    let stray = script.mocks.iter().zip(&world.services.mocks).filter(|(_, mock)| mock.asked == 0);
    stray.into_iter().find_map(|(_, mock)| {
        let key = mock.to_string();
        let asked = asked(world, mock.verb);
        let near = closest(&key, asked.iter().map(String::as_str))?;
        Some(format!("the call asked for `{near}`, and `mocks` says `{key}`; did you mean `{near}`?"))
    })
}

/// Somebody was called who was asked for a key and pressed none, because the script says nothing of it.
pub fn pressed_none(script: &Script, world: &World) -> Option<String> {
    let told = |who: &str| {
        script
            .far_ends
            .iter()
            .any(|(name, end)| name.value == who && (end.asked.presses.is_some() || end.asked.machine))
    };
    let asked = world.trace.iter().filter_map(|(_, moment)| match moment {
        Moment::Hears { leg, sources } if matches!(**sources, [AudioSource::Silence]) => Some(*leg),
        _ => None,
    });
    let silent = |leg: &LegId| {
        !happened(world, |m| match m {
            Moment::Presses { leg: pressed, .. } => pressed == leg,
            Moment::Talk { a, b } => a == leg || b == leg,
            _ => false,
        })
    };
    let mut who = asked.filter(silent).filter_map(|asked| {
        world.trace.iter().find_map(|(_, moment)| match moment {
            Moment::Placed { leg, to, .. } if *leg == asked && !told(to) => Some(to),
            _ => None,
        })
    });
    who.next().map(|who| {
        format!(
            "`{who}` answered, was asked for a key and pressed none; if it takes the call, write `far_ends: {{{who}: \
             {{answers: 2s, presses: \"1\"}}}}`"
        )
    })
}

/// The legs that were placed to a user or number.
fn legs_of(world: &World, who: &str) -> Vec<LegId> {
    let placed = world.trace.iter().filter_map(|(_, moment)| match moment {
        Moment::Placed { leg, to, .. } if **to == *who => Some(*leg),
        _ => None,
    });
    placed.collect()
}

fn not_asked(key: &str, verb: &str, about: &About, span: Span, world: &World) -> Failure {
    let asked = asked(world, verb);
    let hint = did_you_mean(key, asked.iter().map(String::as_str));
    let help = match (asked.as_slice(), about) {
        ([], _) => "take it out of `mocks`, or let the call come there".to_owned(),
        (asked, About::Anything) => format!("every `{verb}` was answered by another key: {}", quoted(asked)),
        (asked, _) => format!("the call asked for {}", quoted(asked)),
    };
    Failure::new(span, format!("the call never asked for `{key}`{hint}")).help(help)
}

/// Every request of a verb, as keys of `mocks` name them, each once.
fn asked(world: &World, verb: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (_, moment) in &world.trace {
        if let Moment::Asks { verb: asked, subject, .. } = moment
            && *asked == verb
        {
            let key = format!("{verb} {subject}");
            if !all.contains(&key) {
                all.push(key);
            }
        }
    }
    all
}

/// Whether the call came to a queue that wants skills of an agent.
fn waited_for_skills(plan: &Plan, world: &World) -> bool {
    let wants = |op: &Op| matches!(op, Op::Act(act) if act.args.setting(act.decl, "skills").is_some());
    let flows = || plan.flows.values();
    flows().any(|graph| graph.ids().any(|id| graph.node(id).is_some_and(wants) && pins::taken(world, graph, id)))
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn happened(world: &World, what: impl Fn(&Moment) -> bool) -> bool {
    world.trace.iter().any(|(_, moment)| what(moment))
}
