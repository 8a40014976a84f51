//! Statements that are alike: what each needs, and how each is left.

use strowger::syntax::ast::*;

use super::{Known, Line, Walker};

/// What the caller hears, or is heard by.
const NEED_ANSWER: [&str; 12] = [
    "collect",
    "conference",
    "hold",
    "menu",
    "music",
    "park",
    "play",
    "record",
    "say",
    "send_digits",
    "unhold",
    "voicemail",
];

impl<'a> Walker<'a> {
    pub(super) fn verb(&mut self, action: &'a Action, place: usize, mut known: Known) -> Vec<Known> {
        let verb = action.verb.value.as_str();
        if NEED_ANSWER.contains(&verb) && known.line == Line::Unanswered {
            self.found.insert(("play-before-answer", place));
            known.line = Line::Complained;
        }
        let leaves = match &action.subject {
            Subject::Ring { targets, .. } => targets.iter().any(|t| matches!(t.kind.value.as_str(), "number" | "pstn")),
            _ => verb == "callback",
        };
        if leaves && !known.guarded {
            self.found.insert(("unguarded-external-leg", place));
        }
        let value = match &action.subject {
            Subject::Value(value) | Subject::Pair { value, .. } => Some(value),
            _ => None,
        };
        // With arms, one of them takes what fails.
        for value in value.into_iter().chain(action.settings.iter().map(|s| &s.value)) {
            self.computes(value, &known, action.arms.is_none());
        }
        let resumes = action.settings.iter().any(|s| s.key.value == "resume");
        if verb == "park" || verb == "enqueue" && !resumes {
            self.ends_here();
        }
        let talked = match verb {
            "ring" => Some("answered"),
            "conference" => Some("ended"),
            _ => resumes.then_some("ended"),
        };
        match &action.arms {
            None => vec![known],
            Some(arms) => self.arms(action, arms, talked, &known),
        }
    }

    /// The arms of a statement; `talked` is the outcome by which somebody has talked to the caller.
    fn arms(&mut self, action: &Action, arms: &'a [Arm], talked: Option<&str>, known: &Known) -> Vec<Known> {
        let has = |arm: &Arm, word: &str| arm.labels.iter().any(|l| l.kind == LabelKind::Outcome(word.to_owned()));
        let named = talked.is_some_and(|talked| arms.iter().any(|arm| has(arm, talked)));
        let mut out = Vec::new();
        for arm in arms {
            let mut known = known.clone();
            if is_timed(arm) {
                // Its end is in the queue again, where nothing else is known than before.
                self.body(&arm.body, known);
                continue;
            }
            if let (true, "collect", Subject::Value(Value { value: ValueKind::Name(into), .. })) =
                (has(arm, "ok"), action.verb.value.as_str(), &action.subject)
            {
                known.set.extend(self.variables.iter().position(|(n, _)| n == into));
            }
            let with = Known { line: Line::Answered, ..known.clone() };
            match talked {
                Some(talked) if has(arm, talked) => {
                    out.extend(self.body(&arm.body, with));
                    if arm.labels.len() == 1 {
                        continue;
                    }
                }
                Some(_) if !named && has(arm, "otherwise") => out.extend(self.body(&arm.body, with)),
                _ => {}
            }
            out.extend(self.body(&arm.body, known));
        }
        out
    }
}

/// Runs while the caller waits.
pub(super) fn is_timed(arm: &Arm) -> bool {
    arm.labels.iter().any(|l| matches!(l.kind, LabelKind::Every(_) | LabelKind::After(_)))
}
