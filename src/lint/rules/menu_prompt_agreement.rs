//! `menu-prompt-agreement`: the keys that a menu speaks of are those that it takes.

use std::collections::BTreeSet;

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::graph::FlowGraph;
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "menu-prompt-agreement",
    group: Group::Suspicious,
    what: "The keys that a menu speaks of are those that it takes.",
    why: "Who presses what the menu said and is told that it is wrong gives up. Of speech in English only: recordings, and words in other languages, are not read. A key that is not spoken of is information.",
    remedy: "Add the arm, or change the words.",
    good: example!("menu-prompt-agreement", "good"),
    bad: example!("menu-prompt-agreement", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let languages = context.languages_of(graph);
    if languages.is_some_and(|all| !all.keys().any(|language| nodes::is_english(language))) {
        return;
    }
    for (id, act) in nodes::acts(graph).filter(|(_, act)| act.decl.verb == "menu") {
        let (Some(text), Some(place)) = (nodes::known_words(act), graph.place(id)) else { continue };
        let spoken = keys_in(&text);
        if spoken.is_empty() {
            continue;
        }
        let takes = |key: char| {
            let first = |p: &str| p.starts_with(key) || (key.is_ascii_digit() && p.starts_with('x'));
            act.args.patterns.iter().any(|p| first(p))
        };
        for key in spoken.iter().copied().filter(|key| !takes(*key)) {
            found.push(
                Diagnostic::warning(
                    RULE.name,
                    place.span,
                    format!("the menu speaks of key `{key}`, and no arm takes it"),
                )
                .label("its words and its arms differ")
                .help(format!("add an arm `{key} -> STEP`, or change the words")),
            );
        }
        let unspoken = act.args.patterns.iter().filter_map(|p| single(p)).filter(|c| ('1'..='9').contains(c));
        for key in unspoken.filter(|key| !spoken.contains(key)) {
            let message = format!("the menu takes key `{key}` and does not speak of it");
            found.push(
                Diagnostic::new(RULE.name, Severity::Info, place.span, message)
                    .label("its words and its arms differ")
                    .help(format!("say what key `{key}` does, or remove its arm")),
            );
        }
    }
}

fn single(pattern: &str) -> Option<char> {
    let mut chars = pattern.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// The keys that a text tells to press: after `press`, and after a comma, `or` or `and` where `for`,
/// `to` or the like follows, so that `if you have 2 lines` names none.
fn keys_in(text: &str) -> BTreeSet<char> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut keys = BTreeSet::new();
    if !text.contains("press") {
        return keys;
    }
    for (at, word) in words.iter().enumerate() {
        let bare = word.trim_matches(|c: char| c.is_ascii_punctuation() && !matches!(c, '*' | '#'));
        let Some(key) = key_named(bare) else { continue };
        let before = at.checked_sub(1).and_then(|n| words.get(n)).copied().unwrap_or("");
        let after = words.get(at + 1).copied().unwrap_or("");
        let is_told = before == "press";
        let is_listed = (before.ends_with([',', ';', '.']) || matches!(before, "or" | "and"))
            && matches!(after, "for" | "to" | "if" | "when");
        if is_told || is_listed {
            keys.insert(key);
        }
    }
    keys
}

fn key_named(word: &str) -> Option<char> {
    const NAMES: [(&str, char); 13] = [
        ("zero", '0'),
        ("one", '1'),
        ("two", '2'),
        ("three", '3'),
        ("four", '4'),
        ("five", '5'),
        ("six", '6'),
        ("seven", '7'),
        ("eight", '8'),
        ("nine", '9'),
        ("star", '*'),
        ("hash", '#'),
        ("pound", '#'),
    ];
    let named = NAMES.iter().find(|(name, _)| *name == word).map(|(_, key)| *key);
    named.or_else(|| single(word).filter(|c| c.is_ascii_digit() || matches!(c, '*' | '#')))
}
