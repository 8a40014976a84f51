//! `transfer`: gives the call to somebody else.

use std::sync::Arc;

use crate::base::value::{Type, Value};
use crate::call::spec::{CallerId, Completion, QueueEntry, Target, TransferMode, TransferSpec};

use super::args::{Failure, Request, SubjectArg, TargetArg, TargetValue};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Needs, Outcome, Preset, Setting, Subject, TargetKind, When, Work};
use super::outcomes::{FAILED, REFUSED, UNANSWERED};

const PEOPLE: &[TargetKind] = &[TargetKind::User, TargetKind::Agent, TargetKind::Extension];
const LEGS: &[TargetKind] =
    &[TargetKind::User, TargetKind::Agent, TargetKind::Extension, TargetKind::Number, TargetKind::Pstn];
const QUEUE: &[TargetKind] = &[TargetKind::Queue];
const NUMBERS: &[TargetKind] = &[TargetKind::Extension, TargetKind::Number, TargetKind::Pstn];

pub const DECL: Decl = Decl {
    verb: "transfer",
    summary: "Gives the call to a user, an agent, a queue, an extension or a number.",
    docs: "Without a mode it is blind. When the target answers, caller and target talk and the flow \
           is over (`bridged`), unless `resume true`: then it goes on with `ended` when the target \
           leaves. `number` is looked up in the site first and may stay inside; `pstn` always leaves \
           by a trunk. An outside leg needs a guard in scope. `declined` includes a wrong accept key.",
    example: "flow main {\n  guard standard\n  step start {\n    answer\n    transfer to number \"+442071838750\" ring 25s {\n      \
              no_answer, busy { play \"sorry\"  hangup }\n      otherwise       { hangup }\n    }\n  }\n}",
    subject: Subject::Transfer,
    settings: &[
        Setting::new("ring", Kind::Duration, Preset::Ms(30_000), "how long the target rings").only_for(LEGS),
        Setting::new("max_wait", Kind::Duration, Preset::None, "how long the caller waits; without it the queue's own")
            .only_for(QUEUE),
        Setting::new("priority", Kind::Count { min: 1, max: 9 }, Preset::Count(5), "1 is served first").only_for(QUEUE),
        Setting::new("skills", Kind::List, Preset::None, "skills that the agent must have").only_for(QUEUE).later(),
        Setting::new("prefer", Kind::List, Preset::None, "agents to offer it to first").only_for(QUEUE).later(),
        Setting::new("keep_wait", Kind::Bool, Preset::Bool(true), "whether time waited in another queue counts")
            .only_for(QUEUE),
        Setting::new(
            "caller_id",
            Kind::Word(&["caller", "company"]),
            Preset::Word("caller"),
            "the number that the target sees",
        ),
        Setting::new("hold_audio", Kind::Prompts, Preset::None, "what the caller hears meanwhile; without it ringback"),
        Setting::new("brief", Kind::Prompts, Preset::None, "what the target hears first").later(),
        Setting::new("accept", Kind::Key, Preset::None, "the key that the target must press").later(),
        Setting::new("machine", Kind::Word(&["allow", "decline"]), Preset::None, "whether a machine may answer")
            .later(),
        Setting::new("max_duration", Kind::Duration, Preset::Ms(14_400_000), "how long they may talk"),
        Setting::new("resume", Kind::Bool, Preset::Bool(false), "whether the flow goes on when the target leaves"),
        Setting::new("context", Kind::Map, Preset::None, "facts for the target's screen").later(),
        Setting::new("recording", Kind::Word(&["keep", "stop"]), Preset::None, "what becomes of a recording").later(),
    ],
    outcomes: &[
        Outcome::new("bridged", When::NoResume).terminal(),
        Outcome::new("ended", When::Resume),
        Outcome::new("no_answer", When::Target(LEGS)).of(UNANSWERED),
        Outcome::new("busy", When::Target(LEGS)).of(UNANSWERED),
        Outcome::new("declined", When::Target(LEGS)).of(UNANSWERED),
        Outcome::new("unreachable", When::Target(LEGS)).of(UNANSWERED),
        Outcome::new("offline", When::Target(PEOPLE)).of(UNANSWERED),
        Outcome::new("dnd", When::Target(PEOPLE)).of(UNANSWERED),
        Outcome::new("timeout", When::Target(QUEUE)).of(UNANSWERED),
        Outcome::new("no_agents", When::Target(QUEUE)).of(UNANSWERED),
        Outcome::new("denied", When::OutsideLeg).of(REFUSED).binding(Type::Text),
        Outcome::new("limit", When::Target(LEGS)).of(REFUSED),
        Outcome::new("loop", When::Always).of(REFUSED),
        Outcome::new("invalid_number", When::Target(NUMBERS)).of(REFUSED),
        Outcome::new("not_found", When::Target(NUMBERS)).of(REFUSED),
        Outcome::new("full", When::Target(QUEUE)).of(REFUSED),
        Outcome::new("closed", When::Target(QUEUE)).of(REFUSED),
        Outcome::new("ewt_exceeded", When::Target(QUEUE)).of(REFUSED),
        Outcome::new("error", When::Always).of(FAILED),
    ],
    needs: Needs::Nothing,
    effects: Effects { places_leg: true, waits: true, speaks: true, ..Effects::NONE },
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Target(target) = &request.args.subject else {
        return Err(Failure("`transfer` has no target".to_owned()));
    };
    let spec = TransferSpec {
        mode: TransferMode::Blind,
        target: self::target(request, target)?,
        ring_ms: request.duration_ms("ring")?,
        caller_id: if request.word("caller_id") == Some("company") { CallerId::Company } else { CallerId::Caller },
        hold_audio: request.prompts("hold_audio"),
        max_duration_ms: request.duration_ms("max_duration")?,
        resume: request.flag("resume")?,
        guards: (request.guards)(),
    };
    request.cx.transfer(spec);
    Ok(Exec::Sleep)
}

