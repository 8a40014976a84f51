//! Walks a syntax tree and changes it in place. Every place of a tree can be numbered anew, so that
//! findings of two trees can be compared place by place.

use strowger::base::span::{FileId, Span};
use strowger::syntax::ast::*;

/// What a visitor may look at; whatever it does not name stays as it is.
pub trait Visitor {
    fn span(&mut self, _: &mut Span) {}
    /// Before its statements are visited.
    fn block(&mut self, _: &mut Block) {}
    fn header(&mut self, _: &mut Vec<Header>) {}
    fn step(&mut self, _: &mut Step) {}
    fn statement(&mut self, _: &mut Statement) {}
    fn goto(&mut self, _: &mut Goto) {}
    fn arm(&mut self, _: &mut Arm) {}
    fn value(&mut self, _: &mut Value) {}
    /// The source of an expression or of a hole in a text.
    fn code(&mut self, _: &mut String) {}
}

pub fn file(tree: &mut File, v: &mut dyn Visitor) {
    for item in &mut tree.items {
        match item {
            Item::Flow(one) => flow(one, v),
            Item::Constant(one) => constant(one, v),
        }
    }
}

pub fn flow(flow: &mut Flow, v: &mut dyn Visitor) {
    v.span(&mut flow.span);
    v.span(&mut flow.name.span);
    for param in &mut flow.params {
        v.span(&mut param.name.span);
        v.span(&mut param.type_name.span);
        param.default.iter_mut().for_each(|d| value(d, v));
    }
    for result in flow.results.iter_mut().flatten() {
        v.span(&mut result.name.span);
        if let Some((name, ty)) = &mut result.value {
            v.span(&mut name.span);
            v.span(&mut ty.span);
        }
    }
    v.header(&mut flow.header);
    flow.header.iter_mut().for_each(|h| header(h, v));
    flow.steps.iter_mut().for_each(|s| step(s, v));
}

pub fn step(step: &mut Step, v: &mut dyn Visitor) {
    v.step(step);
    v.span(&mut step.span);
    v.span(&mut step.name.span);
    if let Some((count, to)) = &mut step.visits {
        v.span(&mut count.span);
        goto(to, v);
    }
    block(&mut step.body, v);
}

fn header(header: &mut Header, v: &mut dyn Visitor) {
    match header {
        Header::Constant(one) => constant(one, v),
        Header::Variable { name, type_name, value: first } => {
            v.span(&mut name.span);
            type_name.iter_mut().for_each(|t| v.span(&mut t.span));
            first.iter_mut().for_each(|f| value(f, v));
        }
        Header::Default { verb, settings } => {
            v.span(&mut verb.span);
            settings.iter_mut().for_each(|s| setting(s, v));
        }
        Header::Guard(name) => v.span(&mut name.span),
        Header::Failed(to) => goto(to, v),
        Header::Setting(one) => setting(one, v),
    }
}

fn constant(constant: &mut Constant, v: &mut dyn Visitor) {
    v.span(&mut constant.name.span);
    value(&mut constant.value, v);
}

fn setting(setting: &mut Setting, v: &mut dyn Visitor) {
    v.span(&mut setting.key.span);
    value(&mut setting.value, v);
}

fn block(block: &mut Block, v: &mut dyn Visitor) {
    v.block(block);
    v.span(&mut block.span);
    block.statements.iter_mut().for_each(|s| statement(s, v));
}

fn statement(statement: &mut Statement, v: &mut dyn Visitor) {
    v.statement(statement);
    v.span(&mut statement.span);
    match &mut statement.kind {
        StatementKind::Goto(to) => goto(to, v),
        StatementKind::If(branch) => {
            value(&mut branch.condition, v);
            body(&mut branch.then, v);
            branch.otherwise.iter_mut().for_each(|b| body(b, v));
        }
        StatementKind::Switch { on, arms } => {
            value(on, v);
            arms.iter_mut().for_each(|a| arm(a, v));
        }
        StatementKind::Split { settings, arms } => {
            settings.iter_mut().for_each(|s| setting(s, v));
            arms.iter_mut().for_each(|a| arm(a, v));
        }
        StatementKind::Set { name, value: to } => {
            v.span(&mut name.span);
            value(to, v);
        }
        StatementKind::Return { outcome, value: with } => {
            v.span(&mut outcome.span);
            with.iter_mut().for_each(|w| value(w, v));
        }
        StatementKind::Action(one) => action(one, v),
    }
}

