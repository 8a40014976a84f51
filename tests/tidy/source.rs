//! The rules of one Rust file: what it imports, how long it is, which words it uses.

use super::scan::{self, Token};
use super::table::Rules;

/// A broken rule: where, and what to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub line: usize,
    pub rule: &'static str,
    pub message: String,
}

const FILE_LINES: usize = 500;
/// What has killed telephony code bases is the shell; its limit is lower.
const SHELL_FILE_LINES: usize = 400;
const WALL_LINES: usize = 800;
const STRUCT_FIELDS: usize = 16;

/// Split so that this file does not break its own rule.
const VAGUE_WORDS: [&str; 7] = [
    concat!("man", "ager"),
    concat!("hel", "per"),
    concat!("hel", "pers"),
    concat!("ut", "il"),
    concat!("ut", "ils"),
    concat!("com", "mon"),
    concat!("mi", "sc"),
];

const ADJECTIVE: &str = concat!("com", "mon");
const DECLARING: [&str; 9] = ["mod", "struct", "enum", "union", "trait", "type", "fn", "const", "static"];

/// Words that a pure file may not have: clocks, chance, tasks, files, sockets, hash order.
const IMPURE_WORDS: [&str; 16] = [
    "tokio",
    "mio",
    "socket2",
    "rand",
    "getrandom",
    "thread_rng",
    "HashMap",
    "HashSet",
    "RandomState",
    "Instant",
    "SystemTime",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "UnixStream",
    "UnixListener",
];
const IMPURE_PATHS: [&[&str]; 8] = [
    &["std", "::", "fs"],
    &["std", "::", "env"],
    &["std", "::", "thread"],
    &["std", "::", "process"],
    &["Timestamp", "::", "now"],
    &["Zoned", "::", "now"],
    &["TimeZone", "::", "system"],
    &["std", "::", "io", "::", "stdin"],
];

/// Checks one file; `path` is relative to the repository, with `/`.
pub fn check(path: &str, source: &str, rules: &Rules) -> Vec<Finding> {
    let tokens = scan::tokens(source);
    let mut out = Vec::new();
    opening(source, &mut out);
    length(path, source, rules, &mut out);
    words(path, &tokens, &mut out);
    fields(&tokens, &mut out);
    if let Some(module) = module_of(path) {
        imports(&module, &tokens, rules, &mut out);
        confined(&module, &tokens, rules, &mut out);
        derives(&module, &tokens, rules, &mut out);
        if rules.pure.iter().any(|pure| covers(pure, &module)) {
            purity(&tokens, &mut out);
        }
    }
    out.sort_by_key(|f| f.line);
    out
}

/// `src/call/leg.rs` is `call::leg`, `src/call/mod.rs` is `call`; the two crate roots are exempt.
pub fn module_of(path: &str) -> Option<Vec<String>> {
    let inner = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    if matches!(inner, "lib" | "main") {
        return None;
    }
    let mut parts: Vec<String> = inner.split('/').map(String::from).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    Some(parts)
}

/// Whether `path` lies in the module `name`, as `call` covers `call::leg`.
fn covers(name: &str, path: &[String]) -> bool {
    let mut parts = name.split("::");
    let mut path = path.iter();
    parts.all(|part| path.next().is_some_and(|p| p == part))
}

fn opening(source: &str, out: &mut Vec<Finding>) {
    if !source.starts_with("//! ") {
        out.push(Finding {
            line: 1,
            rule: "opening",
            message: "begin with `//!`: what this file is, and is not".into(),
        });
    }
}

fn length(path: &str, source: &str, rules: &Rules, out: &mut Vec<Finding>) {
    let lines = source.lines().count();
    let shell = path.starts_with("src/sip/")
        || path.starts_with("src/runtime/")
        || matches!(path, "src/sip.rs" | "src/runtime.rs" | "src/exchange/mod.rs");
    let limit = match (rules.long_files.contains_key(path), shell) {
        (true, _) => WALL_LINES,
        (false, true) => SHELL_FILE_LINES,
        (false, false) => FILE_LINES,
    };
    if lines > limit {
        let message = format!("{lines} lines, the limit is {limit}: split by meaning");
        out.push(Finding { line: limit + 1, rule: "file-length", message });
    }
}

