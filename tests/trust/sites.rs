//! Defects planted into the site files of the examples, by changing their text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strowger::base::diagnostic::Diagnostic;
use strowger::base::span::FileId;
use strowger::call::leg::Name;
use strowger::lint;
use strowger::site;
use strowger::syntax::ast::File;
use strowger::workspace::{self, Loaded};

use super::inject::sites;

/// What is written instead of what, wherever it stands, and the rules one of which must find it.
pub const DEFECTS: [(&str, &[&str], &str, &str); 22] = [
    ("a misspelt key", &["unknown-key"], "\nnumbers:", "\nnubmers:"),
    ("a misspelt key of a user", &["unknown-key"], "extension:", "extention:"),
    ("a misspelt key of a trunk", &["unknown-key"], "prefixes:", "prefixs:"),
    ("a key twice", &["duplicate-key"], "policy: ", "policy: standard\npolicy: "),
    ("a flow that does not exist", &["unknown-target"], ": main_line", ": main_lin"),
    ("an agent who does not exist", &["unknown-agent"], "agents: [us_dana", "agents: [us_dan"),
    ("an agent twice", &["duplicate-agent"], "agents: [us_dana", "agents: [us_dana, us_dana"),
    ("a password in the file", &["secret-in-file"], "password: generated", "password: \"hunter2\""),
    ("a token in the file", &["secret-in-file"], "admin: generated", "admin: \"hunter2\""),
    ("an extension twice", &["duplicate-extension"], "extension: \"103\"", "extension: \"102\""),
    ("an extension that is none", &["bad-extension"], "extension: \"102\"", "extension: \"ten\""),
    ("a policy that does not exist", &["unknown-policy"], "policy: ", "policy: x"),
    ("an address that is none", &["bad-address"], "udp:127.0.0.1:5060", "udp:127.0.0.1:99999"),
    ("a network that is none", &["bad-network"], "/32\"", "/33\""),
    ("a number as a time", &["wrong-type"], "max_wait: 5m", "max_wait: 5"),
    ("a strategy that does not exist", &["wrong-type", "unknown-value"], "longest_idle", "longest_idel"),
    ("a list that is not closed", &["yaml-syntax"], "\"], ", "\", "),
    ("a tab", &["yaml-syntax"], "\n  ", "\n\t"),
    ("an extension that is an emergency code", &["dialplan-overlap"], "extension: \"701\"", "extension: \"112\""),
    ("hours that are never closed", &["schedule-gap-overlap"], "open: \"Mo-Fr 09:00-17:30; PH off\"", "open: \"24/7\""),
    ("a rule that another takes back", &["schedule-gap-overlap"], "open: \"Mo-", "open: \"Mo off; Mo-"),
    ("hours that never open", &["schedule-gap-overlap"], "open: \"Mo-Su", "open: \"off; Mo-Su off; PH"),
];

/// Everything that is found in the text of a site file, its flows and policies unchanged.
fn findings(loaded: &Loaded, trees: &[File], text: &str) -> Vec<Diagnostic> {
    let (site, mut found) = site::check::check_bytes(FileId(0), text.as_bytes());
    let Some(mut site) = site else { return found };
    site.prompts = loaded.site.as_ref().unwrap().prompts.clone();
    let policies: BTreeSet<Name> = loaded.policies.keys().cloned().collect();
    let prompts: BTreeSet<Arc<str>> = site.prompts.keys().cloned().collect();
    site::check::references(&site, &policies, &prompts, &mut found);
    found.extend(lint::compile(&site, &loaded.policies, trees).1);
    found
}

#[test]
fn planted_defects_of_sites_are_found_by_their_rules() {
    let (mut counts, mut survivors) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for root in sites() {
        let text = std::fs::read_to_string(root.join(workspace::SITE_FILE)).unwrap();
        let loaded = workspace::load(&root);
        let trees: Vec<File> = loaded.flows.iter().map(|f| f.tree.clone()).collect();
        let clean: Vec<&str> = findings(&loaded, &trees, &text).iter().map(|d| d.rule).collect();
        for (name, rules, from, to) in DEFECTS {
            for (at, _) in text.match_indices(from) {
                let line = text[..at].rfind('\n').map_or(0, |n| n + 1);
                if text[line..at].contains('#') || text[at + from.len()..].starts_with('#') {
                    continue;
                }
                let planted = format!("{}{to}{}", &text[..at], &text[at + from.len()..]);
                let found = findings(&loaded, &trees, &planted);
                *counts.entry(name).or_default() += 1;
                if !found.iter().any(|d| rules.contains(&d.rule) && !clean.contains(&d.rule)) {
                    let said: Vec<String> = found.iter().map(|d| format!("{}: {}", d.rule, d.message)).collect();
                    let line = planted[line..].lines().next().unwrap_or_default();
                    survivors.push(format!("{name} in {}: {line}: {said:?}", root.display()));
                }
            }
        }
    }
    println!("{counts:?}");
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
    let unplanted: Vec<&str> = DEFECTS.iter().map(|d| d.0).filter(|n| !counts.contains_key(n)).collect();
    assert!(unplanted.is_empty(), "planted nowhere: {unplanted:?}");
}
