//! The table of tests/README.md: each statement has its row, and each test that a row names is there.

use std::path::{Path, PathBuf};

use strowger::base::span::FileId;
use strowger::site::check;

/// What a row says of a part that no test holds.
const BUT_FOR: &str = "held but for: ";

/// Statements of which a part cannot be held yet, because what it is about is not there: what the remark is about, and
/// whether it is still not there. When it is, the remark is a lie, and this test says so.
const LEFT: [(usize, &str, StillMissing); 2] =
    [(9, "tokens", no_token_but_the_admins), (23, "`/restapi`", nothing_under_restapi)];
type StillMissing = fn() -> bool;

/// A user has no token for the API, so that there is nobody but the admin to be told 403 by.
fn no_token_but_the_admins() -> bool {
    let text = "strowger: 1\nsite: a\nlisten: {sip: [\"udp:127.0.0.1:5060\"]}\nusers: {us_dana: {password: generated}}\n\
                tokens: {admin: generated, us_dana: generated}\n";
    let (site, found) = check::check_bytes(FileId(0), text.as_bytes());
    site.is_none() && found.iter().any(|d| d.rule == "unknown-key" && d.message.contains("us_dana"))
}

/// Another product's view of calls would be there.
fn nothing_under_restapi() -> bool {
    !include_str!("../../src/api/openapi.json").contains("/restapi")
}

const LAST: usize = 64;

struct Row {
    n: usize,
    statement: String,
    held_by: String,
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(tests().join("README.md")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.strip_prefix("| T")?.strip_suffix(" |")?.split(" | ").collect();
        let [n, statement, held_by] = cells[..] else { return None };
        Some(Row { n: n.parse().ok()?, statement: statement.to_owned(), held_by: held_by.to_owned() })
    };
    text.lines().filter_map(row).collect()
}

/// What is between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// What is wrong with a name of a test: `module::file::function`, or a scenario's file with or without `*` in it.
fn missing(name: &str) -> Option<String> {
    if let Some(pattern) = name.strip_suffix(".call") {
        let (begin, end) = pattern.split_once('*').unwrap_or((pattern, ""));
        let fits = |file: &str| file.strip_suffix(".call").is_some_and(|f| f.starts_with(begin) && f.ends_with(end));
        let calls = std::fs::read_dir(tests().join("exchange/office/calls")).unwrap();
        let found = calls.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).any(|f| fits(&f));
        return (!found).then(|| format!("there is no scenario `{name}`"));
    }
    let Some((module, function)) = name.rsplit_once("::") else { return Some(format!("`{name}` names no test")) };
    let file = tests().join(format!("{}.rs", module.replace("::", "/")));
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let is_test = text.contains(&format!("#[test]\nfn {function}()"));
    (!is_test).then(|| format!("there is no test `{name}`"))
}

#[test]
fn every_statement_has_its_row_and_every_row_its_tests() {
    let rows = rows();
    assert_eq!(rows.iter().map(|row| row.n).collect::<Vec<_>>(), (1..=LAST).collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for Row { n, statement, held_by } in &rows {
        let words = statement.split_whitespace().count();
        if !(3..=10).contains(&words) {
            wrong.push(format!("T{n:02}: {words} words"));
        }
        let tests = held_by.split(BUT_FOR).next().unwrap_or_default();
        wrong.extend(quoted(tests).filter_map(missing).map(|what| format!("T{n:02}: {what}")));
        if !quoted(held_by).any(|name| name.contains(&format!("::t{n:02}_")) || name.contains(&format!("_t{n:02}_"))) {
            wrong.push(format!("T{n:02}: no test has its name"));
        }
        let left = LEFT.iter().find(|(left, ..)| left == n);
        match (held_by.split_once(BUT_FOR), left) {
            (None, None) => {}
            (Some((_, what)), Some((_, about, is_missing))) => {
                if !what.contains(about) || !what.contains("because ") {
                    wrong.push(format!("T{n:02}: the remark does not say what is left, and why: {what}"));
                }
                if !is_missing() {
                    wrong.push(format!("T{n:02}: {about} are there: hold the rest of the statement"));
                }
            }
            (said, _) => {
                wrong.push(format!("T{n:02}: `{BUT_FOR}` is said: {}; known: {}", said.is_some(), left.is_some()))
            }
        }
        if held_by.contains("not yet") {
            wrong.push(format!("T{n:02}: `not yet` is no reason"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_name_of_no_test_is_found() {
    assert_eq!(missing("transfers::map::a_name_of_no_test_is_found"), None);
    assert!(missing("transfers::map::a_name_of_another_test").is_some());
    assert!(missing("transfers::map::missing").is_some(), "no test");
    assert!(missing("transfers::nowhere::a_name_of_no_test_is_found").is_some());
    assert!(missing("a_name_of_no_test_is_found").is_some());
    assert_eq!((missing("order-*.call"), missing("order-complete.call")), (None, None));
    assert!(missing("order-nothing.call").is_some());
}
