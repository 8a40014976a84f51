//! Who may dial what: numbers made canonical, the fraud policy, and the token without which no
//! outside leg exists.
//!
//! Pure: no clock, no counter store, no file. Facts about a call come in as values, a decision
//! goes out as one; the same rules decide a live transfer and are checked against flows by lint.
//! In reading order: `plan` and `number` (what a string means), `keys`, `read` and `model` (what a
//! policy file says), `reason`, `decide` and `decision` (the answer), `token` and `permit` (what a
//! leg needs), `record` (what is kept), `cases` (tables of expected answers).

pub mod cases;
mod decide;
mod decision;
pub mod keys;
mod model;
mod number;
mod numbering;
mod overlap;
mod pattern;
mod permit;
mod plan;
mod read;
mod reason;
mod record;
mod token;

pub use decide::{Actor, Counters, Evidence, Facts, Feature, Mode, PartyOrigin, Request, To, decide};
pub use decision::{Counted, Decision, Obligation, Outcome, Verdict};
pub use model::{
    Attestation, DENIABLE_TYPES, Destinations, Identity, Limits, Money, NET_REASONS, Policy, PolicyMode, TrunkToTrunk,
    UserOverrides, UserRights,
};
pub use number::{DialTarget, NumReason, Pstn, TargetClass};
pub use numbering::{NUMBER_METADATA, NumberType, Region};
pub use overlap::RULE as OVERLAP_RULE;
pub use pattern::{BACKTRACK_LIMIT, MAX_PATTERN_BYTES, Matched, Pattern};
pub use permit::PermitStore;
pub use plan::{DialPlan, EMERGENCY_ALWAYS, Emergency, ExtensionRange, Internal, NumberRules};
pub use read::{Scope, read, user_overrides};
pub use reason::{Effect, Finding, Reason};
pub use record::{DecisionRecord, RecordContext, RecordedCounter, RecordedRequest};
pub use token::{GuardToken, TokenOrigin};
