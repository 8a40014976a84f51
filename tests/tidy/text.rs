//! The rules of every committed text file, whatever its language.

use super::source::Finding;

/// Split so that this file does not break its own rule.
const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Hosts that only a package client may know; a lock file is the client's.
const REGISTRY_HOSTS: [&str; 8] = [
    concat!("crates", ".io"),
    concat!("registry", ".npmjs.org"),
    concat!("npmjs", ".com"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("proxy", ".golang.org"),
    concat!("deb", ".debian.org"),
    concat!("rubygems", ".org"),
];

/// Where a developer's machine keeps things; a path that begins here means nothing elsewhere.
const PRIVATE_ROOTS: [&str; 6] = [
    concat!("/", "work"),
    concat!("/", "tmp"),
    concat!("/", "home"),
    concat!("/", "root"),
    concat!("/", "Users"),
    concat!("/", "var/tmp"),
];

/// Checks one text; `path` is relative to the repository, with `/`.
pub fn check(path: &str, text: &str, exists: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let mut out = Vec::new();
    let is_lock = path.ends_with("Cargo.lock") || path.ends_with("package-lock.json");
    for (at, line) in text.lines().enumerate() {
        let mut report = |rule, message| out.push(Finding { line: at + 1, rule, message });
        if !is_lock {
            if let Some(word) = UNFINISHED.iter().find(|word| has_word(line, word)) {
                report("unfinished", format!("`{word}`: finish it, or write an issue"));
            }
            if let Some(host) = REGISTRY_HOSTS.iter().find(|host| line.contains(**host)) {
                report("registry-host", format!("`{host}`: package clients know their registries"));
            }
        }
        if let Some(root) = PRIVATE_ROOTS.iter().find(|root| names_root(line, root)) {
            report("outside-path", format!("`{root}` is a place on one machine"));
        }
        if line.ends_with([' ', '\t']) && !is_lock {
            report("trailing-blank", "blanks at the end of the line".into());
        }
        if path.ends_with(".md") {
            for target in links(line).filter(|target| !link_resolves(path, target, exists)) {
                report("dead-link", format!("`{target}` is not in the repository"));
            }
        }
    }
    out
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|part| part == word)
}

/// The root stands where a path begins, and ends there as a whole part: not in a URL, not `/workspace`.
fn names_root(line: &str, root: &str) -> bool {
    line.match_indices(root).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + root.len()..].chars().next();
        let begins =
            before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '*' | '}' | ')')));
        begins && after.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '-' | '_')))
    })
}

/// The targets of `[text](target)`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

fn link_resolves(path: &str, target: &str, exists: &dyn Fn(&str) -> bool) -> bool {
    let file = target.split('#').next().unwrap_or("");
    if file.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in file.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." if parts.pop().is_none() => return false,
            ".." => {}
            part => parts.push(part),
        }
    }
    exists(&parts.join("/"))
}
