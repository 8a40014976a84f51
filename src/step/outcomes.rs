//! The groups of outcomes (language.md §6): an arm of a group takes every outcome in it.

pub const UNANSWERED: &str = "unanswered";
pub const REFUSED: &str = "refused";
pub const FAILED: &str = "failed";
pub const EXHAUSTED: &str = "exhausted";

/// What takes everything that no other arm takes.
pub const OTHERWISE: &str = "otherwise";

pub const GROUPS: [&str; 4] = [UNANSWERED, REFUSED, FAILED, EXHAUSTED];

/// Whether an arm of this group can bind a value; only `refused(reason)` does.
pub fn group_binds(group: &str) -> bool {
    group == REFUSED
}
