//! The rules as `src/ARCHITECTURE.md` states them: fenced blocks that both people and tests read.

use std::collections::BTreeMap;

/// Names to the names after the colon: one line of a fenced block.
pub type Table = BTreeMap<String, Vec<String>>;

/// Everything the tidy test takes from the document.
#[derive(Debug, Default)]
pub struct Rules {
    /// A module and what it may import of ours; a module path as `call::spec`, `all` for anything.
    pub imports: Table,
    /// An outside crate and the modules that may name it.
    pub confined: Table,
    /// The pure modules.
    pub pure: Vec<String>,
    /// Modules with serde derives.
    pub boundary: Vec<String>,
    /// Files longer than the limit, below the wall, with a reason.
    pub long_files: Table,
}

/// Reads the blocks `imports`, `confined`, `pure`, `boundary` and `long-files`.
pub fn read(markdown: &str) -> Rules {
    let list = |name: &str| table(markdown, name).into_keys().collect();
    Rules {
        imports: table(markdown, "imports"),
        confined: table(markdown, "confined"),
        pure: list("pure"),
        boundary: list("boundary"),
        long_files: table(markdown, "long-files"),
    }
}

fn table(markdown: &str, name: &str) -> Table {
    let opening = format!("```{name}");
    let lines = markdown.lines().skip_while(|line| *line != opening).skip(1).take_while(|line| *line != "```");
    lines
        .map(|line| line.split_once("  #").map_or(line, |(rule, _)| rule))
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let (key, values) = line.split_once(": ").unwrap_or((line.trim().trim_end_matches(':'), ""));
            (key.trim().to_string(), values.split_whitespace().map(String::from).collect())
        })
        .collect()
}
