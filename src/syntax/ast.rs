//! The one syntax tree of both spellings, `.flow` and `.flow.yaml`.
//!
//! It knows shapes, not settings: which verbs, settings and outcomes exist is the statement
//! registry's business (`step`). Equality ignores places, so a round trip is `==`.

use crate::base::span::{Span, Spanned};

pub type Name = Spanned<String>;

/// One source file.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct File {
    pub items: Vec<Item>,
}

impl File {
    /// Whether a place is within a flow or a constant: what is wrong elsewhere may be a whole flow.
    pub fn covers(&self, place: Span) -> bool {
        self.items.iter().any(|item| {
            let span = match item {
                Item::Flow(flow) => flow.span,
                Item::Constant(constant) => constant.name.span.to(constant.value.span),
            };
            span.file == place.file && span.start <= place.start && place.end <= span.end
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Flow(Flow),
    Constant(Constant),
}

/// A flow, or a subflow when `results` is some.
#[derive(Clone, Debug)]
pub struct Flow {
    /// `///` text without the slashes, lines joined by `\n`.
    pub doc: Option<String>,
    pub name: Name,
    pub params: Vec<Param>,
    /// The declared outcomes of a subflow.
    pub results: Option<Vec<ResultDecl>>,
    pub header: Vec<Header>,
    pub steps: Vec<Step>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    pub name: Name,
    pub type_name: Name,
    pub default: Option<Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ResultDecl {
    pub name: Name,
    /// `ok(account: digits)` carries a value.
    pub value: Option<(Name, Name)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    pub doc: Option<String>,
    pub name: Name,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Header {
    Constant(Constant),
    Variable {
        name: Name,
        type_name: Option<Name>,
        value: Option<Value>,
    },
    /// `default menu timeout 5s`
    Default {
        verb: Name,
        settings: Vec<Setting>,
    },
    /// `guard standard`
    Guard(Name),
    /// `failed -> sorry`
    Failed(Goto),
    /// `owner "voice-team"`
    Setting(Setting),
}

#[derive(Clone, Debug)]
pub struct Step {
    pub doc: Option<String>,
    pub name: Name,
    /// `visits 3 otherwise -> reception`
    pub visits: Option<(Spanned<u32>, Goto)>,
    pub body: Block,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Block {
    pub statements: Vec<Statement>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Statement {
    pub doc: Option<String>,
    pub kind: StatementKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    Goto(Goto),
    If(If),
    /// `switch (tier) { .. }`
    Switch {
        on: Value,
        arms: Vec<Arm>,
    },
    Split {
        settings: Vec<Setting>,
        arms: Vec<Arm>,
    },
    Set {
        name: Name,
        value: Value,
    },
    Return {
        outcome: Name,
        value: Option<Value>,
    },
    Action(Action),
}

/// `-> choose`, `-> next`, `-> flow b(x: 1)`
#[derive(Clone, Debug)]
pub struct Goto {
    pub target: GotoTarget,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum GotoTarget {
    /// Goes on after this statement.
    Next,
    Step(Name),
    Flow {
        name: Name,
        args: Vec<Arg>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct If {
    pub condition: Value,
    pub then: Body,
    pub otherwise: Option<Body>,
}

/// What an arm or branch does: an arrow or a block. `else if` is a block of one `if`.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Goto(Goto),
    Block(Block),
}

/// Any verb with a subject, settings and arms.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// `play`, `transfer`, `menu`, `guard` ...
    pub verb: Name,
    pub subject: Subject,
    pub settings: Vec<Setting>,
    /// `None` where the statement was written without braces.
    pub arms: Option<Vec<Arm>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// `answer`
    None,
    /// `play "welcome"`, `collect pin`, `enqueue sales`
    Value(Value),
    /// `transfer blind to number "+44"`; `mode` is absent where none was written.
    Transfer { mode: Option<Name>, target: Target },
    /// `ring in_turn user a, user b`
    Ring { order: Option<Name>, targets: Vec<Target> },
    /// `run verify_pin(tries: 3)`
    Run { flow: Name, args: Vec<Arg> },
    /// `guard standard`, `guard standard to number (n)`
    Guard { policy: Name, target: Option<Target> },
    /// `tag reason "vip"`, `http get "https://.."`
    Pair { name: Name, value: Value },
}

#[derive(Clone, Debug)]
pub struct Target {
    /// `user`, `number`, `queue` ...
    pub kind: Name,
    pub value: Value,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    pub name: Name,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub key: Name,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub struct Arm {
    pub doc: Option<String>,
    pub labels: Vec<Label>,
    pub body: Body,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Label {
    pub kind: LabelKind,
    /// `denied(reason)`: the name bound in the arm's block.
    pub binding: Option<Name>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum LabelKind {
    /// `busy`, `otherwise`, `open`
    Outcome(String),
    /// `1`, `*`, `10xx`: always text
    Keys(String),
    /// `"gold"` in a `switch`
    Text(String),
    /// `30%`
    Percent(Decimal),
    /// `every 45s`, in milliseconds
    Every(u64),
    /// `after 2m`, in milliseconds
    After(u64),
}

/// A number as it was written, so that both forms print it unchanged: `3`, `-1`, `0.5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal(pub String);

/// A value with its place.
pub type Value = Spanned<ValueKind>;

#[derive(Clone, Debug, PartialEq)]
pub enum ValueKind {
    /// `"..."` or `"""..."""`: pieces with escapes resolved
    Text(Text),
    /// `say "..."` where a prompt is wanted
    Spoken(Text),
    /// `(caller.number in vip)`: the source between the outer parentheses
    Expr(String),
    List(Vec<Value>),
    /// In milliseconds
    Duration(u64),
    Percent(Decimal),
    Number(Decimal),
    Bool(bool),
    /// A bare word: a queue, a user, `company`
    Name(String),
}

/// A double-quoted text: a template.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Text {
    pub pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Literal(String),
    /// `${expression}`: the source between the braces and where it stands
    Hole(Spanned<String>),
}

impl Text {
    pub fn literal(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::default() } else { Self { pieces: vec![Piece::Literal(text)] } }
    }

    /// The text, if it has no holes.
    pub fn as_literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Literal(s)] => Some(s),
            _ => None,
        }
    }
}

/// Equality that ignores the place: every field but `span`.
macro_rules! equal_but_for_place {
    ($($type:ident { $($field:ident),* })*) => {
        $(impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                // Naming every field makes a new one an error here.
                let $type { $($field,)* span: _ } = self;
                $(*$field == other.$field)&&*
            }
        })*
    };
}

equal_but_for_place! {
    Flow { doc, name, params, results, header, steps }
    Step { doc, name, visits, body }
    Block { statements }
    Statement { doc, kind }
    Goto { target }
    Target { kind, value }
    Arm { doc, labels, body }
    Label { kind, binding }
}
