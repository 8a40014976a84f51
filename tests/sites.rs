//! Every site of `examples/` and `flows/`: no finding of any level, in canonical form, and each way through each flow
//! taken by one of its scripted calls.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads its fixtures and stops at the first surprise"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use strowger::fmt::{self, Form};
use strowger::step::registry;
use strowger::syntax::document;
use strowger::{flowtest, workspace};

use crate::syntax::rendered;

/// The folders that hold sites, one folder each.
const PLACES: [&str; 2] = ["examples", "flows"];

fn sites() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = PLACES.iter().flat_map(|place| std::fs::read_dir(root.join(place)).unwrap());
    let mut sites: Vec<PathBuf> = folders.map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    sites.sort();
    sites
}

/// What is wrong with a site, in words.
fn wrong(root: &Path) -> String {
    let mut out = String::new();
    let (plan, mut sources, found) = workspace::load(root).check(1);
    for finding in &found {
        let _ = writeln!(out, "{}: {}", finding.rule, finding.message);
    }
    for path in workspace::flows_below(root).0 {
        let text = std::fs::read_to_string(&path).unwrap();
        let form = Form::of(&path.to_string_lossy()).unwrap();
        let order = registry::setting_order;
        let formatted = match form {
            Form::Flow => fmt::format_flow(&text, &order),
            Form::Yaml => fmt::format_yaml(&text, &order),
        };
        match formatted {
            Ok(formatted) if formatted == text => {}
            _ => drop(writeln!(out, "{}: not in canonical form", path.display())),
        }
    }
    let mut scripts = Vec::new();
    for path in workspace::tests_below(&root.join("tests")).0 {
        let text = std::fs::read_to_string(&path).unwrap();
        let file = sources.add(path.to_string_lossy().as_ref(), text.as_str());
        let (documents, _, mut found) = document::parse(file, &text);
        let (more, read) = flowtest::read(&documents);
        found.extend(read);
        out.push_str(&rendered(&path.to_string_lossy(), &text, &found));
        scripts.extend(more);
    }
    let Some(plan) = plan else { return out };
    let suite = flowtest::run_all(&Arc::new(plan), scripts);
    if !suite.passed() {
        let form = flowtest::Form { coverage: false, color: false, width: 100 };
        out.push_str(&flowtest::report(&suite, &sources, form));
    }
    for flow in suite.coverage {
        for branch in flow.missing {
            let _ = writeln!(out, "{}: not taken by any test: {}", flow.flow, branch.what);
        }
    }
    out
}

#[test]
fn every_site_is_clean_and_tested_on_every_branch() {
    let sites = sites();
    assert!(sites.len() >= 3, "{sites:?}");
    let mut all = String::new();
    for site in sites {
        let wrong = wrong(&site);
        if !wrong.is_empty() {
            let _ = writeln!(all, "{}:\n{wrong}", site.display());
        }
    }
    assert!(all.is_empty(), "{all}");
}
