//! Statements, blocks and arms.

use pest::iterators::Pair;

use crate::base::span::{Span, Spanned};
use crate::syntax::ast::{
    Action, Arm, Block, Body, Decimal, If, Label, LabelKind, Name, Statement, StatementKind, Subject, Target,
};
use crate::syntax::parse::Rule;
use crate::syntax::text;

use super::{Reader, doc_text};

impl Reader<'_> {
    pub(super) fn block(&mut self, pair: Pair<'_, Rule>) -> Block {
        let span = self.span(&pair);
        let statements = pair.into_inner().map(|p| self.statement(p)).collect();
        Block { statements, span }
    }

    fn statement(&mut self, pair: Pair<'_, Rule>) -> Statement {
        let mut docs = Vec::new();
        let mut span = self.span(&pair);
        let mut kind = None;
        for part in pair.into_inner() {
            if part.as_rule() == Rule::doc {
                docs.push(part);
            } else {
                span = self.span(&part);
                kind = Some(self.statement_kind(part));
            }
        }
        let kind = kind.unwrap_or_else(|| StatementKind::Return { outcome: self.no_name(), value: None });
        Statement { doc: doc_text(&docs), kind, span }
    }

    fn statement_kind(&mut self, pair: Pair<'_, Rule>) -> StatementKind {
        match pair.as_rule() {
            Rule::goto => StatementKind::Goto(self.goto(pair)),
            Rule::branch => StatementKind::If(self.branch(pair)),
            Rule::switch => {
                let (mut on, mut arms) = (None, Vec::new());
                for part in pair.into_inner() {
                    match part.as_rule() {
                        Rule::expr => on = Some(self.value(part)),
                        Rule::arms => arms = self.arms(part),
                        _ => {}
                    }
                }
                StatementKind::Switch { on: on.unwrap_or_else(|| self.no_value()), arms }
            }
            Rule::split => {
                let (mut settings, mut arms) = (Vec::new(), Vec::new());
                for part in pair.into_inner() {
                    match part.as_rule() {
                        Rule::setting => settings.push(self.setting(part)),
                        Rule::arms => arms = self.arms(part),
                        _ => {}
                    }
                }
                StatementKind::Split { settings, arms }
            }
            Rule::assign => {
                let (name, value) = self.name_and_value(pair);
                StatementKind::Set { name, value }
            }
            Rule::give => {
                let (mut outcome, mut value) = (None, None);
                for part in pair.into_inner() {
                    match part.as_rule() {
                        Rule::name => outcome = Some(self.word(&part)),
                        Rule::expr => value = Some(self.value(part)),
                        _ => {}
                    }
                }
                StatementKind::Return { outcome: outcome.unwrap_or_else(|| self.no_name()), value }
            }
            _ => StatementKind::Action(self.action(pair)),
        }
    }

    fn branch(&mut self, pair: Pair<'_, Rule>) -> If {
        let (mut condition, mut bodies) = (None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::expr => condition = Some(self.value(part)),
                Rule::body => bodies.push(self.body(part)),
                Rule::branch => {
                    let span = self.span(&part);
                    let kind = StatementKind::If(self.branch(part));
                    bodies.push(Body::Block(Block { statements: vec![Statement { doc: None, kind, span }], span }));
                }
                _ => {}
            }
        }
        let mut bodies = bodies.into_iter();
        let condition = condition.unwrap_or_else(|| self.no_value());
        let then = bodies.next().unwrap_or(Body::Block(Block { statements: Vec::new(), span: condition.span }));
        If { condition, then, otherwise: bodies.next() }
    }

    fn action(&mut self, pair: Pair<'_, Rule>) -> Action {
        let (mut head, mut settings, mut arms) = (None, Vec::new(), None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::head => head = part.into_inner().next().map(|p| self.subject(p)),
                Rule::setting => settings.push(self.setting(part)),
                Rule::arms => arms = Some(self.arms(part)),
                _ => {}
            }
        }
        let (verb, subject) = head.unwrap_or_else(|| (self.no_name(), Subject::None));
        Action { verb, subject, settings, arms }
    }

    fn subject(&mut self, pair: Pair<'_, Rule>) -> (Name, Subject) {
        let rule = pair.as_rule();
        if rule == Rule::bare {
            return (self.word(&pair), Subject::None);
        }
        let mut verb = self.no_name();
        let (mut word, mut value, mut args): (Option<Name>, _, _) = (None, None, Vec::new());
        let mut targets: Vec<Target> = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::one | Rule::pair_verb | Rule::k_transfer | Rule::k_ring | Rule::k_run | Rule::k_guard => {
                    verb = self.word(&part)
                }
                Rule::mode | Rule::order | Rule::qualified | Rule::name => word = Some(self.word(&part)),
                Rule::args => args = self.args(part),
                Rule::target => targets.push(self.target(part)),
                Rule::value => value = Some(self.value(part)),
                _ => {}
            }
        }
        let name = |word: Option<Name>, this: &Self| word.unwrap_or_else(|| this.no_name());
        let value = value.unwrap_or_else(|| self.no_value());
        let subject = match rule {
            Rule::transfer => {
                let target = targets.pop().unwrap_or_else(|| Target {
                    kind: self.no_name(),
                    value: self.no_value(),
                    span: verb.span,
                });
                Subject::Transfer { mode: word, target }
            }
            Rule::ring => Subject::Ring { order: word, targets },
            Rule::run => Subject::Run { flow: name(word, self), args },
            Rule::ask => Subject::Guard { policy: name(word, self), target: targets.pop() },
            Rule::pair => Subject::Pair { name: name(word, self), value },
            _ => Subject::Value(value),
        };
        (verb, subject)
    }

    fn arms(&mut self, pair: Pair<'_, Rule>) -> Vec<Arm> {
        let mut out = Vec::new();
        for arm in pair.into_inner() {
            let mut span = self.span(&arm);
            let (mut docs, mut labels, mut body) = (Vec::new(), Vec::new(), None);
            for part in arm.into_inner() {
                match part.as_rule() {
                    Rule::doc => docs.push(part),
                    Rule::label => labels.extend(part.into_inner().next().and_then(|p| self.label(p))),
                    Rule::body => body = Some(self.body(part)),
                    _ => {}
                }
            }
            span.start = labels.first().map_or(span.start, |l| l.span.start);
            let body = body.unwrap_or(Body::Block(Block { statements: Vec::new(), span }));
            out.push(Arm { doc: doc_text(&docs), labels, body, span });
        }
        out
    }

    fn body(&mut self, pair: Pair<'_, Rule>) -> Body {
        let span = self.span(&pair);
        match pair.into_inner().next() {
            Some(part) if part.as_rule() == Rule::goto => Body::Goto(self.goto(part)),
            Some(part) => Body::Block(self.block(part)),
            None => Body::Block(Block { statements: Vec::new(), span }),
        }
    }

    fn label(&mut self, pair: Pair<'_, Rule>) -> Option<Label> {
        let span = self.span(&pair);
        let source = pair.as_str();
        let (kind, binding) = match pair.as_rule() {
            Rule::timed => {
                let every = source.starts_with("every");
                let duration = pair.into_inner().find(|p| p.as_rule() == Rule::duration)?;
                let ms = self.milliseconds(&duration);
                (if every { LabelKind::Every(ms) } else { LabelKind::After(ms) }, None)
            }
            Rule::percent => (LabelKind::Percent(Decimal(source.trim_end_matches('%').to_owned())), None),
            Rule::keys => {
                let (keys, bound) = source.split_once('(').map_or((source, None), |(k, b)| (k, Some(b)));
                let binding = bound.map(|name| {
                    let name = name.trim_end_matches(')');
                    let start = self.base + pair.as_span().start() + keys.len() + 1;
                    Spanned::new(name.to_owned(), Span::new(self.file, start, start + name.len()))
                });
                (LabelKind::Keys(keys.to_owned()), binding)
            }
            Rule::string => {
                let text = text::from_flow(source, span);
                let literal = text.as_literal().map(str::to_owned).unwrap_or_else(|| {
                    self.found.push(
                        crate::base::diagnostic::Diagnostic::error("flow-syntax", span, "a label cannot hold `${ }`")
                            .help("use `if` to compare with an expression"),
                    );
                    source.to_owned()
                });
                (LabelKind::Text(literal), None)
            }
            _ => {
                let mut names = pair.into_inner();
                let name = names.next()?.as_str().to_owned();
                (LabelKind::Outcome(name), names.next().map(|p| self.word(&p)))
            }
        };
        Some(Label { kind, binding, span })
    }
}
