//! Limits, and whatever a person or a fuzzer types.

use super::{COMPILER, World, compile, list, text, world};
use proptest::prelude::*;
use strowger::base::value::{Type, Value};

#[test]
fn limits_hold_both_ways() {
    let long = world().with("long", Some(Type::Text), text(&"a".repeat(3000))).with(
        "many",
        Some(Type::List),
        list(&vec![Value::Int(1); 200]),
    );
    let cases = [
        ("long + long", "the text is longer than 4096 bytes"),
        ("[long, long]", "the text is longer than 4096 bytes"),
        ("many + many", "the list has more than 256 elements"),
        ("[many, many]", "the list has more than 256 elements"),
        ("long.replace(\"a\", \"bb\")", "the text is longer than 4096 bytes"),
        ("long.split(\"a\")", "the list has more than 256 elements"),
        ("[long].join(long) + [long, long].join(\"\")", "the text is longer than 4096 bytes"),
    ];
    for (source, message) in cases {
        let expr = COMPILER.compile(source, &long).unwrap_or_else(|e| panic!("{source}: {e:?}"));
        for value in [expr.eval(&long), expr.eval_reference(&long)] {
            assert_eq!(value.map_err(|e| e.to_string()), Err(message.to_owned()), "{source}");
        }
    }
}

#[test]
fn sources_are_bounded() {
    let rule = |source: &str| compile(source).unwrap_err()[0].rule;
    assert_eq!(rule(&" ".repeat(4097)), "expression-too-large");
    assert_eq!(rule(&format!("1{}", " + 1".repeat(65))), "expression-too-large");
    assert_eq!(rule(&format!("[{}]", "1, ".repeat(257))), "expression-too-large");
    let many = format!("[{}]", ["[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"; 50].join(","));
    assert_eq!(rule(&many), "expression-too-large");
    // What is just within the bounds compiles and runs in both engines.
    for source in [
        format!("1{}", " + 1".repeat(64)),
        format!("{}ok", "!".repeat(64)),
        format!("{}1{}", "(".repeat(16), ")".repeat(16)),
        format!("{}ok{}", "(".repeat(16), ")".repeat(16)),
        format!("[{}].len()", ["1"; 256].join(", ")),
        format!("{}i{}", "[".repeat(16), "]".repeat(16)),
        format!("if ok {{ 1 }} {} else {{ 3 }}", "else if ok { 2 }".repeat(60)),
        format!("[{}].len()", "i * i, ".repeat(62)),
    ] {
        let expr = compile(&source).unwrap_or_else(|e| panic!("{source}: {e:?}"));
        let fast = expr.eval(&world());
        assert!(fast.is_ok(), "{source}: {fast:?}");
        assert_eq!(fast, expr.eval_reference(&world()), "{source}");
    }
}

#[test]
fn nothing_typed_overflows_the_stack() {
    for unit in [
        "(", "[", "{", "#{a:", "!", "-", "if ok {", "x.", "x[", "f(", "1+", "a.b(", "\"", "else if ", "||", "1 in ",
        "`${",
    ] {
        for times in [1, 17, 40, 200, 2000, 100_000] {
            let _ = compile(&unit.repeat(times));
            let _ = compile(&format!("{}1{}", unit.repeat(times), ")".repeat(times)));
        }
    }
}

/// Words of the language in any order: nearer to expressions than random characters.
fn word() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "i", "x", "ok", "wait", "pin", "row", "names", "any_list", "caller", "queue", "sales", "hours", "office",
        "digits", "number", "open", ".", ".", "(", ")", "[", "]", "{", "}", "#{", ":", ",", "+", "-", "*", "/", "%",
        "==", "!=", "<", "<=", "&&", "||", "!", "in", "if", "else", "true", "1", "0", "2.5", "\"a\"", "\"\"",
        "seconds", "len", "contains", "let", "fn", "|", "`", "'", "=", ";", "//", "?.", "\n", "R0", "R", "call",
        "default", "$", "é", "\"${x}\"",
    ];
    prop::sample::select(WORDS).prop_map(|w| format!("{w} "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_an_expression_or_a_mistake(source in "\\PC{0,200}") {
        check(&source);
    }

    #[test]
    fn any_words_are_an_expression_or_a_mistake(words in prop::collection::vec(word(), 0..24)) {
        check(&words.concat());
    }
}

/// It compiles and evaluates without a panic, or says where it is wrong.
fn check(source: &str) {
    let world: World = world();
    match COMPILER.compile(source, &world) {
        Ok(expr) => {
            let _ = (expr.eval(&world), expr.eval_reference(&world));
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            for e in errors {
                assert!(source.get(e.start..e.end).is_some(), "{source:?}: {e:?}");
                assert!(!e.message.is_empty());
            }
        }
    }
}
