//! The hermetic tests: no network, no sleep. Each module owns one boundary.

#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    reason = "tests read fixtures and their own environment, and fail by panicking"
)]

#[cfg(feature = "serve")]
mod api;
mod cli;
mod declared;
mod diff;
mod docs;
mod document;
mod exchange;
mod expr;
mod flow;
mod lint;
mod media;
mod picture;
mod policy;
mod robust;
mod schedule;
mod schema;
mod services;
mod sim;
#[cfg(feature = "serve")]
mod sip;
mod site;
mod sites;
mod statements;
#[cfg(feature = "serve")]
mod store;
mod syntax;
mod tidy;
mod transfers;
mod trust;
mod tutorial;
mod workspace;
