//! `say`: the caller hears a text, spoken.

use std::sync::Arc;

use crate::call::spec::Completion;

use super::args::{Failure, Request, SubjectArg};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Needs, Preset, Setting, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "say",
    summary: "Speaks a text to the caller.",
    docs: "The text may hold `${ }`; a secret cannot be spoken. It is spoken in the call's language, \
           by the voice of the flow's header unless `voice` says otherwise. `say \"..\"` may also \
           stand wherever a prompt does: `menu say \"Press 1.\"`.",
    example: "flow main { step start { answer  say \"Welcome, ${caller.name}.\"  hangup } }",
    subject: Subject::Text,
    settings: &[
        Setting::new("voice", Kind::Text, Preset::None, "who speaks; without it the flow's `voice`"),
        Setting::new("barge_in", Kind::Bool, Preset::Bool(true), "whether a key stops it"),
    ],
    outcomes: &[],
    needs: Needs::Answered,
    effects: Effects { waits: true, speaks: true, ..Effects::NONE },
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Value(text) = &request.args.subject else {
        return Err(Failure("`say` has no text".to_owned()));
    };
    let speech = request.speech(text, request.text("voice")?)?;
    let barge_in = request.flag("barge_in")?;
    request.cx.play(Arc::from([speech]), barge_in);
    Ok(Exec::Sleep)
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Ok(Exec::Next)
}
