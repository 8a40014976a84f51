//! Trees that no person would write: any valid tree, made from a list of choices.
//!
//! Choices that are shorter and smaller make smaller trees, so a failing one shrinks well.

#![expect(clippy::indexing_slicing, reason = "an index below the length")]

use strowger::base::span::{Span, Spanned};
use strowger::base::value::Type;
use strowger::syntax::ast::*;
use strowger::syntax::shape::{self, SubjectShape};

pub struct Choices<'a> {
    left: &'a [u32],
    names: usize,
}

const WORDS: &[&str] =
    &["a", "b1", "_x", "null", "yes", "on", "hold", "voicemail", "step", "default", "true_x", "company"];
const CODE: &[&str] = &[
    "x",
    "caller.number in vip",
    "a == \"}\"",
    "#{a: 1, b: [2]}.a",
    "f(x, \"# no: comment\") && !y",
    " n + 1 ",
    "a >= b || c != \"\\\"\"",
    "(x)",
];
const BITS: &[&str] = &[
    "hello", " ", "\"", "\\", "$", "{", "}", "(", ")", "\n", "\n\n", "\t", ": ", " #", ",", "[", "é", "中", "-", "*",
    "&", "!", "|", "%", "@", "`", "'", "null", "true", "5", "5s", "30%", "~", "say", "x.y", "//", "/*", "\u{2028}",
    "=", "?", "<<", "---", "\u{a0}",
];

impl<'a> Choices<'a> {
    pub fn new(left: &'a [u32]) -> Self {
        Self { left, names: 0 }
    }

    /// A number below `n`; zero when the choices have run out.
    fn below(&mut self, n: usize) -> usize {
        let Some((first, rest)) = self.left.split_first() else { return 0 };
        self.left = rest;
        *first as usize % n
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == one_in - 1
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn many<T>(&mut self, most: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| make(self)).collect()
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(2).then(|| make(self))
    }

    fn word(&mut self) -> Name {
        at(self.of(WORDS).to_owned())
    }

    fn qualified(&mut self) -> Name {
        let word = self.word();
        if self.chance(4) { at(format!("bank.{}", word.value)) } else { word }
    }

    /// A name that no other node of this file has.
    fn fresh(&mut self) -> Name {
        self.names += 1;
        at(format!("{}{}", self.of(WORDS), self.names))
    }

    fn doc(&mut self) -> Option<String> {
        if !self.chance(4) {
            return None;
        }
        let lines = self
            .many(2, |c| c.of(&["text", "", "  two blanks", "with \"quotes\": and # more", "/ slash", "5", "null"]));
        Some(lines.join("\n").trim_end().to_owned())
    }

    fn text(&mut self) -> Text {
        let mut pieces: Vec<Piece> = Vec::new();
        for _ in 0..self.below(5) {
            if self.chance(5) {
                pieces.push(Piece::Hole(at(self.of(CODE).to_owned())));
                continue;
            }
            let bit = self.of(BITS);
            match pieces.last_mut() {
                Some(Piece::Literal(literal)) => literal.push_str(bit),
                _ => pieces.push(Piece::Literal(bit.to_owned())),
            }
        }
        if self.chance(12) {
            pieces.insert(0, Piece::Hole(at("caller.name".to_owned())));
            pieces.push(Piece::Hole(at("caller.name".to_owned())));
            pieces.push(Piece::Literal(" a long text of many words".repeat(8)));
        }
        Text { pieces }
    }

    fn value(&mut self, depth: usize) -> Value {
        at(match self.below(if depth > 1 { 8 } else { 9 }) {
            0 => ValueKind::Name(self.qualified().value),
            1 => ValueKind::Text(self.text()),
            2 => ValueKind::Expr(self.of(CODE).to_owned()),
            3 => ValueKind::Duration(self.of(&[0, 1, 999, 20_000, 90_000, 86_400_000, 3_600_500, u64::MAX])),
            4 => ValueKind::Number(Decimal(self.of(&["0", "3", "-1", "0.5", "007"]).to_owned())),
            5 => ValueKind::Bool(self.chance(2)),
            6 => ValueKind::Percent(Decimal(self.of(&["30", "12.5"]).to_owned())),
            7 => ValueKind::Spoken(self.text()),
            _ => ValueKind::List(self.many(3, |c| c.value(depth + 1))),
        })
    }

