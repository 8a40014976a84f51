//! What other programs read: SARIF by its published schema, JUnit as XML, workflow commands of GitHub.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{ROOT, copy};

/// What `strowger lint` prints of the folder `lint-formats`.
fn printed(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(ROOT).join("tests/cli/lint-formats"), folder.path());
    let output =
        Command::new(env!("CARGO_BIN_EXE_strowger")).args(arguments).current_dir(folder.path()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn sarif() -> Value {
    serde_json::from_str(&printed(&["lint", "site", "--format", "sarif"])).unwrap()
}

#[test]
fn sarif_is_valid_by_the_published_schema() {
    let schema = std::fs::read_to_string(Path::new(ROOT).join("tests/cli/sarif-2.1.0.schema.json")).unwrap();
    let schema = jsonschema::JSONSchema::compile(&serde_json::from_str(&schema).unwrap()).unwrap();
    let log = sarif();
    let told = |errors: jsonschema::ErrorIterator<'_>| errors.map(|e| format!("{}: {e}", e.instance_path)).collect();
    let errors: Vec<String> = schema.validate(&log).map_err(told).err().unwrap_or_default();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    // The schema is one that can say no.
    let mut broken = log;
    broken["runs"][0]["results"][0]["level"] = Value::from("dreadful");
    assert!(!schema.is_valid(&broken));
}

#[test]
fn sarif_says_what_the_findings_say() {
    let log = sarif();
    let run = &log["runs"][0];
    let rules: Vec<&str> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    let results = run["results"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index], result["ruleId"]);
        assert_eq!(
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            "site/flows/main%2C%20100%25.flow"
        );
    }
    let of = |rule: &str| results.iter().filter(|r| r["ruleId"] == rule).collect::<Vec<_>>();
    let leg = of("unguarded-external-leg")[0];
    let steps = leg["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    let lines: Vec<u64> =
        steps.iter().map(|s| s["location"]["physicalLocation"]["region"]["startLine"].as_u64().unwrap()).collect();
    assert_eq!(lines, [2, 6], "the counterexample's steps, each where it is named");
    let held: Vec<bool> = of("unreachable-step").iter().map(|r| r.get("suppressions").is_some()).collect();
    assert_eq!(held.iter().filter(|held| **held).count(), 1, "{held:?}");
    assert!(of("non-canonical-constant")[0]["fixes"][0]["artifactChanges"][0]["replacements"][0].is_object());
    let digests: std::collections::BTreeSet<&str> =
        results.iter().map(|r| r["partialFingerprints"]["strowgerFinding/v1"].as_str().unwrap()).collect();
    assert_eq!(digests.len(), results.len(), "each finding has a fingerprint of its own");
}

#[test]
fn junit_is_read_by_its_library() {
    let report = quick_junit::Report::deserialize_from_str(&printed(&["lint", "site", "--format", "junit"])).unwrap();
    let failures: usize = report.test_suites.iter().map(|suite| suite.failures).sum();
    assert_eq!(failures, 2, "the errors, and no warning");
    let names: Vec<&str> = report.test_suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(names, ["site/strowger.yaml", "site/policies/standard.yaml", "site/flows/main, 100%.flow"]);
    let denied = printed(&["lint", "site", "--format", "junit", "--deny", "warnings"]);
    let report = quick_junit::Report::deserialize_from_str(&denied).unwrap();
    assert_eq!(report.test_suites.iter().map(|suite| suite.failures).sum::<usize>(), 3);
}

/// A finding stays within its command, whatever names and texts say.
#[test]
fn github_commands_are_one_line_each() {
    let out = printed(&["lint", "site", "--format", "github"]);
    assert_eq!(out.lines().count(), 3, "{out}");
    for line in out.lines() {
        let rest = line.strip_prefix("::error ").or_else(|| line.strip_prefix("::warning ")).unwrap();
        let (properties, _) = rest.split_once("::").unwrap();
        let keys: Vec<&str> = properties.split(',').map(|p| p.split_once('=').unwrap().0).collect();
        assert_eq!(keys, ["file", "line", "endLine", "col", "endColumn", "title"], "{line}");
        assert!(properties.starts_with("file=site/flows/main%2C 100%25.flow,"), "{line}");
    }
}
