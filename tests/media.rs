//! The media plane: formats by tables, legs in virtual time, and a few real packets on loopback.
#![cfg(feature = "serve")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the phones and the world of these tests are tests too"
)]

mod bridge;
mod digits;
mod formats;
mod hearing;
mod hostile;
mod latch;
mod loopback;
mod machine;
mod play;
mod playout;
mod prompts;
mod recordings;
mod rooms;
mod world;
