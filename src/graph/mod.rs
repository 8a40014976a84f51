//! The flow graph: what a checked flow becomes to be run and proved. An arena of small ops whose
//! jumps are indices.

pub mod analyze;
pub mod answered;
mod exits;
mod lower;
mod model;
pub mod served;
pub mod subflow;
pub mod taint;
pub mod ways;

pub use lower::lower;
pub use model::*;
