//! Causes, outcomes and statuses in terms of each other.

use std::sync::Arc;

use crate::base::id::DecisionId;
use crate::call::cause::{Cause, CauseKind};
use crate::call::order::Refused;
use crate::call::spec::Target;

/// Why there is no transfer: an outcome of the statement and the value it binds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    pub outcome: &'static str,
    pub value: Option<Arc<str>>,
    /// What the far end itself said, where it did.
    pub cause: Option<Cause>,
    /// What the policies said, where one of them refused.
    pub denial: Option<Box<Denial>>,
}

/// A refusal by policy, for those who may know its reasons.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Denial {
    pub reasons: Vec<Arc<str>>,
    pub decision: DecisionId,
}

impl Failure {
    pub fn new(outcome: &'static str) -> Self {
        Self { outcome, value: None, cause: None, denial: None }
    }

    /// With the reason in words.
    pub fn because(outcome: &'static str, why: &str) -> Self {
        Self { value: Some(Arc::from(why)), ..Self::new(outcome) }
    }

    /// Why, for a person: what is known of it, or what its outcome means.
    pub fn words(&self) -> &str {
        self.value.as_deref().unwrap_or_else(|| words_of(self.outcome))
    }

    /// As the API is told of it, where nothing has happened to the call.
    pub fn refused(&self) -> Refused {
        match (&self.denial, self.outcome) {
            (Some(denial), outcome) if outcome != "invalid_number" => {
                Refused::Denied { reasons: denial.reasons.clone(), decision: Some(denial.decision) }
            }
            (_, outcome) => Refused::Target { outcome, detail: Arc::from(self.words()) },
        }
    }

    /// A leg failed.
    pub fn of_leg(cause: Cause, outside: bool) -> Self {
        // Our own cancelling tells nobody anything.
        let told = !matches!(cause.kind, CauseKind::Cancelled | CauseKind::Normal);
        Self { outcome: outcome_of(cause.kind, outside), value: None, cause: told.then_some(cause), denial: None }
    }

    /// What a caller or a transferor is told: the far end's own words, if it had any.
    pub fn cause(&self) -> Cause {
        self.cause.unwrap_or(Cause::new(cause_of(self.outcome)))
    }

    /// The same as a SIP status.
    pub fn status(&self) -> u16 {
        let cause = self.cause();
        cause.status.filter(|s| (400..700).contains(s)).unwrap_or(cause.status())
    }
}

/// The outcome that a leg's failure is.
pub fn outcome_of(cause: CauseKind, outside: bool) -> &'static str {
    match cause {
        CauseKind::NoAnswer | CauseKind::Cancelled => "no_answer",
        CauseKind::Busy => "busy",
        CauseKind::Declined => "declined",
        CauseKind::InvalidNumber if outside => "invalid_number",
        CauseKind::Offline if !outside => "offline",
        CauseKind::Unreachable | CauseKind::Overload | CauseKind::InvalidNumber | CauseKind::Offline => "unreachable",
        CauseKind::Normal | CauseKind::MediaTimeout | CauseKind::Error => "error",
    }
}

/// The outcome in the words of the statement: a number that turned out to be a user or a queue of
/// the site still ends as numbers do.
pub fn as_declared(target: &Target, outcome: &'static str) -> &'static str {
    let is_extension = matches!(target, Target::Extension(_));
    if !is_extension && !matches!(target, Target::Number { .. } | Target::Pstn { .. }) {
        return outcome;
    }
    match outcome {
        "timeout" => "no_answer",
        "full" => "busy",
        "offline" | "dnd" | "no_agents" | "closed" | "ewt_exceeded" if !is_extension => "unreachable",
        "no_agents" | "closed" | "ewt_exceeded" => "offline",
        other => other,
    }
}

/// What a caller or a transferor is told of an outcome.
pub fn cause_of(outcome: &str) -> CauseKind {
    match outcome {
        "no_answer" | "timeout" => CauseKind::NoAnswer,
        "busy" => CauseKind::Busy,
        "declined" | "denied" | "challenged" | "limit" | "loop" => CauseKind::Declined,
        "offline" | "dnd" | "no_agents" | "closed" => CauseKind::Offline,
        "invalid_number" | "not_found" => CauseKind::InvalidNumber,
        "unreachable" | "full" | "ewt_exceeded" => CauseKind::Unreachable,
        _ => CauseKind::Error,
    }
}

/// What an outcome means, in words.
fn words_of(outcome: &str) -> &'static str {
    match outcome {
        "no_answer" => "the target did not answer in time",
        "timeout" => "nobody of the queue took the call in time",
        "busy" => "the target is busy",
        "declined" => "the target declined the call",
        "offline" => "no telephone of the target is registered",
        "dnd" => "the target does not want to be disturbed",
        "no_agents" => "nobody works in the queue now",
        "closed" => "the queue is closed",
        "full" => "the queue is full",
        "ewt_exceeded" => "the queue would take too long",
        "loop" => "the call has been transferred too often, or to where it came from",
        "denied" => "the site's policy does not allow it",
        "challenged" => "the site's policy asks for a proof that was not given",
        "limit" => "a limit of the site's policy is reached",
        "invalid_number" => "the number does not exist or is incomplete",
        "not_found" => "the site has no such target",
        "unreachable" => "the target cannot be reached",
        "error" => "the call to the target failed",
        _ => "the target cannot be had",
    }
}
