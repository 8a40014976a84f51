//! Everything that reads what somebody else wrote, fed with good samples that were spoilt by a seeded dice: an answer
//! within bounds, and never a panic. `STROWGER_FUZZ_SECS` makes each loop last so many seconds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "what a loop finds fails its test, and a loop is bounded by a clock"
)]

mod check;
mod convert;
mod corpus;
mod dice;
mod fix;
mod fmt;
mod large;
mod lower;
mod parse;
mod pieces;
mod places;
mod readers;
mod shake;
mod tokens;
#[cfg(feature = "serve")]
mod wire;
mod words;
mod write;
mod yaml;
