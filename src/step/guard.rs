//! `guard`: puts the rest of a step under a policy, or asks one.

use std::sync::Arc;

use crate::base::value::{Type, Value};
use crate::call::spec::Completion;

use super::args::{Failure, Request, SubjectArg, TargetValue};
use super::cx::Exec;
use super::decl::{Decl, Effects, Needs, Outcome, Subject, When, Work};

pub const DECL: Decl = Decl {
    verb: "guard",
    summary: "Puts the rest of the step under a fraud policy, or asks the policy about a number.",
    docs: "`guard strict` covers the step from here on: every outside leg must be allowed by every \
           guard in scope. `guard strict to number (n) { .. }` asks and places nothing; the real leg \
           is asked again. In a flow's header `guard` covers the whole flow.",
    example: "flow main {\n  step start {\n    guard standard\n    transfer to pstn \"+442071838750\" { otherwise { hangup } }\n  }\n}",
    subject: Subject::Guard,
    settings: &[],
    outcomes: &[Outcome::new("allowed", When::Ask), Outcome::new("denied", When::Ask).binding(Type::Text)],
    needs: Needs::Nothing,
    effects: Effects::NONE,
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Ask { policy, target } = &request.args.subject else {
        return Err(Failure("`guard` has nothing to ask about".to_owned()));
    };
    let TargetValue::Dialled(value) = &target.value else {
        return Err(Failure("a policy is asked about numbers only".to_owned()));
    };
    let number = super::transfer::dialled(&request.eval(value)?)?;
    let (policy, tainted) = (Arc::clone(policy), target.tainted);
    request.cx.ask_guard(policy, number, tainted);
    Ok(Exec::Sleep)
}

fn complete(_: &mut Request<'_>, completion: Completion) -> Result<Exec, Failure> {
    match completion {
        Completion::Outcome { name, value } => {
            Ok(Exec::Outcome { name: Arc::from(name), value: value.map(Value::Text) })
        }
        _ => Err(Failure("the policy gave no answer".to_owned())),
    }
}
