//! `transfer`: gives the call to somebody else.

use std::sync::Arc;

use crate::base::value::{Type, Value};
use crate::call::spec::{CallerId, Completion, Gate, ServiceSpec, Target, TransferMode, TransferSpec};

use super::args::{Failure, Request, SubjectArg, TargetArg, TargetValue};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Needs, Outcome, Preset, Setting, Subject, TargetKind, When, Work};
use super::outcomes::{FAILED, REFUSED, UNANSWERED};
use super::{enqueue, service, voicemail};

const PEOPLE: &[TargetKind] = &[TargetKind::User, TargetKind::Agent, TargetKind::Extension];
const LEGS: &[TargetKind] = &[
    TargetKind::User,
    TargetKind::Agent,
    TargetKind::Extension,
    TargetKind::Number,
    TargetKind::Pstn,
    TargetKind::Sip,
];
const QUEUE: &[TargetKind] = &[TargetKind::Queue];
const NUMBERS: &[TargetKind] = &[TargetKind::Extension, TargetKind::Number, TargetKind::Pstn, TargetKind::Sip];
const VOICEMAIL: &[TargetKind] = &[TargetKind::Voicemail];
/// Targets of which a call can have too many at once.
const LIMITED: &[TargetKind] = &[
    TargetKind::User,
    TargetKind::Agent,
    TargetKind::Extension,
    TargetKind::Number,
    TargetKind::Pstn,
    TargetKind::Sip,
    TargetKind::Conference,
];
/// Targets that may turn out not to be there.
const FINDABLE: &[TargetKind] =
    &[TargetKind::Extension, TargetKind::Number, TargetKind::Pstn, TargetKind::Sip, TargetKind::Conference];
/// Where there is room for so many only.
const PLACES: &[TargetKind] = &[TargetKind::Queue, TargetKind::Voicemail, TargetKind::Conference];

