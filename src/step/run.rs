//! `run`: runs a subflow and goes on by its outcome. The flow graph has an op for it, so it asks
//! nothing of the call.

use super::decl::{Decl, Effects, Needs, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "run",
    summary: "Runs a subflow and goes on by its outcome.",
    docs: "Arguments are given by name. The arms cover the outcomes that the subflow declares, and no others: \
           `ok(account)` binds the value that the outcome carries, with the declared type. A subflow inherits the \
           guards in scope and the language. An argument that fails takes the flow's `failed`.",
    example: "flow main {\n  step start {\n    answer\n    run pick(tries: 2) {\n      ok(choice) { tag choice (choice) }\n      \
              none       -> next\n    }\n    hangup\n  }\n}\n\nsubflow pick(tries: number = 3) -> ok(choice: text), none {\n  \
              step start {\n    menu \"main-menu\" tries (tries) { 1 { return ok(\"sales\") }  otherwise { return none } }\n  }\n}",
    subject: Subject::Shape,
    settings: &[],
    outcomes: &[],
    needs: Needs::Nothing,
    effects: Effects::NONE,
    work: Work::Control,
};
