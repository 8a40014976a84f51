//! The parts of a line: values, labels, subjects, heads. None of them knows of comments.

use crate::syntax::ast::{
    Action, Arg, Body, Decimal, Flow, Goto, GotoTarget, If, Label, LabelKind, Param, Piece, ResultDecl, Setting,
    Statement, StatementKind, Step, Subject, Target, Text, Value, ValueKind,
};
use crate::syntax::{duration, text};

use super::WIDTH;

/// A text whose one-line spelling is longer than this is written over several lines, if it can be.
const LONG_TEXT: usize = 88;

pub(super) fn chars(text: &str) -> usize {
    text.chars().count()
}

pub(super) fn join(head: String, settings: &[String]) -> String {
    settings.iter().fold(head, |line, setting| line + " " + setting.as_str())
}

pub(super) fn value(value: &Value, indent: usize) -> String {
    match &value.value {
        ValueKind::Text(t) => text_value(t, indent),
        ValueKind::Spoken(t) => format!("say {}", text_value(t, indent)),
        _ => plain(value),
    }
}

/// A value on one line; `None` if it should stand on several.
pub(super) fn value_inline(v: &Value) -> Option<String> {
    let line = value(v, 0);
    (!line.contains('\n')).then_some(line)
}

fn plain(value: &Value) -> String {
    match &value.value {
        ValueKind::Text(t) => text::to_flow(t),
        ValueKind::Spoken(t) => format!("say {}", text::to_flow(t)),
        ValueKind::Expr(code) => format!("({code})"),
        ValueKind::List(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        ValueKind::Duration(ms) => duration::print(*ms),
        ValueKind::Percent(Decimal(n)) => format!("{n}%"),
        ValueKind::Number(Decimal(n)) => n.clone(),
        ValueKind::Bool(b) => b.to_string(),
        ValueKind::Name(name) => name.clone(),
    }
}

fn text_value(t: &Text, indent: usize) -> String {
    let line = text::to_flow(t);
    let paragraphs = t.pieces.iter().any(|p| matches!(p, Piece::Literal(l) if l.contains("\n\n")));
    if chars(&line) <= LONG_TEXT && !paragraphs {
        return line;
    }
    let inner = indent + 4;
    let Some(lines) = text::to_long_lines(t, WIDTH.saturating_sub(inner).max(WIDTH / 2)) else { return line };
    let pad = " ".repeat(inner);
    let mut out = String::from("\"\"\"\n");
    for line in lines {
        if !line.is_empty() {
            out.push_str(&pad);
            out.push_str(&line);
        }
        out.push('\n');
    }
    out + pad.as_str() + "\"\"\""
}

fn args(args: &[Arg]) -> String {
    args.iter().map(|a| format!("{}: {}", a.name.value, plain(&a.value))).collect::<Vec<_>>().join(", ")
}

pub(super) fn goto(goto: &Goto) -> String {
    match &goto.target {
        GotoTarget::Next => "-> next".to_owned(),
        GotoTarget::Step(name) => format!("-> {}", name.value),
        GotoTarget::Flow { name, args: list } if list.is_empty() => format!("-> flow {}", name.value),
        GotoTarget::Flow { name, args: list } => format!("-> flow {}({})", name.value, args(list)),
    }
}

fn target(target: &Target) -> String {
    format!("{} {}", target.kind.value, plain(&target.value))
}

pub(super) fn settings(settings: &[Setting], indent: usize) -> Vec<String> {
    settings.iter().map(|s| format!("{} {}", s.key.value, value(&s.value, indent))).collect()
}

/// The verb and what it is about.
pub(super) fn subject(action: &Action, indent: usize) -> String {
    let verb = &action.verb.value;
    let word = |w: &Option<crate::syntax::ast::Name>| w.as_ref().map(|w| format!("{} ", w.value)).unwrap_or_default();
    match &action.subject {
        Subject::None => verb.clone(),
        Subject::Value(v) => format!("{verb} {}", value(v, indent)),
        Subject::Transfer { mode, target: to } => format!("{verb} {}to {}", word(mode), target(to)),
        Subject::Ring { order, targets } => {
            let targets: Vec<String> = targets.iter().map(target).collect();
            format!("{verb} {}{}", word(order), targets.join(", "))
        }
        Subject::Run { flow, args: list } if list.is_empty() => format!("{verb} {}", flow.value),
        Subject::Run { flow, args: list } => format!("{verb} {}({})", flow.value, args(list)),
        Subject::Guard { policy, target: None } => format!("{verb} {}", policy.value),
        Subject::Guard { policy, target: Some(to) } => format!("{verb} {} to {}", policy.value, target(to)),
        Subject::Pair { name, value: v } => format!("{verb} {} {}", name.value, value(v, indent)),
    }
}

/// A statement without arms or bodies.
pub(super) fn simple(kind: &StatementKind, indent: usize) -> String {
    match kind {
        StatementKind::Goto(to) => goto(to),
        StatementKind::Set { name, value: v } => format!("set {} = {}", name.value, value(v, indent)),
        StatementKind::Return { outcome, value: None } => format!("return {}", outcome.value),
        StatementKind::Return { outcome, value: Some(v) } => format!("return {}{}", outcome.value, value(v, indent)),
        _ => String::new(),
    }
}

/// The `if` of an `else if`.
pub(super) fn else_if(body: &Body) -> Option<&If> {
    match body {
        Body::Block(block) => match block.statements.as_slice() {
            [Statement { doc: None, kind: StatementKind::If(next), .. }] => Some(next),
            _ => None,
        },
        Body::Goto(_) => None,
    }
}

pub(super) fn label_list(labels: &[Label]) -> String {
    labels.iter().map(label).collect::<Vec<_>>().join(", ")
}

fn label(label: &Label) -> String {
    let mut out = match &label.kind {
        LabelKind::Outcome(name) | LabelKind::Keys(name) => name.clone(),
        LabelKind::Text(t) => text::to_flow(&Text::literal(t.clone())),
        LabelKind::Percent(Decimal(n)) => format!("{n}%"),
        LabelKind::Every(ms) => format!("every {}", duration::print(*ms)),
        LabelKind::After(ms) => format!("after {}", duration::print(*ms)),
    };
    if let Some(name) = &label.binding {
        out.push_str(&format!("({})", name.value));
    }
    out
}

pub(super) fn flow_head(flow: &Flow) -> String {
    let keyword = if flow.results.is_some() { "subflow" } else { "flow" };
    let mut head = format!("{keyword} {}", flow.name.value);
    if !flow.params.is_empty() {
        let params: Vec<String> = flow.params.iter().map(param).collect();
        head.push_str(&format!("({})", params.join(", ")));
    }
    if let Some(results) = &flow.results {
        head.push_str(" -> ");
        head.push_str(&results.iter().map(result).collect::<Vec<_>>().join(", "));
    }
    head
}

fn param(param: &Param) -> String {
    let default = param.default.as_ref().map(|v| format!(" = {}", plain(v))).unwrap_or_default();
    format!("{}: {}{default}", param.name.value, param.type_name.value)
}

fn result(result: &ResultDecl) -> String {
    match &result.value {
        Some((name, type_name)) => format!("{}({}: {})", result.name.value, name.value, type_name.value),
        None => result.name.value.clone(),
    }
}

pub(super) fn step_head(step: &Step) -> String {
    let name = &step.name.value;
    match &step.visits {
        Some((max, to)) => format!("step {name} visits {} otherwise {}", max.value, goto(to)),
        None => format!("step {name}"),
    }
}
