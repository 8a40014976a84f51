//! Statements and arms as items of YAML lists and maps.

use crate::syntax::ast::{Action, Arm, Block, Body, If, Setting, Statement, StatementKind, Subject, Target, Value};
use crate::syntax::print_flow::WIDTH;
use crate::syntax::remarks::Kind;
use crate::syntax::shape::{self, Reading, SubjectShape};

use super::scalar::{Yaml, only_text, value, word};
use super::{Printer, args, body_inline, goto, label_key, setting_line};

/// Labels of an arm that stand before a `:`. YAML wants the `:` within 1,024 characters.
const MAX_PLAIN_KEY: usize = 1_000;

impl Printer<'_> {
    /// `key:` and below it a list of statements.
    pub(super) fn list(&mut self, indent: usize, key: &str, block: &Block) {
        self.list_at(indent, indent + 2, key, block);
    }

    /// The same with the statements at `inner`.
    fn list_at(&mut self, indent: usize, inner: usize, key: &str, block: &Block) {
        if block.statements.is_empty() {
            self.line(indent, &format!("{key} []"));
        } else {
            let remark = self.head(block);
            self.line(indent, &format!("{key}{remark}"));
            for statement in &block.statements {
                self.statement(inner, statement);
            }
        }
        self.above(block.span.end, Kind::End, inner);
    }

    /// One item of a list, whose dash stands at `indent`.
    fn statement(&mut self, indent: usize, statement: &Statement) {
        let place = statement.span.start;
        // `doc:` is the first key of the item; then the verb stands on the next line.
        let dash = |this: &mut Self| match &statement.doc {
            None => "- ",
            Some(doc) => {
                this.line(indent, &format!("- doc: {}", only_text(doc)));
                "  "
            }
        };
        if let Some(line) =
            inline(statement).filter(|l| indent + 2 + l.chars().count() <= WIDTH || is_simple(statement))
        {
            if statement.doc.is_some() {
                self.above_block(place, Kind::Statement, indent);
                let lead = dash(self);
                // A bare verb beside `doc:` is a key without a value.
                let colon = if line.contains(':') { "" } else { ":" };
                return self.line(indent, &format!("{lead}{line}{colon}"));
            }
            self.above(place, Kind::Statement, indent);
            return self.node(indent, &format!("- {line}"), place, Kind::Statement);
        }
        self.above_block(place, Kind::Statement, indent);
        let lead = dash(self);
        match &statement.kind {
            StatementKind::If(branch) => self.branch(indent, lead, branch),
            StatementKind::Switch { on, arms } => {
                self.line(indent, &format!("{lead}switch:"));
                self.line(indent + 4, &format!("on: {}", value(on, Reading::Word)));
                self.arms(indent + 4, arms, true, statement.span.end);
            }
            StatementKind::Split { settings, arms } => {
                self.line(indent, &format!("{lead}split:"));
                settings.iter().for_each(|s| self.line(indent + 4, &setting_line(s)));
                self.arms(indent + 4, arms, false, statement.span.end);
            }
            StatementKind::Action(action) => {
                self.line(indent, &format!("{lead}{}:", action.verb.value));
                parts(action).iter().for_each(|part| self.line(indent + 4, part));
                if let Some(arms) = &action.arms {
                    self.arms(indent + 4, arms, false, statement.span.end);
                }
            }
            // Never: the others are inline.
            StatementKind::Goto(_) | StatementKind::Set { .. } | StatementKind::Return { .. } => {}
        }
    }

    fn branch(&mut self, indent: usize, lead: &str, branch: &If) {
        self.line(indent, &format!("{lead}if: {}", value(&branch.condition, Reading::Word)));
        self.body(indent + 2, "then:", &branch.then);
        if let Some(otherwise) = &branch.otherwise {
            self.body(indent + 2, "else:", otherwise);
        }
    }

    fn body(&mut self, indent: usize, key: &str, body: &Body) {
        match body {
            Body::Goto(to) => self.line(indent, &format!("{key} {}", goto(to))),
            Body::Block(block) => self.list(indent, key, block),
        }
    }

    fn arms(&mut self, indent: usize, arms: &[Arm], switch: bool, end: u32) {
        if arms.is_empty() {
            self.line(indent, "outcomes: {}");
        } else {
            self.line(indent, "outcomes:");
        }
        // A map holds each key once; a list of maps holds any.
        let keys: Vec<String> = arms.iter().map(|arm| label_key(&arm.labels, switch)).collect();
        let listed = keys.iter().enumerate().any(|(at, key)| keys.iter().take(at).any(|k| k == key));
        let (lead, inner) = if listed { ("- ", indent + 6) } else { ("", indent + 4) };
        for (arm, key) in arms.iter().zip(keys) {
            let key = long_key(key, indent + 2 + lead.len());
            let place = arm.span.start;
            let inline = body_inline(&arm.body).filter(|_| arm.doc.is_none() && !self.remarks.within(arm.span));
            if let Some(body) = inline {
                self.above(place, Kind::Arm, indent + 2);
                self.node(indent + 2, &format!("{lead}{key}: {body}"), place, Kind::Arm);
                continue;
            }
            self.above_block(place, Kind::Arm, indent + 2);
            let head = format!("{lead}{key}:");
            match (&arm.doc, &arm.body) {
                (None, Body::Goto(to)) => self.line(indent + 2, &format!("{head} {}", goto(to))),
                (None, Body::Block(block)) => self.list_at(indent + 2, inner, &head, block),
                (Some(doc), body) => {
                    self.line(indent + 2, &head);
                    self.line(inner, &format!("doc: {}", only_text(doc)));
                    self.body(inner, "do:", body);
                }
            }
        }
        self.above(end, Kind::End, indent + 2);
    }
}

