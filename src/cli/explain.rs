//! `strowger lint --explain RULE`: the page of a rule.

use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit};
use crate::base::suggest;
use crate::lint::pages::{self, Firmness};

/// Prints the page.
///
/// # Errors
/// There is no such rule.
pub fn explain(name: &str, terminal: &mut Terminal) -> Ended {
    let page = pages::find(name).ok_or_else(|| no_rule(name))?;
    let mut text = format!(
        "{}  ({}, {})\n\n{}\n\nwhy: {}\n\nwhat to do: {}\n",
        page.name,
        page.group(),
        page.level.name(),
        page.what,
        page.why,
        page.remedy,
    );
    match pages::firmness(name) {
        Firmness::Free => {}
        Firmness::Correctness => text.push_str("\nIts level cannot be lowered.\n"),
        Firmness::Safety | Firmness::Structure | Firmness::Exception => {
            text.push_str("\nIt cannot be set aside: not by an exception, a level or the baseline.\n");
        }
    }
    for (title, example) in [("right", page.good), ("wrong", page.bad)] {
        if !example.is_empty() {
            text.push_str(&format!("\n{title}:\n\n{}", indented(&unmarked(example))));
        }
    }
    terminal.say(text.trim_end());
    Ok(Exit::Done)
}

/// Letters of a rule's name that may stand for the whole of it.
const SHORTEST_PART: usize = 4;

/// Why there is nothing to say about a rule.
pub fn no_rule(name: &str) -> CouldNot {
    // A part of a name, as `unguarded`, is no misspelling of it.
    let part = |rule: &&str| name.len() >= SHORTEST_PART && rule.contains(name);
    let hint = match pages::names().find(part) {
        Some(rule) => format!("; did you mean `{rule}`?"),
        None => suggest::did_you_mean(name, pages::names()),
    };
    let hint = if hint.is_empty() { "; docs/lint.md lists them".to_owned() } else { hint };
    CouldNot(format!("no rule `{name}`{hint}"))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

/// An example without the marks that tests read.
fn unmarked(text: &str) -> String {
    let unmarked =
        |line: &'_ str| ["//~", "#~"].iter().find_map(|mark| Some(line.split_once(mark)?.0.trim_end().to_owned()));
    text.lines().map(|line| unmarked(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}
