//! Who may dial what: numbers made canonical, the fraud policy, and the token without which no
//! outside leg exists.
//!
//! Pure: no clock, no counter store, no file. Facts about a call come in as values, a decision
//! goes out as one; the same rules decide a live transfer and are checked against flows by lint.

mod number;
mod numbering;
mod pattern;
mod plan;

pub use number::{DialTarget, NumReason, Pstn, TargetClass};
pub use numbering::{NUMBER_METADATA, NumberType, Region};
pub use pattern::{BACKTRACK_LIMIT, MAX_PATTERN_BYTES, Matched, Pattern};
pub use plan::{DialPlan, EMERGENCY_ALWAYS, Emergency, ExtensionRange, Internal, NumberRules};
