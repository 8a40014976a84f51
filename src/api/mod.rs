//! The HTTP API: live calls, records, decisions, health, metrics, reload.
//!
//! It owns no call state and reads no file: everything it shows or does goes through
//! [`Operations`], which the running node implements (`node`) and tests imitate.

mod connection;
mod gate;
mod metrics;
mod node;
mod operations;
mod problem;
mod routes;

pub use metrics::print as print_metrics;
pub use operations::{Answer, CallView, Failure, Operations, PartyView, Readiness};
pub use routes::{MAX_ROWS, serve};
