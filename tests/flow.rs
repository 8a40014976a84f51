//! Flows run: each `tests/flow/*.flow` against a call that does what its first lines say.

mod fake;
mod frame;
pub mod site;
