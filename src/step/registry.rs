//! All statements, in the order of the language's table (language.md §5).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::decl::Decl;
use super::{
    answer, branch, callback, collect, conference, enqueue, give, goto, guard, hangup, hold, hours, http, lookup, menu,
    music, notify, park, play, record, reject, ring, run, say, send_digits, set, split, switch, tag, transfer, unhold,
    verify, voicemail, wait,
};

static ALL: [Decl; 34] = [
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
    split::DECL,
    set::DECL,
    tag::DECL,
    lookup::DECL,
    http::DECL,
    notify::DECL,
    run::DECL,
    give::DECL,
    guard::DECL,
    goto::DECL,
];

/// Every statement of the language.
pub fn all() -> impl Iterator<Item = &'static Decl> {
    ALL.iter()
}

pub fn find(verb: &str) -> Option<&'static Decl> {
    all().find(|d| d.verb == verb)
}

/// The settings of a verb in the order that `fmt` writes them; empty for an unknown verb.
pub fn setting_order(verb: &str) -> &'static [&'static str] {
    static ORDER: LazyLock<BTreeMap<&str, Vec<&str>>> =
        LazyLock::new(|| ALL.iter().map(|d| (d.verb, d.settings.iter().map(|s| s.key).collect())).collect());
    ORDER.get(verb).map_or(&[], Vec::as_slice)
}
