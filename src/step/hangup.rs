//! `hangup`: ends the call.

use crate::call::spec::Completion;

use super::args::{Failure, Request};
use super::cx::Exec;
use super::decl::{Decl, Effects, Needs, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "hangup",
    summary: "Ends the call; the flow ends.",
    docs: "Every leg of the call is ended and its record written. Nothing can follow: there is \
           nobody left to hear it.",
    example: "flow main { step start { answer  play \"goodbye\"  hangup } }",
    subject: Subject::None,
    settings: &[],
    outcomes: &[],
    needs: Needs::Nothing,
    effects: Effects { ends: true, ..Effects::NONE },
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    request.cx.hangup();
    Ok(Exec::End)
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Ok(Exec::End)
}
