//! The arrow, `-> step`: an index in the flow graph, so it asks nothing of the call.

use super::decl::{Decl, Effects, Needs, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "goto",
    summary: "Goes to a step, or to another flow.",
    docs: "Written as an arrow: `-> choose`. `-> next` goes on after this statement. `-> flow b(x: 1)` \
           ends this flow and starts the other with its parameters.",
    example: "flow main { step start { answer  -> bye }  step bye { hangup } }",
    subject: Subject::Shape,
    settings: &[],
    outcomes: &[],
    needs: Needs::Nothing,
    effects: Effects::NONE,
    work: Work::Control,
};
