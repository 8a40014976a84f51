//! The exchange: scripted calls against one site, each with its trace in the file; every one of
//! them cut short at every moment; and a stranger who does everything at random.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test reads its fixtures and stops at the first surprise"
)]

mod acd;
mod collect;
mod cut;
mod dial;
pub mod explored;
mod flowtests;
pub mod plan;
mod replayed;
pub mod scenario;
mod subflows;

use std::path::{Path, PathBuf};

use scenario::{Cut, Scenario};

/// Every scenario of the folder, by its file's name.
pub fn scenarios() -> Vec<(PathBuf, Scenario)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchange/office/calls");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "call"));
    files.sort();
    files.iter().map(|file| (file.clone(), scenario::read(&std::fs::read_to_string(file).unwrap()))).collect()
}

#[test]
fn calls_go_as_their_files_say() {
    let plan = plan::office();
    let bless = std::env::var("BLESS").is_ok_and(|v| v == "1");
    let mut wrong = Vec::new();
    for (file, scenario) in scenarios() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let run = scenario::run(&plan, &scenario, Cut::Never);
        for broken in &run.broken {
            wrong.push(format!("{name}: {broken}"));
        }
        let text = format!("{}---\n{}", scenario.script, run.trace);
        if bless {
            std::fs::write(&file, text).unwrap();
        } else if run.trace != scenario.trace {
            wrong.push(format!(
                "{name} goes otherwise (BLESS=1 rewrites it):\n{}",
                difference(&scenario.trace, &run.trace)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first lines in which two traces differ.
fn difference(wanted: &str, got: &str) -> String {
    let (wanted, got): (Vec<&str>, Vec<&str>) = (wanted.lines().collect(), got.lines().collect());
    let same = wanted.iter().zip(&got).take_while(|(a, b)| a == b).count();
    let show = |lines: &[&str], sign: char| {
        lines.iter().skip(same).take(8).map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    format!("line {}:\n{}{}", same + 1, show(&wanted, '-'), show(&got, '+'))
}