/// Names of files, and names that are declared: what comes from elsewhere is not ours to name. Within a name, or at
/// the head of a function's, `common` may be an adjective: `NoCommonCodec`.
fn words(path: &str, tokens: &[Token], out: &mut Vec<Finding>) {
    let files = path.split(['/', '.']).map(|part| (1, "mod", part));
    let declared = tokens.windows(2).map(|pair| (pair[1].line, pair[0].text.as_str(), pair[1].text.as_str()));
    for (line, keyword, name) in files.chain(declared) {
        if !DECLARING.contains(&keyword) {
            continue;
        }
        let parts = parts_of(name);
        let vague = |word: &&str| match parts.iter().position(|part| part == *word) {
            Some(at) if *word == ADJECTIVE => keyword != "fn" && (at == 0 || at + 1 == parts.len()),
            found => found.is_some(),
        };
        if let Some(word) = VAGUE_WORDS.iter().find(|word| vague(word)) {
            let message = format!("`{name}`: `{word}` says nothing; name what it does");
            out.push(Finding { line, rule: "vague-name", message });
        }
    }
    for pair in tokens.windows(2) {
        if matches!(pair[0].text.as_str(), "unimplemented" | "todo") && pair[1].text == "!" {
            let message = format!("`{}!`: no stubs", pair[0].text);
            out.push(Finding { line: pair[0].line, rule: "stub", message });
        }
    }
}

/// `LegTable` and `leg_table` are `leg`, `table`.
fn parts_of(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut after_lower = false;
    for c in name.chars() {
        if c == '_' || c == '-' || (c.is_uppercase() && after_lower) {
            parts.push(String::new());
        }
        if let (true, Some(part)) = (c != '_' && c != '-', parts.last_mut()) {
            part.extend(c.to_lowercase());
        }
        after_lower = c.is_lowercase() || c.is_ascii_digit();
    }
    parts
}

/// Counts `name:` directly within the braces of each `struct`.
fn fields(tokens: &[Token], out: &mut Vec<Finding>) {
    for (at, token) in tokens.iter().enumerate().filter(|(_, t)| t.text == "struct") {
        let body = tokens.iter().skip(at).skip_while(|t| !matches!(t.text.as_str(), "{" | ";" | "("));
        let (mut depth, mut count) = (0_i32, 0);
        for t in body {
            match t.text.as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                ":" if depth == 1 => count += 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        if count > STRUCT_FIELDS {
            let message = format!("{count} fields, the limit is {STRUCT_FIELDS}: group what belongs together");
            out.push(Finding { line: token.line, rule: "struct-fields", message });
        }
    }
}

fn imports(module: &[String], tokens: &[Token], rules: &Rules, out: &mut Vec<Finding>) {
    let own = module.first().map_or("", String::as_str);
    let Some(allowed) = rules.imports.get(own) else {
        let message = format!("module `{own}` is not in the table of imports");
        out.push(Finding { line: 1, rule: "imports", message });
        return;
    };
    for import in scan::own_paths(tokens, module) {
        let target = import.path.first().map_or("", String::as_str);
        let fine = target == own
            || target.is_empty()
            || (target != "cli" && allowed.iter().any(|name| name == "all" || covers(name, &import.path)));
        if !fine {
            let message = format!(
                "`{own}` may not import `{}` (it may: {})",
                import.path.join("::"),
                if allowed.is_empty() { "nothing of ours".into() } else { allowed.join(", ") }
            );
            out.push(Finding { line: import.line, rule: "imports", message });
        }
    }
}

fn confined(module: &[String], tokens: &[Token], rules: &Rules, out: &mut Vec<Finding>) {
    for (at, token) in tokens.iter().enumerate() {
        let Some(homes) = rules.confined.get(&token.text) else { continue };
        let before = at.checked_sub(1).and_then(|i| tokens.get(i)).map_or("", |t| t.text.as_str());
        let after = tokens.get(at + 1).map_or("", |t| t.text.as_str());
        let names_crate = before != "::" && (after == "::" || before == "use") && before != ".";
        if names_crate && !homes.iter().any(|home| covers(home, module)) {
            let message = format!("`{}` may be named only in {}", token.text, homes.join(", "));
            out.push(Finding { line: token.line, rule: "confined-crate", message });
        }
    }
}

fn derives(module: &[String], tokens: &[Token], rules: &Rules, out: &mut Vec<Finding>) {
    if rules.boundary.iter().any(|name| covers(name, module)) {
        return;
    }
    for (at, _) in tokens.iter().enumerate().filter(|(_, t)| t.text == "derive") {
        let list = tokens.iter().skip(at).take_while(|t| t.text != ")");
        if let Some(token) = list.into_iter().find(|t| matches!(t.text.as_str(), "Serialize" | "Deserialize")) {
            let message = format!("derives `{}`: serde stays at the boundaries", token.text);
            out.push(Finding { line: token.line, rule: "serde-derive", message });
        }
    }
}

fn purity(tokens: &[Token], out: &mut Vec<Finding>) {
    for (at, token) in tokens.iter().enumerate() {
        let path = IMPURE_PATHS
            .iter()
            .find(|path| path.iter().enumerate().all(|(i, part)| tokens.get(at + i).is_some_and(|t| t.text == *part)));
        let name = match path {
            Some(path) => path.concat(),
            None if IMPURE_WORDS.contains(&token.text.as_str()) => token.text.clone(),
            None => continue,
        };
        let message = format!("`{name}` in the pure half: the shell passes time, chance and bytes as values");
        out.push(Finding { line: token.line, rule: "purity", message });
    }
}
