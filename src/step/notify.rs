//! `notify`: tells a channel.

use crate::call::spec::Completion;

use super::args::{Failure, Request};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Named, Needs, Preset, Setting, Subject, Work};
use super::service;

pub const DECL: Decl = Decl {
    verb: "notify",
    summary: "Tells a channel; the call does not wait for it.",
    docs: "What was told is a note in the call's record and a line of the log. It never delays the \
           call and never fails.",
    example: "flow main { step start { notify ops_chat text \"A call from ${caller.number}.\"  answer  hangup } }",
    subject: Subject::Named(Named::Channel),
    settings: &[Setting::new("text", Kind::Text, Preset::Required, "what it is told")],
    outcomes: &[],
    needs: Needs::Nothing,
    effects: Effects::NONE,
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let channel = service::named(request)?;
    let text = request.text("text")?.unwrap_or_default();
    request.cx.notify(&channel, &text);
    Ok(Exec::Next)
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Ok(Exec::Next)
}
