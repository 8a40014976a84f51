//! Names: what flows of a site may name, one space a kind, and where each name was given.
//!
//! Nothing is typed here; `check` does that with these tables.

pub mod scope;
mod symbols;

pub use symbols::{
    Constant, ParamSignature, ResultSignature, Signature, Symbols, duplicate, library_of, results, symbols, unknown,
};
