//! `ring`: rings targets and keeps the call with the flow.

use super::args::{Failure, Request, SubjectArg};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Needs, Outcome, Preset, Setting, Subject, TargetKind, When, Work};
use super::outcomes::{FAILED, REFUSED, UNANSWERED};
use super::service;

/// Targets that can be away or not want to be disturbed. A group and a rota hold such.
const PEOPLE: &[TargetKind] =
    &[TargetKind::User, TargetKind::Agent, TargetKind::Extension, TargetKind::Group, TargetKind::Rota];
/// Targets that are dialled.
const NUMBERS: &[TargetKind] = &[
    TargetKind::Extension,
    TargetKind::Number,
    TargetKind::Pstn,
    TargetKind::Rota,
    TargetKind::Device,
    TargetKind::Sip,
];

/// What can be rung.
pub const TARGETS: &[TargetKind] = &[
    TargetKind::User,
    TargetKind::Agent,
    TargetKind::Extension,
    TargetKind::Number,
    TargetKind::Pstn,
    TargetKind::Group,
    TargetKind::Rota,
    TargetKind::Device,
    TargetKind::Sip,
];

pub const DECL: Decl = Decl {
    verb: "ring",
    summary: "Rings one or several targets and keeps the call with the flow.",
    docs: "Without an order they ring `in_turn`; `together` rings all at once, and the first to answer \
           has the call. The flow goes on as `answered` when that talk ends. A `rota` is who is on \
           duty now, in order; a `group` rings together. `declined` includes a wrong or missing \
           accept key. An outside leg needs a guard in scope. The policies are asked about every number before \
           anybody rings, and one that is refused is the outcome: nobody is rung then.",
    example: "flow main {\n  step start {\n    answer\n    ring in_turn user us_dana, user us_ravi ring 20s accept \
              \"1\" whisper say \"A call from ${caller.name}. Press 1 to take it.\" {\n      answered  { hangup }\n      \
              otherwise { say \"Nobody is there.\"  hangup }\n    }\n  }\n}",
    subject: Subject::Ring,
    settings: &[
        Setting::new("ring", Kind::Duration, Preset::Ms(25_000), "how long each rings; together: how long all ring"),
        Setting::new("accept", Kind::Key, Preset::None, "the key that takes the call"),
        Setting::new("whisper", Kind::Prompts, Preset::None, "what who answers hears first"),
        Setting::new(
            "caller_id",
            Kind::Word(&["caller", "company"]),
            Preset::Word("company"),
            "the number that the target sees",
        ),
        Setting::new("max_duration", Kind::Duration, Preset::Ms(14_400_000), "how long they may talk"),
    ],
    outcomes: &[
        Outcome::new("answered", When::Always),
        Outcome::new("no_answer", When::Always).of(UNANSWERED),
        Outcome::new("busy", When::Always).of(UNANSWERED),
        Outcome::new("declined", When::Always).of(UNANSWERED),
        Outcome::new("unreachable", When::Always).of(UNANSWERED),
        Outcome::new("offline", When::Target(PEOPLE)).of(UNANSWERED),
        Outcome::new("dnd", When::Target(PEOPLE)).of(UNANSWERED),
        Outcome::new("denied", When::OutsideLeg).of(REFUSED).binding(crate::base::value::Type::Text),
        Outcome::new("limit", When::Always).of(REFUSED),
        Outcome::new("loop", When::Always).of(REFUSED),
        Outcome::new("invalid_number", When::Target(NUMBERS)).of(REFUSED),
        Outcome::new("not_found", When::Target(NUMBERS)).of(REFUSED),
        Outcome::new("error", When::Always).of(FAILED),
    ],
    needs: Needs::Nothing,
    effects: Effects { places_leg: true, waits: true, speaks: true, ..Effects::NONE },
    work: Work::Act { exec, complete: service::complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Targets { in_turn, targets } = &request.args.subject else {
        return Err(Failure("`ring` has no target".to_owned()));
    };
    let rounds = if *in_turn { u64::try_from(targets.len()).unwrap_or(u64::MAX) } else { 1 };
    let ringing = request.duration_ms("ring")?.saturating_mul(rounds);
    let longest = ringing.saturating_add(request.duration_ms("max_duration")?).saturating_add(service::GRACE_MS);
    let mut spec = service::spec(request, &service::in_words(request, targets)?, "answered", longest)?;
    spec.outbound = service::outbound(request, targets)?;
    service::begin(request, spec)
}
