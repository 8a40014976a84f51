//! `wait`: lets time pass.

use crate::call::spec::Completion;

use super::args::{Failure, Request, SubjectArg, duration_ms};
use super::cx::Exec;
use super::decl::{Decl, Effects, Needs, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "wait",
    summary: "Waits for a time; the caller hears nothing new.",
    docs: "A caller who hangs up meanwhile ends the flow.",
    example: "flow main { step start { answer  wait 2s  hangup } }",
    subject: Subject::Duration,
    settings: &[],
    outcomes: &[],
    needs: Needs::Nothing,
    effects: Effects { waits: true, ..Effects::NONE },
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Value(operand) = &request.args.subject else {
        return Err(Failure("`wait` has no duration".to_owned()));
    };
    let wanted = duration_ms("wait", &request.eval(operand)?)?;
    request.cx.wait(wanted);
    Ok(Exec::Sleep)
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Ok(Exec::Next)
}
