//! A flow as it is written: every statement and value of it, for rules about names and wording.
//! Iterative, though blocks nest only so deep.

use crate::base::span::Span;
use crate::syntax::ast::{self, Body, StatementKind, Subject, ValueKind};

/// A flow as it is written, taken apart once for all rules.
pub struct Written<'a> {
    pub flow: &'a ast::Flow,
    /// Every statement, those in arms as well, in the order of the source.
    pub statements: Vec<&'a ast::Statement>,
    /// Every value that statements, settings and arguments hold; not those of `const`.
    pub values: Vec<&'a ast::Value>,
    /// Where the statements of each step end.
    ends: Vec<usize>,
}

impl<'a> Written<'a> {
    pub fn of(flow: &'a ast::Flow) -> Written<'a> {
        let mut written = Written { flow, statements: Vec::new(), values: Vec::new(), ends: Vec::new() };
        let mut waiting: Vec<&ast::Statement> = Vec::new();
        for step in &flow.steps {
            waiting.extend(step.body.statements.iter().rev());
            while let Some(statement) = waiting.pop() {
                written.statements.push(statement);
                waiting.extend(bodies(statement).rev().flat_map(|body| block(body).iter().rev()));
            }
            written.ends.push(written.statements.len());
        }
        written.values = values(flow, &written.statements);
        written
    }

    /// Each step with its statements.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&'a ast::Step, &[&'a ast::Statement])> {
        let begins = [0].into_iter().chain(self.ends.iter().copied());
        let ranges = begins.zip(self.ends.iter().copied());
        let statements = ranges.map(|(from, to)| self.statements.get(from..to).unwrap_or_default());
        self.flow.steps.iter().zip(statements)
    }

    /// Every arrow: of its statements, arms, bounds and header.
    pub(super) fn arrows(&self) -> impl Iterator<Item = &'a ast::Goto> {
        header_arrows(self.flow).chain(self.statements.iter().flat_map(|s| arrows_of(s)))
    }
}

fn bodies(statement: &ast::Statement) -> impl DoubleEndedIterator<Item = &Body> {
    let (branch, arms): (Option<&ast::If>, &[ast::Arm]) = match &statement.kind {
        StatementKind::If(branch) => (Some(branch), &[]),
        StatementKind::Switch { arms, .. } | StatementKind::Split { arms, .. } => (None, arms),
        StatementKind::Action(action) => (None, action.arms.as_deref().unwrap_or_default()),
        _ => (None, &[]),
    };
    let both = branch.into_iter().flat_map(|b| [&b.then].into_iter().chain(&b.otherwise));
    both.chain(arms.iter().map(|arm| &arm.body))
}

fn block(body: &Body) -> &[ast::Statement] {
    match body {
        Body::Block(block) => &block.statements,
        Body::Goto(_) => &[],
    }
}

/// How much is written: statements and their arms.
pub(super) fn size(statements: &[&ast::Statement]) -> usize {
    statements.iter().map(|s| 1 + bodies(s).count()).sum()
}

/// The arrows of a flow's header and of the bounds of its steps.
fn header_arrows(flow: &ast::Flow) -> impl Iterator<Item = &ast::Goto> {
    let header = flow.header.iter().filter_map(|h| match h {
        ast::Header::Failed(goto) => Some(goto),
        _ => None,
    });
    header.chain(flow.steps.iter().filter_map(|s| s.visits.as_ref().map(|(_, goto)| goto)))
}

/// The arrow that a statement is, and those of its arms.
fn arrows_of(statement: &ast::Statement) -> impl Iterator<Item = &ast::Goto> {
    let own = match &statement.kind {
        StatementKind::Goto(goto) => Some(goto),
        _ => None,
    };
    let of_arms = bodies(statement).filter_map(|body| match body {
        Body::Goto(goto) => Some(goto),
        Body::Block(_) => None,
    });
    own.into_iter().chain(of_arms)
}

fn values<'a>(flow: &'a ast::Flow, statements: &[&'a ast::Statement]) -> Vec<&'a ast::Value> {
    let mut out = Vec::new();
    let mut add = |value| add_items(value, &mut out);
    flow.params.iter().filter_map(|p| p.default.as_ref()).for_each(&mut add);
    for header in &flow.header {
        match header {
            ast::Header::Variable { value, .. } => value.iter().for_each(&mut add),
            ast::Header::Default { settings, .. } => settings.iter().map(|s| &s.value).for_each(&mut add),
            ast::Header::Setting(setting) => add(&setting.value),
            ast::Header::Constant(_) | ast::Header::Guard(_) | ast::Header::Failed(_) => {}
        }
    }
    header_arrows(flow).flat_map(passed).for_each(&mut add);
    for statement in statements.iter().copied() {
        arrows_of(statement).flat_map(passed).for_each(&mut add);
        match &statement.kind {
            StatementKind::If(branch) => add(&branch.condition),
            StatementKind::Switch { on, .. } => add(on),
            StatementKind::Split { settings, .. } => settings.iter().map(|s| &s.value).for_each(&mut add),
            StatementKind::Set { value, .. } => add(value),
            StatementKind::Return { value, .. } => value.iter().for_each(&mut add),
            StatementKind::Action(action) => {
                subject_values(&action.subject).into_iter().for_each(&mut add);
                action.settings.iter().map(|s| &s.value).for_each(&mut add);
            }
            StatementKind::Goto(_) => {}
        }
    }
    out
}

/// The values that an arrow passes to another flow.
fn passed(goto: &ast::Goto) -> impl Iterator<Item = &ast::Value> {
    let args: &[ast::Arg] = match &goto.target {
        ast::GotoTarget::Flow { args, .. } => args,
        _ => &[],
    };
    args.iter().map(|a| &a.value)
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
    let mut out = Vec::new();
    add_items(value, &mut out);
    out
}

/// The same, added to a list. What is no list costs one push.
fn add_items<'a>(value: &'a ast::Value, out: &mut Vec<&'a ast::Value>) {
    let mut waiting: Vec<&ast::Value> = Vec::new();
    let mut next = Some(value);
    while let Some(value) = next {
        out.push(value);
        if let ValueKind::List(list) = &value.value {
            waiting.extend(list.iter().rev());
        }
        next = waiting.pop();
    }
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
