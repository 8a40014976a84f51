//! The signalling core, driven by scripts in virtual time: bytes in, bytes and events out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a script expects and does not get fails its test"
)]

mod authentication;
mod bounds;
mod calls_in;
mod calls_out;
mod changes;
mod contacts;
pub mod harness;
mod hostile;
mod identity;
mod loops;
mod network;
mod refer;
mod reliable;
mod replaces;
mod restored;
mod rfc4475;
mod sdp;
mod sessions;
mod sockets;
pub mod torture;
mod wire;