fn target(request: &Request<'_>, target: &TargetArg) -> Result<Target, Failure> {
    match (target.kind, &target.value) {
        (TargetKind::Queue, TargetValue::Named(name)) => Ok(Target::Queue(QueueEntry {
            queue: Arc::clone(name),
            max_wait_ms: request.optional_duration_ms("max_wait")?,
            priority: u8::try_from(request.count("priority")?).unwrap_or(u8::MAX),
            keep_wait: request.flag("keep_wait")?,
        })),
        (TargetKind::Agent, TargetValue::Named(name)) => Ok(Target::Agent(Arc::clone(name))),
        (_, TargetValue::Named(name)) => Ok(Target::User(Arc::clone(name))),
        (kind, TargetValue::Dialled(value)) => {
            let number = dialled(&request.eval(value)?)?;
            Ok(match kind {
                TargetKind::Extension => Target::Extension(number),
                TargetKind::Pstn => Target::Pstn { number, tainted: target.tainted },
                _ => Target::Number { number, tainted: target.tainted },
            })
        }
    }
}

/// The characters to dial.
pub fn dialled(value: &Value) -> Result<Arc<str>, Failure> {
    match value {
        Value::Text(s) | Value::Phone(s) | Value::Extension(s) | Value::Digits(s) => Ok(Arc::clone(s)),
        other => {
            let have = other.type_of().map_or("no value", |t| t.name());
            Err(Failure(format!("a number to dial is text, but this is {have}")))
        }
    }
}

fn complete(_: &mut Request<'_>, completion: Completion) -> Result<Exec, Failure> {
    match completion {
        Completion::Outcome { name: "bridged", .. } => Ok(Exec::End),
        Completion::Outcome { name, value } => {
            Ok(Exec::Outcome { name: Arc::from(name), value: value.map(Value::Text) })
        }
        _ => Err(Failure("the transfer ended without an outcome".to_owned())),
    }
}
