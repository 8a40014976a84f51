//! `menu`: a prompt and a choice of keys.

use std::sync::Arc;

use crate::base::value::{Type, Value};
use crate::call::spec::{Accept, CollectSpec, Collected, Completion};

use super::args::{Failure, Request, SubjectArg};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Needs, Outcome, Preset, Setting, Subject, When, Work};
use super::outcomes::EXHAUSTED;

/// What one of its outcomes is called when the caller dialled an extension.
pub const EXTENSION: &str = "extension";

pub const DECL: Decl = Decl {
    verb: "menu",
    summary: "Plays a prompt and goes where the caller's key says.",
    docs: "An arm is a key or several (`1`, `*`, `10xx`, where `x` is any digit); `extension(to)` \
           takes an extension of the site's directory. After `tries` silent or wrong entries the \
           outcome is `timeout` or `invalid`, of the last try; `exhausted` is both.",
    example: "flow main {\n  step start { answer  -> choose }\n  step choose {\n    menu \"main-menu\" tries 2 {\n      \
              1 { play \"thanks\"  hangup }\n      exhausted { hangup }\n    }\n  }\n}",
    subject: Subject::Prompts,
    settings: &[
        Setting::new("timeout", Kind::Duration, Preset::Ms(5_000), "from the end of the prompt to the first key"),
        Setting::new("inter_digit", Kind::Duration, Preset::Ms(2_000), "from one key to the next"),
        Setting::new(
            "tries",
            Kind::Count { min: 1, max: 9 },
            Preset::Count(3),
            "silent or wrong entries until it gives up",
        ),
        Setting::new("invalid", Kind::Prompts, Preset::None, "heard after a wrong entry; without it the prompt again"),
        Setting::new("silent", Kind::Prompts, Preset::None, "heard after silence; without it the prompt again"),
        Setting::new("end", Kind::Key, Preset::Text("#"), "the key that ends an entry"),
        Setting::new("barge_in", Kind::Bool, Preset::Bool(true), "whether a key stops the prompt"),
    ],
    outcomes: &[
        Outcome::new(EXTENSION, When::ExtensionArm).binding(Type::Extension),
        Outcome::new("timeout", When::Always).of(EXHAUSTED),
        Outcome::new("invalid", When::Always).of(EXHAUSTED),
    ],
    needs: Needs::Answered,
    effects: Effects { waits: true, speaks: true, ..Effects::NONE },
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Prompts(list) = &request.args.subject else {
        return Err(Failure("`menu` has no prompt".to_owned()));
    };
    let patterns = Arc::clone(&request.args.patterns);
    let extensions = Arc::clone(&request.args.extensions);
    let end = request.key("end")?;
    let spec = CollectSpec {
        prompt: request.in_language(list)?,
        invalid: request.prompts("invalid")?,
        silent: request.prompts("silent")?,
        // A key that is itself a choice cannot end an entry.
        end: end.filter(|c| !patterns.iter().any(|p| p.contains(*c))),
        accept: Accept::Keys { patterns, extensions },
        timeout_ms: request.duration_ms("timeout")?,
        inter_digit_ms: request.duration_ms("inter_digit")?,
        tries: request.count("tries")?,
        barge_in: request.flag("barge_in")?,
        hidden: false,
    };
    request.cx.collect(spec);
    Ok(Exec::Sleep)
}

fn complete(request: &mut Request<'_>, completion: Completion) -> Result<Exec, Failure> {
    let outcome = |name: &str, value| Ok(Exec::Outcome { name: Arc::from(name), value });
    match completion {
        Completion::Collected(Collected::Key { pattern, keys }) => match request.args.patterns.get(pattern) {
            Some(name) => Ok(Exec::Outcome { name: Arc::clone(name), value: Some(Value::Digits(keys)) }),
            None => Err(Failure(format!("the menu has no choice number {pattern}"))),
        },
        Completion::Collected(Collected::Extension(to)) => outcome(EXTENSION, Some(Value::Extension(to))),
        Completion::Collected(Collected::Timeout) => outcome("timeout", None),
        Completion::Collected(Collected::Invalid) => outcome("invalid", None),
        Completion::Outcome { name, .. } => outcome(name, None),
        Completion::Done
        | Completion::Collected(Collected::Digits(_))
        | Completion::Served { .. }
        | Completion::QueueKey { .. } => Err(Failure("the menu ended without a choice".to_owned())),
    }
}
