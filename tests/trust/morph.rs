//! Changes that change nothing: what lint finds stays the same, at the same places, whatever steps
//! and variables are called, in whatever order steps stand, and however they are cut, into steps or
//! into subflows.

mod subflows;

use std::collections::BTreeSet;

use strowger::base::diagnostic::Severity;
use strowger::base::span::FileId;
use strowger::lint::registry;
use strowger::syntax::ast::*;
use strowger::syntax::parse::parse_flow;
use strowger::syntax::print_yaml::to_yaml;
use strowger::syntax::remarks::Remarks;
use strowger::syntax::yaml::parse_yaml_flow;

use super::alphabet::Reader;
use super::family::{Family, Writer, pairs};
use super::inject::{Sample, examples, is_flow, pages, print};
use super::plants::name;
use super::tree::{self, Visitor};
use super::{Dice, effort};

/// A rule and the place of its finding; the place is left out where it is one of several that mean
/// the same, such as the first step of a cycle.
type Findings = BTreeSet<(&'static str, Option<usize>)>;

/// Rules that report one step of several.
const ONE_OF_SEVERAL: [&str; 4] = ["flow-loop", "no-disposition", "silent-cycle", "unbounded-loop"];

fn findings(sample: &Sample, file: &File) -> Findings {
    let found = sample.compiled(file);
    let place = |d: &strowger::base::diagnostic::Diagnostic| {
        (!ONE_OF_SEVERAL.contains(&d.rule)).then(|| tree::place(d.primary.span))
    };
    // How a flow is cut and what its parts are called is what rules of style are about.
    let of_style = |rule: &str| registry::find(rule).is_some_and(|r| r.group == registry::Group::Style);
    found.iter().filter(|d| !of_style(d.rule)).map(|d| (d.rule, place(d))).collect()
}

/// A change, and the rules that make it mean something else where they are broken.
struct Change {
    name: &'static str,
    make: fn(&mut File, &mut Dice),
    not_with: &'static [&'static str],
    /// A rule that the change is about.
    aside: &'static [&'static str],
    /// Only errors are compared: rules of what callers hear look into no subflow.
    only_errors: bool,
}

/// A change of which no rule takes notice.
const fn change(name: &'static str, make: fn(&mut File, &mut Dice), not_with: &'static [&'static str]) -> Change {
    Change { name, make, not_with, aside: &[], only_errors: false }
}

/// A change of which statements are in which flow.
const fn across(
    name: &'static str,
    make: fn(&mut File, &mut Dice),
    aside: &'static [&'static str],
    not_with: &'static [&'static str],
) -> Change {
    Change { name, make, not_with, aside, only_errors: true }
}

/// Conditions are held against each other only where one follows the other in a block.
const APART: &[&str] = &["duplicate-branch"];
/// The same, and an outcome that is no more was returned never.
const INLINED: &[&str] = &["outcome-never-returned", "duplicate-branch"];
/// A step that is gone is not unreachable.
const MOVED_IN: &[&str] = &["unreachable-step", "duplicate-branch"];
/// Statements that never run make no sense to move about.
const DEAD: &[&str] =
    &["act-after-hangup", "duplicate-name", "outcome-never-returned", "step-falls-through", "unreachable-statement"];

/// What is said once in each flow of a path, and what fails in a subflow fails there.
const INTO_FLOW: &[&str] = &[
    "act-after-hangup",
    "duplicate-name",
    "play-before-answer",
    "step-falls-through",
    "subflow-failure-unhandled",
    "unreachable-statement",
];
/// And long waits, arrows that lead nowhere, and steps that no call comes to: a subflow is looked at for itself.
const INTO_SUBFLOW: &[&str] = &[
    "act-after-hangup",
    "duplicate-name",
    "guard-stale",
    "play-before-answer",
    "step-falls-through",
    "subflow-failure-unhandled",
    "unknown-target",
    "unreachable-statement",
    "unreachable-step",
];

const CHANGES: [Change; 11] = [
    change("steps have other names", rename_steps, &[]),
    change("variables have other names", rename_variables, &["duplicate-name", "reserved-name"]),
    change("steps stand in another order", reorder, &["duplicate-name"]),
    Change { aside: APART, ..change("a step is cut in two", cut, DEAD) },
    Change { aside: APART, ..change("a block is a step of its own", move_out, DEAD) },
    Change { aside: MOVED_IN, ..change("a step stands where an arrow led to it", move_in, DEAD) },
    Change { aside: APART, ..change("something is tagged", tag, DEAD) },
    change("it is written as YAML", as_yaml, &["duplicate-name"]),
    change("it is formatted", formatted, &[]),
    across("a step is a subflow", subflows::outline, APART, INTO_SUBFLOW),
    across("a subflow's steps stand in the flow", subflows::inline, INLINED, INTO_FLOW),
];

