//! `switch`: by a value. The flow graph has an op for it, so it asks nothing of the call.

use super::decl::{Decl, Effects, Needs, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "switch",
    summary: "Goes by the value of an expression.",
    docs: "Labels are texts, numbers or `true` and `false`; a number in quotes is text. `otherwise` is \
           needed unless both booleans are there.",
    example: "flow main {\n  var tier = \"gold\"\n  step start {\n    switch (tier) {\n      \"gold\"  { tag tier \"gold\" }\n      \
              otherwise -> next\n    }\n    hangup\n  }\n}",
    subject: Subject::Shape,
    settings: &[],
    outcomes: &[],
    needs: Needs::Nothing,
    effects: Effects::NONE,
    work: Work::Control,
};
