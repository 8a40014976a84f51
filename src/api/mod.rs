//! The HTTP API: live calls and transfers, their events, records, decisions, health, metrics, reload.
//!
//! It owns no call state and reads no file: everything it shows or does goes through
//! [`Operations`], which the running node implements (`node`) and tests imitate.

mod body;
mod connection;
mod events;
mod gate;
mod idempotency;
mod metrics;
mod node;
mod operations;
mod order;
mod problem;
mod routes;
mod transfers;

pub use gate::Holder;
pub use idempotency::{Ask, Claimed, KEPT, Key, Keys, MAX_KEYS};
pub use metrics::print as print_metrics;
pub use operations::{
    AgentView, Answer, CallView, Directory, Failure, Operations, PartyView, QueueView, Readiness, WaitingView,
};
pub use routes::{MAX_ROWS, serve};
