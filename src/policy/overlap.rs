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

/// Codes that one plan gives two meanings, told together.
struct Clash {
    severity: Severity,
    /// `an extension`, and what they are together with.
    kinds: (&'static str, &'static str),
    effect: &'static str,
    at: Span,
    digits: Vec<String>,
}

impl Policy {
    /// Every code that is also an extension or a code of another kind, with what it loses to.
    ///
    /// `whole` is where to point if the key itself is not in the file.
    pub fn overlaps(&self, whole: Span) -> Vec<Diagnostic> {
        let plan = &self.dial_plan;
        let place = |path: &str| self.places.get(path).copied().unwrap_or(whole);
        let is_extension = |digits: &str| plan.internal.matches(digits) == Matched::Yes;
        let nanp = plan.home_region.is_some_and(|r| r.country_code() == 1);
        let mut found: Vec<Clash> = Vec::new();
        for code in plan.emergency.codes() {
            // There 112 is taken for the sake of mobiles alone, and plans have it among extensions.
            if is_extension(code) && !(nanp && code == "112") {
                taken(&mut found, code, ("an extension", "an emergency code"), place("dial_plan.internal"));
            }
            let with_line = plan.outside_line.as_ref().map(|line| format!("{line}{code}"));
            if let Some(dialed) = with_line.filter(|d| is_extension(d)) {
                let kinds = ("an extension", "the outside line with an emergency code");
                taken(&mut found, &dialed, kinds, place("dial_plan.internal"));
            }
            if self.allowed_short_codes.contains(code) {
                let at = place("number.allowed_short_codes");
                taken(&mut found, code, ("a short code", "an emergency code"), at);
            }
        }
        let lost = |kinds, effect| Clash {
            severity: Severity::Error,
            kinds,
            effect,
            at: place("dial_plan.internal"),
            digits: Vec::new(),
        };
        for code in self.allowed_short_codes.iter().filter(|code| is_extension(code)) {
            let kinds = ("an extension", "a short code");
            add(&mut found, code, lost(kinds, "the extension is dialed, the short code never"));
        }
        for code in NANP_SERVICE_CODES.into_iter().filter(|_| nanp) {
            let named = self.allowed_short_codes.contains(code) || plan.emergency.contains(code);
            if !named && is_extension(code) {
                let kinds = ("an extension", "a service code");
                add(&mut found, code, lost(kinds, "the extension is dialed, the service never"));
            }
        }
        found.into_iter().map(Clash::told).collect()
    }
}

fn taken(found: &mut Vec<Clash>, digits: &str, kinds: (&'static str, &'static str), at: Span) {
    let effect = "emergency is always dialed";
    add(found, digits, Clash { severity: Severity::Warning, kinds, effect, at, digits: Vec::new() });
}

fn add(found: &mut Vec<Clash>, digits: &str, clash: Clash) {
    match found.iter_mut().find(|c| c.kinds == clash.kinds && c.at == clash.at) {
        Some(same) => same.digits.push(digits.to_owned()),
        None => found.push(Clash { digits: vec![digits.to_owned()], ..clash }),
    }
}

impl Clash {
    fn told(self) -> Diagnostic {
        let (one, other) = self.kinds;
        let quoted: Vec<String> = self.digits.iter().map(|d| format!("`{d}`")).collect();
        let (codes, what) = match quoted.as_slice() {
            [code] => (code.clone(), format!("is both {one} and {other}")),
            _ => (quoted.join(", "), format!("are each both {one} and {other}")),
        };
        let found = Diagnostic::error(RULE, self.at, format!("{codes} {what}"))
            .label(self.effect)
            .help(format!("leave {codes} out of one of them"));
        Diagnostic { severity: self.severity, ..found }
    }
}
