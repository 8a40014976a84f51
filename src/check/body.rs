//! Blocks and the statements that steer: arrows, `if`, `switch`, `set`.

use std::sync::Arc;

use crate::base::diagnostic::{Absent, Diagnostic};
use crate::base::span::Span;
use crate::base::value::{Type, Value};
use crate::expr::Expr;
use crate::step::args::Operand;
use crate::syntax::ast::{self, StatementKind as Ast, ValueKind};
use crate::syntax::duration;

use super::flow::Checker;
use super::model::{Block, Body, Jump, Statement, StatementKind};

/// The one built-in name that `set` changes.
const LANGUAGE: &str = "language";

/// Whether control can come to the end of something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Falls {
    No,
    /// Something in it is wrong and reported; what would follow cannot be told.
    Unknown,
    Yes,
}

/// What ends control before a statement, for the words about what can never run.
#[derive(Clone, Copy)]
enum Stop {
    Arrow(Span),
    Ended(&'static str, Span),
    Returned(Span),
}

impl Checker<'_> {
    pub(super) fn block(&mut self, block: &ast::Block) -> (Block, Falls) {
        let mut statements = Vec::with_capacity(block.statements.len());
        let mut falls = Falls::Yes;
        let mut stop: Option<Stop> = None;
        let in_vain = self.in_vain;
        for statement in &block.statements {
            if let Some(why) = stop.take() {
                self.report_unreachable(statement.span, why);
                self.in_vain = true;
            }
            let (checked, after) = self.statement(statement);
            if after == Falls::No && falls != Falls::No {
                stop = Some(stop_of(&checked));
            }
            falls = falls.min(after);
            statements.push(checked);
        }
        self.in_vain = in_vain;
        self.ruled_out.clear();
        (Block { statements }, falls)
    }

    fn report_unreachable(&mut self, span: Span, why: Stop) {
        let found = match why {
            Stop::Arrow(before) => Diagnostic::error("unreachable-statement", span, "this statement can never run")
                .label("never runs")
                .also(before, "the flow always goes elsewhere here")
                .help("remove it, or move it before the arrow"),
            Stop::Returned(before) => Diagnostic::error("unreachable-statement", span, "this statement can never run")
                .label("never runs")
                .also(before, "the subflow ends here")
                .help("remove it, or move it before `return`"),
            Stop::Ended(verb, before) => Diagnostic::error(
                "act-after-hangup",
                span,
                format!("this statement comes after `{verb}`, when the flow is over"),
            )
            .label("nobody is left to hear it")
            .also(before, "the flow ends here")
            .help(format!("move it before `{verb}`, or remove it")),
        };
        self.report(found);
    }

    fn statement(&mut self, statement: &ast::Statement) -> (Statement, Falls) {
        let outer = std::mem::take(&mut self.reads);
        let ruled_out = std::mem::take(&mut self.ruled_out);
        let (verb, kind, falls) = match &statement.kind {
            Ast::Goto(goto) => {
                let jump = self.jump(goto);
                let falls = falls_of(&jump);
                ("goto", StatementKind::Jump(jump), falls)
            }
            Ast::If(branch) => self.branch(branch, ruled_out),
            Ast::Switch { on, arms } => self.switch(on, arms, statement.span),
            Ast::Set { name, value } => self.set(name, value),
            Ast::Action(action) => match (&action.subject, crate::step::registry::find("run")) {
                (ast::Subject::Run { flow, args }, Some(decl)) => self.run(decl, action, (flow, args), statement.span),
                _ => self.action(action, statement.span),
            },
            Ast::Split { settings, arms } => self.split(settings, arms, statement.span),
            Ast::Return { outcome, value } => self.give(outcome, value.as_ref(), statement.span),
        };
        if !matches!(statement.kind, Ast::If(_)) {
            self.ruled_out.clear();
        }
        let reads = std::mem::replace(&mut self.reads, outer);
        (Statement { span: statement.span, verb, reads, kind }, falls)
    }

