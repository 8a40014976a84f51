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
        let takes = |key: char| {
            let first = |p: &str| p.starts_with(key) || (key.is_ascii_digit() && p.starts_with('x'));
            act.args.patterns.iter().any(|p| first(p))
        };
        for key in spoken.told.iter().copied().filter(|key| !takes(*key)) {
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
        // A text that names no key, or names one in a way that is not understood, may well speak of this one.
        let silent = spoken.told.is_empty() || spoken.unsure;
        for key in unspoken.filter(|key| !silent && !spoken.told.union(&spoken.named).any(|k| k == key)) {
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

/// What a text says of keys.
#[derive(Default)]
struct Spoken {
    /// Keys that it tells to press.
    told: BTreeSet<char>,
    /// Keys whose number stands anywhere in it, be it for a key or for `2 lines`.
    named: BTreeSet<char>,
    /// It tells to press what is no key by name: `press any key`, `press your choice`.
    unsure: bool,
}

/// Where in `press 1, 2 or 3` one is.
#[derive(Clone, Copy)]
enum At {
    Elsewhere,
    /// Behind `press`.
    Press,
    Key(char),
    /// Behind `1,` or `1 or`.
    More,
    /// Behind `1 to`.
    Range(char),
}

/// Words between `press` and a key, or around a key.
const FILLERS: [&str; 9] = ["the", "key", "button", "number", "digit", "on", "say", "either", "both"];

/// The keys that a text tells to press: after `press`, with those joined to them, and after a comma, `or` or `and` where
/// `for`, `to` or the like follows, so that `if you have 2 lines` names none.
fn keys_in(text: &str) -> Spoken {
    let words = words_of(text);
    let mut spoken = Spoken::default();
    let mut at = At::Elsewhere;
    for (nth, word) in words.iter().enumerate() {
        let bare = word.trim_matches(|c: char| c.is_ascii_punctuation() && !matches!(c, '*' | '#'));
        at = match (key_named(bare), at) {
            (Some(key), _) => {
                let before = nth.checked_sub(1).and_then(|n| words.get(n)).map_or("", String::as_str);
                let after = words.get(nth + 1).map_or("", String::as_str);
                let is_listed = (before.ends_with([',', ';', '.']) || matches!(before, "or" | "and"))
                    && matches!(after, "for" | "to" | "if" | "when");
                spoken.named.insert(key);
                let is_told = is_listed || !matches!(at, At::Elsewhere | At::Key(_));
                if let At::Range(first) = at {
                    spoken.told.extend((first..=key).filter(char::is_ascii_digit));
                }
                spoken.told.extend(is_told.then_some(key));
                match is_told {
                    true if word.ends_with(',') => At::More,
                    true if word.ends_with(['.', ';', '!', '?']) => At::Elsewhere,
                    true => At::Key(key),
                    false => At::Elsewhere,
                }
            }
            (None, _) if matches!(bare, "press" | "push") => At::Press,
            (None, At::Key(_) | At::More) if matches!(bare, "or" | "and") => At::More,
            (None, At::Key(first)) if matches!(bare, "to" | "through") => At::Range(first),
            (None, At::Press) if bare == "or" || FILLERS.contains(&bare) => At::Press,
            (None, At::Key(_) | At::More) if FILLERS.contains(&bare) => at,
            (None, At::Press) => {
                spoken.unsure = true;
                At::Elsewhere
            }
            (None, _) => At::Elsewhere,
        };
    }
    spoken
}

/// Words with the marks behind them; `1-3` is `1 to 3`, and `1/2` is `1 or 2`.
fn words_of(text: &str) -> Vec<String> {
    let apart = text.replace(['-', '\u{2013}'], " to ").replace('/', " or ");
    apart.split_whitespace().map(str::to_owned).collect()
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
