//! Both spellings of a flow: what they mean, how each mistake is told, and that they are one tree.

use strowger::base::diagnostic::{self, Diagnostic};
use strowger::base::span::{FileId, Sources};
use strowger::syntax::parse::parse_flow;

/// The files of a fixture folder with this ending, in the order of their names.
pub fn fixtures(folder: &str, ending: &str) -> Vec<(String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut out = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(&format!(".{ending}")) {
            let path = format!("{folder}/{name}");
            out.push((path.clone(), source(&path)));
        }
    }
    assert!(!out.is_empty(), "no fixtures in {folder}");
    out.sort();
    out
}

#[expect(clippy::disallowed_methods, reason = "tests read their fixtures")]
pub fn source(path: &str) -> String {
    std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Compares rendered output with its file; `BLESS=1` rewrites the file.
#[expect(clippy::disallowed_methods, reason = "tests read and bless their fixtures")]
pub fn golden(path: &str, actual: &str) {
    let full = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var("BLESS").is_ok_and(|v| v == "1") {
        std::fs::write(full, actual).unwrap();
        return;
    }
    let wanted = std::fs::read_to_string(full).unwrap_or_default();
    assert_eq!(actual, wanted, "{path} differs; BLESS=1 rewrites it");
}

/// All findings as a person at a terminal sees them.
pub fn rendered(name: &str, text: &str, found: &[Diagnostic]) -> String {
    let mut sources = Sources::default();
    let short = name.rsplit('/').next().unwrap_or(name);
    sources.add(short, text);
    found.iter().map(|d| diagnostic::render(d, &sources, false, 100)).collect::<Vec<_>>().join("\n")
}

#[test]
fn good_flows_have_no_errors() {
    for (path, text) in fixtures("tests/syntax/good", "flow") {
        let (_, found) = parse_flow(FileId(0), &text);
        assert_eq!(found, [], "{}", rendered(&path, &text, &found));
    }
}

#[test]
fn bad_flows_say_what_is_wrong() {
    for (path, text) in fixtures("tests/syntax/bad", "flow") {
        let (_, found) = parse_flow(FileId(0), &text);
        assert!(!found.is_empty(), "{path}: no error");
        golden(&path.replace(".flow", ".stderr"), &rendered(&path, &text, &found));
    }
}
