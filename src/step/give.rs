//! `return`: ends a subflow with one of its outcomes. The flow graph has an op for it, so it asks
//! nothing of the call.

use super::decl::{Decl, Effects, Needs, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "return",
    summary: "Ends a subflow with one of its outcomes.",
    docs: "The outcome is one that the subflow declares after `->` in its first line; where it is declared with a \
           value, `return ok(account)` gives it. The flow that ran the subflow goes on with its arm for the outcome. \
           A value that fails takes the subflow's `failed`.",
    example: "subflow is_vip -> yes(name: text), no {\n  step start {\n    if (caller.number in vip_numbers) { return yes(caller.name) }\n    \
              return no\n  }\n}\n\nflow main {\n  step start {\n    answer\n    run is_vip { yes(name) { tag vip (name) }  no -> next }\n    \
              hangup\n  }\n}",
    subject: Subject::Shape,
    settings: &[],
    outcomes: &[],
    needs: Needs::Nothing,
    effects: Effects::NONE,
    work: Work::Control,
};
