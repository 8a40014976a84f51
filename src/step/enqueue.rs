//! `enqueue`: lets the caller wait in a queue, with messages and keys meanwhile.

use std::sync::Arc;

use crate::base::value::Value;
use crate::call::spec::{CallerId, Completion, Gate, Meanwhile, QueueEntry, Target, TransferMode, TransferSpec};

use super::args::{Failure, Request};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Named, Needs, Outcome, Preset, Setting, Subject, When, Work};
use super::music::over_and_over;
use super::outcomes::{FAILED, REFUSED, UNANSWERED};
use super::service;
use crate::call::leg::Name;

/// How long a caller and an agent may talk, as with a transfer.
const MAX_TALK_MS: u64 = 14_400_000;

pub const DECL: Decl = Decl {
    verb: "enqueue",
    summary: "Lets the caller wait in a queue, with messages and keys meanwhile.",
    docs: "When an agent takes the call the flow is over (`connected`), unless `resume true`: then it \
           goes on with `ended` when the agent leaves. While an agent hears the `whisper` the caller keeps the place; \
           one who hangs up in it has not taken the call. `every 45s { .. }` and `after 2m { .. }` run \
           while the caller keeps the place; an arm that is one key leaves the queue. Their blocks \
           hold `say`, `play`, `set`, `tag`, `if` and arrows, and an arrow leaves the queue.",
    example: "flow main {\n  step start {\n    answer\n    enqueue sales max_wait 8m {\n      every 45s { say \"You \
              are number ${queue.sales.position}.\" }\n      after 2m  { say \"Press 1 to leave a message.\" }\n      \
              1         -> message\n      otherwise -> message\n    }\n  }\n  step message { voicemail sales { \
              otherwise { hangup } } }\n}",
    subject: Subject::Named(Named::Queue),
    settings: &[
        Setting::new("max_wait", Kind::Duration, Preset::None, "how long the caller waits; without it the queue's own"),
        Setting::new("priority", Kind::Count { min: 1, max: 9 }, Preset::Count(5), "1 is served first"),
        Setting::new("skills", Kind::Skills, Preset::None, "skills that the agent must have"),
        Setting::new("prefer", Kind::Users, Preset::None, "agents to offer it to first"),
        Setting::new("keep_wait", Kind::Bool, Preset::Bool(true), "whether time waited in another queue counts"),
        Setting::new("hold_audio", Kind::Prompts, Preset::None, "what the caller hears; without it the queue's music"),
        Setting::new("whisper", Kind::Prompts, Preset::None, "what the agent hears first, alone"),
        Setting::new("resume", Kind::Bool, Preset::Bool(false), "whether the flow goes on when the agent leaves"),
        Setting::new("context", Kind::Map, Preset::None, "facts for the agent's screen"),
    ],
    outcomes: &[
        Outcome::new("connected", When::NoResume).terminal(),
        Outcome::new("ended", When::Resume),
        Outcome::new("timeout", When::Always).of(UNANSWERED),
        Outcome::new("no_agents", When::Always).of(UNANSWERED),
        Outcome::new("full", When::Always).of(REFUSED),
        Outcome::new("closed", When::Always).of(REFUSED),
        Outcome::new("ewt_exceeded", When::Always).of(REFUSED),
        Outcome::new("loop", When::Always).of(REFUSED),
        Outcome::new("error", When::Always).of(FAILED),
    ],
    needs: Needs::Nothing,
    effects: Effects { places_leg: true, waits: true, speaks: true, ..Effects::NONE },
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let queue = service::named(request)?;
    let spec = TransferSpec {
        mode: TransferMode::Blind,
        target: Target::Queue(entry(request, queue)?),
        ring_ms: 0,
        caller_id: CallerId::Caller,
        hold_audio: None,
        max_duration_ms: MAX_TALK_MS,
        resume: request.flag("resume")?,
        gate: Gate { brief: request.prompts("whisper")?, ..Gate::default() },
        context: request.context()?,
        stops_recording: false,
        guards: (request.guards)(),
    };
    request.cx.transfer(spec);
    Ok(Exec::Sleep)
}

/// How a call joins a queue by the settings that `enqueue` and `transfer to queue` share.
pub fn entry(request: &Request<'_>, queue: Name) -> Result<QueueEntry, Failure> {
    Ok(QueueEntry {
        queue,
        max_wait_ms: request.optional_duration_ms("max_wait")?,
        priority: u8::try_from(request.count("priority")?).unwrap_or(u8::MAX),
        keep_wait: request.flag("keep_wait")?,
        prefer: request.names("prefer")?,
        skills: request.names("skills")?,
        hold_audio: request.prompts("hold_audio")?.as_ref().map(over_and_over),
        meanwhile: Meanwhile { timed: Arc::clone(&request.args.timed), keys: Arc::clone(&request.args.patterns) },
    })
}

fn complete(request: &mut Request<'_>, completion: Completion) -> Result<Exec, Failure> {
    match completion {
        Completion::Outcome { name: "bridged", .. } => Ok(Exec::End),
        Completion::Outcome { name, value } => {
            Ok(Exec::Outcome { name: Arc::from(name), value: value.map(Value::Text) })
        }
        Completion::QueueKey { pattern, key } => key_outcome(request, pattern, key),
        _ => Err(Failure("the queue was left without an outcome".to_owned())),
    }
}

/// The arm of the key by which the caller left the queue.
pub fn key_outcome(request: &Request<'_>, pattern: usize, key: char) -> Result<Exec, Failure> {
    match request.args.patterns.get(pattern) {
        Some(name) => {
            let value = Value::Digits(Arc::from(key.to_string()));
            Ok(Exec::Outcome { name: Arc::clone(name), value: Some(value) })
        }
        None => Err(Failure(format!("the queue has no key number {pattern}"))),
    }
}
