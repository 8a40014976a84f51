//! Scripted calls in the caller's words: what a test file says, and whether a site does it.
//!
//! A test drives the same exchange that `serve` runs, in virtual time, so that what it proves is
//! what a call gets.

mod cases;
pub mod coverage;
mod mocks;
mod names;
pub mod pins;
pub mod read;
pub mod runner;
pub mod script;
mod sounds;
pub mod suite;
mod unused;

pub use coverage::{Branch, Coverage, Covered};
pub use read::{DEFAULT_START, read};
pub use runner::{Failure, Outcome, run};
pub use script::Script;
pub use suite::{Form, Suite, Tested, report, run_all};
