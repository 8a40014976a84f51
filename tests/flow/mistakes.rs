//! Mistakes in subflows, `split`, headers and constants, and mistakes of expressions wherever an
//! expression can stand: each is found, with its rule, and nothing else is.

use strowger::base::diagnostic::Severity;
use strowger::base::span::FileId;
use strowger::lint;
use strowger::syntax::parse::parse_flow;

use super::site::{policies, site};

fn rules(text: &str) -> Vec<&'static str> {
    let (file, read) = parse_flow(FileId(0), text);
    let files = [file];
    let (_, compiled) = lint::compile(&site(), &policies(), &files);
    // What is a matter of taste is not asked about, nor what a caller hears meanwhile.
    let serious = lint::join(&files, read, compiled)
        .into_iter()
        .filter(|d| d.severity != Severity::Info && d.rule != "silent-cycle");
    serious.map(|d| d.rule).collect()
}

/// Places of expressions; `EXPR` is any of them.
const PLACES: [&str; 14] = [
    "tag a (EXPR)",
    "tag a \"x ${EXPR} y\"",
    "set thing = \"${EXPR}\"",
    "run take(any: \"${EXPR}\") { done(n) -> next }",
    "run take(map: (#{a: #{b: [1, EXPR]}})) { done(n) -> next }",
    "run take(list: ([1, #{a: EXPR}])) { done(n) -> next }",
    "run take { done(n) { tag a \"${EXPR}\" } }",
    "if ([EXPR, caller.name].len() > 0) { tag a 1 }",
    "switch (caller.name + (EXPR)) { \"a\" -> next  otherwise -> next }",
    "split sticky (\"x\" + (EXPR)) { 100% -> next }",
    "if (caller.outside) -> flow other(any: \"${EXPR}\")",
    "run give(map: (#{a: EXPR})) { done -> next }",
    "set language = \"${EXPR}\"",
    "tag a (#{a: #{b: #{c: EXPR}}}.len())",
];

/// What can be wrong in any of them.
const EXPRESSIONS: [(&str, &str); 7] = [
    ("nope", "unknown-name"),
    ("caller.nmber", "unknown-field"),
    ("dialed.number.size()", "unknown-function"),
    ("sin(1)", "unknown-function"),
    ("dialed.number == 100", "unlike-comparison"),
    ("limit == \"two\"", "unlike-comparison"),
    ("1 +", "expression-syntax"),
];

