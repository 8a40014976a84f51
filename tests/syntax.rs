//! Both spellings of a flow: what they mean, how each mistake is told, and that they are one tree.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arbitrary;
mod grammar;
mod robust;

use strowger::base::diagnostic::{self, Diagnostic};
use strowger::base::span::{FileId, Sources};
use strowger::fmt::{self, Form};
use strowger::syntax::ast::File;
use strowger::syntax::parse::parse_flow;
use strowger::syntax::print_flow::to_flow;
use strowger::syntax::print_yaml::to_yaml;
use strowger::syntax::remarks::Remarks;
use strowger::syntax::yaml::parse_yaml_flow;

/// The files of a fixture folder with this ending, in the order of their names.
pub fn fixtures(folder: &str, ending: &str) -> Vec<(String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut out = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(&format!(".{ending}")) {
            let path = format!("{folder}/{name}");
            out.push((path.clone(), source(&path)));
        }
    }
    assert!(!out.is_empty(), "no fixtures in {folder}");
    out.sort();
    out
}

#[expect(clippy::disallowed_methods, reason = "tests read their fixtures")]
pub fn source(path: &str) -> String {
    std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Compares rendered output with its file; `BLESS=1` rewrites the file.
#[expect(clippy::disallowed_methods, reason = "tests read and bless their fixtures")]
pub fn golden(path: &str, actual: &str) {
    let full = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var("BLESS").is_ok_and(|v| v == "1") {
        std::fs::write(full, actual).unwrap();
        return;
    }
    let wanted = std::fs::read_to_string(full).unwrap_or_default();
    assert_eq!(actual, wanted, "{path} differs; BLESS=1 rewrites it");
}

/// All findings as a person at a terminal sees them.
pub fn rendered(name: &str, text: &str, found: &[Diagnostic]) -> String {
    let mut sources = Sources::default();
    let short = name.rsplit('/').next().unwrap_or(name);
    sources.add(short, text);
    for label in found.iter().flat_map(|d| d.secondary.iter().chain([&d.primary])) {
        let (start, end) = (label.span.start as usize, label.span.end as usize);
        assert!(label.span.file != FileId(0) || text.get(start..end).is_some(), "{name}: {start}..{end} is no place");
    }
    found.iter().map(|d| diagnostic::render(d, &sources, false, 100)).collect::<Vec<_>>().join("\n")
}

#[test]
fn bad_yaml_flows_say_what_is_wrong() {
    for (path, text) in fixtures("tests/syntax/bad", "flow.yaml") {
        let (_, found) = parse_yaml_flow(FileId(0), &text);
        assert!(!found.is_empty(), "{path}: no error");
        golden(&path.replace(".flow.yaml", ".stderr"), &rendered(&path, &text, &found));
    }
}

#[test]
fn good_flows_have_no_errors() {
    for (path, text) in fixtures("tests/syntax/good", "flow") {
        let (_, found) = parse_flow(FileId(0), &text);
        assert_eq!(found, [], "{}", rendered(&path, &text, &found));
    }
}

/// At the beginning of a line `get` would be a misspelt `set`; a long line is the smaller evil.
#[test]
fn a_key_near_a_verb_is_not_the_first_of_a_line() {
    let long = "a".repeat(50);
    let text = format!("flow main {{\n  step start {{\n    play \"{long}\" get \"{long}\"\n    hangup\n  }}\n}}\n");
    assert_eq!(fmt::format_flow(&text, &no_order).as_deref(), Ok(text.as_str()));
}

#[test]
fn bad_flows_say_what_is_wrong() {
    for (path, text) in fixtures("tests/syntax/bad", "flow") {
        let (_, found) = parse_flow(FileId(0), &text);
        assert!(!found.is_empty(), "{path}: no error");
        golden(&path.replace(".flow", ".stderr"), &rendered(&path, &text, &found));
    }
}

fn no_order(_: &str) -> &'static [&'static str] {
    &[]
}

