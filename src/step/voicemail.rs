//! `voicemail`: takes a message.

use super::args::{Failure, Request};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Named, Needs, Outcome, Preset, Setting, Subject, When, Work};
use super::outcomes::FAILED;
use super::service;

/// How long a message may be (language.md §5).
pub const MAX_MESSAGE_MS: u64 = 180_000;

pub const DECL: Decl = Decl {
    verb: "voicemail",
    summary: "Takes a message for a mailbox.",
    docs: "A user and a queue have a mailbox of their name; any other name is a mailbox of its own. \
           `empty`: the caller said nothing. A caller who hangs up while speaking has left the \
           message, and the flow ends.",
    example: "flow main {\n  step start {\n    answer\n    voicemail sales greeting say \"Please leave a message.\" \
              {\n      left, empty { hangup }\n      full, failed { say \"Please call again.\"  hangup }\n    }\n  }\n}",
    subject: Subject::Named(Named::Mailbox),
    settings: &[
        Setting::new("greeting", Kind::Prompts, Preset::None, "heard before the tone"),
        Setting::new("max", Kind::Duration, Preset::Ms(MAX_MESSAGE_MS), "how long a message may be"),
        Setting::new("silence", Kind::Duration, Preset::Ms(5_000), "silence that ends the message"),
        Setting::new("urgent", Kind::Bool, Preset::Bool(false), "whether the message is marked urgent"),
    ],
    outcomes: &[
        Outcome::new("left", When::Always),
        Outcome::new("empty", When::Always),
        Outcome::new("full", When::Always),
        Outcome::new("error", When::Always).of(FAILED),
    ],
    needs: Needs::Answered,
    effects: Effects { waits: true, speaks: true, ..Effects::NONE },
    work: Work::Act { exec, complete: service::complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let mailbox = service::named(request)?;
    let longest = request.duration_ms("max")?.saturating_add(service::GRACE_MS);
    let mut spec = service::spec(request, &mailbox, "left", longest)?;
    spec.first = request.prompts("greeting")?;
    service::begin(request, spec)
}
