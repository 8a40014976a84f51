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
pub const LATER: [Decl; 1] = [later(
    "lookup",
    "Looks a key up in a table.",
    "compare with a list of the site: `if (caller.number in vip_numbers)`",
)];

/// Their settings, in the order that `fmt` writes them (language.md §5).
pub const SETTINGS: [(&str, &[&str]); 1] = [("lookup", &["key", "timeout"])];
