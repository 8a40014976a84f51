//! Large texts of every shape: read, compiled and formatted without a crash. With `STROWGER_FUZZ_SECS` set they have the
//! largest size that is read and a time bound, so that growth with the square of a text is seen; without, a part of it,
//! because time on a shared machine proves nothing.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use strowger::base::diagnostic::has_errors;
use strowger::base::limits::{MAX_ARMS, MAX_FILE_BYTES, MAX_STEPS_PER_FLOW};
use strowger::base::span::FileId;
use strowger::fmt;
use strowger::lint;
use strowger::syntax::document;
use strowger::syntax::parse::parse_flow_bytes;
use strowger::syntax::yaml::parse_yaml_flow_bytes;

use crate::flow::site::{policies, site};

/// What one text may take in the dev profile beside other tests; release is some twenty times faster.
const BOUND: Duration = Duration::from_secs(20);

fn full() -> bool {
    std::env::var_os("STROWGER_FUZZ_SECS").is_some()
}

/// How large the texts are.
fn size() -> usize {
    if full() { MAX_FILE_BYTES } else { MAX_FILE_BYTES / 32 }
}

fn timed<T>(name: &str, bytes: usize, act: impl FnOnce() -> T) -> T {
    let at = Instant::now();
    let result = act();
    let took = at.elapsed();
    if full() {
        eprintln!("{name}: {bytes} bytes in {took:?}");
        assert!(took < BOUND, "{name}: {bytes} bytes in {took:?}");
    }
    result
}

/// Reads, compiles and formats a text in time; the number of findings.
fn all_of(name: &str, text: &str) -> usize {
    let (tree, found) = timed(&format!("{name}, read"), text.len(), || parse_flow_bytes(FileId(0), text.as_bytes()));
    let (site, policies) = (site(), policies());
    let (_, compiled) = timed(&format!("{name}, compiled"), text.len(), || {
        lint::compile(&site, &policies, std::slice::from_ref(&tree))
    });
    let order = |_: &str| -> &'static [&'static str] { &[] };
    if !has_errors(&found) {
        timed(&format!("{name}, formatted"), text.len(), || fmt::format_flow(text, &order)).expect("no errors");
    }
    found.len() + compiled.len()
}

/// As many steps as a flow may have, with as many arms as a statement may have.
fn many_arms() -> String {
    let mut text = String::from("flow a {\n");
    for step in 0..MAX_STEPS_PER_FLOW {
        writeln!(text, "  step s{step} {{\n    answer\n    menu \"welcome\" {{").unwrap();
        for arm in 0..MAX_ARMS - 1 {
            writeln!(text, "      {} -> s{}", 1000 + arm, (step + arm) % MAX_STEPS_PER_FLOW).unwrap();
        }
        text.push_str("      otherwise -> s0\n    }\n  }\n");
    }
    text.push_str("}\n");
    text
}

#[test]
fn a_flow_of_all_that_the_bounds_allow() {
    let text = many_arms();
    all_of("500 steps of 64 arms", &text);
}

/// Files of one mebibyte, each of many small things of a kind.
#[test]
fn the_largest_files() {
    let fill = |head: &str, tail: &str, each: &dyn Fn(usize) -> String| {
        let mut text = String::from(head);
        for n in 0.. {
            let next = each(n);
            if text.len() + next.len() + tail.len() > size() {
                break;
            }
            text.push_str(&next);
        }
        text + tail
    };
    let small = |n| format!("flow f{n} {{\n  step a {{\n    answer\n    play \"welcome\"\n    hangup\n  }}\n}}\n\n");
    all_of("many flows", &fill("", "", &small));
    let same = |_| "flow f {\n  step a {\n    answer\n    hangup\n  }\n}\n".to_owned();
    all_of("many flows of one name", &fill("", "", &same));
    let answer = |_| "    answer\n".to_owned();
    all_of("many statements", &fill("flow a {\n  step b {\n", "  }\n}\n", &answer));
    let wrong = |_| "    plya \"x\"\n".to_owned();
    all_of("many mistakes", &fill("flow a {\n  step b {\n", "  }\n}\n", &wrong));
    let variable = |n| format!("  var v{n}: text\n");
    all_of("many variables", &fill("flow a {\n", "  step b { hangup }\n}\n", &variable));
    let constant = |n| format!("const c{n} = {n}\n");
    all_of("many constants", &fill("", "flow a { step b { hangup } }\n", &constant));
    let comment = |_| "// allow(unknown-name) until 2030-01-01: x\n".to_owned();
    all_of("many comments", &fill("", "flow a { step b { hangup } }\n", &comment));
    let long = |n: usize| format!("    set {} = 1\n", "v".repeat(121 + n % 7));
    all_of("long names", &fill("flow a {\n  step b {\n", "    hangup\n  }\n}\n", &long));
    let branch = |n| format!("    if (call.caller == \"{n}\") {{\n      play \"welcome\"\n    }}\n");
    all_of("many branches", &fill("flow a {\n  step b {\n    answer\n", "    hangup\n  }\n}\n", &branch));
}

