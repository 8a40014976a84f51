//! `music`: a recording in the background, over and over.

use crate::call::audio::AudioSource;
use crate::call::spec::{Completion, Prompts};

use super::args::{Failure, Request, SubjectArg};
use super::cx::Exec;
use super::decl::{Decl, Effects, Needs, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "music",
    summary: "Starts music, which is heard until something else is.",
    docs: "The flow goes on at once. The name is that of a recording under `prompts/`.",
    example: "flow main { step start { answer  music \"welcome\"  wait 2s  hangup } }",
    subject: Subject::Music,
    settings: &[],
    outcomes: &[],
    needs: Needs::Answered,
    effects: Effects { speaks: true, ..Effects::NONE },
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Prompts(list) = &request.args.subject else {
        return Err(Failure("`music` has no recording".to_owned()));
    };
    let music = over_and_over(&request.in_language(list)?);
    request.cx.background(music);
    Ok(Exec::Next)
}

/// A lone recording is heard again and again where it is background.
pub fn over_and_over(prompts: &Prompts) -> Prompts {
    match prompts.as_ref() {
        [AudioSource::Prompt(only)] => [AudioSource::Music(only.clone())].into(),
        _ => prompts.clone(),
    }
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Ok(Exec::Next)
}
