//! The hermetic tests: no network, no sleep. Each module owns one boundary.

#[cfg(feature = "serve")]
mod api;
mod cli;
mod document;
mod exchange;
mod expr;
mod flow;
mod lint;
mod media;
mod policy;
mod robust;
mod sip;
mod site;
#[cfg(feature = "serve")]
mod store;
mod syntax;
mod tidy;
mod workspace;
