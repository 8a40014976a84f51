//! `set`: changes a variable. The flow graph has an op for it, so it asks nothing of the call.

use super::decl::{Decl, Effects, Needs, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "set",
    summary: "Sets a variable.",
    docs: "The variable is declared in the flow's header with a type or a first value. Literals need no \
           parentheses: `set tier = \"gold\"`. An expression that fails takes the flow's `failed`.",
    example: "flow main { var n = 0  step start { set n = (n + 1)  tag tries (n)  hangup } }",
    subject: Subject::Shape,
    settings: &[],
    outcomes: &[],
    needs: Needs::Nothing,
    effects: Effects::NONE,
    work: Work::Control,
};