pub const DECL: Decl = Decl {
    verb: "transfer",
    summary: "Gives the call to somebody else: a user, a queue, a number.",
    docs: "Without a mode it is blind. When the target answers, caller and target talk and the flow \
           is over (`bridged`), unless `resume true`: then it goes on with `ended` when the target \
           leaves. `attended`: the target hears `brief` while the caller hears music, and is joined on the accept key. \
           Who presses another key, or none in ten seconds after the brief, or hangs up meanwhile, has `declined`, and so \
           has a machine under `machine decline`. A `voicemail` ends as that statement does, a `conference` goes on with \
           `ended`; `transfer to flow NAME` is the arrow `-> flow NAME`. `number` is looked up in the site first and may \
           stay inside; `pstn` always leaves by a trunk. An outside leg needs a guard in scope.",
    example: "flow main {\n  guard standard\n  step start {\n    answer\n    transfer to number \"+442071838750\" ring 25s {\n      \
              no_answer, busy { play \"sorry\"  hangup }\n      otherwise       { hangup }\n    }\n  }\n}",
    subject: Subject::Transfer,
    settings: &[
        Setting::new("ring", Kind::Duration, Preset::Ms(30_000), "how long the target rings").only_for(LEGS),
        Setting::new("max_wait", Kind::Duration, Preset::None, "how long the caller waits; without it the queue's own")
            .only_for(QUEUE),
        Setting::new("priority", Kind::Count { min: 1, max: 9 }, Preset::Count(5), "1 is served first").only_for(QUEUE),
        Setting::new("skills", Kind::Skills, Preset::None, "skills that the agent must have").only_for(QUEUE),
        Setting::new("prefer", Kind::Users, Preset::None, "agents to offer it to first").only_for(QUEUE),
        Setting::new("keep_wait", Kind::Bool, Preset::Bool(true), "whether time waited in another queue counts")
            .only_for(QUEUE),
        Setting::new(
            "caller_id",
            Kind::Word(&["caller", "company"]),
            Preset::Word("caller"),
            "the number that the target sees",
        ),
        Setting::new("hold_audio", Kind::Prompts, Preset::None, "what the caller hears meanwhile; without it ringback"),
        Setting::new("whisper", Kind::Prompts, Preset::None, "what the agent hears first, alone").only_for(QUEUE),
        Setting::new("brief", Kind::Spoken, Preset::None, "what the target of an attended transfer hears first")
            .only_for(LEGS),
        Setting::new("accept", Kind::Key, Preset::None, "the key that the target must press").only_for(LEGS),
        Setting::new(
            "machine",
            Kind::Word(&["allow", "decline"]),
            Preset::None,
            "whether a machine may answer; without it it may",
        )
        .only_for(LEGS),
        Setting::new("max_duration", Kind::Duration, Preset::Ms(14_400_000), "how long they may talk"),
        Setting::new("resume", Kind::Bool, Preset::Bool(false), "whether the flow goes on when the target leaves"),
        Setting::new("context", Kind::Map, Preset::None, "facts for the screen of a user of the site"),
        Setting::new(
            "recording",
            Kind::Word(&["keep", "stop"]),
            Preset::None,
            "what becomes of a recording when the target is joined; without it it goes on",
        ),
    ],
    outcomes: &[
        Outcome::new("bridged", When::NoResume).terminal(),
        Outcome::new("ended", When::Resume),
        Outcome::new("left", When::Target(VOICEMAIL)),
        Outcome::new("empty", When::Target(VOICEMAIL)),
        Outcome::new("no_answer", When::Target(LEGS)).of(UNANSWERED),
        Outcome::new("busy", When::Target(LEGS)).of(UNANSWERED),
        Outcome::new("declined", When::Target(LEGS)).of(UNANSWERED),
        Outcome::new("unreachable", When::Target(LEGS)).of(UNANSWERED),
        Outcome::new("offline", When::Target(PEOPLE)).of(UNANSWERED),
        Outcome::new("dnd", When::Target(PEOPLE)).of(UNANSWERED),
        Outcome::new("timeout", When::Target(QUEUE)).of(UNANSWERED),
        Outcome::new("no_agents", When::Target(QUEUE)).of(UNANSWERED),
        Outcome::new("denied", When::OutsideLeg).of(REFUSED).binding(Type::Text),
        Outcome::new("limit", When::Target(LIMITED)).of(REFUSED),
        Outcome::new("loop", When::Always).of(REFUSED),
        Outcome::new("invalid_number", When::Target(NUMBERS)).of(REFUSED),
        Outcome::new("not_found", When::Target(FINDABLE)).of(REFUSED),
        Outcome::new("full", When::Target(PLACES)).of(REFUSED),
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
    if !is_placed(target.kind) {
        let spec = as_service(request, target)?;
        return service::begin(request, spec);
    }
    let spec = TransferSpec {
        mode: if request.args.attended { TransferMode::Attended } else { TransferMode::Blind },
        target: self::target(request, target)?,
        ring_ms: request.duration_ms("ring")?,
        caller_id: if request.word("caller_id") == Some("company") { CallerId::Company } else { CallerId::Caller },
        hold_audio: request.prompts("hold_audio")?,
        max_duration_ms: request.duration_ms("max_duration")?,
        resume: request.flag("resume")?,
        gate: gate(request, target.kind)?,
        context: request.context()?,
        stops_recording: request.word("recording") == Some("stop"),
        guards: (request.guards)(),
    };
    request.cx.transfer(spec);
    Ok(Exec::Sleep)
}

/// What who answers is asked before the caller is there.
fn gate(request: &Request<'_>, kind: TargetKind) -> Result<Gate, Failure> {
    let heard = if kind == TargetKind::Queue { "whisper" } else { "brief" };
    Ok(Gate {
        brief: request.prompts(heard)?,
        accept: request.key("accept")?,
        machine_declines: request.word("machine") == Some("decline"),
    })
}

/// Whether the exchange places a leg, or lets the caller wait, by itself; else a service of the world carries the
/// transfer out.
pub fn is_placed(kind: TargetKind) -> bool {
    !matches!(kind, TargetKind::Voicemail | TargetKind::Conference | TargetKind::Sip)
}

/// A transfer that the exchange does not carry out by itself.
fn as_service(request: &Request<'_>, target: &TargetArg) -> Result<ServiceSpec, Failure> {
    let subject = service::in_words(request, std::slice::from_ref(target))?;
    let ringing = request.duration_ms("ring")?.saturating_add(request.duration_ms("max_duration")?);
    let usual = match target.kind {
        TargetKind::Voicemail => "left",
        TargetKind::Conference => "ended",
        _ if request.flag("resume")? => "ended",
        _ => "bridged",
    };
    let longest = ringing.saturating_add(voicemail::MAX_MESSAGE_MS).saturating_add(service::GRACE_MS);
    let mut spec = service::spec(request, &subject, usual, longest)?;
    spec.meanwhile = request.prompts("hold_audio")?;
    spec.outbound = service::outbound(request, std::slice::from_ref(target))?;
    Ok(spec)
}

fn target(request: &Request<'_>, target: &TargetArg) -> Result<Target, Failure> {
    match (target.kind, &target.value) {
        (TargetKind::Queue, TargetValue::Named(name)) => Ok(Target::Queue(enqueue::entry(request, Arc::clone(name))?)),
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

fn complete(request: &mut Request<'_>, completion: Completion) -> Result<Exec, Failure> {
    match completion {
        Completion::Served { .. } => service::complete(request, completion),
        Completion::QueueKey { pattern, key } => enqueue::key_outcome(request, pattern, key),
        Completion::Outcome { name: "bridged", .. } => Ok(Exec::End),
        Completion::Outcome { name, value } => {
            Ok(Exec::Outcome { name: Arc::from(name), value: value.map(Value::Text) })
        }
        _ => Err(Failure("the transfer ended without an outcome".to_owned())),
    }
}