    /// Something wrong whose arms are checked all the same.
    pub(super) fn hole(&mut self, verb: &'static str, arms: &[ast::Arm]) -> (&'static str, StatementKind, Falls) {
        let mut falls = if arms.is_empty() { Falls::Unknown } else { Falls::No };
        let mut bodies = Vec::new();
        for arm in arms {
            let hidden: Vec<_> =
                arm.labels.iter().filter_map(|l| l.binding.as_ref()).map(|name| self.bind(name, None).1).collect();
            let (body, after) = self.body(&arm.body, arm);
            for name in hidden.into_iter().rev() {
                self.scope.hide(name);
            }
            falls = falls.max(after);
            bodies.push(body);
        }
        (verb, StatementKind::Hole(bodies), falls)
    }

    /// The block of an arm; an arrow is a block of one statement.
    pub(super) fn body(&mut self, body: &ast::Body, arm: &ast::Arm) -> (Body, Falls) {
        let label: Vec<String> = arm.labels.iter().map(label_text).collect();
        let (block, falls) = self.branch_body(body);
        (Body { block, span: arm.span, label: Arc::from(label.join(", ")) }, falls)
    }

    fn branch_body(&mut self, body: &ast::Body) -> (Block, Falls) {
        match body {
            ast::Body::Block(block) => self.block(block),
            ast::Body::Goto(goto) => {
                let jump = self.jump(goto);
                let falls = falls_of(&jump);
                let kind = StatementKind::Jump(jump);
                let statement = Statement { span: goto.span, verb: "goto", reads: Vec::new(), kind };
                (Block { statements: vec![statement] }, falls)
            }
        }
    }

    pub(super) fn jump(&mut self, goto: &ast::Goto) -> Jump {
        match &goto.target {
            ast::GotoTarget::Next => Jump::Next,
            ast::GotoTarget::Step(name) => match self.scope.steps.find(&name.value) {
                Some((step, _)) => {
                    if self.in_vain {
                        self.named_in_vain.insert(step);
                    }
                    Jump::Step(step)
                }
                None => {
                    self.report_unknown_step(name);
                    Jump::Unknown
                }
            },
            ast::GotoTarget::Flow { name, args } => self.jump_to_flow(name, args, goto.span),
        }
    }

    fn report_unknown_step(&mut self, name: &ast::Name) {
        let found = crate::resolve::unknown("unknown-target", "step", name, self.scope.steps.names());
        let is_flow = self.symbols.flows.contains_key(name.value.as_str());
        let found =
            if is_flow { found.help(format!("`{0}` is a flow: write `-> flow {0}`", name.value)) } else { found };
        self.report(found.absent(Absent::Step));
    }

    /// `ruled_out` are the conditions right before it that did not hold.
    fn branch(&mut self, branch: &ast::If, mut ruled_out: Vec<Arc<Expr>>) -> (&'static str, StatementKind, Falls) {
        let condition = self.expect(&branch.condition, Type::Bool, "the condition of `if`");
        if let Some(condition) = &condition {
            self.report_settled(condition, branch.condition.span, &ruled_out);
        }
        let reads = std::mem::take(&mut self.reads);
        let (then, mut falls) = self.branch_body(&branch.then);
        if let Some(Operand::Expr(condition)) = &condition {
            ruled_out.push(condition.clone());
        }
        let (otherwise, after) = match &branch.otherwise {
            Some(body) => {
                self.ruled_out = ruled_out;
                let checked = self.branch_body(body);
                self.ruled_out.clear();
                checked
            }
            None => {
                self.ruled_out = if falls == Falls::No { ruled_out } else { Vec::new() };
                (Block::default(), Falls::Yes)
            }
        };
        falls = falls.max(after);
        self.reads = reads;
        let kind = match condition {
            Some(condition) => StatementKind::If { condition, then, otherwise },
            None => StatementKind::Hole(vec![
                Body { block: then, span: branch.condition.span, label: Arc::from("then") },
                Body { block: otherwise, span: branch.condition.span, label: Arc::from("else") },
            ]),
        };
        ("if", kind, falls)
    }

