//! `answer`: takes the call.

use crate::call::spec::Completion;

use super::args::{Failure, Request};
use super::cx::Exec;
use super::decl::{Decl, Effects, Needs, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "answer",
    summary: "Answers the call, so that the caller can hear and be heard.",
    docs: "Until a flow answers, the caller hears ringback and pays nothing. Answering twice does \
           nothing the second time. A caller who has gone ends the flow.",
    example: "flow main { step start { answer  play \"welcome\"  hangup } }",
    subject: Subject::None,
    settings: &[],
    outcomes: &[],
    needs: Needs::Nothing,
    effects: Effects { answers: true, waits: true, ..Effects::NONE },
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    if request.cx.is_answered() {
        return Ok(Exec::Next);
    }
    request.cx.answer();
    Ok(Exec::Sleep)
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Ok(Exec::Next)
}
