//! Parts of a flow as one line of text, for those who show or compare a flow instead of printing
//! it: pictures and differences.

use crate::syntax::ast::{Goto, Header, Label, Setting, Statement, StatementKind, Value};

use super::parts;

/// A statement without its arms: `menu "main-menu" timeout 5s`, `if (x > 1)`, `-> choose`.
pub fn head(statement: &Statement) -> String {
    let line = match &statement.kind {
        StatementKind::If(branch) => format!("if {}", value(&branch.condition)),
        StatementKind::Switch { on, .. } => format!("switch {}", value(on)),
        StatementKind::Split { settings: list, .. } => parts::join("split".to_owned(), &settings(list)),
        StatementKind::Action(action) => parts::join(one_line(&parts::subject(action, 0)), &settings(&action.settings)),
        kind => parts::simple(kind, 0),
    };
    one_line(&line)
}

/// The same without its settings: `menu "main-menu"`.
pub fn subject(statement: &Statement) -> String {
    match &statement.kind {
        StatementKind::Action(action) => one_line(&parts::subject(action, 0)),
        StatementKind::Split { .. } => "split".to_owned(),
        _ => head(statement),
    }
}

/// The labels of an arm: `no_answer, busy`.
pub fn labels(labels: &[Label]) -> String {
    parts::label_list(labels)
}

pub fn value(value: &Value) -> String {
    one_line(&parts::value(value, 0))
}

/// `-> choose`, `-> flow on_call(cause: "late")`
pub fn goto(goto: &Goto) -> String {
    parts::goto(goto)
}

/// A line of a flow's header.
pub fn header(header: &Header) -> String {
    one_line(&super::header_line(header, 0))
}

fn settings(list: &[Setting]) -> Vec<String> {
    parts::settings(list, 0).iter().map(|line| one_line(line)).collect()
}

/// A long text is printed over several lines; here its line breaks are blanks.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
