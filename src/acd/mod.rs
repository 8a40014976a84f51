//! Queues and agents: who waits, who is free, who is offered what. Events in, actions out; knows
//! calls only by id and never talks to a leg.

pub mod agent;
pub mod estimate;
pub mod port;
pub mod queue;

pub use agent::{Agent, AgentState};
pub use port::{Action, Join, JoinError, Place, QueueConfig, Strategy};
pub use queue::Queues;
