//! What a step does, as one number: the same for steps that are written alike, whatever they are
//! called and wherever they stand. 128 bits of FNV-1a; a chance of two that differ is no concern to
//! a rule that only informs.

use std::collections::BTreeMap;

use crate::syntax::ast::{self, Body, Goto, GotoTarget, LabelKind, StatementKind, Subject, Value, ValueKind};

use super::source;

struct Shape<'a> {
    hash: u128,
    /// What stands for a step that an arrow leads to, where that is another.
    same: &'a BTreeMap<&'a str, &'a str>,
}

/// The shape of a step; `same` gives the names of steps that are known by another's.
pub(super) fn of(step: &ast::Step, statements: &[&ast::Statement], same: &BTreeMap<&str, &str>) -> u128 {
    let mut shape = Shape { hash: 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, same };
    if let Some((visits, goto)) = &step.visits {
        shape.word("visits");
        shape.word(&visits.value.to_string());
        shape.goto(goto);
    }
    shape.count(step.body.statements.len());
    // Each statement tells how many follow it in each of its blocks, so that the order says all.
    for statement in statements {
        shape.statement(statement);
    }
    shape.hash
}

impl Shape<'_> {
    /// A word and its end.
    fn word(&mut self, word: &str) {
        self.bytes(word.as_bytes());
        self.bytes(&[0xff]);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.hash = (self.hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    fn count(&mut self, count: usize) {
        self.bytes(&count.to_le_bytes());
    }

    /// A word of a kind.
    fn of_kind(&mut self, kind: &str, word: &str) {
        self.bytes(kind.as_bytes());
        self.word(word);
    }

    fn statement(&mut self, statement: &ast::Statement) {
        match &statement.kind {
            StatementKind::Goto(goto) => self.goto(goto),
            StatementKind::If(branch) => {
                self.word("if");
                self.value(&branch.condition);
                self.body(&branch.then);
                self.count(usize::from(branch.otherwise.is_some()));
                branch.otherwise.iter().for_each(|body| self.body(body));
            }
            StatementKind::Switch { on, arms } => {
                self.word("switch");
                self.value(on);
                self.arms(arms);
            }
            StatementKind::Split { settings, arms } => {
                self.word("split");
                self.settings(settings);
                self.arms(arms);
            }
            StatementKind::Set { name, value } => {
                self.word("set");
                self.word(&name.value);
                self.value(value);
            }
            StatementKind::Return { outcome, value } => {
                self.word("return");
                self.word(&outcome.value);
                self.count(usize::from(value.is_some()));
                value.iter().for_each(|v| self.value(v));
            }
            StatementKind::Action(action) => {
                self.word(&action.verb.value);
                self.subject(&action.subject);
                self.settings(&action.settings);
                self.arms(action.arms.as_deref().unwrap_or_default());
            }
        }
    }

    fn body(&mut self, body: &Body) {
        match body {
            Body::Goto(goto) => self.goto(goto),
            Body::Block(block) => self.count(block.statements.len()),
        }
    }

    fn goto(&mut self, goto: &Goto) {
        match &goto.target {
            GotoTarget::Next => self.word("next"),
            GotoTarget::Step(name) => {
                self.word("->");
                let name = name.value.as_str();
                self.word(self.same.get(name).copied().unwrap_or(name));
            }
            GotoTarget::Flow { name, args } => {
                self.word("-> flow");
                self.word(&name.value);
                self.args(args);
            }
        }
    }

    fn args(&mut self, args: &[ast::Arg]) {
        self.count(args.len());
        for arg in args {
            self.word(&arg.name.value);
            self.value(&arg.value);
        }
    }

    fn settings(&mut self, settings: &[ast::Setting]) {
        self.count(settings.len());
        for setting in settings {
            self.word(&setting.key.value);
            self.value(&setting.value);
        }
    }

    fn arms(&mut self, arms: &[ast::Arm]) {
        self.count(arms.len());
        for arm in arms {
            self.count(arm.labels.len());
            for label in &arm.labels {
                match &label.kind {
                    LabelKind::Outcome(text) => self.word(text),
                    LabelKind::Keys(text) => self.of_kind("key ", text),
                    LabelKind::Text(text) => self.of_kind("\"", text),
                    LabelKind::Percent(part) => self.word(&format!("{}%", part.0)),
                    LabelKind::Every(ms) => self.word(&format!("every {ms}")),
                    LabelKind::After(ms) => self.word(&format!("after {ms}")),
                }
                self.word(label.binding.as_ref().map_or("", |name| name.value.as_str()));
            }
            self.body(&arm.body);
        }
    }

    fn target(&mut self, target: &ast::Target) {
        self.word(&target.kind.value);
        self.value(&target.value);
    }

    fn name(&mut self, name: Option<&ast::Name>) {
        self.word(name.map_or("", |name| name.value.as_str()));
    }

    fn subject(&mut self, subject: &Subject) {
        match subject {
            Subject::None => self.word("nothing"),
            Subject::Value(value) => self.value(value),
            Subject::Transfer { mode, target } => {
                self.name(mode.as_ref());
                self.target(target);
            }
            Subject::Ring { order, targets } => {
                self.name(order.as_ref());
                self.count(targets.len());
                targets.iter().for_each(|t| self.target(t));
            }
            Subject::Run { flow, args } => {
                self.word(&flow.value);
                self.args(args);
            }
            Subject::Guard { policy, target } => {
                self.word(&policy.value);
                self.count(usize::from(target.is_some()));
                target.iter().for_each(|t| self.target(t));
            }
            Subject::Pair { name, value } => {
                self.word(&name.value);
                self.value(value);
            }
        }
    }

    fn value(&mut self, value: &Value) {
        for item in source::items(value) {
            match &item.value {
                ValueKind::Text(text) => self.text("text", text),
                ValueKind::Spoken(text) => self.text("say", text),
                ValueKind::Expr(source) => self.of_kind("(", source),
                ValueKind::List(list) => self.word(&format!("[{}]", list.len())),
                ValueKind::Duration(ms) => self.word(&format!("{ms}ms")),
                ValueKind::Percent(part) => self.word(&format!("{}%", part.0)),
                ValueKind::Number(number) => self.word(&format!("#{}", number.0)),
                ValueKind::Bool(flag) => self.word(if *flag { "true" } else { "false" }),
                ValueKind::Name(name) => self.of_kind("name ", name),
            }
        }
    }

    fn text(&mut self, kind: &str, text: &ast::Text) {
        self.word(kind);
        self.count(text.pieces.len());
        for piece in &text.pieces {
            match piece {
                ast::Piece::Literal(literal) => self.word(literal),
                ast::Piece::Hole(hole) => self.of_kind("${", &hole.value),
            }
        }
    }
}