    /// Reports a condition that no call can change.
    fn report_settled(&mut self, condition: &Operand, span: Span, ruled_out: &[Arc<Expr>]) {
        if let Some(always) = self.always(condition) {
            let message = format!("this condition is always `{always}`");
            let help = if always { "keep only what follows `if`" } else { "remove the `if`" };
            self.report(Diagnostic::warning("dead-condition", span, message).help(help));
        } else if self.never_after(condition, ruled_out) {
            let message = "this condition never holds here: what it asks was decided before";
            self.report(
                Diagnostic::error("duplicate-branch", span, message)
                    .label("all that makes it true has gone another way")
                    .help("correct it, move it before the condition that covers it, or remove it"),
            );
        }
    }

    fn set(&mut self, name: &ast::Name, value: &ast::Value) -> (&'static str, StatementKind, Falls) {
        let Some(slot) = self.scope.slot(&name.value) else {
            if name.value == LANGUAGE {
                return self.set_language(value);
            }
            self.report_unsettable(name, value);
            self.typed(value);
            return ("set", StatementKind::Hole(Vec::new()), Falls::Yes);
        };
        let ty = self.scope.variable(slot).and_then(|v| v.ty);
        let what = format!("variable `{}`", name.value);
        let operand = match ty {
            Some(ty) => self.expect(value, ty, &what),
            None => self.typed(value).map(|t| t.operand),
        };
        match operand {
            Some(value) => ("set", StatementKind::Set { slot, value }, Falls::Yes),
            // Whatever it should be: what reads it later is not wrong as well.
            None => ("set", StatementKind::Set { slot, value: Operand::Const(Value::Unset) }, Falls::Yes),
        }
    }

    /// `set language = "cy"`
    fn set_language(&mut self, value: &ast::Value) -> (&'static str, StatementKind, Falls) {
        let kind = match self.expect(value, Type::Text, "`language`") {
            Some(Operand::Const(Value::Text(tag))) if super::language::mistake(&tag, value.span).is_some() => {
                self.found.extend(super::language::mistake(&tag, value.span));
                StatementKind::Hole(Vec::new())
            }
            Some(language) => StatementKind::Language(language),
            None => StatementKind::Hole(Vec::new()),
        };
        ("set", kind, Falls::Yes)
    }

    fn report_unsettable(&mut self, name: &ast::Name, value: &ast::Value) {
        let found = if self.constant_named(&name.value).is_some() {
            Diagnostic::error("unknown-name", name.span, format!("`{}` is a constant and cannot be set", name.value))
                .help("declare it with `var` instead of `const`")
        } else if crate::expr::names::root(&name.value).is_some() {
            Diagnostic::error("unknown-name", name.span, format!("`{}` is built in and cannot be set", name.value))
                .help("set a variable of your own")
        } else {
            let known: Vec<Arc<str>> = self.scope.visible().map(|(name, _)| Arc::clone(name)).collect();
            let found = crate::resolve::unknown("unknown-name", "variable", name, known.iter().map(AsRef::as_ref));
            if known.is_empty() {
                let ty = match &value.value {
                    ValueKind::Number(_) => Type::Number,
                    ValueKind::Bool(_) => Type::Bool,
                    ValueKind::Duration(_) => Type::Duration,
                    _ => Type::Text,
                };
                found.help(format!("declare it in the flow's header: `var {}: {}`", name.value, ty.name()))
            } else {
                found
            }
        };
        self.report(found);
    }

