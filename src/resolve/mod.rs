//! Names: what flows of a site may name, one space a kind, and where each name was given.
//!
//! Nothing is typed here; `check` does that with these tables.

mod library;
pub mod scope;
pub mod steps;
mod symbols;

pub use library::{library_of, qualify};
pub use symbols::{
    Constant, ParamSignature, ResultSignature, Signature, Symbols, duplicate, results, symbols, unknown,
};
