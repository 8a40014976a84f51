//! All statements, in the order of the language's table (language.md §5).

use super::decl::{Decl, Work};
use super::{answer, collect, control, guard, hangup, later, menu, play, reject, tag, transfer, wait};

static RUN: [Decl; 14] = [
    answer::DECL,
    reject::DECL,
    hangup::DECL,
    play::DECL,
    menu::DECL,
    collect::DECL,
    wait::DECL,
    transfer::DECL,
    control::IF,
    control::SWITCH,
    control::SET,
    tag::DECL,
    guard::DECL,
    control::GOTO,
];

static LATER: [Decl; 20] = later::LATER;

/// Every statement of the language, those first that this version runs.
pub fn all() -> impl Iterator<Item = &'static Decl> {
    RUN.iter().chain(LATER.iter())
}

/// Every statement that this version runs.
pub fn available() -> impl Iterator<Item = &'static Decl> {
    RUN.iter()
}

pub fn find(verb: &str) -> Option<&'static Decl> {
    all().find(|d| d.verb == verb)
}

/// Whether the language has this verb and this version does not run it.
pub fn is_later(verb: &str) -> bool {
    find(verb).is_some_and(|d| matches!(d.work, Work::Later))
}
