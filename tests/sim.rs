//! The simulator itself: each of its checkers fires on a planted fault, a failing run is cut down to what it needs, and
//! all orders of racing events are run. The worlds that it explores are in `exchange::explored`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says how much it ran"
)]

mod bounds;
mod defects;
mod network;
mod planted;
mod races;
mod recordings;
mod shown;
mod shrunk;