#[test]
fn one_token_of_the_largest_file() {
    for unit in [
        "[", "{", "(", "\"", "${", "x", "1", ".", "-", "\n", " ", "//", "é", "\t", "->", "a: ", "- ", "? ", "&a [", "!",
    ] {
        let text = unit.repeat(size() / unit.len());
        timed(&format!("{unit:?}, flow"), text.len(), || parse_flow_bytes(FileId(0), text.as_bytes()));
        timed(&format!("{unit:?}, yaml"), text.len(), || parse_yaml_flow_bytes(FileId(0), text.as_bytes()));
        timed(&format!("{unit:?}, document"), text.len(), || document::parse_bytes(FileId(0), text.as_bytes()));
        let text = format!("flow a {{ step b {{ if ({text}) -> b }} }}");
        let text = text.get(text.len().saturating_sub(MAX_FILE_BYTES)..).unwrap_or(&text);
        timed(&format!("{unit:?}, condition"), text.len(), || parse_flow_bytes(FileId(0), text.as_bytes()));
    }
}

/// Ten megabytes, and aliases that would be more than there is memory: refused before anything is built.
#[test]
fn more_than_is_read() {
    for unit in ["[", "{", "(", "- ", "&a "] {
        let text = unit.repeat(10_000_000 / unit.len());
        for (tree, found) in
            [parse_flow_bytes(FileId(0), text.as_bytes()), parse_yaml_flow_bytes(FileId(0), text.as_bytes())]
        {
            assert!(tree.items.is_empty() && found.len() == 1 && found[0].rule == "file-too-large", "{found:?}");
        }
    }
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for n in 1..30 {
        let alias = format!("*a{}, ", n - 1).repeat(10);
        writeln!(bomb, "a{n}: &a{n} [{alias}]").unwrap();
    }
    let (_, _, found) = timed("alias bomb", bomb.len(), || document::parse_bytes(FileId(0), bomb.as_bytes()));
    assert!(has_errors(&found));
    let (_, found) = timed("alias bomb, flow", bomb.len(), || parse_yaml_flow_bytes(FileId(0), bomb.as_bytes()));
    assert!(has_errors(&found));
}

/// One line of a large document, by its number.
type Line = fn(usize) -> String;

/// YAML, flat and wide.
#[test]
fn the_largest_documents() {
    let each: [(&str, Line); 5] = [
        ("keys", |n| format!("k{n}: v\n")),
        ("one key", |_| "k: v\n".to_owned()),
        ("items", |_| "- x\n".to_owned()),
        ("anchors", |n| format!("k{n}: &a{n} x\n")),
        ("documents", |_| "---\nx\n".to_owned()),
    ];
    for (name, each) in each {
        let mut text = String::new();
        for n in 0.. {
            let next = each(n);
            if text.len() + next.len() > size() {
                break;
            }
            text.push_str(&next);
        }
        timed(name, text.len(), || document::parse_bytes(FileId(0), text.as_bytes()));
        timed(name, text.len(), || parse_yaml_flow_bytes(FileId(0), text.as_bytes()));
        timed(name, text.len(), || strowger::site::check::check_bytes(FileId(0), text.as_bytes()));
    }
}
