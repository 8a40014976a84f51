//! Causes, outcomes and statuses in terms of each other.

use crate::call::cause::CauseKind;
use crate::call::spec::Target;

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
