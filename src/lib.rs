//! Strowger: call flows as code.
//!
//! Read the modules in this order; `ARCHITECTURE.md` beside this file is the map.

// Pure: no tokio, no clock, no I/O.
pub mod acd;
pub mod base;
pub mod call;
pub mod check;
pub mod diff;
pub mod exchange;
pub mod expr;
pub mod flowtest;
pub mod fmt;
pub mod graph;
pub mod interp;
pub mod lint;
pub mod picture;
pub mod policy;
pub mod resolve;
pub mod schedule;
pub mod schema;
pub mod sim;
pub mod site;
pub mod step;
pub mod syntax;

// Shell: tokio, clock and I/O from here.
#[cfg(feature = "serve")]
pub mod api;
pub mod cli;
pub mod media;
#[cfg(feature = "serve")]
pub mod runtime;
#[cfg(feature = "serve")]
pub mod sip;
#[cfg(feature = "serve")]
pub mod store;
pub mod workspace;
