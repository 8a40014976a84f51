//! `http`: asks a web service.

use crate::base::value::{Type, Value};

use super::args::{Failure, Request, SubjectArg};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Needs, Outcome, Preset, Setting, Subject, When, Work};
use super::outcomes::FAILED;
use super::service;

pub const DECL: Decl = Decl {
    verb: "http",
    summary: "Asks a web service, by `get` or `post`.",
    docs: "The address is written out up to the end of the host: a caller must not choose whom the \
           site talks to. The reply is JSON; `reply` is what it holds, so that `reply.balance` is a \
           field of it, and counts as the caller's words: it is never a number to dial nor a header. \
           `rejected` is a status from 400 to 499. A secret may stand in `body` only; `auth` names \
           one that is sent as a bearer token. A `post` is tried again only with `once`, a text by \
           which the service tells a second try from a second order.",
    example: "flow main {\n  step start {\n    answer\n    http get \"https://crm.example/callers\" query (#{number: \
              caller.number}) auth \"env:CRM_KEY\" timeout 2s {\n      ok(reply) { say \"Welcome, ${reply.name}.\"  \
              hangup }\n      otherwise { hangup }\n    }\n  }\n}",
    subject: Subject::Web,
    settings: &[
        Setting::new("query", Kind::Map, Preset::None, "what is added to the address, escaped"),
        Setting::new("body", Kind::Body, Preset::None, "what is posted: a map as JSON, a text as it is"),
        Setting::new("headers", Kind::Map, Preset::None, "further headers; none of the caller's words"),
        Setting::new("auth", Kind::Reference, Preset::None, "where the bearer token is kept"),
        Setting::new("timeout", Kind::Duration, Preset::Ms(3_000), "how long one try may take"),
        Setting::new("retry", Kind::Count { min: 0, max: 5 }, Preset::Count(0), "further tries"),
        Setting::new("once", Kind::Text, Preset::None, "sent as `Idempotency-Key`"),
        Setting::new("silence", Kind::Prompts, Preset::None, "what the caller hears meanwhile"),
    ],
    outcomes: &[
        Outcome::new("ok", When::Always).binding(Type::Map).tainted(),
        Outcome::new("rejected", When::Always).binding(Type::Number),
        Outcome::new("timeout", When::Always).of(FAILED),
        Outcome::new("error", When::Always).of(FAILED),
        Outcome::new("bad_body", When::Always).of(FAILED),
    ],
    needs: Needs::Nothing,
    effects: Effects { waits: true, ..Effects::NONE },
    work: Work::Act { exec, complete: service::complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Web { method, url } = &request.args.subject else {
        return Err(Failure("`http` has no address".to_owned()));
    };
    let url = match request.eval(url)? {
        Value::Text(url) => url,
        _ => return Err(Failure("the address of `http` is not a text".to_owned())),
    };
    let tries = u64::from(request.count("retry")?).saturating_add(1);
    let longest = request.duration_ms("timeout")?.saturating_mul(tries).saturating_add(service::GRACE_MS);
    let mut spec = service::spec(request, &format!("{method} {url}"), "ok", longest)?;
    if let Some((key, _)) = spec.settings.iter().find(|(key, value)| *key != "body" && holds_secret(value)) {
        return Err(Failure(format!("a secret cannot be in `{key}`")));
    }
    spec.meanwhile = request.prompts("silence")?;
    spec.late = "timeout";
    service::begin(request, spec)
}

/// Whether a secret is in it at any depth.
fn holds_secret(value: &Value) -> bool {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Secret(_) => return true,
            Value::List(items) => open.extend(items.iter()),
            Value::Map(entries) => open.extend(entries.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
    false
}
