//! `play`: the caller hears prompts.

use crate::call::spec::Completion;

use super::args::{Failure, Request, SubjectArg};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Needs, Preset, Setting, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "play",
    summary: "Plays one or several prompts to the caller.",
    docs: "`\"welcome\"` is `prompts/LANGUAGE/welcome.wav`, else `prompts/welcome.wav`. A list is \
           heard in order. The call must be answered.",
    example: "flow main { step start { answer  play [\"welcome\", \"goodbye\"]  hangup } }",
    subject: Subject::Prompts,
    settings: &[Setting::new("barge_in", Kind::Bool, Preset::Bool(true), "whether a key stops the prompt")],
    outcomes: &[],
    needs: Needs::Answered,
    effects: Effects { waits: true, speaks: true, ..Effects::NONE },
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Prompts(list) = &request.args.subject else {
        return Err(Failure("`play` has no prompt".to_owned()));
    };
    let prompts = request.in_language(list)?;
    let barge_in = request.flag("barge_in")?;
    request.cx.play(prompts, barge_in);
    Ok(Exec::Sleep)
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Ok(Exec::Next)
}
