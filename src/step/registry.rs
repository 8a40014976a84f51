//! All statements, in the order of the language's table (language.md §5).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::decl::{Decl, Work};
use super::{
    answer, branch, collect, goto, guard, hangup, hours, later, lookup, menu, play, reject, set, switch, tag, transfer,
    wait,
};

static RUN: [Decl; 16] = [
    answer::DECL,
    reject::DECL,
    hangup::DECL,
    play::DECL,
    menu::DECL,
    collect::DECL,
    wait::DECL,
    transfer::DECL,
    branch::DECL,
    switch::DECL,
    hours::DECL,
    set::DECL,
    tag::DECL,
    lookup::DECL,
    guard::DECL,
    goto::DECL,
];

static LATER: [Decl; 18] = later::LATER;

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

/// The settings of a verb in the order that `fmt` writes them; empty for an unknown verb.
pub fn setting_order(verb: &str) -> &'static [&'static str] {
    static ORDER: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
        let run = RUN.iter().map(|d| (d.verb, d.settings.iter().map(|s| s.key).collect()));
        let later = later::SETTINGS.iter().map(|(verb, keys)| (*verb, keys.to_vec()));
        run.chain(later).collect()
    });
    ORDER.get(verb).map_or(&[], Vec::as_slice)
}

/// Whether the language has this verb and this version does not run it.
pub fn is_later(verb: &str) -> bool {
    find(verb).is_some_and(|d| matches!(d.work, Work::Later))
}
