//! All statements, in the order of the language's table (language.md §5).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::decl::{Decl, Work};
use super::{
    answer, branch, callback, collect, conference, enqueue, goto, guard, hangup, hold, hours, http, later, lookup,
    menu, music, notify, park, play, record, reject, ring, say, send_digits, set, switch, tag, transfer, unhold,
    verify, voicemail, wait,
};

static RUN: [Decl; 31] = [
    answer::DECL,
    reject::DECL,
    hangup::DECL,
    play::DECL,
    say::DECL,
    menu::DECL,
    collect::DECL,
    verify::DECL,
    record::DECL,
    voicemail::DECL,
    wait::DECL,
    send_digits::DECL,
    music::DECL,
    hold::DECL,
    unhold::DECL,
    ring::DECL,
    transfer::DECL,
    enqueue::DECL,
    callback::DECL,
    park::DECL,
    conference::DECL,
    branch::DECL,
    switch::DECL,
    hours::DECL,
    set::DECL,
    tag::DECL,
    lookup::DECL,
    http::DECL,
    notify::DECL,
    guard::DECL,
    goto::DECL,
];

static LATER: [Decl; 3] = later::LATER;

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
