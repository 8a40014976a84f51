//! The house rules, checked: imports, limits, words, purity, licences. `src/ARCHITECTURE.md` holds
//! the tables; this reads them, so the document and the rule are one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test reads the repository and stops at the first surprise"
)]

mod cases;
mod package;
mod scan;
mod source;
mod table;
mod text;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Files that are or could be committed, relative to the repository.
fn files() -> Vec<String> {
    let git = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(ROOT)
        .output();
    let mut files: Vec<String> = match git {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).split_terminator('\0').map(String::from).collect()
        }
        // A source archive has no git: walk it.
        _ => walk(Path::new(ROOT)).iter().map(|p| p.strip_prefix(ROOT).unwrap().display().to_string()).collect(),
    };
    files.retain(|file| Path::new(ROOT).join(file).is_file());
    files.sort();
    files.dedup();
    files
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let kept = entries.filter(|path| !path.ends_with("target") && !path.ends_with(".state"));
    kept.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn rules() -> table::Rules {
    table::read(&read("src/ARCHITECTURE.md"))
}

fn report(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n{} findings", findings.join("\n"), findings.len());
}

#[test]
fn source_keeps_the_house_rules() {
    let rules = rules();
    let mut out = Vec::new();
    for path in files().iter().filter(|path| path.ends_with(".rs")) {
        let findings = source::check(path, &read(path), &rules);
        out.extend(findings.iter().map(|f| format!("{path}:{}: {}: {}", f.line, f.rule, f.message)));
    }
    report(&out);
}

#[test]
fn texts_are_finished_and_self_contained() {
    let files = files();
    let exists = |path: &str| files.iter().any(|file| file == path || file.starts_with(&format!("{path}/")));
    let mut out = Vec::new();
    for path in &files {
        // What is not UTF-8 is not text: prompts, captures.
        let Ok(text) = std::fs::read_to_string(Path::new(ROOT).join(path)) else { continue };
        let findings = text::check(path, &text, &exists);
        out.extend(findings.iter().map(|f| format!("{path}:{}: {}: {}", f.line, f.rule, f.message)));
    }
    report(&out);
}

#[test]
fn the_tables_name_what_exists() {
    let rules = rules();
    let modules: BTreeSet<String> = files()
        .iter()
        .filter_map(|path| source::module_of(path))
        .filter_map(|module| module.first().cloned())
        .collect();
    let listed: BTreeSet<String> = rules.imports.keys().cloned().collect();
    assert_eq!(modules, listed, "modules of src/ and the table of imports");
    for (module, allowed) in &rules.imports {
        for name in allowed.iter().filter(|name| *name != "all") {
            assert!(modules.contains(name.split("::").next().unwrap()), "{module} may import {name}, which is nothing");
        }
    }
    assert!(rules.pure.iter().all(|name| modules.contains(name)), "{:?}", rules.pure);
    assert!(rules.boundary.len() > 2 && rules.confined.len() > 5, "the blocks were read");
}

#[test]
fn the_pure_half_imports_no_shell() {
    let rules = rules();
    let shell: Vec<&String> = rules.imports.keys().filter(|name| !rules.pure.contains(name)).collect();
    for module in &rules.pure {
        let allowed = &rules.imports[module];
        let leak =
            allowed.iter().find(|name| *name == "all" || shell.iter().any(|s| name.split("::").next() == Some(s)));
        assert_eq!(leak, None, "pure module {module}");
    }
}

#[test]
fn every_dependency_says_why() {
    let out: Vec<String> = package::undocumented(&read("Cargo.toml"))
        .iter()
        .map(|(line, text)| format!("Cargo.toml:{line}: dependency-comment: say why it is here: {text}"))
        .collect();
    report(&out);
}

#[test]
fn licences_and_sources_are_on_the_list() {
    let deny = read("deny.toml");
    let allowed = package::list(&deny, "licenses", "allow");
    assert!(allowed.contains("MIT"), "deny.toml was read");
    let mut out = Vec::new();
    for p in package::packages(ROOT) {
        if !package::satisfied(&p.licence, &allowed) {
            out.push(format!("{}: licence `{}` is not in deny.toml", p.name, p.licence));
        }
        let ours = p.source.is_empty() && p.name == env!("CARGO_PKG_NAME");
        if !ours && !p.source.starts_with(concat!("registry+https://github.com/rust-lang/crates", ".io-index")) {
            out.push(format!("{}: source `{}` is not the registry", p.name, p.source));
        }
    }
    report(&out);
}
