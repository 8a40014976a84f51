//! The rules: each example of each rule's page, and each defect at its line.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::sync::Arc;

use strowger::base::diagnostic::{Diagnostic, Severity, has_errors};
use strowger::base::span::{FileId, Sources};
use strowger::lint::{self, registry};
use strowger::policy;
use strowger::syntax::document;
use strowger::syntax::parse::parse_flow;

use crate::flow::site::{policies, site};
use crate::syntax::{golden, rendered};

/// Everything that reading and compiling a flow file finds; or a site file, or a policy with the test's site.
fn findings(text: &str) -> Vec<Diagnostic> {
    if text.starts_with("fraud_policy:") {
        let (nodes, _, mut found) = document::parse(FileId(0), text);
        let (policy, read) = policy::read(&nodes[0], policy::Scope::Live);
        found.extend(read);
        let policies = [("standard".into(), Arc::new(policy.unwrap()))].into();
        let (file, _) = parse_flow(FileId(1), "flow main { step start { hangup } }");
        found.extend(lint::compile(&site(), &policies, &[file]).1);
        return found.into_iter().filter(|d| d.primary.span.file == FileId(0)).collect();
    }
    if text.starts_with("strowger:") {
        return strowger::site::check::check_bytes(FileId(0), text.as_bytes()).1;
    }
    let (file, read) = parse_flow(FileId(0), text);
    let files = [file];
    let (_, compiled) = lint::compile(&site(), &policies(), &files);
    lint::join(&files, read, compiled)
}

/// What an example may not have: anything worse than a matter of taste.
fn grave(text: &str) -> Vec<Diagnostic> {
    findings(text).into_iter().filter(|d| d.severity >= Severity::Warning).collect()
}

/// What a bad example is about: what its rule finds, and whatever makes it a wrong flow. That it is
/// no pleasure to callers, or could be written better, is not the point of it.
fn on_point(rule: &registry::Rule, text: &str) -> Vec<Diagnostic> {
    let beside = |d: &Diagnostic| {
        let group = registry::find(d.rule).map(|r| r.group);
        d.rule != rule.name && matches!(group, Some(registry::Group::Experience | registry::Group::Style))
    };
    findings(text).into_iter().filter(|d| !beside(d)).collect()
}

fn found_lines(text: &str, found: &[Diagnostic]) -> Vec<(u32, String)> {
    let mut sources = Sources::default();
    let file = sources.add("flow", text);
    let line = |d: &Diagnostic| sources.line_column(file, d.primary.span.start).0;
    let mut lines: Vec<(u32, String)> = found.iter().map(|d| (line(d), d.rule.to_owned())).collect();
    lines.sort();
    lines.dedup();
    lines
}

/// `//~ rule-name` on the line that must be reported.
fn marked_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some((_, rules)) = line.split_once("//~").or_else(|| line.split_once("#~")) {
            lines.extend(rules.split_whitespace().map(|rule| (number, rule.to_owned())));
        }
    }
    lines.sort();
    lines
}

