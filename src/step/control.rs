//! Statements that only steer: `set`, `if`, `switch` and the arrow. The flow graph has an op for
//! each, so they ask nothing of the call.

use super::decl::{Decl, Effects, Needs, Subject, Work};

const fn shape(verb: &'static str, summary: &'static str, docs: &'static str, example: &'static str) -> Decl {
    Decl {
        verb,
        summary,
        docs,
        example,
        subject: Subject::Shape,
        settings: &[],
        outcomes: &[],
        needs: Needs::Nothing,
        effects: Effects::NONE,
        work: Work::Control,
    }
}

pub const SET: Decl = shape(
    "set",
    "Sets a variable.",
    "The variable is declared in the flow's header with a type or a first value. Literals need no \
     parentheses: `set tier = \"gold\"`. An expression that fails takes the flow's `failed`.",
    "flow main { var n = 0  step start { set n = (n + 1)  tag tries (n)  hangup } }",
);

pub const IF: Decl = shape(
    "if",
    "Goes one way or the other.",
    "The condition is an expression that is `true` or `false`. Without `else` the flow goes on \
     after the statement. A condition that fails takes the flow's `failed`.",
    "flow main { step start { if (caller.anonymous) { reject declined } else { answer }  hangup } }",
);

pub const SWITCH: Decl = shape(
    "switch",
    "Goes by the value of an expression.",
    "Labels are texts, numbers or `true` and `false`; a number in quotes is text. `otherwise` is \
     needed unless both booleans are there.",
    "flow main {\n  var tier = \"gold\"\n  step start {\n    switch (tier) {\n      \"gold\"  { tag tier \"gold\" }\n      otherwise -> next\n    }\n    hangup\n  }\n}",
);

pub const GOTO: Decl = shape(
    "goto",
    "Goes to a step, or to another flow.",
    "Written as an arrow: `-> choose`. `-> next` goes on after this statement. `-> flow b(x: 1)` \
     ends this flow and starts the other with its parameters.",
    "flow main { step start { answer  -> bye }  step bye { hangup } }",
);