fn form_of(path: &str) -> Form {
    Form::of(path).unwrap()
}

fn parse(path: &str, text: &str) -> strowger::syntax::ast::File {
    let (tree, found) = match form_of(path) {
        Form::Flow => parse_flow(FileId(0), text),
        Form::Yaml => parse_yaml_flow(FileId(0), text),
    };
    assert_eq!(found, [], "{}", rendered(path, text, &found));
    tree
}

fn good() -> Vec<(String, String)> {
    let mut all = fixtures("tests/syntax/good", "flow");
    all.extend(fixtures("tests/syntax/good", "flow.yaml"));
    all
}

#[test]
fn both_forms_say_the_same() {
    for (path, text) in good() {
        let tree = parse(&path, &text);
        let other = if form_of(&path) == Form::Flow { Form::Yaml } else { Form::Flow };
        let there = fmt::convert(&text, form_of(&path), other, &no_order).unwrap_or_else(|e| panic!("{path}: {e}"));
        let back = fmt::convert(&there.text, other, form_of(&path), &no_order)
            .unwrap_or_else(|e| panic!("{path}: {e}\n{}", there.text));
        assert_eq!(parse(&path, &back.text), tree, "{path}");
        let name = path.replace("/good/", "/converted/") + if other == Form::Yaml { ".yaml" } else { ".flow" };
        golden(&name, &there.text);
    }
}

#[test]
fn formatting_is_canonical() {
    for (path, text) in good() {
        let once =
            fmt::convert(&text, form_of(&path), form_of(&path), &no_order).unwrap_or_else(|e| panic!("{path}: {e:?}"));
        let twice = fmt::convert(&once.text, form_of(&path), form_of(&path), &no_order).unwrap();
        assert_eq!(once.text, twice.text, "{path}: formatting twice changes it");
        golden(&path.replace("/good/", "/formatted/"), &once.text);
    }
}

/// Appendix A.5 of the language is the subflow of A.4.
/// Texts that random changes found: the printer wrote something else than what was read.
#[test]
fn what_one_form_holds_the_other_holds() {
    let blanks = "flow: main\ndoc: \"Greets.\n  \n    \"\nsteps:\n  start:\n    - hangup\n";
    let (tree, found) = parse_yaml_flow(FileId(0), blanks);
    assert_eq!(found, []);
    let doc = |tree: &File| match tree.items.first() {
        Some(strowger::syntax::ast::Item::Flow(flow)) => flow.doc.clone(),
        _ => None,
    };
    assert_eq!(doc(&tree).as_deref(), Some("Greets."));
    let flow = to_flow(&tree, &Remarks::default());
    assert_eq!(doc(&parse_flow(FileId(0), &flow).0), doc(&tree), "{flow}");

    let colon = "flow main {\n  step start { if (ca:ller.anonymous) { answer } -> start }\n}\n";
    let (tree, _) = parse_flow(FileId(0), colon);
    let yaml = to_yaml(&tree, &Remarks::default());
    let (_, found) = parse_yaml_flow(FileId(0), &yaml);
    assert_eq!(found, [], "{yaml}");
}

#[test]
fn the_subflow_and_its_yaml_are_one_tree() {
    let text = source("tests/syntax/good/verify_pin.flow");
    let flow = parse("a.flow", &text);
    let yaml = parse("a.flow.yaml", &source("tests/syntax/good/verify_pin.flow.yaml"));
    let strowger::syntax::ast::Item::Flow(mut subflow) = flow.items[0].clone() else { panic!("a subflow") };
    subflow.doc = None;
    assert_eq!(strowger::syntax::ast::Item::Flow(subflow), yaml.items[0]);
}