const REST: &str = "
const limit = 2
flow other(any: text = \"\") { step start { tag any (any)  hangup } }
subflow take(any: text = \"\", map: map = (#{}), list: list = []) -> done(n: number) {
  step start { tag any \"${any} ${map.len()} ${list.len()}\"  return done(1) }
}
subflow give(map: map) -> done { step start { tag n (map.len())  return done } }
";

fn main_with(statement: &str) -> String {
    format!(
        "flow main {{\n  var thing = \"\"\n  step start {{\n    answer\n    {statement}\n    tag t (thing)\n    hangup\n  }}\n}}\n{REST}"
    )
}

#[test]
fn expressions_are_checked_wherever_they_stand() {
    let mut wrong = Vec::new();
    for place in PLACES {
        let fine = rules(&main_with(&place.replace("EXPR", "limit")));
        if !fine.is_empty() {
            wrong.push(format!("{place}: right, and {fine:?}"));
        }
        for (expr, rule) in EXPRESSIONS {
            let found = rules(&main_with(&place.replace("EXPR", expr)));
            if found != [rule] {
                wrong.push(format!("{place} with {expr}: {rule}, and not {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn returned_values_are_checked() {
    for (expr, rule) in EXPRESSIONS {
        let text = format!(
            "flow main {{ step start {{ run s {{ ok(v) {{ tag v \"${{v.len()}}\" }} }}  hangup }} }}\n\
             subflow s -> ok(v: map) {{ step start {{ return ok(#{{a: #{{b: {expr}}}}}) }} }}\nconst limit = 2\n"
        );
        assert_eq!(rules(&text), [rule], "{text}");
    }
}

/// A whole file, and what is found in it.
const FILES: &[(&str, &[&str])] = &[
    // Reserved words, wherever a variable is named.
    ("flow main { var match = 1  step start { hangup } }", &["reserved-name"]),
    ("const new = 1\nflow main { step start { hangup } }", &["reserved-name"]),
    ("flow main(go: text = \"\") { step start { hangup } }", &["reserved-name"]),
    (
        "flow main { step start { run s { ok(print) -> next }  hangup } }\nsubflow s -> ok(v: text) { step start { return ok(\"\") } }",
        &["reserved-name"],
    ),
    (
        "flow main { step start { run s(with: 1) { ok -> next }  hangup } }\nsubflow s(with: number) -> ok { step start { return ok } }",
        &["reserved-name"],
    ),
    (
        "flow main { step start { run s { otherwise -> next }  hangup } }\nsubflow s -> otherwise { step start { return otherwise } }",
        &["reserved-name"],
    ),
    // `run` and its arms.
    ("flow main { step start { run nope { a -> next }  hangup } }", &["unknown-target"]),
    ("flow main { step start { run main { a -> next }  hangup } }", &["type-mismatch"]),
    (
        "flow main { step start { run s { a -> next }  hangup } }\nsubflow s -> a, b { step start { if (caller.outside) { return b }  return a } }",
        &["outcome-unhandled"],
    ),
    (
        "flow main { step start { run s { a, bb -> next  b -> next }  hangup } }\nsubflow s -> a, b { step start { if (caller.outside) { return b }  return a } }",
        &["unknown-outcome"],
    ),
    (
        "flow main { step start { run s { a, refused -> next }  hangup } }\nsubflow s -> a { step start { return a } }",
        &["unknown-outcome"],
    ),
    (
        "flow main { step start { run s { a -> next  a -> next }  hangup } }\nsubflow s -> a { step start { return a } }",
        &["duplicate-branch"],
    ),
    (
        "flow main { step start { run s { a -> next  otherwise -> next }  hangup } }\nsubflow s -> a { step start { return a } }",
        &["outcome-impossible"],
    ),
    (
        "flow main { step start { run s { a(x) { tag x (x) } }  hangup } }\nsubflow s -> a { step start { return a } }",
        &["type-mismatch"],
    ),
    (
        "flow main { step start { run s { a, b(x) { tag x (x) } }  hangup } }\nsubflow s -> a, b(v: text) { step start { if (caller.outside) { return b(\"\") }  return a } }",
        &["shared-binding"],
    ),
    (
        "flow main { step start { run s(n: \"a\") { a -> next }  hangup } }\nsubflow s(n: number) -> a { step start { tag n (n)  return a } }",
        &["type-mismatch"],
    ),
    (
        "flow main { step start { run s(m: 1) { a -> next }  hangup } }\nsubflow s(n: number = 1) -> a { step start { tag n (n)  return a } }",
        &["subflow-arity"],
    ),
    (
        "flow main { step start { run s { a -> next }  hangup } }\nsubflow s(n: number) -> a { step start { tag n (n)  return a } }",
        &["subflow-arity"],
    ),
    (
        "flow main { step start { run s { a(x) { if (x == \"1\") { hangup } } }  hangup } }\nsubflow s -> a(v: number) { step start { return a(1) } }",
        &["unlike-comparison"],
    ),
    (
        "flow main { step start { if (caller.outside) -> flow s  hangup } }\nsubflow s -> a { step start { return a } }",
        &["type-mismatch"],
    ),
    // `return`.
    (
        "flow main { step start { run s { a -> next }  hangup } }\nsubflow s -> a { step start { return aa } }",
        &["unknown-outcome"],
    ),
    (
        "flow main { step start { run s { a -> next }  hangup } }\nsubflow s -> a { step start { return a(\"x\") } }",
        &["subflow-arity"],
    ),
    (
        "flow main { step start { run s { a -> next }  hangup } }\nsubflow s -> a(v: text) { step start { return a } }",
        &["subflow-arity"],
    ),
    (
        "flow main { step start { run s { a -> next }  hangup } }\nsubflow s -> a(v: number) { step start { return a(caller.name) } }",
        &["type-mismatch"],
    ),
    (
        "flow main { step start { run s { a -> next }  hangup } }\nsubflow s -> a(v: nmber) { step start { return a(1) } }",
        &["flow-syntax"],
    ),
    (
        "flow main { step start { run s { a -> next }  hangup } }\nsubflow s -> a { step start { return a  hangup } }",
        &["unreachable-statement"],
    ),
    (
        "flow main { step start { run s { a -> next }  hangup } }\nsubflow s -> a { step start { if (caller.outside) { return a } } }",
        &["step-falls-through"],
    ),
    // What a subflow sees.
    (
        "flow main { var x = 1  step start { set x = 2  run s { a -> next }  hangup } }\nsubflow s -> a { step start { tag x (x)  return a } }",
        &["unknown-name"],
    ),
    (
        "flow main { step start { run s { a -> next }  hangup } }\nsubflow s -> a { max_steps 5  step start { return a } }",
        &["unknown-setting"],
    ),
    (
        "flow main { step start { run s { a -> next }  hangup } }\nsubflow s -> a { language \"cy\"  step start { return a } }",
        &["unknown-setting"],
    ),
    (
        "flow main { step start { run s { a -> next }  hangup } }\nsubflow s -> a { owner \"x\"  version \"2\"  guard standard  step start { return a } }",
        &[],
    ),
    ("flow main { step start { hangup } }\nsubflow main -> a { step start { return a } }", &["duplicate-name"]),
    // No end: each run comes back and goes round.
    (
        "flow main { step start { run s { a -> start } } }\nsubflow s -> a { step start { wait 1s  return a } }",
        &["no-disposition"],
    ),
    (
        "flow main { step start { run s { a -> start  b { hangup } } } }\nsubflow s -> a, b { step start { if (caller.outside) { return b }  return a } }",
        &["unbounded-loop"],
    ),
    (
        "flow main { step start { run s { a { hangup } } } }\nsubflow s -> a { step start { if (caller.outside) { return a }  -> loop }  step loop { wait 1s  -> loop } }",
        &["no-disposition"],
    ),
    (
        "flow main { step start { run s { a -> start } } }\nsubflow s -> a { step start { if (caller.outside) { hangup }  return a } }",
        &["unbounded-loop"],
    ),
    // An arm for an outcome that is never returned leads nowhere.
    (
        "flow main { step start { run s { a -> start  b -> bye } }  step bye { hangup } }\nsubflow s -> a, b { step start { wait 1s  return a } }",
        &["no-disposition", "unreachable-step", "outcome-never-returned"],
    ),
    // Shares.
    ("flow main { step start { split { 0% -> next  100% -> next }  hangup } }", &["outcome-impossible"]),
    (
        "flow main { step start { split { 50.1234% -> next  49.8766% -> next }  hangup } }",
        &["value-out-of-range", "value-out-of-range"],
    ),
    ("flow main { step start { split { 100% -> next  otherwise -> next }  hangup } }", &["type-mismatch"]),
    ("flow main { step start { split sticky (3) { 100% -> next }  hangup } }", &["type-mismatch"]),
    ("flow main { step start { split stikcy (caller.name) { 100% -> next }  hangup } }", &["unknown-setting"]),
    (
        "flow main { default split sticky (caller.number)  step start { split { 50% -> next  50.0% -> next }  hangup } }",
        &[],
    ),
    // Headers and constants.
    ("const n = 1\nconst n = 2\nflow main { step start { tag n (n)  hangup } }", &["duplicate-name"]),
    ("flow main { labels [1, 2]  step start { hangup } }", &["type-mismatch"]),
    ("flow main { version 2  step start { hangup } }", &["type-mismatch"]),
    ("flow main { max_steps 0  step start { hangup } }", &["type-mismatch"]),
    ("flow main { default run tries 2  step start { hangup } }", &["unknown-setting"]),
    ("flow main { step start { set language = 3  hangup } }", &["type-mismatch"]),
    ("flow main { step start { set language = \"xx-bogus\"  hangup } }", &["type-mismatch"]),
    ("flow main { language \"english\"  step start { hangup } }", &["type-mismatch"]),
    ("flow main { language \"en_GB\"  step start { hangup } }", &["type-mismatch"]),
    ("flow main { language \"e\"  step start { hangup } }", &["type-mismatch"]),
    ("flow main { language \"en-x\"  step start { hangup } }", &["type-mismatch"]),
    (
        "flow main { language \"zh-Hant-HK\"  step start { set language = \"es-419\"  set language = \"de-CH-1996\"  hangup } }",
        &[],
    ),
    (
        "flow main { language \"cy-x-north\"  step start { set language = \"ca-valencia\"  set language = \"yue\"  hangup } }",
        &[],
    ),
    (
        "flow main { step start { answer  if (caller.outside) { set language = \"cy\" }  play \"croeso\"  hangup } }",
        &["prompt-missing"],
    ),
    (
        "flow main { language \"cy\"  step start { answer  play \"croeso\"  run s { a -> next }  hangup } }\nsubflow s -> a { step start { play \"croeso\"  return a } }",
        &[],
    ),
    (
        "flow main { language \"cy\"  step start { answer  run s { a -> next }  play \"croeso\"  hangup } }\nsubflow s -> a { step start { set language = \"de\"  return a } }",
        &["prompt-missing"],
    ),
];

#[test]
fn each_mistake_is_found_and_nothing_else() {
    let mut wrong = Vec::new();
    for (text, want) in FILES {
        let found = rules(text);
        if found != *want {
            wrong.push(format!("{text}\n  want {want:?}\n  have {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
