//! Statements of the language that this version does not run: known by name, so that using one is
//! a clear error and never "unknown".

use super::decl::{Decl, Effects, Needs, Subject, Work};

/// `instead` is what an author can do until then; it is the help of the error.
const fn later(verb: &'static str, summary: &'static str, instead: &'static str) -> Decl {
    Decl {
        verb,
        summary,
        docs: instead,
        example: "",
        subject: Subject::Shape,
        settings: &[],
        outcomes: &[],
        needs: Needs::Nothing,
        effects: Effects::NONE,
        work: Work::Later,
    }
}

/// In the order of the language's table.
pub const LATER: [Decl; 3] = [
    later("split", "Goes by percentages.", "leave it out for now"),
    later("run", "Runs a subflow.", "write the steps of the subflow into this flow"),
    later("return", "Ends a subflow with an outcome.", "write the steps of the subflow into the flow that needs them"),
];

/// Their settings, in the order that `fmt` writes them (language.md §5).
pub const SETTINGS: [(&str, &[&str]); 1] = [("split", &["sticky"])];
