//! Rules about exceptions, levels and the baseline.

use super::{About, Page};
use crate::base::diagnostic::Severity;

/// In the order of their names.
pub(super) static PAGES: [Page; 7] = [
    Page {
        name: "expired-exception",
        about: About::Flow,
        level: Severity::Error,
        what: "An exception holds until the day that it names.",
        why: "What was let pass for a time is still there, and somebody said that it would not be.",
        remedy: "Mend what it allowed and remove it, or decide anew until when.",
        good: "flow main {\n  step start { answer  hangup }\n  // allow(unreachable-step) until 2099-12-31: the campaign begins in May\n  step campaign { hangup }\n}\n",
        bad: "flow main {\n  step start { answer  hangup }\n  // allow(unreachable-step) until 2019-12-31: the campaign begins in May\n  step campaign { hangup }\n}\n",
    },
    Page {
        name: "malformed-exception",
        about: About::Flow,
        level: Severity::Error,
        what: "An exception says which rule, until when, and why: `allow(rule-name) until 2026-12-31: reason`.",
        why: "Who reads it later must be able to judge whether it still holds.",
        remedy: "Write the rule, the last day and the reason.",
        good: "flow main {\n  step start { answer  hangup }\n  // allow(unreachable-step) until 2099-12-31: the campaign begins in May\n  step campaign { hangup }\n}\n",
        bad: "flow main {\n  step start { answer  hangup }\n  // allow(unreachable-step): the campaign begins in May\n  step campaign { hangup }\n}\n",
    },
    Page {
        name: "refused-exception",
        about: About::Flow,
        level: Severity::Error,
        what: "An exception or baseline holds back only what a site may live with for a time.",
        why: "Toll fraud and blocked emergency calls are no matter of taste, and what cannot be read or run is not run.",
        remedy: "Mend what is reported, and remove the exception.",
        good: "flow main {\n  step start { answer  hangup }\n  // allow(unreachable-step) until 2099-12-31: the campaign begins in May\n  step campaign { hangup }\n}\n",
        bad: "flow main {\n  step start { answer  hangup }\n  // allow(unguarded-external-leg) until 2099-12-31: the campaign begins in May\n  step campaign { hangup }\n}\n",
    },
    Page {
        name: "refused-level",
        about: About::Site,
        level: Severity::Error,
        what: "A site lowers only rules that are a matter of judgement.",
        why: "A flow that breaks a rule about correctness is wrong; three rules protect from toll fraud or keep emergency calls possible.",
        remedy: "Remove the line.",
        good: "lint: {levels: {unreachable-step: info}}\n",
        bad: "lint: {levels: {unguarded-external-leg: off}}\n",
    },
    Page {
        name: "stale-baseline",
        about: About::Folder,
        level: Severity::Warning,
        what: "Every entry of the baseline still occurs.",
        why: "One that does not would hide the same mistake when it comes back.",
        remedy: "Write the baseline again: `strowger lint --write-baseline`.",
        good: "",
        bad: "",
    },
    Page {
        name: "unknown-rule",
        about: About::Flow,
        level: Severity::Error,
        what: "An exception or level names a rule that there is.",
        why: "With a misspelt name it does nothing.",
        remedy: "Correct the name; findings name their rule in their first line.",
        good: "flow main {\n  step start { answer  hangup }\n  // allow(unreachable-step) until 2099-12-31: the campaign begins in May\n  step campaign { hangup }\n}\n",
        bad: "flow main {\n  step start { answer  hangup }\n  // allow(unreachble-step) until 2099-12-31: the campaign begins in May\n  step campaign { hangup }\n}\n",
    },
    Page {
        name: "unused-exception",
        about: About::Flow,
        level: Severity::Warning,
        what: "An exception is about something that is found.",
        why: "Left behind, it would hide the next mistake of its line.",
        remedy: "Remove the exception.",
        good: "flow main {\n  step start { answer  hangup }\n  // allow(unreachable-step) until 2099-12-31: the campaign begins in May\n  step campaign { hangup }\n}\n",
        bad: "flow main {\n  step start { answer  -> start_2 }\n  // allow(unreachable-step) until 2099-12-31: the campaign begins in May\n  step start_2 { hangup }\n}\n",
    },
];
