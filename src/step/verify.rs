//! `verify`: asks a credential store about a PIN.

use super::args::{Failure, Request};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Named, Needs, Outcome, Preset, Setting, Subject, When, Work};
use super::outcomes::FAILED;
use super::service;

pub const DECL: Decl = Decl {
    verb: "verify",
    summary: "Checks a PIN against a credential store.",
    docs: "The store counts wrong PINs across calls and locks by its own rules: a flow can neither \
           forget nor weaken them. Collect the PIN into a variable of type `secret`, which keeps it \
           out of records and prompts.",
    example: "flow main {\n  var account: digits\n  var pin: secret\n  step start {\n    answer\n    collect \
              account { ok -> next  exhausted { hangup } }\n    collect pin min 4 max 4 { ok -> next  exhausted \
              { hangup } }\n    verify members subject (account) pin (pin) {\n      ok     { say \"Thank you.\"  \
              hangup }\n      otherwise { hangup }\n    }\n  }\n}",
    subject: Subject::Named(Named::Credentials),
    settings: &[
        Setting::new("subject", Kind::Text, Preset::Required, "whose PIN it is, such as an account number"),
        Setting::new("pin", Kind::Pin, Preset::Required, "what was keyed"),
    ],
    outcomes: &[
        Outcome::new("ok", When::Always),
        Outcome::new("wrong", When::Always),
        Outcome::new("locked", When::Always),
        Outcome::new("error", When::Always).of(FAILED),
    ],
    needs: Needs::Nothing,
    effects: Effects { waits: true, ..Effects::NONE },
    work: Work::Act { exec, complete: service::complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let store = service::named(request)?;
    let spec = service::spec(request, &store, "ok", service::PROMPT_ANSWER_MS)?;
    service::begin(request, spec)
}
