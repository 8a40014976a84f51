//! A virtual world around the exchange: phones, trunks, a disk and a clock that exist only here.
//! Flow tests, `strowger run` and the simulator drive it; the exchange cannot tell the difference.

pub mod action;
mod acts;
mod carry_out;
pub mod explore;
pub mod far_end;
pub mod interleave;
pub mod moment;
mod moves;
pub mod narrate;
pub mod network;
pub mod promises;
pub mod restart;
pub mod retell;
pub mod services;
pub mod shrink;
pub mod stranger;
pub mod tally;
pub mod walk;
pub mod world;

pub use action::{Action, Player, Who};
pub use explore::{Exploration, Stage, explore, replay};
pub use far_end::{Answer, FarEnd, WhenAsked};
pub use moment::{Moment, Trace};
pub use narrate::{narrate, told};
pub use network::Conditions;
pub use shrink::shrink;
pub use tally::Distribution;
pub use walk::{Walk, walk};
pub use world::{Heard, Ties, World};
