//! `park`: puts the call where somebody can take it back.

use super::args::{Failure, Request};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Named, Needs, Outcome, Preset, Setting, Subject, When, Work};
use super::music::over_and_over;
use super::service;
use crate::base::limits::MAX_DURATION;

pub const DECL: Decl = Decl {
    verb: "park",
    summary: "Parks the call in a slot, from which somebody takes it.",
    docs: "When somebody takes it the flow is over (`retrieved`).",
    example: "flow main {\n  step start {\n    answer\n    park orbit timeout 2m {\n      timeout, full { say \"Nobody \
              is there.\"  hangup }\n    }\n  }\n}",
    subject: Subject::Named(Named::Slot),
    settings: &[
        Setting::new(
            "timeout",
            Kind::Duration,
            Preset::None,
            "how long it stays; without it as long as a flow may run",
        ),
        Setting::new("hold_audio", Kind::Prompts, Preset::None, "what the caller hears; without it hold music"),
    ],
    outcomes: &[
        Outcome::new("retrieved", When::Always).terminal(),
        Outcome::new("timeout", When::Always),
        Outcome::new("full", When::Always),
    ],
    needs: Needs::Answered,
    effects: Effects { waits: true, speaks: true, ..Effects::NONE },
    work: Work::Act { exec, complete: service::complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let slot = service::named(request)?;
    let longest = request.optional_duration_ms("timeout")?.unwrap_or(MAX_DURATION.as_ms());
    let mut spec = service::spec(request, &slot, "retrieved", longest)?;
    spec.meanwhile = Some(match request.prompts("hold_audio")? {
        Some(own) => over_and_over(&own),
        None => [crate::call::audio::AudioSource::DefaultMusic].into(),
    });
    spec.late = "timeout";
    service::begin(request, spec)
}
