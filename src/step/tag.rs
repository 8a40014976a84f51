//! `tag`: a fact for the call's record.

use std::sync::Arc;

use crate::call::spec::Completion;

use super::args::{Failure, Request, SubjectArg};
use super::cx::Exec;
use super::decl::{Decl, Effects, Needs, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "tag",
    summary: "Notes a name and a value in the call's record.",
    docs: "A second `tag` of the same name replaces the first. A secret cannot be tagged.",
    example: "flow main { step start { tag product \"phones\"  answer  hangup } }",
    subject: Subject::Pair,
    settings: &[],
    outcomes: &[],
    needs: Needs::Nothing,
    effects: Effects::NONE,
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Pair { name, value } = &request.args.subject else {
        return Err(Failure("`tag` has no value".to_owned()));
    };
    let name = Arc::clone(name);
    let value = request.eval(value)?;
    request.cx.tag(&name, &value);
    Ok(Exec::Next)
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Ok(Exec::Next)
}
