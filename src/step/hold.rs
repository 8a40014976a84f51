//! `hold`: the caller hears hold music.

use crate::call::spec::Completion;

use super::args::{Failure, Request};
use super::cx::Exec;
use super::decl::{Decl, Effects, Needs, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "hold",
    summary: "Puts the caller on hold.",
    docs: "The caller hears hold music until `unhold`, or until something else is heard. The flow goes on at once.",
    example: "flow main { step start { answer  hold  wait 2s  unhold  play \"welcome\"  hangup } }",
    subject: Subject::None,
    settings: &[],
    outcomes: &[],
    needs: Needs::Answered,
    effects: Effects { speaks: true, ..Effects::NONE },
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    request.cx.hold(true);
    Ok(Exec::Next)
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Ok(Exec::Next)
}
