//! `collect`: asks the caller for digits and keeps them in a variable.

use std::sync::Arc;

use crate::base::value::{Type, Value};
use crate::call::spec::{Accept, CollectSpec, Collected, Completion};

use super::args::{Failure, Request};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Needs, Outcome, Preset, Setting, Subject, When, Work};
use super::outcomes::EXHAUSTED;

/// Digits of one entry; longer than any account or telephone number.
const MAX_DIGITS: i64 = 64;

pub const DECL: Decl = Decl {
    verb: "collect",
    summary: "Asks the caller for digits and sets a variable to them.",
    docs: "What a caller keys is `digits`: it may be compared, spoken and tagged, and is never a \
           number to dial. A variable of type `secret` keeps it out of records and prompts; one of type `phone` \
           takes a telephone number as the site's policies write it, and anything else is `invalid`. \
           The variable is set when the outcome is `ok` and keeps its value otherwise.",
    example: "flow main {\n  var account: digits\n  step start {\n    answer\n    collect account prompt \
              \"your-account\" min 6 max 8 { ok -> next  exhausted { hangup } }\n    tag account (account)\n    hangup\n  }\n}",
    subject: Subject::Variable(&[Type::Digits, Type::Secret, Type::Phone]),
    settings: &[
        Setting::new("prompt", Kind::Prompts, Preset::None, "heard before each try"),
        Setting::new(
            "min",
            Kind::Count { min: 1, max: MAX_DIGITS },
            Preset::Count(1),
            "the fewest digits that are right",
        ),
        Setting::new("max", Kind::Count { min: 1, max: MAX_DIGITS }, Preset::Count(32), "as many end the entry"),
        Setting::new("end", Kind::Key, Preset::Text("#"), "the key that ends an entry"),
        Setting::new("timeout", Kind::Duration, Preset::Ms(8_000), "from the end of the prompt to the first key"),
        Setting::new("inter_digit", Kind::Duration, Preset::Ms(3_000), "from one key to the next"),
        Setting::new(
            "tries",
            Kind::Count { min: 1, max: 9 },
            Preset::Count(3),
            "silent or wrong entries until it gives up",
        ),
        Setting::new("invalid", Kind::Prompts, Preset::None, "heard after a wrong entry; without it the prompt again"),
    ],
    outcomes: &[
        Outcome::new("ok", When::Always),
        Outcome::new("timeout", When::Always).of(EXHAUSTED),
        Outcome::new("invalid", When::Always).of(EXHAUSTED),
    ],
    needs: Needs::Answered,
    effects: Effects { waits: true, speaks: true, ..Effects::NONE },
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let (min, max) = (request.count("min")?, request.count("max")?);
    if min > max {
        return Err(Failure(format!("`collect` wants at least {min} and at most {max} digits")));
    }
    let spec = CollectSpec {
        prompt: request.prompts("prompt")?.unwrap_or_default(),
        invalid: request.prompts("invalid")?,
        silent: None,
        accept: Accept::Digits { min, max },
        end: request.key("end")?,
        timeout_ms: request.duration_ms("timeout")?,
        inter_digit_ms: request.duration_ms("inter_digit")?,
        tries: request.count("tries")?,
        barge_in: true,
        hidden: request.args.into == Some(Type::Secret),
    };
    request.cx.collect(spec);
    Ok(Exec::Sleep)
}

fn complete(request: &mut Request<'_>, completion: Completion) -> Result<Exec, Failure> {
    let outcome = |name: &str, value| Ok(Exec::Outcome { name: Arc::from(name), value });
    match completion {
        Completion::Collected(Collected::Digits(digits)) if request.args.into == Some(Type::Phone) => {
            match request.cx.phone(&digits) {
                Some(number) => outcome("ok", Some(Value::Phone(number))),
                None => outcome("invalid", None),
            }
        }
        Completion::Collected(Collected::Digits(digits)) => outcome("ok", Some(Value::Digits(digits))),
        Completion::Collected(Collected::Timeout) => outcome("timeout", None),
        Completion::Collected(Collected::Invalid) => outcome("invalid", None),
        Completion::Outcome { name, .. } => outcome(name, None),
        _ => Err(Failure("`collect` ended without digits".to_owned())),
    }
}