fn rename_steps(file: &mut File, _: &mut Dice) {
    tree::each_step(file, &mut |step| step.name.value.insert_str(0, "other_"));
    tree::each_goto(file, &mut |goto| {
        if let GotoTarget::Step(step) = &mut goto.target {
            step.value.insert_str(0, "other_");
        }
    });
}

fn rename_variables(file: &mut File, _: &mut Dice) {
    for flow in tree::flows(file) {
        let mut names = BTreeSet::new();
        for header in &mut flow.header {
            if let Header::Variable { name, .. } = header {
                names.insert(name.value.clone());
                name.value.push_str("_other");
            }
        }
        let mut one = File { items: vec![Item::Flow(flow.clone())] };
        tree::each_code(&mut one, &mut |code| *code = renamed(code, &names));
        tree::each_statement(&mut one, &mut |statement| match &mut statement.kind {
            StatementKind::Set { name, .. } if names.contains(&name.value) => name.value.push_str("_other"),
            StatementKind::Action(Action { verb, subject: Subject::Value(value), .. }) if verb.value == "collect" => {
                if let ValueKind::Name(name) = &mut value.value
                    && names.contains(name)
                {
                    name.push_str("_other");
                }
            }
            _ => {}
        });
        *flow = tree::flows(&mut one).next().unwrap().clone();
    }
}

/// The source of an expression with words renamed that are neither fields nor within quotes.
fn renamed(code: &str, names: &BTreeSet<String>) -> String {
    let (mut out, mut word, mut quoted) = (String::new(), String::new(), false);
    for c in code.chars().chain([' ']) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        let is_name = !quoted && !out.ends_with('.') && names.contains(&word);
        out.push_str(&std::mem::take(&mut word));
        out.push_str(if is_name { "_other" } else { "" });
        quoted ^= c == '"' && !out.ends_with('\\');
        out.push(c);
    }
    out.pop();
    out
}

fn reorder(file: &mut File, dice: &mut Dice) {
    for flow in tree::flows(file) {
        for at in 2..flow.steps.len() {
            flow.steps.swap(at, 1 + dice.below(at));
        }
    }
}

/// Whether something in a step depends on standing in it: a guard reaches to the end of its step, and what runs while a
/// caller waits in a queue is of a few kinds.
fn is_bound(step: &Step) -> bool {
    let mut found = subflows::is_timed(step);
    let mut step = step.clone();
    tree::each_block_of(&mut step, &mut |block| {
        let is = |s: &Statement| matches!(&s.kind, StatementKind::Action(a) if a.verb.value == "guard");
        found |= block.statements.iter().any(is);
    });
    found
}

fn arrow(to: &str) -> Goto {
    Goto { target: GotoTarget::Step(name(to)), span: Default::default() }
}

/// A new step where an old one stands, at its place.
fn step_after(flow: &mut Flow, at: usize, statements: Vec<Statement>) -> String {
    let mut new = flow.steps[at].clone();
    new.name.value = format!("new_{}", flow.steps.len());
    new.visits = None;
    new.doc = None;
    new.body.statements = statements;
    let name = new.name.value.clone();
    flow.steps.insert(at + 1, new);
    name
}

fn cut(file: &mut File, dice: &mut Dice) {
    for flow in tree::flows(file) {
        let fit = |s: &Step| s.body.statements.len() > 1 && !is_bound(s);
        let steps: Vec<usize> = (0..flow.steps.len()).filter(|n| fit(&flow.steps[*n])).collect();
        if steps.is_empty() {
            continue;
        }
        let at = *dice.of(&steps);
        let count = flow.steps[at].body.statements.len();
        let rest = flow.steps[at].body.statements.split_off(1 + dice.below(count - 1));
        let new = step_after(flow, at, rest);
        let kind = StatementKind::Goto(arrow(&new));
        flow.steps[at].body.statements.push(Statement { doc: None, kind, span: Default::default() });
    }
}

/// Whether a block always ends elsewhere than after its statement.
fn leaves(block: &Block) -> bool {
    match block.statements.last().map(|s| &s.kind) {
        Some(StatementKind::Goto(goto)) => goto.target != GotoTarget::Next,
        Some(StatementKind::Action(action)) => matches!(action.verb.value.as_str(), "hangup" | "reject"),
        _ => false,
    }
}