/// A key that YAML reads on one line with its value, or by itself behind `?`; then the `:` stands at `column`.
fn long_key(key: String, column: usize) -> String {
    if key.chars().count() > MAX_PLAIN_KEY { format!("? {key}\n{:column$}", "") } else { key }
}

/// Statements that are one line however long.
fn is_simple(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Goto(_) | StatementKind::Set { .. } | StatementKind::Return { .. } => true,
        StatementKind::Action(action) => short(action).is_some(),
        _ => false,
    }
}

/// The statement on one line, if it has neither arms nor bodies.
fn inline(statement: &Statement) -> Option<String> {
    match &statement.kind {
        StatementKind::Goto(to) => Some(format!("goto: {}", goto(to))),
        StatementKind::Set { name, value: v } => {
            Some(format!("set: {{{}: {}}}", word(&name.value), value(v, Reading::Text)))
        }
        StatementKind::Return { outcome, value: None } => Some(format!("return: {}", word(&outcome.value))),
        StatementKind::Return { outcome, value: Some(v) } => {
            Some(format!("return: {{{}: {}}}", word(&outcome.value), value(v, Reading::Word)))
        }
        StatementKind::Action(action) if action.arms.is_none() => Some(short(action).unwrap_or_else(|| {
            let parts: Yaml = parts(action).into_iter().collect();
            format!("{}: {}", action.verb.value, parts.map())
        })),
        _ => None,
    }
}

/// `answer`, `play: welcome`: a statement that is nothing but its subject.
fn short(action: &Action) -> Option<String> {
    if !action.settings.is_empty() || action.arms.is_some() {
        return None;
    }
    let verb = &action.verb.value;
    match &action.subject {
        Subject::None => Some(verb.clone()),
        Subject::Value(v) => {
            let scalar = value(v, reading(verb));
            // A map would be taken for the verb's own.
            (!scalar.starts_with('{')).then(|| format!("{verb}: {scalar}"))
        }
        Subject::Run { flow, args } if args.is_empty() => Some(format!("{verb}: {}", word(&flow.value))),
        Subject::Guard { policy, target: None } => Some(format!("{verb}: {}", word(&policy.value))),
        _ => None,
    }
}

fn reading(verb: &str) -> Reading {
    match shape::subject_of(verb) {
        Some(SubjectShape::Value(_, reading)) => reading,
        _ => Reading::Word,
    }
}

/// The keys of a verb's map, but for its arms.
fn parts(action: &Action) -> Vec<String> {
    let verb = &action.verb.value;
    let mut parts = Vec::new();
    match &action.subject {
        Subject::None => {}
        Subject::Value(v) => {
            if let Some(SubjectShape::Value(key, reading)) = shape::subject_of(verb) {
                parts.push(format!("{key}: {}", value(v, reading)));
            }
        }
        Subject::Transfer { mode, target: to } => {
            parts.extend(mode.iter().map(|m| format!("mode: {}", m.value)));
            parts.push(format!("to: {}", target(to)));
        }
        Subject::Ring { order, targets } => {
            parts.extend(order.iter().map(|o| format!("order: {}", o.value)));
            parts.push(format!("to: [{}]", targets.iter().map(target).collect::<Vec<_>>().join(", ")));
        }
        Subject::Run { flow, args: list } => {
            parts.push(format!("subflow: {}", word(&flow.value)));
            if !list.is_empty() {
                parts.push(format!("with: {}", args(list)));
            }
        }
        Subject::Guard { policy, target: to } => {
            parts.push(format!("policy: {}", word(&policy.value)));
            parts.extend(to.iter().map(|to| format!("to: {}", target(to))));
        }
        Subject::Pair { name, value: v } => parts.push(pair(&name.value, v)),
    }
    parts.extend(action.settings.iter().map(|s: &Setting| setting_line(s)));
    parts
}

fn pair(name: &str, v: &Value) -> String {
    format!("{}: {}", word(name), value(v, Reading::Text))
}

fn target(target: &Target) -> String {
    let kind = &target.kind.value;
    format!("{{{kind}: {}}}", value(&target.value, shape::reading_of_target(kind)))
}
