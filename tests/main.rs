//! The hermetic tests: no network, no sleep. Each module owns one boundary.

mod cli;
mod document;
mod exchange;
mod expr;
mod flow;
mod lint;
mod media;
mod policy;
mod sip;
mod syntax;
mod tidy;