fn move_out(file: &mut File, dice: &mut Dice) {
    for flow in tree::flows(file) {
        let at = dice.below(flow.steps.len());
        if is_bound(&flow.steps[at]) {
            continue;
        }
        let mut moved = None;
        let mut steps = std::mem::take(&mut flow.steps);
        let to = format!("new_{}", steps.len());
        let mut one = File {
            items: vec![Item::Flow(Flow { steps: vec![steps[at].clone()], header: Vec::new(), ..flow.clone() })],
        };
        tree::each_arm(&mut one, &mut |arm| {
            let bound = arm.labels.iter().any(|l| l.binding.is_some());
            if let Body::Block(block) = &arm.body
                && !bound
                && moved.is_none()
                && leaves(block)
            {
                moved = Some(block.statements.clone());
                arm.body = Body::Goto(arrow(&to));
            }
        });
        steps[at] = tree::flows(&mut one).next().unwrap().steps.remove(0);
        flow.steps = steps;
        if let Some(statements) = moved {
            assert_eq!(step_after(flow, at, statements), to);
        }
    }
}

fn move_in(file: &mut File, dice: &mut Dice) {
    for flow in tree::flows(file) {
        let fit = |s: &Step| s.visits.is_none() && !is_bound(s) && leaves(&s.body) && !leads_to_itself(s);
        let Some(target) = flow.steps.iter().skip(1).filter(|s| fit(s)).nth(dice.below(3)).cloned() else { continue };
        let wanted = GotoTarget::Step(target.name.clone());
        // A step that nothing leads to would only be taken away.
        if arrows_to(flow, &wanted) == 0 {
            continue;
        }
        for step in &mut flow.steps {
            if !is_bound(step) && step.name.value != target.name.value {
                move_into(step, &wanted, &target.body);
            }
        }
        if arrows_to(flow, &wanted) == 0 {
            flow.steps.retain(|s| s.name.value != target.name.value);
        }
    }
}

fn arrows_to(flow: &Flow, wanted: &GotoTarget) -> usize {
    let mut met = 0;
    let mut count = |goto: &mut Goto| met += usize::from(goto.target == *wanted);
    tree::each_goto(&mut File { items: vec![Item::Flow(flow.clone())] }, &mut count);
    met
}

fn leads_to_itself(step: &Step) -> bool {
    struct Find<'a>(&'a str, bool);
    impl Visitor for Find<'_> {
        fn goto(&mut self, goto: &mut Goto) {
            self.1 |= matches!(&goto.target, GotoTarget::Step(to) if to.value == self.0);
        }
    }
    let mut find = Find(&step.name.value, false);
    tree::step(&mut step.clone(), &mut find);
    find.1
}

/// Puts a block wherever a step leads to it by the arrow of an arm or at the end of a block.
fn move_into(step: &mut Step, wanted: &GotoTarget, body: &Block) {
    struct Inline<'a>(&'a GotoTarget, &'a Block);
    impl Visitor for Inline<'_> {
        fn arm(&mut self, arm: &mut Arm) {
            if matches!(&arm.body, Body::Goto(goto) if goto.target == *self.0) {
                arm.body = Body::Block(self.1.clone());
            }
        }
        fn block(&mut self, block: &mut Block) {
            let is = |s: &Statement| matches!(&s.kind, StatementKind::Goto(goto) if goto.target == *self.0);
            if block.statements.last().is_some_and(is) {
                block.statements.pop();
                block.statements.extend(self.1.statements.iter().cloned());
            }
        }
    }
    tree::step(step, &mut Inline(wanted, body));
}

fn tag(file: &mut File, dice: &mut Dice) {
    let (more, _) = parse_flow(FileId(0), "flow f { step s { tag noted \"a\" } }");
    let Some(Item::Flow(Flow { steps, .. })) = more.items.into_iter().next() else { panic!("a flow") };
    let mut note = steps[0].body.statements[0].clone();
    note.span = Default::default();
    tree::each_block(file, &mut |block| {
        if !block.statements.is_empty() && dice.one_in(3) {
            let at = dice.below(block.statements.len());
            block.statements.insert(at, note.clone());
        }
    });
}

fn as_yaml(file: &mut File, _: &mut Dice) {
    let text = to_yaml(file, &Remarks::default());
    let (again, found) = parse_yaml_flow(FileId(0), &text);
    assert_eq!(found, [], "{text}");
    *file = again;
    tree::number(file, 0);
}

fn formatted(file: &mut File, _: &mut Dice) {
    let text = print(file);
    let (again, found) = parse_flow(FileId(0), &text);
    assert_eq!(found, [], "{text}");
    *file = again;
    tree::number(file, 0);
}