    fn expr(&mut self) -> Value {
        at(ValueKind::Expr(self.of(CODE).to_owned()))
    }

    fn args(&mut self) -> Vec<Arg> {
        self.many(2, |c| Arg { name: c.fresh(), value: c.value(0) })
    }

    fn goto(&mut self) -> Goto {
        let target = match self.below(4) {
            0 => GotoTarget::Next,
            1 => GotoTarget::Flow { name: self.qualified(), args: self.args() },
            _ => GotoTarget::Step(self.word()),
        };
        Goto { target, span: Span::default() }
    }

    fn target(&mut self) -> Target {
        Target { kind: at(self.of(shape::TARGET_KINDS).to_owned()), value: self.value(0), span: Span::default() }
    }

    fn settings(&mut self, verb: &str, taken: &str) -> Vec<Setting> {
        let mut settings: Vec<Setting> = Vec::new();
        for _ in 0..self.below(4) {
            let key = self.of(shape::SETTINGS);
            let used = key == taken || shape::is_own_key(verb, key) || settings.iter().any(|s| s.key.value == key);
            if !used {
                let value = if key == "ring" { at(ValueKind::Duration(25_000)) } else { self.value(0) };
                settings.push(Setting { key: at(key.to_owned()), value });
            }
        }
        settings
    }

    fn label(&mut self, switch: bool, n: usize) -> Label {
        let binding = self.chance(4).then(|| self.word());
        let text = |c: &mut Self| format!("{}{n}", c.of(BITS));
        let (kind, binding) = match self.below(6) {
            0 if switch => (LabelKind::Text(text(self)), None),
            0 => (LabelKind::Outcome(self.fresh().value), binding),
            1 => (LabelKind::Keys(self.of(&["1", "*", "#", "10x", "0"]).to_owned() + n.to_string().as_str()), binding),
            2 => (LabelKind::Text(text(self)), None),
            3 => (LabelKind::Percent(Decimal(format!("{n}.5"))), None),
            4 => (LabelKind::Every(1_000 * n as u64), None),
            _ => (LabelKind::After(60_000 + n as u64), None),
        };
        Label { kind, binding, span: Span::default() }
    }

    fn arms(&mut self, switch: bool, depth: usize) -> Vec<Arm> {
        let mut n = 0;
        self.many(3, |c| {
            let labels = (0..=c.below(2)).map(|_| {
                n += 1;
                c.label(switch, n)
            });
            let labels = labels.collect();
            Arm { doc: c.doc(), labels, body: c.body(depth), span: Span::default() }
        })
    }

    fn body(&mut self, depth: usize) -> Body {
        if depth > 2 || self.chance(2) { Body::Goto(self.goto()) } else { Body::Block(self.block(depth + 1)) }
    }

    fn block(&mut self, depth: usize) -> Block {
        Block { statements: self.many(3, |c| c.statement(depth)), span: Span::default() }
    }

    fn branch(&mut self, depth: usize) -> If {
        let otherwise = match self.below(3) {
            0 => None,
            1 => Some(self.body(depth)),
            _ if depth > 2 => None,
            _ => {
                let kind = StatementKind::If(self.branch(depth + 1));
                let statement = Statement { doc: self.doc(), kind, span: Span::default() };
                Some(Body::Block(Block { statements: vec![statement], span: Span::default() }))
            }
        };
        If { condition: self.expr(), then: self.body(depth), otherwise }
    }

    fn statement(&mut self, depth: usize) -> Statement {
        let kind = match self.below(9) {
            0 => StatementKind::Goto(self.goto()),
            1 => StatementKind::If(self.branch(depth)),
            2 => StatementKind::Switch { on: self.expr(), arms: self.arms(true, depth) },
            3 => StatementKind::Split { settings: self.settings("split", ""), arms: self.arms(false, depth) },
            4 => StatementKind::Set { name: self.word(), value: self.value(0) },
            5 => StatementKind::Return { outcome: self.word(), value: self.maybe(Self::expr) },
            _ => StatementKind::Action(self.action(depth)),
        };
        Statement { doc: self.doc(), kind, span: Span::default() }
    }

