//! Real clients over real sockets: SIPp as caller, target and trunk, baresip as a phone.
//!
//! Not hermetic: needs the clients that `tests/run` installs, and loopback sockets. Every server
//! and client binds to 127.0.0.0/8, on ports that the system chose, and is ended by its id.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "a test stops at the first surprise, and is itself a shell with clock and files"
)]

mod api;
mod asked;
mod attended;
mod baresip;
mod calls;
mod crash;
mod devices;
mod dialogs;
mod ear;
mod follow;
mod hostile;
mod hostile_http;
mod http;
mod leaving;
mod linphone;
mod load;
mod many;
mod operations;
mod phones;
mod process;
mod queues;
mod recordings;
mod refer;
mod replaces;
mod rtp;
mod schema;
mod server;
mod sipp;
mod threeway;
mod tone;
#[path = "../sip/torture.rs"]
mod torture;
mod transfers;
mod watch;
