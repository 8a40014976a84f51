//! Broken and hostile texts: an answer, quickly, and never a panic.

use strowger::base::span::FileId;
use strowger::fmt;
use strowger::syntax::parse::{parse_flow, parse_flow_bytes};
use strowger::syntax::yaml::{parse_yaml_flow, parse_yaml_flow_bytes};

use super::{good, no_order};

/// Every so many bytes a sample is cut; a prime, so that all kinds of places are met.
const STRIDE: usize = 97;

/// Reads bytes as either form; whatever they are, every place lies within the text.
fn total(bytes: &[u8]) {
    for (_, found) in [parse_flow_bytes(FileId(0), bytes), parse_yaml_flow_bytes(FileId(0), bytes)] {
        for finding in &found {
            let labels = finding.secondary.iter().map(|l| l.span).chain([finding.primary.span]);
            for span in labels {
                assert!(span.start <= span.end && span.end as usize <= bytes.len(), "{span:?}: {}", finding.message);
            }
        }
        assert!(found.len() <= 100);
    }
}

#[test]
fn truncated_texts_are_read_as_far_as_they_go() {
    for (path, text) in good() {
        for cut in (0..text.len()).step_by(STRIDE) {
            total(&text.as_bytes()[..cut]);
        }
        let half = text.len() / 2;
        let (_, found) = match path.ends_with(".yaml") {
            true => parse_yaml_flow(FileId(0), &format!("{}{{", text.get(..half).unwrap_or("{"))),
            false => parse_flow(FileId(0), text.get(..half).unwrap_or("{")),
        };
        assert!(!found.is_empty(), "{path}: half of it is no flow");
    }
}

#[test]
fn flipped_bytes_are_read() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for (_, text) in good() {
        for _ in 0..24 {
            let mut bytes = text.clone().into_bytes();
            for _ in 0..3 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let at = state as usize % bytes.len();
                // Mostly characters of the language, so that the damage goes deeper than the lexer.
                bytes[at] = b"{}()[]\"$->,:#/\n =x1*\\\xff"[(state >> 32) as usize % 22];
            }
            total(&bytes);
        }
    }
}

#[test]
fn hostile_texts_end_quickly_with_an_error() {
    let step = |inner: &str| format!("flow a {{\n  step b {{\n{inner}\n  }}\n}}\n");
    let cases = [
        ("brackets, 10 MB", "[".repeat(10_000_000)),
        ("brackets", "[".repeat(100_000)),
        ("braces", "{".repeat(100_000)),
        ("parentheses", "(".repeat(100_000)),
        ("parentheses a line", "(\n".repeat(100_000)),
        ("quotes in parentheses", "(\"\n".repeat(100_000)),
        ("holes", "\"${".repeat(50_000)),
        ("arguments", "run a(x: ".repeat(20_000)),
        ("flow heads", "flow a {\n".repeat(20_000)),
        ("steps", "step a {\n".repeat(20_000)),
        ("closing braces", "}\n".repeat(50_000)),
        ("slashes", "///\n".repeat(50_000)),
        ("a deep list", step(&format!("play {}1{}", "[".repeat(5_000), "]".repeat(5_000)))),
        ("a deep expression", step(&format!("if {}1{} -> b", "(".repeat(2_000), ")".repeat(2_000)))),
        ("deep blocks", step(&format!("{}{}", "if (a) { ".repeat(500), "}".repeat(500)))),
        ("else if", step(&format!("if (a) -> b {}", "else if (a) -> b ".repeat(5_000)))),
        ("a long text", step(&format!("say \"{}\"", "x".repeat(100_000)))),
        ("arms", step(&format!("menu \"x\" {{ {} }}", "1 -> b ".repeat(1_000)))),
        ("yaml lists", format!("flow: a\nsteps:\n  b: {}", "[".repeat(1_000))),
        (
            "yaml statements",
            format!("flow: a\nsteps: {{b: {}hangup{}}}", "[{if: (a), then: ".repeat(50), "}]".repeat(50)),
        ),
    ];
    for (name, text) in cases {
        let yaml = name.starts_with("yaml");
        let (_, found) = if yaml { parse_yaml_flow(FileId(0), &text) } else { parse_flow(FileId(0), &text) };
        assert!(!found.is_empty() && found.len() <= 100, "{name}: {} findings", found.len());
        assert!(found.iter().all(|d| d.message.len() < 400), "{name}: {}", found[0].message);
        total(text.as_bytes().get(..10_000).unwrap_or(text.as_bytes()));
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_at_their_place() {
    let (_, found) = parse_flow_bytes(FileId(0), b"flow a {\n  step \xff { }\n}");
    assert_eq!((found.len(), found[0].rule, found[0].primary.span.start), (1, "source-encoding", 16));
    let (_, found) = parse_yaml_flow_bytes(FileId(0), b"flow: \xc3\x28\n");
    assert_eq!((found.len(), found[0].rule, found[0].primary.span.start), (1, "source-encoding", 6));
}

/// A text with errors is never rewritten.
#[test]
fn the_formatter_leaves_broken_texts_alone() {
    let broken = fmt::format_flow("flow a { step b { plya \"x\" } }", &no_order);
    assert!(matches!(broken, Err(fmt::FormatError::Syntax(found)) if found.len() == 1));
}

/// The deepest text that the bounds allow, on half the stack that a thread gets.
#[test]
fn the_bounds_on_nesting_leave_room_on_the_stack() {
    let step = |inner: &str| format!("flow a {{\n  step b {{\n{inner}\n  }}\n}}\n");
    let depth = strowger::syntax::lexer::MAX_BRACKETS - 2;
    let chain = "else if (a) { hangup } ".repeat(strowger::syntax::lexer::MAX_ELSE_IFS);
    let texts = [
        step(&format!("play {}1{}", "[".repeat(depth), "]".repeat(depth))),
        step(&format!("if {}1{} -> b", "(".repeat(depth), ")".repeat(depth))),
        step(&format!("say \"${{{}1{}}}\"", "(".repeat(depth), ")".repeat(depth))),
        step(&format!("{}if (a) {{ hangup }} {chain}{}", "menu \"x\" { 1 { ".repeat(6), "} }".repeat(6))),
        format!("flow: a\nsteps:\n  b: {}", "[{if: (a), then: ".repeat(7) + "c" + "}]".repeat(7).as_str()),
    ];
    let read = move || {
        for text in texts {
            let yaml = text.starts_with("flow:");
            let (_, found) = if yaml { parse_yaml_flow(FileId(0), &text) } else { parse_flow(FileId(0), &text) };
            assert_eq!(found, [], "{text}");
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(read).unwrap().join().unwrap();
}
