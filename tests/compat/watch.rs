//! `--watch`: a changed file is tested, and looked at, again.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::process::{Process, wait_for};

const SOON: Duration = Duration::from_secs(20);

/// A new site, and `strowger COMMAND --watch` on it.
fn watched(command: &str) -> (TempDir, PathBuf, Process) {
    let folder = tempfile::tempdir().unwrap();
    let program = std::env::var("STROWGER_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_strowger").into());
    let site = folder.path().join("site");
    assert!(Command::new(&program).arg("new").arg(&site).output().unwrap().status.success());
    let mut watching = Command::new(&program);
    watching.args([command, "--watch"]).arg(&site);
    let process = Process::start(&format!("watch-{command}"), watching, folder.path());
    (folder, site, process)
}

#[test]
fn a_changed_flow_is_tested_again() {
    let (_folder, site, process) = watched("test");
    let runs = |n: usize| (process.stdout().matches("watching").count() == n).then_some(());
    assert!(wait_for(SOON, || runs(1)).is_some(), "{}", process.stderr());
    assert!(process.stdout().contains(", 0 failed"), "{}", process.stdout());
    let script = std::fs::read_dir(site.join("tests")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&script).unwrap();
    std::fs::write(
        &script,
        format!("{text}---\ntest: no such prompt\ncall: {{to: \"100\"}}\nsteps: [{{hears: nothing-like-it}}]\n"),
    )
    .unwrap();
    assert!(wait_for(SOON, || runs(2)).is_some(), "{}", process.stdout());
    assert!(process.stdout().contains(", 1 failed"), "{}", process.stdout());
}

#[test]
fn a_changed_flow_is_looked_at_again() {
    let (_folder, site, process) = watched("lint");
    let looks = |n: usize| (process.stdout().matches("watching").count() == n).then_some(());
    assert!(wait_for(SOON, || looks(1)).is_some(), "{}", process.stderr());
    assert!(process.stdout().contains("no findings"), "{}", process.stdout());
    std::fs::write(site.join("flows/more.flow"), "flow more {\n  step start { answer  -> nowhere }\n}\n").unwrap();
    assert!(wait_for(SOON, || looks(2)).is_some(), "{}", process.stdout());
    assert!(process.stdout().contains("nowhere"), "{}", process.stdout());
}
