//! `unhold`: the end of `hold`.

use crate::call::spec::Completion;

use super::args::{Failure, Request};
use super::cx::Exec;
use super::decl::{Decl, Effects, Needs, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "unhold",
    summary: "Takes the caller back from hold.",
    docs: "The music ends. It does nothing where the caller is not on hold.",
    example: "flow main { step start { answer  hold  wait 2s  unhold  play \"welcome\"  hangup } }",
    subject: Subject::None,
    settings: &[],
    outcomes: &[],
    needs: Needs::Answered,
    effects: Effects { speaks: false, ..Effects::NONE },
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    request.cx.hold(false);
    Ok(Exec::Next)
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Ok(Exec::Next)
}
