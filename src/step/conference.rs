//! `conference`: joins a room.

use crate::base::value::Type;

use super::args::{Failure, Request};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Named, Needs, Outcome, Preset, Setting, Subject, When, Work};
use super::outcomes::{FAILED, REFUSED};
use super::service;

pub const DECL: Decl = Decl {
    verb: "conference",
    summary: "Joins the caller to a conference room.",
    docs: "The flow goes on with `ended` when the caller is out of the room again. A wrong PIN is \
           `denied`.",
    example: "flow main {\n  step start {\n    answer\n    conference standup role host {\n      ended     { hangup }\n      \
              otherwise { say \"You cannot join now.\"  hangup }\n    }\n  }\n}",
    subject: Subject::Named(Named::Room),
    settings: &[
        Setting::new("role", Kind::Word(&["guest", "host"]), Preset::Word("guest"), "a room begins with its host"),
        Setting::new("pin", Kind::Pin, Preset::None, "what the caller keyed; without it the room must have no PIN"),
        Setting::new("max_duration", Kind::Duration, Preset::Ms(14_400_000), "how long the caller may stay"),
    ],
    outcomes: &[
        Outcome::new("ended", When::Always),
        Outcome::new("denied", When::Always).of(REFUSED).binding(Type::Text),
        Outcome::new("limit", When::Always).of(REFUSED),
        Outcome::new("not_found", When::Always).of(REFUSED),
        Outcome::new("full", When::Always),
        Outcome::new("error", When::Always).of(FAILED),
    ],
    needs: Needs::Answered,
    effects: Effects { waits: true, speaks: true, ..Effects::NONE },
    work: Work::Act { exec, complete: service::complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let room = service::named(request)?;
    let longest = request.duration_ms("max_duration")?.saturating_add(service::GRACE_MS);
    let spec = service::spec(request, &room, "ended", longest)?;
    service::begin(request, spec)
}
