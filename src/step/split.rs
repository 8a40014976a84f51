//! `split`: goes by chance, or by a stable hash of a value. The flow graph has an op for it.

use super::decl::{Decl, Effects, Kind, Needs, Preset, Setting, Subject, Work};

pub const DECL: Decl = Decl {
    verb: "split",
    summary: "Goes different ways, each for a share of the calls.",
    docs: "Labels are shares that are 100% together, with up to three digits behind the point. Without `sticky` chance \
           decides, call by call. `sticky (caller.number)` gives one value the same way each time, as long as the step \
           keeps its name and the shares are left alone; the first share keeps those it had when it grows.",
    example: "flow main {\n  step start {\n    answer\n    split sticky (caller.number) {\n      30% { tag survey \"long\" }\n      \
              70% { tag survey \"short\" }\n    }\n    hangup\n  }\n}",
    subject: Subject::Shape,
    settings: &[Setting::new(
        "sticky",
        Kind::Text,
        Preset::None,
        "what goes the same way each time; without it chance decides",
    )],
    outcomes: &[],
    needs: Needs::Nothing,
    effects: Effects::NONE,
    work: Work::Control,
};