    fn switch(&mut self, on: &ast::Value, arms: &[ast::Arm], span: Span) -> (&'static str, StatementKind, Falls) {
        let Some(subject) = self.typed(on) else { return self.hole("switch", arms) };
        if let Operand::Const(value) = &subject.operand {
            let message = format!("this `switch` always goes the same way: the value is `{value}` for every call");
            let help = "keep only the arm that runs, or switch on what depends on the call";
            self.report(Diagnostic::warning("dead-condition", on.span, message).help(help));
        }
        let reads = std::mem::take(&mut self.reads);
        let mut cases: Vec<(Value, usize)> = Vec::new();
        let mut places: Vec<Span> = Vec::new();
        let (mut otherwise, mut bodies, mut falls) = (None, Vec::new(), Falls::No);
        for (index, arm) in arms.iter().enumerate() {
            for label in &arm.labels {
                match self.switch_label(label, subject.ty) {
                    Some(Some(value)) => {
                        let first = cases.iter().position(|(v, _)| *v == value).and_then(|at| places.get(at));
                        if let Some(first) = first {
                            self.report(duplicate_branch(&label_text(label), label.span, *first));
                        }
                        cases.push((value, index));
                        places.push(label.span);
                    }
                    Some(None) => otherwise = Some(index),
                    None => {}
                }
            }
            let (body, after) = self.body(&arm.body, arm);
            falls = falls.max(after);
            bodies.push(body);
        }
        self.reads = reads;
        let both = |b: bool| cases.iter().any(|(v, _)| *v == Value::Bool(b));
        if otherwise.is_none() && !(both(true) && both(false)) {
            let head = Span { end: on.span.end, ..span };
            self.report(
                Diagnostic::error("outcome-unhandled", head, "`switch` has no arm for any other value")
                    .help("add `otherwise -> step`, or `otherwise -> next` to go on"),
            );
            falls = falls.max(Falls::Unknown);
        }
        ("switch", StatementKind::Switch { on: subject.operand, cases, otherwise, bodies }, falls)
    }

    /// The value of a label; `Some(None)` is `otherwise`.
    fn switch_label(&mut self, label: &ast::Label, ty: Option<Type>) -> Option<Option<Value>> {
        let value = match &label.kind {
            ast::LabelKind::Outcome(name) if name == "otherwise" => return Some(None),
            ast::LabelKind::Outcome(name) if name == "true" => Value::Bool(true),
            ast::LabelKind::Outcome(name) if name == "false" => Value::Bool(false),
            ast::LabelKind::Text(text) => Value::text(text),
            ast::LabelKind::Keys(keys) if ty == Some(Type::Digits) => Value::text(keys),
            ast::LabelKind::Keys(keys) if keys.parse::<i64>().is_ok() => Value::Int(keys.parse().unwrap_or_default()),
            _ => {
                let message = format!("`{}` is not a label of `switch`", label_text(label));
                self.report(
                    Diagnostic::error("type-mismatch", label.span, message)
                        .help("labels are texts in quotes, numbers, `true`, `false` and `otherwise`"),
                );
                return None;
            }
        };
        if let (Some(ty), Some(have)) = (ty, value.type_of()) {
            let textual = matches!(ty, Type::Digits | Type::Phone | Type::Extension) && have == Type::Text;
            if ty != have && !textual {
                let message = format!(
                    "`{}` can never be equal: the value is {}",
                    label_text(label),
                    super::value::with_article(ty)
                );
                self.report(Diagnostic::error("type-mismatch", label.span, message).help("a number in quotes is text"));
            }
        }
        Some(Some(value))
    }
}

fn falls_of(jump: &Jump) -> Falls {
    match jump {
        Jump::Next => Falls::Yes,
        Jump::Step(_) | Jump::Flow { .. } | Jump::Unknown => Falls::No,
    }
}

fn stop_of(statement: &Statement) -> Stop {
    match &statement.kind {
        StatementKind::Act(act) if act.decl.effects.ends => Stop::Ended(act.decl.verb, statement.span),
        StatementKind::Return { .. } => Stop::Returned(statement.span),
        _ => Stop::Arrow(statement.span),
    }
}

/// Two arms for the same thing: shows both.
pub(super) fn duplicate_branch(label: &str, second: Span, first: Span) -> Diagnostic {
    Diagnostic::error("duplicate-branch", second, format!("`{label}` has two arms"))
        .label("this one would never be taken")
        .also(first, "the first is here")
        .help("keep one of the two")
}

/// A label as it is written.
pub(super) fn label_text(label: &ast::Label) -> String {
    match &label.kind {
        ast::LabelKind::Outcome(s) | ast::LabelKind::Keys(s) => s.clone(),
        ast::LabelKind::Text(s) => format!("\"{s}\""),
        ast::LabelKind::Percent(p) => format!("{}%", p.0),
        ast::LabelKind::Every(ms) => format!("every {}", duration::print(*ms)),
        ast::LabelKind::After(ms) => format!("after {}", duration::print(*ms)),
    }
}
