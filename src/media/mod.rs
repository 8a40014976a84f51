//! The media plane: RTP in and out of every leg, on one thread of its own.
//!
//! Signalling holds a [`MediaHandle`] and sends commands; the thread answers with [`MediaEvent`]s.
//! The exchange never sees a packet. Read it in this order:
//!
//! - `rtp`, `g711`, `dtmf`, `tone`, `wav`: formats, as functions of bytes and samples;
//! - `latch`, `reception`, `sender`, `player`, `digits`: the parts of one leg, each a small state machine;
//! - `playout`, `mixer`, `recording`, `machine`: what needs streams on one clock, 20 ms at a time;
//! - `leg`, `engine`: all legs, with time as an argument and packets through the [`engine::Wire`] trait;
//! - `ports`, `plane`, `turn`: sockets, the handle, and the thread with its clock;
//! - `disk`: the thread that writes recordings; `mend`: those whose writer was killed.
//!
//! Two connected legs have no clock: a packet leaves as it comes, with its numbers moved. Only what plays, what is in
//! a room, what is recorded and what is screened costs something on the tick of 20 ms.
//!
//! RTCP is neither sent nor read yet: a port stays even and its odd neighbour is left alone, so
//! that it can come without a change of addresses. Reception statistics are kept as RTCP will want them.
//!
//! Without the feature `serve` only `wav` and `g711` are built: prompts are checked and measured by
//! `lint`, `test` and `run` too.

#[cfg(feature = "serve")]
pub mod digits;
#[cfg(feature = "serve")]
pub mod disk;
#[cfg(feature = "serve")]
pub mod dtmf;
#[cfg(feature = "serve")]
pub mod engine;
pub mod g711;
#[cfg(feature = "serve")]
pub mod latch;
#[cfg(feature = "serve")]
pub mod leg;
#[cfg(feature = "serve")]
pub mod machine;
#[cfg(feature = "serve")]
pub mod mend;
#[cfg(feature = "serve")]
pub mod mixer;
#[cfg(feature = "serve")]
pub mod plane;
#[cfg(feature = "serve")]
pub mod player;
#[cfg(feature = "serve")]
pub mod playout;
#[cfg(feature = "serve")]
pub mod ports;
#[cfg(feature = "serve")]
pub mod reception;
#[cfg(feature = "serve")]
pub mod recording;
#[cfg(feature = "serve")]
pub mod rtp;
#[cfg(feature = "serve")]
pub mod sender;
#[cfg(feature = "serve")]
pub mod tone;
#[cfg(feature = "serve")]
mod turn;
pub mod wav;

#[cfg(feature = "serve")]
pub use engine::MediaEvent;
#[cfg(feature = "serve")]
pub use plane::{MediaConfig, MediaHandle, MediaPlane};
#[cfg(feature = "serve")]
pub use reception::LegStats;