/// Whether a rule says the same before and after.
fn counts_for(change: &Change, rule: &str) -> bool {
    let is_error = || registry::find(rule).is_none_or(|r| r.group.level() == Severity::Error);
    !change.aside.contains(&rule) && (!change.only_errors || is_error())
}

/// Flows that are right, flows that are wrong, and flows that are neither.
fn samples() -> Vec<Sample> {
    let mut samples = examples();
    samples.extend(pages());
    let bad = |rule: &registry::Rule| {
        let (file, found) = parse_flow(FileId(0), rule.bad);
        is_flow(rule.bad).then_some(())?;
        found.is_empty().then(|| Sample::of(rule.name, file))
    };
    samples.extend(registry::all().filter_map(bad));
    let (reader, mut dice) = (Reader::everything(), Dice::new(11));
    for n in 0..40 * effort() {
        let nodes = reader.random(&mut dice, 2..10);
        let file = File { items: vec![Item::Flow(reader.flow("main", &nodes, n))] };
        samples.push(Sample::of("random", file));
    }
    let (writers, family) = ([Writer::new(), Writer::plain()], Family::new());
    let mut add = |group: Vec<Flow>| {
        let flows = family.named("main", group);
        samples.push(Sample::of("flows with subflows", File { items: flows.into_iter().map(Item::Flow).collect() }));
    };
    for n in 0..40 * effort() {
        add(writers[n % 2].group(&mut dice, 1..6));
    }
    pairs(2, &mut |group| {
        if dice.one_in(16) {
            add(group);
        }
    });
    samples
}

#[test]
fn what_changes_nothing_changes_no_finding() {
    let mut dice = Dice::new(12);
    let mut counts = [0; CHANGES.len()];
    for mut sample in samples() {
        tree::number(&mut sample.file, 0);
        let before = findings(&sample, &sample.file);
        for (at, change) in CHANGES.iter().enumerate() {
            if before.iter().any(|(rule, _)| change.not_with.contains(rule)) {
                continue;
            }
            let mut file = sample.file.clone();
            (change.make)(&mut file, &mut dice);
            let (mut before, mut after) = (before.clone(), findings(&sample, &file));
            before.retain(|(rule, _)| counts_for(change, rule));
            after.retain(|(rule, _)| counts_for(change, rule));
            let shown = || {
                format!("{} in {}:\n{}\n\nbecame\n\n{}", change.name, sample.name, print(&sample.file), print(&file))
            };
            let only = |a: &Findings, b: &Findings| a.difference(b).map(|f| f.0).collect::<Vec<_>>();
            assert!(
                before == after,
                "gone: {:?}, new: {:?}\n{}",
                only(&before, &after),
                only(&after, &before),
                shown()
            );
            counts[at] += usize::from(file != sample.file || change.name.starts_with("it is"));
        }
    }
    for (change, count) in CHANGES.iter().zip(counts) {
        println!("{count:6} {}", change.name);
        assert!(count > 5, "{}: only {count}", change.name);
    }
}

/// Words that no step can have where they are put.
const DAMAGE: [&str; 6] = ["?", "->", "5", ":", "visits", "otherwise"];

/// An error in one step is said there, and nothing is said of the others.
#[test]
fn a_step_that_cannot_be_read_is_the_only_one_that_is_reported() {
    let (mut dice, mut broken) = (Dice::new(13), 0);
    for sample in examples().into_iter().chain(pages()) {
        let text = print(&sample.file);
        let before = sample.findings(&text);
        let (tree, _) = parse_flow(FileId(0), &text);
        let steps = tree.items.iter().flat_map(|i| match i {
            Item::Flow(flow) => flow.steps.as_slice(),
            Item::Constant(_) => &[],
        });
        for step in steps {
            let (from, to) = (step.body.span.start as usize + 1, step.body.span.end as usize - 1);
            let blanks: Vec<usize> = text[from..to].match_indices(' ').map(|(n, _)| from + n).collect();
            for _ in 0..effort().min(blanks.len()) {
                let at = *dice.of(&blanks);
                let damaged = format!("{} {} {}", &text[..at], dice.of(&DAMAGE), &text[at..]);
                let (_, read) = parse_flow(FileId(0), &damaged);
                if read.is_empty() {
                    continue;
                }
                broken += 1;
                let end = step.span.end as usize + damaged.len() - text.len();
                for found in sample.findings(&damaged).iter().filter(|d| !before.iter().any(|b| b.rule == d.rule)) {
                    let place = found.primary.span;
                    let inside = step.span.start <= place.start && place.end as usize <= end;
                    assert!(inside, "{}: {}\n{damaged}", found.rule, found.message);
                }
            }
        }
    }
    println!("{broken} broken steps");
    assert!(broken > 20);
}
