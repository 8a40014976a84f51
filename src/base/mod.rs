//! Values every other module may use: spans, diagnostics, ids, instants, limits.
//! Nothing here reads a clock, a file or the environment.

pub mod diagnostic;
pub mod fnv;
pub mod id;
pub mod limits;
pub mod span;
pub mod suggest;
pub mod time;
pub mod value;