fn print(tree: &File, form: Form) -> String {
    match form {
        Form::Flow => to_flow(tree, &Remarks::default()),
        Form::Yaml => to_yaml(tree, &Remarks::default()),
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 60, max_shrink_iters: 20_000, failure_persistence: None, ..Default::default() })]

    /// Any valid tree is the same after it was printed and read, in each form.
    #[test]
    fn any_tree_survives_both_forms(choices in proptest::collection::vec(proptest::prelude::any::<u32>(), 0..400)) {
        let tree = arbitrary::Choices::new(&choices).file();
        for form in [Form::Flow, Form::Yaml] {
            let text = print(&tree, form);
            let (again, found) = match form {
                Form::Flow => parse_flow(FileId(0), &text),
                Form::Yaml => parse_yaml_flow(FileId(0), &text),
            };
            proptest::prop_assert!(found.is_empty(), "{text}\n{}", rendered("x", &text, &found));
            proptest::prop_assert!(again == tree, "{text}\nread: {again:#?}\nwas: {tree:#?}");
            let formatted = fmt::convert(&text, form, form, &no_order);
            proptest::prop_assert!(formatted.as_ref().is_ok_and(|f| f.text == text), "{text}\n{formatted:#?}");
        }
    }
}

/// A comment anywhere between two words is kept by formatting and by converting.
#[test]
fn no_comment_is_ever_lost() {
    for (path, text) in fixtures("tests/syntax/good", "flow") {
        let lexed = strowger::syntax::lexer::lex(FileId(0), &text);
        for token in lexed.tokens.iter().step_by(37) {
            let (before, after) = text.split_at(token.span.start as usize);
            let noted = format!("{before}// a note\n{after}");
            for to in [Form::Flow, Form::Yaml] {
                let there = fmt::convert(&noted, Form::Flow, to, &no_order)
                    .unwrap_or_else(|e| panic!("{path}: {e:?} at {:?}", token.span));
                assert_eq!(there.text.matches("a note").count(), 1, "{path}: {}", there.text);
                if to == Form::Flow {
                    let again = fmt::convert(&there.text, to, to, &no_order).unwrap();
                    assert_eq!(again.text, there.text, "{path}: formatting twice changes it");
                }
            }
        }
    }
}

/// A list may stand no deeper than its key; then the parser places it where its first statement is.
#[test]
fn comments_in_lists_are_kept_however_they_are_indented() {
    let lists = ["    - music: welcome", "  - music: welcome", "   [music: welcome]", "    - hangup", "  - hangup"];
    for list in lists {
        let texts = [
            format!("flow: main\nsteps:\n  start: # note\n{list}\n"),
            format!("flow: main\nsteps:\n  start:\n  # note\n{list}\n"),
            format!("flow: main\nsteps:\n  start:\n{list} # note\n"),
        ];
        for text in texts.iter().flat_map(|text| [text.clone(), text.replace(" note", "")]) {
            for to in [Form::Yaml, Form::Flow] {
                let there = fmt::convert(&text, Form::Yaml, to, &no_order).unwrap_or_else(|e| panic!("{e}:\n{text}"));
                let back = fmt::convert(&there.text, to, Form::Yaml, &no_order).unwrap();
                assert_eq!(parse("a.flow.yaml", &back.text), parse("a.flow.yaml", &text));
            }
        }
    }
}

/// A `#` that was meant to be a key is warned of; the formatter must not make it look like a comment that is meant.
#[test]
fn a_key_that_is_a_comment_is_still_warned_of() {
    let head = "flow: main\nsteps:\n  start:\n    - menu:\n        prompt: welcome\n        outcomes:\n          ";
    for noted in
        ["#: sorry\n          \"1\": start\n", "# : sorry\n          \"1\": start\n", "\"1\": start #: sorry\n"]
    {
        let text = format!("{head}{noted}");
        assert_eq!(fmt::format_yaml(&text, &no_order).as_deref(), Ok(text.as_str()));
    }
}

