//! Flows run: each `tests/flow/*.flow` against a call that does what its first lines say.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that meets what it did not expect shall fail there"
)]

pub mod fake;
mod frame;
mod mistakes;
pub mod site;
