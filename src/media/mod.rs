//! The media plane: RTP in and out of every leg, on one thread of its own.
//!
//! Signalling holds a [`MediaHandle`] and sends commands; the thread answers with [`MediaEvent`]s.
//! The exchange never sees a packet. Read it in this order:
//!
//! - `rtp`, `g711`, `dtmf`, `tone`, `wav`: formats, as functions of bytes and samples;
//! - `latch`, `reception`, `sender`, `player`, `digits`: the parts of one leg, each a small state machine;
//! - `leg`, `engine`: all legs, with time as an argument and packets through the [`engine::Wire`] trait;
//! - `ports`, `plane`, `turn`: sockets, the handle, and the thread with its clock.
//!
//! RTCP is neither sent nor read yet: a port stays even and its odd neighbour is left alone, so
//! that it can come without a change of addresses. Reception statistics are kept as RTCP will want them.

pub mod digits;
pub mod dtmf;
pub mod engine;
pub mod g711;
pub mod latch;
pub mod leg;
pub mod plane;
pub mod player;
pub mod ports;
pub mod reception;
pub mod rtp;
pub mod sender;
pub mod tone;
mod turn;
pub mod wav;

pub use engine::MediaEvent;
pub use plane::{MediaConfig, MediaHandle, MediaPlane};
pub use reception::LegStats;
