//! Each rule, broken once: a test that cannot fail is worth nothing.

use super::{package, scan, source, table, text};

const RULES: &str = "\
```imports
base:
call: base
site: base call::leg
sip: base call
lint: all
cli: all
```
```confined
pest: syntax
miette: base::diagnostic
```
```pure
base
call
lint
```
```boundary
cli
```
```long-files
src/sip/long.rs: the reason
```
";

/// Path, source after the opening line, and the rules that must be reported with their lines.
type Case = (&'static str, &'static str, &'static [(&'static str, usize)]);

const CASES: &[Case] = &[
    ("src/call/a.rs", "use crate::base::time::Now;", &[]),
    ("src/call/a.rs", "use crate::sip::Leg;", &[("imports", 2)]),
    ("src/call/a.rs", "use crate::{\n    base::x,\n    sip::{y, z},\n};", &[("imports", 4), ("imports", 4)]),
    ("src/call/a.rs", "use super::leg::Name;", &[]),
    ("src/call/a.rs", "use super::super::sip::x;", &[("imports", 2)]),
    ("src/call/a.rs", "fn f() { crate::sip::x() }", &[("imports", 2)]),
    ("src/call/a.rs", "// crate::sip::x\n/* crate::sip */ const A: &str = \"crate::sip::x\";", &[]),
    (
        "src/call/a.rs",
        "const A: &str = r#\"crate::sip::\"x\"#; const B: char = '\"'; use crate::sip;",
        &[("imports", 2)],
    ),
    ("src/site/a.rs", "use crate::call::leg::Name;", &[]),
    ("src/site/a.rs", "use crate::call::spec::Target;", &[("imports", 2)]),
    ("src/lint/a.rs", "use crate::cli::run;", &[("imports", 2)]),
    ("src/new_module/a.rs", "", &[("imports", 1)]),
    ("src/call/a.rs", "use pest::Parser;", &[("confined-crate", 2)]),
    ("src/base/diagnostic.rs", "use miette::Report;", &[]),
    ("src/base/value.rs", "fn f(r: miette::Report) {}", &[("confined-crate", 2)]),
    ("src/call/a.rs", "use std::collections::HashMap;", &[("purity", 2)]),
    ("src/call/a.rs", "fn f() { std::fs::read(\"x\"); }", &[("purity", 2)]),
    ("src/call/a.rs", "\nuse std::time::Instant;", &[("purity", 3)]),
    ("src/sip/a.rs", "use std::collections::HashMap; use tokio::net::UdpSocket;", &[]),
    ("src/call/a.rs", "#[derive(Debug, Serialize)]\nstruct A;", &[("serde-derive", 2)]),
    ("src/cli/a.rs", "#[derive(Debug, Serialize)]\nstruct A;", &[]),
    ("src/sip/a.rs", concat!("struct LegMan", "ager;"), &[("vague-name", 2)]),
    ("src/sip/a.rs", concat!("struct NoCom", "monCodec;"), &[]),
    (concat!("src/sip/ut", "il.rs"), "", &[("vague-name", 1)]),
    ("src/sip/a.rs", concat!("fn f() { other::PHONE_UT", "IL.parse() }"), &[]),
    ("src/sip/a.rs", concat!("fn finds_com", "mon_codecs() {}"), &[]),
    ("src/sip/a.rs", concat!("mod com", "mon;"), &[("vague-name", 2)]),
    ("src/sip/a.rs", "fn f() { unimplemented!() }", &[("stub", 2)]),
];

#[test]
fn every_source_rule_can_fail() {
    let rules = table::read(RULES);
    for (path, body, expected) in CASES {
        let found = source::check(path, &format!("//! A file.\n{body}\n"), &rules);
        let found: Vec<_> = found.iter().map(|f| (f.rule, f.line)).collect();
        assert_eq!(&found, expected, "{path}: {body}");
    }
}

#[test]
fn openings_and_lengths_are_limited() {
    let rules = table::read(RULES);
    let found = |path: &str, lines: usize| {
        let source = format!("//! A file.\n{}", "\n".repeat(lines - 1));
        source::check(path, &source, &rules).iter().map(|f| f.rule).collect::<Vec<_>>()
    };
    assert_eq!(source::check("src/call/a.rs", "use std::fmt;\n", &rules)[0].rule, "opening");
    assert_eq!(found("src/call/a.rs", 500), [""; 0]);
    assert_eq!(found("src/call/a.rs", 501), ["file-length"]);
    assert_eq!(found("src/sip/a.rs", 400), [""; 0]);
    assert_eq!(found("src/sip/a.rs", 401), ["file-length"]);
    assert_eq!(found("src/sip/long.rs", 800), [""; 0]);
    assert_eq!(found("src/sip/long.rs", 801), ["file-length"]);
}

#[test]
fn structs_have_sixteen_fields_at_most() {
    let rules = table::read(RULES);
    let found = |count: usize| {
        let fields: String = (0..count).map(|n| format!("    a{n}: crate::base::Id,\n")).collect();
        source::check("src/call/a.rs", &format!("//! A file.\nstruct A {{\n{fields}}}\n"), &rules).len()
    };
    assert_eq!((found(16), found(17)), (0, 1));
}

#[test]
fn every_text_rule_can_fail() {
    let exists = |path: &str| path == "docs/a.md";
    let cases: [(&str, String, &[&str]); 12] = [
        ("a.sh", concat!("# TO", "DO: later").into(), &["unfinished"]),
        ("a.sh", "the TODOS_TABLE name".into(), &[]),
        ("a.md", concat!("from crates", ".io").into(), &["registry-host"]),
        ("Cargo.lock", concat!("https://github.com/rust-lang/crates", ".io-index").into(), &[]),
        ("a.md", concat!("see `/wo", "rk/a`").into(), &["outside-path"]),
        ("a.md", concat!("see `/wo", "rkspace`, http://a/ho", "me/x").into(), &[]),
        ("a.sh", "x  ".into(), &["trailing-blank"]),
        ("README.md", "[a](docs/a.md#part) [b](https://example.org)".into(), &[]),
        ("docs/b.md", "[a](a.md) [b](../docs/a.md)".into(), &[]),
        ("docs/b.md", "[a](c.md)".into(), &["dead-link"]),
        ("docs/b.md", "[a](../../docs/a.md)".into(), &["dead-link"]),
        ("a.rs", "[a](c.md)".into(), &[]),
    ];
    for (path, line, expected) in cases {
        let found: Vec<_> = text::check(path, &line, &exists).iter().map(|f| f.rule).collect();
        assert_eq!(found, expected, "{path}: {line}");
    }
}

#[test]
fn licence_expressions_are_read() {
    let deny =
        "[bans]\nallow = [\"GPL-3.0\"]\n[licenses]\nversion = 2\nallow = [\n    \"MIT\",  # x\n    \"Zlib\",\n]\n[a]\n";
    let allowed = package::list(deny, "licenses", "allow");
    for (expression, holds) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR GPL-3.0) AND Zlib", true),
        ("MIT AND GPL-3.0 OR Zlib", true),
        ("MIT WITH some-exception", false),
        ("", false),
    ] {
        assert_eq!(package::satisfied(expression, &allowed), holds, "{expression}");
    }
}

#[test]
fn a_dependency_without_a_reason_is_found() {
    let manifest =
        "[package]\nname = \"a\"\n[dependencies]\na = \"1\" # why\nb = \"1\"\nc = { version = \"1\" } # why\n";
    assert_eq!(package::undocumented(manifest), [(5, "b = \"1\"".to_string())]);
}

#[test]
fn tokens_know_their_lines() {
    let found = scan::tokens("a\n/* b\n*/ c 'd' 'e: \"f\n\" b'\\'' '\\u{41}' g::h");
    let found: Vec<_> = found.iter().filter(|t| t.text != "'").map(|t| (t.line, t.text.as_str())).collect();
    assert_eq!(found, [(1, "a"), (3, "c"), (3, "e"), (3, ":"), (4, "g"), (4, "::"), (4, "h")]);
}
