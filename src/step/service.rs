//! What the statements share that ask the world for something that is no leg: the request, and the
//! outcome that comes back. Which statements those are is in their own files.

use std::sync::Arc;

use crate::call::leg::Name;
use crate::call::spec::{Completion, Outbound, Reach, ServiceSpec};

use super::args::{Failure, Request, SubjectArg, TargetArg, TargetValue};
use super::cx::Exec;
use super::decl::TargetKind;

/// How long the world may take for what needs nobody's patience but the caller's: to ask a store,
/// to note a wish.
pub const PROMPT_ANSWER_MS: u64 = 5_000;
/// What a service may take beyond the time that its settings give it, for its own beginning and end.
pub const GRACE_MS: u64 = 5_000;

/// A request about `subject` with every setting that has a value; `late` is `error`.
pub fn spec(
    request: &Request<'_>,
    subject: &str,
    usual: &'static str,
    deadline_ms: u64,
) -> Result<ServiceSpec, Failure> {
    Ok(ServiceSpec {
        verb: request.decl.verb,
        subject: Arc::from(subject),
        settings: request.facts()?.into(),
        first: None,
        meanwhile: None,
        outbound: Outbound::default(),
        usual,
        deadline_ms,
        late: "error",
    })
}

/// The bare name that the statement is about.
pub fn named(request: &Request<'_>) -> Result<Name, Failure> {
    match &request.args.subject {
        SubjectArg::Named(name) => Ok(Arc::clone(name)),
        _ => Err(Failure(format!("`{}` has no name", request.decl.verb))),
    }
}

/// Targets in words: `user us_dana, rota network`.
pub fn in_words(request: &Request<'_>, targets: &[TargetArg]) -> Result<String, Failure> {
    let mut words = Vec::with_capacity(targets.len());
    for target in targets {
        let value = match &target.value {
            TargetValue::Named(name) => Arc::clone(name),
            TargetValue::Dialled(value) => super::transfer::dialled(&request.eval(value)?)?,
        };
        words.push(format!("{} {value}", target.kind.name()));
    }
    Ok(words.join(", "))
}

/// Those of the targets that may be outside the building, under the policies in scope.
pub fn outbound(request: &Request<'_>, targets: &[TargetArg]) -> Result<Outbound, Failure> {
    let mut reaches = Vec::new();
    for target in targets {
        let tainted = target.tainted;
        match (target.kind, &target.value) {
            (TargetKind::Rota, TargetValue::Named(name)) => reaches.push(Reach::Rota(Arc::clone(name))),
            (TargetKind::Number, TargetValue::Dialled(value)) => {
                let number = super::transfer::dialled(&request.eval(value)?)?;
                reaches.push(Reach::Number { number, tainted });
            }
            (TargetKind::Pstn | TargetKind::Sip, TargetValue::Dialled(value)) => {
                let number = super::transfer::dialled(&request.eval(value)?)?;
                reaches.push(Reach::Outside { number, tainted });
            }
            _ => {}
        }
    }
    Ok(Outbound { reaches: reaches.into(), guards: (request.guards)(), later: false })
}

/// Begins it; [`complete`] follows.
pub fn begin(request: &mut Request<'_>, spec: ServiceSpec) -> Result<Exec, Failure> {
    request.cx.service(spec);
    Ok(Exec::Sleep)
}

/// The outcome that the world gave.
pub fn complete(request: &mut Request<'_>, completion: Completion) -> Result<Exec, Failure> {
    match completion {
        Completion::Served { outcome, value } => {
            let terminal = request.decl.outcome(&outcome).is_some_and(|(_, o)| o.terminal);
            Ok(if terminal { Exec::End } else { Exec::Outcome { name: outcome, value } })
        }
        _ => Err(Failure(format!("`{}` ended without an outcome", request.decl.verb))),
    }
}
