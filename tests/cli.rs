//! The command line, by transcripts: `tests/cli/NAME.term` holds commands with the exit code, the
//! standard output and the standard error of each; `BLESS=1` rewrites what follows a command.
//!
//! A transcript runs in a folder of its own, which holds the files of `tests/cli/NAME/`, if there
//! are any, and a copy of each folder that a line `use PATH as NAME` names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test reads its fixtures and stops at the first surprise"
)]

mod ci;
mod fixes;
mod formats;
mod pages;
#[cfg(feature = "serve")]
mod replay;
mod threads;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::syntax::{fixtures, golden};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn transcripts() {
    for (path, text) in fixtures("tests/cli", "term") {
        golden(&path, &play(&path, &text));
    }
}

/// What `new` prints is pasted into a shell.
#[test]
fn a_new_site_names_its_folder_as_a_shell_would() {
    for (name, word) in [("plain-1.0", "plain-1.0"), ("sp ace", "'sp ace'"), ("dana's", r"'dana'\''s'")] {
        let folder = tempfile::tempdir().unwrap();
        let program =
            Command::new(env!("CARGO_BIN_EXE_strowger")).args(["new", name]).current_dir(folder.path()).output();
        let text = String::from_utf8(program.unwrap().stdout).unwrap();
        assert!(text.ends_with(&format!("    strowger lint {word}\n    strowger serve {word}\n")), "{text}");
    }
}

/// The transcript as it comes out when its commands are run.
fn play(path: &str, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let own = Path::new(ROOT).join(path.trim_end_matches(".term"));
    if own.is_dir() {
        copy(&own, folder.path());
    }
    let mut out = String::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            out.push_str(&format!("{line}\n{}", run(command, folder.path())));
        } else if let Some((from, to)) = line.strip_prefix("use ").and_then(|rest| rest.split_once(" as ")) {
            copy(&Path::new(ROOT).join(from), &folder.path().join(to));
            out.push_str(&format!("{line}\n"));
        } else if line.starts_with('#') {
            out.push_str(&format!("{line}\n"));
        }
    }
    out
}

/// `strowger ARGUMENTS [< FILE]` or `cat FILE`.
fn run(command: &str, folder: &Path) -> String {
    let ended = execute(command, folder);
    let mut out = format!("= exit {}\n", ended.status.code().expect("ended by a signal"));
    for (mark, bytes) in [("|", &ended.stdout), ("!", &ended.stderr)] {
        let text = String::from_utf8(bytes.clone()).expect("output is UTF-8");
        let text = text.replace(&folder.display().to_string(), "[DIR]");
        for line in text.lines() {
            out.push_str(format!("{mark} {line}").trim_end());
            out.push('\n');
        }
    }
    out.push('\n');
    out
}

/// What a command prints, as a reader of a page sees it.
pub fn output(command: &str, folder: &Path) -> String {
    let ended = execute(command, folder);
    let text = [ended.stdout, ended.stderr].concat();
    let text = String::from_utf8(text).expect("output is UTF-8");
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn execute(command: &str, folder: &Path) -> Output {
    let (command, input) = match command.split_once(" < ") {
        Some((command, file)) => (command, Some(std::fs::File::open(folder.join(file)).unwrap())),
        None => (command, None),
    };
    let mut words = command.split_whitespace();
    let program = match words.next() {
        Some("strowger") => env!("CARGO_BIN_EXE_strowger"),
        Some("cat") => "cat",
        other => unreachable!("a transcript runs `strowger` or `cat`, not {other:?}"),
    };
    Command::new(program)
        .args(words)
        .current_dir(folder)
        .env("COLUMNS", "100")
        .env_remove("STROWGER_LOG")
        .stdin(input.map_or_else(Stdio::null, Stdio::from))
        .output()
        .unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry: PathBuf = entry.unwrap().path();
        let target = to.join(entry.file_name().unwrap());
        if entry.ends_with(".state") {
            continue;
        }
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            std::fs::copy(&entry, &target).unwrap();
        }
    }
}
