//! Strings of digits that mean two things in one dial plan (lint rule L-115).
//!
//! Short and emergency codes are finite lists, so asking about each of them is the same as asking
//! about every string of digits, and exact. A code that is lost to an extension is an error. One
//! that an emergency code takes is a warning: the right call is made, only an extension is lost.

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::base::span::Span;

use super::model::Policy;
use super::pattern::Matched;

/// The rule's name.
pub const RULE: &str = "dialplan-overlap";
/// Service codes of the North American plan (N11), which people dial whether or not they are listed.
const NANP_SERVICE_CODES: [&str; 8] = ["211", "311", "411", "511", "611", "711", "811", "911"];

impl Policy {
    /// Every code that is also an extension or a code of another kind, with what it loses to.
    ///
    /// `whole` is where to point if the key itself is not in the file.
    pub fn overlaps(&self, whole: Span) -> Vec<Diagnostic> {
        let plan = &self.dial_plan;
        let place = |path: &str| self.places.get(path).copied().unwrap_or(whole);
        let is_extension = |digits: &str| plan.internal.matches(digits) == Matched::Yes;
        let mut found = Vec::new();
        for code in plan.emergency.codes() {
            if is_extension(code) {
                found.push(taken(code, "an extension", "an emergency code", place("dial_plan.internal")));
            }
            let with_line = plan.outside_line.as_ref().map(|line| format!("{line}{code}"));
            if let Some(dialed) = with_line.filter(|d| is_extension(d)) {
                let what = "the outside line with an emergency code";
                found.push(taken(&dialed, "an extension", what, place("dial_plan.internal")));
            }
            if self.allowed_short_codes.contains(code) {
                let at = place("number.allowed_short_codes");
                found.push(taken(code, "a short code", "an emergency code", at));
            }
        }
        for code in &self.allowed_short_codes {
            if is_extension(code) {
                let at = place("dial_plan.internal");
                found.push(both(
                    code,
                    "an extension",
                    "a short code",
                    at,
                    "the extension is dialed, the short code never",
                ));
            }
        }
        let nanp = plan.home_region.is_some_and(|r| r.country_code() == 1);
        for code in NANP_SERVICE_CODES.into_iter().filter(|_| nanp) {
            let named = self.allowed_short_codes.contains(code) || plan.emergency.contains(code);
            if !named && is_extension(code) {
                let at = place("dial_plan.internal");
                found.push(both(
                    code,
                    "an extension",
                    "a service code",
                    at,
                    "the extension is dialed, the service never",
                ));
            }
        }
        found
    }
}

fn taken(digits: &str, one: &str, other: &str, at: Span) -> Diagnostic {
    let lost = both(digits, one, other, at, "emergency is always dialed");
    Diagnostic { severity: Severity::Warning, ..lost }
}

fn both(digits: &str, one: &str, other: &str, at: Span, effect: &str) -> Diagnostic {
    Diagnostic::error(RULE, at, format!("`{digits}` is both {one} and {other}"))
        .label(effect)
        .help(format!("leave `{digits}` out of one of them"))
}
