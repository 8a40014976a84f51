//! A flow as it is written: every statement and value of it, for rules about names and wording.
//! Iterative, though blocks nest only so deep.

use crate::base::span::Span;
use crate::syntax::ast::{self, Body, StatementKind, Subject, ValueKind};

/// Every flow of some files.
pub(super) fn flows(files: &[ast::File]) -> impl Iterator<Item = &ast::Flow> {
    files.iter().flat_map(|f| &f.items).filter_map(|item| match item {
        ast::Item::Flow(flow) => Some(flow),
        ast::Item::Constant(_) => None,
    })
}

/// Every statement of a flow, those in arms as well, in the order of the source.
pub(super) fn statements(flow: &ast::Flow) -> Vec<&ast::Statement> {
    flow.steps.iter().flat_map(statements_of).collect()
}

/// Every statement of a step.
pub(super) fn statements_of(step: &ast::Step) -> Vec<&ast::Statement> {
    let mut out = Vec::new();
    let mut waiting: Vec<&ast::Statement> = step.body.statements.iter().rev().collect();
    while let Some(statement) = waiting.pop() {
        out.push(statement);
        let bodies = bodies(statement).into_iter().rev();
        waiting.extend(bodies.flat_map(|body| block(body).iter().rev()));
    }
    out
}

fn bodies(statement: &ast::Statement) -> Vec<&Body> {
    match &statement.kind {
        StatementKind::If(branch) => [&branch.then].into_iter().chain(&branch.otherwise).collect(),
        StatementKind::Switch { arms, .. } | StatementKind::Split { arms, .. } => {
            arms.iter().map(|a| &a.body).collect()
        }
        StatementKind::Action(action) => action.arms.iter().flatten().map(|a| &a.body).collect(),
        _ => Vec::new(),
    }
}

fn block(body: &Body) -> &[ast::Statement] {
    match body {
        Body::Block(block) => &block.statements,
        Body::Goto(_) => &[],
    }
}

/// Statements and arms of a step.
pub(super) fn size(step: &ast::Step) -> usize {
    statements_of(step).into_iter().map(|s| 1 + bodies(s).len()).sum()
}

/// Every arrow of a flow: of its statements, arms, bounds and header.
pub(super) fn arrows(flow: &ast::Flow) -> Vec<&ast::Goto> {
    let header = flow.header.iter().filter_map(|h| match h {
        ast::Header::Failed(goto) => Some(goto),
        _ => None,
    });
    let bounds = flow.steps.iter().filter_map(|s| s.visits.as_ref().map(|(_, goto)| goto));
    let mut out: Vec<&ast::Goto> = header.chain(bounds).collect();
    for statement in statements(flow) {
        if let StatementKind::Goto(goto) = &statement.kind {
            out.push(goto);
        }
        out.extend(bodies(statement).into_iter().filter_map(|body| match body {
            Body::Goto(goto) => Some(goto),
            Body::Block(_) => None,
        }));
    }
    out
}

/// Every value that a flow's statements, settings and arguments hold; not those of `const`.
pub(super) fn values(flow: &ast::Flow) -> Vec<&ast::Value> {
    let mut out: Vec<&ast::Value> = flow.params.iter().filter_map(|p| p.default.as_ref()).collect();
    for header in &flow.header {
        match header {
            ast::Header::Variable { value, .. } => out.extend(value),
            ast::Header::Default { settings, .. } => out.extend(settings.iter().map(|s| &s.value)),
            ast::Header::Setting(setting) => out.push(&setting.value),
            ast::Header::Constant(_) | ast::Header::Guard(_) | ast::Header::Failed(_) => {}
        }
    }
    for goto in arrows(flow) {
        if let ast::GotoTarget::Flow { args, .. } = &goto.target {
            out.extend(args.iter().map(|a| &a.value));
        }
    }
    for statement in statements(flow) {
        match &statement.kind {
            StatementKind::If(branch) => out.push(&branch.condition),
            StatementKind::Switch { on, .. } => out.push(on),
            StatementKind::Split { settings, .. } => out.extend(settings.iter().map(|s| &s.value)),
            StatementKind::Set { value, .. } => out.push(value),
            StatementKind::Return { value, .. } => out.extend(value),
            StatementKind::Action(action) => {
                out.extend(subject_values(&action.subject));
                out.extend(action.settings.iter().map(|s| &s.value));
            }
            StatementKind::Goto(_) => {}
        }
    }
    out.into_iter().flat_map(items).collect()
}

fn subject_values(subject: &Subject) -> Vec<&ast::Value> {
    match subject {
        Subject::None | Subject::Guard { target: None, .. } => Vec::new(),
        Subject::Value(value) | Subject::Pair { value, .. } => vec![value],
        Subject::Transfer { target, .. } | Subject::Guard { target: Some(target), .. } => vec![&target.value],
        Subject::Ring { targets, .. } => targets.iter().map(|t| &t.value).collect(),
        Subject::Run { args, .. } => args.iter().map(|a| &a.value).collect(),
    }
}

/// A value and, of a list, its items as well.
pub(super) fn items(value: &ast::Value) -> Vec<&ast::Value> {
    let (mut out, mut waiting) = (Vec::new(), vec![value]);
    while let Some(value) = waiting.pop() {
        out.push(value);
        if let ValueKind::List(list) = &value.value {
            waiting.extend(list.iter().rev());
        }
    }
    out
}

/// The code of a value: an expression, or the holes of a text.
pub(super) fn code(value: &ast::Value) -> Vec<&str> {
    match &value.value {
        ValueKind::Expr(source) => vec![source],
        ValueKind::Text(text) | ValueKind::Spoken(text) => text.pieces.iter().filter_map(hole).collect(),
        _ => Vec::new(),
    }
}

fn hole(piece: &ast::Piece) -> Option<&str> {
    match piece {
        ast::Piece::Hole(hole) => Some(&hole.value),
        ast::Piece::Literal(_) => None,
    }
}

/// The place of a flow's name.
pub(super) fn place(flow: &ast::Flow) -> Span {
    flow.name.span
}
