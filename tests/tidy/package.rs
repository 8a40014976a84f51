//! The rules of the package: each dependency says why it is here, its licence is on the list of
//! `deny.toml`, and it comes from the registry that Cargo knows.

use std::collections::BTreeSet;
use std::process::Command;

/// Lines of dependency sections without a comment.
pub fn undocumented(manifest: &str) -> Vec<(usize, String)> {
    let mut section = "";
    let mut out = Vec::new();
    for (at, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']);
        }
        let entry = section.ends_with("dependencies") && line.contains('=') && !line.starts_with('#');
        if entry && !line.rsplit(['"', '}']).next().unwrap_or("").contains("# ") {
            out.push((at + 1, line.to_string()));
        }
    }
    out
}

/// The texts of a list in `deny.toml`, such as `allow` in `[licenses]`.
pub fn list(deny: &str, section: &str, key: &str) -> BTreeSet<String> {
    let body = deny.split(&format!("[{section}]")).nth(1).unwrap_or("");
    let body = body.split("\n[").next().unwrap_or("");
    let opening = format!("\n{key} = [");
    let items = body.split(&opening).nth(1).and_then(|rest| rest.split(']').next()).unwrap_or("");
    items.split('"').skip(1).step_by(2).map(String::from).collect()
}

/// Whether the licences in `allowed` satisfy an SPDX expression. Old packages write `/` for `OR`.
pub fn satisfied(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let holds = any(&words, &mut at, allowed);
    holds && at == words.len()
}

/// `AND` binds tighter than `OR`.
fn any(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut holds = all(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        holds |= all(words, at, allowed);
    }
    holds
}

fn all(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut holds = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        holds &= one(words, at, allowed);
    }
    holds
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let holds = any(words, at, allowed);
        let closed = words.get(*at) == Some(&")");
        *at += 1;
        return holds && closed;
    }
    let mut name = (*word).trim_end_matches('+').to_string();
    if words.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    allowed.contains(&name)
}

/// A package of the lock file as Cargo sees it.
pub struct Package {
    pub name: String,
    pub licence: String,
    /// Empty for our own.
    pub source: String,
}

/// Every package that a build for this machine takes in, from Cargo's own metadata, without network.
pub fn packages(manifest_dir: &str) -> Vec<Package> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &platform])
        .current_dir(manifest_dir)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let text = |package: &serde_json::Value, key: &str| package[key].as_str().unwrap_or("").to_string();
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|p| Package { name: text(p, "name"), licence: text(p, "license"), source: text(p, "source") })
        .collect()
}
