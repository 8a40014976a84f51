//! Runs a flow graph for one call: a frame, its variables, and one op after the other.
//!
//! The frame owns no call state: everything it does to the call goes through
//! [`StepCx`](crate::step::cx::StepCx), and it sleeps until the exchange completes what it asked.

mod activation;
mod aside;
mod calls;
mod frame;
mod trace;

pub use activation::StartError;
pub use frame::{EndReason, Frame, Run};
pub use trace::{Here, Taken, Traced, Way};
