//! The tutorial, played word for word: its files are written, its commands run, and what they print is what stands
//! there. `BLESS=1` rewrites the outputs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test reads its fixtures and stops at the first surprise"
)]

use std::path::Path;

use crate::cli::output;
use crate::syntax::golden;

const PAGE: &str = "docs/tutorial.md";

#[test]
fn the_tutorial_is_what_happens() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join(PAGE)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut out, mut before) = (String::new(), String::new());
    let (mut commands, mut files) = (0, 0);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(language) = line.strip_prefix("```") else {
            before.push_str(line);
            before.push('\n');
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match language {
            "text" => {
                for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
                    out.push_str(&format!("$ {command}\n{}", output(command, folder.path())));
                    commands += 1;
                }
            }
            "flow" | "yaml" => {
                let path = before.rsplit('`').nth(1).expect("a file has its path before it, in backticks");
                std::fs::write(folder.path().join(path), format!("{}\n", block.join("\n"))).unwrap();
                files += 1;
                out.push_str(&format!("{}\n", block.join("\n")));
            }
            _ => out.push_str(&format!("{}\n", block.join("\n"))),
        }
        out.push_str("```\n");
        before.clear();
    }
    assert!(commands >= 6 && files >= 3, "{commands} commands, {files} files");
    golden(PAGE, &out);
    assert!(out.contains("no findings in"), "the mended flow is clean");
    assert!(out.contains("5 passed, 0 failed"), "its tests pass");
    assert!(out.contains("unguarded-external-leg"), "the mistakes are found");
}