    fn action(&mut self, depth: usize) -> Action {
        let (verb, shape) = self.of(shape::VERBS);
        let mut taken = String::new();
        let subject = match shape {
            SubjectShape::None => Subject::None,
            SubjectShape::Value(..) => Subject::Value(self.value(0)),
            SubjectShape::Transfer => {
                Subject::Transfer { mode: self.maybe(|c| at(c.of(shape::MODES).to_owned())), target: self.target() }
            }
            SubjectShape::Ring => {
                let order = self.maybe(|c| at(c.of(shape::ORDERS).to_owned()));
                let mut targets = vec![self.target()];
                targets.extend(self.many(2, Self::target));
                Subject::Ring { order, targets }
            }
            SubjectShape::Run => Subject::Run { flow: self.qualified(), args: self.args() },
            SubjectShape::Guard => Subject::Guard { policy: self.qualified(), target: self.maybe(Self::target) },
            SubjectShape::Pair => {
                let name = self.word();
                taken.clone_from(&name.value);
                Subject::Pair { name, value: self.value(0) }
            }
        };
        let settings = self.settings(verb, &taken);
        let arms = self.maybe(|c| c.arms(false, depth));
        Action { verb: at(verb.to_owned()), subject, settings, arms }
    }

    fn type_name(&mut self) -> Name {
        at(self.of(&Type::ALL).name().to_owned())
    }

    fn constant(&mut self, documented: bool) -> Constant {
        let doc = if documented { self.doc() } else { None };
        Constant { doc, name: self.fresh(), value: self.value(0) }
    }

    /// A head in its written order, which every reader of a file puts it in.
    fn header(&mut self) -> Vec<Header> {
        let mut header = Vec::new();
        for key in shape::HEADER_SETTINGS {
            if self.chance(4) {
                header.push(Header::Setting(Setting { key: at((*key).to_owned()), value: self.value(0) }));
            }
        }
        header.extend(self.many(2, |c| Header::Guard(c.fresh())));
        header.extend(self.maybe(|c| Header::Failed(c.goto())));
        let (verb, _) = self.of(shape::VERBS);
        let settings = self.settings(verb, "");
        if !settings.is_empty() {
            header.push(Header::Default { verb: at(verb.to_owned()), settings });
        }
        header.extend(self.many(2, |c| Header::Constant(c.constant(false))));
        header.extend(self.many(2, |c| Header::Variable {
            name: c.fresh(),
            type_name: c.maybe(Self::type_name),
            value: c.maybe(|c| c.value(0)),
        }));
        header
    }

    fn flow(&mut self) -> Flow {
        let results = self.maybe(|c| {
            let mut results = vec![ResultDecl { name: c.fresh(), value: None }];
            results.extend(self::Choices::many(c, 2, |c| ResultDecl {
                name: c.fresh(),
                value: c.maybe(|c| (c.word(), c.type_name())),
            }));
            results
        });
        let mut steps = vec![self.step()];
        steps.extend(self.many(2, Self::step));
        Flow {
            doc: self.doc(),
            name: self.fresh(),
            params: self.many(2, |c| Param {
                name: c.fresh(),
                type_name: c.type_name(),
                default: c.maybe(|c| c.value(0)),
            }),
            results,
            header: self.header(),
            steps,
            span: Span::default(),
        }
    }

    fn step(&mut self) -> Step {
        Step {
            doc: self.doc(),
            name: self.fresh(),
            visits: self.maybe(|c| (at(c.of(&[0, 3, u32::MAX])), c.goto())),
            body: self.block(1),
            span: Span::default(),
        }
    }

    pub fn file(&mut self) -> File {
        let mut items = vec![Item::Flow(self.flow())];
        items.extend(self.many(3, |c| match c.below(2) {
            0 => Item::Constant(c.constant(true)),
            _ => Item::Flow(c.flow()),
        }));
        File { items }
    }
}

fn at<T>(value: T) -> Spanned<T> {
    Spanned::new(value, Span::default())
}
