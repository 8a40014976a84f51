//! The statements about transfers, T01 to T64: a named test for each, or a row of tests/README.md that says which other
//! test it is. How a story of one call is told is in `story`; scenarios with their whole traces are in `exchange`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise"
)]

mod admission;
mod blind;
mod consult;
mod ends;
mod flow;
mod identity;
mod loops;
mod map;
mod queue;
mod records;
mod story;
mod three_way;
mod words;
