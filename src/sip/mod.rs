//! SIP: a user agent stack without I/O, and the sockets around it. Not the meaning of a call: that is the exchange's.
//!
//! Bytes and commands go into [`core::Core`], bytes and events come out; time is an argument. So the same code
//! runs over loopback scripts in virtual time and over sockets. From the bottom: `wire` is the text, `transaction`
//! the machines of RFC 3261 §17, `dialog` and `sdp` what two ends agree on, `auth` and `registrar` who they are,
//! `leg` what a call remembers, `core` what moves all of them, `transport` the sockets.
//!
//! No SIP header leaves this module: `event` and `config` are its contract.

pub mod auth;
pub mod config;
pub mod core;
pub mod dialog;
pub mod event;
pub mod flow;
pub mod hash;
mod leg;
pub mod registrar;
pub mod sdp;
pub mod trace;
pub mod transaction;
pub mod transport;
pub mod wire;
