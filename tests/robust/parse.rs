//! Reading texts: never a panic, every place is one, and what is no flow is told in time.

use strowger::base::diagnostic::{self, Severity};
use strowger::base::span::FileId;
use strowger::fmt::Form;
use strowger::syntax::parse::{parse_flow, parse_flow_bytes};

use super::corpus::{Kind, flows, read};
use super::places;
use super::shake::shake_flows;

#[test]
fn flows_are_read() {
    shake_flows(Kind::Text, |_, sample, notes| {
        let (tree, found) = parse_flow_bytes(FileId(0), &sample.bytes);
        places::shown(FileId(0), &sample.bytes, &found);
        notes.found(&found);
        let Ok(text) = std::str::from_utf8(&sample.bytes) else {
            assert!(diagnostic::has_errors(&found), "no UTF-8, and nothing is said");
            return;
        };
        places::of_tree(&tree, text, !diagnostic::has_errors(&found));
        let (again, comments, _) = read(Form::Flow, FileId(0), text);
        assert_eq!(tree, again, "read twice");
        for comment in &comments {
            let (start, end) = (comment.span.start as usize, comment.span.end as usize);
            assert!(text.get(start..end).is_some_and(|t| t.starts_with("//")), "a comment: {comment:?}");
        }
        if found.iter().all(|d| d.severity != Severity::Error) {
            notes.count("read whole");
            one_step_broken(text, notes.count_of("read whole"));
        }
    });
}

/// A mistake in one step hides no other step.
fn one_step_broken(text: &str, turn: u64) {
    let (tree, _) = parse_flow(FileId(0), text);
    let steps: Vec<_> = flows(&tree).flat_map(|flow| &flow.steps).collect();
    // Settings may be named like parts of a file: which they are, a broken file does not tell.
    let count = |word| text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| *w == word).count();
    let parts = tree.items.len() + steps.len();
    if steps.is_empty() || parts != count("step") + count("flow") + count("subflow") + count("const") {
        return;
    }
    let broken = steps[usize::try_from(turn).unwrap() % steps.len()];
    let (start, end) = (broken.body.span.start as usize, broken.body.span.end as usize);
    let spoilt = format!("{}{{ answer ? 5 5 }}{}", &text[..start], &text[end..]);
    let (after, found) = parse_flow(FileId(0), &spoilt);
    assert!(diagnostic::has_errors(&found), "a broken step, and nothing is said");
    let left: Vec<_> = flows(&after).flat_map(|flow| &flow.steps).collect();
    for step in steps.iter().filter(|step| step.name.span != broken.name.span) {
        assert!(
            left.contains(step),
            "step {} is hidden by a mistake in {}\n{spoilt}",
            step.name.value,
            broken.name.value
        );
    }
}
