//! Every bound of the product, by name, with its reason. Where a limit can be set by a site the
//! value here is the default.

use super::time::Micros;

/// Steps a flow takes in one turn before it yields, so that no flow starves another (DESIGN, bounds).
pub const FRAME_STEPS_PER_TURN: u32 = 256;
/// Steps of one flow in one call (language.md §7, `max_steps`).
pub const MAX_STEPS: u32 = 1_000;
/// Outside and inside legs one flow may place in one call (language.md §7, `max_legs`).
pub const MAX_LEGS: u32 = 6;
/// Tries of one outside number in one call without an answer; then it is a loop, however few the hops.
pub const MAX_UNANSWERED_ATTEMPTS: usize = 3;
/// Every transfer, forward and overflow of one call (DESIGN, `limits.max_hops`).
pub const MAX_HOPS: u32 = 10;
/// How long a flow may keep a call (language.md §7, `max_duration`).
pub const MAX_DURATION: Micros = Micros::from_secs(4 * 3600);
/// A user's outside legs at one time (fraud-policy.md, `max_simultaneous`).
pub const MAX_SIMULTANEOUS: u32 = 2;

/// Source text of one file (language.md §7).
pub const MAX_FILE_BYTES: usize = 1 << 20;
/// Steps of one flow (language.md §7).
pub const MAX_STEPS_PER_FLOW: usize = 500;
/// Arms of one statement (language.md §7).
pub const MAX_ARMS: usize = 64;
/// Bytes of one text (language.md §7).
pub const MAX_TEXT_BYTES: usize = 4 * 1024;
/// Characters of a name that a flow defines: a finding stays readable, and YAML reads no key of more than 1,024.
pub const MAX_NAME_CHARS: usize = 128;
/// Nesting of blocks (language.md §3).
pub const MAX_BLOCK_DEPTH: usize = 8;
/// Depth of subflow calls (language.md §7).
pub const MAX_SUBFLOW_DEPTH: usize = 8;
/// Operations of one expression (language.md §4).
pub const MAX_EXPR_OPERATIONS: u64 = 1_000;
/// Nesting of one expression (language.md §4).
pub const MAX_EXPR_DEPTH: usize = 16;
/// Elements of a list an expression makes (language.md §4).
pub const MAX_LIST_LEN: usize = 256;
/// Errors shown of one file; the rest are counted, so that a wrong file type does not flood a terminal.
pub const MAX_DIAGNOSTICS_PER_FILE: usize = 100;

/// Digits a caller may send in one second; more are dropped and counted (DESIGN, bounds).
pub const MAX_DIGITS_PER_SECOND: u32 = 20;
/// API commands waiting for the exchange; full is 503 with Retry-After (DESIGN, bounds).
pub const COMMAND_LANE: usize = 1_024;
/// New calls are admitted only while the oldest waiting fact is younger than this (DESIGN, bounds).
pub const ADMISSION_DELAY: Micros = Micros::from_ms(50);
