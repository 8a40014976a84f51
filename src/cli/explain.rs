//! `strowger lint --explain RULE`: the page of a rule.

use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit};
use crate::base::suggest;
use crate::lint::registry;

/// Prints the page.
///
/// # Errors
/// There is no such rule.
pub fn explain(name: &str, terminal: &mut Terminal) -> Ended {
    let Some(rule) = registry::find(name) else {
        let hint = suggest::did_you_mean(name, registry::all().map(|rule| rule.name));
        return Err(CouldNot(format!("no rule `{name}`{hint}")));
    };
    let page = format!(
        "{}  ({})\n\n{}\n\nwhy: {}\n\nwhat to do: {}\n\nright:\n\n{}\nwrong:\n\n{}",
        rule.name,
        rule.group.name(),
        rule.what,
        rule.why,
        rule.remedy,
        indented(rule.good),
        indented(&unmarked(rule.bad)),
    );
    terminal.say(page.trim_end());
    Ok(Exit::Done)
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
