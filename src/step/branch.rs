//! `if`: one way or the other. The flow graph has an op for it, so it asks nothing of the call.

use super::decl::{Decl, Effects, Needs, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "if",
    summary: "Goes one way or the other.",
    docs: "The condition is an expression that is `true` or `false`. Without `else` the flow goes on \
           after the statement. A condition that fails takes the flow's `failed`.",
    example: "flow main { step start { if (caller.anonymous) { reject declined } else { answer }  hangup } }",
    subject: Subject::Shape,
    settings: &[],
    outcomes: &[],
    needs: Needs::Nothing,
    effects: Effects::NONE,
    work: Work::Control,
};
