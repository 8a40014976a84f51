//! Transactions: the machines of RFC 3261 §17 with the corrections of RFC 6026, as functions of
//! state and input. Tables, bytes and clocks are in `core`.

pub mod client;
pub mod server;
pub mod timer;
