//! The tokio driver: reads clocks and sockets, gives the exchange its inputs and carries out its
//! outputs. It decides nothing about calls.

pub mod asked;
pub mod cards;
pub mod clock;
pub mod commands;
pub mod drain;
pub mod driver;
pub mod events;
pub mod legs;
pub mod metrics;
pub mod operations;
pub mod registrations;
pub mod revive;
pub mod serve;
pub mod services;
pub mod signalling;
pub mod translate;

pub use commands::{Command, Handle};
pub use serve::{ServeError, ServeOptions, serve};
