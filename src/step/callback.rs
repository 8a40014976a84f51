//! `callback`: promises to call back.

use crate::base::value::{Type, Value};
use crate::call::spec::{Outbound, Reach};

use super::args::{Failure, Request, SubjectArg};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Named, Needs, Outcome, Preset, Setting, Subject, When, Work};
use super::outcomes::{FAILED, REFUSED};
use super::service;

pub const DECL: Decl = Decl {
    verb: "callback",
    summary: "Promises to call a number back when an agent is free.",
    docs: "The number is the caller's own, `(caller.number)`, or a variable of type `phone`, which \
           `collect` fills. Any other text is refused: a caller must not choose by a name or a web \
           reply what is dialled. The guard in scope decides now, and again when the call is placed. \
           With `keep_place` the caller keeps the place in the queue.",
    example: "flow main {\n  guard standard\n  step start {\n    answer\n    callback (caller.number) queue sales \
              retries 2 {\n      accepted  { say \"We call you back.\"  hangup }\n      otherwise { hangup }\n    }\n  }\n}",
    subject: Subject::Phone,
    settings: &[
        Setting::new("queue", Kind::Named(Named::Queue), Preset::None, "whose agents call back"),
        Setting::new("keep_place", Kind::Bool, Preset::Bool(true), "whether the caller keeps the place in the queue"),
        Setting::new("retries", Kind::Count { min: 0, max: 9 }, Preset::Count(2), "further tries if nobody answers"),
        Setting::new("gap", Kind::Duration, Preset::Ms(600_000), "from one try to the next"),
        Setting::new("window", Kind::Named(Named::Hours), Preset::None, "the hours in which to call; without it any"),
    ],
    outcomes: &[
        Outcome::new("accepted", When::Always),
        Outcome::new("duplicate", When::Always),
        Outcome::new("denied", When::OutsideLeg).of(REFUSED).binding(Type::Text),
        Outcome::new("limit", When::Always).of(REFUSED),
        Outcome::new("loop", When::Always).of(REFUSED),
        Outcome::new("invalid_number", When::Always).of(REFUSED),
        Outcome::new("not_found", When::Always).of(REFUSED),
        Outcome::new("error", When::Always).of(FAILED),
    ],
    needs: Needs::Nothing,
    effects: Effects { places_leg: true, waits: true, ..Effects::NONE },
    work: Work::Act { exec, complete: service::complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Phone { number, is_caller } = &request.args.subject else {
        return Err(Failure("`callback` has no number".to_owned()));
    };
    let number = match request.eval(number)? {
        Value::Phone(number) => Some(number),
        Value::Text(own) if *is_caller => request.cx.phone(&own),
        other => {
            let have = other.type_of().map_or("no value", Type::name);
            return Err(Failure(format!("`callback` needs a telephone number, but has {have}")));
        }
    };
    let Some(number) = number else {
        return Ok(Exec::Outcome { name: "invalid_number".into(), value: None });
    };
    let mut spec = service::spec(request, &number, "accepted", service::PROMPT_ANSWER_MS)?;
    // The caller chose it, and may: it has the type of a number, and the policies decide.
    let reaches = [Reach::Outside { number, tainted: false }];
    spec.outbound = Outbound { reaches: reaches.into(), guards: (request.guards)(), later: true };
    service::begin(request, spec)
}
