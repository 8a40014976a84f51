//! `reject busy | declined | not_found`: refuses a call that was not answered.

use crate::call::spec::{Completion, RejectReason};

use super::args::{Failure, Request, SubjectArg};
use super::cx::Exec;
use super::decl::{Decl, Effects, Needs, Subject, Work};

const REASONS: &[&str] = &["busy", "declined", "not_found"];

pub const DECL: Decl = Decl {
    verb: "reject",
    summary: "Refuses the call before it is answered; the flow ends.",
    docs: "The caller's telephone company hears the reason: `busy` (486), `declined` (603) or \
           `not_found` (404). An answered call cannot be refused any more: use `hangup`.",
    example: "flow main { step start { if (caller.anonymous) { reject declined }  answer  hangup } }",
    subject: Subject::Word(REASONS),
    settings: &[],
    outcomes: &[],
    needs: Needs::Unanswered,
    effects: Effects { ends: true, ..Effects::NONE },
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let reason = match request.args.subject {
        SubjectArg::Word("busy") => RejectReason::Busy,
        SubjectArg::Word("not_found") => RejectReason::NotFound,
        _ => RejectReason::Declined,
    };
    request.cx.reject(reason);
    Ok(Exec::End)
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Ok(Exec::End)
}