/// YAML reads a key of at most 1,024 characters before its `:`. Names are shorter in both forms; labels need not be.
#[test]
fn a_name_is_a_key_of_yaml() {
    let name = |length: usize| "join".chars().cycle().take(length).collect::<String>();
    let texts = [
        "flow NAME { step a { hangup } }",
        "const NAME = 1  flow f { step a { hangup } }",
        "flow f(NAME: text) { step a { hangup } }",
        "subflow f -> NAME { step a { hangup } }",
        "subflow f -> ok(NAME: text) { step a { hangup } }",
        "flow f { const NAME = 1 step a { hangup } }",
        "flow f { var NAME = 1 step a { hangup } }",
        "flow f { NAME 1 step a { hangup } }",
        "flow f { default menu NAME 1 step a { hangup } }",
        "flow f { step NAME { hangup } }",
        "flow f { step a { play \"x\" NAME 1 } }",
        "flow f { step a { split NAME 1 { otherwise -> a } } }",
        "flow f { step a { set NAME = 1 } }",
        "flow f { step a { tag NAME \"x\" } }",
        "flow f { step a { -> flow g(NAME: 1) } }",
        "flow f { step a { run g(NAME: 1) } }",
        "flow f { step a { return NAME } }",
    ];
    for text in texts {
        let good = text.replace("NAME", &name(128));
        let yaml = fmt::convert(&good, Form::Flow, Form::Yaml, &no_order).unwrap_or_else(|e| panic!("{text}: {e}"));
        for (form, good) in [("a.flow", &good), ("a.flow.yaml", &yaml.text)] {
            parse(form, good);
            for length in [129, 900] {
                let long = good.replace(&name(128), &name(length));
                let (_, found) = match form_of(form) {
                    Form::Flow => parse_flow(FileId(0), &long),
                    Form::Yaml => parse_yaml_flow(FileId(0), &long),
                };
                let place = long.find(&name(length)).unwrap();
                let spans: Vec<_> = found.iter().map(|d| (d.rule, d.primary.span.start as usize)).collect();
                assert_eq!(spans, [("limit-exceeded", place)], "{form}: {text}");
                assert_eq!(found[0].message, format!("this name has {length} characters; at most 128 are allowed"));
            }
        }
    }
}

#[test]
fn long_labels_are_keys_of_yaml() {
    let numbers: Vec<String> = (0..90).map(|n| format!("\"+4420794600{n:02}\"")).collect();
    let (text, words) = ("x".repeat(2_000), numbers.join(", "));
    for label in [format!("\"{text}\""), words, format!("\"{}\"", "\\\"".repeat(400))] {
        for body in ["-> a", "{ answer  hangup }", "{ } // a note", "{ // a note\n hangup }"] {
            for doc in ["", "/// Says why.\n"] {
                let arms = format!("{doc}{label} {body}\n{doc}{label} {body}\notherwise -> a");
                let flow = format!("flow f {{ step a {{ switch (x) {{ {arms} }} }} }}");
                let there = fmt::convert(&flow, Form::Flow, Form::Yaml, &no_order).unwrap_or_else(|e| panic!("{e}"));
                let back = fmt::convert(&there.text, Form::Yaml, Form::Flow, &no_order).unwrap();
                assert_eq!(parse("a.flow", &back.text), parse("a.flow", &flow), "{}", there.text);
            }
        }
    }
}

/// The table of language.md §5: each statement of one form is that of the other.
#[test]
fn the_two_forms_agree_statement_for_statement() {
    let table = source("tests/syntax/forms.txt");
    let mut lines = table.lines().peekable();
    let mut rows = 0;
    while let Some(flow) = lines.next() {
        let mut yaml = String::from("flow: f\nsteps:\n  s:\n");
        while let Some(line) = lines.next_if(|l| l.starts_with("===")) {
            yaml.push_str(&format!("   {}\n", line.trim_start_matches('=')));
        }
        let flow = format!("flow f {{ step s {{ {flow} }} }}");
        assert_eq!(parse("row.flow", &flow), parse("row.flow.yaml", &yaml), "{flow}\n{yaml}");
        rows += 1;
    }
    assert!(rows > 40);
}