fn action(action: &mut Action, v: &mut dyn Visitor) {
    v.span(&mut action.verb.span);
    match &mut action.subject {
        Subject::None => {}
        Subject::Value(one) => value(one, v),
        Subject::Transfer { mode, target: to } => {
            mode.iter_mut().for_each(|m| v.span(&mut m.span));
            target(to, v);
        }
        Subject::Ring { order, targets } => {
            order.iter_mut().for_each(|o| v.span(&mut o.span));
            targets.iter_mut().for_each(|t| target(t, v));
        }
        Subject::Run { flow, args } => {
            v.span(&mut flow.span);
            args.iter_mut().for_each(|a| arg(a, v));
        }
        Subject::Guard { policy, target: to } => {
            v.span(&mut policy.span);
            to.iter_mut().for_each(|t| target(t, v));
        }
        Subject::Pair { name, value: one } => {
            v.span(&mut name.span);
            value(one, v);
        }
    }
    action.settings.iter_mut().for_each(|s| setting(s, v));
    action.arms.iter_mut().flatten().for_each(|a| arm(a, v));
}

fn target(target: &mut Target, v: &mut dyn Visitor) {
    v.span(&mut target.span);
    v.span(&mut target.kind.span);
    value(&mut target.value, v);
}

fn arg(arg: &mut Arg, v: &mut dyn Visitor) {
    v.span(&mut arg.name.span);
    value(&mut arg.value, v);
}

fn arm(arm: &mut Arm, v: &mut dyn Visitor) {
    v.arm(arm);
    v.span(&mut arm.span);
    for label in &mut arm.labels {
        v.span(&mut label.span);
        label.binding.iter_mut().for_each(|b| v.span(&mut b.span));
    }
    body(&mut arm.body, v);
}

fn body(body: &mut Body, v: &mut dyn Visitor) {
    match body {
        Body::Goto(to) => goto(to, v),
        Body::Block(one) => block(one, v),
    }
}

fn goto(goto: &mut Goto, v: &mut dyn Visitor) {
    v.goto(goto);
    v.span(&mut goto.span);
    match &mut goto.target {
        GotoTarget::Next => {}
        GotoTarget::Step(name) => v.span(&mut name.span),
        GotoTarget::Flow { name, args } => {
            v.span(&mut name.span);
            args.iter_mut().for_each(|a| arg(a, v));
        }
    }
}

fn value(value: &mut Value, v: &mut dyn Visitor) {
    v.value(value);
    v.span(&mut value.span);
    match &mut value.value {
        ValueKind::Text(text) | ValueKind::Spoken(text) => {
            for piece in &mut text.pieces {
                if let Piece::Hole(code) = piece {
                    v.span(&mut code.span);
                    v.code(&mut code.value);
                }
            }
        }
        ValueKind::Expr(code) => v.code(code),
        ValueKind::List(list) => list.iter_mut().for_each(|one| self::value(one, v)),
        _ => {}
    }
}

/// The width of a numbered place: findings inside an expression stand this much after its begin at
/// most.
const WIDTH: usize = 1_000;

/// Numbers every place of a tree in its order, from `first` on; gives the next free number.
pub fn number(tree: &mut File, first: usize) -> usize {
    struct Number(usize);
    impl Visitor for Number {
        fn span(&mut self, span: &mut Span) {
            *span = Span::new(FileId(0), self.0 * WIDTH, (self.0 + 1) * WIDTH - 1);
            self.0 += 1;
        }
    }
    let mut next = Number(first);
    file(tree, &mut next);
    next.0
}

/// The number of the place that a span begins in.
pub fn place(span: Span) -> usize {
    span.start as usize / WIDTH
}

/// Calls a function with each node of one kind.
macro_rules! each {
    ($($(#[$doc:meta])* $name:ident $method:ident $type:ty;)*) => {
        $($(#[$doc])*
        pub fn $name(tree: &mut File, f: &mut dyn FnMut(&mut $type)) {
            struct Each<'a>(&'a mut dyn FnMut(&mut $type));
            impl Visitor for Each<'_> {
                fn $method(&mut self, node: &mut $type) {
                    (self.0)(node);
                }
            }
            file(tree, &mut Each(f));
        })*
    };
}

each! {
    each_block block Block;
    each_header header Vec<Header>;
    each_step step Step;
    each_statement statement Statement;
    each_goto goto Goto;
    each_arm arm Arm;
    /// The sources of expressions and holes.
    each_code code String;
}

/// The blocks of one step.
pub fn each_block_of(one: &mut Step, f: &mut dyn FnMut(&mut Block)) {
    struct Each<'a>(&'a mut dyn FnMut(&mut Block));
    impl Visitor for Each<'_> {
        fn block(&mut self, block: &mut Block) {
            (self.0)(block);
        }
    }
    step(one, &mut Each(f));
}

/// Each verb with a subject, settings and arms.
pub fn each_action(tree: &mut File, f: &mut dyn FnMut(&mut Action)) {
    each_statement(tree, &mut |statement| {
        if let StatementKind::Action(action) = &mut statement.kind {
            f(action);
        }
    });
}

pub fn flows(tree: &mut File) -> impl Iterator<Item = &mut Flow> {
    tree.items.iter_mut().filter_map(|item| match item {
        Item::Flow(flow) => Some(flow),
        Item::Constant(_) => None,
    })
}
