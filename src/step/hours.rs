//! `hours NAME`: goes by opening hours, at the instant that the call is there.

use std::sync::Arc;

use crate::base::value::{Type, Value};
use crate::call::spec::Completion;
use crate::schedule::State;

use super::args::{Failure, Request, SubjectArg};
use super::cx::Exec;
use super::decl::{Decl, Effects, Named, Needs, Outcome, Subject, When, Work};

pub const DECL: Decl = Decl {
    verb: "hours",
    summary: "Goes by opening hours of the site.",
    docs: "The hours are the site's, under `hours:`. `open` also takes `forced_open`, and `closed` also takes \
           `holiday` and `forced_closed`, where these have no arm of their own. `holiday(name)` is: closed, on a \
           holiday, and its name.",
    example: "flow main {\n  step start {\n    answer\n    hours office {\n      open          -> desk\n      holiday(name) { \
              tag holiday (name)  play \"sorry\"  hangup }\n      closed        { play \"goodbye\"  hangup }\n    }\n  }\n  \
              step desk { transfer to queue sales { otherwise { hangup } } }\n}",
    subject: Subject::Named(Named::Hours),
    settings: &[],
    outcomes: &[
        Outcome::new("open", When::Always),
        Outcome::new("forced_open", When::Always).of("open"),
        Outcome::new("closed", When::Always),
        Outcome::new("holiday", When::Always).of("closed").binding(Type::Text),
        Outcome::new("forced_closed", When::Always).of("closed"),
    ],
    needs: Needs::Nothing,
    effects: Effects::NONE,
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Named(name) = &request.args.subject else {
        return Err(Failure("`hours` names no opening hours".to_owned()));
    };
    let Some(state) = request.cx.hours(name) else {
        return Err(Failure(format!("the site has no opening hours `{name}` any more")));
    };
    let outcome = Arc::from(state.outcome());
    let value = match state {
        State::Holiday(holiday) => Some(Value::Text(holiday)),
        _ => None,
    };
    Ok(Exec::Outcome { name: outcome, value })
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Err(Failure("`hours` waits for nothing".to_owned()))
}