#[test]
fn good_examples_raise_nothing() {
    let mut wrong = Vec::new();
    for rule in registry::all() {
        let found = grave(rule.good);
        let own = findings(rule.good).into_iter().any(|d| d.rule == rule.name);
        assert!(!own, "{}: its good example breaks it", rule.name);
        if !found.is_empty() {
            wrong.push(format!("{}:\n{}", rule.name, rendered("good.flow", rule.good, &found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn bad_examples_are_reported_at_their_lines() {
    let mut wrong = Vec::new();
    for rule in registry::all() {
        let found = on_point(rule, rule.bad);
        let (have, want) = (found_lines(rule.bad, &found), marked_lines(rule.bad));
        if have != want {
            let shown = rendered("bad.flow", rule.bad, &found);
            wrong.push(format!("{}: want {want:?}\nhave {have:?}\n{shown}", rule.name));
        }
        if !want.iter().any(|(_, name)| name == rule.name) {
            wrong.push(format!("{}: its bad example does not break it", rule.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn bad_examples_are_shown_as_blessed() {
    for rule in registry::all() {
        let shown = rendered("bad.flow", rule.bad, &on_point(rule, rule.bad));
        golden(&format!("tests/lint/{}/bad.stderr", rule.name), &shown);
    }
}

#[test]
fn every_finding_has_a_page_and_the_level_of_its_group() {
    for rule in registry::all() {
        let levels: Vec<Severity> =
            findings(rule.bad).iter().filter(|d| d.rule == rule.name).map(|d| d.severity).collect();
        // Of its group the only rule that never does more than inform.
        let informs = rule.name == "time-to-first-choice";
        assert!(levels.contains(&rule.group.level()) || informs, "{}", rule.name);
        for found in findings(rule.bad).iter().filter(|d| d.rule == rule.name) {
            // A rule may report less than its level where what it saw may be meant.
            assert!(found.severity <= rule.group.level(), "{}", rule.name);
            assert!(found.help.is_some(), "{}: `{}` says not what to do", rule.name, found.message);
            let first = found.message.chars().next().unwrap();
            assert!(!first.is_uppercase() && !found.message.ends_with('.'), "{}", found.message);
        }
    }
}

#[test]
fn fixes_mend_what_they_are_given_for() {
    let mut tried = 0;
    for rule in registry::all() {
        let before = findings(rule.bad);
        for found in before.iter().filter(|d| d.rule == rule.name) {
            let Some(fix) = &found.fix else { continue };
            let mut text = rule.bad.to_owned();
            for edit in fix.edits.iter().rev() {
                text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
            }
            let after = findings(&text).iter().filter(|d| d.rule == rule.name).count();
            let same = before.iter().filter(|d| d.rule == rule.name).count();
            assert!(after < same, "{}: {} mends nothing in\n{text}", rule.name, fix.title);
            tried += 1;
        }
    }
    assert!(tried >= 3, "only {tried} fixes");
}

#[test]
fn pages_are_whole_and_in_order() {
    let names: Vec<&str> = registry::all().map(|r| r.name).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(names, sorted);
    for rule in registry::all() {
        for text in [rule.what, rule.why, rule.remedy] {
            assert!(text.ends_with('.') && text.len() > 10, "{}: {text}", rule.name);
        }
    }
}

#[test]
fn examples_of_statements_raise_nothing() {
    for decl in strowger::step::registry::all() {
        // It shows the statement, not how to please callers.
        let experience =
            |d: &Diagnostic| registry::find(d.rule).is_some_and(|r| r.group == registry::Group::Experience);
        let found: Vec<Diagnostic> = grave(decl.example).into_iter().filter(|d| !experience(d)).collect();
        assert!(found.is_empty(), "{}:\n{}", decl.verb, rendered("example.flow", decl.example, &found));
    }
}

#[test]
fn an_error_in_one_step_hides_nothing_of_the_next() {
    let text = "flow main {\n  step a { answer  play \"nope\"  transfer to user nobody { otherwise -> gone } }\n  \
                step b { set x = (1 +) \n wait 3  -> a }\n}\n";
    let found = findings(text);
    let rules: Vec<&str> = found.iter().map(|d| d.rule).collect();
    for rule in ["prompt-missing", "unknown-target", "unknown-name", "expression-syntax", "type-mismatch"] {
        assert!(rules.contains(&rule), "{rule} in {rules:?}");
    }
    assert_eq!(rules.iter().filter(|r| **r == "unknown-target").count(), 2);
    assert!(found.iter().any(|d| d.severity == Severity::Error));
}

/// Leaves out one line after the other: whatever is left compiles to findings, never to a panic,
/// and a flow with errors is never run.
#[test]
fn any_tree_gives_findings_and_no_panic() {
    let mut texts: Vec<String> = registry::all().flat_map(|r| [r.good.to_owned(), r.bad.to_owned()]).collect();
    for folder in ["tests/syntax/good", "tests/syntax/bad", "tests/flow"] {
        texts.extend(crate::syntax::fixtures(folder, "flow").into_iter().map(|(_, text)| text));
    }
    let mut seen = BTreeSet::new();
    let (site, policies) = (site(), policies());
    for text in texts {
        let lines: Vec<&str> = text.lines().collect();
        for left_out in 0..lines.len() {
            let rest: Vec<&str> = lines.iter().enumerate().filter(|(n, _)| *n != left_out).map(|(_, l)| *l).collect();
            let rest = rest.join("\n");
            // The good and the bad example of a rule often differ in one line.
            if !seen.insert(rest.clone()) {
                continue;
            }
            let (file, read) = parse_flow(FileId(0), &rest);
            let (flows, found) = lint::compile(&site, &policies, &[file]);
            for graph in flows.graphs.values().filter(|g| !g.complete) {
                assert!(
                    !(found.is_empty() && read.is_empty()),
                    "flow `{}` is not whole, and nothing is said",
                    graph.name
                );
            }
        }
    }
}

#[test]
fn both_spellings_are_one_flow() {
    use strowger::fmt::{Form, convert};
    use strowger::step::registry::setting_order;
    use strowger::syntax::yaml::parse_yaml_flow;
    for (path, text) in crate::syntax::fixtures("tests/flow", "flow") {
        let yaml = convert(&text, Form::Flow, Form::Yaml, &setting_order).unwrap().text;
        let (file, read) = parse_yaml_flow(FileId(0), &yaml);
        let files = [file];
        let (flows, compiled) = lint::compile(&site(), &policies(), &files);
        let found = lint::join(&files, read, compiled);
        assert!(!has_errors(&found), "{}", rendered(&path, &yaml, &found));
        let (file, _) = parse_flow(FileId(0), &text);
        let (same, _) = lint::compile(&site(), &policies(), &[file]);
        for (name, graph) in &same.graphs {
            assert_eq!(flows.graphs[name].revision, graph.revision, "{path}: {name}\n{yaml}");
        }
    }
}

/// The rows of the page's table of checks: the check and how it is made.
fn checks(page: &str) -> Vec<(String, String)> {
    let table = page.split_once("| check | how |\n|---|---|\n").unwrap().1;
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let cell = |text: &str| text.trim().to_owned();
    rows.map(|row| row.trim_matches('|').split_once('|').map(|(a, b)| (cell(a), cell(b))).unwrap()).collect()
}

#[test]
fn the_page_has_every_rule_and_every_check() {
    use std::fmt::Write as _;
    let path = "docs/lint.md";
    let page = crate::syntax::source(path);
    let mut table = "| rule | level | group | what it proves |\n|---|---|---|---|\n".to_owned();
    for rule in registry::all() {
        let level = format!("{:?}", rule.group.level()).to_lowercase();
        writeln!(table, "| `{}` | {level} | {} | {} |", rule.name, rule.group.name(), rule.what).unwrap();
    }
    let (before, rest) = page.split_once("<!-- rules -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    golden(path, &format!("{before}<!-- rules -->\n{table}<!-- end -->{after}"));
    let checks = checks(&page);
    let mut wrong = Vec::new();
    for (name, how) in &checks {
        let is_rule = how == "rule" || how.starts_with("rule:");
        if is_rule != registry::find(name).is_some() {
            wrong.push(format!("`{name}` is {how}"));
        }
        // A check that another rule makes names a rule that there is.
        let named: Vec<&str> = how.split('`').skip(1).step_by(2).filter(|word| word.contains('-')).collect();
        wrong.extend(named.iter().filter(|n| registry::find(n).is_none()).map(|n| format!("no rule `{n}`")));
        if !is_rule && named.is_empty() && !how.starts_with("cannot happen") {
            wrong.push(format!("`{name}`: neither a rule nor a reason: {how}"));
        }
    }
    for rule in registry::all().filter(|rule| !checks.iter().any(|(name, _)| name == rule.name)) {
        wrong.push(format!("`{}` is not in the table", rule.name));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the two examples of a rule do not show: where several rules meet, and what is just right.
#[test]
fn edges_are_reported_at_their_lines() {
    let mut wrong = Vec::new();
    for (path, text) in crate::syntax::fixtures("tests/lint/edges", "flow") {
        let found = grave(&text);
        let (have, want) = (found_lines(&text, &found), marked_lines(&text));
        if have != want {
            wrong.push(format!("{path}: want {want:?}\nhave {have:?}\n{}", rendered(&path, &text, &found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lists, ranges and names of keys, as people speak of them; and what is no list of keys.
#[test]
fn menus_are_heard_as_people_speak() {
    let cases = [
        ("Press 1 or 2.", "1 -> dana  2 -> dana", ""),
        ("Press 1, 2 and 3, or zero for the operator.", "1, 2, 3, 0 -> dana", ""),
        ("Press 1 to 3 for a person, or press 7-9.", "1, 2, 3, 7, 8, 9 -> dana", ""),
        ("Press any key to go on.", "1, 2 -> dana", ""),
        ("Press either key 1 or key 2.", "1, 2 -> dana", ""),
        ("Press 1, or the key of your choice.", "1, 4 -> dana", "4 unspoken"),
        ("Press the key of your choice, or 1 to hear this again.", "1, 4 -> dana", ""),
        ("For sales, press one. For support, 2. To hear this again, the pound key.", "1, 2 -> dana  # -> dana", ""),
        ("Press 1 for 4 lines.", "1 -> dana", ""),
        ("Press 1, 2 or 3.", "1, 2 -> dana", "3 untaken"),
        ("Press 1 to 3.", "1, 2 -> dana", "3 untaken"),
        ("Press 1 or 2.", "1, 2, 3 -> dana", "3 unspoken"),
    ];
    for (words, arms, wanted) in cases {
        let menu = format!("menu say \"{words}\" {{ {arms}  otherwise -> dana }}");
        let dana = "transfer to user us_dana { otherwise { hangup } }";
        let found =
            findings(&format!("flow main {{\n  step start {{ answer  {menu} }}\n  step dana {{ {dana} }}\n}}\n"));
        let told = found.iter().filter(|d| d.rule == "menu-prompt-agreement").map(|d| {
            let what = if d.severity == Severity::Info { "unspoken" } else { "untaken" };
            format!("{} {what}", d.message.split('`').nth(1).unwrap())
        });
        assert_eq!(told.collect::<Vec<_>>().join(", "), wanted, "{words}");
    }
}

/// A misspelt line of a header answers what its right form would; a wrong policy is told once, with its places.
#[test]
fn one_mistake_is_one_report() {
    let rules = |text: &str| {
        findings(text)
            .iter()
            .filter(|d| d.severity == Severity::Error || d.rule == "missing-owner")
            .map(|d| d.rule)
            .collect::<Vec<_>>()
    };
    let flow = |header: &str, guard: &str| {
        let call = format!("{guard}transfer to number \"+442071838750\" {{ otherwise {{ hangup }} }}");
        format!("/// Calls out.\nflow main {{\n  {header}\n  step start {{ answer  {call} }}\n}}\n")
    };
    assert_eq!(rules(&flow("owner \"desk\"  guard standard", "")), [""; 0]);
    assert_eq!(rules(&flow("ownr \"desk\"  guard standard", "")), ["unknown-setting"]);
    assert_eq!(rules(&flow("owner \"desk\"\n  gaurd standard", "")), ["unknown-setting"]);
    assert_eq!(rules(&flow("owner \"desk\"\n  lable x", "")), ["unknown-setting", "unguarded-external-leg"]);
    let many = findings(&flow("owner \"desk\"", &"guard standrd  ".repeat(11)));
    let told: Vec<&str> = many.iter().filter(|d| d.rule == "unknown-name").map(|d| d.message.as_str()).collect();
    assert_eq!(told, ["no policy `standrd`; 10 other places name it too; did you mean `standard`?"]);
    let mut found = findings(&flow("owner \"desk\"  guard standrd", "guard standrd  "));
    found.retain(|d| d.rule == "unknown-name");
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].message.as_str(), found[0].secondary.len()),
        ("no policy `standrd`; did you mean `standard`?", 1)
    );
}

/// A skill that nobody has: every caller would leave the queue.
#[test]
fn a_skill_is_one_that_a_user_has() {
    let asks = |skill: &str| {
        let text = format!(
            "flow main {{ step start {{ answer  enqueue sales skills [{skill}] {{ otherwise {{ play \"sorry\"  hangup }} }} }} }}"
        );
        grave(&text).iter().map(|d| d.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(asks("spanish, \"high value\""), [""; 0]);
    assert_eq!(asks("spannish"), ["no skill `spannish`; did you mean `spanish`?"]);
}
