//! `send_digits`: sends keys to the caller's side.

use crate::call::spec::Completion;

use super::args::{Failure, Request, SubjectArg, is_key};
use super::cx::Exec;
use super::decl::{Decl, Effects, Needs, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "send_digits",
    summary: "Sends keys to the caller's side, one after the other.",
    docs: "For machines that call: they hear the keys as if a telephone had pressed them.",
    example: "flow main { step start { answer  send_digits \"12#\"  hangup } }",
    subject: Subject::Keys,
    settings: &[],
    outcomes: &[],
    needs: Needs::Answered,
    effects: Effects { waits: true, ..Effects::NONE },
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Value(operand) = &request.args.subject else {
        return Err(Failure("`send_digits` has no keys".to_owned()));
    };
    let value = request.eval(operand)?;
    let keys = value.as_str().filter(|keys| keys.chars().all(is_key));
    let Some(keys) = keys else {
        return Err(Failure(format!("`send_digits` sends the keys `0` to `9`, `*` and `#`, not `{value}`")));
    };
    request.cx.send_keys(keys);
    Ok(Exec::Sleep)
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Ok(Exec::Next)
}
